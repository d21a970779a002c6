//! The steps of a transaction, and what their failures ask for. Each blocks its thread for the time given at most.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use rdkafka::{
    Offset, TopicPartitionList, consumer::ConsumerGroupMetadata, error::KafkaError,
    producer::Producer as _, types::RDKafkaErrorCode,
};

use super::Producer;

/// An answer of librdkafka may be later than its time by so much.
const LATE_MAX: Duration = Duration::from_secs(1);

/// A step that failed, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The same step may succeed a moment later.
    Again(String),
    /// The transaction must be aborted, and may then be tried again.
    Abort(String),
    /// This client is of no use any more: it was fenced, or does not know its own state.
    Broken(String),
}

impl Trouble {
    pub fn reason(&self) -> &str {
        match self {
            Trouble::Again(reason) | Trouble::Abort(reason) | Trouble::Broken(reason) => reason,
        }
    }
}

impl Producer {
    /// Once for each client: ends what an earlier client of this id left open, and fences it.
    pub fn init_transactions(&self, wait_max: Duration) -> Result<(), Trouble> {
        self.judge(self.native.init_transactions(wait_max))
    }

    pub fn begin(&self) -> Result<(), Trouble> {
        self.judge(self.native.begin_transaction())
    }

    /// Where the group's member `metadata` reads on in partitions of `topic`, once the transaction is committed.
    ///
    /// librdkafka may never come back from this call where the group's coordinator goes away meanwhile, whatever time it is given
    /// (<https://github.com/confluentinc/librdkafka/issues/5456>, 5511). So a thread of its own makes it, and is left behind with its
    /// client then: the next client of the id fences it.
    pub fn send_offsets(
        &self,
        topic: &str,
        offsets: &[(i32, i64)],
        metadata: &Arc<ConsumerGroupMetadata>,
        wait_max: Duration,
    ) -> Result<(), Trouble> {
        let mut list = TopicPartitionList::with_capacity(offsets.len());
        for (partition, next) in offsets {
            self.judge(list.add_partition_offset(topic, *partition, Offset::Offset(*next)))?;
        }
        let (tell, told) = mpsc::sync_channel(1);
        let (native, metadata) = (self.native.clone(), metadata.clone());
        let thread = thread::Builder::new().name("send-offsets".into());
        let made = thread.spawn(move || {
            let sent = native.send_offsets_to_transaction(&list, &metadata, wait_max);
            // Before the answer, so that nothing of the client is left here when its owner goes on.
            drop(native);
            tell.send(sent).ok();
        });
        if let Err(error) = made {
            return Err(Trouble::Again(format!("no thread can be made: {error}")));
        }
        match told.recv_timeout(wait_max + LATE_MAX) {
            Ok(sent) => self.judge(sent),
            Err(_) => Err(Trouble::Broken(self.explain(
                "the coordinator of the group did not take the offsets in time",
            ))),
        }
    }

    /// All records must have been delivered.
    pub fn commit(&self, wait_max: Duration) -> Result<(), Trouble> {
        self.judge(self.native.commit_transaction(wait_max))
    }

    pub fn abort(&self, wait_max: Duration) -> Result<(), Trouble> {
        self.judge(self.native.abort_transaction(wait_max))
    }

    fn judge(&self, result: Result<(), KafkaError>) -> Result<(), Trouble> {
        let Err(error) = result else {
            return Ok(());
        };
        let reasons = &self.native.context().reasons;
        Err(match &error {
            KafkaError::Transaction(error) => {
                let reason = error.string();
                if error.code() == RDKafkaErrorCode::Fenced {
                    Trouble::Broken(format!(
                        "{reason} (another client began to use this id: no two gateways may have the same `server.name`)"
                    ))
                } else if error.is_fatal() {
                    Trouble::Broken(reason)
                } else if error.txn_requires_abort() {
                    Trouble::Abort(reason)
                } else if error.is_retriable() {
                    Trouble::Again(reasons.explain(reason))
                } else {
                    Trouble::Broken(reason)
                }
            }
            KafkaError::Flush(code) => Trouble::Again(reasons.explain(code)),
            error => Trouble::Broken(error.to_string()),
        })
    }
}
