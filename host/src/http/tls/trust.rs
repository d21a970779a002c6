//! Whom a command believes: the system's authorities, and those of a file. There is no way to believe anybody.

use std::{io, path::Path, sync::Arc};

use anyhow::{Context as _, anyhow, bail};
use rustls::{
    CertificateError, ClientConfig, Error as RustlsError, InvalidMessage, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{file, limits::CA_FILE_MAX_BYTES};

/// See the module. Cheap to clone.
#[derive(Clone)]
pub struct Trust(TlsConnector);

impl Trust {
    /// With the authorities of that PEM file beside the system's.
    pub fn new(ca_file: Option<&Path>) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        // Those that cannot be read are the system's affair, as long as one can.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(path) = ca_file {
            add(&mut roots, path).with_context(|| format!("--ca-file {}", path.display()))?;
        }
        if roots.is_empty() {
            bail!(
                "this system has no certificates of authorities, so no gateway can be believed: give --ca-file FILE with that of the gateway's"
            );
        }
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config).into()))
    }

    /// A connection to whoever proves to be that host, a name or an address.
    pub async fn connect(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> anyhow::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned());
        let name = name.with_context(|| format!("`{host}` is no host's name or address"))?;
        let connected = self.0.connect(name, stream).await;
        connected.map_err(|error| explained(&error, host))
    }
}

fn add(roots: &mut RootCertStore, path: &Path) -> anyhow::Result<()> {
    let content = file::read(path, CA_FILE_MAX_BYTES)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&content).collect();
    let found = found.map_err(|_| anyhow!("it is cut off, or no PEM"))?;
    if found.is_empty() {
        bail!("it holds no certificate: it must be PEM, `-----BEGIN CERTIFICATE-----` and so on");
    }
    for (nth, certificate) in found.into_iter().enumerate() {
        let added = roots.add(certificate);
        added.with_context(|| format!("its certificate no. {} cannot be read", nth + 1))?;
    }
    Ok(())
}

/// What did not hold, and what helps.
fn explained(error: &io::Error, host: &str) -> anyhow::Error {
    let of_tls = error
        .get_ref()
        .and_then(|e| e.downcast_ref::<RustlsError>());
    match of_tls {
        Some(RustlsError::InvalidCertificate(error)) => anyhow!("{}", refused(error, host)),
        Some(RustlsError::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            anyhow!("it speaks no TLS: use http://")
        }
        Some(RustlsError::AlertReceived(alert)) => {
            anyhow!("it ended the handshake, with the alert {alert:?}")
        }
        Some(other) => anyhow!("no TLS connection: {other}"),
        None => anyhow!("no TLS connection: {error}"),
    }
}

fn refused(error: &CertificateError, host: &str) -> String {
    match error {
        CertificateError::UnknownIssuer => "its certificate was signed by nobody whom this system knows: give --ca-file FILE, with the certificate of who signed it".to_owned(),
        // An authority is found by its name, so one that was made anew is taken for the old one.
        CertificateError::BadSignature => "its certificate was signed by another key than that of the authority of this name: give --ca-file FILE, with the authority's present certificate".to_owned(),
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            format!("its certificate names no host, so it does not hold for `{host}`: it needs a subjectAltName")
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            format!("its certificate is for {} and not for `{host}`", names(presented))
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet, by this machine's clock".to_owned()
        }
        // The reason has a type of a crate that is not named here.
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            "its certificate is an authority's own, which proves no host: make it with `basicConstraints=critical,CA:FALSE`".to_owned()
        }
        other => format!("its certificate does not hold: {other}"),
    }
}

/// From `DnsName("a.example")` and `IpAddress(127.0.0.1)`, as they are told, to what a certificate says.
fn names(presented: &[String]) -> String {
    let bare = presented.iter().map(|name| {
        let inside = name
            .split_once('(')
            .and_then(|(_, rest)| rest.strip_suffix(')'));
        let inside = inside.unwrap_or(name).trim_matches('"');
        format!("`{inside}`")
    });
    bare.collect::<Vec<_>>().join(", ")
}
