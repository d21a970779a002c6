//! Load at a rate that does not wait for answers: events come when they come.

use std::{
    cell::RefCell,
    collections::VecDeque,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use tokio::sync::Notify;

use crate::closed_loop::{Connection, Load, Requests, on_a_thread};

/// One stream of requests.
pub struct Stream {
    pub requests: Requests,
    pub per_second: f64,
    pub connections: usize,
}

/// Events that are due and not yet sent, with the moment they were due: waiting for a free connection counts as latency.
#[derive(Default)]
struct Due {
    since: RefCell<VecDeque<Instant>>,
    more: Notify,
    over: std::cell::Cell<bool>,
}

/// Sends each stream at its rate for so long; what each of them saw.
pub fn run(
    addr: SocketAddr,
    streams: Vec<Stream>,
    duration: Duration,
) -> anyhow::Result<Vec<(Load, Stream)>> {
    on_a_thread(async move || {
        let running: Vec<_> = streams
            .into_iter()
            .map(|stream| tokio::task::spawn_local(one(addr, stream, duration)))
            .collect();
        let mut results = Vec::new();
        for task in running {
            results.push(task.await??);
        }
        Ok(results)
    })
}

async fn one(
    addr: SocketAddr,
    stream: Stream,
    duration: Duration,
) -> anyhow::Result<(Load, Stream)> {
    let (due, stream) = (Rc::new(Due::default()), Rc::new(stream));
    let mut senders = Vec::new();
    for nth in 0..stream.connections {
        let connection = Connection::open(addr).await?;
        senders.push(tokio::task::spawn_local(send(
            connection,
            nth,
            due.clone(),
            stream.clone(),
        )));
    }
    let start = Instant::now();
    let mut sent = 0;
    let mut tick = tokio::time::interval(Duration::from_millis(1));
    while start.elapsed() < duration {
        tick.tick().await;
        let now = Instant::now();
        let wanted = (start.elapsed().as_secs_f64() * stream.per_second) as usize;
        for _ in sent..wanted {
            due.since.borrow_mut().push_back(now);
            due.more.notify_one();
        }
        sent = wanted;
    }
    due.over.set(true);
    due.more.notify_waiters();
    let mut load = Load::default();
    for sender in senders {
        due.more.notify_one();
        load.merge(sender.await??);
    }
    // To the last answer: what waited at the end is counted with the time that it took.
    load.finish(start);
    Ok((load, Rc::into_inner(stream).context("no sender is left")?))
}

async fn send(
    mut connection: Connection,
    nth: usize,
    due: Rc<Due>,
    stream: Rc<Stream>,
) -> anyhow::Result<Load> {
    let mut load = Load::default();
    let mut at = nth * 31;
    loop {
        let next = due.since.borrow_mut().pop_front();
        let Some(since) = next else {
            if due.over.get() {
                return Ok(load);
            }
            due.more.notified().await;
            continue;
        };
        let status = connection.ask(stream.requests.get(at)).await?;
        load.add(status, since);
        at += 1;
    }
}
