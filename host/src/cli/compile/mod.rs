//! `scoregate compile`: a trained model's file to a component.

mod autotune;
mod feature_names;
mod graph;
mod measure;
mod progress;
mod report;
mod self_check;
mod trial;

use std::{
    ops::Range,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use scoregate_compiler::{
    Compiled, EdgeRows, Options, Tuning, compile_tuned,
    description::Description,
    graph_model::GraphModel,
    limits::MODEL_MAX_BYTES,
    parse_outputs, reader,
    reader::{Folder, Model},
};

use super::OutputFormat;
use crate::{
    file,
    limits::{GOLDEN_MAX_BYTES, MEMORY_MAX_BYTES},
    output::line,
    plugin::{Engine, with_golden},
    release::Digest,
};
use progress::Progress;
use report::Report;
use trial::{Loaded, Trial};

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
        Model::Sum(model) => command.sum(*model)?,
        Model::Graph(model) => command.graph(*model)?,
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
    fn sum(self, mut model: Description) -> anyhow::Result<()> {
        let args = self.args;
        let options = Options {
            outputs: args.output.as_deref().map(parse_outputs).transpose()?,
            explain: args.explain,
            name: self.name,
            version: args.version.clone(),
            iterations: args.iteration_range.clone(),
        };
        if let Some(names) = &args.feature_names {
            model.feature_names = feature_names::read(names, model.features)?;
        }
        let job = Job {
            model: &model,
            options: &options,
            seed: self.seed,
            progress: &self.progress,
        };
        let made = job.make(args.autotune, args.golden.as_deref());
        let (component, mut report) = made.with_context(|| args.model.display().to_string())?;
        drop(self.progress);
        report.file = write(self.out, &component)?;
        tell(args.format, &report, report::print)
    }

    fn graph(self, mut model: GraphModel) -> anyhow::Result<()> {
        let args = self.args;
        graph::settle(&mut model, args)?;
        let job = graph::Job {
            name: &self.name,
            version: &args.version,
            outputs: args.output.as_deref().map(graph::outputs),
            golden: args.golden.as_deref(),
            seed: self.seed,
            progress: &self.progress,
        };
        let made = graph::make(&model, &job);
        let (component, mut report) = made.with_context(|| args.model.display().to_string())?;
        drop(self.progress);
        report.file = write(self.out, &component)?;
        tell(args.format, &report, report::print_graph)
    }
}

/// Writes the component and tells where it is.
fn write(out: &Path, component: &[u8]) -> anyhow::Result<String> {
    let shown = out.display();
    file::replace(out, component).with_context(|| format!("{shown} cannot be written"))?;
    Ok(shown.to_string())
}

fn tell<R: serde::Serialize>(
    format: OutputFormat,
    report: &R,
    print: fn(&R) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    match format {
        OutputFormat::Text => print(report),
        OutputFormat::Json => line(format_args!("{}", serde_json::to_string(report)?)),
    }
}

/// One model on its way to a component.
struct Job<'a> {
    model: &'a Description,
    options: &'a Options,
    seed: u64,
    progress: &'a Progress,
}

impl Job<'_> {
    /// The component, checked, with its golden cases, and what is said of it.
    fn make(&self, autotune: bool, own_golden: Option<&Path>) -> anyhow::Result<(Vec<u8>, Report)> {
        let own = own_golden.map(read_golden).transpose()?;
        let engine = Engine::new()?;
        let (compiled, tried) = match autotune {
            true => autotune::choose(&engine, self.model, self.options, self.seed, self.progress)?,
            false => {
                self.progress.step("writing the kernel's tables");
                let compiled = compile_tuned(self.model, Tuning::Planes, self.options)?;
                (compiled, Vec::new())
            }
        };
        let Compiled {
            mut component,
            mut summary,
        } = compiled;
        self.progress.step("starting the component");
        let mut trial = Trial::load(&engine, &component, self.model)?;
        let outputs = &summary.outputs;
        let checked = self_check::run(&mut trial, self.model, outputs, self.seed, self.progress)?;
        self.progress.step("trying golden cases");
        let cases = self_check::cases(&mut trial, self.model, outputs, &checked)?;
        let mut golden_cases = 0;
        if let Some(json) = self_check::golden(own, cases)? {
            let carried = carry(&trial.loaded, &component, &json);
            (component, golden_cases) = match own_golden {
                Some(path) => carried.with_context(|| path.display().to_string())?,
                None => carried?,
            };
        }
        self.progress.step("measuring");
        let mut rows = EdgeRows::new(self.model, self.seed);
        let mut trials = [trial];
        let speeds = measure::measure(&mut trials, &mut rows, &BATCHES)?;
        let [trial] = trials;
        summary.component_bytes = component.len();
        let loaded = trial.loaded;
        if loaded.memory_bytes() as u64 > MEMORY_MAX_BYTES {
            summary.notes.push(memory_note(loaded.memory_bytes()));
        }
        let report = Report {
            file: String::new(),
            digest: Digest::of(&component).to_string(),
            face: loaded.face(),
            memory_bytes: loaded.memory_bytes(),
            checked_rows: checked.rows,
            golden_cases,
            speeds: speeds.into_iter().flatten().collect(),
            autotune: tried,
            summary,
        };
        Ok((component, report))
    }
}

/// Of the model's digest: the same model is checked with the same rows.
fn seed(model: &[u8]) -> u64 {
    let hex = Digest::of(model).hex().to_string();
    let digits = hex.get(..16).unwrap_or_default();
    u64::from_str_radix(digits, 16).unwrap_or(0)
}

/// The component with these cases, which hold, and how many they are.
fn carry(loaded: &Loaded, component: &[u8], json: &[u8]) -> anyhow::Result<(Vec<u8>, usize)> {
    let (component, golden) = with_golden(component, json)?;
    loaded.try_golden(&golden)?;
    Ok((component, golden.count()))
}

fn memory_note(bytes: usize) -> String {
    format!(
        "one instance takes {bytes} bytes, more than a slot allows unless told; set its `memory_max_bytes`"
    )
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
