//! From scored to delivered: every sink takes the outcomes, then the sources are acknowledged. What waits is written as one group.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::{
    answer::{Answer, Receipt, Refused},
    scorer::Settled,
};
use crate::{
    event::{Refusal, Scored},
    limits::{DELIVERY_MAX_EVENTS, SINK_RETRY_MAX_MS},
    sink::Sink,
    telemetry::PipelineMetrics,
};

/// Batches on their way to the sinks.
pub struct Outbox(mpsc::Sender<Settled>);

/// The task that writes them.
pub struct Delivery {
    pub name: Arc<str>,
    pub sinks: Vec<Sink>,
    pub metrics: PipelineMetrics,
    inbox: mpsc::Receiver<Settled>,
}

/// The first wait after a failed write; each next one is twice as long.
const BACKOFF_FIRST_MS: u64 = 20;

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
    /// A task and its way in. Batches of at most `batch_max` events wait between them.
    pub fn new(
        name: Arc<str>,
        sinks: Vec<Sink>,
        metrics: PipelineMetrics,
        batch_max: usize,
    ) -> (Outbox, Self) {
        let capacity = (DELIVERY_MAX_EVENTS / batch_max).max(1);
        let (outbox, inbox) = mpsc::channel(capacity);
        let delivery = Self {
            name,
            sinks,
            metrics,
            inbox,
        };
        (Outbox(outbox), delivery)
    }

    /// Runs until `no_more_batches` and all that was sent is settled.
    pub async fn run(mut self, no_more_batches: CancellationToken) {
        let mut waiting = Vec::new();
        while self.receive(&mut waiting, &no_more_batches).await {
            let (mut scored, mut receipts) = (Vec::new(), Vec::new());
            for mut settled in waiting.drain(..) {
                scored.append(&mut settled.scored);
                receipts.append(&mut settled.receipts);
            }
            let result = self.write(&scored).await;
            acknowledge(scored, receipts, &result, &self.metrics);
        }
        for sink in self.sinks {
            sink.close().await;
        }
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

    /// Every sink, one after the other. A sink that took the group before another failed sees it again: sinks are idempotent.
    async fn write(&self, scored: &[Scored]) -> Result<(), Refusal> {
        for sink in &self.sinks {
            self.write_one(sink, scored).await?;
        }
        Ok(())
    }

    async fn write_one(&self, sink: &Sink, scored: &[Scored]) -> Result<(), Refusal> {
        let start = Instant::now();
        let retry_max = Duration::from_millis(SINK_RETRY_MAX_MS);
        let mut backoff = Duration::from_millis(BACKOFF_FIRST_MS);
        loop {
            let error = match sink.write(scored).await {
                Ok(()) => {
                    self.metrics
                        .delivery(sink.kind(), scored.len(), start.elapsed().as_secs_f64());
                    return Ok(());
                }
                Err(error) => error,
            };
            self.metrics.sink_error(sink.kind());
            if !error.is_temporary() || start.elapsed() + backoff > retry_max {
                error!(pipeline = &*self.name, sink = sink.kind(), events = scored.len(), %error, "a sink took no rows; their sources are not acknowledged");
                return Err(Refusal::Unavailable {
                    reason: error.for_caller(),
                    retry_after_s: 1,
                });
            }
            warn!(pipeline = &*self.name, sink = sink.kind(), %error, "a sink took no rows; trying again");
            tokio::time::sleep(backoff).await;
            backoff *= 2;
        }
    }
}

/// Settles every receipt of a group, and counts what became of it.
pub fn acknowledge(
    scored: Vec<Scored>,
    receipts: Vec<Receipt>,
    result: &Result<(), Refusal>,
    metrics: &PipelineMetrics,
) {
    match result {
        Ok(()) => metrics.scored(scored.len() as u64),
        Err(_) => metrics.unavailable(scored.len() as u64),
    }
    for (scored, receipt) in scored.into_iter().zip(receipts) {
        receipt.settle(Answer {
            result: match result {
                Ok(()) => Ok(scored),
                Err(refusal) => Err(Refused {
                    event: scored.event,
                    refusal: refusal.clone(),
                }),
            },
        });
    }
}
