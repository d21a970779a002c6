//! What operators count and measure, in the Prometheus text format. Handles are resolved once and kept by those who use them:
//! on the way of an event there is no lookup by label.

mod capture;
mod http;
mod pipeline;
mod plugin;
mod source;
mod tls;

use std::sync::Arc;

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{
        family::{Family, MetricConstructor},
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
        info::Info,
    },
    registry::Registry,
};

pub use capture::CaptureMetrics;
pub use http::{HttpMetrics, Route};
pub use pipeline::PipelineMetrics;
pub use plugin::{Call, PluginMetrics};
pub use source::SourceMetrics;
pub use tls::{HandshakeFailure, Handshakes, TlsMetrics};

use crate::release::Digest;

/// The content type of [`Telemetry::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All metrics of the process: `scoregate_*`, base units, counters end in `_total`.
pub struct Telemetry {
    registry: Registry,
    http: HttpMetrics,
    connections: Family<ListenerLabel, Gauge>,
    pipelines: pipeline::Families,
    plugins: plugin::Families,
    sources: source::Families,
    tls: TlsMetrics,
    captures: capture::Families,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ListenerLabel {
    listener: &'static str,
}

impl Telemetry {
    /// A registry of its own, with every metric registered.
    pub fn new() -> Arc<Self> {
        let mut registry = Registry::with_prefix("scoregate");
        registry.register(
            "build",
            "The gateway's version",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        let connections = Family::default();
        registry.register(
            "http_connections",
            "Connections open now",
            connections.clone(),
        );
        let http = HttpMetrics::register(&mut registry);
        let pipelines = pipeline::Families::register(&mut registry);
        let plugins = plugin::Families::register(&mut registry);
        let sources = source::Families::register(&mut registry);
        let tls = TlsMetrics::register(&mut registry);
        let captures = capture::Families::register(&mut registry);
        Arc::new(Self {
            registry,
            http,
            connections,
            pipelines,
            plugins,
            sources,
            tls,
            captures,
        })
    }

    /// Everything, as [`CONTENT_TYPE`] text.
    pub fn encode(&self) -> String {
        let mut out = String::new();
        // Writing to a string fails only where a metric's own encoder does; none of ours can.
        if let Err(error) = text::encode(&mut out, &self.registry) {
            tracing::error!(%error, "the metrics could not be written");
        }
        out
    }

    /// The handles of one pipeline.
    pub fn pipeline(&self, name: &str) -> PipelineMetrics {
        self.pipelines.resolve(name)
    }

    /// The handles of one release in its slot.
    pub fn plugin(&self, slot: &str, digest: &Digest) -> PluginMetrics {
        self.plugins.resolve(slot, digest)
    }

    /// The handles of one stream: a topic, a table, or a file's path, of a pipeline.
    pub fn source(&self, pipeline: &str, kind: &'static str, stream: &str) -> SourceMetrics {
        self.sources.resolve(pipeline, kind, stream)
    }

    /// The handles of one pipeline's capsules.
    pub fn capture(&self, pipeline: &str) -> CaptureMetrics {
        self.captures.resolve(pipeline)
    }

    /// Requests answered, on both listeners.
    pub fn http(&self) -> &HttpMetrics {
        &self.http
    }

    /// Certificates and handshakes of the listeners that speak TLS.
    pub fn tls(&self) -> &TlsMetrics {
        &self.tls
    }

    /// Connections open now on a listener, `http` or `admin`.
    pub fn connections(&self, listener: &'static str) -> Gauge {
        self.connections
            .get_or_create_owned(&ListenerLabel { listener })
    }
}

/// Buckets of a duration in seconds: 50 µs to 13 s by factors of 2, which hold a call of some microseconds and a caller's patience.
#[derive(Clone)]
struct Seconds;

impl MetricConstructor<Histogram> for Seconds {
    fn new_metric(&self) -> Histogram {
        Histogram::new(exponential_buckets(0.000_05, 2.0, 19))
    }
}

/// Buckets of a number of events: 1 to 4096 by factors of 2.
#[derive(Clone)]
struct Events;

impl MetricConstructor<Histogram> for Events {
    fn new_metric(&self) -> Histogram {
        Histogram::new(exponential_buckets(1.0, 2.0, 13))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultKind;

    #[test]
    fn what_was_counted_is_in_the_text_under_its_documented_name() {
        let telemetry = Telemetry::new();
        let pipeline = telemetry.pipeline("fraud");
        pipeline.scored(3);
        pipeline.rejected(1);
        pipeline.batch(4, 0.000_2);
        pipeline.queue_events(7);
        pipeline.breaker_open(true);
        pipeline.queue_wait(0.001);
        pipeline.delivery("sqlite", 3, 0.002);
        pipeline.sink_error("sqlite");
        telemetry.http().request(Route::Score, 200, 0.001);
        telemetry.http().request(Route::Score, 299, 0.001);
        telemetry.connections("http").inc();
        let file = std::path::Path::new("tls/cert.pem");
        telemetry.tls().serves(file, 1_800_000_000);
        telemetry.tls().reloaded(false);
        let handshakes = telemetry.tls().handshakes("scoring");
        handshakes.failed(HandshakeFailure::Plaintext);
        let text = telemetry.encode();
        for line in [
            "scoregate_events_total{pipeline=\"fraud\",result=\"scored\"} 3",
            "scoregate_events_total{pipeline=\"fraud\",result=\"rejected\"} 1",
            "scoregate_batch_events_sum{pipeline=\"fraud\"} 4.0",
            "scoregate_batch_seconds_count{pipeline=\"fraud\"} 1",
            "scoregate_queue_events{pipeline=\"fraud\"} 7",
            "scoregate_breaker_open{pipeline=\"fraud\"} 1",
            "scoregate_queue_wait_seconds_count{pipeline=\"fraud\"} 1",
            "scoregate_delivery_events_total{pipeline=\"fraud\",sink=\"sqlite\"} 3",
            "scoregate_sink_errors_total{pipeline=\"fraud\",sink=\"sqlite\"} 1",
            "scoregate_http_requests_total{route=\"score\",status=\"200\"} 1",
            "scoregate_http_requests_total{route=\"score\",status=\"other\"} 1",
            "scoregate_http_connections{listener=\"http\"} 1",
            "scoregate_tls_certificate_expiry_timestamp_seconds{file=\"tls/cert.pem\"} 1800000000",
            "scoregate_tls_reloads_total{result=\"failed\"} 1",
            "scoregate_tls_handshake_failures_total{listener=\"scoring\",reason=\"plaintext\"} 1",
        ] {
            assert!(text.contains(line), "`{line}` is missing in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn every_metric_has_its_help() {
        let telemetry = Telemetry::new();
        telemetry.pipeline("fraud").delivery("sqlite", 1, 0.1);
        telemetry.plugin("fraud", &Digest::of(b"x"));
        let text = telemetry.encode();
        let types = text.matches("# TYPE ").count();
        assert!(types > 8, "{text}");
        assert_eq!(text.matches("# HELP ").count(), types);
    }

    #[test]
    fn what_was_unloaded_is_told_no_longer() {
        let telemetry = Telemetry::new();
        let (gone, stays) = (Digest::of(b"gone"), Digest::of(b"stays"));
        let held = telemetry.plugin("fraud", &stays);
        telemetry.plugin("fraud", &gone).call(Call::Configure, 0.1);
        assert!(telemetry.encode().contains(&gone.hex()));
        let another = telemetry.plugin("fraud", &Digest::of(b"another"));
        let text = telemetry.encode();
        assert!(!text.contains(&gone.hex()), "{text}");
        assert!(text.contains(&stays.hex()), "{text}");
        drop((held, another));
    }

    #[test]
    fn a_release_s_counts_can_be_read_back_through_any_handle() {
        let telemetry = Telemetry::new();
        let digest = Digest::of(b"x");
        let metrics = telemetry.plugin("fraud", &digest);
        metrics.call(Call::Configure, 0.1);
        metrics.call(Call::Infer, 0.001);
        metrics.call(Call::Infer, 0.003);
        metrics.fault(FaultKind::Trap);
        let again = telemetry.plugin("fraud", &digest);
        assert_eq!(again.calls(), 2);
        assert!((again.call_seconds() - 0.004).abs() < 1e-9);
        assert_eq!(again.faults(FaultKind::Trap), 1);
        assert_eq!(again.faults(FaultKind::Memory), 0);
        assert_eq!(telemetry.plugin("fraud", &Digest::of(b"y")).calls(), 0);
    }
}
