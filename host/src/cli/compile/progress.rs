//! What the command is at, on a terminal and where it takes its time.

use std::{
    io::{self, IsTerminal as _},
    sync::mpsc,
    thread,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is done sooner needs no bar.
const PATIENCE: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_millis(100);
/// Of a step whose end is known.
const PARTS: u64 = 1_000;

/// See the module. The bar goes when this is dropped.
pub struct Progress {
    bar: ProgressBar,
    /// Ends the wait for the moment from which on the bar is shown.
    ended: Option<mpsc::Sender<()>>,
}

impl Progress {
    pub fn begin() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let ended = io::stderr().is_terminal().then(|| show_late(bar.clone()));
        Self { bar, ended }
    }

    /// Begins a step of which is not known how long it takes.
    pub fn step(&self, what: &'static str) {
        self.bar.set_style(style("  {spinner} {msg}"));
        self.bar.set_message(what);
    }

    /// How far a step is.
    pub fn at(&self, what: &'static str, done: usize, total: usize) {
        self.bar
            .set_style(style("  {bar:30} {percent:>3} %  {msg}"));
        self.bar.set_length(PARTS);
        self.bar
            .set_position(done as u64 * PARTS / total.max(1) as u64);
        self.bar.set_message(what);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.ended = None;
        self.bar.finish_and_clear();
    }
}

/// A thread, since what takes its time does not come back to tell.
fn show_late(bar: ProgressBar) -> mpsc::Sender<()> {
    let (sender, ended) = mpsc::channel::<()>();
    thread::spawn(move || {
        if ended.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(TICK);
        }
    });
    sender
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
