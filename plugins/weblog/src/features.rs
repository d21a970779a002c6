//! What the model is told of a line: the same numbers, bit for bit, as `plugins/bots/features.py` trained it on.

use crate::line::Line;
use crate::{agent, target};

/// How many features a line has.
pub const COUNT: usize = 22;

/// The model learnt their order as numbers, here and below: a new one goes to the end.
const METHODS: [&str; 10] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "PROPFIND",
];
const OTHER_METHOD: usize = 10;
const NO_REQUEST: usize = 11;
const DAY_MIN: i64 = 24 * 60;
/// 1 January 1970 was a Thursday; Monday is 0.
const EPOCH_WEEKDAY: i64 = 3;

/// The features of `line` in the model's order; NaN where the line does not say.
pub fn of(line: &Line<'_>) -> [f64; COUNT] {
    let request = &line.request;
    let (path, query) = target::split(request.target);
    let referer = line.referer.unwrap_or_default();
    let agent = line.agent.unwrap_or_default();
    let day = line.local_minute.div_euclid(DAY_MIN);
    let minute = line.local_minute.rem_euclid(DAY_MIN);
    let count = |number: usize| number as f64;
    let flag = |holds: bool| f64::from(u8::from(holds));
    let query_params = query.map_or(0, |query| target::count(query, b'&') + 1);
    let table: [(&str, f64); COUNT] = [
        ("method", count(method(request.method))),
        ("http_version", http_version(request.version)),
        ("target_bytes", count(request.target.len())),
        ("path_depth", count(target::count(path, b'/'))),
        ("extension", f64::from(target::extension(path))),
        ("query_params", count(query_params)),
        ("odd_bytes", count(target::odd_bytes(request.target))),
        ("path_digits", count(target::digits(path))),
        ("status", f64::from(line.status)),
        ("bytes", line.bytes.map_or(f64::NAN, |bytes| bytes as f64)),
        ("has_referer", flag(line.referer.is_some())),
        ("referer_bytes", count(referer.len())),
        ("referer_depth", count(target::count(referer, b'/'))),
        ("agent_bytes", count(agent.len())),
        ("agent_is_browser", flag(agent::is_browser(agent))),
        ("agent_says_bot", flag(agent::says_bot(agent))),
        (
            "agent_version",
            agent::version(agent).map_or(f64::NAN, f64::from),
        ),
        ("agent_is_mobile", flag(agent::is_mobile(agent))),
        ("hour", (minute / 60) as f64 + (minute % 60) as f64 / 60.0),
        ("weekday", (day + EPOCH_WEEKDAY).rem_euclid(7) as f64),
        ("is_ipv6", flag(line.client.contains(':'))),
        ("is_logged_in", flag(line.user.is_some())),
    ];
    table.map(|(_, value)| value)
}

fn method(method: Option<&str>) -> usize {
    match method {
        None => NO_REQUEST,
        Some(method) => {
            let known = METHODS.iter().position(|known| *known == method);
            known.unwrap_or(OTHER_METHOD)
        }
    }
}

fn http_version(version: Option<&str>) -> f64 {
    match version {
        Some("HTTP/1.0") => 10.0,
        Some("HTTP/1.1") => 11.0,
        Some("HTTP/2" | "HTTP/2.0") => 20.0,
        Some("HTTP/3" | "HTTP/3.0") => 30.0,
        _ => f64::NAN,
    }
}
