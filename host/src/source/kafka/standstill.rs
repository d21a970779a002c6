//! Partitions that are this member's and bring nothing although there is more: after a broker went and came back while the group's session ran
//! out, librdkafka was seen to ask no more for what it had been assigned again, and to complain of nothing.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use super::partitions::{Partition, Partitions, State};
use crate::kafka::{PartitionView, View};

/// A partition may stand for so long: a transaction that was left open, whose offsets nobody may read, is ended sooner.
const PATIENCE: Duration = Duration::from_secs(40);
/// It doubles with each consumer that was made anew in vain, up to this.
const PATIENCE_MAX: Duration = Duration::from_secs(600);

/// See the module.
pub struct Standstill {
    marks: BTreeMap<i32, (Mark, Instant)>,
    patience: Duration,
}

/// What changes when a partition moves.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Mark {
    taken: Option<i64>,
    next: Option<i64>,
}

impl Standstill {
    pub fn new() -> Self {
        Self {
            marks: BTreeMap::new(),
            patience: PATIENCE,
        }
    }

    /// The partitions that stand for too long at `now`; whoever is told of them makes a new consumer. None may be paused.
    pub fn look(&mut self, partitions: &Partitions, view: &View, now: Instant) -> Vec<i32> {
        self.marks
            .retain(|number, _| partitions.contains_key(number));
        if !(view.broker_up && view.coordinator_up) {
            self.marks.clear();
        }
        let mut standing = Vec::new();
        for (number, partition) in partitions {
            let known = view.partitions.get(number);
            let mark = Mark {
                taken: partition.taken(),
                next: known.and_then(|known| known.next),
            };
            let (before, since) = *self.marks.entry(*number).or_insert((mark, now));
            if before.taken != mark.taken {
                self.patience = PATIENCE;
            }
            if before != mark || !waits(partition, known) {
                self.marks.insert(*number, (mark, now));
            } else if now.duration_since(since) > self.patience {
                standing.push(*number);
            }
        }
        if !standing.is_empty() {
            self.marks.clear();
            self.patience = (self.patience * 2).min(PATIENCE_MAX);
        }
        standing
    }

    /// Nothing is read at the moment, for a reason of the reader's own.
    pub fn forget(&mut self) {
        self.marks.clear();
    }
}

/// Whether a record is to be expected.
fn waits(partition: &Partition, known: Option<&PartitionView>) -> bool {
    match partition.state {
        State::Claiming { .. } | State::Locating => return false,
        State::Ready { .. } | State::Reading(_) | State::Seeking { .. } => {}
    }
    known.is_none_or(|known| {
        let more = match (known.next, known.end) {
            (Some(next), Some(end)) => next < end,
            // It was not even found out where to read.
            _ => true,
        };
        more && known.has_leader && known.fetched_events == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: State = State::Ready {
        epoch: 0,
        from: None,
    };

    fn partitions(state: State) -> Partitions {
        [(3, Partition::new(state))].into()
    }

    fn view(next: Option<i64>, end: Option<i64>) -> View {
        let partition = PartitionView {
            end,
            next,
            has_leader: true,
            ..PartitionView::default()
        };
        View {
            broker_up: true,
            coordinator_up: true,
            partitions: [(3, partition)].into(),
        }
    }

    /// What is told after a look now and one so much later.
    fn told(partitions: &Partitions, views: [&View; 2], later: Duration) -> Vec<i32> {
        let (mut standstill, now) = (Standstill::new(), Instant::now());
        assert!(standstill.look(partitions, views[0], now).is_empty());
        standstill.look(partitions, views[1], now + later)
    }

    #[test]
    fn a_partition_that_brings_nothing_although_there_is_more_is_told() {
        let long = PATIENCE + Duration::from_secs(1);
        let behind = view(Some(7), Some(9));
        assert_eq!(told(&partitions(READY), [&behind, &behind], long), [3]);
        assert!(told(&partitions(READY), [&behind, &behind], PATIENCE).is_empty());
        let unknown = view(None, None);
        assert_eq!(told(&partitions(READY), [&unknown, &unknown], long), [3]);
        let gone = View {
            partitions: BTreeMap::new(),
            ..view(None, None)
        };
        assert_eq!(told(&partitions(READY), [&gone, &gone], long), [3]);
    }

    #[test]
    fn what_moves_or_has_nothing_to_bring_is_not_told() {
        let long = PATIENCE * 2;
        let (behind, further) = (view(Some(7), Some(9)), view(Some(8), Some(9)));
        assert!(told(&partitions(READY), [&behind, &further], long).is_empty());
        let read = view(Some(9), Some(9));
        assert!(told(&partitions(READY), [&read, &read], long).is_empty());
        let away = View {
            coordinator_up: false,
            ..behind.clone()
        };
        assert!(told(&partitions(READY), [&behind, &away], long).is_empty());
        let located = partitions(State::Locating);
        assert!(told(&located, [&behind, &behind], long).is_empty());
    }

    #[test]
    fn a_new_consumer_in_vain_makes_it_more_patient() {
        let (behind, partitions) = (view(Some(7), Some(9)), partitions(READY));
        let (mut standstill, mut now) = (Standstill::new(), Instant::now());
        let mut waited = Vec::new();
        for _ in 0..6 {
            let since = now;
            assert!(standstill.look(&partitions, &behind, now).is_empty());
            while standstill.look(&partitions, &behind, now).is_empty() {
                now += Duration::from_secs(1);
            }
            waited.push((now - since).as_secs());
        }
        assert_eq!(waited, [41, 81, 161, 321, 601, 601]);
    }
}
