//! A file that lines are appended to by several processes, and that an operator may move away at any time.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use crate::limits::DEAD_LETTER_LOCK_MAX_MS;

/// See the module.
#[derive(Debug)]
pub struct AppendFile {
    path: PathBuf,
    open: Mutex<Option<File>>,
}

impl AppendFile {
    /// Nothing is opened yet.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.into(),
            open: Mutex::new(None),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file, or makes it: only its owner may read it.
    pub fn open(&self) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        self.at_path(&mut open).map(drop)
    }

    /// Appends whole lines; on Ok they survive the end of the process and of the machine. Blocks.
    pub fn append(&self, lines: &[u8]) -> io::Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let file = self.at_path(&mut open)?;
        lock(file)?;
        let appended = append(file, lines);
        let unlocked = file.unlock();
        if appended.is_err() || unlocked.is_err() {
            // Closed with its lock, and opened anew by the next call.
            *open = None;
        }
        appended
    }

    /// The file that others find at the path, too: an operator may have moved away the one that is open.
    fn at_path<'f>(&self, open: &'f mut Option<File>) -> io::Result<&'f mut File> {
        if let Some(file) = open {
            let (ours, theirs) = (file.metadata()?, fs::metadata(&self.path));
            if !theirs.is_ok_and(|theirs| (theirs.dev(), theirs.ino()) == (ours.dev(), ours.ino()))
            {
                *open = None;
            }
        }
        match open {
            Some(file) => Ok(file),
            None => Ok(open.insert(create(&self.path)?)),
        }
    }
}

fn create(path: &Path) -> io::Result<File> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let existed = path.exists();
    // Asked before it is opened: opening a pipe would wait for its reader.
    if existed && !fs::metadata(path)?.is_file() {
        let reason = "it is no regular file";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    if !existed {
        // Its name, too, must survive a power cut.
        File::open(folder)?.sync_all()?;
    }
    Ok(file)
}

/// Another process that appends holds the lock for one write.
fn lock(file: &File) -> io::Result<()> {
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => {}
        }
        if start.elapsed() > Duration::from_millis(DEAD_LETTER_LOCK_MAX_MS) {
            let reason = format!("another process held its lock for {DEAD_LETTER_LOCK_MAX_MS} ms");
            return Err(io::Error::new(io::ErrorKind::TimedOut, reason));
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn append(file: &mut File, lines: &[u8]) -> io::Result<()> {
    let before = file.metadata()?.len();
    if before > 0 {
        let mut last = [0];
        file.seek(SeekFrom::Start(before - 1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            // A crash tore the last line: what follows must not become a part of it.
            file.write_all(b"\n")?;
        }
    }
    let written = file.write_all(lines).and_then(|()| file.sync_data());
    if written.is_err() {
        // The failure is what is told, whether or not the half line goes away.
        file.set_len(before).ok();
    }
    written
}
