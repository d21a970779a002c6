//! Delivery reports: which records of which call a broker took, counted without an allocation for each.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rdkafka::types::RDKafkaErrorCode;
use tokio::{runtime::Handle, sync::Notify};

/// The calls of one producer that wait for reports. What comes for a call that was given up is dropped.
#[derive(Debug, Default)]
pub struct Reports(Mutex<Calls>);

#[derive(Debug, Default)]
struct Calls {
    last_id: u32,
    /// Nearly always one.
    waiting: Vec<(u32, Arc<Counters>)>,
}

#[derive(Debug)]
struct Counters {
    /// Records without a report, and one for the sender until it has sent them all.
    open: AtomicUsize,
    failed: Mutex<Vec<Failed>>,
    done: Notify,
}

/// A record that was not delivered, or of which that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed {
    /// As the sender counts them.
    pub row: usize,
    pub code: RDKafkaErrorCode,
}

/// Records that were sent together. Dropped, it waits for nothing any more.
#[derive(Debug)]
pub struct Call {
    id: u32,
    counters: Arc<Counters>,
    reports: Arc<Reports>,
}

/// What a record carries through librdkafka: its call and its row.
pub type Tag = usize;

const ROW_BITS: u32 = 32;

impl Reports {
    /// A call without records.
    pub fn open(self: &Arc<Self>) -> Call {
        let counters = Arc::new(Counters {
            open: AtomicUsize::new(1),
            failed: Mutex::default(),
            done: Notify::new(),
        });
        let mut calls = lock(&self.0);
        calls.last_id = calls.last_id.wrapping_add(1);
        let id = calls.last_id;
        calls.waiting.push((id, counters.clone()));
        Call {
            id,
            counters,
            reports: self.clone(),
        }
    }

    /// A record's report.
    pub fn report(&self, tag: Tag, failure: Option<RDKafkaErrorCode>) {
        let id = (tag >> ROW_BITS) as u32;
        let calls = lock(&self.0);
        let Some((_, counters)) = calls.waiting.iter().find(|(known, _)| *known == id) else {
            return;
        };
        if let Some(code) = failure {
            let row = tag & ((1 << ROW_BITS) - 1);
            lock(&counters.failed).push(Failed { row, code });
            // Whoever waits may not want to wait for the others.
            counters.done.notify_one();
        }
        counters.close_one();
    }
}

impl Counters {
    fn close_one(&self) {
        if self.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.done.notify_one();
        }
    }
}

impl Call {
    /// Counts a record in; it must be sent with this tag, or counted out again.
    pub fn tag(&self, row: usize) -> Tag {
        self.counters.open.fetch_add(1, Ordering::Relaxed);
        ((self.id as usize) << ROW_BITS) | row
    }

    /// Counts a record out that was not sent after all.
    pub fn untag(&self) {
        self.counters.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// Waits for the reports of all records that were sent. Those that failed, by their rows.
    pub async fn finish(self) -> Vec<Failed> {
        self.counters.close_one();
        while self.counters.open.load(Ordering::Acquire) > 0 {
            self.counters.done.notified().await;
        }
        self.failed()
    }

    /// Waits on a thread that may block, once, until all records were delivered or any failed, and for `wait_max` at most. Whether all were
    /// delivered.
    pub fn all_delivered(&self, runtime: &Handle, wait_max: Duration) -> bool {
        self.counters.close_one();
        let settled = async {
            while self.counters.open.load(Ordering::Acquire) > 0 && !self.has_failed() {
                self.counters.done.notified().await;
            }
        };
        runtime
            .block_on(async { tokio::time::timeout(wait_max, settled).await })
            .is_ok()
            && !self.has_failed()
    }

    /// What failed until now, by the rows.
    pub fn failed(&self) -> Vec<Failed> {
        let mut failed = lock(&self.counters.failed).clone();
        failed.sort_unstable_by_key(|failed| failed.row);
        failed
    }

    fn has_failed(&self) -> bool {
        !lock(&self.counters.failed).is_empty()
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        lock(&self.reports.0)
            .waiting
            .retain(|(id, _)| *id != self.id);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_ends_with_the_last_report_and_tells_what_failed() {
        let reports = Arc::new(Reports::default());
        let (other, call) = (reports.open(), reports.open());
        let tags: Vec<_> = (0..3).map(|row| call.tag(row)).collect();
        let others = other.tag(0);
        reports.report(tags[2], Some(RDKafkaErrorCode::MessageTimedOut));
        reports.report(tags[1], None);
        let waiting = tokio::spawn(call.finish());
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        reports.report(tags[0], Some(RDKafkaErrorCode::InvalidRecord));
        let failed = waiting.await.unwrap();
        assert_eq!(
            failed.iter().map(|failed| failed.row).collect::<Vec<_>>(),
            [0, 2]
        );
        reports.report(others, None);
        assert!(other.finish().await.is_empty());
    }

    #[tokio::test]
    async fn a_call_that_was_given_up_harms_no_later_one() {
        let reports = Arc::new(Reports::default());
        let given_up = reports.open();
        let late = given_up.tag(0);
        drop(given_up);
        let call = reports.open();
        let tag = call.tag(0);
        reports.report(late, Some(RDKafkaErrorCode::MessageTimedOut));
        reports.report(tag, None);
        assert!(call.finish().await.is_empty());
    }

    #[tokio::test]
    async fn a_call_without_records_ends_at_once() {
        let call = Arc::new(Reports::default()).open();
        let (_, _) = (call.tag(0), call.untag());
        assert!(call.finish().await.is_empty());
    }
}
