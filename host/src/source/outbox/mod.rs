//! An outbox: a PostgreSQL table whose rows are leased, scored and deleted. Several gateways work on one side by side.

mod leases;
mod table;

use std::{sync::Arc, time::Duration};

use super::Stop;
use crate::{
    config,
    health::Health,
    lane::{Stream, StreamKind},
    pipeline::Pipeline,
    sink::{postgres::wake, trouble::Trouble},
    telemetry::SourceMetrics,
};

use leases::{End, Leases};
use table::Table;
pub use table::put_back::Returned;

/// The pause before rows are leased anew after some were lost on their way.
const ANEW_MS: u64 = 1_000;

/// One outbox of one pipeline.
pub struct OutboxSource {
    config: config::Outbox,
    /// Names this pipeline of this gateway in the column `leased_by`.
    owner: String,
    metrics: SourceMetrics,
    health: Health,
}

impl OutboxSource {
    pub fn new(
        config: &config::Outbox,
        pipeline: &str,
        server: &str,
        metrics: SourceMetrics,
        health: Health,
    ) -> Self {
        Self {
            config: config.clone(),
            owner: format!("{server}/{pipeline}"),
            metrics,
            health,
        }
    }

    /// What can be said without a connection: one sentence.
    pub fn check(config: &config::Outbox) -> Result<(), String> {
        Table::new(config).map(drop).map_err(sentence)
    }

    /// Whether the server takes the login and has the table, with its columns: one sentence where not.
    pub async fn connect(config: &config::Outbox) -> Result<(), String> {
        let look = async { Table::new(config)?.look().await };
        look.await.map_err(sentence)
    }

    /// Puts an event that came from the table into it again: one sentence where that fails.
    pub async fn put_back(config: &config::Outbox, event: &Returned<'_>) -> Result<(), String> {
        let put_back = async {
            let table = Table::new(config)?;
            let done = table.put_back(event).await;
            table.close().await;
            done
        };
        put_back.await.map_err(sentence)
    }

    pub(super) async fn run(self, pipeline: Arc<Pipeline>, stop: Stop) {
        let table = match Table::new(&self.config) {
            Ok(table) => table,
            Err(trouble) => {
                self.health.fails(trouble.detail());
                return stop.delivering.cancelled().await;
            }
        };
        let stream = Arc::new(Stream {
            kind: StreamKind::Postgres,
            name: self.config.table.clone(),
            group: String::new(),
        });
        let woken = tokio::sync::Notify::new();
        let listen = wake::listen(table.address().clone(), self.config.table.clone(), &woken);
        let work = async {
            loop {
                let leases = Leases::new(&self, &table, stream.clone());
                if let End::Stopped = leases.run(&pipeline, &stop, &woken).await {
                    return;
                }
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_millis(ANEW_MS)) => {}
                    () = stop.delivering.cancelled() => return,
                }
            }
        };
        tokio::select! {
            () = work => {}
            never = listen => match never {},
        }
        table.close().await;
        self.metrics.forget(0);
    }
}

fn sentence(trouble: Trouble) -> String {
    trouble.detail().to_owned()
}
