//! How far two elements are apart.

use super::element::Element;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Apart {
    /// Not finite where only one of the two is a number.
    pub difference: f64,
    /// Steps of the datatype from one to the other: 0 where both are bit-equal. Any NaN is equal to any other, and the two zeros are one step
    /// apart.
    pub ulps: u64,
}

impl Apart {
    /// Of two elements of one datatype.
    pub fn of(expected: Element<'_>, got: Element<'_>) -> Self {
        match (expected, got) {
            (Element::Fp32(expected), Element::Fp32(got)) => Self::floats(
                (expected.into(), got.into()),
                (line(expected.to_bits(), 31), line(got.to_bits(), 31)),
            ),
            (Element::Fp64(expected), Element::Fp64(got)) => Self::floats(
                (expected, got),
                (line(expected.to_bits(), 63), line(got.to_bits(), 63)),
            ),
            (Element::Integer(expected), Element::Integer(got)) => Self {
                difference: (expected - got).abs() as f64,
                ulps: u64::try_from((expected - got).abs()).unwrap_or(u64::MAX),
            },
            (expected, got) if expected == got => Self::NONE,
            _ => Self::BEYOND,
        }
    }

    const NONE: Self = Self {
        difference: 0.0,
        ulps: 0,
    };

    const BEYOND: Self = Self {
        difference: f64::INFINITY,
        ulps: u64::MAX,
    };

    fn floats((expected, got): (f64, f64), (a, b): (u64, u64)) -> Self {
        match (expected.is_nan(), got.is_nan()) {
            (true, true) => Self::NONE,
            (false, false) if a == b => Self::NONE,
            (false, false) => Self {
                difference: (expected - got).abs(),
                ulps: a.abs_diff(b),
            },
            _ => Self::BEYOND,
        }
    }
}

/// A float's place among all of its datatype, in their order.
fn line(bits: impl Into<u64>, sign_bit: u32) -> u64 {
    let (bits, sign) = (bits.into(), 1 << sign_bit);
    if bits & sign == 0 {
        bits | sign
    } else {
        !bits & (sign | (sign - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ulps(expected: f32, got: f32) -> u64 {
        let narrow = Apart::of(Element::Fp32(expected), Element::Fp32(got)).ulps;
        assert_eq!(
            narrow,
            Apart::of(Element::Fp32(got), Element::Fp32(expected)).ulps
        );
        narrow
    }

    #[test]
    fn steps_are_counted_over_the_whole_line() {
        assert_eq!(ulps(1.0, 1.0), 0);
        assert_eq!(ulps(1.0, 1.0f32.next_up()), 1);
        assert_eq!(ulps(-1.0, (-1.0f32).next_down()), 1);
        assert_eq!(ulps(0.0, -0.0), 1);
        assert_eq!(ulps(f32::from_bits(1), -f32::from_bits(1)), 3);
        assert_eq!(ulps(f32::MAX, f32::INFINITY), 1);
        assert_eq!(ulps(f32::NAN, -f32::NAN), 0);
        assert_eq!(ulps(f32::NAN, 1.0), u64::MAX);
        let wide = |a, b| Apart::of(Element::Fp64(a), Element::Fp64(b));
        assert_eq!(wide(1.0, 1.0f64.next_up()).ulps, 1);
        assert_eq!(wide(f64::INFINITY, f64::INFINITY), Apart::NONE);
        assert_eq!(wide(1.0, 3.5).difference, 2.5);
    }

    #[test]
    fn what_is_no_float_is_compared_too() {
        let apart = Apart::of(Element::Integer(3), Element::Integer(-2));
        assert_eq!((apart.difference, apart.ulps), (5.0, 5));
        assert_eq!(
            Apart::of(Element::Bytes(b"a"), Element::Bytes(b"a")).ulps,
            0
        );
        assert_eq!(
            Apart::of(Element::Bytes(b"a"), Element::Bytes(b"b")).ulps,
            u64::MAX
        );
        assert_eq!(
            Apart::of(Element::Bool(true), Element::Bool(false)).ulps,
            u64::MAX
        );
    }
}
