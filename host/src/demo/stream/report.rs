//! What the demo found in the topic and in the table, held against what was sent.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

use super::{
    names::{Names, TABLE_PIPELINE},
    watch::{Seen, Watched},
};
use crate::{
    config::{KafkaClient, KafkaTopic},
    kafka::TopicReader,
    output::line,
    sink,
};

/// What of a decision is counted.
#[derive(Deserialize)]
struct Decision {
    decision: Option<String>,
    output: Output,
}

#[derive(Deserialize)]
struct Output {
    payment_id: String,
}

/// The decisions of the topic.
#[derive(Default)]
struct Found {
    records: u64,
    ids: HashSet<String>,
    decisions: BTreeMap<String, u64>,
}

/// Prints the table.
///
/// # Errors
/// A decision is missing or there twice: the demo fails.
pub async fn print(client: &KafkaClient, names: &Names, watched: &Watched) -> anyhow::Result<()> {
    let seconds = watched.took.as_secs_f64();
    for (name, seen) in &watched.pipelines {
        line(format_args!(
            "{name:<12} {:>8} payments in {seconds:.1} s, {:.0}/s: {} scored, {} dead letters",
            seen.done(),
            seen.done() as f64 / seconds,
            seen.scored(),
            seen.dead_letters
        ))?;
    }
    let topic = KafkaTopic {
        client: client.clone(),
        topic: names.decisions.clone(),
    };
    let found = decisions(topic).await?;
    for (decision, count) in &found.decisions {
        line(format_args!("  {decision:<10} {count:>8}"))?;
    }
    let expected = watched.pipelines.values().next().map_or(0, Seen::scored);
    let doubled = found.records - found.ids.len() as u64;
    line(format_args!(
        "topic        {:>8} decisions in `{}`, {doubled} of them twice, {} missing",
        found.records,
        names.decisions,
        expected.saturating_sub(found.ids.len() as u64)
    ))?;
    anyhow::ensure!(
        doubled == 0 && found.records == expected,
        "the topic does not hold each decision once"
    );
    if let Some(table) = names.scores() {
        let rows = sink::postgres::count(&table, TABLE_PIPELINE).await?;
        line(format_args!(
            "table        {rows:>8} rows in `{}`, {} missing",
            table.table,
            expected.saturating_sub(rows)
        ))?;
        anyhow::ensure!(
            rows == expected,
            "the table does not hold each decision once"
        );
    }
    Ok(())
}

async fn decisions(topic: KafkaTopic) -> anyhow::Result<Found> {
    let reading = tokio::task::spawn_blocking(move || {
        let mut found = Found::default();
        let reader = TopicReader::new(&topic, "scoregate.demo")?;
        let read = reader.read_all(|value| {
            found.records += 1;
            if let Ok(decision) = serde_json::from_slice::<Decision>(value) {
                found.ids.insert(decision.output.payment_id);
                *found
                    .decisions
                    .entry(decision.decision.unwrap_or_default())
                    .or_default() += 1;
            }
        });
        read.map(|()| found)
    });
    Ok(reading.await??)
}
