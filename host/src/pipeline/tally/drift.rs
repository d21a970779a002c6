//! How far two sides are apart.

use super::Tally;
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

/// How many times longer the candidate's 99th percentile is than that of the active side, over passes of as many events: one of few events is
/// shorter by itself, and a canary has fewer. None while there are too few of these. What a shadow takes is no latency of anybody.
pub fn latency_ratio(candidate: &Tally, active: &Tally) -> Option<f64> {
    let latencies = |tally: &Tally| tally.lock().latencies.clone();
    let (candidate, active) = (latencies(candidate), latencies(active));
    let classes = candidate.classes().iter().zip(active.classes());
    let (mut sum, mut weight) = (0.0, 0.0);
    for (candidate, active) in classes {
        if candidate.count().min(active.count()) < TALLY_COMPARED_MIN_COUNT as u64 {
            continue;
        }
        let p99s = candidate.quantile_ms(0.99).zip(active.quantile_ms(0.99));
        if let Some((candidate_ms, active_ms)) = p99s {
            let events = candidate.count() as f64;
            sum += candidate_ms / active_ms * events;
            weight += events;
        }
    }
    if weight > 0.0 {
        return Some(sum / weight);
    }
    let (candidate, active) = (candidate.whole(), active.whole());
    let enough = candidate.count().min(active.count()) >= TALLY_COMPARED_MIN_COUNT as u64;
    let p99s = candidate.quantile_ms(0.99).zip(active.quantile_ms(0.99));
    p99s.filter(|_| enough)
        .map(|(candidate_ms, active_ms)| candidate_ms / active_ms)
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
