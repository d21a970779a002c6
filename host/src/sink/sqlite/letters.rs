//! Dead letters in a table, and how operators read them back.

use std::path::Path;

use sqlx::{AssertSqlSafe, sqlite::SqliteRow};

use super::{
    KIND,
    file::File,
    schema::{Kind, Table},
};
use crate::{
    dead_letter::{Cause, DeadLetter},
    sink::{
        columns,
        dead::{Filter, Letter, Order, row},
        error::SinkError,
        rows::Rows,
        trouble::Trouble,
    },
};

const COLUMNS: &str = "pipeline, event_id, event_key, payload, headers, error, fault, origin, adapter, model, event_time_ms, dead_at_ms, \
    retried_at_ms";
/// What [`Filter::takes`] says, of the filter's first four parameters.
const TAKEN: &str = "pipeline = ?1 AND (?2 IS NULL OR fault = ?2) AND (?3 IS NULL OR dead_at_ms >= ?3) \
    AND (NOT ?4 OR retried_at_ms IS NULL)";

/// One pipeline's dead letters.
#[derive(Debug)]
pub struct SqliteDeadLetters {
    file: File,
    table: Table,
}

impl SqliteDeadLetters {
    /// Makes the table where it is missing, and brings an older one up to date.
    pub async fn open(path: &Path, table: &str, pipeline: &str) -> Result<Self, SinkError> {
        let open = async {
            let table = Table::new(Kind::DeadLetters, table)?;
            let file = File::open(path, vec![table.clone()], pipeline).await?;
            Ok(Self { file, table })
        };
        open.await
            .map_err(|trouble: Trouble| trouble.into_error(KIND, pipeline))
    }

    /// All in one transaction. A letter of an event that the table has already replaces its reason, and it counts as never retried: what
    /// was sent again and failed again must show up again.
    pub async fn write(&self, dead: &[DeadLetter]) -> Result<(), SinkError> {
        let written = self.file.write(&self.table, Rows::Dead(dead)).await;
        written.map_err(|trouble| trouble.into_error(KIND, &self.file.pipeline))
    }

    /// The letters that the filter takes, in its order, from its place on.
    pub async fn list(&self, filter: &Filter) -> Result<Vec<Letter>, SinkError> {
        let (than, order) = match filter.order {
            Order::OldestFirst => (">", "ASC"),
            Order::NewestFirst => ("<", "DESC"),
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM {} WHERE {TAKEN} AND (?5 IS NULL OR (dead_at_ms, event_id) {than} (?5, ?6)) \
             ORDER BY dead_at_ms {order}, event_id {order} LIMIT ?7",
            self.table.quoted()
        );
        let after = filter.after.as_ref();
        self.query(async |connection| {
            let query = sqlx::query(AssertSqlSafe(sql))
                .bind(&filter.pipeline)
                .bind(filter.fault.map(Cause::name))
                .bind(filter.since_ms.map(columns::signed))
                .bind(filter.open)
                .bind(after.map(|(dead_at_ms, _)| columns::signed(*dead_at_ms)))
                .bind(after.map(|(_, id)| id))
                .bind(i64::try_from(filter.limit).unwrap_or(i64::MAX));
            query.fetch_all(connection).await
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
                    .bind(filter.since_ms.map(columns::signed))
                    .bind(filter.open);
                query.fetch_all(connection).await
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
            "SELECT {COLUMNS} FROM {} WHERE pipeline = ?1 AND event_id = ?2",
            self.table.quoted()
        );
        self.query(async |connection| {
            let query = sqlx::query(AssertSqlSafe(sql))
                .bind(&*self.file.pipeline)
                .bind(id);
            query.fetch_optional(connection).await
        })
        .await?
        .map(|row| self.letter(&row))
        .transpose()
    }

    /// The letter was sent again.
    pub async fn mark_retried(&self, id: &str, at_ms: u64) -> Result<(), SinkError> {
        let sql = format!(
            "UPDATE {} SET retried_at_ms = ?3 WHERE pipeline = ?1 AND event_id = ?2",
            self.table.quoted()
        );
        self.query(async |connection| {
            let query = sqlx::query(AssertSqlSafe(sql))
                .bind(&*self.file.pipeline)
                .bind(id)
                .bind(columns::signed(at_ms));
            query.execute(connection).await
        })
        .await
        .map(drop)
    }

    async fn query<T>(
        &self,
        query: impl AsyncFnOnce(&mut sqlx::SqliteConnection) -> sqlx::Result<T>,
    ) -> Result<T, SinkError> {
        let ask = async {
            let mut lent = self.file.lend().await?;
            let answer = query(lent.connection())
                .await
                .map_err(|error| self.file.trouble(&error, &self.table))?;
            lent.give_back();
            Ok(answer)
        };
        ask.await
            .map_err(|trouble: Trouble| trouble.into_error(KIND, &self.file.pipeline))
    }

    fn letter(&self, row: &SqliteRow) -> Result<Letter, SinkError> {
        row::read(row).map_err(|error| {
            let trouble = Trouble::Permanent(format!(
                "{}: table `{}` holds a row that this version cannot read ({error})",
                self.file.path.display(),
                self.table.name
            ));
            trouble.into_error(KIND, &self.file.pipeline)
        })
    }

    pub async fn close(self) {
        self.file.close().await;
    }
}
