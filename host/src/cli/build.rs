//! `scoregate build`: a Rust plugin's crate to a checked component.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use scoregate_build::BuildRequest;
use serde_json::json;

use super::{OutputFormat, golden};
use crate::{
    file,
    output::line,
    plugin::{self, CheckError},
    release::Digest,
};

/// Turns a Rust plugin's crate into a component.
///
/// It is compiled for wasm32-unknown-unknown, whose target is added by rustup where it is missing, wrapped, and checked.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  scoregate build plugins/payments -o payments.wasm")]
pub struct Args {
    /// The crate's folder.
    dir: PathBuf,
    /// The component; by default the folder's name with `.wasm`, here.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Golden cases that the component is to carry: inputs with expected results, tried wherever it is loaded, and now.
    #[arg(long, value_name = "FILE")]
    golden: Option<PathBuf>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    output: OutputFormat,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let request = BuildRequest {
        // As cargo itself would: an author's own choice counts.
        target_dir: std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from),
        ..BuildRequest::new(&args.dir)
    };
    let mut component = scoregate_build::build(&request)?;
    let checked = plugin::check(&component);
    let checked = checked
        .map_err(|error: CheckError| anyhow::anyhow!("what was built is no plugin: {error}"))?;
    if let Some(file) = &args.golden {
        component = golden::carry(&component, file)?;
    }
    let out = match args.out {
        Some(out) => out,
        None => {
            let dir = args.dir.canonicalize();
            let dir = dir.with_context(|| format!("{} cannot be found", args.dir.display()))?;
            PathBuf::from(dir.file_name().unwrap_or("plugin".as_ref())).with_extension("wasm")
        }
    };
    file::replace(&out, &component)
        .with_context(|| format!("{} cannot be written", out.display()))?;
    let (name, kind, bytes) = (out.display().to_string(), checked.kind, component.len());
    match args.output {
        OutputFormat::Text => line(format_args!("{name}: {kind} of {bytes} bytes"))?,
        OutputFormat::Json => {
            let digest = Digest::of(&component).to_string();
            let result =
                json!({ "file": name, "kind": kind, "digest": digest, "size_bytes": bytes });
            line(format_args!("{result}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
