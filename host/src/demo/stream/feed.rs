//! Card payments into a topic, as fast as it takes them: the held-out ones over and over, each time with ids of their own.

use std::time::Duration;

use anyhow::Context as _;
use tokio::task::JoinHandle;

use crate::{
    clock::now_ms,
    config::KafkaClient,
    demo::files::HELDOUT,
    kafka::{Producer, Record, Unsent, Use},
};

/// Records that are waited for together.
const GROUP: u64 = 2_000;
/// Until librdkafka has room again.
const FULL_PAUSE: Duration = Duration::from_millis(1);

/// The task that sends.
pub struct Feed(JoinHandle<anyhow::Result<()>>);

impl Feed {
    /// Begins to send so many payments.
    pub fn start(client: &KafkaClient, topic: &str, count: u64) -> anyhow::Result<Self> {
        let producer = Producer::new(client, "scoregate-demo", Use::AtLeastOnce)?;
        let topic = topic.to_owned();
        Ok(Self(tokio::spawn(async move {
            let payments: Vec<&str> = HELDOUT.lines().collect();
            for first in (0..count).step_by(GROUP as usize) {
                let nths = first..(first + GROUP).min(count);
                send(&producer, &topic, &payments, nths).await?;
            }
            // It ends a thread of librdkafka, and waits for that.
            tokio::task::spawn_blocking(move || drop(producer)).await?;
            Ok(())
        })))
    }

    /// Waits until the topic has all of them.
    pub async fn ended(self) -> anyhow::Result<()> {
        self.0.await?
    }
}

async fn send(
    producer: &Producer,
    topic: &str,
    payments: &[&str],
    nths: std::ops::Range<u64>,
) -> anyhow::Result<()> {
    let call = producer.open_call();
    for nth in nths {
        let payment = payments[nth as usize % payments.len()];
        let value = with_id(payment, nth);
        loop {
            let record = Record {
                key: Some(card(payment).as_bytes()),
                value: Some(value.as_bytes()),
                headers: Default::default(),
                timestamp_ms: now_ms(),
            };
            match producer.send(&call, nth as usize, topic, record) {
                Ok(()) => break,
                Err((Unsent::Full, _)) => tokio::time::sleep(FULL_PAUSE).await,
                Err((unsent, _)) => {
                    anyhow::bail!("topic `{topic}` takes no payments: {unsent:?}");
                }
            }
        }
    }
    let failed = call.finish().await;
    let first = failed.first().map(|failed| failed.code);
    first.map_or(Ok(()), |code| {
        Err(code).with_context(|| format!("topic `{topic}` did not take {} payments", failed.len()))
    })
}

/// The payment with an id of its own. Some held-out payments are spoilt, and stay so.
fn with_id(payment: &str, nth: u64) -> String {
    match payment.split_once(',') {
        Some((id, rest)) if id.starts_with("{\"payment_id\":") => {
            format!("{{\"payment_id\":\"demo_{nth:08}\",{rest}")
        }
        _ => payment.to_owned(),
    }
}

/// The payment's card: payments of one card stay in their order.
fn card(payment: &str) -> &str {
    let after = payment.split("\"card_id\":\"").nth(1);
    after
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_default()
}
