//! The pipeline that was written, tried on its sample events; what became of them are the adapter's golden cases.

use anyhow::Context as _;
use bytes::Bytes;
use serde_json::{Value, json};

use super::model::{self, Model};
use crate::{
    event::{Event, Origin, Outcome},
    plugin::{AdapterRelease, Engine, Release, Settings, fit},
    telemetry::Telemetry,
    tensor::{Datatype, Tensor, TensorSpec},
};

/// See the module.
pub struct Trial {
    /// The golden cases' file.
    pub golden: Value,
    /// Why sample events were rejected, for each its place in the sample.
    pub rejected: Vec<(usize, String)>,
    /// Features that no event has.
    pub missing: Vec<String>,
}

/// Scores the events with the adapter in that configuration.
pub fn run(
    engine: &Engine,
    adapter: &[u8],
    config_json: &str,
    model: &Model,
    events: &[String],
) -> anyhow::Result<Trial> {
    let settings: Settings = model::settings("mapping", config_json);
    let release = Release::load(engine, None, &Telemetry::new(), settings, adapter);
    let Release::Adapter(adapter) = release.context("the configuration that was written")? else {
        anyhow::bail!("the mapping plugin is no adapter");
    };
    let sides = (&adapter.parts.name, &*adapter.contract);
    let fit = fit(
        sides,
        (&model.release.parts.name, &*model.release.signature),
    )?;
    let sent: Vec<Event> = events.iter().map(|event| self::event(event)).collect();
    let batch: Vec<&Event> = sent.iter().collect();
    let failed = |error| anyhow::anyhow!("a plugin fails on the sample: {error:?}");
    let mut mapping = adapter.instance().map_err(failed)?;
    let prepared = mapping.preprocess(&batch).map_err(failed)?;
    let inputs: Vec<&Tensor> = fit
        .inputs
        .iter()
        .map(|&at| &prepared.features[at])
        .collect();
    let outputs = model
        .release
        .instance()
        .and_then(|mut model| model.infer(&inputs))
        .map_err(failed)?;
    let scores: Vec<&Tensor> = fit.scores.iter().map(|&at| &outputs[at]).collect();
    let outcomes = mapping
        .postprocess(prepared.batch, &scores, prepared.rows)
        .map_err(failed)?;
    let rejected = prepared
        .rejected
        .iter()
        .map(|(row, reason)| json!({ "row": row, "reason": reason }));
    let case = json!({
        "name": "sample events",
        "events": events.iter().map(|event| json!({ "text": event })).collect::<Vec<_>>(),
        "rejected": rejected.collect::<Vec<_>>(),
        "features": tensors(&adapter.contract.features, prepared.features.iter()),
        "scores": tensors(&adapter.contract.scores, scores.iter().copied()),
        "outcomes": outcomes.into_iter().map(outcome).collect::<Vec<_>>(),
    });
    let config: Value = serde_json::from_str(config_json)?;
    Ok(Trial {
        golden: json!({ "version": 1, "config": config, "tolerance": 1e-6, "cases": [case] }),
        missing: missing(&adapter, model, &prepared.features, prepared.rows),
        rejected: prepared.rejected,
    })
}

fn event(text: &str) -> Event {
    Event {
        id: String::new(),
        key: None,
        payload: Bytes::copy_from_slice(text.as_bytes()),
        timestamp_ms: 0,
        headers: Vec::new(),
        origin: Origin::Http,
    }
}

/// As golden cases have tensors: rows by the tensor's name.
fn tensors<'t>(specs: &[TensorSpec], tensors: impl Iterator<Item = &'t Tensor>) -> Value {
    let named = std::iter::zip(specs, tensors);
    let named = named.map(|(spec, tensor)| {
        let mut data = &tensor.data[..];
        let width: u64 = tensor.shape.iter().skip(1).product();
        let flat = tensor.shape.len() == 1;
        let rows = (0..tensor.rows()).map(|_| {
            let row: Vec<Value> = (0..width)
                .map(|_| element(spec.datatype, &mut data))
                .collect();
            if flat {
                row.into_iter().next().unwrap_or_default()
            } else {
                Value::from(row)
            }
        });
        (spec.name.clone(), Value::from(rows.collect::<Vec<_>>()))
    });
    Value::Object(named.collect())
}

/// The next element; the host has checked the tensor's length.
fn element(datatype: Datatype, data: &mut &[u8]) -> Value {
    let bytes = match datatype.size_bytes() {
        Some(size) => take(data, size as usize),
        None => {
            let size = u32::from_le_bytes(array(take(data, 4)));
            take(data, size as usize)
        }
    };
    match datatype {
        Datatype::Fp32 => float(f32::from_le_bytes(array(bytes)).into(), |value| {
            json!(value as f32)
        }),
        Datatype::Fp64 => float(f64::from_le_bytes(array(bytes)), |value| json!(value)),
        Datatype::Bytes => String::from_utf8_lossy(bytes).into(),
        Datatype::Bool => (bytes.first() == Some(&1)).into(),
        Datatype::Uint8
        | Datatype::Uint16
        | Datatype::Uint32
        | Datatype::Uint64
        | Datatype::Fp16 => u64::from_le_bytes(array(bytes)).into(),
        Datatype::Int8 => i8::from_le_bytes(array(bytes)).into(),
        Datatype::Int16 => i16::from_le_bytes(array(bytes)).into(),
        Datatype::Int32 => i32::from_le_bytes(array(bytes)).into(),
        Datatype::Int64 => i64::from_le_bytes(array(bytes)).into(),
    }
}

fn take<'d>(data: &mut &'d [u8], bytes: usize) -> &'d [u8] {
    let (taken, rest) = data.split_at(bytes.min(data.len()));
    *data = rest;
    taken
}

/// Padded with zeros, which is how a smaller unsigned number becomes a larger one.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    let bytes = &bytes[..bytes.len().min(N)];
    array[..bytes.len()].copy_from_slice(bytes);
    array
}

fn float(value: f64, finite: impl Fn(f64) -> Value) -> Value {
    match value {
        value if value.is_nan() => Value::Null,
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        value => finite(value),
    }
}

fn outcome(outcome: Result<Outcome, String>) -> Value {
    match outcome {
        Err(reason) => json!({ "rejected": reason }),
        Ok(outcome) => {
            let output: Value = serde_json::from_slice(&outcome.payload).unwrap_or_default();
            json!({ "score": outcome.score, "decision": outcome.decision, "route": outcome.route, "output": output })
        }
    }
}

/// Columns of floating-point inputs that are NaN in every row.
fn missing(
    adapter: &AdapterRelease,
    model: &Model,
    features: &[Tensor],
    rows: usize,
) -> Vec<String> {
    let mut missing = Vec::new();
    for (spec, tensor) in std::iter::zip(&adapter.contract.features, features) {
        let at = model
            .release
            .signature
            .inputs
            .iter()
            .position(|input| input.name == spec.name);
        let Some(names) = at.map(|at| &model.columns[at]) else {
            continue;
        };
        let mut data = &tensor.data[..];
        let mut seen = vec![false; names.len()];
        for cell in 0..rows * names.len() {
            seen[cell % names.len()] |= !element(spec.datatype, &mut data).is_null();
        }
        let unseen = std::iter::zip(names, seen).filter(|(_, seen)| !seen);
        missing.extend(unseen.map(|(name, _)| name.clone()));
    }
    missing
}
