//! The store: every release by its digest, what serves in each slot, and who changed it.
//!
//! Releases are files (`releases/<hex>.wasm`); their descriptions, the slots' states and the audit are rows of a database: an embedded one,
//! or a PostgreSQL that several gateways share. What is written is only added to. A file is complete before its row, and a change is one
//! transaction, so a crash at any point leaves what was or what is to be.

mod change;
mod entry;
mod error;
mod files;
mod known;
mod postgres;
mod shared;
mod sqlite;

use std::{path::Path, sync::Arc};

pub use change::{
    Action, Actor, AuditLine, Change, NewRelease, OpenRollout, ReleaseRecord, Revision, SlotChange,
    SlotRecord, SlotState, Stage, Strategy,
};
pub use error::{ChangeError, StoreError};

use self::{entry::Entry, files::Files, postgres::Postgres, shared::Shared, sqlite::Sqlite};
use crate::{
    config::{self, DatabaseUrl},
    failpoint,
    release::Digest,
};

/// A release's bytes, which have that digest, from the store in a folder; none where it has no such file. Nothing is written, so that it does
/// no harm beside a gateway.
pub fn component_in(store: &Path, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
    Files::at(store).look(digest)
}

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
    record: Record,
}

enum Record {
    Embedded(Sqlite),
    Shared(Box<Shared>),
}

impl Store {
    /// Opens the store; makes what is missing of it. `gateway` is this gateway's name. A database that is away is an error at the first
    /// start only: later ones go by what was known last.
    pub async fn open(config: &config::Store, gateway: &str) -> Result<Self, StoreError> {
        let files = Files::open(&config.path)?;
        let record = match &config.url {
            None => Record::Embedded(Sqlite::open(&config.path).await?),
            Some(url) => Record::Shared(Box::new(Shared::open(&config.path, url, &files).await?)),
        };
        let inner = Inner {
            gateway: gateway.to_owned(),
            files,
            record,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Whether the database takes the login and lets the record be made or written: one sentence where not. Nothing is made.
    pub async fn connect(url: &DatabaseUrl) -> Result<(), StoreError> {
        Postgres::new(url)?.try_out().await
    }

    /// Why the record that is shared with other gateways cannot be reached, while that is so: what was known last serves, and nothing
    /// can be changed. An embedded record is never away.
    pub fn trouble(&self) -> Option<String> {
        match &self.inner.record {
            Record::Embedded(_) => None,
            Record::Shared(shared) => shared.record.trouble(),
        }
    }

    /// Keeps a release for a slot. One that is kept already costs no file.
    pub async fn keep(&self, release: &NewRelease<'_>) -> Result<(), StoreError> {
        let Inner { files, record, .. } = &*self.inner;
        files.keep(release.digest, release.component).await?;
        failpoint::at("store.file-kept");
        match record {
            Record::Embedded(sqlite) => sqlite.keep(release).await?,
            Record::Shared(shared) => shared.record.keep(release).await?,
        }
        failpoint::at("store.release-kept");
        Ok(())
    }

    /// A release's bytes, which have that digest; none where no such release is kept.
    pub async fn component(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let Inner { files, record, .. } = &*self.inner;
        match record {
            Record::Embedded(sqlite) => sqlite.component(*digest, files).await,
            Record::Shared(shared) => shared.component(*digest, files).await,
        }
    }

    /// The releases that were kept for a slot, newest first.
    pub async fn releases(&self, slot: &str) -> Result<Vec<ReleaseRecord>, StoreError> {
        match &self.inner.record {
            Record::Embedded(sqlite) => sqlite.releases(slot).await,
            Record::Shared(shared) => shared.record.releases(slot).await,
        }
    }

    /// What serves in each slot that has a record, by name. While a shared record is away these are the slots as they were known last,
    /// with their releases in the folder; [`Store::trouble`] tells.
    pub async fn slots(&self) -> Result<Vec<SlotRecord>, StoreError> {
        let Inner { files, record, .. } = &*self.inner;
        match record {
            Record::Embedded(sqlite) => sqlite.slots().await,
            Record::Shared(shared) => shared.slots(files).await,
        }
    }

    /// Changes all slots of the change and appends its line to the audit, or does nothing of it. Each release that a new state names is
    /// kept already.
    pub async fn change(&self, change: Change) -> Result<Revision, ChangeError> {
        let Inner {
            gateway, record, ..
        } = &*self.inner;
        match record {
            Record::Embedded(sqlite) => sqlite.change(gateway, &change).await,
            Record::Shared(shared) => shared.record.change(gateway, &change).await,
        }
    }

    /// Appends a line about what changes no slot. Its sequence, its time and its gateway are the store's to give, whatever the line says.
    pub async fn audit(&self, line: AuditLine) -> Result<(), StoreError> {
        let line = Entry::of_line(&self.inner.gateway, &line);
        match &self.inner.record {
            Record::Embedded(sqlite) => sqlite.audit(&line).await,
            Record::Shared(shared) => shared.record.audit(&line).await,
        }
    }

    /// At most `count` lines of the audit, and no more than 1,000, newest first: those before the sequence given, or the newest.
    pub async fn audit_lines(
        &self,
        before: Option<u64>,
        count: u32,
    ) -> Result<Vec<AuditLine>, StoreError> {
        let (before, count) = (before.unwrap_or(u64::MAX), count.min(AUDIT_MAX_LINES));
        match &self.inner.record {
            Record::Embedded(sqlite) => sqlite.audit_lines(before, count).await,
            Record::Shared(shared) => shared.record.audit_lines(before, count).await,
        }
    }

    /// Waits until the newest change is another than `after` (0: none), whoever makes it, and returns its revision; it is an earlier one
    /// where somebody put a backup in the database's place. A shared record that is away is waited for. An error comes a second after
    /// the call at the soonest, so that who tries again at once does not try in haste.
    pub async fn changed(&self, after: Revision) -> Result<Revision, StoreError> {
        match &self.inner.record {
            Record::Embedded(sqlite) => sqlite.changed(after).await,
            Record::Shared(shared) => shared.record.changed(after).await,
        }
    }
}
