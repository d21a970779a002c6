//! What a shadow answers beside what was answered: how many differ, and the largest differences for reading.

use serde::{Deserialize, Serialize};

use crate::{
    event::{Outcome, Refusal},
    limits::DIFFERENCES_MAX_COUNT,
};

/// What one side says of an event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    pub score: Option<f64>,
    pub decision: Option<String>,
    /// It has no outcome: the adapter rejects the event, or the model refuses its input.
    pub rejected: bool,
}

/// An event that both sides answered, differently.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShadowDifference {
    pub event_id: String,
    /// None where one side alone has a score.
    pub score_difference: Option<f64>,
    pub active: Reply,
    pub candidate: Reply,
}

/// What a shadow's comparison has found so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ShadowStatus {
    /// Events that both sides answered.
    pub compared_events: u64,
    /// Events that were to be compared, and for which there was no capacity left.
    pub left_out_events: u64,
    pub scores_differ: u64,
    /// Rejected by one side alone counts as another decision.
    pub decisions_differ: u64,
    /// The largest differences first: of the score, one without a score before all others, and last those of the decision alone.
    pub largest: Vec<ShadowDifference>,
}

/// See the module.
#[derive(Default)]
pub struct Comparison(ShadowStatus);

impl Reply {
    /// Whether a verdict says anything of the event itself.
    pub fn is_in(verdict: &Result<Outcome, Refusal>) -> bool {
        match verdict {
            Ok(_) | Err(Refusal::Rejected(_) | Refusal::InvalidInput(_)) => true,
            Err(
                Refusal::Fault(_)
                | Refusal::Unavailable { .. }
                | Refusal::Undeliverable(_)
                | Refusal::DeadlinePassed,
            ) => false,
        }
    }

    /// None where there is none in the verdict.
    pub fn of(verdict: &Result<Outcome, Refusal>) -> Option<Self> {
        match verdict {
            Ok(outcome) => Some(Reply {
                score: outcome.score,
                decision: outcome.decision.clone(),
                rejected: false,
            }),
            Err(Refusal::Rejected(_) | Refusal::InvalidInput(_)) => Some(Reply {
                rejected: true,
                ..Reply::default()
            }),
            Err(
                Refusal::Fault(_)
                | Refusal::Unavailable { .. }
                | Refusal::Undeliverable(_)
                | Refusal::DeadlinePassed,
            ) => None,
        }
    }

    fn decides_like(&self, other: &Reply) -> bool {
        (self.rejected, &self.decision) == (other.rejected, &other.decision)
    }

    /// None where the scores are the same, infinite where one side alone has one.
    fn score_difference(&self, other: &Reply) -> Option<f64> {
        let number = |reply: &Reply| reply.score.filter(|score| !score.is_nan());
        let difference = match (number(self), number(other)) {
            (Some(one), Some(other)) if one == other => return None,
            (Some(one), Some(other)) => (one - other).abs(),
            (None, None) if self.score.is_some() == other.score.is_some() => return None,
            _ => f64::INFINITY,
        };
        Some(difference)
    }
}

impl Comparison {
    pub fn add(&mut self, event_id: &str, active: Reply, candidate: Reply) {
        let found = &mut self.0;
        found.compared_events += 1;
        let difference = active.score_difference(&candidate);
        let decides_alike = active.decides_like(&candidate);
        found.scores_differ += u64::from(difference.is_some());
        found.decisions_differ += u64::from(!decides_alike);
        if difference.is_some() || !decides_alike {
            self.keep(ShadowDifference {
                event_id: event_id.to_owned(),
                score_difference: difference.filter(|difference| difference.is_finite()),
                active,
                candidate,
            });
        }
    }

    pub fn leave_out(&mut self, events: u64) {
        self.0.left_out_events += events;
    }

    /// None where nothing was ever to be compared.
    pub fn status(&self) -> Option<ShadowStatus> {
        let any = self.0.compared_events + self.0.left_out_events > 0;
        any.then(|| self.0.clone())
    }

    fn keep(&mut self, new: ShadowDifference) {
        let largest = &mut self.0.largest;
        let size = new.size();
        let at = largest.partition_point(|kept| kept.size() >= size);
        if at < DIFFERENCES_MAX_COUNT {
            largest.truncate(DIFFERENCES_MAX_COUNT - 1);
            largest.insert(at, new);
        }
    }
}

impl ShadowDifference {
    fn size(&self) -> f64 {
        let difference = self.active.score_difference(&self.candidate);
        difference.unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(score: impl Into<Option<f64>>, decision: &str) -> Reply {
        Reply {
            score: score.into(),
            decision: Some(decision.into()),
            rejected: false,
        }
    }

    #[test]
    fn scores_and_decisions_that_differ_are_counted_exactly() {
        let rejected = Reply {
            rejected: true,
            ..Reply::default()
        };
        let mut comparison = Comparison::default();
        let mut add = |active: &Reply, candidate: &Reply| {
            comparison.add("event", active.clone(), candidate.clone());
        };
        add(&reply(0.5, "approve"), &reply(0.5, "approve"));
        add(&reply(f64::NAN, "approve"), &reply(f64::NAN, "approve"));
        add(&rejected, &rejected);
        add(&reply(0.5, "approve"), &reply(0.25, "approve"));
        add(&reply(0.5, "approve"), &reply(0.5, "decline"));
        add(&reply(0.5, "approve"), &reply(f64::NAN, "approve"));
        add(&reply(0.5, "approve"), &rejected);
        let found = comparison.status().unwrap();
        assert_eq!(found.compared_events, 7);
        assert_eq!((found.scores_differ, found.decisions_differ), (3, 2));
        let differences: Vec<_> = found.largest.iter().map(|d| d.score_difference).collect();
        assert_eq!(differences, [None, None, Some(0.25), None]);
        assert_eq!(found.largest[3].candidate, reply(0.5, "decline"));
    }

    #[test]
    fn the_largest_differences_are_kept() {
        let mut comparison = Comparison::default();
        for nth in 0..1000_u32 {
            // Neither ascending nor descending.
            let difference = f64::from(nth * 7919 % 1000) + 1.0;
            comparison.add("event", reply(0.0, "same"), reply(difference, "same"));
        }
        let found = comparison.status().unwrap();
        assert_eq!(found.scores_differ, 1000);
        let kept: Vec<f64> = found
            .largest
            .iter()
            .filter_map(|d| d.score_difference)
            .collect();
        let expected: Vec<f64> = (0..DIFFERENCES_MAX_COUNT)
            .map(|nth| 1000.0 - nth as f64)
            .collect();
        assert_eq!(kept, expected);
    }
}
