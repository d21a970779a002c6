//! The configuration: one TOML file, read into plain types. Every mistake in it is reported in one run.

mod capture;
mod checks;
mod ends;
mod guard;
mod json;
mod load;
mod mask;
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
mod tls;

use std::{fmt, net::SocketAddr, path::PathBuf};

pub use capture::{Capture, Kept};
pub use guard::Guard;
pub(crate) use names::did_you_mean;
pub use problem::{Problem, Problems};
pub use tls::{Listener, Tls};

/// The whole file. Paths in it are absolute or relative to the working folder: those of the file were made so.
#[derive(Clone, Debug, PartialEq)]
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
    /// Who may ask and change what there; without it anybody, and it is a loopback address.
    pub admin_token_file: Option<PathBuf>,
    /// Without it both listeners are plain HTTP.
    pub tls: Option<Tls>,
    pub body_max_bytes: u64,
    /// Pages of these may call the scoring listener from a browser; `*` is any.
    pub allowed_origins: Vec<String>,
}

/// `[store]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// Releases and compiled code; the record too, where there is no `url`.
    pub path: PathBuf,
    /// The PostgreSQL that several gateways share a record in.
    pub url: Option<DatabaseUrl>,
    /// What the child that compiles a release may take, in wall time and in CPU time.
    pub compile_max_seconds: u64,
    /// Its memory.
    pub compile_max_bytes: u64,
}

/// `[plugins.NAME]`: a named slot.
#[derive(Clone, PartialEq)]
pub struct Plugin {
    pub name: String,
    /// The release to begin with where the store has none for the slot.
    pub file: PathBuf,
    /// What `configure` is given: the TOML value as JSON text; `{}` where there is none.
    pub config_json: String,
    pub memory_max_bytes: u64,
    pub call_deadline_ms: u64,
    pub result_max_bytes: u64,
    pub guard: Guard,
    /// The file is deployed whenever it changes.
    pub watch: bool,
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
            .field("guard", &self.guard)
            .field("watch", &self.watch)
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
    /// What is kept to be replayed; nothing where it is absent.
    pub capture: Option<Capture>,
    pub sources: Vec<Source>,
    pub sinks: Vec<Sink>,
    /// Where a stream's events go that have no outcome; always there with a stream.
    pub dead_letter: Option<DeadLetter>,
}

impl Pipeline {
    /// Whether it reads a stream: nobody waits for the answers to its events.
    pub fn has_stream(&self) -> bool {
        self.sources.iter().any(|source| *source != Source::Http)
    }

    /// Whether outcomes, dead letters and the place in the stream go together or not at all.
    pub fn is_exactly_once(&self) -> bool {
        self.sources.iter().any(|source| match source {
            Source::Kafka(kafka) => kafka.delivery == Guarantee::ExactlyOnce,
            _ => false,
        })
    }
}

/// `[[pipelines.NAME.sources]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `POST /pipelines/NAME/score`.
    Http,
    /// A topic, read as a member of a consumer group.
    Kafka(KafkaSource),
    /// An outbox: a table whose rows are leased, scored and deleted.
    Postgres(Outbox),
    /// An application's log file, followed over its rotations.
    File { path: PathBuf, from: From },
}

/// A source of kind `kafka`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaSource {
    pub client: KafkaClient,
    pub topic: String,
    pub group: String,
    pub delivery: Guarantee,
}

/// How a Kafka cluster is reached.
#[derive(Clone, PartialEq, Eq)]
pub struct KafkaClient {
    /// `host:port`, separated by commas.
    pub brokers: String,
    /// Settings of librdkafka, in the file's order; those of the gateway's own choice are overridden by them.
    pub librdkafka: Vec<(String, String)>,
}

impl fmt::Debug for KafkaClient {
    /// Without the settings' values: passwords are among them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.librdkafka.iter().map(|(name, _)| name).collect();
        f.debug_struct("KafkaClient")
            .field("brokers", &self.brokers)
            .field("librdkafka", &names)
            .finish()
    }
}

/// What a failure may do to an event's outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guarantee {
    /// It may be delivered again.
    AtLeastOnce,
    /// It is delivered once.
    ExactlyOnce,
}

/// A source of kind `postgres`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbox {
    pub url: DatabaseUrl,
    pub table: String,
    /// How long rows are this gateway's alone; prolonged while they are worked on.
    pub lease_ms: u64,
    /// How often the table is looked at where no notification comes.
    pub poll_ms: u64,
}

/// Where a file's first reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    Start,
    End,
}

/// `postgres://user:password@host:port/database?sslmode=…`.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(pub String);

impl fmt::Debug for DatabaseUrl {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://…")
    }
}

/// A table of a PostgreSQL database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresTable {
    pub url: DatabaseUrl,
    pub table: String,
    /// Connections open at once.
    pub connections_max: u32,
}

/// A topic that is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaTopic {
    pub client: KafkaClient,
    pub topic: String,
}

/// `[pipelines.NAME.dead_letter]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeadLetter {
    Kafka(KafkaTopic),
    Postgres(PostgresTable),
    Sqlite {
        path: PathBuf,
        table: String,
    },
    /// One JSON object a line.
    File {
        path: PathBuf,
    },
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
    Postgres(PostgresTable),
    Kafka(KafkaTopic),
}

impl Source {
    /// The `kind` in the file.
    pub fn kind(&self) -> &'static str {
        match self {
            Source::Http => "http",
            Source::Kafka(_) => "kafka",
            Source::Postgres(_) => "postgres",
            Source::File { .. } => "file",
        }
    }
}
