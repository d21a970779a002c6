//! How a command reaches a gateway's listener: where it is, and whom to believe there.

use std::path::PathBuf;

use anyhow::Context as _;

use super::text::plain;
use crate::http::{client::Client, endpoint::Endpoint, tls::trust::Trust};

/// Who is believed beside the authorities that the system knows. There is no option that believes anybody.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Authorities {
    /// A PEM file with the certificate of who signed the gateway's, for https:// where the system does not know them.
    #[arg(long, env = "SCOREGATE_CA_FILE", value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

/// A listener that can be reached.
#[derive(Clone)]
pub struct Reach {
    endpoint: Endpoint,
    /// With https:// only: to read the system's takes a moment.
    trust: Option<Trust>,
}

impl Authorities {
    /// The listener at the URL that an option was given; `port` is one that the gateway uses by default.
    pub fn reach(&self, option: &str, url: &str, port: u16) -> anyhow::Result<Reach> {
        let endpoint = Endpoint::parse(url).with_context(|| {
            format!(
                "{option} {}: it is http:// or https://, and a host with a port, such as http://127.0.0.1:{port}",
                plain(url)
            )
        })?;
        let trust = endpoint
            .is_secure()
            .then(|| Trust::new(self.ca_file.as_deref()));
        Ok(Reach {
            trust: trust.transpose()?,
            endpoint,
        })
    }
}

impl Reach {
    pub async fn connect(&self) -> anyhow::Result<Client> {
        Client::open(&self.endpoint, self.trust.as_ref()).await
    }

    /// Whether everybody on the way there can read what is sent.
    pub fn is_open_to_all(&self) -> bool {
        !self.endpoint.is_secure() && !self.endpoint.is_loopback()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_without_tls_beyond_this_machine_is_known_to_be_open() {
        for (url, open) in [
            ("http://127.0.0.1:1", false),
            ("http://localhost:1", false),
            ("http://10.0.0.1:1", true),
            ("http://gw.example:1", true),
        ] {
            let reach = Authorities::default().reach("--admin", url, 8090).unwrap();
            assert_eq!(reach.is_open_to_all(), open, "{url}");
        }
    }

    #[test]
    fn what_is_no_url_of_a_listener_is_told_with_one_that_is() {
        for wrong in ["127.0.0.1:8090", "http://", "http://a:1/x", "ftp://a:1"] {
            let reached = Authorities::default().reach("--url", wrong, 8080);
            let error = reached.err().unwrap().to_string();
            assert!(error.contains("such as http://127.0.0.1:8080"), "{error}");
        }
    }
}
