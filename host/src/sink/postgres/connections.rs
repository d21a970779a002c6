//! A few connections to one database. One is lent to a call and given back only where that call ended well: whatever happens to a call,
//! also where it is dropped half way, the next one gets a connection in order.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use sqlx::{ConnectOptions as _, Connection as _, postgres::PgConnection};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::{address::Address, trouble};
use crate::sink::trouble::Trouble;

/// From the first packet to the end of the login.
const CONNECT_MAX_MS: u64 = 5_000;
/// Where all connections are lent, how long a call waits for one.
const LENT_WAIT_MAX_MS: u64 = 10_000;
/// One statement, told to the server.
pub const STATEMENT_MAX_MS: u64 = 30_000;
/// The same where the server cannot be trusted to end it: it hangs, or the network swallows its answer.
const ANSWER_MAX_MS: u64 = STATEMENT_MAX_MS + 5_000;
/// A connection that was idle for longer is tried before it is lent.
const TRUSTED_IDLE_MS: u64 = 1_000;
const PING_MAX_MS: u64 = 2_000;

/// Not in the startup message, which poolers refuse. A gateway that is frozen in the middle of a transaction holds its locks no longer
/// than the third says. Rows that were acknowledged must be durable, whatever the database's default.
const SETTINGS: &str = "SET statement_timeout = '30s'; SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '10s'; \
    SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED; \
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// See the module.
pub struct Connections {
    pub address: Address,
    permits: Semaphore,
    /// With the moment when it was given back.
    idle: Mutex<Vec<(PgConnection, Instant)>>,
}

/// A connection that is lent. Dropped, it is closed: the server rolls back what was not committed.
pub struct Lent<'c> {
    pub connection: PgConnection,
    connections: &'c Connections,
    _permit: SemaphorePermit<'c>,
}

impl Connections {
    /// At most `max` at once; none is opened yet.
    pub fn new(address: Address, max: u32) -> Self {
        Self {
            address,
            permits: Semaphore::new(max.max(1) as usize),
            idle: Mutex::new(Vec::new()),
        }
    }

    pub async fn lend(&self) -> Result<Lent<'_>, Trouble> {
        let wait_max = Duration::from_millis(LENT_WAIT_MAX_MS);
        let permit = match timeout(wait_max, self.permits.acquire()).await {
            Ok(permit) => permit.expect("the semaphore is never closed"),
            Err(_) => {
                return Err(Trouble::Temporary(format!(
                    "{}: all connections were busy for {} s",
                    self.address,
                    LENT_WAIT_MAX_MS / 1000
                )));
            }
        };
        let connection = match self.take_idle().await {
            Some(connection) => connection,
            None => self.open().await?,
        };
        Ok(Lent {
            connection,
            connections: self,
            _permit: permit,
        })
    }

    async fn take_idle(&self) -> Option<PgConnection> {
        let (mut connection, since) = self.idle().pop()?;
        if since.elapsed() < Duration::from_millis(TRUSTED_IDLE_MS) {
            return Some(connection);
        }
        match timeout(Duration::from_millis(PING_MAX_MS), connection.ping()).await {
            Ok(Ok(())) => Some(connection),
            _ => {
                // The server went away meanwhile, and the others with it.
                self.idle().clear();
                None
            }
        }
    }

    async fn open(&self) -> Result<PgConnection, Trouble> {
        let open = async {
            let mut connection = self.address.options.connect().await?;
            sqlx::raw_sql(SETTINGS).execute(&mut connection).await?;
            Ok(connection)
        };
        match timeout(Duration::from_millis(CONNECT_MAX_MS), open).await {
            Ok(opened) => opened.map_err(|error| trouble::of(&error, &self.address, "")),
            Err(_) => Err(Trouble::Temporary(format!(
                "{} cannot be reached: it did not answer within {} s",
                self.address,
                CONNECT_MAX_MS / 1000
            ))),
        }
    }

    /// Ends idle connections in order.
    pub async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle());
        for (connection, _) in idle {
            // What is left of it, the server notices.
            let _ = timeout(Duration::from_millis(PING_MAX_MS), connection.close()).await;
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(PgConnection, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lent<'_> {
    /// The call ended well: the next one may have the connection.
    pub fn give_back(mut self) {
        self.connection.shrink_buffers();
        let Self {
            connection,
            connections,
            _permit,
        } = self;
        connections.idle().push((connection, Instant::now()));
    }
}

/// The answer to one statement, or an error where it takes too long.
pub async fn answered<T>(statement: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    match timeout(Duration::from_millis(ANSWER_MAX_MS), statement).await {
        Ok(answer) => answer,
        Err(_) => Err(sqlx::Error::Io(std::io::Error::new(
            std::io::ErrorKind::TimedOut,
            format!("it did not answer within {} s", ANSWER_MAX_MS / 1000),
        ))),
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
