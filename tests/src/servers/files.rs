//! Files of servers: who owns them, and how a server that is no superuser comes to them.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown, symlink},
        process::CommandExt as _,
    },
    path::Path,
    process::Command,
};

/// `nobody` on all systems: PostgreSQL refuses to run as root, and Kafka need not.
const ORDINARY: u32 = 65_534;

fn is_root() -> bool {
    // The process's own folder belongs to its effective user.
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

/// Makes the command run as an ordinary user in this folder, which must be [`given`](give) to that user.
pub fn lower(command: &mut Command, folder: &Path) {
    command.current_dir(folder).env("HOME", folder);
    if is_root() {
        command.uid(ORDINARY).gid(ORDINARY);
    }
}

/// Gives the folder with all in it to the user of [`lower`].
pub fn give(path: &Path) {
    if !is_root() {
        return;
    }
    let metadata = fs::symlink_metadata(path).expect("a file");
    if metadata.is_symlink() {
        return;
    }
    chown(path, Some(ORDINARY), Some(ORDINARY)).expect("root may give files away");
    if metadata.is_dir() {
        for entry in fs::read_dir(path).expect("a folder") {
            give(&entry.expect("an entry").path());
        }
    }
}

/// Makes `source` be at `path` for the user of [`lower`]: by a link, or by a copy where that user may not go where `source` is.
pub fn reach(source: &Path, path: &Path) {
    let source = source.canonicalize().expect("the source is there");
    let may_use = |path: &Path| {
        fs::metadata(path).is_ok_and(|metadata| {
            let needed = if metadata.is_dir() { 0o005 } else { 0o004 };
            metadata.permissions().mode() & needed == needed
        })
    };
    if !is_root() || source.ancestors().all(may_use) {
        symlink(&source, path).expect("a link");
    } else {
        copy(&source, path);
    }
}

/// Copies a file, or a folder with all in it, with permissions and times: a class-data archive holds for jars of the same time only.
pub fn copy(from: &Path, to: &Path) {
    let metadata = fs::metadata(from).expect("a file");
    if metadata.is_dir() {
        fs::create_dir(to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder") {
            let entry = entry.expect("an entry");
            copy(&entry.path(), &to.join(entry.file_name()));
        }
        fs::set_permissions(to, metadata.permissions()).expect("permissions");
    } else {
        fs::copy(from, to).expect("a copy");
        let modified = metadata.modified().expect("a time");
        // Not for writing: the copy of a read-only file is one too.
        let file = fs::File::open(to).expect("the copy");
        file.set_modified(modified).expect("a time");
    }
}
