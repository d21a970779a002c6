//! Hides what looks like a secret in a line of the file: reports of mistakes end in logs of builds.

use std::ops::Range;

/// Words of keys whose values nobody shows.
const SECRET_KEYS: [&str; 5] = ["password", "passwd", "secret", "token", ".pem"];

/// The line with as many characters, those of secrets as `*`. References (`${…}`) stay: they are where a secret ought to be.
pub(super) fn masked(line: &str) -> String {
    let mut secrets = after_keys(line);
    secrets.extend(in_urls(line));
    let references = references(line);
    let is_in = |ranges: &[Range<usize>], at| ranges.iter().any(|range| range.contains(&at));
    line.char_indices()
        .map(|(at, c)| {
            if is_in(&secrets, at) && !is_in(&references, at) {
                '*'
            } else {
                c
            }
        })
        .collect()
}

/// The strings after keys that hold such a word.
fn after_keys(line: &str) -> Vec<Range<usize>> {
    let lower = line.to_ascii_lowercase();
    let words = SECRET_KEYS
        .iter()
        .flat_map(|word| lower.match_indices(word));
    words
        .filter_map(|(at, word)| {
            let equals = at + word.len() + lower[at + word.len()..].find('=')?;
            let of_key = |c: char| c.is_ascii_alphanumeric() || " \t._-'\"".contains(c);
            if !lower[at..equals].chars().all(of_key) {
                return None;
            }
            let value = equals + 1 + lower[equals + 1..].find(|c| c != ' ' && c != '\t')?;
            let quote = lower[value..].chars().next()?;
            if quote != '"' && quote != '\'' {
                return None;
            }
            Some(value + 1..end_of_string(line, value + 1, quote))
        })
        .collect()
}

/// The passwords in `scheme://user:password@host`.
fn in_urls(line: &str) -> Vec<Range<usize>> {
    let urls = line.match_indices("://");
    urls.filter_map(|(at, mark)| {
        let begin = at + mark.len();
        let end = line[begin..].find(['\'', '"']);
        let url = &line[begin..end.map_or(line.len(), |end| begin + end)];
        let user_end = url.find(':')?;
        let password_end = url.rfind('@')?;
        (user_end < password_end).then(|| begin + user_end + 1..begin + password_end)
    })
    .collect()
}

fn references(line: &str) -> Vec<Range<usize>> {
    let begins = line.match_indices("${");
    begins
        .filter_map(|(at, _)| Some(at..at + line[at..].find('}')? + 1))
        .collect()
}

/// Where a string ends: at its quote that is not escaped, or with the line.
fn end_of_string(line: &str, begin: usize, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in line[begin..].char_indices() {
        if c == quote && !escaped {
            return begin + at;
        }
        escaped = c == '\\' && quote == '"' && !escaped;
    }
    line.len()
}
