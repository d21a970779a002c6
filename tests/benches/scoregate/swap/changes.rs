//! Swaps of model and adapter at full load over HTTP, beside a pipeline from topic to topic that shares both slots.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use scoregate_tests::{
    flow::{Destination, Flow, Pace},
    servers::{Kafka, blocking::block_on, records::read_committed},
    streams,
    swaps::{NeverTogether, Swaps},
};

use crate::{
    closed_loop::{self, Load, Requests},
    pairs::{Effort, Pairs},
    process::{AS_SCOREGATE, Server},
    sample::Sample,
    table::{Budget, Table},
};

const CONNECTIONS: usize = 16;
const PAIRS: usize = 10;
/// A thousand in all of a quick run.
const SWAPS_A_ROUND: usize = 100;
const ROUND: Duration = Duration::from_secs(4);
/// After so many the process has all that swaps need.
const SETTLED_AFTER: usize = 50;
/// What the stream gets, each tenth of a second.
const FED: usize = 100;
const DONE_MAX: Duration = Duration::from_secs(120);

/// The same two slots, asked over HTTP.
const ONLINE: &str = r#"
[pipelines.online]
adapter = "payments"
model = "fraud"
[[pipelines.online.sources]]
kind = "http"
"#;

struct Rig<'s> {
    gateway: Server,
    sample: &'s Sample,
    swaps: Swaps,
    never: NeverTogether,
    /// Bytes of memory after [`SETTLED_AFTER`] swaps.
    settled_bytes: Option<u64>,
}

pub fn run(sample: &Sample, effort: Effort, table: &mut Table) -> anyhow::Result<()> {
    let kafka = Kafka::start();
    let flow = Flow::new(&kafka, Destination::topics(&kafka), 5, Pace::default());
    let folder = streams::folder(&format!("{}{ONLINE}", flow.config("swap")));
    let config = folder.config().display().to_string();
    let gateway = Server::start(&[AS_SCOREGATE, "serve", &config])?;
    let swaps = block_on(Swaps::prepare(gateway.admin));
    let never = swaps.never_together();
    let mut rig = Rig {
        gateway,
        sample,
        swaps,
        never,
        settled_bytes: None,
    };
    let over = AtomicBool::new(false);
    let (paced, unpaced) = thread::scope(|scope| {
        scope.spawn(|| feed(&flow, &over));
        let measured = rig.measure(effort);
        over.store(true, Ordering::Relaxed);
        measured
    })?;
    let now_bytes = rig.gateway.memory_bytes()?;
    flow.wait_until_done(DONE_MAX);
    flow.verdict().assert_exactly_once();
    let decided = rig.no_torn_record(&flow, &kafka)?;
    table.section("swaps of model and adapter, at full load over HTTP and with a stream between topics on the same slots");
    let at = format!("p99, {} swaps/s", SWAPS_A_ROUND as u64 / ROUND.as_secs());
    table.row(&at, "ms", &paced, "no swaps", Budget::RatioAtMost(1.2));
    table.row(
        "p99, one swap after the other",
        "ms",
        &unpaced.0,
        "no swaps",
        Budget::None,
    );
    let mut memory = Pairs::default();
    let settled = rig.settled_bytes.context("fewer swaps than were planned")?;
    memory.push(mb(now_bytes), mb(settled));
    table.row(
        "memory at the end",
        "MB",
        &memory,
        &format!("after {SETTLED_AFTER} swaps"),
        Budget::RatioAtMost(1.1),
    );
    table.note(&format!(
        "{} swaps, {} of them one after the other at {:.0}/s; every request answered, by releases that served together; {decided} records of the topic decided exactly once",
        rig.swaps.made(), unpaced.1, unpaced.1 as f64 / ROUND.as_secs_f64(),
    ));
    Ok(())
}

/// A stream that never ends.
fn feed(flow: &Flow, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        let next = Instant::now() + Duration::from_millis(100);
        flow.send(FED);
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

impl Rig<'_> {
    /// p99 of rounds with paced swaps, and of one with as many as can be made, with their number.
    fn measure(&mut self, effort: Effort) -> anyhow::Result<(Pairs, (Pairs, usize))> {
        self.round(None)?;
        let (mut paced, mut unpaced) = (Pairs::default(), Pairs::default());
        for nth in 0..effort.pairs(PAIRS) {
            let each = ROUND / SWAPS_A_ROUND as u32;
            let (bound, ours) = if nth % 2 == 0 {
                let bound = self.round(None)?;
                (bound, self.round(Some(each))?)
            } else {
                let ours = self.round(Some(each))?;
                (self.round(None)?, ours)
            };
            paced.push(ours.quantile_ms(0.99), bound.quantile_ms(0.99));
        }
        let made = self.swaps.made();
        let ours = self.round(Some(Duration::ZERO))?;
        unpaced.push(ours.quantile_ms(0.99), self.round(None)?.quantile_ms(0.99));
        Ok((paced, (unpaced, self.swaps.made() - made)))
    }

    /// A round of full load; a swap each so often.
    fn round(&mut self, each: Option<Duration>) -> anyhow::Result<Load> {
        let never = self.never.clone();
        let whole =
            move |body: &[u8]| std::str::from_utf8(body).is_ok_and(|body| !never.are_in(body));
        let requests = Requests::new("/pipelines/online/score", &self.sample.payments);
        let requests = requests.checked(Arc::new(whole));
        let http = self.gateway.http;
        let load = thread::scope(|scope| {
            let load = scope.spawn(move || closed_loop::run(http, requests, CONNECTIONS, ROUND));
            if let Some(each) = each {
                self.swap(each)?;
            }
            let load = load.join();
            load.map_err(|_| anyhow::anyhow!("the load generator panicked"))?
        })?;
        let load = load.0;
        anyhow::ensure!(
            load.refused == 0,
            "{} requests failed, or were answered by releases that never served together",
            load.refused
        );
        Ok(load)
    }

    fn swap(&mut self, each: Duration) -> anyhow::Result<()> {
        let start = Instant::now();
        let mut due = start;
        // The last of a round ends within it.
        while due < start + ROUND && start.elapsed() < ROUND {
            block_on(self.swaps.next());
            if self.swaps.made() == SETTLED_AFTER {
                self.settled_bytes = Some(self.gateway.memory_bytes()?);
            }
            due += each;
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        Ok(())
    }

    /// How many records came out, none of them by releases that never served together.
    fn no_torn_record(&self, flow: &Flow, kafka: &Kafka) -> anyhow::Result<usize> {
        let Destination::Topics { outcomes, .. } = &flow.destination else {
            anyhow::bail!("the stream goes to topics");
        };
        let records = read_committed(&kafka.client(), outcomes);
        let torn = records.iter().filter(|record| {
            let of = |name| record.header(name);
            self.never
                .are(of("scoregate-adapter"), of("scoregate-model"))
        });
        let torn = torn.count();
        anyhow::ensure!(
            torn == 0,
            "{torn} records are of releases that never served together"
        );
        Ok(records.len())
    }
}

fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
