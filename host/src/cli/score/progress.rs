//! How far it is, on a terminal and where it takes its time.

use std::{
    io::{self, IsTerminal as _},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

use super::table::Portion;

/// What is done sooner needs no bar.
const PATIENCE: Duration = Duration::from_secs(2);

/// See the module.
pub struct Progress {
    began: Instant,
    bar: Option<ProgressBar>,
    shows: bool,
}

impl Progress {
    pub fn begin() -> Self {
        Self {
            began: Instant::now(),
            bar: None,
            shows: io::stderr().is_terminal(),
        }
    }

    pub fn at(&mut self, portion: Portion, rows: u64) {
        if !self.shows || self.began.elapsed() < PATIENCE {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| bar(portion.total));
        bar.set_position(portion.done);
        bar.set_message(format!("{rows} rows"));
    }

    pub fn end(self) -> Duration {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
        self.began.elapsed()
    }
}

fn bar(total: Option<u64>) -> ProgressBar {
    let template = match total {
        Some(_) => "  {bar:30} {percent:>3} %  {msg}, {eta} left",
        None => "  {spinner} {msg}",
    };
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
