//! `scoregate token`.

use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::json;

use super::OutputFormat;
use crate::{
    admin::tokens::{Bearer, Role, check_name, line_of, new_token},
    output::line,
};

/// Makes a token for an operator or a program.
///
/// It is printed once, together with the line that makes it known: the line goes into the file that `admin_token_file` in [server] names, the
/// token to its bearer. The gateway keeps the token's hash alone, and reads the file again when it changes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  scoregate token --name ci --role deploy")]
pub struct Args {
    /// Whose it is: the audit names it.
    #[arg(long, value_parser = name)]
    name: String,
    /// `read` looks at everything, `deploy` may change what serves.
    #[arg(long, value_parser = Role::from_name)]
    role: Role,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    output: OutputFormat,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let token = new_token().context("the system gives no random numbers")?;
    let bearer = Bearer {
        name: args.name,
        role: args.role,
    };
    let entry = line_of(&bearer, &token);
    match args.output {
        OutputFormat::Text => {
            line(format_args!("token  {token}"))?;
            line(format_args!("line   {entry}"))?;
        }
        OutputFormat::Json => {
            line(format_args!("{}", json!({ "token": token, "line": entry })))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn name(text: &str) -> Result<String, String> {
    check_name(text)?;
    Ok(text.to_owned())
}
