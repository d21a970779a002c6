//! `[pipelines.NAME]`.

use super::{
    Pipeline, capture, checks,
    ends::{self, Ends, Placed},
    names::{check_name, did_you_mean, is_pointer},
    reader::Str,
    table::{Bounds, Table},
    text::quoted,
};
use crate::limits;

const BATCH: Bounds = Bounds {
    min: 1,
    max: limits::BATCH_CEILING_EVENTS as u64,
    default: limits::BATCH_MAX_EVENTS as u64,
    unit: "events",
};
const QUEUE: Bounds = Bounds {
    min: 1,
    max: limits::QUEUE_CEILING_EVENTS as u64,
    default: limits::QUEUE_MAX_EVENTS as u64,
    unit: "events",
};
const WORKERS: Bounds = Bounds {
    min: 1,
    max: limits::WORKERS_CEILING_COUNT as u64,
    default: limits::WORKERS_COUNT as u64,
    unit: "threads",
};
const BREAKER: Bounds = Bounds {
    min: 1,
    max: limits::BREAKER_CEILING_FAULTS as u64,
    default: limits::BREAKER_MAX_FAULTS as u64,
    unit: "faults in a row",
};
/// Keys of later versions.
const LATER: &[&str] = &["ack"];

/// All pipelines; `slots` are the names of the plugins.
pub(super) fn read(pipelines: Table<'_>, slots: &[String]) -> Vec<Pipeline> {
    let reader = pipelines.reader;
    let mut read = Vec::new();
    let mut all_ends = Vec::new();
    for (name, span, mut table) in pipelines.named() {
        if let Err(message) = check_name("pipeline", &name) {
            reader.problem(span, message);
        }
        let ends = ends::read(&mut table);
        checks::pipeline(&table, &ends);
        read.push(pipeline(name, table, slots, &ends));
        all_ends.push(ends);
    }
    checks::across(reader, &all_ends);
    read
}

fn pipeline(name: String, mut table: Table<'_>, slots: &[String], ends: &Ends) -> Pipeline {
    let adapter = slot(&mut table, "adapter", slots);
    let model = slot(&mut table, "model", slots);
    if let (Some(adapter), Some(model)) = (&adapter, &model)
        && adapter.value == model.value
    {
        let message = format!(
            "{} names one plugin as its adapter and its model; a plugin is one or the other",
            table.title()
        );
        table.reader.problem(model.span.clone(), message);
    }
    let batch_max_events = table.number("batch_max_events", &BATCH);
    let queue_max_events = table.number("queue_max_events", &QUEUE);
    if let (Some(batch), Some(queue)) = (batch_max_events, queue_max_events)
        && queue < batch
    {
        let message = format!(
            "`queue_max_events` in {} is {queue}, less than its `batch_max_events`, {batch}; a whole batch must find room in the queue",
            table.title()
        );
        table
            .reader
            .problem(table.span_of("queue_max_events"), message);
    }
    let workers = table.number("workers", &WORKERS);
    let key = key(&mut table);
    let breaker_max_faults = table.number("breaker_max_faults", &BREAKER);
    let capture = capture::read(&mut table);
    table.finish(LATER);
    Pipeline {
        name,
        adapter: adapter.map(|slot| slot.value).unwrap_or_default(),
        model: model.map(|slot| slot.value).unwrap_or_default(),
        batch_max_events: batch_max_events.unwrap_or(BATCH.default) as usize,
        queue_max_events: queue_max_events.unwrap_or(QUEUE.default) as usize,
        workers: workers.unwrap_or(WORKERS.default) as usize,
        key,
        breaker_max_faults: breaker_max_faults.unwrap_or(BREAKER.default) as u32,
        capture,
        sources: values(&ends.sources),
        sinks: values(&ends.sinks),
        dead_letter: ends.dead_letter.as_ref().map(|end| end.value.clone()),
    }
}

fn values<T: Clone>(ends: &[Placed<T>]) -> Vec<T> {
    ends.iter().map(|end| end.value.clone()).collect()
}

/// The name of a slot of this file.
fn slot(table: &mut Table<'_>, key: &'static str, slots: &[String]) -> Option<Str> {
    let slot = table.required_string(key, "the name of a plugin of this file")?;
    if slots.contains(&slot.value) {
        return Some(slot);
    }
    // A suggestion would tell how a substituted name is spelt.
    let hint = if slot.substituted {
        String::new()
    } else {
        did_you_mean(&slot.value, slots.iter().map(String::as_str), String::new)
    };
    let message = format!(
        "`{key}` in {} is {}, but the file has no plugin of that name{hint}",
        table.title(),
        quoted(&slot.written)
    );
    table.reader.problem(slot.span, message);
    None
}

fn key(table: &mut Table<'_>) -> Option<String> {
    let key = table.string("key")?;
    let too_long = key.value.len() > limits::KEY_POINTER_MAX_BYTES;
    if too_long || !is_pointer(&key.value) {
        let message = format!(
            "`key` in {} is {}; it must be a JSON Pointer (RFC 6901) of at most {} bytes, such as `/card_id`: `/` before each name, `~0` for `~` and `~1` for `/` in one",
            table.title(),
            quoted(&key.written),
            limits::KEY_POINTER_MAX_BYTES
        );
        table.reader.problem(key.span.clone(), message);
    }
    Some(key.value)
}
