//! Operators' tokens: who may ask and who may change. A file keeps their hashes, and may be changed while the gateway runs.

use std::{
    fmt, fs,
    hint::black_box,
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use thiserror::Error;

use crate::{
    clock::now_ms,
    config::did_you_mean,
    file::{self, ReadError},
    limits::{SECRET_MAX_BYTES, TOKEN_NAME_MAX_BYTES, TOKENS_MAX_COUNT},
    release::Digest,
};

/// What every token of ours begins with, so that one that leaked into a text is found.
const PREFIX: &str = "scoregate_";
/// Names of those who act without a token.
const RESERVED: [&str; 5] = ["guard", "local", "start", "unknown", "watch"];

/// What a token lets its bearer do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look at everything.
    Read,
    /// And change what serves.
    Deploy,
}

impl Role {
    const ALL: [Role; 2] = [Role::Read, Role::Deploy];

    pub fn name(self) -> &'static str {
        match self {
            Role::Read => "read",
            Role::Deploy => "deploy",
        }
    }

    /// The role of that name; else a sentence's end that tells which there are.
    pub fn from_name(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|role| role.name() == name);
        known.ok_or_else(|| "a role is `read` or `deploy`".to_owned())
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whose a token is, as the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    pub name: String,
    pub role: Role,
}

/// A new token: 256 random bits. It is shown to its bearer and kept nowhere.
pub fn new_token() -> Result<String, getrandom::Error> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits)?;
    Ok(format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(bits)))
}

/// The line of the file that knows this token by its hash.
pub fn line_of(bearer: &Bearer, token: &str) -> String {
    let Bearer { name, role } = bearer;
    format!("{name} {role} {}", Digest::of(token.as_bytes()))
}

/// Why a name cannot be a bearer's.
pub fn check_name(name: &str) -> Result<(), String> {
    let of_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'@');
    if RESERVED.contains(&name) {
        return Err(format!(
            "`{name}` is what the gateway itself is called in the audit"
        ));
    }
    if !(1..=TOKEN_NAME_MAX_BYTES).contains(&name.len()) || !name.bytes().all(of_name) {
        return Err(format!(
            "a name is 1 to {TOKEN_NAME_MAX_BYTES} of A-Z, a-z, 0-9, `.`, `_`, `-` and `@`"
        ));
    }
    Ok(())
}

/// Why there are no tokens.
#[derive(Debug, Error)]
pub enum TokensError {
    #[error("`admin_token_file` {}: {cause}", path.display())]
    Unreadable { path: PathBuf, cause: ReadError },
    #[error("`admin_token_file` {}, line {line}: {wrong}", path.display())]
    Line {
        path: PathBuf,
        line: usize,
        wrong: String,
    },
    #[error("`admin_token_file` {}: {wrong}", path.display())]
    Content { path: PathBuf, wrong: String },
}

/// A file of tokens, read again when it has changed.
pub struct Tokens {
    path: PathBuf,
    known: Mutex<Known>,
}

struct Known {
    /// None where the file must be looked into the next time.
    stamp: Option<Stamp>,
    /// Of what was last read of the file, right or wrong.
    content: Option<Digest>,
    tokens: Arc<Vec<Token>>,
}

struct Token {
    hash: Digest,
    bearer: Bearer,
}

/// What changes with a file's content: device, inode, size, and when it was written and replaced.
type Stamp = (u64, u64, u64, (i64, i64), (i64, i64));

impl Tokens {
    /// Reads the file.
    pub fn open(path: &Path) -> Result<Self, TokensError> {
        let content = load(path)?;
        let known = Known {
            stamp: None,
            content: Some(Digest::of(&content)),
            tokens: Arc::new(read(path, &content)?),
        };
        Ok(Self {
            path: path.to_owned(),
            known: Mutex::new(known),
        })
    }

    /// Whose token it is; none if it is nobody's.
    pub async fn bearer(self: &Arc<Self>, token: &str) -> Option<Bearer> {
        let tokens = Arc::clone(self);
        // A file's folder may be a network's.
        let current = tokio::task::spawn_blocking(move || tokens.current()).await;
        find(&current.ok()?, token)
    }

    /// Those of the file as it is now. A file that cannot be read, or is wrong, changes nothing: it may be half written.
    fn current(&self) -> Arc<Vec<Token>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // The stamp first: what is written after it is found the next time.
        let now = stamp(&self.path).ok();
        if now.is_none() || now != known.stamp {
            known.stamp = now.filter(is_settled);
            let content = load(&self.path);
            let seen = content.as_deref().ok().map(Digest::of);
            if seen != known.content {
                known.content = seen;
                match content.and_then(|content| read(&self.path, &content)) {
                    Ok(tokens) => {
                        tracing::info!(count = tokens.len(), "the tokens were read again");
                        known.tokens = Arc::new(tokens);
                    }
                    Err(error) => tracing::error!(%error, "the tokens of before stay in use"),
                }
            }
        }
        Arc::clone(&known.tokens)
    }
}

/// Looks at every token, and at every byte of each: how long it takes tells nothing of any of them.
fn find(tokens: &[Token], token: &str) -> Option<Bearer> {
    let hash = Digest::of(token.as_bytes());
    let mut found = None;
    for known in tokens {
        if black_box(is_same(known.hash.as_bytes(), hash.as_bytes())) {
            found = Some(&known.bearer);
        }
    }
    found.cloned()
}

fn is_same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    let different = one
        .iter()
        .zip(other)
        .fold(0, |all, (a, b)| black_box(all | (a ^ b)));
    different == 0
}

fn stamp(path: &Path) -> io::Result<Stamp> {
    let of = fs::metadata(path)?;
    Ok((
        of.dev(),
        of.ino(),
        of.size(),
        (of.mtime(), of.mtime_nsec()),
        (of.ctime(), of.ctime_nsec()),
    ))
}

/// A file that was just written may be written again within the same tick of its clock, and its stamp would not tell.
fn is_settled(stamp: &Stamp) -> bool {
    let written_s = u64::try_from(stamp.3.0.max(stamp.4.0)).unwrap_or(0);
    now_ms() / 1000 > written_s.saturating_add(1)
}

fn load(path: &Path) -> Result<Vec<u8>, TokensError> {
    file::read(path, SECRET_MAX_BYTES).map_err(|cause| TokensError::Unreadable {
        path: path.to_owned(),
        cause,
    })
}

fn read(path: &Path, content: &[u8]) -> Result<Vec<Token>, TokensError> {
    let wrong = |wrong: &str| TokensError::Content {
        path: path.to_owned(),
        wrong: wrong.to_owned(),
    };
    let text = str::from_utf8(content).map_err(|_| wrong("it is not UTF-8"))?;
    let mut tokens: Vec<Token> = Vec::new();
    for (nth, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let at_line = |wrong| TokensError::Line {
            path: path.to_owned(),
            line: nth + 1,
            wrong,
        };
        let token = parse(line).map_err(at_line)?;
        if tokens.iter().any(|known| known.hash == token.hash) {
            return Err(at_line("an earlier line has the same token".to_owned()));
        }
        if tokens.len() == TOKENS_MAX_COUNT {
            return Err(at_line(format!(
                "there are more than {TOKENS_MAX_COUNT} tokens"
            )));
        }
        tokens.push(token);
    }
    if tokens.is_empty() {
        return Err(wrong("it holds no token: `scoregate token` makes one"));
    }
    Ok(tokens)
}

/// `NAME ROLE sha256:<hex>`. What stands in a hash's place may be a token, and is not repeated.
fn parse(line: &str) -> Result<Token, String> {
    let mut words = line.split_whitespace();
    let (Some(name), Some(role), Some(hash), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err("a line is NAME ROLE sha256:<hex of the token's hash>".to_owned());
    };
    check_name(name)?;
    let role = Role::from_name(role).map_err(|right| {
        let names = Role::ALL.map(Role::name);
        format!("{right}{}", did_you_mean(role, names, String::new))
    })?;
    let hash = hash.parse().map_err(|_| {
        "the third word must be `sha256:` and the 64 hexadecimal digits of the token's hash, never the token itself".to_owned()
    })?;
    Ok(Token {
        hash,
        bearer: Bearer {
            name: name.to_owned(),
            role,
        },
    })
}

#[cfg(test)]
mod tests;
