//! Loads releases off the runtime's threads.

use std::{path::Path, sync::Arc};

use tokio::sync::Semaphore;
use tracing::info;

use crate::{
    file::{self, ReadError},
    limits::{COMPONENT_MAX_BYTES, LOADS_MAX_COUNT},
    plugin::{Cache, CheckError, Engine, LoadError, Release, Settings},
    release::Digest,
    telemetry::Telemetry,
};

/// See the module. A clone is the same.
#[derive(Clone)]
pub struct Loader {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Arc<Engine>,
    /// None where nothing may be written.
    cache: Option<Cache>,
    telemetry: Arc<Telemetry>,
    /// Compiling takes a core for as long as it lasts.
    turns: Semaphore,
}

/// A release and the bytes that it was loaded from.
pub struct Loaded {
    pub release: Release,
    pub component: Vec<u8>,
}

impl Loader {
    pub fn new(engine: Arc<Engine>, cache: Option<Cache>, telemetry: Arc<Telemetry>) -> Self {
        let inner = Inner {
            engine,
            cache,
            telemetry,
            turns: Semaphore::new(LOADS_MAX_COUNT),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// A release's way in, up to a first warm instance.
    pub async fn load(&self, settings: Settings, component: Vec<u8>) -> Result<Loaded, LoadError> {
        self.load_as(None, settings, component).await
    }

    /// The same for a component that should have a certain digest.
    pub async fn load_as(
        &self,
        digest: Option<Digest>,
        settings: Settings,
        component: Vec<u8>,
    ) -> Result<Loaded, LoadError> {
        // Never closed.
        let _turn = self.inner.turns.acquire().await;
        let inner = self.inner.clone();
        let loading = tokio::task::spawn_blocking(move || {
            let start = std::time::Instant::now();
            let (engine, cache) = (&inner.engine, inner.cache.as_ref());
            let (digest, telemetry) = (digest.as_ref(), &inner.telemetry);
            let release = Release::load_as(digest, engine, cache, telemetry, settings, &component)?;
            let parts = release.parts();
            info!(
                plugin = %parts.name,
                kind = %release.kind(),
                cached = parts.cached,
                ms = start.elapsed().as_millis() as u64,
                "loaded"
            );
            Ok(Loaded { release, component })
        });
        match loading.await {
            Ok(loaded) => loaded,
            Err(_) => Err(LoadError::Form("loading it ended by a panic".to_owned())),
        }
    }

    /// From a configured file.
    pub async fn load_file(&self, settings: Settings, file: &Path) -> Result<Loaded, LoadError> {
        let path = file.to_owned();
        let reading = tokio::task::spawn_blocking(move || read_component(&path));
        let component = match reading.await {
            Ok(component) => component?,
            Err(_) => return Err(LoadError::Form("reading it ended by a panic".to_owned())),
        };
        self.load(settings, component).await
    }
}

/// Reads a component's file, but never more of it than a component may have.
pub fn read_component(file: &Path) -> Result<Vec<u8>, LoadError> {
    file::read(file, COMPONENT_MAX_BYTES).map_err(|error| match error {
        ReadError::TooLarge { bytes, .. } => CheckError::TooLarge { bytes }.into(),
        error => LoadError::Unreadable(error),
    })
}
