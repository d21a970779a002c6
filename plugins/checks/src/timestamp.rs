//! When an event happened: `2026-03-14T22:41:07Z`, the UTC form of RFC 3339, to the minute that the features need.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::rejection;

/// Minutes since 1970 in UTC.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// None where `text` is no such time, or the day is not in the calendar.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (main, rest) = bytes.split_at_checked(19)?;
        for (index, separator) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')] {
            if main[index] != separator {
                return None;
            }
        }
        let number = |from: usize, to: usize| main[from..to].iter().try_fold(0, append_digit);
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        // RFC 3339 has a second 60 for leap seconds.
        if second > 60 || !is_fraction_and_z(rest) {
            return None;
        }
        minutes((year, month, day), (hour, minute)).map(Self)
    }
}

/// Minutes since 1970 of a day and a minute in it; none where the calendar or the clock does not have it.
pub fn minutes((year, month, day): (i64, i64, i64), (hour, minute): (i64, i64)) -> Option<i64> {
    let exists = (0..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_of_month(year, month)).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute);
    exists.then(|| days_since_1970(year, month, day) * 1440 + hour * 60 + minute)
}

fn append_digit(number: i64, byte: &u8) -> Option<i64> {
    byte.is_ascii_digit()
        .then(|| number * 10 + i64::from(byte - b'0'))
}

fn is_fraction_and_z(rest: &[u8]) -> bool {
    match rest {
        [b'Z'] => true,
        [b'.', digits @ .., b'Z'] => {
            (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Howard Hinnant's days_from_civil, https://howardhinnant.github.io/date_algorithms.html
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of the month, both from 1, of a day counted from 1 January 1970. Howard Hinnant's civil_from_days,
/// https://howardhinnant.github.io/date_algorithms.html
pub fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TimestampVisitor)
    }
}

/// Sees the text where it lies, escaped or not, without a copy.
struct TimestampVisitor;

impl Visitor<'_> for TimestampVisitor {
    type Value = Timestamp;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a UTC time like 2026-03-14T22:41:07Z")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Timestamp, E> {
        Timestamp::parse(text).ok_or_else(|| {
            let was = rejection::quote(text);
            E::custom(format_args!(
                "must be a UTC time like 2026-03-14T22:41:07Z, was {was}"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, civil, minutes};

    #[test]
    fn every_day_of_a_thousand_years_is_itself_again() {
        for day in (-200_000..200_000).step_by(7) {
            assert_eq!(minutes(civil(day), (0, 0)), Some(day * 1440));
        }
    }

    #[test]
    fn a_time_is_the_minutes_since_1970() {
        let cases = [
            ("1970-01-01T00:00:59Z", 0),
            ("2000-02-29T12:34:56.789Z", 15_863_794),
            ("2026-03-01T00:00:00Z", 29_538_720),
            ("1969-12-31T23:59:00Z", -1),
            ("9999-12-31T23:59:60Z", 4_223_371_679),
        ];
        for (text, minutes) in cases {
            assert_eq!(Timestamp::parse(text), Some(Timestamp(minutes)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        let cases = [
            "",
            "Z",
            "2026-03-14",
            "2026-03-14T22:41:07",
            "2026-03-14 22:41:07Z",
            "2026-03-14T22:41:07+01:00",
            "2026-00-14T22:41:07Z",
            "2026-13-14T22:41:07Z",
            "2026-02-29T22:41:07Z",
            "1900-02-29T22:41:07Z",
            "2026-03-14T24:41:07Z",
            "2026-03-14T22:60:07Z",
            "2026-03-14T22:41:61Z",
            "2026-03-14T22:41:07.Z",
            "2026-03-14T22:41:07.0123456789Z",
            "+026-03-14T22:41:07Z",
            "２026-03-14T22:41:07Z",
            "2026-03-14T22:41:0éZ",
        ];
        for text in cases {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
