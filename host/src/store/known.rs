//! What this gateway last knew of a record that it shares: `fleet.json` of the store's folder. A gateway that starts while the database
//! is away serves what stands there.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::{change::SlotRecord, error::StoreError};
use crate::file;

/// Thousands of slots, each with a long rollout.
const FILE_MAX_BYTES: u64 = 64 << 20;

/// See the module.
pub struct Known {
    path: PathBuf,
    /// The database that it was read from: what is known of one says nothing of another.
    of: String,
    /// As the file has it; one writer at a time.
    pub written: Mutex<Vec<SlotRecord>>,
}

#[derive(Serialize, Deserialize)]
struct Content {
    of: String,
    slots: Vec<SlotRecord>,
}

impl Known {
    /// Reads the file where there is one of that database.
    pub fn open(folder: &Path, of: String) -> Result<Self, StoreError> {
        let path = folder.join("fleet.json");
        let slots = match file::read(&path, FILE_MAX_BYTES) {
            Ok(text) => {
                let content: Content = serde_json::from_slice(&text).map_err(|error| {
                    StoreError::Unusable(format!(
                        "{} cannot be read ({error}): remove it while the database is there",
                        path.display()
                    ))
                })?;
                Some(content).filter(|content| content.of == of)
            }
            Err(_) if !path.exists() => None,
            Err(error) => {
                return Err(StoreError::Unusable(format!("{}: {error}", path.display())));
            }
        };
        Ok(Self {
            path,
            of,
            written: Mutex::new(slots.map(|content| content.slots).unwrap_or_default()),
        })
    }

    /// Writes the file, so that a crash leaves the old one or the new one.
    pub fn write(&self, slots: &[SlotRecord]) -> std::io::Result<()> {
        let content = Content {
            of: self.of.clone(),
            slots: slots.to_vec(),
        };
        file::replace(&self.path, &serde_json::to_vec_pretty(&content)?)
    }
}
