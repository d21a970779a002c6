//! The composition: from a configuration to running parts, and their drain.

mod connect;
mod load;
mod streams;

pub use connect::check_connections;
pub use load::check;

use std::{
    collections::HashMap,
    fmt, io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use thiserror::Error;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use crate::{
    admin::{
        Access, Admin, Status,
        tokens::{Tokens, TokensError},
    },
    capture,
    config::{self, Config, Listener},
    http::{
        bodies::Bodies,
        cors::Origins,
        scoring::{Scoring, Unready},
        server::{Server, ServerLimits},
        tls::{Certificates, Tls, TlsError},
    },
    limits::{DRAIN_MAX_MS, LEAVE_MAX_MS},
    pipeline::{Delivery, ModelQueue, Pipeline},
    plugin::{Cache, CacheError, Compiler, Engine, EngineError},
    rollout::{self, Loader, Parts, Rollouts},
    source::Stop,
    store::{Store, StoreError},
    telemetry::Telemetry,
};

use streams::{Stream, StreamView};

/// A gateway whose parts are made and whose listeners are bound, but which serves nobody yet.
pub struct Gateway {
    engine: Arc<Engine>,
    rollouts: Rollouts,
    access: Arc<Access>,
    pipelines: Vec<Arc<Pipeline>>,
    models: Vec<Arc<ModelQueue>>,
    deliveries: Vec<Delivery>,
    capsules: Vec<capture::Writer>,
    streams: Vec<Stream>,
    telemetry: Arc<Telemetry>,
    server: config::Server,
    /// Pipelines that have an HTTP source.
    over_http: Vec<String>,
    certificates: Option<Arc<Certificates>>,
    http: Server,
    admin: Server,
}

/// Why there is no gateway. For operators: it names files and causes.
#[derive(Debug, Error)]
pub enum StartError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error(transparent)]
    Tokens(#[from] TokensError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("the {listener} listener cannot listen on {addr}: {cause}")]
    Bind {
        listener: &'static str,
        addr: SocketAddr,
        cause: io::Error,
    },
    /// All that is wrong with slots, pipelines and sinks, in one run.
    #[error("{0}")]
    Parts(Faults),
}

/// One sentence for each part that cannot serve.
#[derive(Debug)]
pub struct Faults(pub Vec<String>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

/// How a gateway ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every accepted request was answered and every outcome delivered.
    Drained,
    /// The time was over before that.
    Cut,
}

impl Gateway {
    /// Makes every part and binds the listeners. Nothing runs afterwards but the engine's clock. Plugins of `from_file` are given their
    /// configured files, whatever the store records.
    pub async fn build(config: &Config, from_file: &[String]) -> Result<Self, StartError> {
        let telemetry = Telemetry::new();
        let tokens = config.server.admin_token_file.as_deref();
        let tokens = tokens.map(Tokens::open).transpose()?;
        let access = Arc::new(Access::new(tokens));
        // The listeners first: a port that is taken is found before anything is compiled.
        let certificates = certificates(&config.server, &telemetry)?;
        let tls = certificates.as_ref();
        let http = bind(Listener::Http, &config.server, tls, &telemetry).await?;
        let admin = bind(Listener::Admin, &config.server, tls, &telemetry).await?;
        let engine = Arc::new(Engine::new()?);
        let store = Store::open(&config.store, &config.server.name).await?;
        let compiler = Compiler::child(
            config.store.compile_max_seconds,
            config.store.compile_max_bytes,
        );
        let cache = Some(Cache::open(&config.store.path, compiler)?);
        let loader = Loader::new(engine.clone(), cache, telemetry.clone());
        let (holding, mut faults) = rollout::hold(config, from_file, &store, &loader).await?;
        let load::Loaded {
            pipelines,
            deliveries,
            capsules,
            streams,
        } = load::pipelines(config, &holding, &telemetry, &mut faults).await;
        let models = load::models(&holding);
        if !faults.is_empty() {
            return Err(StartError::Parts(Faults(faults)));
        }
        let rollouts = Rollouts::new(Parts {
            gateway: config.server.name.clone(),
            store,
            loader,
            slots: load::places(config),
            pipelines: load::joints(config, &pipelines),
            models: models.clone(),
            holding,
        });
        let over_http = config.pipelines.iter();
        let over_http = over_http.filter(|p| p.sources.contains(&config::Source::Http));
        Ok(Self {
            over_http: over_http.map(|p| p.name.clone()).collect(),
            engine,
            rollouts,
            access,
            pipelines,
            models,
            deliveries,
            capsules,
            streams,
            telemetry,
            server: config.server.clone(),
            certificates,
            http,
            admin,
        })
    }

    /// Where scoring listens: the configured address, with the port that was free where the configuration left it open.
    pub fn http_addr(&self) -> io::Result<SocketAddr> {
        self.http.local_addr()
    }

    /// Where admin listens.
    pub fn admin_addr(&self) -> io::Result<SocketAddr> {
        self.admin.local_addr()
    }

    /// Both as an operator is told them: an address, after `https://` where TLS is spoken. Scoring first.
    pub fn names(&self) -> io::Result<(String, String)> {
        Ok((self.http.local_name()?, self.admin.local_name()?))
    }

    /// Serves until `shutdown`, then drains: answers what was accepted, delivers what was scored.
    pub async fn run(self, shutdown: CancellationToken) -> Ended {
        let draining = Arc::new(AtomicBool::new(false));
        let unready = self.unready(draining.clone());
        let scoring = Arc::new(self.scoring(unready.clone()));
        let admin = Arc::new(self.admin_state(unready));
        let no_more_batches = CancellationToken::new();
        let tasks = TaskTracker::new();
        for delivery in self.deliveries {
            tasks.spawn(delivery.run(no_more_batches.clone()));
        }
        for capsules in self.capsules {
            tasks.spawn(capsules.run(no_more_batches.clone()));
        }
        let stop = Stop::default();
        let sources = streams::start(self.streams, &self.pipelines, &stop);
        // Operators look on until the very end, and rollouts go on as long as anything serves.
        let ended = CancellationToken::new();
        for task in self.rollouts.tasks(&ended) {
            tokio::spawn(task);
        }
        if let Some(certificates) = self.certificates {
            tokio::spawn(certificates.follow(ended.clone()));
        }
        let admin_listener = tokio::spawn(self.admin.run(
            move |request, from| admin.clone().answer(request, from),
            ended.clone(),
        ));
        let answering = self.http.run(
            move |request, _| scoring.clone().answer(request),
            shutdown.clone(),
        );
        let announcing = async {
            shutdown.cancelled().await;
            draining.store(true, Ordering::Relaxed);
            stop.reading.cancel();
            info!("draining: what was accepted is answered, nothing more is taken");
            Instant::now() + Duration::from_millis(DRAIN_MAX_MS)
        };
        // One deadline for all that follows: who asked for the end waits for no longer.
        let (drained, deadline) = tokio::join!(answering, announcing);
        let queues_empty = drain_queues(self.pipelines, self.models, deadline).await;
        no_more_batches.cancel();
        tasks.close();
        let delivered = tokio::time::timeout_at(deadline.into(), tasks.wait()).await;
        let delivered = delivered.is_ok();
        // Whatever was delivered is acknowledged, also where something was not.
        stop.delivering.cancel();
        sources.close();
        let leave_max = Duration::from_millis(LEAVE_MAX_MS);
        let left = tokio::time::timeout_at((deadline + leave_max).into(), sources.wait()).await;
        let left = left.is_ok();
        ended.cancel();
        if admin_listener.await.is_err() {
            warn!("the admin listener ended by a panic");
        }
        if drained.cut == 0 && queues_empty && delivered && left {
            Ended::Drained
        } else {
            warn!(
                connections_cut = drained.cut,
                queues_empty, delivered, left, "the drain was cut short"
            );
            Ended::Cut
        }
    }

    fn scoring(&self, unready: Unready) -> Scoring {
        let pipelines = self.pipelines.iter();
        let over_http = pipelines.filter(|p| self.over_http.iter().any(|name| name == p.name()));
        Scoring {
            pipelines: over_http
                .map(|p| (p.name().to_owned(), p.clone()))
                .collect::<HashMap<_, _>>(),
            models: self
                .models
                .iter()
                .map(|m| (m.name().to_owned(), m.clone()))
                .collect(),
            server_name: self.server.name.clone(),
            bodies: Bodies::new(self.server.body_max_bytes),
            origins: Origins::new(&self.server.allowed_origins),
            telemetry: self.telemetry.clone(),
            unready,
        }
    }

    fn admin_state(&self, unready: Unready) -> Admin {
        Admin {
            rollouts: self.rollouts.clone(),
            access: self.access.clone(),
            pipelines: self
                .pipelines
                .iter()
                .map(|pipeline| (pipeline.name().to_owned(), pipeline.clone()))
                .map(|(name, pipeline)| {
                    let streams = self.views_of(&name);
                    (name, status(move || streams::status(&pipeline, &streams)))
                })
                .collect(),
            telemetry: self.telemetry.clone(),
            unready,
            sample: self.sample(),
        }
    }

    fn sample(&self) -> Arc<dyn Fn() + Send + Sync> {
        let pipelines = self.pipelines.clone();
        Arc::new(move || pipelines.iter().for_each(|pipeline| pipeline.sample()))
    }

    fn unready(&self, draining: Arc<AtomicBool>) -> Unready {
        let engine = self.engine.clone();
        let pipelines: Vec<_> = self
            .pipelines
            .iter()
            .map(|p| (p.clone(), self.views_of(p.name())))
            .collect();
        Arc::new(move || {
            let mut reasons = Vec::new();
            if !engine.is_healthy() {
                reasons.push("the clock of plugin deadlines stands still".to_owned());
            }
            if draining.load(Ordering::Relaxed) {
                reasons.push("the gateway is shutting down".to_owned());
            }
            for (pipeline, streams) in &pipelines {
                reasons.extend(pipeline.trouble());
                let troubles = streams.iter().map(|stream| stream.trouble(pipeline.name()));
                reasons.extend(troubles.flatten());
            }
            reasons
        })
    }

    /// What operators see of a pipeline's streams.
    fn views_of(&self, pipeline: &str) -> Vec<StreamView> {
        let streams = self
            .streams
            .iter()
            .filter(|stream| *stream.pipeline == *pipeline);
        streams.map(|stream| stream.view.clone()).collect()
    }
}

/// What operators ask for is made when they ask.
fn status<S: serde::Serialize>(of: impl Fn() -> S + Send + Sync + 'static) -> Status {
    Arc::new(move || serde_json::to_value(of()).unwrap_or_default())
}

/// What the listeners prove themselves with, where one is to.
fn certificates(
    server: &config::Server,
    telemetry: &Telemetry,
) -> Result<Option<Arc<Certificates>>, TlsError> {
    let opened = server
        .tls
        .as_ref()
        .map(|files| Certificates::open(files, telemetry.tls()));
    Ok(opened.transpose()?)
}

async fn bind(
    listener: Listener,
    server: &config::Server,
    certificates: Option<&Arc<Certificates>>,
    telemetry: &Telemetry,
) -> Result<Server, StartError> {
    let (name, addr) = match listener {
        Listener::Http => ("scoring", server.http),
        Listener::Admin => ("admin", server.admin),
    };
    let speaks_tls = |tls: &config::Tls| tls.listeners.contains(&listener);
    let certificates = certificates.filter(|_| server.tls.as_ref().is_some_and(speaks_tls));
    let tls = certificates.map(|c| Tls::new(c, telemetry.tls().handshakes(name)));
    let tls = tls.transpose()?;
    let bound = Server::bind(addr, ServerLimits::default(), telemetry.connections(name)).await;
    let bound = bound.map_err(|cause| StartError::Bind {
        listener: name,
        addr,
        cause,
    })?;
    Ok(bound.with_tls(tls))
}

/// Waits for all scoring threads at once, off the runtime's own threads.
async fn drain_queues(
    pipelines: Vec<Arc<Pipeline>>,
    models: Vec<Arc<ModelQueue>>,
    deadline: Instant,
) -> bool {
    let waiting = tokio::task::spawn_blocking(move || {
        let left = || deadline.saturating_duration_since(Instant::now());
        // Every one is told to drain, also after one was too slow.
        let pipelines: Vec<bool> = pipelines.iter().map(|p| p.drain(left())).collect();
        let models: Vec<bool> = models.iter().map(|m| m.drain(left())).collect();
        pipelines.into_iter().chain(models).all(|drained| drained)
    });
    waiting.await.unwrap_or(false)
}
