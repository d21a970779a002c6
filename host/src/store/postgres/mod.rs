//! The record in a PostgreSQL that several gateways share. Its tables stand in `sink/postgres/tables/record.sql`.

mod database;
mod rows;

use std::time::Duration;

use sqlx::Connection as _;
use tokio::{sync::Notify, time::timeout};

use self::database::Database;
use super::{
    change::{AuditLine, Change, NewRelease, ReleaseRecord, Revision, SlotRecord},
    entry::{self, Entry},
    error::{ChangeError, StoreError},
};
use crate::{
    clock::now_ms,
    config::DatabaseUrl,
    failpoint,
    release::Digest,
    sink::postgres::{connections::answered, wake},
};

/// How often it is looked for changes that no notification told of.
const POLL: Duration = Duration::from_secs(1);
/// A commit that was not answered: how often the server is asked what became of it, and the pause before.
const ASKED_MAX: u32 = 3;
const ASKED_PAUSE: Duration = Duration::from_millis(500);

/// See the module.
pub struct Postgres {
    database: Database,
}

impl Postgres {
    /// Says what is wrong with the url; nothing is opened.
    pub fn new(url: &DatabaseUrl) -> Result<Self, StoreError> {
        let database = Database::new(url)?;
        Ok(Self { database })
    }

    /// Where it is, without the password.
    pub fn address(&self) -> String {
        self.database.address().to_string()
    }

    /// Why the last call did not reach it; none where it did.
    pub fn trouble(&self) -> Option<String> {
        self.database.trouble()
    }

    /// Whether the record could be read and written. Nothing is made.
    pub async fn try_out(&self) -> Result<(), StoreError> {
        self.database.try_out().await
    }

    pub async fn keep(&self, release: &NewRelease<'_>) -> Result<(), StoreError> {
        let mut lent = self.database.lend().await?;
        let kept = rows::keep(&mut lent.connection, release, now_ms()).await;
        kept.map_err(|error| self.database.error(&error))?;
        lent.give_back();
        Ok(())
    }

    /// A release's bytes as they are there; none where there is no such release.
    pub async fn component(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let mut lent = self.database.lend().await?;
        let component = rows::component(&mut lent.connection, digest).await;
        let component = component.map_err(|error| self.database.error(&error))?;
        lent.give_back();
        Ok(component)
    }

    pub async fn releases(&self, slot: &str) -> Result<Vec<ReleaseRecord>, StoreError> {
        let mut lent = self.database.lend().await?;
        let rows = rows::releases(&mut lent.connection, slot).await;
        let rows = rows.map_err(|error| self.database.error(&error))?;
        lent.give_back();
        rows.into_iter().map(entry::release).collect()
    }

    pub async fn slots(&self) -> Result<Vec<SlotRecord>, StoreError> {
        let mut lent = self.database.lend().await?;
        let rows = rows::slots(&mut lent.connection).await;
        let rows = rows.map_err(|error| self.database.error(&error))?;
        lent.give_back();
        rows.into_iter().map(entry::slot).collect()
    }

    pub async fn change(&self, gateway: &str, change: &Change) -> Result<Revision, ChangeError> {
        let error = |error: sqlx::Error| ChangeError::Store(self.database.error(&error));
        let mut lent = self.database.lend().await?;
        let begun = answered(lent.connection.begin()).await;
        let mut transaction = begun.map_err(error)?;
        // First of all: from here on nobody else writes.
        let revision = rows::next_sequence(&mut transaction).await;
        let revision = revision.map_err(error)?;
        for (slot, expected) in &change.beside {
            let newest = rows::newest(&mut transaction, slot).await;
            entry::held(slot, *expected, newest.map_err(error)?)?;
        }
        let mut before = Vec::new();
        for slot in &change.slots {
            let newest = rows::newest(&mut transaction, &slot.slot).await;
            let newest = newest.map_err(error)?;
            before.push(entry::held(&slot.slot, slot.expected, newest)?);
            for digest in entry::digests(&slot.state) {
                let has = rows::has(&mut transaction, digest).await;
                if !has.map_err(error)? {
                    return Err(StoreError::NoRelease(digest).into());
                }
            }
        }
        let (line, at_ms) = (Entry::of_change(gateway, change, &before), now_ms());
        let appended = rows::append(&mut transaction, revision, &line, at_ms).await;
        appended.map_err(error)?;
        for slot in &change.slots {
            let put = rows::put(&mut transaction, slot, revision).await;
            put.map_err(error)?;
        }
        let notified = rows::notify(&mut transaction, revision).await;
        notified.map_err(error)?;
        failpoint::at("store.change-begun");
        if let Err(unanswered) = answered(transaction.commit()).await {
            drop(lent);
            let unanswered = self.database.error(&unanswered);
            if !self.became(revision, &line, at_ms, &unanswered).await? {
                return Err(unanswered.into());
            }
        } else {
            lent.give_back();
        }
        failpoint::at("store.change-committed");
        Ok(revision)
    }

    /// Whether a line was committed whose commit was not answered.
    async fn became(
        &self,
        sequence: Revision,
        line: &Entry,
        at_ms: u64,
        unanswered: &StoreError,
    ) -> Result<bool, StoreError> {
        for _ in 0..ASKED_MAX {
            tokio::time::sleep(ASKED_PAUSE).await;
            let Ok(mut lent) = self.database.lend().await else {
                continue;
            };
            let asked = async {
                let mut transaction = answered(lent.connection.begin()).await?;
                rows::is_there(&mut transaction, sequence, line, at_ms).await
            };
            if let Ok(is_there) = asked.await {
                return Ok(is_there);
            }
        }
        Err(StoreError::Unavailable(format!(
            "whether the change was recorded is not known, the record tells once the database is back ({unanswered})"
        )))
    }

    pub async fn audit(&self, line: &Entry) -> Result<(), StoreError> {
        let error = |error: sqlx::Error| self.database.error(&error);
        let mut lent = self.database.lend().await?;
        let begun = answered(lent.connection.begin()).await;
        let mut transaction = begun.map_err(error)?;
        let sequence = rows::next_sequence(&mut transaction).await;
        let sequence = sequence.map_err(error)?;
        let appended = rows::append(&mut transaction, sequence, line, now_ms()).await;
        appended.map_err(error)?;
        answered(transaction.commit()).await.map_err(error)?;
        lent.give_back();
        Ok(())
    }

    /// At most `count` lines whose sequence is less than `before`, newest first.
    pub async fn audit_lines(&self, before: u64, count: u32) -> Result<Vec<AuditLine>, StoreError> {
        let mut lent = self.database.lend().await?;
        let rows = rows::lines(&mut lent.connection, before, count).await;
        let rows = rows.map_err(|error| self.database.error(&error))?;
        lent.give_back();
        rows.into_iter().map(entry::line).collect()
    }

    /// See [`super::Store::changed`].
    pub async fn changed(&self, after: Revision) -> Result<Revision, StoreError> {
        let woken = Notify::new();
        let address = self.database.address().clone();
        let listen = wake::listen(address, rows::CHANNEL.to_owned(), &woken);
        let look = async {
            loop {
                match self.newest().await {
                    // Earlier than it was: somebody put a backup in its place.
                    Ok(newest) if newest != after => return Ok(newest),
                    Ok(_) | Err(StoreError::Unavailable(_)) => {}
                    Err(error) => {
                        tokio::time::sleep(POLL).await;
                        return Err(error);
                    }
                }
                let _ = timeout(POLL, woken.notified()).await;
            }
        };
        tokio::select! {
            newest = look => newest,
            never = listen => match never {},
        }
    }

    async fn newest(&self) -> Result<Revision, StoreError> {
        let mut lent = self.database.lend().await?;
        let newest = rows::newest_of_all(&mut lent.connection).await;
        let newest = newest.map_err(|error| self.database.error(&error))?;
        lent.give_back();
        Ok(newest)
    }
}
