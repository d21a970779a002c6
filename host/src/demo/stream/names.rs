//! What one run of the demo calls its topics and tables, and the configuration that joins them.

use std::net::SocketAddr;

use crate::{
    clock::now_ms,
    config::{DatabaseUrl, PostgresTable},
    demo::files,
    limits::POSTGRES_CONNECTIONS_MAX_COUNT,
};

/// Beside the configuration.
pub const URL_FILE: &str = "postgres-url";

/// See the module. A run has names of its own: what an earlier one left is not counted again.
pub struct Names {
    pub brokers: String,
    pub postgres: Option<String>,
    pub payments: String,
    pub decisions: String,
    pub dead: String,
    pub table: String,
    pub table_dead: String,
}

/// The pipelines' names.
pub const TOPIC_PIPELINE: &str = "fraud";
pub const TABLE_PIPELINE: &str = "fraud-table";

impl Names {
    pub fn new(brokers: &str, postgres: Option<&str>) -> Self {
        let run = now_ms() / 1_000;
        let topic = |what: &str| format!("scoregate-demo-{run}-{what}");
        Self {
            brokers: brokers.to_owned(),
            postgres: postgres.map(str::to_owned),
            payments: topic("payments"),
            decisions: topic("decisions"),
            dead: topic("dead"),
            table_dead: format!("demo_{run}_dead"),
            table: format!("demo_{run}_scores"),
        }
    }

    /// The table of decisions, where there is a database.
    pub fn scores(&self) -> Option<PostgresTable> {
        Some(PostgresTable {
            url: DatabaseUrl(self.postgres.clone()?),
            table: self.table.clone(),
            connections_max: POSTGRES_CONNECTIONS_MAX_COUNT,
        })
    }

    /// The pipelines that this run serves.
    pub fn pipelines(&self) -> Vec<&'static str> {
        let table = self.postgres.is_some().then_some(TABLE_PIPELINE);
        [TOPIC_PIPELINE].into_iter().chain(table).collect()
    }

    pub fn config(&self, http: SocketAddr, admin: SocketAddr) -> String {
        let mut text = files::head(http, admin);
        text += &self.topic_pipeline();
        if self.postgres.is_some() {
            text += &self.table_pipeline();
        }
        text
    }

    fn topic_pipeline(&self) -> String {
        let Self {
            brokers,
            payments,
            decisions,
            dead,
            ..
        } = self;
        format!(
            r#"
[pipelines.{TOPIC_PIPELINE}]                    # topic to topic: outcomes and offsets in one transaction
adapter = "payments"
model   = "fraud"

[[pipelines.{TOPIC_PIPELINE}.sources]]
kind     = "kafka"
brokers  = "{brokers}"
topic    = "{payments}"
group    = "{payments}.{TOPIC_PIPELINE}"
delivery = "exactly-once"

[[pipelines.{TOPIC_PIPELINE}.sinks]]
kind    = "kafka"
brokers = "{brokers}"
topic   = "{decisions}"

[pipelines.{TOPIC_PIPELINE}.dead_letter]        # payments that the adapter rejects
kind    = "kafka"
brokers = "{brokers}"
topic   = "{dead}"
"#
        )
    }

    fn table_pipeline(&self) -> String {
        let Self {
            brokers,
            payments,
            table,
            table_dead,
            ..
        } = self;
        format!(
            r#"
[pipelines.{TABLE_PIPELINE}]              # topic to table: rows and offsets in one transaction of the database
adapter = "payments"
model   = "fraud"

[[pipelines.{TABLE_PIPELINE}.sources]]
kind     = "kafka"
brokers  = "{brokers}"
topic    = "{payments}"
group    = "{payments}.{TABLE_PIPELINE}"
delivery = "exactly-once"

[[pipelines.{TABLE_PIPELINE}.sinks]]
kind  = "postgres"
url   = "${{file:{URL_FILE}}}"
table = "{table}"

[pipelines.{TABLE_PIPELINE}.dead_letter]
kind  = "postgres"
url   = "${{file:{URL_FILE}}}"
table = "{table_dead}"
"#
        )
    }
}
