//! Where events go.

mod http;
mod kafka;

use std::fs::File;
use std::io::{BufWriter, ErrorKind, IsTerminal as _, Write, stdout};
use std::path::PathBuf;

use anyhow::Context as _;
use generator::Sample;

use http::Http;
use kafka::Kafka;

/// What the command line asks for.
pub enum Target {
    Stdout,
    File(PathBuf),
    Kafka { brokers: String, topic: String },
    Http(String),
}

/// An open target.
pub enum Out {
    Lines {
        to: BufWriter<Box<dyn Write>>,
        labels: bool,
        framed: bool,
        /// Somebody looks on: each line at once.
        live: bool,
    },
    Kafka(Kafka),
    Http(Http),
}

impl Out {
    pub fn open(target: Target, labels: bool, framed: bool) -> anyhow::Result<Self> {
        let lines = |to: Box<dyn Write>, live| Self::Lines {
            to: BufWriter::new(to),
            labels,
            framed,
            live,
        };
        Ok(match target {
            Target::Stdout => lines(Box::new(stdout()), stdout().is_terminal()),
            Target::File(path) => {
                let file = File::options().create(true).append(true).open(&path);
                let file = file.with_context(|| format!("{} cannot be written", path.display()))?;
                // A gateway may follow it.
                lines(Box::new(file), true)
            }
            Target::Kafka { brokers, topic } => Self::Kafka(Kafka::open(&brokers, topic)?),
            Target::Http(url) => Self::Http(Http::open(&url)?),
        })
    }

    /// False where nobody reads any more, which is no error: `generate weblog | head`.
    pub fn send(&mut self, sample: Sample) -> anyhow::Result<bool> {
        match self {
            Self::Kafka(kafka) => kafka.send(&sample)?,
            Self::Http(http) => http.send(sample.event)?,
            Self::Lines {
                to,
                labels,
                framed,
                live,
            } => {
                let mut bytes = sample.event;
                if *labels {
                    let head = format!("{}\t{}\t", u8::from(sample.label), sample.pattern);
                    bytes.splice(0..0, head.into_bytes());
                }
                if !*framed {
                    bytes.push(b'\n');
                }
                let written = to.write_all(&bytes);
                let written = written.and_then(|()| if *live { to.flush() } else { Ok(()) });
                return still_read(written);
            }
        }
        Ok(true)
    }

    pub fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Kafka(kafka) => kafka.finish(),
            Self::Http(http) => http.finish(),
            Self::Lines { mut to, .. } => still_read(to.flush()).map(|_| ()),
        }
    }
}

fn still_read(written: std::io::Result<()>) -> anyhow::Result<bool> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error).context("an event could not be written"),
    }
}
