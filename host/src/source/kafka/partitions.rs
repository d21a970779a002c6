//! The partitions that are this member's, and what may be read of each at the moment.

use std::{collections::BTreeMap, sync::Arc};

use tokio_util::task::AbortOnDropHandle;

use crate::lane::Lane;

/// What may be read of a partition.
#[derive(Debug)]
pub enum State {
    /// Its next record begins a lane. It was sought to `from`, where that is known.
    Ready { epoch: i64, from: Option<i64> },
    /// It is read.
    Reading(Arc<Lane>),
    /// An event got lost: read on from the committed offset, which is not known yet.
    Locating,
    /// A database is asked to whom it belongs, and where to read on. It is paused meanwhile.
    Claiming { _asking: AbortOnDropHandle<()> },
    /// It is known where to read on, and librdkafka must be told.
    Seeking { to: i64, epoch: i64 },
}

/// One partition.
#[derive(Debug)]
pub struct Partition {
    pub state: State,
    /// Of the first record that came since it was assigned.
    pub first: Option<i64>,
    /// After the last record that was taken in.
    next: i64,
    /// The last place that a commit was asked for.
    pub committed: i64,
    /// How often in a row it fell back behind where it was to be read.
    fell_back: u32,
}

/// A partition that falls back so often although it is sought each time has no such offsets any more: its topic was made anew.
const FALLS_MAX_COUNT: u32 = 5;

impl Partition {
    /// Of a partition that was just assigned.
    pub fn new(state: State) -> Self {
        Self {
            state,
            first: None,
            next: i64::MIN,
            committed: i64::MIN,
            fell_back: 0,
        }
    }

    /// The lane of a record at that offset, which `begin` makes where it is the lane's first. None where the record must be left out:
    /// it will be read again.
    pub fn admit(
        &mut self,
        offset: i64,
        begin: impl FnOnce(i64, i64) -> Arc<Lane>,
    ) -> Option<&Arc<Lane>> {
        self.first.get_or_insert(offset);
        let epoch = match self.state {
            State::Reading(ref lane) if !lane.is_open() => return None,
            State::Reading(ref lane) if offset < self.next => {
                lane.close();
                let epoch = lane.epoch;
                // Its closed lane has it read again from where the truth is.
                if !self.falls_back() {
                    return None;
                }
                Some(epoch)
            }
            State::Reading(_) => None,
            State::Ready {
                epoch,
                from: Some(from),
            } if offset < from => {
                if !self.falls_back() {
                    self.state = State::Seeking { to: from, epoch };
                    return None;
                }
                Some(epoch)
            }
            State::Ready { epoch, .. } => {
                self.fell_back = 0;
                Some(epoch)
            }
            State::Locating | State::Claiming { .. } | State::Seeking { .. } => return None,
        };
        if let Some(epoch) = epoch {
            self.state = State::Reading(begin(offset, epoch));
            self.committed = offset;
        }
        self.next = offset + 1;
        self.lane()
    }

    /// librdkafka may go back to where it began: an answer to its question for the first offset that came after a pause or a seek
    /// makes it ask once more half a second later, whatever was sought meanwhile. Says whether that is to be believed.
    fn falls_back(&mut self) -> bool {
        self.fell_back += 1;
        let is_anew = self.fell_back > FALLS_MAX_COUNT;
        if is_anew {
            self.fell_back = 0;
        }
        is_anew
    }

    /// The lane that is read.
    pub fn lane(&self) -> Option<&Arc<Lane>> {
        match &self.state {
            State::Reading(lane) => Some(lane),
            _ => None,
        }
    }

    /// Its lane is closed although the partition is still this member's: an event got lost, or somebody else claimed it.
    pub fn is_broken(&self) -> bool {
        self.lane().is_some_and(|lane| !lane.is_open())
    }

    /// Where its lane stands, if that was not committed yet.
    pub fn mark(&self) -> Option<(&Arc<Lane>, i64)> {
        let lane = self.lane().filter(|lane| lane.is_open())?;
        let watermark = lane.watermark();
        (watermark > self.committed).then_some((lane, watermark))
    }

    /// After the last record that was taken in; none before the first.
    pub fn taken(&self) -> Option<i64> {
        (self.next != i64::MIN).then_some(self.next)
    }

    /// Where it stands, whatever it waits for.
    pub fn watermark(&self) -> Option<i64> {
        match &self.state {
            State::Reading(lane) => Some(lane.watermark()),
            State::Seeking { to, .. } => Some(*to),
            _ => None,
        }
    }

    /// Nothing of it is on its way.
    pub fn is_idle(&self) -> bool {
        self.lane()
            .is_none_or(|lane| lane.in_flight_events() == 0 && lane.watermark() >= self.next)
    }
}

/// All of them, by their number.
pub type Partitions = BTreeMap<i32, Partition>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::{Load, Stream, StreamKind};

    fn begin(start: i64, epoch: i64) -> Arc<Lane> {
        let stream = Stream {
            kind: StreamKind::Kafka,
            name: "payments".into(),
            group: "fraud".into(),
        };
        Lane::new(stream.into(), 0, start, epoch, Arc::new(Load::default()))
    }

    #[test]
    fn the_first_record_begins_a_lane_and_later_ones_join_it() {
        let mut partition = Partition::new(State::Ready {
            epoch: 3,
            from: None,
        });
        let lane = partition.admit(40, begin).expect("a lane").clone();
        assert_eq!((lane.watermark(), lane.epoch), (40, 3));
        // Offsets have holes: the marks of transactions, and what compaction took.
        let again = partition.admit(45, begin).expect("a lane");
        assert!(Arc::ptr_eq(&lane, again));
        assert!(partition.mark().is_none(), "nothing was dealt with");
        lane.hold(40, 41, 0).1.release();
        assert_eq!(partition.mark().map(|(_, next)| next), Some(41));
        partition.committed = 41;
        assert!(partition.mark().is_none());
    }

    #[test]
    fn nothing_is_read_into_a_closed_lane_or_before_it_is_known_where_to_read_on() {
        let mut partition = Partition::new(State::Ready {
            epoch: 0,
            from: None,
        });
        let lane = partition.admit(7, begin).expect("a lane").clone();
        lane.close();
        assert!(partition.is_broken());
        assert!(partition.admit(8, begin).is_none());
        for state in [State::Locating, State::Seeking { to: 7, epoch: 0 }] {
            partition.state = state;
            assert!(partition.admit(9, begin).is_none());
        }
        partition.state = State::Ready {
            epoch: 0,
            from: None,
        };
        let new = partition.admit(7, begin).expect("a lane");
        assert!(!Arc::ptr_eq(&lane, new) && new.is_open());
        assert_eq!(partition.first, Some(7));
    }

    #[test]
    fn what_falls_back_is_not_read_twice() {
        let mut partition = Partition::new(State::Ready {
            epoch: 0,
            from: Some(90),
        });
        assert!(partition.admit(0, begin).is_none());
        assert!(matches!(
            partition.state,
            State::Seeking { to: 90, epoch: 0 }
        ));
        partition.state = State::Ready {
            epoch: 0,
            from: Some(90),
        };
        let lane = partition.admit(90, begin).expect("a lane").clone();
        assert!(partition.admit(0, begin).is_none());
        assert!(partition.is_broken() && !lane.is_open());
    }

    #[test]
    fn a_topic_that_begins_again_gets_a_lane_that_does() {
        let mut partition = Partition::new(State::Ready {
            epoch: 0,
            from: None,
        });
        let old = partition.admit(90, begin).expect("a lane").clone();
        for _ in 0..FALLS_MAX_COUNT {
            assert!(partition.admit(0, begin).is_none());
            partition.state = State::Ready {
                epoch: 0,
                from: Some(91),
            };
        }
        let new = partition.admit(0, begin).expect("a lane");
        assert_eq!(new.watermark(), 0);
        assert!(!old.is_open());
    }
}
