//! Results on stdout. A reader who has seen enough (`| head`) is no error, and never a panic; a full disk is one.

use std::{
    fmt::Arguments,
    io::{self, Write as _},
};

use anyhow::Context as _;

/// Writes one line.
pub fn line(text: Arguments<'_>) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("stdout cannot be written"),
    }
}
