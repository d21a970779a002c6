//! Outcomes and dead letters in a PostgreSQL database, and there the place in a topic beside them.
//!
//! The tables, as `\d+ scores` shows them, stand in `tables/`. To look at them:
//! `psql -c "SELECT decision, count(*), avg(score) FROM scores GROUP BY decision"`.

pub(crate) mod address;
pub(crate) mod connections;
mod count;
mod database;
mod exact;
mod letters;
mod rows;
pub(crate) mod schema;
pub(crate) mod trouble;
pub(crate) mod wake;

pub use count::count;
pub use exact::{ExactPostgres, PostgresLedger};
pub use letters::PostgresDeadLetters;

use self::{
    database::Database,
    schema::{Kind, Table},
};
use super::{error::SinkError, rows::Rows, trouble::Trouble};
use crate::{config::PostgresTable, event::Scored};

pub const KIND: &str = "postgres";

/// What can be said of it without a connection.
pub(super) fn check(table: &PostgresTable, pipeline: &str) -> Result<(), SinkError> {
    let checked = Table::new(Kind::Scores, &table.table)
        .and_then(|_| address::Address::parse(&table.url).map_err(Trouble::Permanent));
    checked
        .map(drop)
        .map_err(|trouble| trouble.into_error(KIND, pipeline))
}

/// Whether the server takes the login, has the database, and lets the outcomes' table be made or written to. Nothing is made.
pub async fn connect(config: &PostgresTable, pipeline: &str) -> Result<(), SinkError> {
    try_out(config, Kind::Scores, pipeline).await
}

async fn try_out(config: &PostgresTable, kind: Kind, pipeline: &str) -> Result<(), SinkError> {
    let try_out = async {
        let tables = vec![Table::new(kind, &config.table)?];
        Database::new(&config.url, 1, tables, pipeline)?
            .try_out()
            .await
    };
    try_out
        .await
        .map_err(|trouble: Trouble| trouble.into_error(KIND, pipeline))
}

/// One pipeline's writer to one table.
#[derive(Debug)]
pub struct PostgresSink {
    database: Box<Database>,
    table: Table,
}

impl PostgresSink {
    /// Makes the table where it is missing, and brings an older one up to date.
    pub(super) async fn open(config: &PostgresTable, pipeline: &str) -> Result<Self, SinkError> {
        let open = async {
            let table = Table::new(Kind::Scores, &config.table)?;
            let tables = vec![table.clone()];
            let database = Database::new(&config.url, config.connections_max, tables, pipeline)?;
            let database = database.open().await?;
            Ok(Self {
                database: database.into(),
                table,
            })
        };
        open.await
            .map_err(|trouble: Trouble| trouble.into_error(KIND, pipeline))
    }

    /// Inserts all rows in one transaction; on Ok they survive the end of the process and of the server.
    pub(super) async fn write(&self, scored: &[Scored]) -> Result<(), SinkError> {
        let written = self.database.write(&self.table, Rows::Scored(scored)).await;
        written.map_err(|trouble| trouble.into_error(KIND, &self.database.pipeline))
    }

    pub(super) async fn close(self) {
        self.database.close().await;
    }
}
