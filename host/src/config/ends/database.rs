//! Tables of PostgreSQL and SQLite.

use std::path::PathBuf;

use super::{
    super::{
        DatabaseUrl, PostgresTable,
        names::{OWN_TABLES, is_own_table, is_table_name},
        reader::Str,
        table::Table,
        text::quoted,
    },
    CONNECTIONS,
};

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

/// A table of PostgreSQL that is written to.
pub(super) fn postgres(table: &mut Table<'_>, default: &str) -> PostgresTable {
    let url = url(table);
    let name = table_name(table, default);
    let connections_max = table.number("connections_max", &CONNECTIONS);
    PostgresTable {
        url,
        table: name,
        connections_max: connections_max.unwrap_or(CONNECTIONS.default) as u32,
    }
}

/// A SQLite database and its table.
pub(super) fn sqlite(table: &mut Table<'_>, default: &str) -> (PathBuf, String) {
    let path = table.required_path(
        "path",
        "the database's file; it is made where there is none",
    );
    (path, table_name(table, default))
}

/// Where a PostgreSQL is. No message shows it: a password may stand in it.
pub(in crate::config) fn url(table: &mut Table<'_>) -> DatabaseUrl {
    let expected = "`postgres://user:password@host:port/database`";
    let url = table.required_string("url", &format!("{expected}; passwords go into ${{file:…}}"));
    let Some(url) = url else {
        return DatabaseUrl(String::new());
    };
    let after = SCHEMES.iter().find_map(|s| url.value.strip_prefix(s));
    if after.is_none_or(str::is_empty) || url.value.contains(char::is_control) {
        let message = format!(
            "`url` in {} is no URL of PostgreSQL; it must have the form {expected}, with `%` and two digits for characters such as `@` or `/` in a password",
            table.title()
        );
        table.reader.problem(url.span, message);
    }
    DatabaseUrl(url.value)
}

/// A table's name; empty if it is no string.
pub(super) fn table_name(table: &mut Table<'_>, default: &str) -> String {
    if table.value("table").is_none() {
        return default.to_owned();
    }
    let name = table.string("table");
    name.map(|name| checked(table, name)).unwrap_or_default()
}

fn checked(table: &Table<'_>, name: Str) -> String {
    let given = quoted(&name.written);
    let title = table.title();
    if !is_table_name(&name.value) {
        let message = format!(
            "`table` in {title} is {given}; it must be 1 to 63 letters (a-z, A-Z), digits and `_`, and begin with no digit"
        );
        table.reader.problem(name.span, message);
    } else if is_own_table(&name.value) {
        let message = format!(
            "`table` in {title} is {given}; names that begin with `{OWN_TABLES}` are those of the gateway's own tables"
        );
        table.reader.problem(name.span, message);
    }
    name.value
}
