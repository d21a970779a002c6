//! TLS: what a listener proves itself with, how a connection begins with it, and whom the commands believe.

mod accept;
mod certificate;
mod reload;
pub mod trust;

use std::sync::Arc;

use rustls::{ServerConfig, crypto::ring};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

pub use certificate::{PairError, check};
pub use reload::Certificates;

use crate::telemetry::Handshakes;

/// What a client may ask for by ALPN; without it, HTTP/1.1 is spoken.
const PROTOCOLS: [&[u8]; 2] = [H2, b"http/1.1"];
const H2: &[u8] = b"h2";

/// TLS of one listener. Cheap to clone.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    handshakes: Handshakes,
}

/// Why a listener cannot speak TLS.
#[derive(Debug, Error)]
pub enum TlsError {
    #[error(transparent)]
    Pair(#[from] PairError),
    #[error("TLS cannot be set up: {0}")]
    Setup(#[from] rustls::Error),
}

impl Tls {
    /// Each handshake is made with the pair that `certificates` has at that moment.
    pub fn new(certificates: &Arc<Certificates>, handshakes: Handshakes) -> Result<Self, TlsError> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(certificates.clone());
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
        Ok(Self {
            acceptor: Arc::new(config).into(),
            handshakes,
        })
    }
}
