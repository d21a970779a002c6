//! Files that a user names: read whole, never more than a limit, and never something that has no end.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::Path,
};

use thiserror::Error;

/// Why a file was not read. The file's name is the caller's to say.
#[derive(Debug, Error)]
pub enum ReadError {
    #[error("it cannot be read: {0}")]
    Io(io::Error),
    #[error("it cannot be read: it is no regular file")]
    Irregular,
    #[error("it has {bytes} bytes; the limit is {max_bytes}")]
    TooLarge { bytes: u64, max_bytes: u64 },
}

/// The whole file.
pub fn read(path: &Path, max_bytes: u64) -> Result<Vec<u8>, ReadError> {
    // Asked before it is opened: opening a pipe would wait for its writer.
    let metadata = fs::metadata(path).map_err(ReadError::Io)?;
    if !metadata.is_file() {
        return Err(ReadError::Irregular);
    }
    let too_large = |bytes| ReadError::TooLarge { bytes, max_bytes };
    if metadata.len() > max_bytes {
        return Err(too_large(metadata.len()));
    }
    let mut content = Vec::with_capacity(metadata.len() as usize);
    let file = fs::File::open(path).map_err(ReadError::Io)?;
    // It may grow while it is read.
    let read = file
        .take(max_bytes.saturating_add(1))
        .read_to_end(&mut content);
    read.map_err(ReadError::Io)?;
    if content.len() as u64 > max_bytes {
        return Err(too_large(content.len() as u64));
    }
    Ok(content)
}

/// Writes a file so that a crash leaves the old one or the new one, whole.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_or_is_too_large_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        replace(&path, b"12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        let text = read(&path, 4).unwrap_err().to_string();
        assert_eq!(text, "it has 5 bytes; the limit is 4");
        assert!(matches!(read(dir.path(), 5), Err(ReadError::Irregular)));
        assert!(matches!(
            read(Path::new("/dev/zero"), 5),
            Err(ReadError::Irregular)
        ));
        assert!(matches!(
            read(&dir.path().join("none"), 5),
            Err(ReadError::Io(_))
        ));
        replace(&path, b"6").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"6");
    }
}
