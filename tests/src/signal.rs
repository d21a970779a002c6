//! Signals to processes.

use std::process::{Command, Stdio};

/// Those that tests send.
#[derive(Clone, Copy)]
pub enum Signal {
    Continue,
    Interrupt,
    Kill,
    Quit,
    Stop,
    Terminate,
}

impl Signal {
    /// As `kill` knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Continue => "CONT",
            Self::Interrupt => "INT",
            Self::Kill => "KILL",
            Self::Quit => "QUIT",
            Self::Stop => "STOP",
            Self::Terminate => "TERM",
        }
    }
}

/// Sends it to a child that was not waited for yet: its number is its own.
pub fn send(signal: Signal, pid: u32) {
    let status = Command::new("sh")
        .args(["-c", &format!("kill -{} {pid}", signal.name())])
        .stderr(Stdio::null())
        .status();
    assert!(status.expect("a shell").success(), "no process {pid}");
}
