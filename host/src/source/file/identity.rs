//! Which file a file is, whatever its name: its device and inode, and its first bytes, as inodes are used again.

use std::{
    ffi::OsStr,
    fs::{self, File, Metadata},
    io,
    os::unix::{ffi::OsStrExt as _, fs::FileExt as _, fs::MetadataExt as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

/// How much of a file's begin tells it from others.
const FINGERPRINT_MAX_BYTES: usize = 1024;
/// Files of a folder that are looked at for one that was rotated.
const FOLDER_MAX_FILES: usize = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    pub device: u64,
    pub inode: u64,
}

impl Identity {
    /// Of a file whose content is gone.
    pub const NONE: Self = Self {
        device: 0,
        inode: 0,
    };

    pub fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }
}

/// Of the first bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Hexadecimal BLAKE3.
    pub hash: String,
    pub bytes: usize,
}

impl Fingerprint {
    /// Of what was read of the file so far, which is `read_bytes`.
    pub fn of(file: &File, read_bytes: i64) -> io::Result<Self> {
        let bytes = FINGERPRINT_MAX_BYTES.min(read_bytes.max(0) as usize);
        let mut begin = vec![0; bytes];
        file.read_exact_at(&mut begin, 0)?;
        Ok(Self {
            hash: blake3::hash(&begin).to_hex().to_string(),
            bytes,
        })
    }

    /// Whether more of the file would not change it.
    pub fn is_full(&self) -> bool {
        self.bytes == FINGERPRINT_MAX_BYTES
    }

    /// Whether the file begins with these bytes.
    pub fn is_of(&self, file: &File) -> bool {
        Self::of(file, self.bytes as i64).is_ok_and(|other| other == *self)
    }
}

/// A regular file of the followed file's folder.
#[derive(Debug)]
pub struct Sibling {
    pub path: PathBuf,
    pub identity: Identity,
    pub size: i64,
    pub modified: SystemTime,
}

impl Sibling {
    fn of(path: PathBuf) -> io::Result<Option<Self>> {
        let metadata = fs::metadata(&path)?;
        Ok(metadata.is_file().then(|| Self {
            path,
            identity: Identity::of(&metadata),
            size: metadata.len() as i64,
            modified: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
        }))
    }

    /// Whether it is named as a rotated file of `path` is: the name, and then numbers, such as `.1` or `-20260131`. Compressed files and those
    /// of other writers, such as `app.log.err`, are not.
    pub fn is_rotated(&self, path: &Path) -> bool {
        let name = |path: &Path| {
            path.file_name()
                .map(OsStr::as_bytes)
                .unwrap_or_default()
                .to_vec()
        };
        let (name, own) = (name(path), name(&self.path));
        own.strip_prefix(name.as_slice()).is_some_and(|suffix| {
            let numeric = |byte: &u8| byte.is_ascii_digit() || b".-_:T".contains(byte);
            suffix.iter().any(u8::is_ascii_digit) && suffix.iter().all(numeric)
        })
    }
}

/// The regular files of the folder of `path`, the longest unchanged first.
pub fn siblings(path: &Path) -> io::Result<Vec<Sibling>> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut siblings = Vec::new();
    for entry in fs::read_dir(folder.unwrap_or(Path::new(".")))?.take(FOLDER_MAX_FILES) {
        // One that vanishes meanwhile is no sibling.
        if let Ok(Some(sibling)) = Sibling::of(entry?.path()) {
            siblings.push(sibling);
        }
    }
    siblings.sort_by_key(|sibling| sibling.modified);
    Ok(siblings)
}
