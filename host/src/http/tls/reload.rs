//! The pair that is served: replaced by what its files hold, once that is a pair.

use std::{fmt, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::time::{MissedTickBehavior, interval};

use super::certificate::{Content, Pair, PairError, key_is_open};
use crate::{config, limits::TLS_LOOK_MS, telemetry::TlsMetrics};

/// See the module. All listeners that speak TLS share it.
pub struct Certificates {
    files: config::Tls,
    served: ArcSwap<Pair>,
    metrics: TlsMetrics,
}

impl Certificates {
    /// Reads the pair to begin with. One that clients would refuse today is served with a warning: it may be their clocks that count.
    pub fn open(files: &config::Tls, metrics: &TlsMetrics) -> Result<Arc<Self>, PairError> {
        let pair = Content::read(files)?.pair(files)?;
        if let Some(untimely) = &pair.untimely {
            tracing::warn!("{untimely}");
        }
        if let Some(open) = key_is_open(files) {
            tracing::warn!("{open}");
        }
        metrics.serves(&files.certificate_file, pair.expires_s);
        Ok(Arc::new(Self {
            files: files.clone(),
            served: ArcSwap::from_pointee(pair),
            metrics: metrics.clone(),
        }))
    }

    /// Looks at the files again and again. It never ends by itself.
    pub async fn follow(self: Arc<Self>) {
        let mut looks = interval(Duration::from_millis(TLS_LOOK_MS));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = None;
        loop {
            looks.tick().await;
            let this = Arc::clone(&self);
            // A file's folder may be a network's.
            let looked = tokio::task::spawn_blocking(move || this.look()).await;
            let failed = looked
                .unwrap_or(Ok(()))
                .err()
                .map(|error| error.to_string());
            // What stays wrong is told once: it may be half written, and each look finds it so.
            if failed != told
                && let Some(error) = &failed
            {
                self.metrics.reloaded(false);
                tracing::error!(error, "the certificate of before stays in use");
            }
            told = failed;
        }
    }

    /// Serves what the files hold, if it is another pair than before.
    pub(super) fn look(&self) -> Result<(), PairError> {
        let content = Content::read(&self.files)?;
        if content.digest() == self.served.load().content {
            return Ok(());
        }
        let mut pair = content.pair(&self.files)?;
        // Looked at again, it is taken as soon as its time has come.
        if let Some(untimely) = pair.untimely.take() {
            return Err(untimely);
        }
        self.metrics
            .serves(&self.files.certificate_file, pair.expires_s);
        self.metrics.reloaded(true);
        tracing::info!(
            expires_unix_s = pair.expires_s,
            "another certificate is served from now on"
        );
        self.served.store(Arc::new(pair));
        Ok(())
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.served.load().key))
    }
}

impl fmt::Debug for Certificates {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}
