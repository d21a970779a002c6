//! Rows into a table: binary arrays, one for each column, which PostgreSQL takes three times as fast as text.

use sqlx::{
    AssertSqlSafe, Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{
        PgArgumentBuffer, PgArguments, PgBindIterExt as _, PgConnection, PgHasArrayType,
        PgTypeInfo, types::Oid,
    },
    query::Query,
};

use super::{connections::answered, schema::Table, trouble};
use crate::{
    dead_letter::DeadLetter,
    event::Scored,
    release::ReleaseName,
    sink::{columns, error::RefusedRow, rows::Rows},
};

/// Of one statement.
const STATEMENT_MAX_ROWS: usize = 1_000;
/// One row more is taken where there is any room: what is sent is in memory twice.
const STATEMENT_MAX_BYTES: usize = 4 << 20;

/// What became of a group of rows.
pub enum Inserted {
    All,
    /// These can never be taken; none was.
    Refused(Vec<RefusedRow>),
}

impl Rows<'_> {
    /// What is large of a row.
    fn bytes(self, row: usize) -> usize {
        match self {
            Rows::Scored(scored) => scored[row].outcome.payload.len(),
            Rows::Dead(dead) => dead[row].event.payload.len(),
        }
    }

    /// Where the statement that begins with row `start` ends.
    fn end(self, start: usize) -> usize {
        let mut bytes = 0;
        let rows = (start..self.len()).take(STATEMENT_MAX_ROWS);
        let fitting = rows.take_while(|row| {
            let room = bytes < STATEMENT_MAX_BYTES;
            bytes += self.bytes(*row);
            room
        });
        start + fitting.count()
    }

    /// Writes all of it within the transaction that the caller began. Rows that the table has already stay as they are; a dead letter is
    /// replaced by a later one of the same event.
    pub async fn insert(
        self,
        connection: &mut PgConnection,
        table: &Table,
        pipeline: &str,
    ) -> sqlx::Result<Inserted> {
        let mut start = 0;
        while start < self.len() {
            let end = self.end(start);
            let part = self.part(start..end);
            match answered(part.statement(table, pipeline).execute(&mut *connection)).await {
                Ok(_) => start = end,
                Err(error) if trouble::is_of_rows(&error) => {
                    return self.refused(connection, table, pipeline).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Inserted::All)
    }

    /// Finds the rows that are at fault by halving: the transaction failed already, and begins anew as one that is rolled back.
    async fn refused(
        self,
        connection: &mut PgConnection,
        table: &Table,
        pipeline: &str,
    ) -> sqlx::Result<Inserted> {
        let run = async |connection: &mut PgConnection, sql: &'static str| {
            answered(sqlx::raw_sql(sql).execute(connection)).await
        };
        let mut refused = Vec::new();
        let mut suspects = Vec::from([(0, self.len())]);
        while let Some((start, stop)) = suspects.pop() {
            run(connection, "ROLLBACK").await?;
            run(connection, "BEGIN").await?;
            let end = self.end(start).min(stop);
            if end < stop {
                suspects.push((end, stop));
            }
            let part = self.part(start..end);
            match answered(part.statement(table, pipeline).execute(&mut *connection)).await {
                Ok(_) => {}
                Err(error) if !trouble::is_of_rows(&error) => return Err(error),
                Err(error) if end - start == 1 => refused.push(RefusedRow {
                    row: start,
                    reason: trouble::reason(&error),
                }),
                Err(_) => {
                    let middle = start + (end - start) / 2;
                    suspects.push((middle, end));
                    suspects.push((start, middle));
                }
            }
        }
        Ok(Inserted::Refused(refused))
    }

    fn statement(self, table: &Table, pipeline: &str) -> Query<'static, Postgres, PgArguments> {
        match self {
            Rows::Scored(rows) => scores(rows, table, pipeline),
            Rows::Dead(rows) => dead_letters(rows, table, pipeline),
        }
    }
}

fn scores(rows: &[Scored], table: &Table, pipeline: &str) -> Query<'static, Postgres, PgArguments> {
    let sql = format!(
        "INSERT INTO {} (pipeline, event_id, event_key, event_key_bytes, decision, score, output, output_bytes, route, \
         adapter_digest, model_digest, event_time, scored_at) \
         SELECT $1, * FROM UNNEST($2::text[], $3::text[], $4::bytea[], $5::text[], $6::double precision[], $7::text[], $8::bytea[], \
         $9::text[], $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[]) \
         ON CONFLICT (pipeline, event_id) DO NOTHING",
        table.quoted()
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(pipeline.to_owned())
        .bind(rows.iter().map(|row| row.event.id.as_str()).bind_iter())
        .bind(
            rows.iter()
                .map(|row| as_text(row.event.key.as_deref()))
                .bind_iter(),
        )
        .bind(
            rows.iter()
                .map(|row| as_bytes(row.event.key.as_deref()))
                .bind_iter(),
        )
        .bind(
            rows.iter()
                .map(|row| row.outcome.decision.as_deref())
                .bind_iter(),
        )
        .bind(rows.iter().map(|row| row.outcome.score).bind_iter())
        .bind(rows.iter().map(|row| as_text(output_of(row))).bind_iter())
        .bind(rows.iter().map(|row| as_bytes(output_of(row))).bind_iter())
        .bind(
            rows.iter()
                .map(|row| row.outcome.route.as_deref())
                .bind_iter(),
        )
        .bind(
            rows.iter()
                .map(|row| digest(&row.releases.adapter))
                .bind_iter(),
        )
        .bind(
            rows.iter()
                .map(|row| digest(&row.releases.model))
                .bind_iter(),
        )
        .bind(
            rows.iter()
                .map(|row| Moment(row.event.timestamp_ms))
                .bind_iter(),
        )
        .bind(rows.iter().map(|row| Moment(row.scored_at_ms)).bind_iter())
}

fn dead_letters(
    rows: &[DeadLetter],
    table: &Table,
    pipeline: &str,
) -> Query<'static, Postgres, PgArguments> {
    // Of one event that is in the group twice the last one counts: a statement touches each row once.
    let sql = format!(
        "INSERT INTO {} (pipeline, event_id, event_key, payload, headers, event_time, error, fault, origin, adapter, model, dead_at) \
         SELECT DISTINCT ON (id COLLATE \"C\") $1, id, key, payload, headers::jsonb, event_time, error, fault, origin, adapter, model, dead_at \
         FROM UNNEST($2::text[], $3::bytea[], $4::bytea[], $5::text[], $6::timestamptz[], $7::text[], $8::text[], $9::text[], \
         $10::text[], $11::text[], $12::timestamptz[]) WITH ORDINALITY \
         AS t (id, key, payload, headers, event_time, error, fault, origin, adapter, model, dead_at, nth) \
         ORDER BY id COLLATE \"C\", nth DESC \
         ON CONFLICT (pipeline, event_id) DO UPDATE SET (error, fault, adapter, model, dead_at, retried_at) = \
         (excluded.error, excluded.fault, excluded.adapter, excluded.model, excluded.dead_at, NULL)",
        table.quoted()
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(pipeline.to_owned())
        .bind(rows.iter().map(|row| row.event.id.as_str()).bind_iter())
        .bind(rows.iter().map(|row| row.event.key.as_deref()).bind_iter())
        .bind(
            rows.iter()
                .map(|row| columns::payload(&row.event))
                .bind_iter(),
        )
        .bind(
            rows.iter()
                .map(|row| columns::headers(&row.event.headers))
                .bind_iter(),
        )
        .bind(
            rows.iter()
                .map(|row| Moment(row.event.timestamp_ms))
                .bind_iter(),
        )
        .bind(
            rows.iter()
                .map(|row| columns::sentence(&row.reason))
                .bind_iter(),
        )
        .bind(rows.iter().map(|row| row.cause.name()).bind_iter())
        .bind(
            rows.iter()
                .map(|row| row.event.origin.to_string())
                .bind_iter(),
        )
        .bind(
            rows.iter()
                .map(|row| row.releases.adapter.as_str())
                .bind_iter(),
        )
        .bind(
            rows.iter()
                .map(|row| row.releases.model.as_str())
                .bind_iter(),
        )
        .bind(rows.iter().map(|row| Moment(row.dead_at_ms)).bind_iter())
}

/// `sha256:<hex>` of `name@sha256:<hex>`.
fn digest(release: &ReleaseName) -> &str {
    let name = release.as_str();
    name.rsplit_once('@').map_or(name, |(_, digest)| digest)
}

fn output_of(row: &Scored) -> Option<&[u8]> {
    let payload = row.outcome.payload.as_slice();
    (!payload.is_empty()).then_some(payload)
}

fn as_text(bytes: Option<&[u8]>) -> Option<&str> {
    bytes.and_then(columns::text)
}

fn as_bytes(bytes: Option<&[u8]>) -> Option<&[u8]> {
    bytes.filter(|bytes| columns::text(bytes).is_none())
}

/// A `timestamptz` of milliseconds since the Unix epoch. What is beyond PostgreSQL's calendar becomes its last full year.
pub struct Moment(pub u64);

impl Moment {
    /// From the Unix epoch to PostgreSQL's, the year 2000.
    const EPOCH_MS: i64 = 946_684_800_000;
    /// The end of the year 9999: what every driver reads.
    const MAX_MS: i64 = 253_402_300_799_999;
}

impl Type<Postgres> for Moment {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1184))
    }
}

impl PgHasArrayType for Moment {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1185))
    }
}

impl Encode<'_, Postgres> for Moment {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let ms = columns::signed(self.0).min(Self::MAX_MS) - Self::EPOCH_MS;
        buffer.extend_from_slice(&(ms * 1000).to_be_bytes());
        Ok(IsNull::No)
    }
}
