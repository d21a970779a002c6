//! From scored to delivered: the sinks take the outcomes and the dead letters, then the sources are acknowledged. What waits is written as one group.

use std::{path::PathBuf, sync::Arc};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::{
    outlets::{Outlets, Writer},
    settled::Settled,
};
use crate::{health::Health, limits::DELIVERY_MAX_EVENTS, telemetry::PipelineMetrics};

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
        let mut waiting = Vec::new();
        while self.receive(&mut waiting, &no_more_batches).await {
            let mut group = Settled::default();
            waiting.drain(..).for_each(|batch| group.append(batch));
            self.writer.write(group).await;
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
