//! Notifications of a channel. They only wake: what they miss, the next look at the table finds.

use std::{convert::Infallible, time::Duration};

use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::sync::Notify;

use super::address::Address;
use crate::limits::BACKOFF_MAX_MS;

const CONNECT_MAX_MS: u64 = 5_000;

/// Wakes whoever waits for `woken` at each notification of the channel, for ever: a connection that broke is made anew.
pub async fn listen(address: Address, channel: String, woken: &Notify) -> Infallible {
    loop {
        let Err(error) = until_broken(&address, &channel, woken).await;
        tracing::debug!(%error, %address, "no notifications; the table is polled");
        tokio::time::sleep(Duration::from_millis(BACKOFF_MAX_MS)).await;
    }
}

async fn until_broken(
    address: &Address,
    channel: &str,
    woken: &Notify,
) -> Result<Infallible, sqlx::Error> {
    // A listener needs a pool; this one has no other connection and no other use.
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_millis(CONNECT_MAX_MS))
        .connect_lazy_with(address.options.clone());
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(channel).await?;
    loop {
        listener.recv().await?;
        woken.notify_one();
    }
}
