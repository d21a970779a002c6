//! `scoregate inspect`: what a component is, wants and gives.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use serde::Serialize;

use super::OutputFormat;
use crate::{
    limits,
    output::line,
    plugin::{Engine, Face, Info, Kind, LoadError, Release, Settings, SpecStatus},
    rollout::read_component,
    telemetry::Telemetry,
    tensor::Shape,
};

/// Shows what a component is: kind, signature or contract, imports, size, digest, and the limits that it needs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  scoregate inspect fraud.wasm --output json")]
pub struct Args {
    /// The component.
    file: PathBuf,
    /// What its `configure` is given, as JSON.
    #[arg(long, default_value = "{}", value_name = "JSON")]
    config: String,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    output: OutputFormat,
}

#[derive(Debug, Serialize)]
struct Inspection {
    file: String,
    kind: Kind,
    #[serde(flatten)]
    info: Info,
    digest: String,
    size_bytes: u64,
    imports: Vec<String>,
    /// Memory of one instance after `configure`: `memory_max_bytes` must be more.
    memory_bytes: u64,
    /// Those that it carries; they hold.
    golden_cases: usize,
    #[serde(flatten)]
    face: Face,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let file = args.file.display().to_string();
    let inspection = inspect(&args, &file).with_context(|| file.clone())?;
    match args.output {
        OutputFormat::Json => line(format_args!("{}", serde_json::to_string(&inspection)?))?,
        OutputFormat::Text => print(&inspection)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn inspect(args: &Args, file: &str) -> anyhow::Result<Inspection> {
    let component = read_component(&args.file)?;
    let settings = Settings {
        slot: "inspected".into(),
        config_json: args.config.clone(),
        memory_max_bytes: limits::MEMORY_MAX_BYTES,
        call_deadline_ms: limits::CALL_DEADLINE_MS,
        result_max_bytes: limits::RESULT_MAX_BYTES,
    };
    let engine = Engine::new()?;
    let release = Release::load(&engine, None, &Telemetry::new(), settings, &component);
    let release = release.map_err(|error| match error {
        LoadError::Config(reason) => {
            anyhow::anyhow!(
                "its `configure` refuses `--config {}`: {reason}",
                args.config
            )
        }
        error => error.into(),
    })?;
    let parts = release.parts();
    Ok(Inspection {
        file: file.to_owned(),
        kind: release.kind(),
        info: parts.info.clone(),
        digest: parts.name.digest.to_string(),
        size_bytes: parts.size_bytes,
        imports: parts.imports.clone(),
        memory_bytes: release.memory_bytes() as u64,
        golden_cases: parts.golden_cases,
        face: Face::of(&release),
    })
}

fn print(inspection: &Inspection) -> anyhow::Result<()> {
    let Info {
        name,
        version,
        description,
    } = &inspection.info;
    line(format_args!(
        "{}: {} {name} {version}",
        inspection.file, inspection.kind
    ))?;
    if !description.is_empty() {
        line(format_args!("  {description}"))?;
    }
    line(format_args!("  digest   {}", inspection.digest))?;
    line(format_args!("  size     {} bytes", inspection.size_bytes))?;
    line(format_args!(
        "  memory   {} bytes of one instance after `configure`; `memory_max_bytes` must be more",
        inspection.memory_bytes
    ))?;
    match inspection.golden_cases {
        0 => {}
        cases => line(format_args!("  golden   {cases} of {cases} cases hold"))?,
    }
    let imports = match inspection.imports.as_slice() {
        [] => "none".to_owned(),
        imports => imports.iter().map(told).collect::<Vec<_>>().join(", "),
    };
    line(format_args!("  imports  {imports}"))?;
    match &inspection.face {
        Face::Contract {
            features,
            scores,
            headers,
        } => {
            print_specs("features", features)?;
            print_specs("scores", scores)?;
            if !headers.is_empty() {
                line(format_args!("  headers  {}", headers.join(", ")))?;
            }
        }
        Face::Signature { inputs, outputs } => {
            print_specs("inputs", inputs)?;
            print_specs("outputs", outputs)?;
        }
    }
    Ok(())
}

fn print_specs(word: &str, specs: &[SpecStatus]) -> anyhow::Result<()> {
    for (nth, spec) in specs.iter().enumerate() {
        let word = if nth == 0 { word } else { "" };
        line(format_args!(
            "  {word:<8} {} {} {}",
            spec.name,
            spec.datatype,
            Shape(&spec.shape)
        ))?;
    }
    Ok(())
}

/// Every component names the contract's types; only functions can do something.
fn told(import: &String) -> String {
    if import.starts_with("scoregate:plugin/types@") {
        format!("{import} (types only)")
    } else {
        import.clone()
    }
}
