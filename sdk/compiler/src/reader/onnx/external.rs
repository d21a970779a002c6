//! Tensors whose elements are in another file. It must lie in the model's own folder, whatever the model says.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::proto::TensorProto;
use crate::limits::MODEL_MAX_BYTES;

/// The folder of a model's file.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder that holds this file.
    ///
    /// # Errors
    /// A folder that is not there.
    pub fn of(model: &Path) -> std::io::Result<Self> {
        let folder = match model.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        folder.canonicalize().map(Self)
    }

    /// A file in it, by a relative path that stays in it, links followed.
    fn file(&self, location: &str) -> Result<PathBuf, String> {
        let path = Path::new(location);
        let stays = !location.is_empty()
            && path
                .components()
                .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let outside = || {
            format!(
                "its data are in `{location}`, outside of the model's folder, where nothing is read"
            )
        };
        if !stays {
            return Err(outside());
        }
        let full = self.0.join(path).canonicalize();
        let full = full.map_err(|error| format!("its data are in `{location}`: {error}"))?;
        match full.starts_with(&self.0) {
            true => Ok(full),
            false => Err(outside()),
        }
    }
}

/// The bytes of a tensor whose `data_location` is EXTERNAL.
pub fn read(proto: &TensorProto, folder: Option<&Folder>) -> Result<Vec<u8>, String> {
    let entry = |key: &str| {
        let found = proto.external_data.iter().find(|entry| entry.key == key);
        found.map(|entry| &entry.value[..])
    };
    let number = |key: &str| match entry(key) {
        None => Ok(None),
        Some(text) => text
            .parse::<u64>()
            .map(Some)
            .map_err(|_| format!("`external_data` has `{key}` {text:?}, which is no number")),
    };
    let location = entry("location").unwrap_or_default();
    let Some(folder) = folder else {
        return Err(format!(
            "its data are in another file, `{location}`, and only the model's own bytes are at hand; save the model in one file"
        ));
    };
    let path = folder.file(location)?;
    let failed = |error: std::io::Error| format!("its data are in `{location}`: {error}");
    let mut file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let offset = number("offset")?.unwrap_or(0);
    let bytes = number("length")?.unwrap_or(length.saturating_sub(offset));
    if offset.checked_add(bytes).is_none_or(|end| end > length) {
        return Err(format!(
            "its data are {bytes} bytes from {offset} of `{location}`, which has {length}"
        ));
    }
    if bytes > MODEL_MAX_BYTES as u64 {
        return Err(format!(
            "its data are {bytes} bytes; at most {MODEL_MAX_BYTES} are read"
        ));
    }
    file.seek(SeekFrom::Start(offset)).map_err(failed)?;
    let mut data = vec![0; bytes as usize];
    file.read_exact(&mut data).map_err(failed)?;
    Ok(data)
}
