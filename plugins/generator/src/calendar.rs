//! The simulated clock, and how senders write it.

use checks::civil;

use crate::random::Random;

/// 2 March 2026, 00:00 UTC, a Monday, in seconds since 1970.
pub const START_S: i64 = 1_772_409_600;
pub const DAY_S: i64 = 86_400;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `2026-03-14T22:41:07Z`
pub fn rfc3339(time_s: i64) -> String {
    let (year, month, day) = civil(time_s.div_euclid(DAY_S));
    let (hour, minute, second) = clock(time_s);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// `14/Mar/2026:22:41:07 +0000`
pub fn access_log(time_s: i64) -> String {
    let (year, month, day) = civil(time_s.div_euclid(DAY_S));
    let (hour, minute, second) = clock(time_s);
    let month = MONTHS[month as usize - 1];
    format!("{day:02}/{month}/{year:04}:{hour:02}:{minute:02}:{second:02} +0000")
}

/// Hours since midnight, UTC.
pub fn hour(time_s: i64) -> f64 {
    time_s.rem_euclid(DAY_S) as f64 / 3600.0
}

/// How awake people are, 0.05 to 1: a parabola about three in the afternoon.
pub fn daylight(time_s: i64) -> f64 {
    let off = (hour(time_s) - 15.0).abs();
    let off = if off > 12.0 { 24.0 - off } else { off };
    (1.0 - off * off / 110.0).max(0.05)
}

/// Until the next of what happens `per_hour` times at most and follows the daylight.
pub fn wait_s(random: &mut Random, per_hour: f64, time_s: i64) -> f64 {
    random.exponential(3600.0 / (per_hour * daylight(time_s)))
}

fn clock(time_s: i64) -> (i64, i64, i64) {
    let second = time_s.rem_euclid(DAY_S);
    (second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_senders_write_them() {
        assert_eq!(rfc3339(START_S), "2026-03-02T00:00:00Z");
        assert_eq!(rfc3339(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(access_log(START_S + 82_867), "02/Mar/2026:23:01:07 +0000");
    }

    #[test]
    fn people_sleep_by_night() {
        let at = |hour: i64| daylight(START_S + hour * 3600);
        assert!(at(3) < 0.1 && at(9) > 0.5 && at(15) == 1.0 && at(23) < 0.5);
    }
}
