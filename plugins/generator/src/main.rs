//! `generate`: simulated events to stdout, a file, Kafka or a gateway.

mod out;

use std::io::{IsTerminal as _, stderr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Parser;
use generator::{Form, Kind};
use indicatif::{ProgressBar, ProgressStyle};

use out::{Out, Target};

/// Simulated events of the sample pipelines, the same for the same seed.
#[derive(Parser)]
#[command(after_help = "Examples:
  generate weblog --count 1000 --seed 7 > access.log
  generate iot --count 100000 --form mixed --kafka 127.0.0.1:9092 --topic readings
  generate clicks --count 500 --rate 50 --http http://127.0.0.1:8080/pipelines/clicks/score

Exit codes: 0 all sent; 1 something could not be sent; 2 the command line is wrong.")]
struct Args {
    /// Whose events.
    #[arg(value_enum)]
    kind: Kind,
    /// How many events.
    #[arg(long, default_value_t = 1000)]
    count: u64,
    /// Another seed makes another world.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Events a second at most; as fast as they are taken by default.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// How `iot` readings are written.
    #[arg(long, value_enum, default_value_t)]
    form: Form,
    /// Writes `label TAB pattern TAB event` a line, for training.
    #[arg(long, conflicts_with_all = ["kafka", "http"])]
    labels: bool,
    /// Sends to Kafka, keyed by card, device, client or session.
    #[arg(long, value_name = "BROKERS", requires = "topic", conflicts_with_all = ["http", "file"])]
    kafka: Option<String>,
    /// The topic, which must exist.
    #[arg(long, requires = "kafka")]
    topic: Option<String>,
    /// Posts each event to a gateway: http://HOST:PORT/pipelines/NAME/score.
    #[arg(long, value_name = "URL", conflicts_with = "file")]
    http: Option<String>,
    /// Appends to this file instead of stdout.
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("generate: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> anyhow::Result<()> {
    if args.labels && args.kind == Kind::Iot && args.form != Form::Json {
        anyhow::bail!("--labels writes lines: it needs --form json");
    }
    let target = match (args.kafka, args.http, args.file) {
        (Some(brokers), ..) => Target::Kafka {
            brokers,
            topic: args.topic.unwrap_or_default(),
        },
        (None, Some(url), _) => Target::Http(url),
        (None, None, Some(path)) => Target::File(path),
        (None, None, None) => Target::Stdout,
    };
    // Frames have a length of their own; everything else is a line.
    let framed = args.kind == Kind::Iot && args.form == Form::Binary;
    let mixed = args.kind == Kind::Iot && args.form == Form::Mixed;
    if mixed && matches!(target, Target::Stdout | Target::File(_)) {
        anyhow::bail!(
            "--form mixed is for --kafka and --http: a file could not tell frames from lines"
        );
    }
    let mut out = Out::open(target, args.labels, framed)?;
    let bar = progress(args.count)?;
    let start = Instant::now();
    let samples = generator::samples(args.kind, args.form, args.seed);
    for (sent, sample) in (0..args.count).zip(samples) {
        if let Some(rate) = args.rate {
            let due = start + Duration::from_secs_f64(sent as f64 / f64::from(rate));
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        if !out.send(sample)? {
            break;
        }
        // Whoever waits longer than this wants to see that it goes on.
        if start.elapsed() > Duration::from_secs(2) {
            bar.set_position(sent + 1);
        }
    }
    bar.finish_and_clear();
    out.finish()
}

fn progress(count: u64) -> anyhow::Result<ProgressBar> {
    if !stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {per_sec} {eta}")
        .context("the progress bar's template")?;
    Ok(ProgressBar::new(count).with_style(style))
}
