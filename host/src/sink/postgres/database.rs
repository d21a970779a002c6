//! A database with the gateway's tables in it, made when they are first needed.

use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::{Connection as _, Postgres, Transaction, postgres::PgConnection};

use super::{
    address::Address,
    connections::{Connections, Lent, answered},
    rows::Inserted,
    schema::{self, Table},
    trouble,
};
use crate::{
    config::DatabaseUrl,
    failpoint,
    sink::{rows::Rows, trouble::Trouble},
};

/// One pipeline's part of a database.
#[derive(Debug)]
pub struct Database {
    pub pipeline: String,
    connections: Connections,
    tables: Vec<Table>,
    /// Whether the tables were found, or made, since somebody last dropped one.
    ready: AtomicBool,
}

impl Database {
    /// Says what is wrong with the url; nothing is opened.
    pub fn new(
        url: &DatabaseUrl,
        connections_max: u32,
        tables: Vec<Table>,
        pipeline: &str,
    ) -> Result<Self, Trouble> {
        let address = Address::parse(url).map_err(Trouble::Permanent)?;
        Ok(Self {
            pipeline: pipeline.into(),
            connections: Connections::new(address, connections_max),
            tables,
            ready: AtomicBool::new(false),
        })
    }

    /// Finds the tables or makes them. A server that is away at the moment is no error: the next call finds or makes them.
    pub async fn open(self) -> Result<Self, Trouble> {
        match self.lend().await {
            Ok(lent) => lent.give_back(),
            Err(trouble) if trouble.is_temporary() => {
                tracing::warn!(
                    pipeline = self.pipeline,
                    "{}; it is waited for",
                    trouble.detail()
                );
            }
            Err(trouble) => return Err(trouble),
        }
        Ok(self)
    }

    /// Whether the server takes the login, has the database, and lets the tables be made or written to. Nothing is made.
    pub async fn try_out(&self) -> Result<(), Trouble> {
        let mut lent = self.connections.lend().await?;
        for table in &self.tables {
            schema::permitted(&mut lent.connection, self.address(), table).await?;
        }
        lent.give_back();
        Ok(())
    }

    /// A connection to a database whose tables are up to date.
    pub async fn lend(&self) -> Result<Lent<'_>, Trouble> {
        let mut lent = self.connections.lend().await?;
        if !self.ready.load(Ordering::Relaxed) {
            for table in &self.tables {
                schema::migrate(&mut lent.connection, self.address(), table).await?;
            }
            self.ready.store(true, Ordering::Relaxed);
        }
        Ok(lent)
    }

    /// Writes rows in the transaction; those that can never be taken are told, counted from `first`.
    pub async fn insert(
        &self,
        transaction: &mut PgConnection,
        table: &Table,
        rows: Rows<'_>,
        first: usize,
    ) -> Result<(), Trouble> {
        let inserted = rows.insert(transaction, table, &self.pipeline).await;
        match inserted.map_err(|error| self.trouble(&error, table))? {
            Inserted::All => Ok(()),
            Inserted::Refused(mut refused) => {
                refused.iter_mut().for_each(|refused| refused.row += first);
                let reason = refused.first().map_or("", |refused| &refused.reason);
                let detail = format!(
                    "{}: table `{}` can never take {} of the rows: {reason}",
                    self.address(),
                    table.name,
                    refused.len()
                );
                Err(Trouble::Rows(detail, refused))
            }
        }
    }

    /// Writes rows to one table, in a transaction of their own.
    pub async fn write(&self, table: &Table, rows: Rows<'_>) -> Result<(), Trouble> {
        let mut lent = self.lend().await?;
        let mut transaction = self.begin(&mut lent.connection).await?;
        self.insert(&mut transaction, table, rows, 0).await?;
        self.commit(transaction).await?;
        lent.give_back();
        Ok(())
    }

    pub async fn begin<'c>(
        &self,
        connection: &'c mut PgConnection,
    ) -> Result<Transaction<'c, Postgres>, Trouble> {
        answered(connection.begin())
            .await
            .map_err(|error| trouble::of(&error, self.address(), ""))
    }

    pub async fn commit(&self, transaction: Transaction<'_, Postgres>) -> Result<(), Trouble> {
        failpoint::at("database.rows-written");
        answered(transaction.commit())
            .await
            .map_err(|error| trouble::of(&error, self.address(), ""))?;
        failpoint::at("database.committed");
        Ok(())
    }

    /// The error in words; where a table is gone, the next call makes it anew.
    pub fn trouble(&self, error: &sqlx::Error, table: &Table) -> Trouble {
        if trouble::is_table_gone(error) {
            self.ready.store(false, Ordering::Relaxed);
        }
        trouble::of(error, self.address(), &table.name)
    }

    pub fn address(&self) -> &Address {
        &self.connections.address
    }

    pub async fn close(&self) {
        self.connections.close().await;
    }
}
