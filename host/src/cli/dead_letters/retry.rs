//! `scoregate dead-letters retry`.

use std::{collections::HashSet, process::ExitCode, time::Duration};

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{
    Place, archive, fault,
    send::{Sender, Unsent},
};
use crate::{
    cli::{OutputFormat, reach::Authorities, text::plain},
    clock::now_ms,
    dead_letter::Cause,
    output::line,
    sink::dead::{Archive, Filter, Letter, Order, TopicLetters},
};

/// Letters that are read at once.
const PAGE_MAX_LETTERS: usize = 200;

/// Sends events of dead letters again, as they were, to where they came from.
///
/// An event of a Kafka topic goes back into its topic and partition, one of an outbox into its table, each with a header `scoregate-retry`
/// that counts; one of a file or of a request goes to `POST /pipelines/NAME/score` of a gateway that runs, with `--url`.
/// A letter counts as sent once the receiver has acknowledged the event. If the event has no outcome again, there is another letter.
///
/// Letters in a topic cannot be marked one by one: `--all` sends those up to the topic's present end and remembers that end as committed
/// offset of the consumer group `scoregate.dead-letters.NAME`; those named by id are sent whenever they are named.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  scoregate dead-letters retry payments/3/1042 --config scoregate.toml\n  scoregate dead-letters retry --all --fault deadline --config scoregate.toml"
)]
pub struct Args {
    /// As `list` names them.
    #[arg(
        required_unless_present = "all",
        conflicts_with = "all",
        value_name = "ID"
    )]
    ids: Vec<String>,
    /// All that were not sent again yet.
    #[arg(long)]
    all: bool,
    /// Of those, only the ones of this fault.
    #[arg(long, requires = "all", value_parser = fault, value_name = "FAULT")]
    fault: Option<Cause>,
    #[command(flatten)]
    place: Place,
    /// The scoring listener of a gateway that serves the pipeline, for events of files and requests, such as http://127.0.0.1:8080.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    authorities: Authorities,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    output: OutputFormat,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let pipeline = args.place.load()?;
    let Some(archive) = archive(&pipeline).await? else {
        if args.all {
            return told(&Retry::default(), args.output);
        }
        bail!("pipeline `{}` has no dead letters yet", pipeline.name);
    };
    let url = args.url.map(|url| {
        let reach = args.authorities.reach("--url", &url, 8080)?;
        anyhow::Ok((url, reach))
    });
    let mut retry = Retry {
        sender: Some(Sender::new(&pipeline, url.transpose()?)),
        ..Retry::default()
    };
    let done = match &archive {
        Archive::Topic(topic) if args.all => {
            if args.fault.is_some() {
                bail!(
                    "letters in a topic are remembered by their place alone, so `--all --fault` could not tell later which were sent: name their ids, or leave out --fault"
                );
            }
            retry.topic(topic).await
        }
        archive if args.all => retry.all(archive, &pipeline.name, args.fault).await,
        archive => retry.named(archive, &args.ids).await,
    };
    retry.bar.finish_and_clear();
    let code = told(&retry, args.output)?;
    done.map(|()| code)
}

fn told(retry: &Retry, output: OutputFormat) -> anyhow::Result<ExitCode> {
    let (sent, refused) = (retry.sent, retry.refused.len());
    match output {
        OutputFormat::Json => {
            let refused: Vec<_> = retry
                .refused
                .iter()
                .map(|(id, reason)| json!({ "id": id, "error": reason }))
                .collect();
            line(format_args!(
                "{}",
                json!({ "sent": sent, "refused": refused })
            ))?;
        }
        OutputFormat::Text => {
            for (id, reason) in &retry.refused {
                eprintln!("error: {}: {}", plain(id), plain(reason));
            }
            line(format_args!("{sent} sent again, {refused} not"))?;
        }
    }
    Ok(if refused == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A run of the command.
struct Retry {
    sender: Option<Sender>,
    bar: ProgressBar,
    sent: u64,
    /// Letters that were not sent, and why.
    refused: Vec<(String, String)>,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            sender: None,
            bar: ProgressBar::hidden(),
            sent: 0,
            refused: Vec::new(),
        }
    }
}

impl Retry {
    async fn named(&mut self, archive: &Archive, ids: &[String]) -> anyhow::Result<()> {
        self.begin(ids.len() as u64)?;
        for id in ids {
            match archive.get(id).await? {
                Some(letter) => drop(self.one(archive, &letter).await?),
                None => self
                    .refused
                    .push((id.clone(), "there is no such dead letter".into())),
            }
        }
        Ok(())
    }

    async fn all(
        &mut self,
        archive: &Archive,
        pipeline: &str,
        fault: Option<Cause>,
    ) -> anyhow::Result<()> {
        // A letter that comes while this runs is one of an event that was just sent: it is for the next run.
        let until_ms = now_ms();
        let mut filter = Filter {
            pipeline: pipeline.into(),
            fault,
            since_ms: None,
            open: true,
            order: Order::OldestFirst,
            after: None,
            limit: PAGE_MAX_LETTERS,
        };
        let counts = archive.counts(&filter).await?;
        self.begin(counts.iter().map(|(_, count)| count).sum())?;
        let mut seen = HashSet::new();
        loop {
            let page = archive.list(&filter).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            filter.after = Some((last.dead_at_ms, last.id.clone()));
            for letter in &page {
                if letter.dead_at_ms > until_ms {
                    return Ok(());
                }
                // A file may hold an event's letter twice.
                if seen.insert(blake3::hash(letter.id.as_bytes())) {
                    self.one(archive, letter).await?;
                }
            }
        }
    }

    /// All letters of a topic, partition by partition. It stops at the first that is not sent: what is committed is all that lies before.
    async fn topic(&mut self, topic: &TopicLetters) -> anyhow::Result<()> {
        let partitions = topic.partitions().await?;
        let open = partitions.iter().map(|(_, from, end)| (end - from).max(0));
        self.begin(open.sum::<i64>() as u64)?;
        for (partition, mut from, end) in partitions {
            while from < end {
                let (letters, next) = topic.read(partition, from, end).await?;
                let mut sent_before = next;
                for letter in &letters {
                    if !self.send(letter).await? {
                        sent_before = offset(letter).unwrap_or(from);
                        break;
                    }
                }
                if sent_before > from {
                    let committed = topic.commit(partition, sent_before).await;
                    committed.context("letters were sent, but not remembered as sent")?;
                }
                if sent_before < next {
                    return Ok(());
                }
                from = next;
            }
        }
        Ok(())
    }

    /// Sends one and marks it, in this order.
    async fn one(&mut self, archive: &Archive, letter: &Letter) -> anyhow::Result<bool> {
        let sent = self.send(letter).await?;
        if sent {
            let marked = archive.mark_retried(&letter.id, now_ms()).await;
            marked.with_context(|| format!("{} was sent, but not marked as sent", letter.id))?;
        }
        Ok(sent)
    }

    async fn send(&mut self, letter: &Letter) -> anyhow::Result<bool> {
        let sender = self.sender.as_mut().context("nothing can be sent")?;
        self.bar.inc(1);
        match sender.send(letter).await {
            Ok(()) => {
                self.sent += 1;
                Ok(true)
            }
            Err(Unsent::Refused(reason)) => {
                self.refused.push((letter.id.clone(), reason));
                Ok(false)
            }
            Err(Unsent::Broken(error)) => Err(error),
        }
    }

    fn begin(&mut self, letters: u64) -> anyhow::Result<()> {
        self.bar = ProgressBar::new(letters).with_style(
            ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {per_sec}")
                .context("the progress bar's template")?,
        );
        self.bar.set_message("sending again");
        self.bar.enable_steady_tick(Duration::from_millis(200));
        Ok(())
    }
}

/// A letter's place in its partition.
fn offset(letter: &Letter) -> Option<i64> {
    letter.id.split_once('/')?.1.parse().ok()
}
