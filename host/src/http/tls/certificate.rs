//! A certificate and its key: read from two files, and checked before anybody is shown them.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustls::{
    CertificateError, Error as RustlsError, RootCertStore,
    client::verify_server_cert_signed_by_trust_anchor,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject as _},
    server::ParsedCertificate,
    sign::{CertifiedKey, SigningKey},
};
use thiserror::Error;

use crate::{
    clock::now_ms, config, file, limits::TLS_FILE_MAX_BYTES, release::Digest as ContentDigest,
};

/// Why a pair is none. It names the file and never what a key's file holds.
#[derive(Debug, Error)]
#[error("`{key}` in [server.tls], {}: {wrong}", path.display())]
pub struct PairError {
    key: &'static str,
    path: PathBuf,
    wrong: String,
}

/// A chain and the key of its first certificate.
pub(super) struct Pair {
    pub key: Arc<CertifiedKey>,
    /// Of both files.
    pub content: ContentDigest,
    /// When the first certificate expires, in seconds of Unix time.
    pub expires_s: u64,
    /// Why clients would refuse it today.
    pub untimely: Option<PairError>,
}

/// What both files hold.
pub(super) struct Content {
    certificates: Vec<u8>,
    key: Vec<u8>,
}

/// What keeps the files from being served, for whoever wrote the configuration.
pub fn check(files: &config::Tls) -> Result<(), PairError> {
    let pair = Content::read(files)?.pair(files)?;
    pair.untimely.map_or(Ok(()), Err)
}

/// A warning where others than the owner may read the key, or do more with it.
pub(super) fn key_is_open(files: &config::Tls) -> Option<String> {
    let mode = fs::metadata(&files.key_file).ok()?.permissions().mode() & 0o777;
    let path = files.key_file.display();
    (mode & 0o077 != 0).then(|| {
        format!("`key_file` {path} has the permissions {mode:03o}: others than its owner may use it; `chmod 600` closes it")
    })
}

impl Content {
    pub(super) fn read(files: &config::Tls) -> Result<Self, PairError> {
        let read = |path: &Path| file::read(path, TLS_FILE_MAX_BYTES);
        Ok(Self {
            certificates: read(&files.certificate_file)
                .map_err(|error| of_certificates(files, error.to_string()))?,
            key: read(&files.key_file).map_err(|error| of_key(files, error.to_string()))?,
        })
    }

    pub(super) fn digest(&self) -> ContentDigest {
        // Each has a digest of its own: a byte that moves from one file to the other is a change.
        let parts = [&self.certificates, &self.key].map(|part| ContentDigest::of(part));
        ContentDigest::of(&parts.map(|part| *part.as_bytes()).concat())
    }

    pub(super) fn pair(&self, files: &config::Tls) -> Result<Pair, PairError> {
        let chain = self
            .chain()
            .map_err(|wrong| of_certificates(files, wrong))?;
        let key = self.signing_key().map_err(|wrong| of_key(files, wrong))?;
        let leaf = chain
            .first()
            .and_then(|leaf| ParsedCertificate::try_from(leaf).ok())
            .ok_or_else(|| of_certificates(files, "its first certificate cannot be read"))?;
        if !belongs(&key, &chain[0]) {
            let wrong = match chain.iter().position(|other| belongs(&key, other)) {
                Some(nth) => format!(
                    "the key of `key_file` belongs to its certificate no. {}: that one must come first, then those that signed it",
                    nth + 1
                ),
                None => format!(
                    "its first certificate is not that of `key_file` {}: both must be of one pair",
                    files.key_file.display()
                ),
            };
            return Err(of_certificates(files, wrong));
        }
        let untimely = untimely(&leaf).map(|wrong| of_certificates(files, wrong));
        let expires_s = expiry_s(&leaf);
        Ok(Pair {
            key: Arc::new(CertifiedKey::new(chain, key)),
            content: self.digest(),
            expires_s,
            untimely,
        })
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, String> {
        let found = CertificateDer::pem_slice_iter(&self.certificates);
        let chain: Result<Vec<_>, _> = found.collect();
        let chain = chain.map_err(|_| "it is cut off, or no PEM".to_owned())?;
        if chain.is_empty() {
            return Err(
                "it holds no certificate: it must be PEM, `-----BEGIN CERTIFICATE-----` and so on"
                    .to_owned(),
            );
        }
        Ok(chain)
    }

    fn signing_key(&self) -> Result<Arc<dyn SigningKey>, String> {
        let key = match PrivateKeyDer::pem_slice_iter(&self.key).next() {
            Some(Ok(key)) => key,
            // What the reader says of it may quote the file.
            Some(Err(_)) => return Err("it is cut off, or no PEM".to_owned()),
            None if self.key.windows(ENCRYPTED.len()).any(|w| w == ENCRYPTED) => {
                return Err("its key is encrypted, and nobody is there to give the passphrase: decrypt it with `openssl pkey`".to_owned());
            }
            None => {
                return Err(
                    "it holds no private key: it must be PEM with a key in PKCS#8, SEC1 or PKCS#1"
                        .to_owned(),
                );
            }
        };
        let provider = ring::default_provider().key_provider;
        provider.load_private_key(key).map_err(|_| {
            "its key cannot be used: it must be RSA of 2048 to 8192 bits, ECDSA on P-256 or P-384, or Ed25519".to_owned()
        })
    }
}

const ENCRYPTED: &[u8] = b"ENCRYPTED";

fn of_certificates(files: &config::Tls, wrong: impl Into<String>) -> PairError {
    PairError {
        key: "certificate_file",
        path: files.certificate_file.clone(),
        wrong: wrong.into(),
    }
}

fn of_key(files: &config::Tls, wrong: impl Into<String>) -> PairError {
    PairError {
        key: "key_file",
        path: files.key_file.clone(),
        wrong: wrong.into(),
    }
}

fn belongs(key: &Arc<dyn SigningKey>, certificate: &CertificateDer<'static>) -> bool {
    let pair = CertifiedKey::new(vec![certificate.clone()], key.clone());
    pair.keys_match().is_ok()
}

fn untimely(leaf: &ParsedCertificate<'_>) -> Option<String> {
    let now = Duration::from_millis(now_ms());
    match refusal(leaf, UnixTime::since_unix_epoch(now))? {
        CertificateError::ExpiredContext { not_after, .. } => {
            let ago = now.as_secs().saturating_sub(not_after.as_secs());
            Some(format!("its certificate expired {} ago", period(ago)))
        }
        CertificateError::NotValidYetContext { not_before, .. } => {
            let until = not_before.as_secs().saturating_sub(now.as_secs());
            Some(format!(
                "its certificate is valid in {} only, by this machine's clock",
                period(until)
            ))
        }
        _ => None,
    }
}

/// Asked at the end of time, it says when it expired.
fn expiry_s(leaf: &ParsedCertificate<'_>) -> u64 {
    let end = UnixTime::since_unix_epoch(Duration::from_secs(u64::MAX));
    match refusal(leaf, end) {
        Some(CertificateError::ExpiredContext { not_after, .. }) => not_after.as_secs(),
        _ => u64::MAX,
    }
}

/// Why a client that knows no root would refuse it then: its times are looked at before its issuer.
fn refusal(leaf: &ParsedCertificate<'_>, then: UnixTime) -> Option<CertificateError> {
    let algorithms = ring::default_provider().signature_verification_algorithms;
    let roots = RootCertStore::empty();
    let verified =
        verify_server_cert_signed_by_trust_anchor(leaf, &roots, &[], then, algorithms.all);
    match verified {
        Err(RustlsError::InvalidCertificate(error)) => Some(error),
        _ => None,
    }
}

/// A number of seconds as a person says it.
fn period(seconds: u64) -> String {
    match seconds {
        0..3_600 => format!("{} min", seconds.div_ceil(60)),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
