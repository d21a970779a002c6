//! One event over HTTP, keep-alive: the gateway without sinks beside bare hyper that does the same natively.

use std::{net::SocketAddr, time::Duration};

use crate::{
    closed_loop::{self, Connection, Requests},
    pairs::{Effort, Pairs},
    process::{AS_NATIVE, AS_SCOREGATE, Server},
    sample::Sample,
    table::{Budget, Table},
};

const ROUND: Duration = Duration::from_millis(500);
const PAIRS: usize = 11;
const PATH: &str = "/pipelines/fraud/score";
const BOUND: &str = "bare hyper, natively";

/// One round against one server.
struct Round {
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    cpu_us: f64,
}

pub fn run(sample: &Sample, effort: Effort, table: &mut Table) -> anyhow::Result<()> {
    let config = sample.config("http", "")?;
    let gateway = Server::start(&[AS_SCOREGATE, "serve", &config])?;
    let native = Server::start(&[AS_NATIVE])?;
    same_answers(gateway.http, native.http, sample)?;
    table.section("http: one event a request, keep-alive");
    let mut requests = Requests::new(PATH, &sample.payments);
    for connections in [1, 16, 64, 256] {
        let (mut rate, mut p50, mut p99, mut cpu) = (
            Pairs::default(),
            Pairs::default(),
            Pairs::default(),
            Pairs::default(),
        );
        for round in 0..=effort.pairs(PAIRS) {
            let mut figures = [None, None];
            for side in if round % 2 == 0 { [0, 1] } else { [1, 0] } {
                let server = if side == 0 { &gateway } else { &native };
                let (figure, back) = measure(server, requests, connections)?;
                requests = back;
                figures[side] = Some(figure);
            }
            // The first pair only warms up.
            if let ([Some(ours), Some(bound)], 1..) = (figures, round) {
                rate.push(ours.per_second, bound.per_second);
                p50.push(ours.p50_ms, bound.p50_ms);
                p99.push(ours.p99_ms, bound.p99_ms);
                cpu.push(ours.cpu_us, bound.cpu_us);
            }
        }
        let one = connections == 1;
        let budget = |budget, of_one: bool| if one == of_one { budget } else { Budget::None };
        let what = |figure: &str| {
            format!(
                "{connections} connection{}: {figure}",
                if one { "" } else { "s" }
            )
        };
        table.row(
            &what("throughput"),
            "/s",
            &rate,
            BOUND,
            budget(Budget::RatioAtLeast(0.8), false),
        );
        table.row(
            &what("p50"),
            "ms",
            &p50,
            BOUND,
            budget(Budget::RatioAtMost(2.0), true),
        );
        table.row(
            &what("p99"),
            "ms",
            &p99,
            BOUND,
            budget(Budget::RatioAtMost(1.5), false),
        );
        table.row(
            &what("the server's CPU a request"),
            "µs",
            &cpu,
            BOUND,
            Budget::None,
        );
    }
    Ok(())
}

fn measure(
    server: &Server,
    requests: Requests,
    connections: usize,
) -> anyhow::Result<(Round, Requests)> {
    let before = server.cpu_seconds()?;
    let (load, requests) = closed_loop::run(server.http, requests, connections, ROUND)?;
    let cpu = server.cpu_seconds()? - before;
    anyhow::ensure!(load.refused == 0, "{} requests were refused", load.refused);
    let round = Round {
        per_second: load.per_second(),
        p50_ms: load.quantile_ms(0.50),
        p99_ms: load.quantile_ms(0.99),
        cpu_us: cpu * 1e6 / load.took_ns.len() as f64,
    };
    Ok((round, requests))
}

/// The bound does the same work, or it is none.
fn same_answers(gateway: SocketAddr, native: SocketAddr, sample: &Sample) -> anyhow::Result<()> {
    let requests = Requests::new(PATH, &sample.payments);
    closed_loop::on_a_thread(async move || {
        let (mut ours, mut theirs) = (
            Connection::open(gateway).await?,
            Connection::open(native).await?,
        );
        for at in 0..100 {
            let mut answers = Vec::new();
            for connection in [&mut ours, &mut theirs] {
                let status = connection.ask(requests.get(at)).await?;
                let mut answer: serde_json::Value = serde_json::from_slice(connection.body())?;
                for own in ["event_id", "release"] {
                    answer[own] = answer[own].is_null().into();
                }
                answers.push((status, answer));
            }
            anyhow::ensure!(answers[0] == answers[1], "the answers differ: {answers:?}");
        }
        Ok(())
    })
}
