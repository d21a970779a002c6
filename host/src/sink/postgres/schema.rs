//! The gateway's tables, and the numbered steps that bring a database to the form that this version writes.

use sqlx::{AssertSqlSafe, Connection as _, postgres::PgConnection};

use super::{address::Address, connections::answered, trouble};
use crate::sink::trouble::Trouble;

/// Where a name is given without a schema, the connection's `search_path` decides, as everywhere in PostgreSQL.
const MIGRATIONS: &str = "CREATE TABLE IF NOT EXISTS scoregate_migrations (
    table_name text NOT NULL,
    version integer NOT NULL,
    kind text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (table_name, version)
)";
/// Gateways that start at once wait for one another: `scoregat` as a number.
const LOCK: i64 = i64::from_be_bytes(*b"scoregat");

/// What a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Scores,
    DeadLetters,
    Offsets,
    /// The store's record, and the tables that belong to it.
    Record,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Scores => "scores",
            Kind::DeadLetters => "dead_letters",
            Kind::Offsets => "offsets",
            Kind::Record => "record",
        }
    }

    /// Step N brings version N to N + 1; `{table}` is the quoted name. A step that was published is never edited.
    fn steps(self) -> &'static [&'static str] {
        match self {
            Kind::Scores => &[include_str!("tables/scores.sql")],
            Kind::DeadLetters => &[include_str!("tables/dead_letters.sql")],
            Kind::Offsets => &[include_str!("tables/offsets.sql")],
            Kind::Record => &[include_str!("tables/record.sql")],
        }
    }
}

/// A table of the gateway's.
#[derive(Clone, Debug)]
pub struct Table {
    pub kind: Kind,
    pub name: String,
}

impl Table {
    /// Refuses names that PostgreSQL would cut short or this module keeps for itself.
    pub fn new(kind: Kind, name: &str) -> Result<Self, Trouble> {
        if name.is_empty()
            || name.len() > 63
            || name.contains('\0')
            || name.to_ascii_lowercase().starts_with("scoregate_")
        {
            return Err(Trouble::Permanent(format!(
                "`{}` cannot name a table of {}: give a name of 1 to 63 bytes that does not begin with `scoregate_`",
                name.escape_debug(),
                kind.name()
            )));
        }
        Ok(Self {
            kind,
            name: name.into(),
        })
    }

    /// Where partitions are read on.
    pub fn offsets() -> Self {
        Self {
            kind: Kind::Offsets,
            name: "scoregate_offsets".into(),
        }
    }

    /// What serves in each slot, and who changed it.
    pub fn record() -> Self {
        Self {
            kind: Kind::Record,
            name: "scoregate_record".into(),
        }
    }

    /// The name as SQL writes it.
    pub fn quoted(&self) -> String {
        quoted(&self.name)
    }
}

/// A table's name as SQL writes it.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Makes the table, or applies the steps that it lacks; each is applied once, whoever else is at it. A table that is up to date needs no
/// permission to make one.
pub async fn migrate(
    connection: &mut PgConnection,
    address: &Address,
    table: &Table,
) -> Result<(), Trouble> {
    if version(connection, address, table).await? == latest(table.kind) {
        return Ok(());
    }
    let trouble = |error: sqlx::Error| trouble::of(&error, address, &table.name);
    let mut transaction = answered(connection.begin()).await.map_err(trouble)?;
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK);
    answered(lock.execute(&mut *transaction))
        .await
        .map_err(trouble)?;
    answered(sqlx::raw_sql(MIGRATIONS).execute(&mut *transaction))
        .await
        .map_err(trouble)?;
    let version = version(&mut transaction, address, table).await?;
    if version == 0 {
        // A table of that name that was dropped.
        let forget = sqlx::query("DELETE FROM scoregate_migrations WHERE table_name = $1");
        answered(forget.bind(&table.name).execute(&mut *transaction))
            .await
            .map_err(trouble)?;
    }
    for (step, version) in table.kind.steps().iter().zip(1..).skip(version as usize) {
        let sql = step.replace("{table}", &table.quoted());
        answered(sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction))
            .await
            .map_err(trouble)?;
        let record = sqlx::query(
            "INSERT INTO scoregate_migrations (table_name, version, kind) VALUES ($1, $2, $3)",
        );
        let record = record
            .bind(&table.name)
            .bind(version)
            .bind(table.kind.name());
        answered(record.execute(&mut *transaction))
            .await
            .map_err(trouble)?;
    }
    answered(transaction.commit()).await.map_err(trouble)
}

/// Whether the table could be made or written to; nothing is made.
pub async fn permitted(
    connection: &mut PgConnection,
    address: &Address,
    table: &Table,
) -> Result<(), Trouble> {
    let is_there = version(connection, address, table).await? > 0;
    let (sql, lacking) = if is_there {
        (
            "SELECT has_table_privilege(to_regclass($1), 'INSERT')",
            "to insert into",
        )
    } else {
        (
            "SELECT $1 = '' OR has_schema_privilege(current_schema(), 'CREATE') AND NOT pg_is_in_recovery()",
            "to make",
        )
    };
    let permitted = sqlx::query_scalar::<_, Option<bool>>(sql).bind(table.quoted());
    let permitted = answered(permitted.fetch_one(connection))
        .await
        .map_err(|error| trouble::of(&error, address, &table.name))?;
    // None where the search path names no schema.
    if permitted == Some(true) {
        return Ok(());
    }
    Err(Trouble::Permanent(format!(
        "{address}: user `{}` is not permitted {lacking} table `{}`: grant it, or let somebody else make the table",
        address.options.get_username(),
        table.name
    )))
}

fn latest(kind: Kind) -> i32 {
    kind.steps().len() as i32
}

/// How many steps the table has had; 0 where it is not there.
async fn version(
    connection: &mut PgConnection,
    address: &Address,
    table: &Table,
) -> Result<i32, Trouble> {
    let trouble = |error: sqlx::Error| trouble::of(&error, address, &table.name);
    // "char" is a type of its own.
    let found = sqlx::query_as::<_, (Option<String>, bool)>(
        "SELECT (SELECT relkind::text FROM pg_class WHERE oid = to_regclass($1)), to_regclass('scoregate_migrations') IS NOT NULL",
    );
    let found = found.bind(table.quoted()).fetch_one(&mut *connection);
    let (relation, kept) = answered(found).await.map_err(trouble)?;
    let recorded: Option<(i32, String)> = if kept {
        let recorded = sqlx::query_as(
            "SELECT version, kind FROM scoregate_migrations WHERE table_name = $1 ORDER BY version DESC LIMIT 1",
        );
        answered(recorded.bind(&table.name).fetch_optional(connection))
            .await
            .map_err(trouble)?
    } else {
        None
    };
    let (Some(relation), Some((version, kind))) = (&relation, recorded) else {
        return match relation {
            Some(_) => Err(foreign(address, table)),
            None => Ok(0),
        };
    };
    if kind != table.kind.name() {
        return Err(Trouble::Permanent(format!(
            "{address}: table `{}` holds {kind}, not {}: name another table",
            table.name,
            table.kind.name()
        )));
    }
    if !["r", "p"].contains(&relation.as_str()) {
        return Err(foreign(address, table));
    }
    let latest = latest(table.kind);
    if version > latest {
        return Err(Trouble::Permanent(format!(
            "{address}: table `{}` has schema version {version}, made by a newer scoregate; this one knows versions up to {latest}: \
             use the newer one or another table",
            table.name
        )));
    }
    Ok(version)
}

fn foreign(address: &Address, table: &Table) -> Trouble {
    Trouble::Permanent(format!(
        "{address} has a relation `{}` that scoregate did not make: name another table",
        table.name
    ))
}
