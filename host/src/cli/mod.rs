//! The commands. Each is one file; exit codes: 0 done, 1 it failed and stderr says why, 2 the command line was wrong, and of those that ask
//! a gateway, 3 it refuses. `replay` and `score` compare, as `diff` does: 0 the same, 1 not the same, 2 it could not be said.

mod abort;
mod audit;
mod build;
mod compile;
mod dead_letters;
mod deploy;
mod golden;
mod inspect;
mod new;
mod promote;
mod reach;
mod releases;
mod remote;
mod replay;
mod rollback;
mod runtime;
mod score;
mod serve;
mod status;
mod text;
mod token;
mod validate;

use std::{io::IsTerminal as _, process::ExitCode};

use clap::{Parser, Subcommand, ValueEnum};

use crate::{moment, plugin};

/// Puts trained models into production as sandboxed WebAssembly plugins.
#[derive(Debug, Parser)]
#[command(
    name = "scoregate",
    version,
    after_help = "Example:\n  scoregate demo\n\nExit codes: 0 done, 1 it failed and stderr says why, 2 the command line was wrong, 3 the gateway refuses."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    log: Log,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(crate::demo::Args),
    Serve(serve::Args),
    Validate(validate::Args),
    New(new::Args),
    Build(build::Args),
    Compile(compile::Args),
    Inspect(inspect::Args),
    DeadLetters(dead_letters::Args),
    Deploy(deploy::Args),
    Promote(promote::Args),
    Abort(abort::Args),
    Rollback(rollback::Args),
    Status(status::Args),
    Releases(releases::Args),
    Audit(audit::Args),
    Replay(replay::Args),
    Score(score::Args),
    Token(token::Args),
    /// Compiles the component on stdin, for the gateway that starts it.
    #[command(name = plugin::SUBCOMMAND, hide = true)]
    CompileRelease(plugin::ChildLimits),
}

#[derive(Debug, clap::Args)]
struct Log {
    /// What is logged: error, warn, info, debug, or a filter such as `warn,scoregate=debug`; by default `info` of `serve`,
    /// `warn` of the others.
    #[arg(long, global = true, env = "SCOREGATE_LOG", value_name = "FILTER")]
    log: Option<String>,
    /// How the log is written to stderr.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    Text,
    /// One object a line.
    Json,
}

/// How a command prints its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    Text,
    Json,
}

impl Cli {
    /// Runs the command. What went wrong is on stderr, one sentence a line.
    pub fn run(self) -> ExitCode {
        if let Err(error) = self.log.start(matches!(self.command, Command::Serve(_))) {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
        let result = match self.command {
            Command::Demo(args) => runtime::block_on(crate::demo::run(args)),
            Command::Serve(args) => runtime::block_on(serve::run(args)),
            Command::Validate(args) => runtime::block_on(validate::run(args)),
            Command::New(args) => new::run(args),
            Command::Build(args) => build::run(args),
            Command::Compile(args) => compile::run(args),
            Command::Inspect(args) => inspect::run(args),
            Command::DeadLetters(args) => runtime::block_on(dead_letters::run(args)),
            Command::Deploy(args) => runtime::block_on(deploy::run(args)),
            Command::Promote(args) => runtime::block_on(promote::run(args)),
            Command::Abort(args) => runtime::block_on(abort::run(args)),
            Command::Rollback(args) => runtime::block_on(rollback::run(args)),
            Command::Status(args) => runtime::block_on(status::run(args)),
            Command::Releases(args) => runtime::block_on(releases::run(args)),
            Command::Audit(args) => runtime::block_on(audit::run(args)),
            Command::Replay(args) => replay::run(&args),
            Command::Score(args) => score::run(&args),
            Command::Token(args) => token::run(args),
            Command::CompileRelease(limits) => Ok(plugin::compile_as_child(limits)),
        };
        match result {
            Ok(code) => code,
            Err(error) => {
                eprintln!("error: {error:#}");
                ExitCode::FAILURE
            }
        }
    }
}

impl Log {
    /// Of Kafka, `scoregate::kafka` tells what librdkafka itself says; its wrapper would add only that a consumer was closed before it was dropped.
    /// Commands that end speak for themselves: of the log they show warnings only, unless told otherwise.
    fn start(&self, serves: bool) -> Result<(), String> {
        let default = if serves {
            "info,rdkafka=off"
        } else {
            "warn,wasmtime=error,rdkafka=off"
        };
        let directives = self.log.as_deref().unwrap_or(default);
        let filter = tracing_subscriber::EnvFilter::try_new(directives)
            .map_err(|error| format!("--log {directives}: {error}"))?;
        let builder = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal());
        match self.log_format {
            LogFormat::Text => builder.init(),
            LogFormat::Json => builder.json().init(),
        }
        Ok(())
    }
}
