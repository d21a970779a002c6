//! Dead letters in a table, and how operators read them back.

use sqlx::{AssertSqlSafe, postgres::PgRow};

use super::{
    KIND,
    connections::answered,
    database::Database,
    rows::Moment,
    schema::{Kind, Table},
};
use crate::{
    config::PostgresTable,
    dead_letter::{Cause, DeadLetter},
    sink::{
        dead::{Filter, Letter, Order, row},
        error::SinkError,
        rows::Rows,
        trouble::Trouble,
    },
};

/// Milliseconds of a `timestamptz`, in any version of PostgreSQL.
const COLUMNS: &str = "pipeline, event_id, event_key, payload, headers::text AS headers, error, fault, origin, adapter, model, \
    round(extract(epoch FROM event_time) * 1000)::bigint AS event_time_ms, round(extract(epoch FROM dead_at) * 1000)::bigint AS dead_at_ms, \
    round(extract(epoch FROM retried_at) * 1000)::bigint AS retried_at_ms";
/// What [`Filter::takes`] says, of the filter's first four parameters.
const TAKEN: &str = "pipeline = $1 AND ($2::text IS NULL OR fault = $2) AND ($3::timestamptz IS NULL OR dead_at >= $3) \
    AND (NOT $4 OR retried_at IS NULL)";

/// One pipeline's dead letters.
#[derive(Debug)]
pub struct PostgresDeadLetters {
    database: Box<Database>,
    table: Table,
}

impl PostgresDeadLetters {
    /// Makes the table where it is missing, and brings an older one up to date.
    pub async fn open(config: &PostgresTable, pipeline: &str) -> Result<Self, SinkError> {
        let open = async {
            let table = Table::new(Kind::DeadLetters, &config.table)?;
            let tables = vec![table.clone()];
            let database = Database::new(&config.url, config.connections_max, tables, pipeline)?;
            let database = Box::new(database.open().await?);
            Ok(Self { database, table })
        };
        open.await
            .map_err(|trouble: Trouble| trouble.into_error(KIND, pipeline))
    }

    /// As [`super::connect`], of the dead letters' table.
    pub async fn connect(config: &PostgresTable, pipeline: &str) -> Result<(), SinkError> {
        super::try_out(config, Kind::DeadLetters, pipeline).await
    }

    /// All in one transaction. A letter of an event that the table has already replaces its reason, and it counts as never retried: what
    /// was sent again and failed again must show up again.
    pub async fn write(&self, dead: &[DeadLetter]) -> Result<(), SinkError> {
        let written = self.database.write(&self.table, Rows::Dead(dead)).await;
        written.map_err(|trouble| trouble.into_error(KIND, &self.database.pipeline))
    }

    /// The letters that the filter takes, in its order, from its place on.
    pub async fn list(&self, filter: &Filter) -> Result<Vec<Letter>, SinkError> {
        let (than, order) = match filter.order {
            Order::OldestFirst => (">", "ASC"),
            Order::NewestFirst => ("<", "DESC"),
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM {} WHERE {TAKEN} AND ($5::timestamptz IS NULL OR (dead_at, event_id) {than} ($5, $6)) \
             ORDER BY dead_at {order}, event_id {order} LIMIT $7",
            self.table.quoted()
        );
        let after = filter.after.as_ref();
        self.query(async |connection| {
            let query = sqlx::query(AssertSqlSafe(sql))
                .bind(&filter.pipeline)
                .bind(filter.fault.map(Cause::name))
                .bind(filter.since_ms.map(Moment))
                .bind(filter.open)
                .bind(after.map(|(dead_at_ms, _)| Moment(*dead_at_ms)))
                .bind(after.map(|(_, id)| id))
                .bind(i64::try_from(filter.limit).unwrap_or(i64::MAX));
            answered(query.fetch_all(connection)).await
        })
        .await?
        .iter()
        .map(|row| self.letter(row))
        .collect()
    }

    /// How many there are of each cause, the filter's place and limit aside.
    pub async fn counts(&self, filter: &Filter) -> Result<Vec<(Cause, u64)>, SinkError> {
        let sql = format!(
            "SELECT fault, count(*) FROM {} WHERE {TAKEN} GROUP BY fault ORDER BY fault",
            self.table.quoted()
        );
        let counts: Vec<(String, i64)> = self
            .query(async |connection| {
                let query = sqlx::query_as(AssertSqlSafe(sql))
                    .bind(&filter.pipeline)
                    .bind(filter.fault.map(Cause::name))
                    .bind(filter.since_ms.map(Moment))
                    .bind(filter.open);
                answered(query.fetch_all(connection)).await
            })
            .await?;
        let counts = counts.into_iter();
        Ok(counts
            .filter_map(|(fault, count)| Some((Cause::from_name(&fault)?, count as u64)))
            .collect())
    }

    /// The letter of that event.
    pub async fn get(&self, id: &str) -> Result<Option<Letter>, SinkError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM {} WHERE pipeline = $1 AND event_id = $2",
            self.table.quoted()
        );
        self.query(async |connection| {
            let query = sqlx::query(AssertSqlSafe(sql))
                .bind(&self.database.pipeline)
                .bind(id);
            answered(query.fetch_optional(connection)).await
        })
        .await?
        .map(|row| self.letter(&row))
        .transpose()
    }

    /// The letter was sent again.
    pub async fn mark_retried(&self, id: &str, at_ms: u64) -> Result<(), SinkError> {
        let sql = format!(
            "UPDATE {} SET retried_at = $3 WHERE pipeline = $1 AND event_id = $2",
            self.table.quoted()
        );
        self.query(async |connection| {
            let query = sqlx::query(AssertSqlSafe(sql))
                .bind(&self.database.pipeline)
                .bind(id)
                .bind(Moment(at_ms));
            answered(query.execute(connection)).await
        })
        .await
        .map(drop)
    }

    async fn query<T>(
        &self,
        query: impl AsyncFnOnce(&mut sqlx::PgConnection) -> sqlx::Result<T>,
    ) -> Result<T, SinkError> {
        let ask = async {
            let mut lent = self.database.lend().await?;
            let answer = query(&mut lent.connection)
                .await
                .map_err(|error| self.database.trouble(&error, &self.table))?;
            lent.give_back();
            Ok(answer)
        };
        ask.await
            .map_err(|trouble: Trouble| trouble.into_error(KIND, &self.database.pipeline))
    }

    fn letter(&self, row: &PgRow) -> Result<Letter, SinkError> {
        row::read(row).map_err(|error| {
            let trouble = Trouble::Permanent(format!(
                "{}: table `{}` holds a row that this version cannot read ({error})",
                self.database.address(),
                self.table.name
            ));
            trouble.into_error(KIND, &self.database.pipeline)
        })
    }

    pub async fn close(self) {
        self.database.close().await;
    }
}
