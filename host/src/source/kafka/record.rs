//! A record that is borrowed from librdkafka's buffers: its payload is not copied before it goes into the guest.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use rdkafka::{
    error::KafkaError,
    message::{BorrowedHeaders, BorrowedMessage, Headers as _, Message as _},
};
use self_cell::self_cell;

use crate::{
    clock,
    event::{Event, Header, Origin},
    kafka::Consumer,
    lane::Lane,
    pipeline::{Job, Pipeline, Receipt},
};

/// What a record keeps in memory beside its bytes: the event around it and librdkafka's own part.
const RECORD_BYTES: usize = 512;

self_cell!(
    /// A consumer must outlive its messages.
    struct Borrowed {
        owner: Arc<Consumer>,
        #[covariant]
        dependent: BorrowedMessage,
    }
);

/// See the module.
pub struct Record(Borrowed);

impl Record {
    /// The next record. None where none came in so long, or something else was served.
    pub fn poll(
        consumer: &Arc<Consumer>,
        wait_max: Duration,
    ) -> Option<Result<Record, KafkaError>> {
        let polled =
            Borrowed::try_new(consumer.clone(), |consumer| match consumer.poll(wait_max) {
                Some(polled) => polled.map_err(Some),
                None => Err(None),
            });
        match polled {
            Ok(borrowed) => Some(Ok(Record(borrowed))),
            Err(Some(error)) => Some(Err(error)),
            Err(None) => None,
        }
    }

    pub fn partition(&self) -> i32 {
        self.0.borrow_dependent().partition()
    }

    pub fn offset(&self) -> i64 {
        self.0.borrow_dependent().offset()
    }

    /// On its way: it holds its lane.
    pub fn into_job(self, lane: &Arc<Lane>, pipeline: &Pipeline) -> Job {
        let message = self.0.borrow_dependent();
        let offset = message.offset();
        let headers = message.headers().map(headers).unwrap_or_default();
        let headers_bytes: usize = headers.iter().map(bytes_of).sum();
        let bytes = RECORD_BYTES + message.payload_len() + message.key_len() + headers_bytes;
        let (position, hold) = lane.hold(offset, offset + 1, bytes);
        let null_payload = message.payload().is_none();
        // A short copy is cheaper than another owner of the record.
        let key = message.key().map(Bytes::copy_from_slice);
        let timestamp_ms = message.timestamp().to_millis();
        let timestamp_ms = timestamp_ms.and_then(|ms| u64::try_from(ms).ok());
        let payload = if null_payload {
            Bytes::new()
        } else {
            Bytes::from_owner(self)
        };
        let key = key.or_else(|| pipeline.key_pointer()?.find(&payload));
        let event = Event {
            id: format!("{}/{}/{offset}", lane.stream.name, lane.partition),
            key,
            payload,
            timestamp_ms: timestamp_ms.unwrap_or_else(clock::now_ms),
            headers,
            origin: Origin::Stream {
                position,
                null_payload,
            },
        };
        Job {
            event,
            deadline: None,
            receipt: Receipt::Stream(hold),
        }
    }
}

/// The payload.
impl AsRef<[u8]> for Record {
    fn as_ref(&self) -> &[u8] {
        self.0.borrow_dependent().payload().unwrap_or_default()
    }
}

fn bytes_of(header: &Header) -> usize {
    header.name.len() + header.value.as_ref().map_or(0, Bytes::len)
}

fn headers(borrowed: &BorrowedHeaders) -> Vec<Header> {
    let all = (0..borrowed.count()).filter_map(|nth| {
        // rdkafka panics on a name that is not UTF-8, which a broker takes from any client.
        let header = catch_unwind(AssertUnwindSafe(|| borrowed.try_get(nth)));
        let header = header.ok().flatten()?;
        Some(Header {
            name: header.key.to_owned(),
            value: header.value.map(Bytes::copy_from_slice),
        })
    });
    all.collect()
}
