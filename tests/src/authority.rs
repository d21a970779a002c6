//! An authority that signs certificates for listeners, and clients that believe nobody else.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio_rustls::TlsConnector;

use crate::folder::Folder;

/// The table that makes both listeners speak TLS with [`Pair::put`].
pub const TLS: &str = "[server.tls]\ncertificate_file = \"cert.pem\"\nkey_file = \"key.pem\"\n";

/// See the module.
pub struct Authority {
    name: String,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, in PEM.
pub struct Pair {
    pub certificate: String,
    pub key: String,
    /// The certificate as a handshake shows it.
    pub der: Vec<u8>,
}

impl Authority {
    pub fn new() -> Self {
        // Authorities are found by their names.
        Self::named(&format!("An authority of tests, {}", uuid::Uuid::now_v7()))
    }

    /// One that was made anew: with the same name, and another key.
    pub fn anew(&self) -> Self {
        Self::named(&self.name)
    }

    fn named(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let names = &mut params.distinguished_name;
        names.push(DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, key());
        Self {
            name: name.to_owned(),
            issuer: issuer.expect("a certificate"),
        }
    }

    /// For the address that tests listen on, and these names.
    pub fn sign(&self, names: &[&str]) -> Pair {
        self.sign_until(names, 4000)
    }

    /// The same, valid from 2001 to the begin of that year.
    pub fn sign_until(&self, names: &[&str], year: i32) -> Pair {
        let names = ["127.0.0.1"].iter().chain(names);
        let names: Vec<String> = names.map(|name| name.to_string()).collect();
        self.sign_for(names, 2001, year)
    }

    /// Valid from the begin of one year to that of another, for these names only.
    pub fn sign_for(&self, names: Vec<String>, from: i32, until: i32) -> Pair {
        let mut params = CertificateParams::new(names).expect("names");
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = key();
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Pair {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            der: certificate.der().to_vec(),
        }
    }

    /// Its own certificate and key, with which it should prove no host.
    pub fn own(&self) -> Pair {
        Pair {
            certificate: self.pem(),
            key: self.issuer.key().serialize_pem(),
            der: self.issuer.der().to_vec(),
        }
    }

    /// Its own certificate, in PEM.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Of a client that offers these protocols by ALPN.
    pub fn connector(&self, protocols: &[&str]) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).expect("a root");
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let protocols = protocols.iter();
        config.alpn_protocols = protocols.map(|p| p.as_bytes().to_vec()).collect();
        Arc::new(config).into()
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Pair {
    /// Into the files that [`TLS`] names.
    pub fn put(&self, folder: &Folder) {
        folder.write("cert.pem", &self.certificate);
        folder.write("key.pem", &self.key);
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}
