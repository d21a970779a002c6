//! Points in time: milliseconds since 1970 in UTC, read from text, and their parts by the calendar.

/// 1 January 1970 was a Thursday; Monday is 0.
const EPOCH_WEEKDAY: i64 = 3;
const DAY_MS: i64 = 86_400_000;
/// The years 0000 to 9999.
const LEAST_MS: f64 = -62_167_219_200_000.0;
const MOST_MS: f64 = 253_402_300_799_999.0;
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// What messages show as right.
pub const EXAMPLES: &str = "a time like 2026-03-14T22:41:07Z";

/// Whether it lies in the years 0000 to 9999.
pub fn exists(ms: f64) -> bool {
    (LEAST_MS..=MOST_MS).contains(&ms)
}

/// RFC 3339 with `T` or a space, with or without an offset (then it is UTC), a date alone, or a log's `14/Mar/2026:22:41:07 +0100`.
pub fn parse(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    if bytes.get(2) == Some(&b'/') {
        return log_time(bytes);
    }
    let (date, rest) = bytes.split_at_checked(10)?;
    if date[4] != b'-' || date[7] != b'-' {
        return None;
    }
    let day = (
        digits(&date[..4])?,
        digits(&date[5..7])?,
        digits(&date[8..])?,
    );
    let Some((separator, rest)) = rest.split_first() else {
        return in_ms(day, (0, 0, 0.0), 0);
    };
    if !b"Tt ".contains(separator) {
        return None;
    }
    let (clock, rest) = rest.split_at_checked(8)?;
    let (hour, minute, mut second) = clock_of(clock)?;
    let rest = match rest.split_first() {
        Some((b'.', rest)) => {
            let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if !(1..=9).contains(&count) {
                return None;
            }
            second += digits(&rest[..count])? as f64 / 10_f64.powi(count as i32);
            &rest[count..]
        }
        _ => rest,
    };
    in_ms(day, (hour, minute, second), offset_min(rest)?)
}

/// `14/Mar/2026:22:41:07 +0100`
fn log_time(bytes: &[u8]) -> Option<f64> {
    let bytes: &[u8; 26] = bytes.try_into().ok()?;
    if bytes[6] != b'/' || bytes[11] != b':' || bytes[20] != b' ' {
        return None;
    }
    let month = MONTHS
        .iter()
        .position(|month| month.as_bytes() == &bytes[3..6])? as i64
        + 1;
    let day = (digits(&bytes[7..11])?, month, digits(&bytes[..2])?);
    in_ms(day, clock_of(&bytes[12..20])?, offset_min(&bytes[21..])?)
}

/// `22:41:07`; a leap second is the last of its minute.
fn clock_of(bytes: &[u8]) -> Option<(i64, i64, f64)> {
    if bytes[2] != b':' || bytes[5] != b':' {
        return None;
    }
    let second = digits(&bytes[6..]).filter(|second| *second <= 60)?;
    Some((
        digits(&bytes[..2])?,
        digits(&bytes[3..5])?,
        second.min(59) as f64,
    ))
}

/// Nothing, `Z`, `+01:00` or `+0100`.
fn offset_min(bytes: &[u8]) -> Option<i64> {
    let (sign, hour, minute) = match bytes {
        [] | [b'Z' | b'z'] => return Some(0),
        [sign, h1, h2, b':', m1, m2] | [sign, h1, h2, m1, m2] => (sign, [*h1, *h2], [*m1, *m2]),
        _ => return None,
    };
    let minutes = digits(&hour).filter(|hour| *hour <= 23)? * 60
        + digits(&minute).filter(|minute| *minute <= 59)?;
    match sign {
        b'+' => Some(minutes),
        b'-' => Some(-minutes),
        _ => None,
    }
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + i64::from(byte - b'0'))
    })
}

fn in_ms(
    day: (i64, i64, i64),
    (hour, minute, second): (i64, i64, f64),
    offset_min: i64,
) -> Option<f64> {
    let minutes = checks::minutes(day, (hour, minute))?;
    Some((minutes - offset_min) as f64 * 60_000.0 + (second * 1000.0).floor())
}

/// What a function of the expression language tells of a time.
pub type Part = fn(f64) -> f64;

fn day_and_ms(ms: f64) -> (i64, i64) {
    let ms = ms.floor() as i64;
    (ms.div_euclid(DAY_MS), ms.rem_euclid(DAY_MS))
}

fn civil(ms: f64) -> (i64, i64, i64) {
    checks::civil(day_and_ms(ms).0)
}

pub fn year(ms: f64) -> f64 {
    civil(ms).0 as f64
}

/// 1 to 12.
pub fn month(ms: f64) -> f64 {
    civil(ms).1 as f64
}

/// 1 to 31.
pub fn day(ms: f64) -> f64 {
    civil(ms).2 as f64
}

/// 1 to 366.
pub fn day_of_year(ms: f64) -> f64 {
    let first = checks::minutes((civil(ms).0, 1, 1), (0, 0)).unwrap_or(0) / 1440;
    (day_and_ms(ms).0 - first + 1) as f64
}

/// Monday is 0.
pub fn weekday(ms: f64) -> f64 {
    (day_and_ms(ms).0 + EPOCH_WEEKDAY).rem_euclid(7) as f64
}

pub fn hour(ms: f64) -> f64 {
    (day_and_ms(ms).1 / 3_600_000) as f64
}

pub fn minute(ms: f64) -> f64 {
    (day_and_ms(ms).1 / 60_000 % 60) as f64
}

pub fn second(ms: f64) -> f64 {
    (day_and_ms(ms).1 / 1000 % 60) as f64
}

/// 0 to 1439.
pub fn minute_of_day(ms: f64) -> f64 {
    (day_and_ms(ms).1 / 60_000) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_each_form() {
        let cases = [
            ("1970-01-01", 0.0),
            ("1970-01-01T00:00:59Z", 59_000.0),
            ("2000-02-29 12:34:56.789", 951_827_696_789.0),
            ("2026-03-14T22:41:07+01:00", 1_773_524_467_000.0),
            ("14/Mar/2026:22:41:07 +0100", 1_773_524_467_000.0),
            ("2026-03-14t21:41:07z", 1_773_524_467_000.0),
            ("9999-12-31T23:59:60Z", 253_402_300_799_000.0),
        ];
        for (text, ms) in cases {
            assert_eq!(parse(text), Some(ms), "{text}");
        }
        for text in [
            "",
            "Z",
            "2026-02-29",
            "2026-03-14T",
            "2026-03-14T22:41",
            "2026-03-14T24:00:00Z",
            "2026-03-14T22:41:07.Z",
            "2026-03-14T22:41:07+1",
            "14/Mrz/2026:22:41:07 +0100",
            "14/Mar/2026:22:41:07",
            "２026-03-14",
            "2026-03-14T22:41:07 +é1:0",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn parts_are_those_of_the_calendar() {
        let leap = parse("2024-12-31T23:59:58.5Z").unwrap();
        let parts: [Part; 9] = [
            year,
            month,
            day,
            day_of_year,
            weekday,
            hour,
            minute,
            second,
            minute_of_day,
        ];
        let found = parts.map(|part| part(leap));
        assert_eq!(
            found,
            [2024.0, 12.0, 31.0, 366.0, 1.0, 23.0, 59.0, 58.0, 1439.0]
        );
        let before = parts.map(|part| part(-1.0));
        assert_eq!(
            before,
            [1969.0, 12.0, 31.0, 365.0, 2.0, 23.0, 59.0, 59.0, 1439.0]
        );
    }
}
