//! A canary's part of a batch: its share of events is scored by the candidate, and whatever that fails on by the active generation.

use std::time::Instant;

use super::{
    isolation::Verdict, scorer::BatchScorer, serving::Side, settled::ScoredBy, share::Share,
    tally::Reply,
};
use crate::{capture::ScoredAs, event::Event};

impl BatchScorer {
    /// Scores the two parts one after the other; the verdicts are in the events' order.
    pub(super) fn canary(
        &mut self,
        active: &Side,
        (candidate, share): (&Side, Share),
        events: &[&Event],
        scored_by: &mut ScoredBy,
    ) -> Vec<Verdict> {
        let mut verdicts: Vec<Option<Verdict>> = events.iter().map(|_| None).collect();
        let chosen: Vec<usize> = (0..events.len())
            .filter(|&row| share.takes(events[row]))
            .collect();
        if !chosen.is_empty() {
            let theirs = |row: &usize| events[*row];
            let theirs: Vec<&Event> = chosen.iter().map(theirs).collect();
            let start = Instant::now();
            let breaker = &candidate.tally.breaker;
            let tried = self.verdicts(&candidate.generation, breaker, &theirs);
            candidate.tally.scored(tried.iter(), start.elapsed());
            tried
                .iter()
                .for_each(|verdict| self.metrics.candidate(verdict));
            self.capture_faults((ScoredAs::Canary, &candidate.generation), &theirs, &tried);
            let generations = scored_by.each(events.len());
            for (row, verdict) in chosen.into_iter().zip(tried) {
                // What it failed on, or was not tried on, says nothing of the event.
                if Reply::is_in(&verdict) {
                    verdicts[row] = Some(verdict);
                    generations[row] = candidate.generation.clone();
                }
            }
        }
        let left: Vec<usize> = (0..events.len())
            .filter(|&row| verdicts[row].is_none())
            .collect();
        if !left.is_empty() {
            let ours: Vec<&Event> = left.iter().map(|&row| events[row]).collect();
            let start = Instant::now();
            let answered = self.active(&active.generation, &ours);
            active.tally.scored(answered.iter(), start.elapsed());
            for (row, verdict) in left.into_iter().zip(answered) {
                verdicts[row] = Some(verdict);
            }
        }
        verdicts.into_iter().flatten().collect()
    }
}
