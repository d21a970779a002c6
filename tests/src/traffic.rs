//! Callers that score payments one after the other until they are told to stop. Every answer must be right, whichever release gave it.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::task::JoinHandle;

use crate::{
    client::Client,
    gateway::Gateway,
    payments::{self, Expected, assert_scored},
    servers::eventually_async,
};

/// See the module. It must be [ended](Self::end): only then is it known that nothing went wrong.
pub struct Traffic {
    shared: Arc<Shared>,
    callers: Vec<JoinHandle<BTreeSet<String>>>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    answered: AtomicU64,
}

/// Longer than a busy machine needs for a few answers.
const ANSWERS_MAX: Duration = Duration::from_secs(30);

impl Traffic {
    /// So many callers, each with a connection of its own, of a gateway that serves the sample pipeline.
    pub fn begin(gateway: &Gateway, callers: usize) -> Self {
        let shared = Arc::new(Shared::default());
        let begin = |nth| tokio::spawn(call(gateway.client(), nth, callers, Arc::clone(&shared)));
        Self {
            callers: (0..callers).map(begin).collect(),
            shared,
        }
    }

    /// Waits until so many more requests were answered.
    pub async fn goes_on(&self, requests: u64) {
        let answered = || self.shared.answered.load(Ordering::Relaxed);
        let until = answered() + requests;
        eventually_async(ANSWERS_MAX, "callers are answered", async || {
            answered() >= until
        })
        .await;
    }

    /// Ends it, and returns the releases that answered: the JSON of each pair of them.
    pub async fn end(self) -> BTreeSet<String> {
        self.shared.stop.store(true, Ordering::Relaxed);
        let mut releases = BTreeSet::new();
        for caller in self.callers {
            releases.extend(caller.await.expect("every answer was right"));
        }
        releases
    }
}

async fn call(
    mut client: Client,
    caller: usize,
    callers: usize,
    shared: Arc<Shared>,
) -> BTreeSet<String> {
    let mut releases = BTreeSet::new();
    let valid: Vec<_> = payments::heldout().iter().filter_map(scored).collect();
    for nth in 0.. {
        let (json, margin, probability) = valid[(nth * callers + caller) % valid.len()];
        // Some by many, some by one: both travel through the same queue.
        let answer = if nth % 4 == 0 {
            let lines = format!("{json}\n{json}\n{json}");
            let reply = client.score_lines("fraud", lines).await;
            assert_eq!(reply.status, 200, "{reply:?}");
            reply.lines().pop().expect("three lines")
        } else {
            let reply = client.score("fraud", json).await;
            assert_eq!(reply.status, 200, "{reply:?}");
            reply.json()
        };
        assert_scored(&answer, margin, probability);
        releases.insert(answer["release"].to_string());
        shared.answered.fetch_add(1, Ordering::Relaxed);
        if shared.stop.load(Ordering::Relaxed) {
            break;
        }
    }
    releases
}

fn scored(payment: &'static payments::Payment) -> Option<(&'static str, f32, f32)> {
    match payment.expected {
        Expected::Scored {
            margin,
            probability,
        } => Some((payment.json, margin, probability)),
        Expected::Rejected { .. } => None,
    }
}
