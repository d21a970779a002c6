//! Several generations in one pipeline: its own parts in this process, with real plugins.

mod canary;
mod shadow;
mod swaps;

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use scoregate::{
    config,
    event::{Event, Origin, Refusal, Scored},
    pipeline::{Answer, Generation, Job, Outlets, Pipeline, Receipt, Serving, Side},
    plugin::{AdapterRelease, Engine, ModelRelease, Release, Settings},
    telemetry::Telemetry,
};
use scoregate_tests::plugins;
use tokio::sync::oneshot;

const RESULT_MAX_BYTES: u64 = 16 << 20;
/// Less than what an event `post-large` makes of itself: only there it is a fault.
const SMALL_RESULT_MAX_BYTES: u64 = 512 << 10;

struct Parts {
    engine: Engine,
    telemetry: Arc<Telemetry>,
}

fn parts() -> &'static Parts {
    static PARTS: OnceLock<Parts> = OnceLock::new();
    PARTS.get_or_init(|| Parts {
        engine: Engine::new().expect("an engine"),
        telemetry: Telemetry::new(),
    })
}

fn load(slot: &str, component: &[u8], result_max_bytes: u64) -> Release {
    let settings = Settings {
        slot: slot.to_owned(),
        config_json: "{}".to_owned(),
        memory_max_bytes: 64 << 20,
        call_deadline_ms: 2_000,
        result_max_bytes,
    };
    let Parts { engine, telemetry } = parts();
    Release::load(engine, None, telemetry, settings, component).expect("a release")
}

fn adapter(component: &[u8], result_max_bytes: u64) -> Arc<AdapterRelease> {
    match load("adapter", component, result_max_bytes) {
        Release::Adapter(adapter) => adapter,
        Release::Model(_) => panic!("a model"),
    }
}

fn model(component: &[u8]) -> Arc<ModelRelease> {
    match load("model", component, RESULT_MAX_BYTES) {
        Release::Model(model) => model,
        Release::Adapter(_) => panic!("an adapter"),
    }
}

/// The same plugin as another release: a custom section that nobody reads changes its digest.
fn another(component: &[u8], name: &str) -> Vec<u8> {
    let length = u8::try_from(name.len()).expect("a short name");
    let section = [&[0, length + 1, length], name.as_bytes()].concat();
    [component, &section].concat()
}

/// The hostile plugins, as releases of that name.
fn hostile(name: &str, result_max_bytes: u64) -> Arc<Generation> {
    let adapter = adapter(&another(plugins::hostile_adapter(), name), result_max_bytes);
    let model = model(&another(plugins::hostile_model(), name));
    Arc::new(Generation::new(adapter, model).expect("they fit"))
}

fn config(sources: Vec<config::Source>, breaker_max_faults: u32) -> config::Pipeline {
    config::Pipeline {
        name: "test".into(),
        adapter: "adapter".into(),
        model: "model".into(),
        batch_max_events: 16,
        queue_max_events: 1024,
        workers: 1,
        key: None,
        breaker_max_faults,
        capture: None,
        sources,
        sinks: Vec::new(),
        dead_letter: None,
    }
}

fn pipeline_of(config: &config::Pipeline, serving: Serving) -> Pipeline {
    // Counters of its own: the tests' pipelines have one name.
    let metrics = Telemetry::new().pipeline(&config.name);
    let (outlets, last_resort) = (Outlets::none(), PathBuf::new());
    let (pipeline, _) = Pipeline::new(config, serving, outlets, metrics, last_resort, None);
    pipeline
}

fn pipeline(serving: Serving) -> Pipeline {
    pipeline_of(&config(vec![config::Source::Http], 1000), serving)
}

fn event(id: &str, payload: &str) -> Event {
    Event {
        id: id.to_owned(),
        key: None,
        payload: Bytes::copy_from_slice(payload.as_bytes()),
        timestamp_ms: 0,
        headers: Vec::new(),
        origin: Origin::Http,
    }
}

/// What became of events that came together, in their order.
fn answers(pipeline: &Pipeline, events: Vec<Event>) -> Vec<Result<Scored, Refusal>> {
    let (mut jobs, mut answers) = (VecDeque::new(), Vec::new());
    for event in events {
        let (reply, answer) = oneshot::channel();
        jobs.push_back(Job {
            event,
            deadline: None,
            receipt: Receipt::Reply(reply),
        });
        answers.push(answer);
    }
    while !jobs.is_empty() {
        pipeline.offer(&mut jobs, Duration::from_secs(1));
    }
    let became = |answer: oneshot::Receiver<Answer>| answer.blocking_recv().expect("an answer");
    answers
        .into_iter()
        .map(|answer| became(answer).result.map_err(|refused| refused.refusal))
        .collect()
}

fn answer(pipeline: &Pipeline, payload: &str) -> Result<Scored, Refusal> {
    answers(pipeline, vec![event("event", payload)]).remove(0)
}

/// Whether exactly these two releases scored it.
fn is_of(scored: &Scored, side: &Side) -> bool {
    scored.releases == side.generation.releases
}
