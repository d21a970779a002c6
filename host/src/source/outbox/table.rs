//! The outbox's table: leasing rows, and deleting them once they were dealt with.

pub mod put_back;

use bytes::Bytes;
use sqlx::{AssertSqlSafe, Row as _, postgres::PgRow};

use crate::{
    config,
    event::Header,
    sink::{
        columns,
        postgres::{
            address::Address,
            connections::{Connections, answered},
            schema::quoted,
            trouble,
        },
        trouble::Trouble,
    },
};

const SQL_FILE: &str = "sdk/sql/outbox.sql";
/// Rows that are counted one by one; beyond, the server's estimate is told.
const COUNTED_MAX_ROWS: i64 = 100_000;

/// See the module.
pub struct Table {
    name: String,
    lease_ms: i64,
    connections: Connections,
    /// What reads a row; known once the table was looked at.
    columns: std::sync::OnceLock<String>,
}

/// A row that was leased.
pub struct Row {
    pub id: i64,
    pub key: Option<Bytes>,
    pub payload: Option<Bytes>,
    pub headers: Vec<Header>,
    pub created_ms: u64,
}

impl Row {
    fn read(row: &PgRow) -> sqlx::Result<Self> {
        let bytes = |column: &str| {
            row.try_get::<Option<Vec<u8>>, _>(column)
                .map(|bytes| bytes.map(Bytes::from))
        };
        let headers: Option<String> = row.try_get("headers")?;
        Ok(Self {
            id: row.try_get("id")?,
            key: bytes("event_key")?,
            payload: bytes("payload")?,
            // What is no object of names is none of ours to refuse: the payload decides.
            headers: headers
                .and_then(|headers| columns::read_headers(&headers))
                .unwrap_or_default(),
            created_ms: row.try_get::<i64, _>("created_ms")?.max(0) as u64,
        })
    }

    /// What it keeps in memory, about.
    pub fn bytes(&self) -> usize {
        let headers = self.headers.iter().map(|header| {
            header.name.len() + header.value.as_ref().map_or(0, Bytes::len) + size_of::<Header>()
        });
        size_of::<Self>()
            + self.payload.as_ref().map_or(0, Bytes::len)
            + self.key.as_ref().map_or(0, Bytes::len)
            + headers.sum::<usize>()
    }
}

impl Table {
    /// Says what is wrong with the url; nothing is opened.
    pub fn new(config: &config::Outbox) -> Result<Self, Trouble> {
        let address = Address::parse(&config.url).map_err(Trouble::Permanent)?;
        Ok(Self {
            name: config.table.clone(),
            lease_ms: columns::signed(config.lease_ms),
            // Leases, places and deletions follow one another; the listener has a connection of its own.
            connections: Connections::new(address, 1),
            columns: std::sync::OnceLock::new(),
        })
    }

    pub fn address(&self) -> &Address {
        &self.connections.address
    }

    /// Whether the table is there, with its columns; what is missing is told with the file that makes it.
    pub async fn look(&self) -> Result<(), Trouble> {
        self.columns().await.map(drop)
    }

    async fn columns(&self) -> Result<&str, Trouble> {
        if let Some(columns) = self.columns.get() {
            return Ok(columns);
        }
        let mut lent = self.connections.lend().await?;
        let found = sqlx::query_as::<_, (String, String)>(
            "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute \
             WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped",
        )
        .bind(quoted(&self.name));
        let found = answered(found.fetch_all(&mut lent.connection))
            .await
            .map_err(|error| self.trouble(&error))?;
        lent.give_back();
        let columns = self.expressions(&found)?;
        Ok(self.columns.get_or_init(|| columns))
    }

    fn expressions(&self, found: &[(String, String)]) -> Result<String, Trouble> {
        let (address, name) = (self.address(), &self.name);
        if found.is_empty() {
            return Err(Trouble::Permanent(format!(
                "{address} has no table `{name}`: create it with {SQL_FILE}, or correct the name"
            )));
        }
        let type_of = |column: &str| {
            let found = found.iter().find(|(found, _)| found == column);
            found.map(|(_, kind)| kind.as_str())
        };
        let wanted = [
            "id",
            "event_key",
            "payload",
            "headers",
            "created_at",
            "leased_by",
            "leased_until",
            "attempts",
        ];
        let missing: Vec<_> = wanted
            .into_iter()
            .filter(|column| type_of(column).is_none())
            .collect();
        if !missing.is_empty() {
            return Err(Trouble::Permanent(format!(
                "{address}: table `{name}` is no outbox, as it lacks {}: create one with {SQL_FILE}",
                missing.join(", ")
            )));
        }
        let bytes = |column: &str| match type_of(column) {
            Some("bytea") => format!("o.{column}"),
            _ => format!("convert_to(o.{column}::text, 'UTF8') AS {column}"),
        };
        Ok(format!(
            "o.id::bigint AS id, {}, {}, o.headers::text AS headers, \
             round(extract(epoch FROM o.created_at) * 1000)::bigint AS created_ms",
            bytes("event_key"),
            bytes("payload")
        ))
    }

    /// Leases the oldest rows that nobody has, at most so many, in their order. Rows are found by the primary key: as a join, the server
    /// would read the whole table.
    pub async fn lease(&self, owner: &str, max: usize) -> Result<Vec<Row>, Trouble> {
        let columns = self.columns().await?;
        let sql = format!(
            "WITH free AS MATERIALIZED (SELECT id FROM {name} WHERE leased_until IS NULL OR leased_until < now() \
             ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED) \
             UPDATE {name} o SET leased_by = $1, leased_until = now() + $2 * interval '1 millisecond', attempts = o.attempts + 1 \
             WHERE o.id = ANY (ARRAY(SELECT id FROM free)) RETURNING {columns}",
            name = quoted(&self.name)
        );
        let mut lent = self.connections.lend().await?;
        let lease = sqlx::query(AssertSqlSafe(sql))
            .bind(owner)
            .bind(self.lease_ms)
            .bind(i64::try_from(max).unwrap_or(i64::MAX));
        let rows = answered(lease.fetch_all(&mut lent.connection))
            .await
            .map_err(|error| self.trouble(&error))?;
        lent.give_back();
        let rows: sqlx::Result<Vec<Row>> = rows.iter().map(Row::read).collect();
        let mut rows = rows.map_err(|error| self.trouble(&error))?;
        rows.sort_unstable_by_key(|row| row.id);
        Ok(rows)
    }

    /// Prolongs the owner's leases of these rows and tells how many there were.
    pub async fn prolong(&self, owner: &str, ids: &[i64]) -> Result<u64, Trouble> {
        let sql = format!(
            "UPDATE {} SET leased_until = now() + $2 * interval '1 millisecond' \
             WHERE id = ANY($3) AND leased_by = $1 AND leased_until > now()",
            quoted(&self.name)
        );
        let mut lent = self.connections.lend().await?;
        let prolong = sqlx::query(AssertSqlSafe(sql))
            .bind(owner)
            .bind(self.lease_ms)
            .bind(ids);
        let prolonged = answered(prolong.execute(&mut lent.connection))
            .await
            .map_err(|error| self.trouble(&error))?;
        lent.give_back();
        Ok(prolonged.rows_affected())
    }

    /// Deletes rows that were dealt with, as far as they are still the owner's.
    pub async fn delete(&self, owner: &str, ids: &[i64]) -> Result<(), Trouble> {
        let sql = format!(
            "DELETE FROM {} WHERE id = ANY($2) AND leased_by = $1",
            quoted(&self.name)
        );
        let mut lent = self.connections.lend().await?;
        let delete = sqlx::query(AssertSqlSafe(sql)).bind(owner).bind(ids);
        answered(delete.execute(&mut lent.connection))
            .await
            .map_err(|error| self.trouble(&error))?;
        lent.give_back();
        Ok(())
    }

    /// Gives these of the owner's rows back: whoever comes first may have them.
    pub async fn release(&self, owner: &str, ids: &[i64]) -> Result<(), Trouble> {
        let sql = format!(
            "UPDATE {} SET leased_by = NULL, leased_until = NULL WHERE id = ANY($2) AND leased_by = $1",
            quoted(&self.name)
        );
        let mut lent = self.connections.lend().await?;
        let release = sqlx::query(AssertSqlSafe(sql)).bind(owner).bind(ids);
        answered(release.execute(&mut lent.connection))
            .await
            .map_err(|error| self.trouble(&error))?;
        lent.give_back();
        Ok(())
    }

    /// Rows that are not dealt with yet, whoever leases them; about, where they are very many.
    pub async fn waiting(&self) -> Result<i64, Trouble> {
        let name = quoted(&self.name);
        let sql = format!(
            "SELECT CASE WHEN n < $1 THEN n ELSE greatest(n, (SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass($2))) END \
             FROM (SELECT count(*) AS n FROM (SELECT 1 FROM {name} LIMIT $1) AS first) AS counted"
        );
        let mut lent = self.connections.lend().await?;
        let count = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(COUNTED_MAX_ROWS)
            .bind(&name);
        let count = answered(count.fetch_one(&mut lent.connection))
            .await
            .map_err(|error| self.trouble(&error))?;
        lent.give_back();
        Ok(count)
    }

    fn trouble(&self, error: &sqlx::Error) -> Trouble {
        if trouble::is_table_gone(error) {
            return Trouble::Permanent(format!(
                "{} has no table `{}` any more: create it with {SQL_FILE}",
                self.address(),
                self.name
            ));
        }
        trouble::of(error, self.address(), &self.name)
    }

    pub async fn close(&self) {
        self.connections.close().await;
    }
}
