//! Outcomes, dead letters and the place in the source, committed together in one transaction of Kafka.
//!
//! Each write makes its records first, and then runs one transaction on a thread that may block, inside of the group's gate: as long as
//! that is held, no partition goes to another member with this one's consent. What happens against its consent, because it was frozen or
//! cut off, is fenced by the broker, which is told who the member is.

mod attempt;
mod delivered;
mod parcel;
#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::runtime::Handle;

use self::{attempt::Attempt, delivered::Delivered, parcel::Parcel};
use super::failure;
use crate::{
    config::KafkaTopic,
    dead_letter::DeadLetter,
    event::Scored,
    kafka::{Group, Producer, Use},
    sink::error::SinkError,
};

/// Between two tries to end what a client that is of no use any more has left open.
const MEND_PAUSE: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug)]
pub struct Transactions {
    inner: Arc<Inner>,
    /// The values of the last parcel, to be used again.
    spare: Mutex<Vec<u8>>,
}

/// What a pipeline's transactions write to.
#[derive(Debug)]
pub struct TransactionTopics<'c> {
    /// All of one cluster; each outcome goes to each of them.
    pub outcomes: Vec<&'c KafkaTopic>,
    pub dead: &'c KafkaTopic,
}

#[derive(Debug)]
struct Inner {
    group: Arc<Group>,
    pipeline: String,
    /// Of the cluster, with the settings of the first topic.
    cluster: KafkaTopic,
    /// The outcomes' topics, and the dead letters' after them.
    topics: Vec<String>,
    /// The transactions' id.
    id: String,
    state: Mutex<State>,
    /// Somebody sees to it that there is a client again.
    mending: AtomicBool,
}

/// What one write leaves to the next.
#[derive(Debug)]
struct State {
    /// None until one is made that has ended what was left open before.
    producer: Option<Producer>,
    delivered: Delivered,
    /// What is sent before its reports are waited for: see [`super::Courier`].
    chunk_max_bytes: usize,
}

impl Transactions {
    /// `server` is this gateway's name: its transactions' id must be its own.
    pub fn open(
        topics: &TransactionTopics<'_>,
        group: Arc<Group>,
        pipeline: &str,
        server: &str,
    ) -> Result<Self, SinkError> {
        let outcomes = topics.outcomes.iter().copied();
        let all: Vec<_> = outcomes.chain([topics.dead]).collect();
        let id = format!("{}.{pipeline}.{server}", group.name());
        let cluster = all[0].clone();
        Producer::check(&cluster.client, Use::Transactions { id: &id })
            .map_err(|error| failure::permanent(pipeline, error.to_string()))?;
        let state = State {
            producer: None,
            delivered: Delivered::default(),
            chunk_max_bytes: usize::MAX,
        };
        let inner = Inner {
            group,
            pipeline: pipeline.to_owned(),
            cluster,
            topics: all.iter().map(|topic| topic.topic.clone()).collect(),
            id,
            state: Mutex::new(state),
            mending: AtomicBool::new(false),
        };
        Ok(Self {
            inner: Arc::new(inner),
            spare: Mutex::default(),
        })
    }

    /// Ends what was left open before, as far as brokers can be reached.
    pub(in crate::sink) async fn prepare(&self) {
        let (inner, runtime) = (self.inner.clone(), Handle::current());
        let prepare = move || Attempt::new(&inner, &runtime).prepare(&mut lock(&inner.state));
        tokio::task::spawn_blocking(prepare).await.ok();
    }

    pub(in crate::sink) async fn write(
        &self,
        scored: &[Scored],
        dead: &[DeadLetter],
    ) -> Result<(), SinkError> {
        let inner = self.inner.clone();
        let values = std::mem::take(&mut *lock(&self.spare));
        let outcomes = inner.topics.len() - 1;
        let mut parcel = Parcel::new(scored, dead, &inner.pipeline, outcomes, values);
        let runtime = Handle::current();
        let written = tokio::task::spawn_blocking(move || {
            let mut state = lock(&inner.state);
            let result = Attempt::new(&inner, &runtime).run(&mut state, &mut parcel);
            (result, parcel.values, state.producer.is_some())
        });
        let (result, values, usable) = written.await.map_err(|_| {
            failure::temporary(
                &self.inner.pipeline,
                "the transaction's thread ended before it",
            )
        })?;
        *lock(&self.spare) = values;
        if !usable {
            self.mend();
        }
        result
    }

    /// A client that is of no use any more may have left a transaction open, and until that ends nobody can read the group's offsets in it. Its
    /// rows may never be written again, if their partitions were lost meanwhile: so their next write is not waited for.
    fn mend(&self) {
        if self.inner.mending.swap(true, Ordering::AcqRel) {
            return;
        }
        let inner = Arc::downgrade(&self.inner);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(MEND_PAUSE).await;
                let (inner, runtime) = (inner.upgrade(), Handle::current());
                let mended = tokio::task::spawn_blocking(move || {
                    let Some(inner) = inner else {
                        return true;
                    };
                    let mut state = lock(&inner.state);
                    Attempt::new(&inner, &runtime).prepare(&mut state);
                    let mended = state.producer.is_some();
                    if mended {
                        inner.mending.store(false, Ordering::Release);
                    }
                    mended
                });
                if mended.await.unwrap_or(false) {
                    return;
                }
            }
        });
    }

    /// Waits for a transaction under way.
    pub(in crate::sink) async fn close(self) {
        let producer = move || drop(lock(&self.inner.state).producer.take());
        tokio::task::spawn_blocking(producer).await.ok();
    }
}

impl Inner {
    fn topics_text(&self) -> String {
        let names: Vec<_> = self.topics.iter().map(|name| format!("`{name}`")).collect();
        format!(
            "topic {} at {}",
            names.join(" or "),
            self.cluster.client.brokers
        )
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
