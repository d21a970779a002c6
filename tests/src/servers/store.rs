//! What is made once and kept in the target folder: fetched files, formatted folders.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use crate::workspace;

/// The folder `<target>/servers/<name>`. Where it is missing `make` fills it: in another folder that gets the name at last,
/// so that it is whole or missing, and under a lock, so that of several processes and threads one makes it and the others wait.
pub fn once(name: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let servers = workspace::target_dir().join("servers");
    let done = servers.join(name);
    if done.is_dir() {
        return done;
    }
    fs::create_dir_all(&servers).expect("a folder in the target folder");
    let lock = File::create(servers.join(format!("{name}.lock"))).expect("a lock file");
    lock.lock().expect("the lock");
    if !done.is_dir() {
        let unfinished = servers.join(format!("{name}.unfinished"));
        fs::remove_dir_all(&unfinished).ok();
        fs::create_dir_all(&unfinished).expect("a folder in the target folder");
        make(&unfinished);
        fs::rename(&unfinished, &done).expect("the folder gets its name");
    }
    done
}
