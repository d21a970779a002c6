//! The record in an embedded database, `store.db` of the store's folder.

mod rows;
mod schema;
#[cfg(test)]
mod tests;

use std::{path::Path, time::Duration};

use sqlx::Connection as _;
use tokio::sync::watch;

use super::{
    change::{AuditLine, Change, NewRelease, ReleaseRecord, Revision, SlotRecord},
    entry::{self, Entry},
    error::{ChangeError, StoreError},
    files::Files,
};
use crate::{
    clock::now_ms,
    failpoint,
    release::Digest,
    sink::sqlite::{file::File, trouble},
};

/// How often it is looked for changes of other processes.
const POLL: Duration = Duration::from_secs(1);

/// See the module.
pub struct Sqlite {
    file: File,
    /// Wakes those who wait for this process's changes.
    changed: watch::Sender<()>,
}

impl Sqlite {
    /// Opens the database; makes it where it is missing, and brings an older one up to date.
    pub async fn open(folder: &Path) -> Result<Self, StoreError> {
        let file = File::open(&folder.join("store.db"), Vec::new(), "store").await?;
        let store = Self {
            file,
            changed: watch::Sender::new(()),
        };
        let mut lent = store.file.lend().await?;
        let version = schema::migrate(lent.connection()).await;
        let version = version.map_err(|error| store.error(&error))?;
        lent.give_back();
        if version > schema::STEPS.len() as i64 {
            return Err(StoreError::Newer {
                place: store.file.path.display().to_string(),
                found: version,
                known: schema::STEPS.len(),
            });
        }
        Ok(store)
    }

    pub async fn keep(&self, release: &NewRelease<'_>) -> Result<(), StoreError> {
        let mut lent = self.file.lend().await?;
        let kept = rows::keep(lent.connection(), release, now_ms()).await;
        kept.map_err(|error| self.error(&error))?;
        lent.give_back();
        Ok(())
    }

    /// Verified; what is recorded and not in the folder is an error that names the file.
    pub async fn component(
        &self,
        digest: Digest,
        files: &Files,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(component) = files.read(digest).await? {
            return Ok(Some(component));
        }
        let mut lent = self.file.lend().await?;
        let has = rows::has(lent.connection(), digest).await;
        let has = has.map_err(|error| self.error(&error))?;
        lent.give_back();
        if has {
            return Err(StoreError::Damaged {
                path: files.path(digest),
                reason: "it is gone".to_owned(),
            });
        }
        Ok(None)
    }

    pub async fn releases(&self, slot: &str) -> Result<Vec<ReleaseRecord>, StoreError> {
        let mut lent = self.file.lend().await?;
        let rows = rows::releases(lent.connection(), slot).await;
        let rows = rows.map_err(|error| self.error(&error))?;
        lent.give_back();
        rows.into_iter().map(entry::release).collect()
    }

    pub async fn slots(&self) -> Result<Vec<SlotRecord>, StoreError> {
        let mut lent = self.file.lend().await?;
        let rows = rows::slots(lent.connection()).await;
        let rows = rows.map_err(|error| self.error(&error))?;
        lent.give_back();
        rows.into_iter().map(entry::slot).collect()
    }

    pub async fn change(&self, gateway: &str, change: &Change) -> Result<Revision, ChangeError> {
        let mut lent = self.file.lend().await?;
        let error = |error: sqlx::Error| ChangeError::Store(self.error(&error));
        let begun = lent.connection().begin_with("BEGIN IMMEDIATE").await;
        let mut transaction = begun.map_err(error)?;
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
        let line = Entry::of_change(gateway, change, &before);
        let revision = rows::append(&mut transaction, &line, now_ms()).await;
        let revision = revision.map_err(error)?;
        for slot in &change.slots {
            let put = rows::put(&mut transaction, slot, revision).await;
            put.map_err(error)?;
        }
        failpoint::at("store.change-begun");
        transaction.commit().await.map_err(error)?;
        failpoint::at("store.change-committed");
        lent.give_back();
        self.changed.send_replace(());
        Ok(revision)
    }

    pub async fn audit(&self, line: &Entry) -> Result<(), StoreError> {
        let mut lent = self.file.lend().await?;
        let appended = rows::append(lent.connection(), line, now_ms()).await;
        appended.map_err(|error| self.error(&error))?;
        lent.give_back();
        Ok(())
    }

    /// At most `count` lines whose sequence is less than `before`, newest first.
    pub async fn audit_lines(&self, before: u64, count: u32) -> Result<Vec<AuditLine>, StoreError> {
        let mut lent = self.file.lend().await?;
        let rows = rows::lines(lent.connection(), before, count).await;
        let rows = rows.map_err(|error| self.error(&error))?;
        lent.give_back();
        rows.into_iter().map(entry::line).collect()
    }

    /// See [`super::Store::changed`].
    pub async fn changed(&self, after: Revision) -> Result<Revision, StoreError> {
        let mut woken = self.changed.subscribe();
        loop {
            match self.newest().await {
                Ok(newest) if newest != after => return Ok(newest),
                Ok(_) => {}
                Err(error) => {
                    tokio::time::sleep(POLL).await;
                    return Err(error);
                }
            }
            // Never an error: the sender lives as long as this.
            let _ = tokio::time::timeout(POLL, woken.changed()).await;
        }
    }

    /// The newest change's revision; 0 before the first.
    async fn newest(&self) -> Result<Revision, StoreError> {
        let mut lent = self.file.lend().await?;
        let newest = rows::newest_of_all(lent.connection()).await;
        let newest = newest.map_err(|error| self.error(&error))?;
        lent.give_back();
        Ok(newest)
    }

    fn error(&self, error: &sqlx::Error) -> StoreError {
        trouble::of(error, &self.file.path, "record").into()
    }
}
