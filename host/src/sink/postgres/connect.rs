//! Whether a table can be written to or read, asked of its server without making anything.

use sqlx::Row as _;

use super::{
    KIND,
    address::Address,
    connections::{Connections, answered},
    schema, trouble,
};
use crate::{
    config::{DatabaseUrl, Outbox, PostgresTable},
    sink::{error::SinkError, trouble::Trouble},
};

/// Whether the table is there, and whether this user may do what is asked for; whether one may be made.
const QUESTION: &str = "SELECT to_regclass($1) IS NOT NULL, \
    coalesce((SELECT bool_and(has_table_privilege(to_regclass($1)::oid, p)) FROM unnest($2::text[]) AS p), false), \
    coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)";

/// Asks for a table of outcomes or dead letters, which is made by the gateway where it is missing.
pub async fn connect(table: &PostgresTable, pipeline: &str) -> Result<(), SinkError> {
    let asked = ask(&table.url, &table.table, &["SELECT", "INSERT"], true).await;
    asked.map_err(|trouble| trouble.into_error(KIND, pipeline))
}

/// Asks for an outbox, which is its application's to make.
pub async fn connect_outbox(outbox: &Outbox, pipeline: &str) -> Result<(), SinkError> {
    let needed = ["SELECT", "UPDATE", "DELETE"];
    let asked = ask(&outbox.url, &outbox.table, &needed, false).await;
    asked.map_err(|trouble| trouble.into_error(KIND, pipeline))
}

async fn ask(url: &DatabaseUrl, name: &str, needed: &[&str], is_made: bool) -> Result<(), Trouble> {
    let address = Address::parse(url).map_err(Trouble::Permanent)?;
    let connections = Connections::new(address, 1);
    let mut lent = connections.lend().await?;
    let question = sqlx::query(QUESTION)
        .bind(schema::quoted(name))
        .bind(needed);
    let address = &connections.address;
    let of = |error: sqlx::Error| trouble::of(&error, address, name);
    let row = answered(question.fetch_one(&mut lent.connection))
        .await
        .map_err(of)?;
    let is = |column: usize| row.try_get::<bool, _>(column).map_err(of);
    let (is_there, may_use, may_make) = (is(0)?, is(1)?, is(2)?);
    lent.give_back();
    connections.close().await;
    let wrong = if is_there && !may_use {
        format!("does not let this user {} `{name}`", needed.join(", "))
    } else if !is_there && is_made && !may_make {
        format!("has no table `{name}`, and does not let this user make one")
    } else if !is_there && !is_made {
        format!("has no table `{name}`")
    } else {
        return Ok(());
    };
    Err(Trouble::Permanent(format!(
        "{} {wrong}",
        connections.address
    )))
}
