//! `allowed_origins` in `[server]`.

use super::{table::Table, text::quoted};
use crate::limits::ORIGINS_MAX_COUNT;

/// Origins as browsers send them, or `*`; none where the file lists none.
pub(super) fn allowed(table: &mut Table<'_>) -> Vec<String> {
    const KEY: &str = "allowed_origins";
    let mut origins = Vec::new();
    let written = table.strings(KEY, "a list of origins, such as [\"https://shop.example\"]");
    if written.len() > ORIGINS_MAX_COUNT {
        let message = format!(
            "`{KEY}` in {} has {} origins; it may have {ORIGINS_MAX_COUNT}, or `*` for any",
            table.title(),
            written.len()
        );
        table.reader.problem(table.span_of(KEY), message);
    }
    for origin in written {
        match normal(&origin.value) {
            Some(normal) => origins.push(normal),
            None => {
                let message = format!(
                    "`{KEY}` in {} holds {}; each must be `*`, or `http://` or `https://`, a host and, where it is not the default, a port, without a path, such as `https://shop.example` or `http://127.0.0.1:8000`",
                    table.title(),
                    quoted(&origin.written)
                );
                table.reader.problem(origin.span, message);
            }
        }
    }
    origins
}

/// As a browser sends it (RFC 6454, section 6.2): in small letters, without the scheme's own port.
fn normal(origin: &str) -> Option<String> {
    if origin == "*" {
        return Some(origin.to_owned());
    }
    let origin = origin.to_ascii_lowercase();
    let (scheme, place) = origin.split_once("://")?;
    let own_port = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (place, None),
    };
    if !is_host(host) {
        return None;
    }
    let Some(port) = port else {
        return Some(origin);
    };
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port
        .parse::<u16>()
        .ok()
        .filter(|port| digits && *port > 0)?;
    Some(if port == own_port {
        format!("{scheme}://{host}")
    } else {
        format!("{scheme}://{host}:{port}")
    })
}

fn is_host(host: &str) -> bool {
    match host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            (1..=253).contains(&host.len()) && host.bytes().all(allowed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn an_origin_is_kept_as_browsers_send_it() {
        for (written, kept) in [
            ("*", "*"),
            ("https://shop.example", "https://shop.example"),
            ("HTTPS://Shop.Example:443", "https://shop.example"),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
            ("http://localhost:80", "http://localhost"),
            ("http://[::1]:8000", "http://[::1]:8000"),
            ("http://[::1]", "http://[::1]"),
        ] {
            assert_eq!(normal(written).as_deref(), Some(kept), "{written}");
        }
    }

    #[test]
    fn what_no_browser_sends_is_none() {
        for written in [
            "",
            "shop.example",
            "https://",
            "https://shop.example/",
            "https://shop.example/cart",
            "ftp://shop.example",
            "https://shop.example:0",
            "https://shop.example:70000",
            "https://shop.example:+80",
            "https://shop.example:",
            "https://a b",
            "https://user@shop.example",
            "https://*.shop.example",
            "http://[::x]",
            "null",
            "https://shop.example?x",
        ] {
            assert_eq!(normal(written), None, "{written}");
        }
    }
}
