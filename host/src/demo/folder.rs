//! The demo's folder: made anew by each run, and never at the cost of somebody's own files.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

/// Says that the folder is a demo's; locked while one runs.
const MARKER: &str = ".scoregate-demo";
/// What an earlier demo left, all of it made by the demo itself.
const FILES: [&str; 9] = [
    "payments.wasm",
    "fraud.json",
    "fraud.wasm",
    "heldout.ndjson",
    "scoregate.toml",
    "postgres-url",
    "scores.db",
    "scores.db-shm",
    "scores.db-wal",
];
const STORE: &str = "store";

/// A folder that belongs to this demo for as long as this lives.
pub struct Folder {
    pub path: PathBuf,
    /// The lock goes with it.
    _marker: File,
}

impl Folder {
    /// Takes the folder, and removes what an earlier demo left there.
    pub fn take(path: &Path) -> anyhow::Result<Self> {
        let here = || format!("the folder {} cannot be used", path.display());
        fs::create_dir_all(path).with_context(here)?;
        let marker = path.join(MARKER);
        let is_empty = fs::read_dir(path).with_context(here)?.next().is_none();
        anyhow::ensure!(
            is_empty || marker.is_file(),
            "the folder {} is not empty and no earlier demo's; name another one by --dir",
            path.display()
        );
        let marker = File::create(marker).with_context(here)?;
        match marker.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => anyhow::bail!(
                "another demo serves from the folder {}; end it, or name another folder by --dir",
                path.display()
            ),
            Err(TryLockError::Error(error)) => return Err(error).with_context(here),
        }
        for file in FILES {
            gone(fs::remove_file(path.join(file))).with_context(here)?;
        }
        gone(fs::remove_dir_all(path.join(STORE))).with_context(here)?;
        Ok(Self {
            path: path.to_owned(),
            _marker: marker,
        })
    }
}

/// What is not there need not be removed.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobodys_own_files_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("scoregate.toml");
        fs::write(&own, "own").unwrap();
        let error = Folder::take(dir.path()).err().unwrap().to_string();
        assert!(error.contains("no earlier demo's"), "{error}");
        assert!(own.exists());

        let demo = dir.path().join("demo");
        let first = Folder::take(&demo).unwrap();
        fs::write(demo.join("scores.db"), "rows").unwrap();
        fs::write(demo.join("notes.txt"), "own").unwrap();
        let error = Folder::take(&demo).err().unwrap().to_string();
        assert!(error.contains("another demo serves"), "{error}");
        assert!(demo.join("scores.db").exists());

        drop(first);
        drop(Folder::take(&demo).unwrap());
        assert!(!demo.join("scores.db").exists());
        assert!(demo.join("notes.txt").exists());
    }
}
