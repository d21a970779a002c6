//! Compiled code on disk, by digest and engine. Machine code is as powerful as the host itself, so a file counts only with a MAC
//! whose key the host alone can read: a user's own precompiled file is never accepted. What is missing is compiled, signed and kept.
//!
//! Code is mapped from its file, not read: a model's tables, which are most of it, then lie in the system's page cache once, however many
//! instances use them, and nowhere else.

use std::{
    fs::{self, File},
    hash::{Hash, Hasher},
    io::{self, Read, Write},
    os::{fd::AsRawFd, unix::fs::PermissionsExt},
    path::{Path, PathBuf},
};

use thiserror::Error;
use tracing::warn;
use wasmtime::component::Component;

use super::compile::{CompileError, Compiler, refused};
use crate::{limits::INSTANCES_MAX_COUNT, release::Digest};

const KEY_BYTES: usize = 32;
/// At a file's end, so that what is before it can be mapped as it is.
const MAC_BYTES: usize = 32;
/// What a file is read by for its MAC.
const CHUNK_BYTES: usize = 128 << 10;
/// Compiled releases that stay; the oldest go first. There may be as many loaded as there may be instances.
const FILES_MAX_COUNT: usize = INSTANCES_MAX_COUNT as usize;
/// Where a process finds its own open files by name.
const DESCRIPTORS: &str = if cfg!(target_os = "linux") {
    "/proc/self/fd"
} else {
    "/dev/fd"
};

/// The folder of compiled code.
pub struct Cache {
    dir: PathBuf,
    key: [u8; KEY_BYTES],
    compiler: Compiler,
}

/// Why there is no cache.
#[derive(Debug, Error)]
pub enum CacheError {
    #[error("the folder {path} for compiled code cannot be used: {cause}", path = .path.display())]
    Folder { path: PathBuf, cause: io::Error },
    #[error("the key file {path} cannot be used: {cause}", path = .path.display())]
    Key { path: PathBuf, cause: io::Error },
    #[error(
        "the key file {path} may be read by others: whoever reads it can run code in this host; delete it, and a new key is made",
        path = .path.display()
    )]
    KeyOpen { path: PathBuf },
}

impl Cache {
    /// Opens the cache below the store's folder; makes the folder and its key where they are missing.
    pub fn open(store: &Path, compiler: Compiler) -> Result<Self, CacheError> {
        let dir = store.join("cache");
        let folder = |cause| CacheError::Folder {
            path: dir.clone(),
            cause,
        };
        fs::create_dir_all(&dir).map_err(folder)?;
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).map_err(folder)?;
        let key = key(&store.join("cache.key"))?;
        let cache = Self { dir, key, compiler };
        cache.prune();
        Ok(cache)
    }

    /// The compiled code of a release, from disk or compiled now. `true` where it came from disk.
    pub fn load(
        &self,
        engine: &wasmtime::Engine,
        digest: &Digest,
        component: &[u8],
    ) -> Result<(Component, bool), CompileError> {
        if let Some(component) = self.find(engine, digest) {
            return Ok((component, true));
        }
        let path = self.path(engine, digest);
        let made = self.compiler.compile(engine, component)?;
        let kept = match self.write(&path, &made) {
            Ok(()) => self.kept(&path),
            Err(error) => {
                warn!(path = %path.display(), %error, "compiled code could not be kept; the next start compiles again");
                None
            }
        };
        let trusted = kept.unwrap_or(Trusted::Made(&made));
        let loaded = trusted.load(engine).map_err(refused)?;
        Ok((loaded, false))
    }

    /// The compiled code of a release from disk, if it is there.
    pub fn find(&self, engine: &wasmtime::Engine, digest: &Digest) -> Option<Component> {
        let path = self.path(engine, digest);
        match self.kept(&path)?.load(engine) {
            Ok(component) => Some(component),
            Err(error) => {
                warn!(path = %path.display(), %error, "compiled code does not fit this engine; compiling again");
                None
            }
        }
    }

    fn path(&self, engine: &wasmtime::Engine, digest: &Digest) -> PathBuf {
        let mut hasher = Fnv::default();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        self.dir
            .join(format!("{}-{:016x}.code", digest.hex(), hasher.finish()))
    }

    /// What a file of this name is signed with, if it holds this code.
    fn mac(&self, path: &Path, code: impl Read) -> io::Result<blake3::Hash> {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name);
        let mut code = code;
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            match code.read(&mut chunk)? {
                0 => return Ok(hasher.finalize()),
                bytes => hasher.update(&chunk[..bytes]),
            };
        }
    }

    /// The file's code, if its MAC is right.
    fn kept(&self, path: &Path) -> Option<Trusted<'static>> {
        let opened = match File::open(path) {
            Ok(file) => self.is_genuine(path, &file).map(|genuine| (file, genuine)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => Err(error),
        };
        match opened {
            Ok((file, true)) => Some(Trusted::Kept(file)),
            Ok((_, false)) => {
                warn!(path = %path.display(), "compiled code was damaged or not made by this host; compiling again");
                None
            }
            Err(error) => {
                warn!(path = %path.display(), %error, "compiled code could not be read; compiling again");
                None
            }
        }
    }

    fn is_genuine(&self, path: &Path, mut file: &File) -> io::Result<bool> {
        let Some(code_bytes) = file.metadata()?.len().checked_sub(MAC_BYTES as u64) else {
            return Ok(false);
        };
        let expected = self.mac(path, file.take(code_bytes))?;
        let mut mac = [0; MAC_BYTES];
        file.read_exact(&mut mac)?;
        Ok(expected == blake3::Hash::from_bytes(mac))
    }

    /// A crash leaves the old file or the new one: the name is given last.
    fn write(&self, path: &Path, code: &[u8]) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.dir)?;
        file.write_all(code)?;
        file.write_all(self.mac(path, code)?.as_bytes())?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    fn prune(&self) {
        let Ok(entries) = fs::read_dir(&self.dir) else {
            return;
        };
        let mut files: Vec<_> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                Some((entry.metadata().ok()?.modified().ok()?, entry.path()))
            })
            .collect();
        files.sort();
        let surplus = files.len().saturating_sub(FILES_MAX_COUNT);
        for (_, path) in files.into_iter().take(surplus) {
            if let Err(error) = fs::remove_file(&path) {
                warn!(path = %path.display(), %error, "old compiled code could not be removed");
            }
        }
    }
}

/// Code of which this file has seen who made it; [`Cache::load`] alone makes one, of one of two things.
///
/// 1. What [`Compiler::compile`] has just returned: bytes of this process's own engine, or of a child's. The child is this very executable
///    (`/proc/self/exe`, not what may stand at its path by now), started by this process without an environment, so that nothing else is
///    loaded into it. Its answer comes over a pipe that no third process holds, and counts only where the child ended by itself and well.
///    All that an attacker chooses is the component, which the child gives to the same compiler as this process would: what could make
///    the child answer with wrong code could make this process compile wrong code.
/// 2. A file, open, whose MAC, over all that it holds before the MAC and its name, which holds digest and engine, was verified with a key that only
///    the host's user can read. `Cache::write` alone signs, and only what is of 1. It is mapped by the descriptor that was verified, so that no other
///    file can take its place. That it does not change afterwards: it has its name only once it is whole, nothing of the host
///    writes to it again, and its folder is the host's user's alone. Who is that user could as well read the key, or write to this process's memory.
enum Trusted<'c> {
    Made(&'c [u8]),
    Kept(File),
}

impl Trusted<'_> {
    fn load(&self, engine: &wasmtime::Engine) -> wasmtime::Result<Component> {
        match self {
            // SAFETY: `deserialize` needs bytes that `serialize` of a trusted process made, unchanged: `Trusted` says why these are.
            // That the code is of this engine's version and settings is checked by `deserialize` itself.
            #[allow(unsafe_code)]
            Self::Made(code) => unsafe { Component::deserialize(engine, code) },
            // SAFETY: likewise, and the file must stay as it is while it is mapped: `Trusted` says why it does. What follows the code in
            // it is no part of what is mapped as code or data.
            #[allow(unsafe_code)]
            Self::Kept(file) => unsafe {
                Component::deserialize_file(engine, format!("{DESCRIPTORS}/{}", file.as_raw_fd()))
            },
        }
    }
}

/// Reads the key, or makes it. Two hosts that start at once agree on one: the name is given by a link that only one of them makes.
fn key(path: &Path) -> Result<[u8; KEY_BYTES], CacheError> {
    let failed = |cause| CacheError::Key {
        path: path.to_owned(),
        cause,
    };
    if !path.exists() {
        let mut fresh = [0; KEY_BYTES];
        getrandom::fill(&mut fresh).map_err(|error| failed(io::Error::other(error)))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(&fresh).map_err(failed)?;
        match file.persist_noclobber(path) {
            Ok(_) => {}
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error.error)),
        }
    }
    let metadata = fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(failed(io::Error::other("it is no regular file")));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(CacheError::KeyOpen {
            path: path.to_owned(),
        });
    }
    let bytes = fs::read(path).map_err(failed)?;
    bytes.as_slice().try_into().map_err(|_| {
        failed(io::Error::other(format!(
            "it has {} bytes instead of {KEY_BYTES}; delete it, and a new key is made",
            bytes.len()
        )))
    })
}

/// A stable hash for a file's name (FNV-1a): the standard library's may change with its version.
#[derive(Default)]
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine() -> wasmtime::Engine {
        crate::plugin::Engine::new().unwrap().wasm
    }

    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

    fn only_file(cache: &Cache) -> PathBuf {
        let mut files = fs::read_dir(&cache.dir).unwrap();
        let path = files.next().unwrap().unwrap().path();
        assert!(files.next().is_none());
        path
    }

    #[test]
    fn code_is_compiled_once_and_then_loaded() {
        let store = tempfile::tempdir().unwrap();
        let engine = engine();
        let digest = Digest::of(COMPONENT);
        let cache = Cache::open(store.path(), Compiler::InProcess).unwrap();
        assert!(!cache.load(&engine, &digest, COMPONENT).unwrap().1);
        assert!(cache.load(&engine, &digest, COMPONENT).unwrap().1);
        let reopened = Cache::open(store.path(), Compiler::InProcess).unwrap();
        assert!(reopened.load(&engine, &digest, COMPONENT).unwrap().1);
    }

    #[test]
    fn a_file_that_this_host_did_not_make_is_never_loaded() {
        let store = tempfile::tempdir().unwrap();
        let engine = engine();
        let digest = Digest::of(COMPONENT);
        let cache = Cache::open(store.path(), Compiler::InProcess).unwrap();
        cache.load(&engine, &digest, COMPONENT).unwrap();
        let path = only_file(&cache);
        let genuine = fs::read(&path).unwrap();

        let mut flipped = genuine.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let mut other_code = genuine.clone();
        other_code[100] ^= 1;
        let unsigned = &genuine[..genuine.len() - MAC_BYTES];
        for forged in [&flipped[..], &other_code, unsigned, &genuine[..40], &[]] {
            fs::write(&path, forged).unwrap();
            assert!(!cache.load(&engine, &digest, COMPONENT).unwrap().1);
            assert_eq!(fs::read(&path).unwrap().len(), genuine.len());
        }
        // Genuine code under another release's name is no better.
        let other = Digest::of(b"another");
        fs::copy(&path, cache.path(&engine, &other)).unwrap();
        assert!(!cache.load(&engine, &other, COMPONENT).unwrap().1);
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let store = tempfile::tempdir().unwrap();
        drop(Cache::open(store.path(), Compiler::InProcess).unwrap());
        let key = store.path().join("cache.key");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            Cache::open(store.path(), Compiler::InProcess),
            Err(CacheError::KeyOpen { .. })
        ));
    }
}
