//! From the request for a rollback to the first event that the old release answered; and how long a release's way in takes, step by step.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use scoregate::release::Digest;
use scoregate_tests::{operator::Operator, plugins, servers::blocking::block_on};
use serde_json::Value;

use crate::{
    closed_loop::{Connection, Requests, on_a_thread},
    pairs::{Effort, Pairs},
    process::{AS_SCOREGATE, Server},
    sample::Sample,
    table::{Budget, Table},
};

const ROLLBACKS: usize = 100;
/// A rollback that nobody sees has failed.
const SEEN_MAX: Duration = Duration::from_secs(5);

pub fn run(sample: &Sample, effort: Effort, table: &mut Table) -> anyhow::Result<()> {
    let config = sample.config("rollback", "")?;
    let gateway = Server::start(&[AS_SCOREGATE, "serve", &config])?;
    let mut operator = Operator::at(gateway.admin);
    let first = block_on(operator.active("fraud"));
    let component = plugins::fraud_again("2");
    let added = block_on(operator.upload("fraud", &component)).json();
    let second = Digest::of(&component);
    let replaced = block_on(operator.replace("fraud", second));
    let mut took_ms = Vec::new();
    let mut answered = Pairs::default();
    for nth in 0..effort.pairs(ROLLBACKS) {
        let awaited = if nth % 2 == 0 { first } else { second };
        let requests = Requests::new("/pipelines/fraud/score", &sample.payments);
        let (http, admin) = (gateway.http, gateway.admin);
        let (rollback_ms, alone_ms) =
            on_a_thread(async move || one(http, admin, &requests, awaited).await)?;
        took_ms.push(rollback_ms);
        answered.push(rollback_ms, alone_ms);
    }
    took_ms.sort_unstable_by(f64::total_cmp);
    table.section("rollback: from the request to the first event answered by the release before");
    table.row(
        "to the first event by the old release",
        "ms",
        &answered,
        "one event",
        Budget::AtMost(10.0),
    );
    let worst = took_ms.last().copied().context("a rollback")?;
    let p95 = took_ms[took_ms.len() * 95 / 100];
    table.note(&format!(
        "of {}: p95 {p95:.1} ms, slowest {worst:.1} ms",
        took_ms.len()
    ));
    table.note(&format!(
        "a new release's way in, ms: {}",
        steps(&added["report"]["steps_ms"], &added["steps_ms"])
    ));
    table.note(&format!(
        "its replacement, ms: {}",
        steps(&replaced["steps_ms"], &Value::Null)
    ));
    Ok(())
}

/// Asks for the rollback in the middle of requests that go on one after the other.
async fn one(
    http: std::net::SocketAddr,
    admin: std::net::SocketAddr,
    requests: &Requests,
    awaited: Digest,
) -> anyhow::Result<(f64, f64)> {
    let mut connection = Connection::open(http).await?;
    let mut operator = Operator::at(admin);
    // Its connection is open before time counts.
    operator.slot("fraud").await;
    let mut alone = Vec::new();
    for at in 0..50 {
        let sent = Instant::now();
        connection.ask(requests.get(at)).await?;
        alone.push(sent.elapsed().as_secs_f64() * 1e3);
    }
    alone.sort_unstable_by(f64::total_cmp);
    let asked = Instant::now();
    let rollback = tokio::task::spawn_local(async move {
        operator.end("fraud", "rollback").await;
    });
    let awaited = format!("fraud@{awaited}");
    let mut at = 0;
    loop {
        anyhow::ensure!(
            connection.ask(requests.get(at)).await? == 200,
            "an event failed"
        );
        let body = std::str::from_utf8(connection.body())?;
        if body.contains(&awaited) {
            break;
        }
        anyhow::ensure!(asked.elapsed() < SEEN_MAX, "the rollback is not seen");
        at += 1;
    }
    let took = asked.elapsed().as_secs_f64() * 1e3;
    rollback.await?;
    Ok((took, alone[alone.len() / 2]))
}

/// Steps as an answer tells them, a list of name and milliseconds.
fn steps(first: &Value, otherwise: &Value) -> String {
    let steps = first.as_array().or(otherwise.as_array());
    let steps = steps.into_iter().flatten().map(|step| {
        let name = step[0].as_str().unwrap_or_default();
        format!("{name} {:.1}", step[1].as_f64().unwrap_or_default())
    });
    steps.collect::<Vec<_>>().join(", ")
}
