//! `scoregate compile`: a trained model's file to a component.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use scoregate_compiler::{Options, Summary, compile, limits::MODEL_MAX_BYTES, parse_outputs};

use super::{OutputFormat, golden};
use crate::{file, output::line, plugin::with_feature_names};

/// Compiles a trained model's file to a component.
///
/// No toolchain is needed. Reads XGBoost's JSON and UBJSON, as `Booster.save_model("model.json")` writes it, and LightGBM's text, as
/// `Booster.save_model("model.txt")` does.
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
    /// What the component gives, in this order: margin, probability, label, prediction, leaf, contributions. By default the
    /// probability of a classifier, else the prediction.
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
        .unwrap_or_else(|| args.model.with_extension("wasm"));
    anyhow::ensure!(
        !same_file(&args.model, &out),
        "the component would replace the model {shown} itself; name another file by -o"
    );
    let model = file::read(&args.model, MODEL_MAX_BYTES as u64);
    let model = model.with_context(|| shown.to_string())?;
    let stem = args.model.file_stem().unwrap_or_default();
    let options = Options {
        outputs: args.output.as_deref().map(parse_outputs).transpose()?,
        explain: args.explain,
        name: args
            .name
            .unwrap_or_else(|| stem.to_string_lossy().into_owned()),
        version: args.version,
        iterations: args.iteration_range,
    };
    let mut compiled = compile(&model, &options).with_context(|| shown.to_string())?;
    compiled.component = with_feature_names(compiled.component, &compiled.summary.feature_names)?;
    if let Some(file) = &args.golden {
        compiled.component = golden::carry(&compiled.component, file)?;
    }
    compiled.summary.component_bytes = compiled.component.len();
    file::replace(&out, &compiled.component)
        .with_context(|| format!("{} cannot be written", out.display()))?;
    match args.format {
        OutputFormat::Text => print(&out.display().to_string(), &compiled.summary)?,
        OutputFormat::Json => line(format_args!(
            "{}",
            serde_json::to_string(&compiled.summary)?
        ))?,
    }
    Ok(ExitCode::SUCCESS)
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

fn print(out: &str, summary: &Summary) -> anyhow::Result<()> {
    let outputs: Vec<_> = summary.outputs.iter().map(|output| output.name()).collect();
    line(format_args!("{out}: {} bytes", summary.component_bytes))?;
    line(format_args!("  {}, {}", summary.origin, summary.objective))?;
    line(format_args!(
        "  {} trees, {} leaves, at most {} splits deep, {} features",
        summary.trees, summary.leaves, summary.depth, summary.features
    ))?;
    line(format_args!("  gives {}", outputs.join(", ")))?;
    for note in &summary.notes {
        line(format_args!("  {note}"))?;
    }
    Ok(())
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
