//! From scored to delivered: the sinks take the outcomes and the dead letters, then the sources are acknowledged. What waits is written as
//! one group, as far as its bytes allow.

use std::{iter::Peekable, path::PathBuf, sync::Arc};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::{
    outlets::{Outlets, Writer},
    settled::Settled,
};
use crate::{
    health::Health,
    limits::{DELIVERY_MAX_BYTES, DELIVERY_MAX_EVENTS},
    telemetry::PipelineMetrics,
};

/// Batches on their way to the sinks.
pub struct Outbox(mpsc::Sender<Settled>);

/// The task that writes them.
pub struct Delivery {
    writer: Writer,
    inbox: mpsc::Receiver<Settled>,
}

impl Outbox {
    /// Hands a batch over; waits while the sinks are behind, which is how a slow sink slows its pipeline down.
    pub fn send(&self, settled: Settled) {
        // The task ends only after all outboxes are gone; were it lost, the receipts drop here and the sources learn of it.
        if self.0.blocking_send(settled).is_err() {
            error!("the delivery task of a pipeline is gone");
        }
    }
}

impl Delivery {
    /// A task and its way in. Batches of at most `batch_max` events wait between them. A dead letter that can be taken nowhere else
    /// goes into `last_resort`, a file.
    pub fn new(
        name: Arc<str>,
        outlets: Outlets,
        metrics: PipelineMetrics,
        health: Health,
        last_resort: PathBuf,
        batch_max: usize,
    ) -> (Outbox, Self) {
        let capacity = (DELIVERY_MAX_EVENTS / batch_max).max(1);
        let (outbox, inbox) = mpsc::channel(capacity);
        let writer = Writer {
            name,
            outlets,
            metrics,
            health,
            last_resort,
        };
        (Outbox(outbox), Self { writer, inbox })
    }

    /// Runs until `no_more_batches` and all that was sent is settled.
    pub async fn run(mut self, no_more_batches: CancellationToken) {
        self.writer.outlets.prepare().await;
        let mut waiting = Vec::new();
        while self.receive(&mut waiting, &no_more_batches).await {
            let mut batches = waiting.drain(..).peekable();
            while let Some(group) = next_group(&mut batches, DELIVERY_MAX_BYTES) {
                self.writer.write(group).await;
            }
        }
        self.writer.outlets.close().await;
    }

    /// Takes all that waits; `false` once nothing can come any more.
    async fn receive(&mut self, waiting: &mut Vec<Settled>, no_more: &CancellationToken) -> bool {
        let received = tokio::select! {
            received = self.inbox.recv_many(waiting, DELIVERY_MAX_EVENTS) => received,
            () = no_more.cancelled(), if !self.inbox.is_closed() => {
                // What is in the channel stays there and is received below.
                self.inbox.close();
                self.inbox.recv_many(waiting, DELIVERY_MAX_EVENTS).await
            }
        };
        received > 0
    }
}

/// As many of the next batches as have no more bytes together, and one at least.
fn next_group(
    batches: &mut Peekable<impl Iterator<Item = Settled>>,
    max_bytes: usize,
) -> Option<Settled> {
    let mut group = batches.next()?;
    let mut bytes = group.bytes();
    while let Some(batch) = batches.next_if(|batch| bytes + batch.bytes() <= max_bytes) {
        bytes += batch.bytes();
        group.append(batch);
    }
    Some(group)
}

impl Settled {
    /// Of payloads and outputs.
    fn bytes(&self) -> usize {
        let scored = self.scored.iter();
        let scored = scored.map(|one| one.event.payload.len() + one.outcome.payload.len());
        let dead = self.dead.iter().map(|one| one.event.payload.len());
        scored.chain(dead).sum()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::{
        dead_letter::{Cause, DeadLetter},
        event::{Event, Origin, Outcome, Releases, Scored},
        release::{Digest, ReleaseName},
    };

    /// One outcome and one dead letter with so many bytes in all.
    fn batch(bytes: usize) -> Settled {
        let event = Event {
            id: "e".into(),
            key: None,
            payload: Bytes::from(vec![0; bytes / 4]),
            timestamp_ms: 0,
            headers: Vec::new(),
            origin: Origin::Http,
        };
        let releases = Arc::new(Releases {
            adapter: ReleaseName::new("a", Digest::of(b"a")),
            model: ReleaseName::new("m", Digest::of(b"m")),
        });
        let scored = Scored {
            event: event.clone(),
            outcome: Outcome {
                payload: vec![0; bytes - 2 * (bytes / 4)],
                ..Outcome::default()
            },
            releases: releases.clone(),
            scored_at_ms: 0,
        };
        let dead = DeadLetter {
            event,
            reason: String::new(),
            cause: Cause::Rejected,
            releases,
            dead_at_ms: 0,
        };
        Settled {
            scored: vec![scored],
            dead: vec![dead],
            ..Settled::default()
        }
    }

    #[test]
    fn a_group_has_a_batch_and_no_more_bytes_than_sinks_are_given_at_once() {
        let batches = [40, 60, 1, 250, 50, 50].map(batch);
        let mut batches = batches.into_iter().peekable();
        let groups: Vec<_> = std::iter::from_fn(|| next_group(&mut batches, 100))
            .map(|group| (group.bytes(), group.scored.len()))
            .collect();
        assert_eq!(groups, [(100, 2), (1, 1), (250, 1), (100, 2)]);
    }
}
