//! A pipeline under half its capacity, alone and beside one whose model loops to its deadline of 50 ms.

use std::time::Duration;

use scoregate_tests::spin_model;

use crate::{
    closed_loop::{self, Load, Requests},
    open_loop::{self, Stream},
    pairs::{Effort, Pairs},
    process::{AS_SCOREGATE, Server},
    sample::Sample,
    table::{Budget, Table},
};

const ROUND: Duration = Duration::from_millis(2_000);
const CONNECTIONS: usize = 64;
const PAIRS: usize = 5;

pub fn run(sample: &Sample, effort: Effort, table: &mut Table) -> anyhow::Result<()> {
    // A breaker that opens would spare the neighbours; the worst is that it does not.
    let config = sample.config_with_spin(
        "neighbour",
        spin_model::FOREVER,
        "breaker_max_faults = 1000000",
    )?;
    let gateway = Server::start(&[AS_SCOREGATE, "serve", &config])?;
    let requests = || Requests::new("/pipelines/fraud/score", &sample.payments);
    let capacity = capacity(&gateway, requests)?;
    table.section("neighbour: a good pipeline at half its capacity, beside one that loops to its deadline of 50 ms");
    for calls in [20.0, 60.0] {
        let good = || Stream {
            requests: requests(),
            per_second: capacity / 2.0,
            connections: CONNECTIONS,
        };
        let mut worst = Pairs::default();
        let mut looped = 0;
        let with_neighbour = || {
            let bad = Stream {
                requests: Requests::new("/pipelines/spin/score", &sample.payments),
                per_second: calls,
                connections: 256,
            };
            let loads = open_loop::run(gateway.http, vec![good(), bad], ROUND)?;
            looped += loads[1].0.refused;
            // What is left of the neighbour must not reach into the next round.
            std::thread::sleep(Duration::from_millis(200));
            Ok(first(loads))
        };
        let alone = || {
            let loads = open_loop::run(gateway.http, vec![good()], ROUND)?;
            Ok(first(loads))
        };
        let (p99, p50) = both(effort.pairs(PAIRS), with_neighbour, alone, &mut worst)?;
        let budget = if calls == 20.0 {
            Budget::TimesPlus(2.0, 4.0)
        } else {
            Budget::RatioAtMost(2.0)
        };
        for (what, pairs, budget) in [
            ("the good pipeline's p99", &p99, budget),
            ("its p50", &p50, Budget::None),
            ("its slowest", &worst, Budget::None),
        ] {
            table.row(
                &format!("{calls} calls/s: {what}"),
                "ms",
                pairs,
                "alone",
                budget,
            );
        }
        table.note(&format!("at {:.0} events/s, half of {capacity:.0}; no event of it failed; {looped} calls of the neighbour ended at their deadline", capacity / 2.0));
    }
    Ok(())
}

/// Events a second, after a round to warm up.
fn capacity(gateway: &Server, requests: impl Fn() -> Requests) -> anyhow::Result<f64> {
    let mut capacities = Vec::new();
    for _ in 0..4 {
        let round = Duration::from_millis(700);
        let (load, _) = closed_loop::run(gateway.http, requests(), CONNECTIONS, round)?;
        capacities.push(load.per_second());
    }
    Ok(capacities[1..].iter().sum::<f64>() / 3.0)
}

fn first<T>(loads: Vec<(Load, T)>) -> Load {
    let first = loads.into_iter().next();
    first.map(|(load, _)| load).unwrap_or_default()
}

fn both(
    count: usize,
    mut with_neighbour: impl FnMut() -> anyhow::Result<Load>,
    mut alone: impl FnMut() -> anyhow::Result<Load>,
    worst: &mut Pairs,
) -> anyhow::Result<(Pairs, Pairs)> {
    let (mut p99, mut p50) = (Pairs::default(), Pairs::default());
    for _ in 0..count {
        let (bound, ours) = (alone()?, with_neighbour()?);
        for load in [&bound, &ours] {
            anyhow::ensure!(
                load.refused == 0,
                "{} events of the good pipeline failed",
                load.refused
            );
        }
        p99.push(ours.quantile_ms(0.99), bound.quantile_ms(0.99));
        p50.push(ours.quantile_ms(0.50), bound.quantile_ms(0.50));
        worst.push(ours.quantile_ms(1.0), bound.quantile_ms(1.0));
    }
    Ok((p99, p50))
}
