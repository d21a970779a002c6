//! Lines that are none, and lines that look odd but are what servers write.

use checks::REASON_MAX_BYTES;
use checks::testing::{damage, prepare};
use weblog::Weblog;

const GOOD: &str = r#"2001:db8::7 - ada [02/Mar/2026:10:04:11 +0100] "GET /c/lamps?page=2 HTTP/2.0" 200 13074 "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0.0.0 Safari/537.36""#;

fn with(piece: &str, other: &str) -> Vec<u8> {
    assert!(GOOD.contains(piece), "{piece}");
    GOOD.replacen(piece, other, 1).into_bytes()
}

fn reason(payload: &[u8]) -> Option<String> {
    prepare::<Weblog>(&[payload])
        .rejected
        .pop()
        .map(|(_, reason)| reason)
}

#[track_caller]
fn rejected(payload: &[u8], starts: &str) {
    let reason = reason(payload).unwrap_or_else(|| panic!("taken instead of rejected: {starts}"));
    assert!(
        reason.starts_with(starts),
        "`{reason}` instead of `{starts}…`"
    );
    assert!(reason.len() <= REASON_MAX_BYTES);
}

#[track_caller]
fn taken(payload: &[u8]) -> Vec<f64> {
    let batch = prepare::<Weblog>(&[payload]);
    assert_eq!(batch.rejected, []);
    batch.features
}

#[test]
fn a_wrong_field_is_rejected_by_its_name_with_what_is_right() {
    rejected(
        b"",
        "client: is missing where the line goes on with \"\"; a line is: ",
    );
    rejected(
        b"hello world",
        "identity: is missing where the line goes on with \"world\"",
    );
    rejected(b"\xff", "payload: must be UTF-8, is not from byte 0");
    rejected(
        &with("2001:db8::7", "<script>"),
        "client: must be an address or a host name, was \"<script>\"",
    );
    rejected(
        &with("02/Mar/2026", "30/Feb/2026"),
        "time: must be like 02/Mar/2026:10:04:11 +0100, was \"30/Feb/2026",
    );
    rejected(&with("+0100", "+01:00"), "time: must be like");
    rejected(
        &with(" 200 ", " 2000 "),
        "status: must be three digits, was \"2000\"",
    );
    rejected(
        &with("13074", "many"),
        "bytes: must be `-` or at most 15 digits, was \"many\"",
    );
    rejected(
        &with("13074", "9999999999999999"),
        "bytes: must be `-` or at most 15 digits",
    );
    rejected(
        &with(" \"Mozilla", "x\"Mozilla"),
        "referer: must be followed by a space, is by \"x\\\"Mozilla",
    );
    rejected(
        &GOOD.as_bytes()[..GOOD.len() - 1],
        "user agent: has no closing quote",
    );
    rejected(
        &with("537.36\"", "537.36\\\""),
        "user agent: has no closing quote",
    );
    let common = GOOD.split(" \"https").next().expect("a line");
    rejected(
        format!("{common} ").as_bytes(),
        "referer: is missing where the line goes on with \"\"",
    );
    rejected(
        &vec![b'a'; 200_000],
        "payload: must have at most 131072 bytes, has 200000",
    );
}

#[test]
fn what_servers_write_is_taken() {
    let good = taken(GOOD.as_bytes());
    assert_eq!(taken(format!("{GOOD}\r\n").as_bytes()), good);
    // nginx users add the time that a request took.
    assert_eq!(taken(format!("{GOOD} 0.004 \"-\"").as_bytes()), good);
    assert!(taken(&with("13074", "-"))[9].is_nan());
    assert_eq!(taken(&with("ada", "ada lovelace")), good);
    assert_eq!(taken(&with("ada", "-"))[21], 0.0);
    assert_eq!(taken(&with("2001:db8::7", "crawl-1.example.org"))[20], 0.0);
    let quotes = taken(&with("Mozilla/5.0 (X11", r#"A \"b\" \\\\ c (X11"#));
    assert_eq!(quotes[14], 0.0);
}

#[test]
fn what_is_no_http_is_scored_and_not_rejected() {
    for noise in [
        "-",
        r"\x16\x03\x01",
        "",
        "GET /",
        "GET / HTTP/1.1 extra",
        "GET  HTTP",
    ] {
        let features = taken(&with("GET /c/lamps?page=2 HTTP/2.0", noise));
        assert!(features[0] == 11.0 && features[1].is_nan(), "{noise}");
        assert_eq!(features[2], noise.len() as f64);
    }
    let empty = taken(&with("GET /c/lamps?page=2 HTTP/2.0", "GET  HTTP/1.1"));
    assert_eq!((empty[0], empty[2]), (0.0, 0.0));
}

#[test]
fn no_damage_to_a_line_panics_or_makes_an_infinite_feature() {
    damage::<Weblog>(&[GOOD.as_bytes()], 20_000);
}
