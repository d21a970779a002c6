//! PostgreSQL's errors in the operator's words, and which of them pass by themselves.

use super::address::Address;
use crate::sink::trouble::Trouble;

/// Codes of errors, https://www.postgresql.org/docs/current/errcodes-appendix.html.
mod code {
    pub const UNDEFINED_TABLE: &str = "42P01";
    pub const UNDEFINED_COLUMN: &str = "42703";
    pub const PERMISSION_DENIED: &str = "42501";
    pub const NO_DATABASE: &str = "3D000";
    pub const READ_ONLY: &str = "25006";
    pub const IDLE_TOO_LONG: &str = "25P03";
    pub const DISK_FULL: &str = "53100";
    pub const TOO_MANY_CONNECTIONS: &str = "53300";
    pub const LOCK_TIMEOUT: &str = "55P03";
    pub const STATEMENT_TIMEOUT: &str = "57014";
    /// A plan made before somebody altered the table; the next connection makes a new one.
    pub const STALE_PLAN: &str = "0A000";
    pub const NO_PREPARED_STATEMENT: &str = "26000";
    pub const NOT_IN_ENCODING: [&str; 2] = ["22021", "22P05"];
    pub const TOO_LARGE: &str = "54000";
    pub const TIME_OUT_OF_RANGE: &str = "22008";
}

/// Whether the rows themselves are refused, and not the table or the server: others may be taken.
pub fn is_of_rows(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Encode(_) => true,
        sqlx::Error::Database(database) => database.code().is_some_and(|code| {
            code::NOT_IN_ENCODING.contains(&&*code)
                || code == code::TOO_LARGE
                || code == code::TIME_OUT_OF_RANGE
        }),
        _ => false,
    }
}

/// Whether the table is not there (any more).
pub fn is_table_gone(error: &sqlx::Error) -> bool {
    let database = error.as_database_error();
    database.and_then(|database| database.code()).as_deref() == Some(code::UNDEFINED_TABLE)
}

/// The server's words for one row.
pub fn reason(error: &sqlx::Error) -> String {
    match error.as_database_error() {
        Some(database) => format!("PostgreSQL cannot hold it: {}", database.message()),
        None => format!("PostgreSQL cannot hold it: {error}"),
    }
}

/// Names an error of the database at `address` that was met at `table`.
pub fn of(error: &sqlx::Error, address: &Address, table: &str) -> Trouble {
    match error {
        sqlx::Error::Database(database) => of_server(&**database, address, table),
        sqlx::Error::Tls(reason) => Trouble::Permanent(format!(
            "{address}: TLS fails ({reason}): check sslmode and sslrootcert of the url, and the server's certificate"
        )),
        sqlx::Error::Configuration(reason) => Trouble::Permanent(format!(
            "{address}: the url's settings cannot be used ({reason})"
        )),
        sqlx::Error::Io(error) => {
            Trouble::Temporary(format!("{address} cannot be reached: {error}"))
        }
        other => Trouble::Temporary(format!("{address}: the connection broke ({other})")),
    }
}

fn of_server(error: &dyn sqlx::error::DatabaseError, address: &Address, table: &str) -> Trouble {
    let code = error.code().unwrap_or_default();
    let message = error.message();
    let said = format!("({message}; SQLSTATE {code})");
    let user = address.options.get_username();
    match &*code {
        code::UNDEFINED_TABLE => Trouble::Temporary(format!(
            "{address}: table `{table}` is gone: somebody dropped it; the next write makes it anew {said}"
        )),
        code::UNDEFINED_COLUMN => Trouble::Permanent(format!(
            "{address}: table `{table}` was altered and does not take what this version writes: undo that or name another table {said}"
        )),
        code::PERMISSION_DENIED => Trouble::Permanent(format!(
            "{address}: user `{user}` lacks a permission for table `{table}`: grant SELECT, INSERT and UPDATE on it (SELECT, UPDATE and DELETE on an outbox), or CREATE on its schema where it is to be made {said}"
        )),
        code::NO_DATABASE => Trouble::Permanent(format!(
            "{address} does not exist: create it or correct the url {said}"
        )),
        code::READ_ONLY => Trouble::Temporary(format!(
            "{address} is read-only at the moment, as a standby is: name the primary {said}"
        )),
        code::DISK_FULL => Trouble::Temporary(format!("{address}: its disk is full {said}")),
        code::TOO_MANY_CONNECTIONS => Trouble::Temporary(format!(
            "{address} has no connection left: lower connections_max or raise the server's limit {said}"
        )),
        code::LOCK_TIMEOUT => Trouble::Temporary(format!(
            "{address}: table `{table}` is locked by somebody else {said}"
        )),
        code::STATEMENT_TIMEOUT => Trouble::Temporary(format!(
            "{address}: table `{table}` took longer than {} s {said}",
            super::connections::STATEMENT_MAX_MS / 1000
        )),
        code::STALE_PLAN | code::NO_PREPARED_STATEMENT | code::IDLE_TOO_LONG => Trouble::Temporary(
            format!("{address}: the connection is of no more use {said}"),
        ),
        code if code.starts_with("28") => Trouble::Permanent(format!(
            "{address} refuses user `{user}`: check user and password of the url, and the server's pg_hba.conf {said}"
        )),
        // A broken connection, a conflict with another transaction, no resources, an end of the server, its disk.
        code if ["08", "40", "53", "55", "57", "58"]
            .contains(&code.get(..2).unwrap_or_default()) =>
        {
            Trouble::Temporary(format!("{address}: {message} (SQLSTATE {code})"))
        }
        code => Trouble::Permanent(format!(
            "{address}, table `{table}`: {message} (SQLSTATE {code})"
        )),
    }
}
