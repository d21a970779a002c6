//! How far two sides are apart.

use super::{Tally, latency::Histogram};
use crate::limits::TALLY_COMPARED_MIN_COUNT;

/// The Kolmogorov–Smirnov statistic of both sides' scores: the largest distance of their distributions, from 0 to 1. None while one side
/// has too few scores for it to mean anything.
pub fn drift(one: &Tally, other: &Tally) -> Option<f64> {
    let scores = |tally: &Tally| {
        let sample = tally.lock().scores.clone();
        let scores = sample.ascending();
        (scores.len() >= TALLY_COMPARED_MIN_COUNT).then_some(scores)
    };
    Some(distance(&scores(one)?, &scores(other)?))
}

/// How many times longer the candidate's 99th percentile is than that of the active side, over passes of as many events where both had
/// some: one of few events is shorter by itself, and a canary's are. None while there are too few, and of a shadow: what gives way to others
/// says nothing of how long those would wait for it.
pub fn latency_ratio(candidate: &Tally, active: &Tally) -> Option<f64> {
    if candidate.lock().comparison.status().is_some() {
        return None;
    }
    let latencies = |tally: &Tally| tally.lock().latencies.clone();
    let (candidate, active) = (latencies(candidate), latencies(active));
    let (mut sum, mut events) = (0.0, 0.0);
    for (candidate, active) in candidate.classes().iter().zip(active.classes()) {
        if let Some(ratio) = p99_ratio(candidate, active) {
            sum += ratio * candidate.count() as f64;
            events += candidate.count() as f64;
        }
    }
    if events > 0.0 {
        return Some(sum / events);
    }
    p99_ratio(&candidate.whole(), &active.whole())
}

fn p99_ratio(candidate: &Histogram, active: &Histogram) -> Option<f64> {
    let enough = |histogram: &&Histogram| histogram.count() >= TALLY_COMPARED_MIN_COUNT as u64;
    let p99_ms = |histogram| Some(histogram).filter(enough)?.quantile_ms(0.99);
    Some(p99_ms(candidate)? / p99_ms(active)?)
}

/// Of two ascending samples.
fn distance(one: &[f64], other: &[f64]) -> f64 {
    let (mut a, mut b, mut most) = (0, 0, 0.0_f64);
    while let (Some(x), Some(y)) = (one.get(a), other.get(b)) {
        // All that are equal are stepped over at once.
        let step = if x.total_cmp(y).is_le() { *x } else { *y };
        a += one[a..].iter().take_while(|score| **score <= step).count();
        b += other[b..]
            .iter()
            .take_while(|score| **score <= step)
            .count();
        let shares = (a as f64 / one.len() as f64, b as f64 / other.len() as f64);
        most = most.max((shares.0 - shares.1).abs());
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_is_that_of_the_distributions() {
        let evenly: Vec<f64> = (0..100).map(f64::from).collect();
        assert_eq!(distance(&evenly, &evenly), 0.0);
        let shifted: Vec<f64> = evenly.iter().map(|score| score + 25.0).collect();
        assert!((distance(&evenly, &shifted) - 0.25).abs() < 1e-9);
        assert!((distance(&shifted, &evenly) - 0.25).abs() < 1e-9);
        assert_eq!(distance(&[1.0, 2.0], &[3.0]), 1.0);
        // Ties count as one step.
        assert!((distance(&[0.0, 0.0, 0.0, 1.0], &[0.0, 1.0]) - 0.25).abs() < 1e-9);
        assert_eq!(distance(&[-0.0, 0.0], &[0.0]), 0.0);
    }
}
