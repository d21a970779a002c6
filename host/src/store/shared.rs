//! A record that several gateways share, with this gateway's own copies: files of its releases, and what it last knew of its slots.

use std::path::Path;

use super::{
    change::SlotRecord, entry, error::StoreError, files::Files, known::Known, postgres::Postgres,
};
use crate::{config::DatabaseUrl, release::Digest};

/// See the module.
pub struct Shared {
    pub record: Postgres,
    known: Known,
}

impl Shared {
    /// Reaches the database, or goes by what was known of it: the first start needs it.
    pub async fn open(folder: &Path, url: &DatabaseUrl, files: &Files) -> Result<Self, StoreError> {
        let record = Postgres::new(url)?;
        let known = Known::open(folder, record.address())?;
        let shared = Self { record, known };
        shared.slots(files).await?;
        Ok(shared)
    }

    /// Of the database; where it is away, those that were known last.
    pub async fn slots(&self, files: &Files) -> Result<Vec<SlotRecord>, StoreError> {
        match self.record.slots().await {
            Ok(slots) => {
                self.remember(&slots, files).await;
                Ok(slots)
            }
            Err(error) => {
                let known = self.known.written.lock().await;
                if known.is_empty() {
                    return Err(error);
                }
                tracing::debug!(%error, "slots are told as they were known last");
                Ok(known.clone())
            }
        }
    }

    /// Puts down the states whose releases are here. Of a slot whose releases cannot be had, what was put down before stays: it can serve.
    async fn remember(&self, slots: &[SlotRecord], files: &Files) {
        let mut written = self.known.written.lock().await;
        let mut to_write = Vec::new();
        for slot in slots {
            if self.fetch(slot, files).await {
                to_write.push(slot.clone());
            } else {
                let before = written.iter().find(|before| before.slot == slot.slot);
                to_write.extend(before.cloned());
            }
        }
        if *written == to_write {
            return;
        }
        match self.known.write(&to_write) {
            Ok(()) => *written = to_write,
            Err(error) => tracing::warn!(
                %error,
                "what serves is not written into the store's folder: a restart with the database away would serve what was before"
            ),
        }
    }

    /// Whether all releases of the slot are in the folder, after those that were not were fetched.
    async fn fetch(&self, slot: &SlotRecord, files: &Files) -> bool {
        for digest in entry::digests(&slot.state) {
            if files.has(digest) {
                continue;
            }
            if let Err(error) = self.component(digest, files).await {
                tracing::warn!(%error, slot = slot.slot, release = %digest, "a release is not fetched");
            }
            if !files.has(digest) {
                return false;
            }
        }
        true
    }

    /// From the folder, else from the database, and then kept in the folder.
    pub async fn component(
        &self,
        digest: Digest,
        files: &Files,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let here = files.read(digest).await;
        if matches!(here, Ok(Some(_))) {
            return here;
        }
        if let Err(error) = &here {
            tracing::warn!(%error, "a release is fetched again");
        }
        let component = match (self.record.component(digest).await, here) {
            (Ok(Some(component)), _) => component,
            // What is wrong with the file explains more than that there is no other.
            (_, Err(damaged)) => return Err(damaged),
            (there, _) => return there,
        };
        match files.keep(digest, &component).await {
            Ok(()) => Ok(Some(component)),
            Err(StoreError::WrongDigest { found, .. }) => Err(StoreError::Unusable(format!(
                "the release {digest} in {} is damaged: its content is {found}",
                self.record.address()
            ))),
            Err(error) => {
                tracing::warn!(%error, "a release serves, but is not kept in the store's folder");
                Ok(Some(component))
            }
        }
    }
}
