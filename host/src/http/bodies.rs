//! How much of all requests' bodies may be in memory at once. Each body is bounded, and so are connections and queues, but the
//! product of these bounds is no bound that a machine could keep.

use std::sync::Arc;

use bytes::Bytes;
use hyper::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::Problem;
use crate::limits::{BODIES_MAX_BYTES, SMALL_BODY_MAX_BYTES};

/// What one listener grants to bodies.
#[derive(Clone, Debug)]
pub struct Bodies {
    /// The most that one body may have.
    pub each_max_bytes: u64,
    /// In KiB, which is what fits the semaphore's numbers.
    left_kib: Arc<Semaphore>,
}

impl Bodies {
    pub fn new(each_max_bytes: u64) -> Self {
        // One body as large as it may be must have room.
        let all_kib = BODIES_MAX_BYTES.max(each_max_bytes).div_ceil(1024);
        Self {
            each_max_bytes,
            left_kib: Arc::new(Semaphore::new(all_kib as usize)),
        }
    }

    /// Room for a body of so many bytes. A small one, which nearly every event is, needs none: there cannot be enough of them.
    pub(super) fn room_for(&self, bytes: u64) -> Result<Room, Problem> {
        if bytes <= SMALL_BODY_MAX_BYTES {
            return Ok(Room(None));
        }
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        match Arc::clone(&self.left_kib).try_acquire_many_owned(kib) {
            Ok(permit) => Ok(Room(Some(permit))),
            Err(_) => Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "large requests already take all the memory that they may",
            )
            .retry_after(1)),
        }
    }
}

/// Room that a body takes for as long as any part of it is somewhere.
pub(super) struct Room(Option<OwnedSemaphorePermit>);

impl Room {
    /// The body, with its room tied to it.
    pub(super) fn hold(self, body: Bytes) -> Bytes {
        match self.0 {
            None => body,
            Some(permit) => Bytes::from_owner(Held {
                body,
                _permit: permit,
            }),
        }
    }
}

struct Held {
    body: Bytes,
    _permit: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_taken_by_the_body_itself_and_given_back_with_its_last_part() {
        let bodies = Bodies::new(BODIES_MAX_BYTES);
        let most = bodies.room_for(BODIES_MAX_BYTES).unwrap();
        let body = most.hold(Bytes::from(vec![7; 100]));
        let part = body.slice(10..20);
        drop(body);
        let refused = bodies.room_for(SMALL_BODY_MAX_BYTES + 1).err().unwrap();
        assert_eq!(refused.status, 503);
        assert!(bodies.room_for(SMALL_BODY_MAX_BYTES).is_ok());
        assert_eq!(&part[..], [7; 10]);
        drop(part);
        assert!(bodies.room_for(SMALL_BODY_MAX_BYTES + 1).is_ok());
    }
}
