//! `cargo bench`: every figure beside its bound, measured in the same run, in pairs that alternate. Nothing here asserts a time.
//!
//! `cargo bench -- http chain …` runs some sections only, `--long` takes five times as many pairs.

mod chain;
mod closed_loop;
mod gateway;
mod http;
mod instance;
mod machine;
mod mapping;
mod models;
mod native;
mod native_server;
mod neighbour;
mod open_loop;
mod overload;
mod pairs;
mod process;
mod sample;
mod start;
mod stream;
mod swap;
mod table;

use clap::{Parser as _, ValueEnum};

use pairs::Effort;
use sample::Sample;
use table::Table;

#[derive(clap::Parser)]
struct Args {
    /// What to measure; everything by default.
    sections: Vec<Section>,
    /// More pairs.
    #[arg(long)]
    long: bool,
    /// Handed over by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Section {
    /// One event over HTTP beside bare hyper doing the same natively.
    Http,
    /// The three plugin calls beside the same Rust code natively.
    Chain,
    /// The adapter that is configured beside the same mapping written in Rust.
    Mapping,
    /// Fresh instance, load from the cache, compile.
    Instance,
    /// Many large models loaded at once: memory beside their tables. With `--long` a thousand.
    Models,
    /// From the start of the process to ready, the cache warm.
    Start,
    /// A pipeline beside one whose model loops to its deadline.
    Neighbour,
    /// Ten times what a pipeline can do.
    Overload,
    /// Topic to model to topic or table, beside native programs. It starts a Kafka and a PostgreSQL.
    Stream,
    /// Changes under load beside none, a shadow beside none, the way back. It starts a Kafka.
    Swap,
}

fn main() -> anyhow::Result<std::process::ExitCode> {
    // The processes that are measured are this binary again: the gateway is the real command, the bound is bare hyper.
    let args: Vec<String> = std::env::args().collect();
    match args.get(1).map(String::as_str) {
        Some(process::AS_SCOREGATE) => {
            return Ok(scoregate::cli::Cli::parse_from(&args[1..]).run());
        }
        // The gateway compiles in a child, which is its own binary.
        Some(scoregate::plugin::SUBCOMMAND) => return Ok(scoregate::cli::Cli::parse().run()),
        Some(process::AS_NATIVE) => return native_server::run(),
        Some(process::AS_NATIVE_STREAM) => return stream::native::run(&args[2..]),
        _ => {}
    }
    let args = Args::parse();
    let effort = Effort::new(args.long);
    let wanted = |section| args.sections.is_empty() || args.sections.contains(&section);
    machine::print();
    let sample = Sample::write()?;
    let mut table = Table::begin();
    for &section in Section::value_variants() {
        if !wanted(section) {
            continue;
        }
        match section {
            Section::Http => http::run(&sample, effort, &mut table)?,
            Section::Chain => chain::run(&sample, effort, &mut table)?,
            Section::Mapping => mapping::run(&sample, effort, &mut table)?,
            Section::Instance => instance::run(&sample, effort, &mut table)?,
            Section::Models => models::run(effort, &mut table)?,
            Section::Start => start::run(&sample, effort, &mut table)?,
            Section::Neighbour => neighbour::run(&sample, effort, &mut table)?,
            Section::Overload => overload::run(&sample, effort, &mut table)?,
            Section::Stream => stream::run(&sample, effort, &mut table)?,
            Section::Swap => swap::run(&sample, effort, &mut table)?,
        }
    }
    machine::print_load("at the end");
    Ok(std::process::ExitCode::SUCCESS)
}
