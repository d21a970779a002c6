//! Where a pipeline's outcomes and dead letters go, and how a group of them gets there: with patience for what streams sent,
//! as long as a caller may wait for what callers sent.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tracing::{error, warn};

use super::{
    answer::{Answer, Receipt, Refused},
    settled::Settled,
};
use crate::{
    clock::now_ms,
    dead_letter::{Cause, DeadLetter},
    event::{Event, Refusal, Scored},
    health::Health,
    limits::{BACKOFF_MAX_MS, SINK_RETRY_MAX_MS},
    sink::{DeadLetters, ExactSink, FileDeadLetters, RefusedRow, Sink, SinkError},
    telemetry::PipelineMetrics,
};

/// The sinks of one pipeline.
pub enum Outlets {
    /// One after the other; a failure between two of them repeats the first.
    Each {
        sinks: Vec<Sink>,
        dead_letters: Option<DeadLetters>,
    },
    /// One that takes outcomes, dead letters and the place in the stream together or not at all.
    Exact(ExactSink),
}

impl Outlets {
    /// Nothing is delivered anywhere.
    pub fn none() -> Self {
        Outlets::Each {
            sinks: Vec::new(),
            dead_letters: None,
        }
    }

    /// Before the first write.
    pub async fn prepare(&self) {
        if let Outlets::Exact(sink) = self {
            sink.prepare().await;
        }
    }

    /// Whether there is nothing to deliver to.
    pub fn is_empty(&self) -> bool {
        match self {
            Outlets::Each {
                sinks,
                dead_letters,
            } => sinks.is_empty() && dead_letters.is_none(),
            Outlets::Exact(_) => false,
        }
    }

    /// The kinds of the sinks.
    pub fn kinds(&self) -> Vec<&'static str> {
        match self {
            Outlets::Each { sinks, .. } => sinks.iter().map(Sink::kind).collect(),
            Outlets::Exact(sink) => vec![sink.kind()],
        }
    }

    /// In the order in which they are written to.
    fn each(&self) -> impl Iterator<Item = Outlet<'_>> {
        let (sinks, last) = match self {
            Outlets::Each {
                sinks,
                dead_letters,
            } => (
                sinks.as_slice(),
                dead_letters.as_ref().map(Outlet::DeadLetters),
            ),
            Outlets::Exact(sink) => (&[][..], Some(Outlet::Exact(sink))),
        };
        sinks.iter().map(Outlet::Sink).chain(last)
    }

    /// Lets go of what was opened.
    pub async fn close(self) {
        match self {
            Outlets::Each {
                sinks,
                dead_letters,
            } => {
                for sink in sinks {
                    sink.close().await;
                }
                if let Some(dead_letters) = dead_letters {
                    dead_letters.close().await;
                }
            }
            Outlets::Exact(sink) => sink.close().await,
        }
    }
}

/// One of them.
#[derive(Clone, Copy)]
enum Outlet<'o> {
    Sink(&'o Sink),
    DeadLetters(&'o DeadLetters),
    Exact(&'o ExactSink),
}

impl Outlet<'_> {
    fn kind(self) -> &'static str {
        match self {
            Outlet::Sink(sink) => sink.kind(),
            Outlet::DeadLetters(dead_letters) => dead_letters.kind(),
            Outlet::Exact(sink) => sink.kind(),
        }
    }

    fn takes_outcomes(self) -> bool {
        !matches!(self, Outlet::DeadLetters(_))
    }

    /// Gives it its part of the group.
    async fn write(self, group: &Settled) -> Result<(), SinkError> {
        match self {
            Outlet::Sink(sink) => sink.write(&group.scored).await,
            Outlet::DeadLetters(dead_letters) => dead_letters.write(&group.dead).await,
            Outlet::Exact(sink) => sink.write(&group.scored, &group.dead).await,
        }
    }
}

/// Writes groups of a pipeline.
pub struct Writer {
    pub name: Arc<str>,
    pub outlets: Outlets,
    pub metrics: PipelineMetrics,
    pub health: Health,
    pub last_resort: PathBuf,
}

/// The first wait after a failed write; each next one is twice as long.
const BACKOFF_FIRST_MS: u64 = 20;
/// A sink that is away for less does not make the gateway unready.
const UNREADY_AFTER: Duration = Duration::from_secs(1);

/// One write and what it met. A failure may take long to show, so patience counts from the write's beginning.
struct Try {
    since: Instant,
    backoff: Duration,
}

impl Try {
    fn begin() -> Self {
        Self {
            since: Instant::now(),
            backoff: Duration::from_millis(BACKOFF_FIRST_MS),
        }
    }
}

impl Writer {
    /// Delivers a group and settles its receipts. Returns only then, however long a sink is away: what streams sent is never given up.
    pub async fn write(&self, mut group: Settled) {
        for outlet in self.outlets.each() {
            self.deliver(outlet, &mut group).await;
        }
        self.acknowledge(group);
    }

    async fn deliver(&self, outlet: Outlet<'_>, group: &mut Settled) {
        let mut attempt = Try::begin();
        loop {
            group.forget_closed();
            match outlet.write(group).await {
                Ok(()) => break,
                Err(error) => {
                    self.overcome(outlet.kind(), error, group, &mut attempt)
                        .await;
                }
            }
        }
        self.health.works();
        if outlet.takes_outcomes() {
            let seconds = attempt.since.elapsed().as_secs_f64();
            self.metrics
                .delivery(outlet.kind(), group.scored.len(), seconds);
        }
    }

    /// After a failed write: takes out of the group what can never be written, gives up callers whose patience is over, and waits.
    async fn overcome(
        &self,
        kind: &'static str,
        error: SinkError,
        group: &mut Settled,
        attempt: &mut Try,
    ) {
        match &error {
            // Nothing failed: what is closed is forgotten before the next try.
            SinkError::Closed(_) => return tokio::task::yield_now().await,
            SinkError::Rows(_, rows) if !rows.is_empty() => {
                return self.bury(kind, &error, rows, group).await;
            }
            _ => {}
        }
        self.metrics.sink_error(kind);
        let lasts = attempt.since.elapsed();
        let retry_max = Duration::from_millis(SINK_RETRY_MAX_MS);
        if !error.is_temporary() || lasts + attempt.backoff > retry_max {
            let refusal = Refusal::Unavailable {
                reason: error.for_caller(),
                retry_after_s: 1,
            };
            let given_up = group.give_up_callers(&refusal);
            self.metrics.unavailable(given_up as u64);
            if given_up > 0 {
                error!(pipeline = &*self.name, sink = kind, events = given_up, %error, "a sink took no rows; their callers are told so");
            }
        }
        if group.is_empty() {
            return;
        }
        if lasts > UNREADY_AFTER || !error.is_temporary() {
            self.health.fails(error.for_caller());
        }
        warn!(pipeline = &*self.name, sink = kind, %error, "a sink took no rows; trying again");
        tokio::time::sleep(attempt.backoff).await;
        attempt.backoff = (attempt.backoff * 2).min(Duration::from_millis(BACKOFF_MAX_MS));
    }

    /// Takes out of the group what a sink can never take.
    async fn bury(
        &self,
        kind: &'static str,
        error: &SinkError,
        rows: &[RefusedRow],
        group: &mut Settled,
    ) {
        warn!(
            pipeline = &*self.name,
            sink = kind,
            rows = rows.len(),
            reason = rows[0].reason,
            "a sink can never take some outcomes: they become dead letters, and callers are told"
        );
        let (beyond, callers) = group.bury(rows, &Refusal::Undeliverable(error.for_caller()));
        self.metrics.unavailable(callers as u64);
        for (letter, receipt) in beyond {
            self.keep_at_last(letter).await;
            settle_dead(receipt, &error.to_string());
        }
    }

    /// A dead letter that its own sink can never take.
    async fn keep_at_last(&self, letter: DeadLetter) {
        let letters = [letter];
        loop {
            let written = match FileDeadLetters::open(&self.last_resort, &self.name).await {
                Ok(file) => file.write(&letters).await,
                Err(error) => Err(error),
            };
            let Err(error) = written else { return };
            error!(pipeline = &*self.name, %error, "a dead letter can be kept nowhere; trying again");
            self.health.fails(error.for_caller());
            tokio::time::sleep(Duration::from_millis(BACKOFF_MAX_MS)).await;
        }
    }

    /// Settles every receipt of a group that was delivered, and counts.
    fn acknowledge(&self, group: Settled) {
        self.metrics.scored(group.scored.len() as u64);
        for letter in &group.dead {
            self.metrics.dead_letter(letter.cause);
        }
        for (scored, receipt) in group.scored.into_iter().zip(group.receipts) {
            receipt.settle(Answer { result: Ok(scored) });
        }
        for (letter, receipt) in group.dead.into_iter().zip(group.dead_receipts) {
            receipt.settle(Answer {
                result: Err(Refused {
                    event: letter.event,
                    refusal: Refusal::Rejected(letter.reason),
                }),
            });
        }
    }
}

fn settle_dead(receipt: Receipt, reason: &str) {
    if let Receipt::Stream(hold) = receipt {
        tracing::debug!(reason, "kept in the file of last resort");
        hold.release();
    }
}

impl Settled {
    /// Events of closed lanes are not this gateway's any more, or are read again.
    fn forget_closed(&mut self) {
        forget_closed(&mut self.scored, &mut self.receipts);
        forget_closed(&mut self.dead, &mut self.dead_receipts);
    }

    /// Makes dead letters of outcomes that a sink can never take; hands back the dead letters that it can never take either, which the rows
    /// count after the outcomes, and how many callers were told at once.
    fn bury(
        &mut self,
        rows: &[RefusedRow],
        refusal: &Refusal,
    ) -> (Vec<(DeadLetter, Receipt)>, usize) {
        let scored_count = self.scored.len();
        let reason = |row: usize| rows.iter().find(|refused| refused.row == row);
        let receipts = self.dead_receipts.drain(..);
        let letters = self.dead.drain(..).zip(receipts).enumerate();
        let (beyond, kept): (Vec<_>, Vec<_>) =
            letters.partition(|(nth, _)| reason(scored_count + nth).is_some());
        let kept: Vec<(DeadLetter, Receipt)> = kept.into_iter().map(|(_, letter)| letter).collect();
        (self.dead, self.dead_receipts) = kept.into_iter().unzip();
        let scored = self.scored.drain(..).zip(self.receipts.drain(..));
        let (buried, kept): (Vec<_>, Vec<_>) = scored
            .enumerate()
            .partition(|(row, _)| reason(*row).is_some());
        let kept: Vec<(Scored, Receipt)> = kept.into_iter().map(|(_, scored)| scored).collect();
        (self.scored, self.receipts) = kept.into_iter().unzip();
        let mut callers = 0;
        for (row, (scored, receipt)) in buried {
            let reason = reason(row).map_or_else(String::new, |refused| refused.reason.clone());
            if receipt.is_patient() {
                self.dead.push(undeliverable(scored, reason));
                self.dead_receipts.push(receipt);
            } else {
                callers += 1;
                settle_refused(receipt, scored.event, refusal.clone());
            }
        }
        let beyond = beyond.into_iter().map(|(_, letter)| letter).collect();
        (beyond, callers)
    }

    /// Tells callers that their events could not be delivered, and forgets those. How many they were.
    fn give_up_callers(&mut self, refusal: &Refusal) -> usize {
        let all = self.scored.drain(..).zip(self.receipts.drain(..));
        let (patient, callers): (Vec<_>, Vec<_>) = all.partition(|(_, r)| r.is_patient());
        (self.scored, self.receipts) = patient.into_iter().unzip();
        let count = callers.len();
        for (scored, receipt) in callers {
            settle_refused(receipt, scored.event, refusal.clone());
        }
        count
    }
}

fn undeliverable(scored: Scored, reason: String) -> DeadLetter {
    DeadLetter {
        event: scored.event,
        reason,
        cause: Cause::Undeliverable,
        releases: scored.releases,
        dead_at_ms: now_ms(),
    }
}

fn settle_refused(receipt: Receipt, event: Event, refusal: Refusal) {
    receipt.settle(Answer {
        result: Err(Refused { event, refusal }),
    });
}

fn forget_closed<E>(events: &mut Vec<E>, receipts: &mut Vec<Receipt>) {
    if receipts.iter().all(Receipt::is_open) {
        return;
    }
    let all = events.drain(..).zip(receipts.drain(..));
    let open: Vec<(E, Receipt)> = all.filter(|(_, receipt)| receipt.is_open()).collect();
    (*events, *receipts) = open.into_iter().unzip();
}
