//! Waiting for what other processes do.

use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(20);

/// Waits until the condition holds, and fails at the caller's line where it does not in this time.
#[track_caller]
pub fn eventually(wait_max: Duration, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + wait_max;
    while !condition() {
        assert!(
            Instant::now() < deadline,
            "this did not come to hold within {wait_max:?}"
        );
        std::thread::sleep(POLL);
    }
}

/// [`eventually`] for a condition that must itself be waited for. A failure names `what`.
pub async fn eventually_async(
    wait_max: Duration,
    what: &str,
    mut condition: impl AsyncFnMut() -> bool,
) {
    let deadline = Instant::now() + wait_max;
    while !condition().await {
        assert!(
            Instant::now() < deadline,
            "{what}: did not come to hold within {wait_max:?}"
        );
        tokio::time::sleep(POLL).await;
    }
}
