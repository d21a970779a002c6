//! How far a program has come, seen from outside.

use std::time::{Duration, Instant};

use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
};
use sqlx::{Connection as _, PgConnection};
use tokio::runtime::{self, Runtime};

use super::PARTITIONS;

const EVERY: Duration = Duration::from_millis(20);
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// A run that takes longer has met a bug.
const RUN_MAX: Duration = Duration::from_secs(300);

/// What counts as done.
pub enum Progress {
    /// Records in a topic without transactions.
    Records(BaseConsumer, String),
    /// Offsets that a group has committed of a topic.
    Committed(BaseConsumer, String),
    /// Rows of the scores table.
    Rows(Runtime, PgConnection),
}

impl Progress {
    pub fn records(client: &ClientConfig, topic: &str) -> anyhow::Result<Self> {
        Ok(Self::Records(client.create()?, topic.to_owned()))
    }

    pub fn committed(client: &ClientConfig, group: &str, topic: &str) -> anyhow::Result<Self> {
        let consumer = client.clone().set("group.id", group).create()?;
        Ok(Self::Committed(consumer, topic.to_owned()))
    }

    pub fn rows(url: &str) -> anyhow::Result<Self> {
        // A connection lives on the runtime that made it.
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let connection = runtime.block_on(PgConnection::connect(url))?;
        Ok(Self::Rows(runtime, connection))
    }

    fn now(&mut self) -> anyhow::Result<i64> {
        match self {
            Self::Records(consumer, topic) => (0..PARTITIONS)
                .map(|partition| Ok(consumer.fetch_watermarks(topic, partition, ANSWER_MAX)?.1))
                .sum(),
            Self::Committed(consumer, topic) => {
                let mut list = TopicPartitionList::new();
                list.add_partition_range(topic, 0, PARTITIONS - 1);
                let list = consumer.committed_offsets(list, ANSWER_MAX)?;
                let offsets = list
                    .elements()
                    .into_iter()
                    .map(|element| match element.offset() {
                        Offset::Offset(offset) => offset,
                        _ => 0,
                    });
                Ok(offsets.sum())
            }
            Self::Rows(runtime, connection) => {
                // Before the gateway has made the table there is nothing.
                let sql = "SELECT coalesce(sum(next_offset), 0)::bigint FROM scoregate_offsets";
                let asked = sqlx::query_scalar::<_, i64>(sql).fetch_one(connection);
                let rows = runtime.block_on(asked);
                Ok(rows.unwrap_or(0))
            }
        }
    }

    /// Records a second between the first tenth and the last of `count`: what starting takes is not in it.
    pub fn rate(mut self, count: i64) -> anyhow::Result<f64> {
        let deadline = Instant::now() + RUN_MAX;
        let mut first = None;
        loop {
            let done = self.now()?;
            let at = Instant::now();
            match first {
                None if done >= count / 10 => first = Some((at, done)),
                Some((start, before)) if done >= count => {
                    let seconds = (at - start).as_secs_f64();
                    return Ok((count - before) as f64 / seconds);
                }
                _ => {}
            }
            anyhow::ensure!(
                at < deadline,
                "{done} of {count} records were done when the time was over"
            );
            std::thread::sleep(EVERY);
        }
    }
}
