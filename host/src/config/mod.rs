//! The configuration: one TOML file, read into plain types. Every mistake in it is reported in one run.

mod ends;
mod json;
mod load;
mod names;
mod origins;
mod pipelines;
mod plugins;
mod problem;
mod reader;
mod server;
mod substitute;
mod table;
#[cfg(test)]
mod tests;
mod text;

use std::{fmt, net::SocketAddr, path::PathBuf};

pub use problem::{Problem, Problems};

/// The whole file. Paths in it are absolute or relative to the working folder: those of the file were made so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub server: Server,
    pub store: Store,
    /// In the file's order.
    pub plugins: Vec<Plugin>,
    pub pipelines: Vec<Pipeline>,
}

/// `[server]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// This gateway among others.
    pub name: String,
    /// The scoring listener.
    pub http: SocketAddr,
    /// The operators' listener.
    pub admin: SocketAddr,
    pub body_max_bytes: u64,
    /// Pages of these may call the scoring listener from a browser; `*` is any.
    pub allowed_origins: Vec<String>,
}

/// `[store]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    pub path: PathBuf,
}

/// `[plugins.NAME]`: a named slot.
#[derive(Clone, PartialEq, Eq)]
pub struct Plugin {
    pub name: String,
    pub file: PathBuf,
    /// What `configure` is given: the TOML value as JSON text; `{}` where there is none.
    pub config_json: String,
    pub memory_max_bytes: u64,
    pub call_deadline_ms: u64,
    pub result_max_bytes: u64,
}

impl fmt::Debug for Plugin {
    /// Without `config_json`: it may hold secrets, and what is printed for a developer ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.name)
            .field("file", &self.file)
            .field("memory_max_bytes", &self.memory_max_bytes)
            .field("call_deadline_ms", &self.call_deadline_ms)
            .field("result_max_bytes", &self.result_max_bytes)
            .finish_non_exhaustive()
    }
}

/// `[pipelines.NAME]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    pub name: String,
    /// A slot's name, known to exist.
    pub adapter: String,
    pub model: String,
    pub batch_max_events: usize,
    pub queue_max_events: usize,
    /// Scoring threads.
    pub workers: usize,
    /// JSON Pointer to an event's key, where the source gives none.
    pub key: Option<String>,
    pub breaker_max_faults: u32,
    pub sources: Vec<Source>,
    pub sinks: Vec<Sink>,
}

/// `[[pipelines.NAME.sources]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `POST /pipelines/NAME/score`.
    Http,
}

/// `[[pipelines.NAME.sinks]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sink {
    Sqlite {
        path: PathBuf,
        table: String,
    },
    /// One JSON line an outcome.
    Stdout,
}

impl Source {
    /// The `kind` in the file.
    pub fn kind(&self) -> &'static str {
        match self {
            Source::Http => "http",
        }
    }
}
