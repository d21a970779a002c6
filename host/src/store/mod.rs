//! The store: every release by its digest, what serves in each slot, and who changed it.
//!
//! Releases are files (`releases/<hex>.wasm`); their descriptions, the slots' states and the audit are rows of a database: an embedded one,
//! or a PostgreSQL that several gateways share. What is written is only added to. A file is complete before its row, and a change is one
//! transaction, so a crash at any point leaves what was or what is to be.

mod change;
mod entry;
mod error;
mod files;
mod sqlite;

use std::{sync::Arc, time::Duration};

pub use change::{
    Action, Actor, AuditLine, Change, NewRelease, OpenRollout, ReleaseRecord, Revision, SlotChange,
    SlotRecord, SlotState, Stage, Strategy,
};
pub use error::{ChangeError, StoreError};

use self::{entry::Entry, files::Files, sqlite::Sqlite};
use crate::{config, failpoint, release::Digest};

/// How often it is looked for changes of others that nobody told of.
const POLL: Duration = Duration::from_secs(1);
/// Of one answer.
const AUDIT_MAX_LINES: u32 = 1_000;

/// An open store: cheap to clone, and to be used from many tasks.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    /// The gateway that writes; it stands in every line of the record.
    gateway: String,
    files: Files,
    record: Sqlite,
}

impl Store {
    /// Opens the store; makes what is missing of it. `gateway` is this gateway's name.
    pub async fn open(config: &config::Store, gateway: &str) -> Result<Self, StoreError> {
        let files = Files::open(&config.path)?;
        let record = Sqlite::open(&config.path).await?;
        let inner = Inner {
            gateway: gateway.to_owned(),
            files,
            record,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Keeps a release for a slot. One that is kept already costs no file.
    pub async fn keep(&self, release: &NewRelease<'_>) -> Result<(), StoreError> {
        let Inner { files, record, .. } = &*self.inner;
        files.keep(release.digest, release.component).await?;
        failpoint::at("store.file-kept");
        record.keep(release).await?;
        failpoint::at("store.release-kept");
        Ok(())
    }

    /// A release's bytes, which have that digest; none where no such release is kept.
    pub async fn component(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let Inner { files, record, .. } = &*self.inner;
        if let Some(component) = files.read(*digest).await? {
            return Ok(Some(component));
        }
        if record.has(*digest).await? {
            return Err(StoreError::Damaged {
                path: files.path(*digest),
                reason: "it is gone".to_owned(),
            });
        }
        Ok(None)
    }

    /// The releases that were kept for a slot, newest first.
    pub async fn releases(&self, slot: &str) -> Result<Vec<ReleaseRecord>, StoreError> {
        self.inner.record.releases(slot).await
    }

    /// What serves in each slot that has a record, by name.
    pub async fn slots(&self) -> Result<Vec<SlotRecord>, StoreError> {
        self.inner.record.slots().await
    }

    /// Changes all slots of the change and appends its line to the audit, or does nothing of it. Each release that a new state names is
    /// kept already.
    pub async fn change(&self, change: Change) -> Result<Revision, ChangeError> {
        let Inner {
            gateway, record, ..
        } = &*self.inner;
        record.change(gateway, &change).await
    }

    /// Appends a line about what changes no slot. Its sequence, its time and its gateway are the store's to give, whatever the line says.
    pub async fn audit(&self, line: AuditLine) -> Result<(), StoreError> {
        let Inner {
            gateway, record, ..
        } = &*self.inner;
        record.audit(&Entry::of_line(gateway, &line)).await
    }

    /// At most `count` lines of the audit, and no more than 1,000, newest first: those before the sequence given, or the newest.
    pub async fn audit_lines(
        &self,
        before: Option<u64>,
        count: u32,
    ) -> Result<Vec<AuditLine>, StoreError> {
        let count = count.min(AUDIT_MAX_LINES);
        let before = before.unwrap_or(u64::MAX);
        self.inner.record.audit_lines(before, count).await
    }

    /// Waits for a change after the revision given (0: for any), whoever makes it, and returns the newest change's revision.
    pub async fn changed(&self, after: Revision) -> Result<Revision, StoreError> {
        let record = &self.inner.record;
        let mut woken = record.woken();
        loop {
            let newest = record.newest().await?;
            if newest > after {
                return Ok(newest);
            }
            // The sender lives in `record`.
            let _ = tokio::time::timeout(POLL, woken.changed()).await;
        }
    }
}
