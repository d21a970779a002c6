//! The metrics of the listeners that speak TLS.

use std::path::Path;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

/// Why a connection came to no request: a closed set, so that no client can make a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandshakeFailure {
    /// It spoke HTTP without TLS.
    Plaintext,
    /// It did not end in time.
    Timeout,
    /// One side would not go on with the other: no TLS, no version or protocol in common, a certificate that the client does not trust.
    Refused,
}

impl HandshakeFailure {
    fn name(self) -> &'static str {
        match self {
            HandshakeFailure::Plaintext => "plaintext",
            HandshakeFailure::Timeout => "timeout",
            HandshakeFailure::Refused => "refused",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FailureLabel {
    listener: &'static str,
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabel {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FileLabel {
    file: String,
}

/// Handles for certificates. A gateway without TLS has no series of them.
#[derive(Clone)]
pub struct TlsMetrics {
    reloads: Family<ResultLabel, Counter>,
    expiry: Family<FileLabel, Gauge>,
    failures: Family<FailureLabel, Counter>,
}

/// Handles for one listener's handshakes.
#[derive(Clone)]
pub struct Handshakes {
    listener: &'static str,
    failures: Family<FailureLabel, Counter>,
}

impl TlsMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let reloads = Family::default();
        registry.register(
            "tls_reloads",
            "Certificates that were found in place of the one served, by what became of them",
            reloads.clone(),
        );
        let expiry = Family::default();
        registry.register(
            "tls_certificate_expiry_timestamp_seconds",
            "When the certificate that is served expires, in Unix time",
            expiry.clone(),
        );
        let failures = Family::default();
        registry.register(
            "tls_handshake_failures",
            "Connections that came to no request, by listener and reason",
            failures.clone(),
        );
        Self {
            reloads,
            expiry,
            failures,
        }
    }

    /// That file's certificate, which expires then (Unix time in seconds), is served from now on.
    pub fn serves(&self, file: &Path, expires_s: u64) {
        let file = file.display().to_string();
        let expires_s = i64::try_from(expires_s).unwrap_or(i64::MAX);
        self.expiry
            .get_or_create_owned(&FileLabel { file })
            .set(expires_s);
    }

    /// Another certificate was found, and taken or not.
    pub fn reloaded(&self, taken: bool) {
        let result = if taken { "ok" } else { "failed" };
        self.reloads
            .get_or_create_owned(&ResultLabel { result })
            .inc();
    }

    /// The handles of one listener, `scoring` or `admin`.
    pub fn handshakes(&self, listener: &'static str) -> Handshakes {
        Handshakes {
            listener,
            failures: self.failures.clone(),
        }
    }
}

impl Handshakes {
    /// One came to nothing.
    pub fn failed(&self, reason: HandshakeFailure) {
        let label = FailureLabel {
            listener: self.listener,
            reason: reason.name(),
        };
        self.failures.get_or_create_owned(&label).inc();
    }
}
