//! A database with the record's tables in it, made when they are first needed, and whether it is there.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use super::super::error::StoreError;
use crate::{
    config::DatabaseUrl,
    sink::{
        postgres::{
            address::Address,
            connections::{Connections, Lent},
            schema::{self, Table},
            trouble,
        },
        trouble::Trouble,
    },
};

/// Changes are rare, and written one after the other.
const CONNECTIONS_MAX: u32 = 4;

/// See the module.
pub struct Database {
    connections: Connections,
    table: Table,
    /// Whether the tables were found, or made, since somebody last dropped one.
    ready: AtomicBool,
    /// Why it was not reached, while it is not.
    trouble: Mutex<Option<String>>,
}

impl Database {
    /// Says what is wrong with the url; nothing is opened.
    pub fn new(url: &DatabaseUrl) -> Result<Self, StoreError> {
        let address = Address::parse(url).map_err(StoreError::Unusable)?;
        Ok(Self {
            connections: Connections::new(address, CONNECTIONS_MAX),
            table: Table::record(),
            ready: AtomicBool::new(false),
            trouble: Mutex::new(None),
        })
    }

    pub fn address(&self) -> &Address {
        &self.connections.address
    }

    pub fn trouble(&self) -> Option<String> {
        self.told().clone()
    }

    pub async fn try_out(&self) -> Result<(), StoreError> {
        let mut lent = self.connections.lend().await?;
        let (connection, address) = (&mut lent.connection, &self.connections.address);
        schema::permitted(connection, address, &self.table).await?;
        lent.give_back();
        Ok(())
    }

    /// A connection to a database whose tables are up to date.
    pub async fn lend(&self) -> Result<Lent<'_>, StoreError> {
        match self.try_lend().await {
            Ok(lent) => {
                if self.told().take().is_some() {
                    tracing::info!(database = %self.address(), "the store's database is back");
                }
                Ok(lent)
            }
            Err(trouble) => {
                self.away(&trouble);
                Err(trouble.into())
            }
        }
    }

    async fn try_lend(&self) -> Result<Lent<'_>, Trouble> {
        let mut lent = self.connections.lend().await?;
        if !self.ready.load(Ordering::Relaxed) {
            schema::migrate(&mut lent.connection, self.address(), &self.table).await?;
            self.ready.store(true, Ordering::Relaxed);
        }
        Ok(lent)
    }

    /// The error in words; where a table is gone, the next call makes it anew.
    pub fn error(&self, error: &sqlx::Error) -> StoreError {
        if trouble::is_table_gone(error) {
            self.ready.store(false, Ordering::Relaxed);
        }
        let trouble = trouble::of(error, self.address(), &self.table.name);
        // A connection that was lent in good faith may have been broken for a moment.
        if trouble.is_temporary() {
            self.away(&trouble);
        }
        trouble.into()
    }

    fn away(&self, trouble: &Trouble) {
        let before = self.told().replace(trouble.detail().to_owned());
        if before.is_none() {
            tracing::warn!(
                "the store's database is away, what is known of it goes on serving: {}",
                trouble.detail()
            );
        }
    }

    fn told(&self) -> MutexGuard<'_, Option<String>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
