//! Numbers as libraries write them, read without detours. A way of writing that is not known here, or a number that asks for more care,
//! is left to the standard library or to serde_json, which know them all and say what is wrong; what is read here they would read alike.

/// A value that may stand at the beginning of a text.
pub(super) trait Plain: Sized {
    /// The value, and its bytes. None does not say that none is there.
    fn plain(text: &[u8]) -> Option<(Self, usize)>;
}

/// Numbers of up to so many digits fit 64 bits.
const DIGITS_MAX: usize = 18;

macro_rules! integers {
    ($($of:ty),*) => {$(
        impl Plain for $of {
            fn plain(text: &[u8]) -> Option<(Self, usize)> {
                let (number, length) = integer(text)?;
                Some((number.try_into().ok()?, length))
            }
        }
    )*};
}

integers!(u8, i32, u32, i64, u64, usize);

impl Plain for f64 {
    fn plain(text: &[u8]) -> Option<(Self, usize)> {
        decimal(text)
    }
}

impl Plain for String {
    fn plain(_: &[u8]) -> Option<(Self, usize)> {
        None
    }
}

/// The digits of a text from a place on: how many, and the number that they write, where that fits 64 bits. For those who do not want the
/// number it is inlined, and then not computed.
#[inline(always)]
pub(super) fn few_digits(text: &[u8], begin: usize) -> (usize, u64) {
    let (mut number, mut at) = (0_u64, begin);
    while let Some(digit) = text.get(at).map(|byte| byte.wrapping_sub(b'0'))
        && digit < 10
    {
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    (at - begin, number)
}

/// As [`few_digits`], looking at eight at once: for fractions, which have about as many.
#[inline(always)]
pub(super) fn many_digits(text: &[u8], begin: usize) -> (usize, u64) {
    let (mut number, mut at) = (0_u64, begin);
    while let Some(eight) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let digits = u64::from_le_bytes(*eight) ^ u64::from_le_bytes([b'0'; 8]);
        let beyond_nine = ((digits & LOW_BITS) + ABOVE_NINE) | digits;
        let count = (beyond_nine & !LOW_BITS).trailing_zeros() / 8;
        number = number.wrapping_mul(SCALES[count as usize]);
        if count == 8 {
            number = number.wrapping_add(of_eight(digits));
            at += 8;
            continue;
        }
        if count > 0 {
            // The digits behind as many zeros as make them eight.
            number = number.wrapping_add(of_eight(digits << (64 - 8 * count)));
        }
        return (at - begin + count as usize, number);
    }
    let (count, last) = few_digits(text, at);
    let number = number.wrapping_mul(SCALES[count]).wrapping_add(last);
    (at - begin + count, number)
}

const LOW_BITS: u64 = u64::from_le_bytes([0x7f; 8]);
/// Added to a byte, its highest bit is set if it was more than nine.
const ABOVE_NINE: u64 = u64::from_le_bytes([0x7f - 9; 8]);
const SCALES: [u64; 9] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
];

/// The number of eight digits, the first in the lowest byte: pairs, then fours, then all are put together.
fn of_eight(digits: u64) -> u64 {
    let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    (fours * 10_000 + (fours >> 32)) & 0xffff_ffff
}

/// The whole number that begins the text. `-0` is left out, which is none in JSON.
fn integer(text: &[u8]) -> Option<(i64, usize)> {
    let negative = text.first() == Some(&b'-');
    let begin = usize::from(negative);
    let (count, number) = few_digits(text, begin);
    if count == 0 || count > DIGITS_MAX || (negative && number == 0) {
        return None;
    }
    let number = number as i64;
    Some((if negative { -number } else { number }, begin + count))
}

/// Powers of ten that an `f64` holds exactly.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// The decimal number that begins the text, where one multiplication or division of two exact numbers gives it correctly rounded (W. D.
/// Clinger, How to read floating point numbers accurately, 1990).
fn decimal(text: &[u8]) -> Option<(f64, usize)> {
    let negative = text.first() == Some(&b'-');
    let begin = usize::from(negative);
    let (mut count, mut number) = few_digits(text, begin);
    let mut at = begin + count;
    let mut scale = 0;
    if count > 0 && text.get(at) == Some(&b'.') {
        let (fraction, behind) = many_digits(text, at + 1);
        if fraction == 0 || fraction > DIGITS_MAX {
            return None;
        }
        number = number
            .wrapping_mul(10_u64.pow(fraction as u32))
            .wrapping_add(behind);
        count += fraction;
        scale = -(fraction as i64);
        at += 1 + fraction;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        let sign = text.get(at + 1);
        let signed = usize::from(matches!(sign, Some(b'+' | b'-')));
        let (length, exponent) = few_digits(text, at + 1 + signed);
        if length == 0 || length > DIGITS_MAX {
            return None;
        }
        let exponent = exponent as i64;
        scale += if sign == Some(&b'-') {
            -exponent
        } else {
            exponent
        };
        at += 1 + signed + length;
    }
    // More digits may have gone over 64 bits, and more than 2^53 is not exact.
    if count == 0 || count > DIGITS_MAX || number > 1 << 53 {
        return None;
    }
    let ten = *TENS.get(usize::try_from(scale.unsigned_abs()).ok()?)?;
    let number = number as f64;
    let number = if scale < 0 {
        number / ten
    } else {
        number * ten
    };
    Some((if negative { -number } else { number }, at))
}

/// As [`decimal`], rounded once to `f32`: the way by `f64` gives another number only where that lies in the middle of two `f32`.
pub(super) fn single(text: &[u8]) -> Option<(f32, usize)> {
    /// The bits that `f32` lacks, and their middle.
    const LACKED: u64 = (1 << 29) - 1;
    const MIDDLE: u64 = 1 << 28;
    let (number, length) = decimal(text)?;
    let normal = number == 0.0 || (1e-37..1e38).contains(&number.abs());
    (normal && number.to_bits() & LACKED != MIDDLE).then_some((number as f32, length))
}

#[cfg(test)]
mod tests {
    use super::{Plain, few_digits, many_digits, single};
    use crate::random::Random;

    /// Whatever is read here is what the standard library reads, which rounds correctly.
    #[test]
    fn numbers_are_those_of_the_standard_library() {
        let mut random = Random(7);
        let mut met = [0; 2];
        for _ in 0..200_000 {
            let bits = random.bits();
            let (narrow, wide) = (f32::from_bits(bits as u32), f64::from_bits(bits));
            let decimals = (bits >> 40) as usize % 12;
            for text in [
                format!("{narrow}"),
                format!("{narrow:e}"),
                format!("{narrow:.decimals$E}"),
                format!("{wide:.decimals$e}"),
                format!("{:.decimals$}", (bits as i32) as f64 / 1e7),
                format!("{}", bits as i16),
            ] {
                if let Some((number, length)) = single(text.as_bytes()) {
                    assert_eq!(length, text.len(), "{text}");
                    assert_eq!(
                        number.to_bits(),
                        text.parse::<f32>().unwrap().to_bits(),
                        "{text}"
                    );
                    met[0] += 1;
                }
                if let Some((number, length)) = f64::plain(text.as_bytes()) {
                    assert_eq!(length, text.len(), "{text}");
                    assert_eq!(
                        number.to_bits(),
                        text.parse::<f64>().unwrap().to_bits(),
                        "{text}"
                    );
                    met[1] += 1;
                }
            }
        }
        assert!(met.iter().all(|met| *met > 100_000), "{met:?}");
    }

    #[test]
    fn digits_are_counted_and_read_wherever_they_end() {
        let all = "012345678901234567";
        for count in 0..=all.len() {
            for behind in ["", ",", "/", ":", "\u{b0}", "x1234567", "\0"] {
                let text = format!("-{}{behind}", &all[..count]);
                let number = all[..count].parse().unwrap_or(0);
                assert_eq!(few_digits(text.as_bytes(), 1), (count, number), "{text}");
                assert_eq!(many_digits(text.as_bytes(), 1), (count, number), "{text}");
            }
        }
    }

    #[test]
    fn a_number_in_the_middle_of_two_is_left_to_who_rounds_it_once() {
        // Above 2^24 an `f32` skips every other number.
        assert_eq!(single(b"16777216"), Some((16_777_216.0, 8)));
        assert_eq!(single(b"16777217"), None);
        assert_eq!(single(b"16777219.0"), None);
        assert_eq!(single(b"8388608.5"), None);
        assert_eq!(single(b"1e39"), None);
        assert_eq!(single(b"1e-40"), None);
    }

    #[test]
    fn other_ways_of_writing_are_left_out() {
        for text in ["", "-", "+1", "-0", "x", "1234567890123456789", "\"1\""] {
            assert_eq!(i64::plain(text.as_bytes()), None, "{text}");
        }
        for text in [
            "",
            "-",
            ".5",
            "1.",
            "1e",
            "1e+-1",
            "1e99",
            "12345678901234567890",
            "NaN",
            "inf",
        ] {
            assert_eq!(f64::plain(text.as_bytes()), None, "{text}");
        }
        assert_eq!(u8::plain(b"256"), None);
        assert_eq!(u32::plain(b"-1"), None);
        assert_eq!(i32::plain(b"-17]"), Some((-17, 3)));
        assert_eq!(f64::plain(b"-0.0,"), Some((-0.0, 4)));
    }
}
