//! Sources as text: which there are, and one without its comments and literals, so that words in it are code.

use std::{path::Path, process::Command};

use crate::workspace;

/// A text file of the repository.
pub struct Source {
    /// From the root, with `/`.
    pub path: String,
    pub text: String,
}

/// Every tracked text file; without git (a release's archive) every text file outside of what builds leave behind.
pub fn all() -> Vec<Source> {
    let mut paths = tracked().unwrap_or_else(|| walk(workspace::root()));
    paths.sort();
    let read = |path: String| {
        let text = std::fs::read_to_string(workspace::root().join(&path)).ok()?;
        Some(Source { path, text })
    };
    paths.into_iter().filter_map(read).collect()
}

fn tracked() -> Option<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(workspace::root())
        .output()
        .ok()?;
    let listed = String::from_utf8(output.stdout).ok()?;
    output
        .status
        .success()
        .then(|| listed.lines().map(str::to_owned).collect())
}

fn walk(root: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if [
                "target",
                ".git",
                "__pycache__",
                "scoregate-data",
                "scoregate-demo",
            ]
            .iter()
            .any(|n| name == *n)
            {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Some(path) = path.strip_prefix(root).ok().and_then(Path::to_str) {
                paths.push(path.to_owned());
            }
        }
    }
    paths
}

/// The same lines, with blanks for comments, strings and characters.
pub fn code(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let end =
            blank_until(&bytes[at..], at > 0 && is_word(bytes[at - 1])).map(|length| at + length);
        match end {
            Some(end) => {
                code.extend(
                    text[at..end]
                        .chars()
                        .map(|c| if c == '\n' { '\n' } else { ' ' }),
                );
                at = end;
            }
            None => {
                let next = text[at..].chars().next().expect("a character");
                code.push(next);
                at += next.len_utf8();
            }
        }
    }
    code
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The length of the comment or literal that begins here, if one does.
fn blank_until(rest: &[u8], in_word: bool) -> Option<usize> {
    let find = |from: usize, what: &[u8]| {
        let found = rest[from..]
            .windows(what.len())
            .position(|window| window == what);
        found.map_or(rest.len(), |at| from + at + what.len())
    };
    if rest.starts_with(b"//") {
        return Some(find(2, b"\n") - usize::from(rest[2..].contains(&b'\n')));
    }
    if rest.starts_with(b"/*") {
        return Some(find(2, b"*/"));
    }
    if rest[0] == b'"' {
        return Some(escaped(rest, b'"'));
    }
    if !in_word && rest[0] == b'r' {
        let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
        if rest.get(1 + hashes) == Some(&b'"') {
            let close = [&b"\""[..], &b"#".repeat(hashes)].concat();
            return Some(find(2 + hashes, &close));
        }
    }
    // A character, not a lifetime: those have no second quote so near.
    let is_char = rest[0] == b'\'' && (rest.get(1) == Some(&b'\\') || char_ends(rest));
    is_char.then(|| escaped(rest, b'\''))
}

fn char_ends(rest: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&rest[1..rest.len().min(8)]);
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c != '\'') && chars.next() == Some('\'')
}

fn escaped(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Whether the word stands in the code.
pub fn names(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = at > 0 && is_word(code.as_bytes()[at - 1]);
        let after = code
            .as_bytes()
            .get(at + word.len())
            .is_some_and(|byte| is_word(*byte));
        !before && !after
    })
}

/// A function's name, its first line and how many it has, for each function of the code.
pub fn functions(code: &str) -> Vec<(String, usize, usize)> {
    let mut functions = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        if at > 0 && is_word(code.as_bytes()[at - 1]) {
            continue;
        }
        let name: String = code[at + 3..]
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let Some(lines) = body_lines(&code[at..]) else {
            continue;
        };
        if !name.is_empty() {
            functions.push((name, code[..at].matches('\n').count() + 1, lines));
        }
    }
    functions
}

/// Lines from here to the end of the body; none where there is no body.
fn body_lines(code: &str) -> Option<usize> {
    let (mut depth, mut brackets) = (0_usize, 0_isize);
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'(' | b'[' => brackets += 1,
            b')' | b']' => brackets -= 1,
            b';' if depth == 0 && brackets == 0 => return None,
            b'{' => depth += 1,
            b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 && brackets == 0 {
                    return Some(code[..at].matches('\n').count() + 1);
                }
            }
            _ => {}
        }
    }
    None
}
