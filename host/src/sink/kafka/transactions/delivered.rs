//! How far the source was delivered, as far as transactions of this gateway tell; and one of which nobody knows how it ended.

use std::{collections::HashSet, sync::Arc};

use super::parcel::{Parcel, Row};
use crate::{
    kafka::{Group, KafkaFailure},
    lane::{self, Lane},
};

/// See the module.
#[derive(Debug, Default)]
pub struct Delivered {
    /// Where each open lane is read on, as the group has committed.
    lanes: Vec<(Arc<Lane>, i64)>,
    /// Ids of requests' events that a transaction delivered after its caller was told of a failure.
    requests: HashSet<String>,
    pending: Option<Pending>,
}

/// A transaction that may have been committed.
#[derive(Debug)]
struct Pending {
    advances: Vec<(Arc<Lane>, i64)>,
    requests: HashSet<String>,
}

impl Delivered {
    /// Whether a row was delivered by a transaction before.
    pub fn has(&self, row: &Row) -> bool {
        match row {
            Row::Stream(position) => self
                .end(&position.lane)
                .is_some_and(|end| position.at < end),
            Row::Request(id) => self.requests.contains(id),
        }
    }

    fn end(&self, lane: &Arc<Lane>) -> Option<i64> {
        let known = self
            .lanes
            .iter()
            .find(|(known, _)| Arc::ptr_eq(known, lane));
        known.map(|(_, end)| *end)
    }

    /// A commit of `parcel` begins.
    pub fn commit_begins(&mut self, parcel: &Parcel) {
        let advances = lane::advances(parcel.positions());
        let requests = parcel.rows.iter().filter_map(|row| match row {
            Row::Request(id) => Some(id.clone()),
            Row::Stream(_) => None,
        });
        self.pending = Some(Pending {
            advances: advances
                .into_iter()
                .map(|(lane, next)| (lane.clone(), next))
                .collect(),
            requests: requests.collect(),
        });
    }

    /// It ended well.
    pub fn committed(&mut self) {
        if let Some(pending) = self.pending.take() {
            self.move_to(pending.advances);
        }
        self.requests.clear();
    }

    /// Asks the group what it has committed, where that is not known. The transaction must have come to its end, and the group's gate be held.
    pub fn settle(&mut self, group: &Group) -> Result<(), KafkaFailure> {
        let Some(pending) = &self.pending else {
            return Ok(());
        };
        // Of a lane that is closed, somebody else may have committed what this gateway did not.
        let open = pending.advances.iter().filter(|(lane, _)| lane.is_open());
        let open: Vec<_> = open.cloned().collect();
        if !open.is_empty() {
            let lanes: Vec<_> = open.iter().map(|(lane, _)| lane).collect();
            let committed = group.committed(&lanes)?;
            let was_committed = open
                .iter()
                .zip(&committed)
                .any(|((_, next), end)| end.is_some_and(|end| end >= *next));
            if was_committed {
                self.requests.clone_from(&pending.requests);
            }
            let ends = open.into_iter().zip(committed);
            let ends: Vec<_> = ends
                .filter_map(|((lane, _), end)| Some((lane, end?)))
                .collect();
            self.move_to(ends);
        }
        self.pending = None;
        Ok(())
    }

    fn move_to(&mut self, ends: Vec<(Arc<Lane>, i64)>) {
        self.lanes.retain(|(known, _)| {
            known.is_open() && !ends.iter().any(|(lane, _)| Arc::ptr_eq(known, lane))
        });
        self.lanes.extend(ends);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event::{Origin, Scored},
        lane::{Load, Stream, StreamKind},
        sink::testing::scored,
    };

    fn parcel(lane: &Arc<Lane>, at: i64) -> (Parcel, lane::Hold) {
        let (position, hold) = lane.hold(at, at + 1, 0);
        let mut of_stream: Scored = scored("s");
        of_stream.event.origin = Origin::Stream {
            position,
            null_payload: false,
        };
        let rows = [of_stream, scored("r-1")];
        (Parcel::new(&rows, &[], "fraud", 1, Vec::new()), hold)
    }

    #[test]
    fn what_was_committed_is_known_and_nothing_else() {
        let stream = Stream {
            kind: StreamKind::Kafka,
            name: "payments".into(),
            group: "fraud".into(),
        };
        let lane = Lane::new(stream.into(), 0, 0, 0, Arc::new(Load::default()));
        let (mut first, first_hold) = parcel(&lane, 5);
        let (second, second_hold) = parcel(&lane, 6);
        let mut delivered = Delivered::default();
        delivered.commit_begins(&first);
        assert!(!delivered.has(&first.rows[0]));
        delivered.committed();
        assert!(delivered.has(&first.rows[0]) && !delivered.has(&second.rows[0]));
        assert!(!delivered.has(&first.rows[1]));
        first.leave_out(|row| delivered.has(row));
        assert_eq!(first.records.len(), 1);
        first_hold.release();
        second_hold.release();
    }
}
