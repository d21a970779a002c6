//! A shadow that scores every event once more, beside none, at half of what the pipeline can do.

use std::time::Duration;

use scoregate_tests::{operator::Operator, plugins, servers::blocking::block_on};
use serde_json::{Value, json};

use crate::{
    closed_loop::{self, Load, Requests},
    open_loop::{self, Stream},
    pairs::{Effort, Pairs},
    process::{AS_SCOREGATE, Server},
    sample::Sample,
    table::{Budget, Table},
};

const ROUND: Duration = Duration::from_secs(2);
const CONNECTIONS: usize = 64;
const PAIRS: usize = 10;

pub fn run(sample: &Sample, effort: Effort, table: &mut Table) -> anyhow::Result<()> {
    let config = sample.config("shadow", "")?;
    let gateway = Server::start(&[AS_SCOREGATE, "serve", &config])?;
    let requests = || Requests::new("/pipelines/fraud/score", &sample.payments);
    let mut capacity = 0.0;
    // The first round warms up.
    for _ in 0..2 {
        capacity = closed_loop::run(gateway.http, requests(), CONNECTIONS, ROUND)?
            .0
            .per_second();
    }
    let mut operator = Operator::at(gateway.admin);
    let changed = plugins::fraud_with_one_tree_changed();
    let release = block_on(operator.add("fraud", &changed));
    let round = || -> anyhow::Result<Load> {
        let stream = Stream {
            requests: requests(),
            per_second: capacity / 2.0,
            connections: CONNECTIONS,
        };
        let loads = open_loop::run(gateway.http, vec![stream], ROUND)?;
        let load = loads.into_iter().next().map(|(load, _)| load);
        let load = load.unwrap_or_default();
        anyhow::ensure!(load.refused == 0, "{} events failed", load.refused);
        Ok(load)
    };
    let (mut p99, mut p50) = (Pairs::default(), Pairs::default());
    let mut seen = Value::Null;
    for _ in 0..effort.pairs(PAIRS) {
        let bound = round()?;
        block_on(operator.roll_out(
            "fraud",
            release,
            json!({ "strategy": "shadow", "percent": 100 }),
        ));
        let ours = round()?;
        seen = block_on(operator.slot("fraud"))["rollout"]["pipelines"][0].take();
        block_on(operator.end("fraud", "abort"));
        p99.push(ours.quantile_ms(0.99), bound.quantile_ms(0.99));
        p50.push(ours.quantile_ms(0.50), bound.quantile_ms(0.50));
    }
    table.section(
        "shadow: every event scored once more by a release with one changed tree, at half load",
    );
    table.row(
        "p99 of the answers",
        "ms",
        &p99,
        "no shadow",
        Budget::RatioAtMost(1.2),
    );
    table.row("p50", "ms", &p50, "no shadow", Budget::None);
    let shadow = &seen["candidate"]["shadow"];
    table.note(&format!(
        "at {:.0} events/s, half of {capacity:.0}; of the last round {} were compared and {} left out: {} scores and {} decisions differ",
        capacity / 2.0, shadow["compared_events"], shadow["left_out_events"], shadow["scores_differ"], shadow["decisions_differ"],
    ));
    Ok(())
}
