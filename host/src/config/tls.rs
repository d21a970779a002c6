//! `[server.tls]`.

use std::path::PathBuf;

use toml::de::DeValue;

use super::{table::Table, text::quoted};

/// What the listeners that speak TLS prove themselves with. The files may be replaced while the gateway runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// PEM: the chain, the listener's own certificate first.
    pub certificate_file: PathBuf,
    /// PEM: the key of the first certificate.
    pub key_file: PathBuf,
    /// Those that speak TLS, each once; the others are plain HTTP.
    pub listeners: Vec<Listener>,
}

/// One of the gateway's two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    Http,
    Admin,
}

impl Listener {
    const ALL: [Listener; 2] = [Listener::Http, Listener::Admin];

    /// As `[server]` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Listener::Http => "http",
            Listener::Admin => "admin",
        }
    }
}

pub(super) fn read(mut table: Table<'_>) -> Tls {
    let certificate_file = table.required_path(
        "certificate_file",
        "a PEM file with the certificate and those that signed it, such as `tls/cert.pem`",
    );
    let key_file = table.required_path(
        "key_file",
        "a PEM file with the certificate's private key, such as `tls/key.pem`",
    );
    let listeners = listeners(&mut table);
    table.finish(&[]);
    Tls {
        certificate_file,
        key_file,
        listeners,
    }
}

/// Both, where the file names none.
fn listeners(table: &mut Table<'_>) -> Vec<Listener> {
    const KEY: &str = "listeners";
    const RIGHT: &str = "a list of `http`, `admin` or both, each once";
    let Some(value) = table.value(KEY) else {
        return Listener::ALL.into();
    };
    let mut found = Vec::new();
    let words = table.strings(KEY, RIGHT);
    for word in &words {
        let known = Listener::ALL.into_iter().find(|l| l.name() == word.value);
        match known.filter(|known| !found.contains(known)) {
            Some(listener) => found.push(listener),
            None => {
                let message = format!(
                    "`{KEY}` in {} holds {}; it must be {RIGHT}",
                    table.title(),
                    quoted(&word.written)
                );
                table.reader.problem(word.span.clone(), message);
            }
        }
    }
    if matches!(value.get_ref(), DeValue::Array(words) if words.is_empty()) {
        let message = format!(
            "`{KEY}` in {} is empty; it must be {RIGHT}, and without [server.tls] none speaks TLS",
            table.title()
        );
        table.reader.problem(value.span(), message);
    }
    found
}
