//! Where outcomes go, and what is there.

use std::{path::PathBuf, sync::OnceLock};

use rdkafka::ClientConfig;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, Row as _,
    sqlite::{SqliteConnectOptions, SqliteConnection},
};

use crate::{
    checker::{self, Mark, Verdict},
    folder::Folder,
    servers::{Kafka, blocking::block_on, records},
    streams,
};

/// See the module.
pub enum Destination {
    /// Topics for outcomes and dead letters.
    Topics { outcomes: String, dead: String },
    /// The tables of a database at this address.
    Postgres { url: String },
    /// The tables of `scores.db` in the gateway's folder.
    Sqlite { path: OnceLock<PathBuf> },
}

/// A primary key hides what is written twice: this table has none, and holds each attempt whose transaction was committed.
const POSTGRES_WITNESS: &str = "
CREATE TABLE witness (nth bigserial, event_id text, event_key text);
CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN INSERT INTO witness (event_id, event_key) VALUES (NEW.event_id, NEW.event_key); RETURN NEW; END';
CREATE TRIGGER witness BEFORE INSERT ON scores FOR EACH ROW EXECUTE FUNCTION witness();";
const SQLITE_WITNESS: &str = "
CREATE TABLE witness (nth INTEGER PRIMARY KEY, event_id TEXT, event_key TEXT);
CREATE TRIGGER witness BEFORE INSERT ON scores BEGIN
  INSERT INTO witness (event_id, event_key) VALUES (NEW.event_id, NEW.event_key); END;";

impl Destination {
    /// Fresh topics of one broker.
    pub fn topics(kafka: &Kafka) -> Self {
        Self::Topics {
            outcomes: kafka.fresh_topic("decisions", 4),
            dead: kafka.fresh_topic("dead", 1),
        }
    }

    pub fn postgres(url: impl Into<String>) -> Self {
        Self::Postgres { url: url.into() }
    }

    pub fn sqlite() -> Self {
        Self::Sqlite {
            path: OnceLock::new(),
        }
    }

    pub(super) fn is_in(&self, folder: &Folder) {
        if let Self::Sqlite { path } = self {
            path.get_or_init(|| folder.path("scores.db"));
        }
    }

    pub(super) fn config(&self, brokers: &str, transaction_ms: u32) -> String {
        let transactions = transaction_ms.to_string();
        let settings = streams::librdkafka(&[("transaction.timeout.ms", &transactions)]);
        match self {
            Self::Topics { outcomes, dead } => {
                let sink = streams::kafka_sink(brokers, outcomes);
                let dead = streams::kafka_dead_letter(brokers, dead);
                format!("{sink}{settings}{dead}{settings}")
            }
            Self::Postgres { url } => {
                let sink = streams::postgres_sink(url);
                format!("{sink}{}", streams::postgres_dead_letter(url))
            }
            Self::Sqlite { .. } => {
                format!("{}{}", streams::SQLITE_SINK, streams::SQLITE_DEAD_LETTER)
            }
        }
    }

    /// Tables get a witness of what is written to them. The gateway must have made them, and nothing must have been sent yet.
    pub fn watch(&self) {
        match self {
            Self::Topics { .. } => {}
            Self::Postgres { url } => block_on(async {
                let mut connection = PgConnection::connect(url).await.expect("a connection");
                let made = connection.execute(sqlx::raw_sql(POSTGRES_WITNESS)).await;
                made.expect("a witness");
            }),
            Self::Sqlite { path } => block_on(async {
                let mut connection = open(path).await;
                let made = connection.execute(sqlx::raw_sql(SQLITE_WITNESS)).await;
                made.expect("a witness");
            }),
        }
    }

    pub(super) fn place(&self, client: &ClientConfig, group: &str, input: &str) -> i64 {
        let sql = format!(
            "SELECT CAST(coalesce(sum(next_offset), 0) AS bigint) FROM scoregate_offsets WHERE topic = '{input}'"
        );
        match self {
            Self::Topics { .. } => records::committed(client, group, input).unwrap_or(0),
            Self::Postgres { .. } | Self::Sqlite { .. } => self.number(&sql),
        }
    }

    pub(super) fn verdict(&self, client: &ClientConfig, input: &str, sent: Vec<Mark>) -> Verdict {
        match self {
            Self::Topics { outcomes, dead } => {
                let read = records::read_committed(client, outcomes);
                let verdict = Verdict::of(sent, checker::outcomes(&read));
                let dead = records::read_committed(client, dead);
                assert_eq!(dead.first(), None, "a dead letter");
                verdict
            }
            Self::Postgres { .. } | Self::Sqlite { .. } => {
                let of_input = format!("WHERE event_id LIKE '{input}/%'");
                let dead = self.number(&format!("SELECT count(*) FROM dead_letters {of_input}"));
                assert_eq!(dead, 0, "dead letters");
                // Were the witness wrong, the rows themselves would tell.
                let rows = self.number(&format!("SELECT count(*) FROM scores {of_input}"));
                let witness = self.marks(&format!(
                    "SELECT event_key, event_id FROM witness {of_input} ORDER BY nth"
                ));
                let verdict = Verdict::of_rows(sent, witness);
                let distinct = verdict.read - verdict.doubled.len() - verdict.foreign.len();
                assert_eq!(rows, distinct as i64, "rows beside the witness: {verdict}");
                verdict
            }
        }
    }

    /// The first column of a query's first row.
    pub fn number(&self, sql: &str) -> i64 {
        match self {
            Self::Topics { .. } => panic!("a topic answers no query"),
            Self::Postgres { url } => block_on(async {
                let mut connection = PgConnection::connect(url).await.expect("a connection");
                let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut connection);
                row.await.expect("a number").get(0)
            }),
            Self::Sqlite { path } => block_on(async {
                let mut connection = open(path).await;
                let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut connection);
                row.await.expect("a number").get(0)
            }),
        }
    }

    fn marks(&self, sql: &str) -> Vec<Mark> {
        let mark = |(key, id): (String, String)| Mark::new(key, id);
        let read: Vec<(String, String)> = match self {
            Self::Topics { .. } => panic!("a topic answers no query"),
            Self::Postgres { url } => block_on(async {
                let mut connection = PgConnection::connect(url).await.expect("a connection");
                let rows = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut connection);
                rows.await.expect("the rows")
            }),
            Self::Sqlite { path } => block_on(async {
                let mut connection = open(path).await;
                let rows = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut connection);
                rows.await.expect("the rows")
            }),
        };
        read.into_iter().map(mark).collect()
    }
}

async fn open(path: &OnceLock<PathBuf>) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path.get().expect("a gateway's folder"));
    options.connect().await.expect("the database opens")
}
