//! `scoregate dead-letters show`.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::{Context as _, bail};

use super::{Place, archive};
use crate::{
    cli::{OutputFormat, moment, text::plain},
    output::line,
    sink::dead::{Letter, line::Object},
};

/// Shows a dead letter: why the event has no outcome, and the event as it came.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  scoregate dead-letters show payments/3/1042 --config scoregate.toml --payload > event.json"
)]
pub struct Args {
    /// As `list` names it.
    id: String,
    #[command(flatten)]
    place: Place,
    /// Only the event's bytes, as they came.
    #[arg(long, conflicts_with = "output")]
    payload: bool,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    output: OutputFormat,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let pipeline = args.place.load()?;
    let letter = match archive(&pipeline).await? {
        Some(archive) => archive.get(&args.id).await?,
        None => None,
    };
    let Some(letter) = letter else {
        bail!(
            "pipeline `{}` has no dead letter `{}`: see `scoregate dead-letters list`",
            pipeline.name,
            args.id
        );
    };
    match args.output {
        _ if args.payload => raw(letter.payload.as_deref().unwrap_or_default())?,
        OutputFormat::Json => {
            let object = Object::with_id(letter);
            line(format_args!("{}", serde_json::to_string(&object)?))?;
        }
        OutputFormat::Text => print(&letter)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn raw(payload: &[u8]) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(payload).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("stdout cannot be written"),
    }
}

fn print(letter: &Letter) -> anyhow::Result<()> {
    let field = |name: &str, value: &str| line(format_args!("{name:<9} {}", plain(value)));
    field("id", &letter.id)?;
    field("event", &letter.event_id)?;
    field("pipeline", &letter.pipeline)?;
    field("origin", &letter.origin)?;
    field("error", &letter.error)?;
    field("fault", letter.fault.name())?;
    field("adapter", &letter.adapter)?;
    field("model", &letter.model)?;
    field("happened", &moment::written(letter.event_time_ms))?;
    field("died", &moment::written(letter.dead_at_ms))?;
    if let Some(at_ms) = letter.retried_at_ms {
        field("retried", &moment::written(at_ms))?;
    }
    field("key", &told(letter.key.as_deref()))?;
    for header in &letter.headers {
        let value = told(header.value.as_deref());
        field("header", &format!("{}: {value}", header.name))?;
    }
    match &letter.payload {
        None => field("payload", "null"),
        Some(payload) => {
            field("payload", &format!("{} bytes", payload.len()))?;
            match text(payload) {
                Some(text) => line(format_args!("\n{text}")),
                None => line(format_args!("\n{}", dump(payload))),
            }
        }
    }
}

/// A short value on a line.
fn told(value: Option<&[u8]>) -> String {
    match value {
        None => "null".into(),
        Some(value) => value.utf8_chunks().fold(String::new(), |mut told, chunk| {
            told.push_str(chunk.valid());
            for byte in chunk.invalid() {
                told.push_str(&format!("\\x{byte:02x}"));
            }
            told
        }),
    }
}

/// Text that does nothing to a terminal but fill it.
fn text(payload: &[u8]) -> Option<&str> {
    let harmless = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    str::from_utf8(payload)
        .ok()
        .filter(|text| text.chars().all(harmless))
}

/// Sixteen bytes a line, in hexadecimal and as far as they are ASCII.
fn dump(bytes: &[u8]) -> String {
    let line = |(nth, chunk): (usize, &[u8])| {
        let hex: Vec<_> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
        let seen = |byte: &u8| match byte {
            b' '..=b'~' => *byte as char,
            _ => '.',
        };
        let ascii: String = chunk.iter().map(seen).collect();
        format!("{:08x}  {:<47}  {ascii}", nth * 16, hex.join(" "))
    };
    let lines: Vec<_> = bytes.chunks(16).enumerate().map(line).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_dumped_and_a_terminal_is_never_controlled() {
        assert_eq!(text(b"{\"a\":\n1}"), Some("{\"a\":\n1}"));
        assert_eq!(text(b"\x1b[2J"), None);
        assert_eq!(text(b"\xff"), None);
        let dumped = dump(b"0123456789abcdefg\xff");
        let lines: Vec<_> = dumped.lines().collect();
        assert!(
            lines[0].starts_with("00000000  30 31 32") && lines[0].ends_with("  0123456789abcdef")
        );
        assert!(lines[1].starts_with("00000010  67 ff ") && lines[1].ends_with("  g."));
        assert_eq!(told(Some(b"a\xffb")), "a\\xffb");
        assert_eq!(plain("a\x1b\nb"), "a··b");
    }
}
