//! The held-out payments over real connections, as card terminals would send them.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context as _;
use bytes::Bytes;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use tokio::task::JoinSet;

use super::files::{EXPECTED, HELDOUT};
use crate::http::client::Client;

/// Connections that send at once, each one request after the other.
const CONNECTIONS: usize = 16;

/// One payment's way.
pub struct Answered {
    /// The line in the held-out file, from 0.
    pub line: usize,
    pub took: Duration,
    /// The decision and the score, or the reason for the rejection.
    pub verdict: Result<(String, f64), String>,
}

/// The whole run.
pub struct Sent {
    pub answers: Vec<Answered>,
    pub took: Duration,
    /// XGBoost's own probability of each line; none for a spoilt one.
    pub expected: Vec<Option<f32>>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    score: Option<f64>,
    #[serde(default)]
    decision: Option<String>,
    #[serde(default)]
    error: Option<String>,
}

/// Sends every payment once.
pub async fn send(http: SocketAddr) -> anyhow::Result<Sent> {
    let payments: Arc<Vec<&str>> = Arc::new(HELDOUT.lines().collect());
    let bar = ProgressBar::new(payments.len() as u64).with_style(
        ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {per_sec}")
            .context("the progress bar's template")?,
    );
    bar.set_message("scoring payments");
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let mut senders = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (payments, next, bar) = (payments.clone(), next.clone(), bar.clone());
        let client = Client::connect(http).await?;
        senders.spawn(async move { send_some(client, &payments, &next, &bar).await });
    }
    let mut answers = Vec::with_capacity(payments.len());
    while let Some(some) = senders.join_next().await {
        answers.append(&mut some??);
    }
    let took = start.elapsed();
    bar.finish_and_clear();
    Ok(Sent {
        answers,
        took,
        expected: expected(),
    })
}

async fn send_some(
    mut client: Client,
    payments: &[&'static str],
    next: &AtomicUsize,
    bar: &ProgressBar,
) -> anyhow::Result<Vec<Answered>> {
    let mut answers = Vec::new();
    loop {
        let line = next.fetch_add(1, Ordering::Relaxed);
        let Some(payment) = payments.get(line) else {
            return Ok(answers);
        };
        let start = Instant::now();
        let headers = [("content-type", "application/json")];
        let (status, body) = client
            .post(
                "/pipelines/fraud/score",
                &headers,
                Bytes::from_static(payment.as_bytes()),
            )
            .await
            .with_context(|| format!("payment {line} was not answered"))?;
        let took = start.elapsed();
        let answer: Answer = serde_json::from_slice(&body)
            .with_context(|| format!("the answer {status} to payment {line} is no JSON"))?;
        let verdict = match answer {
            Answer {
                score: Some(score),
                decision: Some(decision),
                ..
            } => Ok((decision, score)),
            Answer {
                error: Some(error), ..
            } if status == 422 => Err(error),
            Answer { error, .. } => anyhow::bail!(
                "payment {line} was answered with {status}: {}",
                error.unwrap_or_default()
            ),
        };
        answers.push(Answered {
            line,
            took,
            verdict,
        });
        bar.inc(1);
    }
}

/// The second column of each line after the header.
fn expected() -> Vec<Option<f32>> {
    let lines = EXPECTED.lines().skip(1);
    lines
        .map(|line| line.split(',').nth(1)?.parse().ok())
        .collect()
}
