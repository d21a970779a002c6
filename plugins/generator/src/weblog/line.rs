//! A line in the making, and a session of them.

use crate::Sample;
use crate::calendar::access_log;

/// What differs from line to line.
pub struct Line {
    /// The request line as the log writes it.
    pub request: String,
    pub status: u16,
    /// None is `-`: nothing was sent.
    pub bytes: Option<u32>,
    /// `-` where there was none.
    pub referer: String,
}

/// A visit.
pub struct Session {
    pub client: String,
    /// `-` where nobody logged in.
    pub user: String,
    /// As the log writes it; `-` where there was none.
    pub agent: String,
    pub bot: bool,
    pub pattern: &'static str,
    /// With seconds since 1970.
    pub lines: Vec<(f64, Line)>,
}

impl Session {
    pub fn push(&mut self, time_s: f64, line: Line) {
        self.lines.push((time_s, line));
    }

    pub fn sample(&self, time_s: f64, line: &Line) -> Sample {
        let Line {
            request,
            status,
            bytes,
            referer,
        } = line;
        let bytes = bytes.map_or_else(|| "-".to_owned(), |bytes| bytes.to_string());
        let time = access_log(time_s as i64);
        let (client, user, agent) = (&self.client, &self.user, &self.agent);
        let text = format!(
            r#"{client} - {user} [{time}] "{request}" {status} {bytes} "{referer}" "{agent}""#
        );
        Sample {
            event: text.into_bytes(),
            key: client.clone(),
            label: self.bot,
            pattern: self.pattern,
        }
    }
}
