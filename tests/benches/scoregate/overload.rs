//! Ten times what a pipeline can do: what it still does, and how long what it accepts takes.

use std::time::Duration;

use crate::{
    closed_loop::{self, Load, Requests},
    open_loop::{self, Stream},
    pairs::{Effort, Pairs},
    process::{AS_SCOREGATE, Server},
    sample::Sample,
    table::{Budget, Table},
};

const ROUND: Duration = Duration::from_millis(2_000);
const PAIRS: usize = 5;
/// Some milliseconds a row: ten times the peak, sent from the same machine, must take little of it.
const STEPS: i64 = 3_000_000;

pub fn run(sample: &Sample, effort: Effort, table: &mut Table) -> anyhow::Result<()> {
    let spin = "queue_max_events = 64\nbatch_max_events = 8";
    let config = sample.config_with_spin("overload", STEPS, spin)?;
    let gateway = Server::start(&[AS_SCOREGATE, "serve", &config])?;
    let requests = || Requests::new("/pipelines/spin/score", &sample.payments);
    // As many connections as the queue holds events keep it busy and are never refused.
    let peak =
        || -> anyhow::Result<Load> { Ok(closed_loop::run(gateway.http, requests(), 64, ROUND)?.0) };
    peak()?;
    let overload = |peak: f64| -> anyhow::Result<Load> {
        let stream = Stream {
            requests: requests(),
            per_second: peak * 10.0,
            connections: 512,
        };
        let loads = open_loop::run(gateway.http, vec![stream], ROUND)?;
        Ok(loads
            .into_iter()
            .next()
            .map(|(load, _)| load)
            .unwrap_or_default())
    };
    let (mut goodput, mut p99) = (Pairs::default(), Pairs::default());
    let (mut sent, mut refused) = (0, 0);
    for _ in 0..effort.pairs(PAIRS) {
        let bound = peak()?;
        let ours = overload(bound.per_second())?;
        goodput.push(ours.per_second(), bound.per_second());
        p99.push(ours.quantile_ms(0.99), bound.quantile_ms(0.99));
        refused += ours.refused;
        sent += ours.refused + ours.took_ns.len();
    }
    table.section("overload: ten times the peak");
    table.row(
        "goodput",
        "/s",
        &goodput,
        "the peak, queue full, none refused",
        Budget::RatioAtLeast(0.95),
    );
    table.row(
        "p99 of what was accepted",
        "ms",
        &p99,
        "the same",
        Budget::RatioAtMost(2.0),
    );
    table.note(&format!("{refused} of {sent} events were refused"));
    Ok(())
}
