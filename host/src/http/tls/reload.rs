//! The pair that is served: replaced by what its files hold, once that is a pair.

use std::{fmt, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::certificate::{Content, Pair, PairError, key_is_open};
use crate::{config, limits::TLS_LOOK_MS, telemetry::TlsMetrics};

/// See the module. All listeners that speak TLS share it.
pub struct Certificates {
    files: config::Tls,
    served: ArcSwap<Pair>,
    metrics: TlsMetrics,
}

/// A look that found no pair to serve.
struct Failed {
    /// The same as long as the files are: what is wrong with them may be said in other words the next time.
    found: String,
    error: PairError,
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

    /// Looks at the files again and again, until `ended`.
    pub async fn follow(self: Arc<Self>, ended: CancellationToken) {
        let mut looks = interval(Duration::from_millis(TLS_LOOK_MS));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut last, mut told) = (None, None);
        while ended.run_until_cancelled(looks.tick()).await.is_some() {
            let this = Arc::clone(&self);
            // A file's folder may be a network's.
            let looked = tokio::task::spawn_blocking(move || this.look()).await;
            let failed = looked.unwrap_or(Ok(())).err();
            let found = failed.as_ref().map(|failed| failed.found.clone());
            // What is found twice is not just being written, and what stays is told once.
            if let Some(Failed { error, .. }) = &failed
                && found == last
                && found != told
            {
                self.metrics.reloaded(false);
                tracing::error!(%error, "the certificate of before stays in use");
                told.clone_from(&found);
            }
            if found.is_none() {
                told = None;
            }
            last = found;
        }
    }

    /// Serves what the files hold, if it is another pair than before.
    fn look(&self) -> Result<(), Failed> {
        let content = Content::read(&self.files).map_err(|error| Failed {
            found: error.to_string(),
            error,
        })?;
        let digest = content.digest();
        if digest == self.served.load().content {
            return Ok(());
        }
        let pair = content.pair(&self.files);
        // Looked at again, one that is not valid yet is taken as soon as its time has come.
        let timely = pair.and_then(|mut pair| pair.untimely.take().map_or(Ok(pair), Err));
        let pair = timely.map_err(|error| Failed {
            found: digest.to_string(),
            error,
        })?;
        // Whoever is shown it finds it counted.
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
