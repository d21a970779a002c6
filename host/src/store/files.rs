//! The bytes of releases: `releases/<hex>.wasm`, each complete and on disk before anything mentions it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::error::StoreError;
use crate::{
    file::{self, ReadError},
    limits::COMPONENT_MAX_BYTES,
    release::Digest,
};

/// A file that was begun and never completed is somebody's who was killed, once it is that old.
const BEGUN_MAX: Duration = Duration::from_secs(3600);

/// See the module.
#[derive(Clone, Debug)]
pub struct Files {
    folder: PathBuf,
}

impl Files {
    /// The folder `releases` of the store's folder; makes both where they are missing.
    pub fn open(store: &Path) -> Result<Self, StoreError> {
        let Self { folder } = Self::at(store);
        fs::create_dir_all(&folder).map_err(|cause| StoreError::Folder {
            path: store.to_owned(),
            cause,
        })?;
        tidy(&folder);
        Ok(Self { folder })
    }

    /// Of a store as it is.
    pub fn at(store: &Path) -> Self {
        let folder = store.join("releases");
        Self { folder }
    }

    /// Writes a release's file, unless it is there whole.
    pub async fn keep(&self, digest: Digest, component: &[u8]) -> Result<(), StoreError> {
        let (files, component) = (self.clone(), component.to_vec());
        blocking(move || {
            let found = Digest::of(&component);
            if found != digest {
                return Err(StoreError::WrongDigest {
                    given: digest,
                    found,
                });
            }
            // Its name says what it holds, but an earlier disk may have lost its end.
            if let Ok(Some(_)) = files.look(digest) {
                return Ok(());
            }
            let path = files.path(digest);
            let written = file::replace(&path, &component).and_then(|()| sync(&files.folder));
            written.map_err(|cause| StoreError::Release { path, cause })
        })
        .await
    }

    /// A release's bytes; none where there is no such file.
    pub async fn read(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let files = self.clone();
        blocking(move || files.look(digest)).await
    }

    /// Whether there is such a file; what it holds is seen when it is read.
    pub fn has(&self, digest: Digest) -> bool {
        self.path(digest).is_file()
    }

    pub fn path(&self, digest: Digest) -> PathBuf {
        self.folder.join(format!("{}.wasm", digest.hex()))
    }

    /// See [`Self::read`]; blocks.
    pub fn look(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path(digest);
        let damaged = |path, reason| Err(StoreError::Damaged { path, reason });
        let component = match file::read(&path, COMPONENT_MAX_BYTES) {
            Ok(component) => component,
            Err(ReadError::Io(cause)) if cause.kind() == io::ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(error) => return damaged(path, error.to_string()),
        };
        let found = Digest::of(&component);
        if found != digest {
            return damaged(path, format!("its content is {found}"));
        }
        Ok(Some(component))
    }
}

/// A file's name is durable once its folder is.
fn sync(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// Removes what was begun and never completed. A store works with it as well, so nothing that goes wrong here is told.
fn tidy(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let begun = entry.metadata().and_then(|file| file.modified());
        let is_old = begun.is_ok_and(|begun| {
            SystemTime::now()
                .duration_since(begun)
                .is_ok_and(|age| age > BEGUN_MAX)
        });
        if is_old && entry.file_name().to_string_lossy().starts_with(".tmp") {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Large files are read and written off the runtime's own threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err(StoreError::Unavailable(
            "reading or writing a release's file ended by a panic".to_owned(),
        )),
    }
}
