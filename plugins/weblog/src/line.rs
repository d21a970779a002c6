//! A line of the Combined Log Format, taken apart without a copy. Escapes stay as they are written.

use checks::{because, minutes, must, quote};
use scoregate_sdk::Rejection;

/// nginx and Apache take request heads of 8 KiB to 32 KiB; escaped, each byte may be four.
const PAYLOAD_MAX_BYTES: usize = 128 << 10;
const CLIENT_MAX_BYTES: usize = 255;
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// None is `-` in the log.
pub struct Line<'a> {
    pub client: &'a str,
    pub user: Option<&'a str>,
    /// Minutes since 1970 on the server's wall clock.
    pub local_minute: i64,
    pub request: Request<'a>,
    pub status: u16,
    pub bytes: Option<u64>,
    pub referer: Option<&'a str>,
    pub agent: Option<&'a str>,
}

/// What came over the connection, which need not be HTTP.
pub struct Request<'a> {
    pub method: Option<&'a str>,
    /// All of it where it is no HTTP.
    pub target: &'a str,
    pub version: Option<&'a str>,
}

impl<'a> Line<'a> {
    /// Reads and checks one line. The rejection names the field and what would be right.
    pub fn parse(payload: &'a [u8]) -> Result<Self, Rejection> {
        let text = checks::text(payload, PAYLOAD_MAX_BYTES)?;
        let mut rest = text.trim_end_matches(['\r', '\n']);
        let client = until(&mut rest, " ", "client")?;
        until(&mut rest, " ", "identity")?;
        let user = until(&mut rest, " [", "user")?;
        let time = until(&mut rest, "] ", "time")?;
        let request = quoted(&mut rest, "request")?;
        let status = until(&mut rest, " ", "status")?;
        let bytes = until(&mut rest, " ", "bytes")?;
        let referer = quoted(&mut rest, "referer")?;
        let agent = quoted(&mut rest, "user agent")?;
        must(is_client(client), "client", || {
            ("be an address or a host name".to_owned(), quote(client))
        })?;
        Ok(Self {
            client,
            user: known(user),
            local_minute: self::time(time)?,
            request: Request::split(request),
            status: self::status(status)?,
            bytes: self::bytes(bytes)?,
            referer: known(referer),
            agent: known(agent),
        })
    }
}

impl<'a> Request<'a> {
    fn split(text: &'a str) -> Self {
        let mut parts = text.split(' ');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(method), Some(target), Some(version), None) if version.starts_with("HTTP/") => {
                Self {
                    method: Some(method),
                    target,
                    version: Some(version),
                }
            }
            _ => Self {
                method: None,
                target: text,
                version: None,
            },
        }
    }
}

/// What comes before `end`, which is passed over.
fn until<'a>(rest: &mut &'a str, end: &str, field: &str) -> Result<&'a str, Rejection> {
    let Some((found, after)) = rest.split_once(end).filter(|(found, _)| !found.is_empty()) else {
        return Err(missing(field, rest));
    };
    *rest = after;
    Ok(found)
}

/// What stands between quotes; a quote within is escaped by a backslash, as is a backslash.
fn quoted<'a>(rest: &mut &'a str, field: &str) -> Result<&'a str, Rejection> {
    let inside = rest.strip_prefix('"').ok_or_else(|| missing(field, rest))?;
    let mut escaped = false;
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            b'"' if !escaped => {
                let after = &inside[at + 1..];
                // The last field may be followed by nothing.
                *rest = after.strip_prefix(' ').unwrap_or(after);
                if after.len() == rest.len() && !after.is_empty() {
                    return Err(because(&format!(
                        "{field}: must be followed by a space, is by {}; quotes within are written \\\"",
                        quote(after)
                    )));
                }
                return Ok(&inside[..at]);
            }
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    Err(because(&format!("{field}: has no closing quote")))
}

fn missing(field: &str, found: &str) -> Rejection {
    because(&format!(
        "{field}: is missing where the line goes on with {}; a line is: client - user [time] \"request\" status bytes \"referer\" \"user agent\"",
        quote(found)
    ))
}

fn known(text: &str) -> Option<&str> {
    (text != "-").then_some(text)
}

fn is_client(text: &str) -> bool {
    // Addresses of both versions, with a zone, and host names.
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".:-_%".contains(&byte);
    text.len() <= CLIENT_MAX_BYTES && text != "-" && text.bytes().all(allowed)
}

fn status(text: &str) -> Result<u16, Rejection> {
    let digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = text.parse().ok().filter(|_| digits);
    value.ok_or_else(|| rule("status", "be three digits", text))
}

fn bytes(text: &str) -> Result<Option<u64>, Rejection> {
    if text == "-" {
        return Ok(None);
    }
    let digits = text.len() <= 15 && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = text.parse().ok().filter(|_| digits);
    value
        .map(Some)
        .ok_or_else(|| rule("bytes", "be `-` or at most 15 digits", text))
}

/// `02/Mar/2026:10:04:11 +0100`
fn time(text: &str) -> Result<i64, Rejection> {
    parse_time(text).ok_or_else(|| rule("time", "be like 02/Mar/2026:10:04:11 +0100", text))
}

fn parse_time(text: &str) -> Option<i64> {
    let bytes: &[u8; 26] = text.as_bytes().try_into().ok()?;
    for (at, separator) in [
        (2, b'/'),
        (6, b'/'),
        (11, b':'),
        (14, b':'),
        (17, b':'),
        (20, b' '),
    ] {
        if bytes[at] != separator {
            return None;
        }
    }
    let number = |from: usize, to: usize| {
        bytes[from..to].iter().try_fold(0, |number, byte| {
            byte.is_ascii_digit()
                .then(|| number * 10 + i64::from(byte - b'0'))
        })
    };
    let month = MONTHS
        .iter()
        .position(|month| month.as_bytes() == &bytes[3..6])? as i64
        + 1;
    let (second, zone_hour, zone_minute) = (number(18, 20)?, number(22, 24)?, number(24, 26)?);
    if second > 60 || !matches!(bytes[21], b'+' | b'-') || zone_hour > 14 || zone_minute > 59 {
        return None;
    }
    let day = (number(7, 11)?, month, number(0, 2)?);
    minutes(day, (number(12, 14)?, number(15, 17)?))
}

fn rule(field: &str, rule: &str, was: &str) -> Rejection {
    because(&format!("{field}: must {rule}, was {}", quote(was)))
}
