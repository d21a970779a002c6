//! A row that is put into the table again, so that it is scored once more.

use sqlx::AssertSqlSafe;

use super::{Table, answered, quoted};
use crate::{
    event::Header,
    sink::{columns, trouble::Trouble},
};

/// An event that came from the table.
#[derive(Clone, Copy, Debug)]
pub struct Returned<'r> {
    pub key: Option<&'r [u8]>,
    pub payload: Option<&'r [u8]>,
    pub headers: &'r [Header],
    /// When it happened, in milliseconds since the Unix epoch.
    pub created_ms: u64,
}

impl Table {
    /// On Ok it is a row with an id of its own.
    pub async fn put_back(&self, event: &Returned<'_>) -> Result<(), Trouble> {
        let mut lent = self.connections.lend().await?;
        let types = sqlx::query_as::<_, (String, String)>(
            "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute \
             WHERE attrelid = to_regclass($1) AND attname IN ('event_key', 'payload', 'headers') AND NOT attisdropped",
        )
        .bind(quoted(&self.name));
        let types = answered(types.fetch_all(&mut lent.connection))
            .await
            .map_err(|error| self.trouble(&error))?;
        let written = |column: &str, parameter: &str| {
            let found = types.iter().find(|(name, _)| name == column);
            match found.map(|(_, kind)| kind.as_str()) {
                None | Some("bytea") => parameter.to_owned(),
                Some(kind) => format!("convert_from({parameter}, 'UTF8')::{kind}"),
            }
        };
        let sql = format!(
            "INSERT INTO {} (event_key, payload, headers, created_at) \
             VALUES ({}, {}, {}, to_timestamp($4::float8 / 1000))",
            quoted(&self.name),
            written("event_key", "$1::bytea"),
            written("payload", "$2::bytea"),
            written("headers", "$3::bytea"),
        );
        let insert = sqlx::query(AssertSqlSafe(sql))
            .bind(event.key)
            .bind(event.payload)
            .bind(columns::headers(event.headers).into_bytes())
            .bind(event.created_ms as f64);
        answered(insert.execute(&mut lent.connection))
            .await
            .map_err(|error| self.trouble(&error))?;
        lent.give_back();
        Ok(())
    }
}
