//! Regular expressions that are one class of characters: `.`, `\w`, `[a-zA-Z0-9_]`, each alone or with `+` or `{n,}` behind it.

use scoregate_graph::ops::Class;

/// The class, and how many characters of it there are at least and at most; none for what is more than that.
pub(super) fn parse(expression: &str) -> Option<(Class, u32, u32)> {
    let (class, rest) = if let Some(rest) = expression.strip_prefix('[') {
        bracketed(rest)?
    } else if let Some(rest) = expression.strip_prefix('.') {
        (
            Class {
                ranges: vec![('\n', '\n')],
                negated: true,
            },
            rest,
        )
    } else {
        let rest = expression.strip_prefix('\\')?;
        let mut letters = rest.chars();
        let letter = letters.next()?;
        let (ranges, negated) = named(letter)?;
        (Class { ranges, negated }, letters.as_str())
    };
    match rest {
        "" => Some((class, 1, 1)),
        "+" => Some((class, 1, u32::MAX)),
        rest => {
            let least = rest.strip_prefix('{')?.strip_suffix(",}")?;
            let least: u32 = least.parse().ok().filter(|least| *least > 0)?;
            Some((class, least, u32::MAX))
        }
    }
}

/// `\w`, `\d`, `\s` and their opposites, of ASCII, as in RE2.
fn named(letter: char) -> Option<(Vec<(char, char)>, bool)> {
    let ranges = match letter.to_ascii_lowercase() {
        'w' => vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')],
        'd' => vec![('0', '9')],
        's' => vec![('\t', '\n'), ('\x0c', '\r'), (' ', ' ')],
        _ => return None,
    };
    Some((ranges, letter.is_ascii_uppercase()))
}

/// What follows `[`, and what stands behind `]`.
fn bracketed(text: &str) -> Option<(Class, &str)> {
    let negated = text.starts_with('^');
    let mut letters = text.trim_start_matches('^').chars();
    if text.starts_with("^^") {
        return None;
    }
    let mut ranges = Vec::new();
    loop {
        let first = match letters.next()? {
            ']' if !ranges.is_empty() => break,
            '[' | ']' => return None,
            '\\' => match letters.next()? {
                letter if letter.is_ascii_alphanumeric() => {
                    let (own, false) = named(letter)? else {
                        return None;
                    };
                    ranges.extend(own);
                    continue;
                }
                letter => letter,
            },
            letter => letter,
        };
        let mut ahead = letters.clone();
        let last = match (ahead.next(), ahead.next()) {
            (Some('-'), Some(last)) if !matches!(last, ']' | '\\' | '[') => {
                letters = ahead;
                last
            }
            _ => first,
        };
        if last < first {
            return None;
        }
        ranges.push((first, last));
    }
    Some((Class { ranges, negated }, letters.as_str()))
}
