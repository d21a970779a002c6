//! The metrics of the two listeners' requests.

use std::sync::OnceLock;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

use super::Seconds;

/// What a request asked for: a closed set, so that no caller can make a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    Score,
    Infer,
    Model,
    Server,
    Health,
    Plugins,
    Pipelines,
    Releases,
    Rollouts,
    Audit,
    Repository,
    Metrics,
    Unknown,
}

impl Route {
    const ALL: [Route; 13] = [
        Route::Score,
        Route::Infer,
        Route::Model,
        Route::Server,
        Route::Health,
        Route::Plugins,
        Route::Pipelines,
        Route::Releases,
        Route::Rollouts,
        Route::Audit,
        Route::Repository,
        Route::Metrics,
        Route::Unknown,
    ];

    fn name(self) -> &'static str {
        match self {
            Route::Score => "score",
            Route::Infer => "infer",
            Route::Model => "model",
            Route::Server => "server",
            Route::Health => "health",
            Route::Plugins => "plugins",
            Route::Pipelines => "pipelines",
            Route::Releases => "releases",
            Route::Rollouts => "rollouts",
            Route::Audit => "audit",
            Route::Repository => "repository",
            Route::Metrics => "metrics",
            Route::Unknown => "unknown",
        }
    }
}

/// The statuses that a request is answered with; the last stands for any other.
const STATUSES: [(u16, &str); 17] = [
    (200, "200"),
    (201, "201"),
    (400, "400"),
    (401, "401"),
    (403, "403"),
    (404, "404"),
    (405, "405"),
    (408, "408"),
    (409, "409"),
    (413, "413"),
    (422, "422"),
    (429, "429"),
    (431, "431"),
    (500, "500"),
    (503, "503"),
    (504, "504"),
    (0, "other"),
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabel {
    route: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabel {
    route: &'static str,
}

/// Requests answered, by route and status, and how long they took.
pub struct HttpMetrics {
    requests: Family<RequestLabel, Counter>,
    /// Resolved at the first use, so that only what happened is a series.
    resolved: [[OnceLock<Counter>; STATUSES.len()]; Route::ALL.len()],
    seconds: [Histogram; Route::ALL.len()],
}

impl HttpMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let requests = Family::default();
        registry.register(
            "http_requests",
            "Requests that were answered, by route and status",
            requests.clone(),
        );
        let seconds = Family::<RouteLabel, Histogram, Seconds>::new_with_constructor(Seconds);
        registry.register(
            "http_request_seconds",
            "Time from a request's head to its answer",
            seconds.clone(),
        );
        Self {
            requests,
            resolved: Default::default(),
            seconds: Route::ALL.map(|route| {
                seconds.get_or_create_owned(&RouteLabel {
                    route: route.name(),
                })
            }),
        }
    }

    /// One request was answered.
    pub fn request(&self, route: Route, status: u16, seconds: f64) {
        let at = STATUSES
            .iter()
            .position(|(code, _)| *code == status)
            .unwrap_or(STATUSES.len() - 1);
        self.resolved[route as usize][at]
            .get_or_init(|| {
                self.requests.get_or_create_owned(&RequestLabel {
                    route: route.name(),
                    status: STATUSES[at].1,
                })
            })
            .inc();
        self.seconds[route as usize].observe(seconds);
    }
}
