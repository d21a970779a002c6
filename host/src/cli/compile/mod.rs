//! `scoregate compile`: a trained model's file to a component.

mod autotune;
mod feature_names;
mod graph;
mod measure;
mod progress;
mod report;
mod self_check;
mod sum;
mod trial;

use std::{
    ops::Range,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use scoregate_compiler::{
    limits::MODEL_MAX_BYTES,
    reader,
    reader::{Folder, Model},
};
use serde::Serialize;
use serde_json::Value;

use super::OutputFormat;
use crate::{
    file,
    limits::{GOLDEN_MAX_BYTES, MEMORY_MAX_BYTES},
    output::line,
    plugin::with_golden,
    release::Digest,
};
use progress::Progress;
use report::Report;
use trial::Loaded;

/// Rows together whose speed is told.
const BATCHES: [usize; 2] = [1, 256];

/// Compiles a trained model's file to a component.
///
/// No toolchain is needed. Reads XGBoost's JSON and UBJSON, as `Booster.save_model("model.json")` writes it, LightGBM's text, as
/// `Booster.save_model("model.txt")` does, and ONNX, as the converters of scikit-learn write it (`skl2onnx.to_onnx`). The component is run on
/// rows made for the model and written only where it answers as the model's file says. The same model and options give the same bytes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  scoregate compile fraud.json -o fraud.wasm --output margin,probability"
)]
pub struct Args {
    /// The model's file.
    model: PathBuf,
    /// The component; by default the model's file with `.wasm`.
    #[arg(short, long = "out", value_name = "FILE")]
    out: Option<PathBuf>,
    /// What the component gives, in this order: margin, probability, label, prediction, leaf, contributions; of an ONNX model the names of its
    /// outputs. By default the probability of a classifier, else the prediction; of an ONNX model all of them.
    #[arg(long, value_name = "LIST")]
    output: Option<String>,
    /// Adds the output `contributions`: what each feature added to the margin, and after the features the bias (SHAP values, as
    /// `predict(pred_contribs=True)` gives them).
    #[arg(long)]
    explain: bool,
    /// The model's name, which `inspect` shows; by default the file's.
    #[arg(long)]
    name: Option<String>,
    /// The model's version, which the Open Inference Protocol shows.
    #[arg(long, default_value = "1")]
    version: String,
    /// Only these iterations (boosting rounds) of the model, from A to before B; by default all, even where the file names a best one.
    #[arg(long, value_name = "A,B", value_parser = iteration_range)]
    iteration_range: Option<Range<u32>>,
    /// The features' names instead of those in the model's file: a file with a name a line or a JSON list, or the names themselves.
    #[arg(long, value_name = "FILE|A,B,C")]
    feature_names: Option<String>,
    /// Measures the kernels that can serve the model on this machine and takes the fastest. The choice is this machine's of this moment: only with
    /// it may the same model give another component.
    #[arg(long)]
    autotune: bool,
    /// Golden cases that the component is to carry: inputs with expected outputs, tried wherever it is loaded, and now.
    #[arg(long, value_name = "FILE")]
    golden: Option<PathBuf>,
    /// How the summary is printed.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let shown = args.model.display();
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| args.model.with_extension("wasm"));
    anyhow::ensure!(
        !same_file(&args.model, &out),
        "the component would replace the model {shown} itself; name another file by -o"
    );
    let bytes = file::read(&args.model, MODEL_MAX_BYTES as u64);
    let bytes = bytes.with_context(|| shown.to_string())?;
    let stem = args.model.file_stem().unwrap_or_default();
    let name = match &args.name {
        Some(name) => name.clone(),
        None => stem.to_string_lossy().into_owned(),
    };
    let progress = Progress::begin();
    progress.step("reading the model");
    let folder = Folder::of(&args.model).with_context(|| shown.to_string())?;
    let model = reader::read_model(&bytes, args.iteration_range.as_ref(), Some(&folder));
    let model = model.with_context(|| shown.to_string())?;
    let command = Command {
        args: &args,
        name,
        seed: seed(&bytes),
        progress,
        out: &out,
    };
    match model {
        Model::Sum(mut model) => {
            let options = sum::settle(&mut model, &command)?;
            let made = sum::make(&model, &options, &command);
            command.end(made, report::print)?;
        }
        Model::Graph(mut model) => {
            graph::settle(&mut model, &args)?;
            let made = graph::make(&model, &command);
            command.end(made, report::print_graph)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The command, once its model is read.
struct Command<'a> {
    args: &'a Args,
    name: String,
    seed: u64,
    progress: Progress,
    out: &'a Path,
}

impl Command<'_> {
    /// What `--golden` names.
    fn own_golden(&self) -> anyhow::Result<Option<Vec<u8>>> {
        self.args.golden.as_deref().map(read_golden).transpose()
    }

    /// The component with golden cases in it, which hold: the user's `own`, and those of the self-check. And how many they are.
    fn carry(
        &self,
        loaded: &Loaded,
        component: Vec<u8>,
        own: Option<Vec<u8>>,
        cases: Vec<Value>,
    ) -> anyhow::Result<(Vec<u8>, usize)> {
        let Some(json) = self_check::golden(own, cases)? else {
            return Ok((component, 0));
        };
        let carried = || {
            let (component, golden) = with_golden(&component, &json)?;
            loaded.try_golden(&golden)?;
            Ok((component, golden.count()))
        };
        match &self.args.golden {
            Some(path) => carried().with_context(|| path.display().to_string()),
            None => carried(),
        }
    }

    /// Writes what was made, and tells of it.
    fn end<S: Serialize>(
        self,
        made: anyhow::Result<(Vec<u8>, Report<S>)>,
        print: fn(&Report<S>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let (component, mut report) =
            made.with_context(|| self.args.model.display().to_string())?;
        drop(self.progress);
        report.file = self.out.display().to_string();
        file::replace(self.out, &component)
            .with_context(|| format!("{} cannot be written", report.file))?;
        match self.args.format {
            OutputFormat::Text => print(&report),
            OutputFormat::Json => line(format_args!("{}", serde_json::to_string(&report)?)),
        }
    }
}

/// Of the model's digest: the same model is checked with the same rows.
fn seed(model: &[u8]) -> u64 {
    let hex = Digest::of(model).hex().to_string();
    let digits = hex.get(..16).unwrap_or_default();
    u64::from_str_radix(digits, 16).unwrap_or(0)
}

/// Where an instance takes more than a slot allows by itself.
fn memory_note(loaded: &Loaded) -> Option<String> {
    let bytes = loaded.memory_bytes();
    (bytes as u64 > MEMORY_MAX_BYTES).then(|| format!(
        "one instance takes {bytes} bytes, more than a slot allows unless told; set its `memory_max_bytes`"
    ))
}

fn read_golden(path: &Path) -> anyhow::Result<Vec<u8>> {
    let json = file::read(path, GOLDEN_MAX_BYTES as u64);
    json.with_context(|| path.display().to_string())
}

fn iteration_range(text: &str) -> Result<Range<u32>, String> {
    let numbers = text.split_once(',').and_then(|(begin, end)| {
        let number = |text: &str| text.trim().parse::<u32>().ok();
        Some(number(begin)?..number(end)?)
    });
    numbers
        .filter(|range| !range.is_empty())
        .ok_or_else(|| "give two numbers, the first less than the second, as in 0,100".to_owned())
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::iteration_range;

    #[test]
    fn a_range_of_iterations_is_two_numbers_in_order() {
        assert_eq!(iteration_range("0,100"), Ok(0..100));
        assert_eq!(iteration_range("3, 4"), Ok(3..4));
        for wrong in [
            "",
            "5",
            "5,5",
            "5,4",
            "-1,4",
            "0,x",
            "0,1,2",
            "0,4294967296",
        ] {
            assert!(iteration_range(wrong).is_err(), "{wrong}");
        }
    }
}
