//! What the demo tells at its end.

use std::{collections::BTreeMap, net::SocketAddr, path::Path, time::Duration};

use crate::output::line;

use super::{
    files::{DECLINE_ABOVE, HELDOUT},
    traffic::Sent,
};

/// Reasons shown of those why payments were rejected.
const REASONS_MAX_COUNT: usize = 6;

/// Prints the table.
pub fn print(sent: &Sent) -> anyhow::Result<()> {
    let mut decisions: BTreeMap<&str, usize> = BTreeMap::new();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for answer in &sent.answers {
        match &answer.verdict {
            Ok((decision, _)) => *decisions.entry(decision).or_default() += 1,
            Err(reason) => *reasons.entry(field(reason)).or_default() += 1,
        }
    }
    let rejected: usize = reasons.values().sum();
    let mut took: Vec<Duration> = sent.answers.iter().map(|answer| answer.took).collect();
    took.sort_unstable();
    line(format_args!("payments   {:>6}", sent.answers.len()))?;
    for (decision, count) in &decisions {
        line(format_args!("  {decision:<9}{count:>6}"))?;
    }
    line(format_args!(
        "  {:<9}{rejected:>6}  {}",
        "rejected",
        told(&reasons)
    ))?;
    let rate = sent.answers.len() as f64 / sent.took.as_secs_f64();
    line(format_args!(
        "rate       {rate:>6.0}  payments/s, each a request of its own and a row on disk before its answer"
    ))?;
    line(format_args!(
        "latency    {:>6.2}  ms p50, {:.2} ms p99",
        ms(quantile(&took, 0.50)),
        ms(quantile(&took, 0.99))
    ))?;
    print_agreement(sent)
}

/// Decisions and scores beside what XGBoost itself says of the same payments.
fn print_agreement(sent: &Sent) -> anyhow::Result<()> {
    let (mut compared, mut same_decision, mut same_score) = (0, 0, 0);
    for answer in &sent.answers {
        let expected = sent.expected.get(answer.line).copied().flatten();
        if let (Ok((decision, score)), Some(expected)) = (&answer.verdict, expected) {
            compared += 1;
            let label = f64::from(expected) > DECLINE_ABOVE;
            same_decision += usize::from(label == (decision == "decline"));
            same_score += usize::from((*score as f32).to_bits() == expected.to_bits());
        }
    }
    line(format_args!(
        "agreement  {same_decision:>6}  of {compared} decisions as XGBoost's own label says, {same_score} scores bit for bit"
    ))
}

/// What its user can do next.
pub fn print_next_steps(dir: &Path, http: SocketAddr, admin: SocketAddr) -> anyhow::Result<()> {
    let payment = HELDOUT.lines().next().unwrap_or_default();
    line(format_args!(
        "\nScoring at http://{http}/pipelines/fraud/score, operators at http://{admin}/v1/pipelines. Try:\n"
    ))?;
    line(format_args!(
        "curl -d '{payment}' http://{http}/pipelines/fraud/score"
    ))?;
    line(format_args!(
        "sqlite3 {} \"SELECT decision, count(*), avg(score) FROM scores GROUP BY decision\"",
        dir.join("scores.db").display()
    ))
}

/// The adapter's reasons begin with the field.
fn field(reason: &str) -> &str {
    reason.split_once(':').map_or(reason, |(field, _)| field)
}

/// The commonest reasons, such as `amount 12, currency 9`.
fn told(reasons: &BTreeMap<&str, usize>) -> String {
    let mut sorted: Vec<_> = reasons.iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let shown = sorted.iter().take(REASONS_MAX_COUNT);
    let mut text: Vec<String> = shown
        .map(|(field, count)| format!("{field} {count}"))
        .collect();
    let more: usize = sorted
        .iter()
        .skip(REASONS_MAX_COUNT)
        .map(|(_, count)| **count)
        .sum();
    if more > 0 {
        text.push(format!("other fields {more}"));
    }
    text.join(", ")
}

fn quantile(sorted: &[Duration], q: f64) -> Duration {
    let at = (sorted.len() as f64 * q) as usize;
    sorted
        .get(at.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
