//! The operators' listener as commands see it: where it is, with which token it is asked, and what it answers.

pub mod end;
pub mod figures;
pub mod follow;
pub mod report;

use std::{env, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use serde_json::Value;
use tokio::time::timeout;

use super::{
    OutputFormat,
    reach::{Authorities, Reach},
    text::plain,
};
use crate::{file, limits::SECRET_MAX_BYTES, output::line};

/// The gateway said no, and why: its own exit code, so that a script can tell it from a gateway that is away.
pub const REFUSED: u8 = 3;
const TOKEN: &str = "SCOREGATE_TOKEN";
/// An upload is compiled before it is answered.
const ANSWER_MAX: Duration = Duration::from_secs(600);

/// Which gateway is meant.
#[derive(Debug, clap::Args)]
pub struct Place {
    /// The gateway's operators' listener.
    #[arg(
        long,
        env = "SCOREGATE_ADMIN",
        value_name = "URL",
        default_value = "http://127.0.0.1:8090"
    )]
    admin: String,
    /// A file that holds the token; without it SCOREGATE_TOKEN is the token.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    authorities: Authorities,
}

/// A plugin of the gateway.
#[derive(Debug, clap::Args)]
pub struct Plugin {
    /// The plugin, as the configuration names it.
    #[arg(value_name = "PLUGIN", required_unless_present = "plugin")]
    name: Option<String>,
    #[arg(long, hide = true, conflicts_with = "name")]
    plugin: Option<String>,
}

impl Plugin {
    pub fn into_name(self) -> String {
        self.name.or(self.plugin).unwrap_or_default()
    }
}

/// Why a request was not done.
#[derive(Debug)]
pub enum Failed {
    /// The gateway understood, and refuses: its sentence, and the whole answer.
    Refused { message: String, answer: Value },
    /// It could not be asked, or could not do it now.
    Broken(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Failed {
    fn from(error: E) -> Self {
        Failed::Broken(error.into())
    }
}

/// A gateway that is asked.
pub struct Remote {
    url: String,
    reach: Reach,
    /// Of the header.
    authorization: Option<String>,
}

impl Place {
    pub fn remote(&self) -> anyhow::Result<Remote> {
        let token = match &self.token_file {
            Some(path) => {
                let content = file::read(path, SECRET_MAX_BYTES);
                let content =
                    content.with_context(|| format!("--token-file {}", path.display()))?;
                Some(String::from_utf8_lossy(&content).trim().to_owned())
            }
            None => env::var(TOKEN).ok().map(|token| token.trim().to_owned()),
        };
        if let Some(token) = &token
            && (token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()))
        {
            bail!(
                "the token is empty, or holds what no token has; it is one line, as `scoregate token` printed it"
            );
        }
        let reach = self.authorities.reach("--admin", &self.admin, 8090)?;
        if token.is_some() && reach.is_open_to_all() {
            eprintln!(
                "warning: everybody on the way to {} can read the token: use https://",
                plain(&self.admin)
            );
        }
        Ok(Remote {
            url: self.admin.trim_end_matches('/').to_owned(),
            reach,
            authorization: token.map(|token| format!("Bearer {token}")),
        })
    }
}

impl Remote {
    pub async fn get(&self, path: &str) -> Result<Value, Failed> {
        self.ask(path, None).await
    }

    /// Posts a body. It is sent once: what was not answered may have been done.
    pub async fn post(&self, path: &str, body: impl Into<Bytes>) -> Result<Value, Failed> {
        self.ask(path, Some(body.into())).await
    }

    /// What operators see of a plugin.
    pub async fn plugin(&self, name: &str) -> Result<Value, Failed> {
        self.get(&format!("/v1/plugins/{}", segment(name)?)).await
    }

    async fn ask(&self, path: &str, body: Option<Bytes>) -> Result<Value, Failed> {
        let url = &self.url;
        let asked = timeout(ANSWER_MAX, self.exchange(path, body)).await;
        let asked = asked.unwrap_or_else(|_| {
            Err(anyhow!(
                "it has not answered for {} s",
                ANSWER_MAX.as_secs()
            ))
        });
        let (status, body) = asked.with_context(|| format!("the gateway at {url}"))?;
        let answer: Value = serde_json::from_slice(&body).with_context(|| {
            format!("{url}{path} answered {status} and no JSON: is it the operators' listener?")
        })?;
        let sentence = answer["error"].as_str().unwrap_or("no reason was given");
        match status {
            200..300 => Ok(answer),
            400..500 => Err(Failed::Refused {
                message: match (status, &self.authorization) {
                    (401, None) => {
                        format!("{url} needs a token: give --token-file FILE, or set {TOKEN}")
                    }
                    _ => plain(sentence),
                },
                answer,
            }),
            _ => Err(anyhow!(
                "the gateway at {url} answered {status}: {}",
                plain(sentence)
            )
            .into()),
        }
    }

    async fn exchange(&self, path: &str, body: Option<Bytes>) -> anyhow::Result<(u16, Bytes)> {
        // A connection for each request: one that was kept may have gone with the gateway.
        let mut client = self.reach.connect().await?;
        let authorization = self.authorization.as_deref();
        let headers: Vec<_> = authorization
            .map(|value| ("authorization", value))
            .into_iter()
            .collect();
        let (status, answer) = match body {
            Some(body) => client.post(path, &headers, body).await?,
            None => client.get_with(path, &headers).await?,
        };
        Ok((status.as_u16(), answer))
    }
}

/// A name within a path.
pub fn segment(name: &str) -> anyhow::Result<&str> {
    let of_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if name.is_empty() || !name.bytes().all(of_name) {
        bail!(
            "`{}` is no plugin's name: those are of a-z, 0-9, `_` and `-`",
            plain(name)
        );
    }
    Ok(name)
}

/// The end of a command: its exit code, and why it failed.
pub fn ended(done: Result<ExitCode, Failed>, output: OutputFormat) -> anyhow::Result<ExitCode> {
    match done {
        Ok(code) => Ok(code),
        Err(Failed::Broken(error)) => Err(error),
        Err(Failed::Refused { message, answer }) => {
            eprintln!("error: {message}");
            if output == OutputFormat::Json {
                line(format_args!("{answer}"))?;
            }
            Ok(ExitCode::from(REFUSED))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_place_in_a_path() {
        assert!(segment("fraud_2-a").is_ok());
        for wrong in ["", "a/b", "..", "a?b", "a b", "é"] {
            assert!(segment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_token_comes_from_its_file_on_one_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let place = |content: &str| {
            std::fs::write(file.path(), content).unwrap();
            let token_file = Some(file.path().to_owned());
            let admin = "http://127.0.0.1:1".to_owned();
            let authorities = Authorities::default();
            Place {
                admin,
                token_file,
                authorities,
            }
            .remote()
        };
        let remote = place("secret\n").unwrap();
        assert_eq!(remote.authorization.as_deref(), Some("Bearer secret"));
        for wrong in ["", "two\nlines", "é"] {
            let error = place(wrong).err().unwrap().to_string();
            assert!(error.contains("one line"), "{error}");
        }
    }
}
