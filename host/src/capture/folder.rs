//! A pipeline's folder of capsules: as many as may stay, the newest of them, and of faults before samples.

use std::{
    collections::VecDeque,
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use crate::{config, file, moment};

const SUFFIX: &str = ".json";
/// What was begun so long ago and has no name yet never gets one: its writer is gone.
const BEGUN_MAX: Duration = Duration::from_secs(60);

/// See the module.
pub struct Folder {
    path: PathBuf,
    max_count: u64,
    max_bytes: u64,
    /// Names and sizes of what is there, oldest first, as far as this process knows; none before the first was kept.
    kept: Option<VecDeque<(String, u64)>>,
    bytes: u64,
    /// Tells those of one millisecond apart, and keeps their order.
    sequence: u64,
}

impl Folder {
    /// Nothing is made before something is kept.
    pub fn new(path: PathBuf, limits: &config::Capture) -> Self {
        Self {
            path,
            max_count: limits.max_count,
            max_bytes: limits.max_bytes,
            kept: None,
            bytes: 0,
            sequence: 0,
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether one of so many bytes can be kept at all.
    pub fn takes(&self, bytes: u64) -> bool {
        bytes <= self.max_bytes
    }

    /// Writes a capsule that it [takes](Self::takes), whole or not at all. The oldest are removed before it, so that the limits hold at each moment.
    pub fn keep(&mut self, at_ms: u64, word: &str, content: &[u8]) -> io::Result<()> {
        let bytes = content.len() as u64;
        if self.kept.is_none() {
            self.look()?;
            self.tidy();
        }
        if !self.has_room(bytes) {
            // Others may have removed some, or added: another gateway of this store.
            self.look()?;
            self.make_room(bytes)?;
        }
        let name = self.name(at_ms, word);
        let path = self.path.join(&name);
        match file::replace(&path, content) {
            // Somebody removed the folder: it is made anew.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.look()?;
                file::replace(&path, content)?;
            }
            written => written?,
        }
        self.bytes += bytes;
        self.kept.get_or_insert_default().push_back((name, bytes));
        Ok(())
    }

    /// A name that no file has.
    fn name(&mut self, at_ms: u64, word: &str) -> String {
        loop {
            self.sequence += 1;
            let (moment, sequence) = (moment::in_name(at_ms), self.sequence);
            let name = format!("{moment}-{sequence:06}-{word}{SUFFIX}");
            if !self.path.join(&name).exists() {
                return name;
            }
        }
    }

    fn has_room(&self, bytes: u64) -> bool {
        let count = self.kept.as_ref().map_or(0, VecDeque::len) as u64;
        count < self.max_count && self.bytes + bytes <= self.max_bytes
    }

    /// A little more than is needed, so that the folder is not looked at for each.
    fn make_room(&mut self, bytes: u64) -> io::Result<()> {
        let spare_count = self.max_count / 20;
        let spare_bytes = bytes.max(self.max_bytes / 20);
        let Some(kept) = &mut self.kept else {
            return Ok(());
        };
        while kept.len() as u64 + spare_count >= self.max_count
            || self.bytes + spare_bytes > self.max_bytes
        {
            // A fault is rarer than the samples beside it, and worth more.
            let sample = kept.iter().position(|(name, _)| !is_fault(name));
            let Some((name, bytes)) = kept.remove(sample.unwrap_or(0)) else {
                break;
            };
            match fs::remove_file(self.path.join(&name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    // It is still there: the folder is looked at anew.
                    self.kept = None;
                    return Err(error);
                }
                _ => self.bytes -= bytes,
            }
        }
        Ok(())
    }

    /// Makes the folder where it is missing and looks at what is in it.
    fn look(&mut self) -> io::Result<()> {
        // Events may be personal data: they are the gateway's user's alone.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.path)?;
        let mut kept = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(SUFFIX)
                && let Ok(file) = entry.metadata()
            {
                kept.push((name, file.len()));
            }
        }
        kept.sort();
        self.bytes = kept.iter().map(|(_, bytes)| bytes).sum();
        self.kept = Some(kept.into());
        Ok(())
    }

    /// Removes what a process that is gone has begun. Capsules are written with it as well, so nothing that goes wrong here is told.
    fn tidy(&self) {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        for entry in entries {
            let begun = entry.metadata().and_then(|file| file.modified());
            let is_old = begun.is_ok_and(|begun| {
                let age = SystemTime::now().duration_since(begun);
                age.is_ok_and(|age| age > BEGUN_MAX)
            });
            if is_old && entry.file_name().to_string_lossy().starts_with(".tmp") {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn is_fault(name: &str) -> bool {
    name.strip_suffix(SUFFIX)
        .is_some_and(|name| name.ends_with("-fault"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::config::Kept;

    fn folder(path: &Path, max_count: u64, max_bytes: u64) -> Folder {
        let limits = config::Capture {
            what: Kept::Faults,
            max_count,
            max_bytes,
        };
        Folder::new(path.join("capsules").join("fraud"), &limits)
    }

    fn names(folder: &Folder) -> Vec<String> {
        let entries = fs::read_dir(folder.path()).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn size(folder: &Folder) -> u64 {
        let sizes = names(folder).into_iter();
        let size = |name| fs::metadata(folder.path().join(name)).map_or(0, |file| file.len());
        sizes.map(size).sum()
    }

    #[test]
    fn listing_it_is_in_order_of_time_and_says_what_each_holds() {
        let dir = tempfile::tempdir().unwrap();
        let mut folder = folder(dir.path(), 10, 1000);
        assert!(names(&folder).is_empty() && !dir.path().join("capsules").exists());
        for (at_ms, word) in [(1, "scored"), (1, "fault"), (1_001, "rejected")] {
            folder.keep(at_ms, word, b"{}").unwrap();
        }
        assert_eq!(
            names(&folder),
            [
                "19700101T000000.001Z-000001-scored.json",
                "19700101T000000.001Z-000002-fault.json",
                "19700101T000001.001Z-000003-rejected.json"
            ]
        );
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path()), 0o700);
        assert_eq!(mode(&folder.path().join(&names(&folder)[0])), 0o600);
    }

    #[test]
    fn it_never_holds_more_than_it_may_and_the_oldest_go() {
        let dir = tempfile::tempdir().unwrap();
        let mut by_count = folder(dir.path(), 3, 1000);
        for at_ms in 0..10 {
            by_count.keep(at_ms, "fault", b"{}").unwrap();
            assert!(names(&by_count).len() <= 3);
        }
        assert!(names(&by_count)[2].starts_with("19700101T000000.009Z"));
        // Another process goes on with what is there.
        let mut by_bytes = folder(dir.path(), 100, 20);
        for at_ms in 10..30 {
            by_bytes.keep(at_ms, "fault", b"12345678").unwrap();
            assert!(by_bytes.bytes <= 20 && by_bytes.bytes == size(&by_bytes));
        }
        let left = names(&by_bytes);
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(left[0].starts_with("19700101T000000.028Z"), "{left:?}");
        assert!(by_bytes.takes(20) && !by_bytes.takes(21));
    }

    #[test]
    fn samples_go_before_faults() {
        let dir = tempfile::tempdir().unwrap();
        let mut folder = folder(dir.path(), 3, 1000);
        for (at_ms, word) in [(1, "fault"), (2, "scored"), (3, "fault")] {
            folder.keep(at_ms, word, b"{}").unwrap();
        }
        let words = |folder: &Folder| {
            let names = names(folder).into_iter();
            let word = |name: String| name.rsplit('-').next().unwrap().to_owned();
            names.map(word).collect::<Vec<_>>()
        };
        folder.keep(4, "rejected", b"{}").unwrap();
        assert_eq!(
            words(&folder),
            ["fault.json", "fault.json", "rejected.json"]
        );
        folder.keep(5, "fault", b"{}").unwrap();
        folder.keep(6, "fault", b"{}").unwrap();
        assert_eq!(words(&folder), ["fault.json"; 3]);
        assert!(
            names(&folder)[0].contains("00.003Z"),
            "the oldest fault is gone"
        );
    }

    #[test]
    fn a_folder_that_goes_away_comes_again_and_one_that_cannot_be_made_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let mut gone = folder(dir.path(), 3, 1000);
        gone.keep(1, "fault", b"{}").unwrap();
        fs::remove_dir_all(gone.path()).unwrap();
        gone.keep(2, "fault", b"{}").unwrap();
        assert_eq!(names(&gone).len(), 1);
        fs::remove_dir_all(dir.path().join("capsules")).unwrap();
        fs::write(dir.path().join("capsules"), b"a file").unwrap();
        assert!(gone.keep(3, "fault", b"{}").is_err());
        fs::remove_file(dir.path().join("capsules")).unwrap();
        gone.keep(4, "fault", b"{}").unwrap();
        assert_eq!(names(&gone).len(), 1);
    }
}
