//! `scoregate new pipeline`: a working pipeline around a model, without code.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use super::{
    config::{self, ADAPTER_FILE, MODEL_FILE},
    labels::{self, Labels},
    model::{self, Model},
    sample, trial,
};
use crate::{
    config::Config,
    output::line,
    plugin::{Engine, with_golden},
    tensor::Datatype,
};

/// The adapter that is configured, built with this binary.
static MAPPING: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/mapping.wasm"));

const CONFIG_FILE: &str = "scoregate.toml";
const EVENT_FILE: &str = "event.json";
const GOLDEN_FILE: &str = "golden.json";
/// Sample events that become golden cases.
const CASES_MAX_COUNT: usize = 20;

/// Writes a pipeline around a model: a configuration that maps JSON events to its features, a sample event and golden cases.
///
/// Features are found in the sample's events by their names, and their types are told by the values there. Without a sample, an event's
/// fields are expected to have the features' names.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  scoregate new pipeline --model fraud.json --sample events.ndjson -o fraud"
)]
pub struct Args {
    /// The model: a trained model's file as `compile` takes it, or a component.
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Events as they will come, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    sample: Option<PathBuf>,
    /// Features that are texts numbered from 0, each with its texts in that order: a JSON object such as `{"currency": ["CHF", "EUR"]}`. Any other
    /// text is missing for the model.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// The folder, which must be empty or new; by default the model's name, here.
    #[arg(short, long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let stem = args.model.file_stem().unwrap_or_default().to_string_lossy();
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(&*stem));
    let name = pipeline_name(&stem);
    anyhow::ensure!(
        !out.exists() || fs::read_dir(&out).is_ok_and(|mut entries| entries.next().is_none()),
        "the folder {} is there already and not empty; name another one by -o",
        out.display()
    );
    let engine = Engine::new()?;
    let model = model::load(&args.model, &name, &engine)?;
    let sample = args.sample.as_deref().map(sample::read).transpose()?;
    let labels = match &args.labels {
        Some(path) => labels::read(path, model.columns.iter().flatten())?,
        None => Labels::new(),
    };
    let text = config::text(&name, &model, sample.as_ref(), &labels);
    let events: Vec<String> = match &sample {
        Some(sample) => sample
            .events
            .iter()
            .take(CASES_MAX_COUNT)
            .cloned()
            .collect(),
        None => vec![example(&model, &labels)],
    };
    let parsed = Config::parse(&text, &out, CONFIG_FILE, |_| None)?;
    let mapping = parsed
        .plugins
        .iter()
        .find(|plugin| plugin.name == "mapping");
    let config_json = &mapping
        .context("the configuration has an adapter")?
        .config_json;
    let trial = trial::run(&engine, MAPPING, config_json, &model, &events)?;
    let golden = serde_json::to_vec_pretty(&trial.golden)?;
    let (adapter, _) = with_golden(MAPPING, &golden)?;

    fs::create_dir_all(&out)
        .with_context(|| format!("the folder {} cannot be made", out.display()))?;
    let scored =
        (0..events.len()).find(|row| trial.rejected.iter().all(|(rejected, _)| rejected != row));
    let event = &events[scored.unwrap_or(0)];
    for (file, content) in [
        (CONFIG_FILE, text.as_bytes()),
        (ADAPTER_FILE, &adapter),
        (MODEL_FILE, &model.component),
        (EVENT_FILE, format!("{event}\n").as_bytes()),
        (GOLDEN_FILE, &golden),
    ] {
        let path = out.join(file);
        fs::write(&path, content)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    told(&out, &name, &model, &trial, events.len())?;
    Ok(ExitCode::SUCCESS)
}

fn told(
    out: &Path,
    name: &str,
    model: &Model,
    trial: &trial::Trial,
    events: usize,
) -> anyhow::Result<()> {
    let features: usize = model.columns.iter().map(Vec::len).sum();
    line(format_args!(
        "{}: pipeline `{name}`, {features} features, {events} golden events",
        out.display()
    ))?;
    for feature in &trial.missing {
        line(format_args!(
            "  feature `{feature}` is missing in every event: give it a `path` or an `expression`"
        ))?;
    }
    if let Some((row, reason)) = trial.rejected.first() {
        let count = trial.rejected.len();
        line(format_args!(
            "  {count} of the sample's events are rejected, the first of them event {row}: {reason}"
        ))?;
    }
    let (config, event) = (out.join(CONFIG_FILE), out.join(EVENT_FILE));
    line(format_args!(
        "\nNext:\n  scoregate serve {}",
        config.display()
    ))?;
    line(format_args!(
        "  curl -d @{} http://127.0.0.1:8080/pipelines/{name}/score",
        event.display()
    ))?;
    Ok(())
}

/// An event that has every feature.
fn example(model: &Model, labels: &Labels) -> String {
    let mut event = Map::new();
    for (input, columns) in std::iter::zip(&model.release.signature.inputs, &model.columns) {
        let value: Value = match input.datatype {
            Datatype::Bytes => "".into(),
            _ => json!(0),
        };
        event.extend(columns.iter().map(|column| {
            let label = labels.get(column).and_then(|texts| texts.first());
            let value = label.map_or_else(|| value.clone(), |label| label.as_str().into());
            (column.clone(), value)
        }));
    }
    Value::Object(event).to_string()
}

/// As the configuration allows names.
fn pipeline_name(stem: &str) -> String {
    const MAX_BYTES: usize = 64;
    let letters = stem
        .to_ascii_lowercase()
        .chars()
        .map(|letter| match letter {
            'a'..='z' | '0'..='9' | '_' | '-' => letter,
            _ => '-',
        })
        .collect::<String>();
    let name: String = letters
        .trim_matches(['-', '_'])
        .chars()
        .take(MAX_BYTES)
        .collect();
    if name.is_empty() {
        "pipeline".to_owned()
    } else {
        name
    }
}
