//! Where a database is: the url of the configuration, read, and how it is told without its password.

use std::{fmt, str::FromStr as _};

use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};

use crate::config::DatabaseUrl;

/// Parameters that a url may have; the driver would log the values of others.
const PARAMETERS: [&str; 19] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "statement-cache-capacity",
    "statement_cache_capacity",
];

/// See the module.
#[derive(Clone)]
pub struct Address {
    pub options: PgConnectOptions,
}

impl Address {
    /// Reads a url; the error is a sentence without the url, which may hold a password.
    pub fn parse(url: &DatabaseUrl) -> Result<Self, String> {
        let url = url.0.as_str();
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(
                "its url does not begin with `postgres://`: write postgres://user:password@host:port/database"
                    .into(),
            );
        }
        let query = url.split_once('?').map_or("", |(_, query)| query);
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let name = parameter.split('=').next().unwrap_or_default();
            if !PARAMETERS.contains(&name) && !name.starts_with("options[") {
                return Err(format!(
                    "its url has a parameter `{}`, which is not known: leave it out, or name one of sslmode, sslrootcert, sslcert, sslkey, options",
                    name.escape_debug()
                ));
            }
        }
        let mut options = PgConnectOptions::from_str(url).map_err(|error| {
            let reason = match error {
                sqlx::Error::Configuration(reason) => reason.to_string(),
                other => other.to_string(),
            };
            format!("its url cannot be read ({reason}): write postgres://user:password@host:port/database, with characters such as @ and / of a password as %40 and %2F")
        })?;
        if options.get_application_name().is_none() {
            options = options.application_name("scoregate");
        }
        Ok(Self {
            options: options.disable_statement_logging(),
        })
    }
}

impl fmt::Display for Address {
    /// Such as `PostgreSQL at db.example:5432, database fraud`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { options } = self;
        let database = options.get_database().unwrap_or(options.get_username());
        match options.get_socket() {
            Some(socket) => write!(f, "PostgreSQL at {}", socket.display())?,
            None => write!(
                f,
                "PostgreSQL at {}:{}",
                options.get_host(),
                options.get_port()
            )?,
        }
        write!(f, ", database `{database}`")
    }
}

impl fmt::Debug for Address {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_without_its_password() {
        let parse = |url: &str| Address::parse(&DatabaseUrl(url.into()));
        let address = parse("postgres://ann:s3cret%40@db.example:6432/fraud?sslmode=require");
        assert_eq!(
            format!("{:?}", address.unwrap()),
            "PostgreSQL at db.example:6432, database `fraud`"
        );
        for (url, word) in [
            ("mysql://ann:s3cret@db/fraud", "postgres://"),
            ("postgres://ann:s3cret@db:port/fraud", "port"),
            ("postgres://ann:s3cret@db/fraud?passwrod=s3cret", "passwrod"),
            ("postgres://ann:s3cret@db/fraud?sslmode=maybe", "maybe"),
            ("postgres://ann:s3/cret@db/fraud", "%2F"),
        ] {
            let error = parse(url).unwrap_err();
            assert!(error.contains(word), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
