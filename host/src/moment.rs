//! Moments as operators write and read them, and as files are named by them, in UTC.

use crate::clock::now_ms;

const DAY_S: i64 = 86_400;

/// `2026-01-31T12:00:00Z` of milliseconds since the Unix epoch.
pub fn written(ms: u64) -> String {
    let ([year, month, day], [hour, minute, second]) = parts(ms);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// `20260131T120000.123Z` of milliseconds since the Unix epoch: in order of time by name, and a name that every system allows.
pub fn in_name(ms: u64) -> String {
    let ([year, month, day], [hour, minute, second]) = parts(ms);
    let ms = ms % 1000;
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}.{ms:03}Z")
}

/// Its date and its time of day.
fn parts(ms: u64) -> ([i64; 3], [i64; 3]) {
    let seconds = (ms / 1000) as i64;
    let (year, month, day) = date(seconds.div_euclid(DAY_S));
    let second = seconds.rem_euclid(DAY_S);
    let time = [second / 3600, second / 60 % 60, second % 60];
    ([year, month, day], time)
}

/// Milliseconds since the Unix epoch of a moment (`2026-01-31`, `2026-01-31T12:00:00Z`) or of a time ago (`90s`, `15m`, `2h`, `7d`).
pub fn read(text: &str) -> Result<u64, String> {
    let wrong = || {
        "it is a time ago such as 15m, 2h or 7d, or a moment in UTC such as 2026-01-31 or 2026-01-31T12:00:00Z".to_owned()
    };
    if let Some(ago_s) = ago_s(text) {
        return Ok(now_ms().saturating_sub(ago_s.saturating_mul(1000)));
    }
    let (day, time) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
    let day = numbers(day, '-').ok_or_else(wrong)?;
    let time = time.strip_suffix('Z').ok_or_else(wrong)?;
    let [hour, minute, second] = numbers(time, ':').ok_or_else(wrong)?;
    let days = days(day).ok_or_else(wrong)?;
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..60).contains(&second) {
        return Err(wrong());
    }
    let seconds = days * DAY_S + hour * 3600 + minute * 60 + second;
    u64::try_from(seconds * 1000).map_err(|_| wrong())
}

fn ago_s(text: &str) -> Option<u64> {
    let unit_s = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => DAY_S as u64,
        _ => return None,
    };
    let count: u64 = text[..text.len() - 1].parse().ok()?;
    Some(count.saturating_mul(unit_s))
}

fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let digits = |part: &str| {
        let plain = !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| part.parse().ok()).flatten()
    };
    let numbers: Option<Vec<i64>> = text.split(separator).map(digits).collect();
    numbers?.try_into().ok()
}

/// Days since the Unix epoch of a date that exists.
fn days([year, month, day]: [i64; 3]) -> Option<i64> {
    if !(1970..=9999).contains(&year) {
        return None;
    }
    // Counted up by years and months: a date is found where it is the one of its day.
    let guess = (year - 1970) * 365 + (month - 1) * 28 + day - 1;
    (guess..guess + 2600).find(|days| date(*days) == (year, month, day))
}

/// Year, month and day of a day since the Unix epoch.
fn date(mut days: i64) -> (i64, i64, i64) {
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    loop {
        let length = if is_leap(year) { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    (year, month as i64 + 1, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_they_are_written() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399_000, "2000-02-28T23:59:59Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_735_689_599_000, "2024-12-31T23:59:59Z"),
            (253_402_300_799_000, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(written(ms), text);
            assert_eq!(read(text), Ok(ms));
        }
        assert_eq!(in_name(951_782_399_007), "20000228T235959.007Z");
        assert_eq!(read("2000-02-29"), Ok(951_782_400_000));
    }

    #[test]
    fn times_ago_are_before_now_and_what_is_neither_is_refused() {
        let hour_ago = read("1h").unwrap();
        assert!(now_ms() - hour_ago >= 3_600_000 && now_ms() - hour_ago < 3_700_000);
        for wrong in [
            "",
            "h",
            "yesterday",
            "2023-02-29",
            "2024-13-01",
            "2024-01-01T25:00:00Z",
            "2024-01-01T10:00:00",
            "-1h",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
