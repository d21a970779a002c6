//! `scoregate new`: what a user begins with, made from what is there.

mod config;
mod features;
mod labels;
mod model;
mod pipeline;
mod places;
mod sample;
mod trial;

use std::process::ExitCode;

/// Writes the beginning of something: a pipeline around a model.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Pipeline(pipeline::Args),
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.what {
        What::Pipeline(args) => pipeline::run(&args),
    }
}
