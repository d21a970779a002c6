//! What a listener grants its clients.

use std::time::Duration;

use crate::limits;

/// See the module. The defaults are those of [`crate::limits`].
#[derive(Clone, Debug)]
pub struct ServerLimits {
    pub connections_max_count: usize,
    pub headers_max_bytes: usize,
    pub headers_max_count: usize,
    /// Requests of one HTTP/2 connection under way at once.
    pub streams_max_count: u32,
    /// A connection on which for so long no head was completed, no byte of an answer was taken, and nothing ran is closed, at the latest
    /// after one and a half times that: the slow head, the idle connection and the client who does not read are one case.
    pub idle_max: Duration,
    /// From the shutdown to the end.
    pub drain_max: Duration,
    /// During the drain idle connections stay for so long: a request that was on its way when the drain began is still answered.
    pub drain_grace: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections_max_count: limits::CONNECTIONS_MAX_COUNT,
            headers_max_bytes: limits::HEADERS_MAX_BYTES,
            headers_max_count: limits::HEADERS_MAX_COUNT,
            streams_max_count: limits::HTTP2_STREAMS_MAX_COUNT,
            idle_max: Duration::from_millis(
                limits::HEAD_READ_MAX_MS.max(limits::WRITE_STALL_MAX_MS),
            ),
            drain_max: Duration::from_millis(limits::DRAIN_ANSWERS_MAX_MS),
            drain_grace: Duration::from_millis(250),
        }
    }
}
