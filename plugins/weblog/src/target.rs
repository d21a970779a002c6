//! What a request's target looks like, as the log writes it.

/// Kinds of files in the order that the model learnt as numbers, from 1; 0 is no extension.
const EXTENSIONS: [&[&str]; 5] = [
    &["html", "htm", "php", "asp", "aspx", "jsp", "cgi"],
    &["css", "js", "mjs", "map"],
    &["png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "ico"],
    &["woff", "woff2", "ttf", "otf", "eot"],
    &["json", "xml", "txt", "csv", "rss", "pdf"],
];
const OTHER: u8 = 6;

/// Path, and query where there is one.
pub fn split(target: &str) -> (&str, Option<&str>) {
    match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    }
}

/// How many there are of one byte.
pub fn count(text: &str, wanted: u8) -> usize {
    text.bytes().filter(|byte| *byte == wanted).count()
}

/// Bytes that a plain link has not: escapes, quotes, brackets.
pub fn odd_bytes(target: &str) -> usize {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._~?&=+-".contains(byte);
    target.bytes().filter(|byte| !plain(byte)).count()
}

pub fn digits(path: &str) -> usize {
    path.bytes().filter(u8::is_ascii_digit).count()
}

/// The kind of file that the path's last segment names.
pub fn extension(path: &str) -> u8 {
    let name = path.rsplit('/').next().unwrap_or_default();
    let Some((_, extension)) = name.rsplit_once('.') else {
        return 0;
    };
    let of_kind = |kind: &&[&str]| {
        kind.iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    };
    let kind = EXTENSIONS.iter().position(of_kind);
    kind.map_or(OTHER, |kind| kind as u8 + 1)
}
