//! The child that compiles one component: it limits itself, reads the component from stdin, and writes the code to stdout.

use std::{
    any::Any,
    fs,
    io::{self, Read as _, Write as _},
    os::fd::{FromRawFd as _, OwnedFd, RawFd},
    panic,
    process::ExitCode,
    thread,
};

use rustix::process::{Resource, Rlimit, Signal};

use super::{CompileError, refused};
use crate::{limits::COMPONENT_MAX_BYTES, plugin::engine::compiling_engine};

/// The command of the executable that calls [`run`].
pub const SUBCOMMAND: &str = "compile-release";

/// How the child ends where stdout does not hold the code.
pub const REFUSED: u8 = 3;
pub const NO_MEMORY: u8 = 4;
pub const UNFIT: u8 = 5;

/// Compiling gives way to the threads that score; it goes on all the same where they take every core.
const NICENESS: i32 = 10;
/// Of the thread that compiles. It counts as memory; the main thread's stack would not.
const STACK_BYTES: usize = 16 << 20;

/// What a child may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::Args)]
pub struct ChildLimits {
    /// Wall time and CPU time.
    #[arg(long)]
    pub max_seconds: u64,
    /// Memory.
    #[arg(long)]
    pub max_bytes: u64,
}

/// Compiles one component. The exit code says what stdout holds: 0 the code, [`REFUSED`] why there is none.
pub fn run(limits: ChildLimits) -> ExitCode {
    if let Err(error) = confine(limits) {
        eprintln!("it cannot limit itself: {error}");
        return ExitCode::from(UNFIT);
    }
    let mut component = Vec::new();
    let read = io::stdin()
        .take(COMPONENT_MAX_BYTES + 1)
        .read_to_end(&mut component);
    if read.is_err() || component.len() as u64 > COMPONENT_MAX_BYTES {
        eprintln!("it was not given a component");
        return ExitCode::from(UNFIT);
    }
    // Its words without the place in the sources: they are handed on.
    panic::set_hook(Box::new(|panic| {
        eprintln!("{}", panic.payload_as_str().unwrap_or("it panicked"));
    }));
    let thread = thread::Builder::new().stack_size(STACK_BYTES);
    let compiled = thread.spawn(move || compile(&component));
    let (code, output) = match compiled.map(thread::JoinHandle::join) {
        Ok(Ok(Ok(code))) => (0, code),
        Ok(Ok(Err(CompileError::Refused(reason)))) => (REFUSED, reason.into_bytes()),
        Ok(Ok(Err(_))) | Err(_) => return ExitCode::from(NO_MEMORY),
        Ok(Err(panic)) if is_want_of_memory(&*panic) => return ExitCode::from(NO_MEMORY),
        Ok(Err(_)) => return ExitCode::from(UNFIT),
    };
    let mut stdout = io::stdout().lock();
    match stdout.write_all(&output).and_then(|()| stdout.flush()) {
        Ok(()) => ExitCode::from(code),
        Err(_) => ExitCode::from(UNFIT),
    }
}

/// Parts of the compiler panic where they get none.
fn is_want_of_memory(panic: &(dyn Any + Send)) -> bool {
    let words = panic.downcast_ref::<String>().map(String::as_str);
    let words = words.or_else(|| panic.downcast_ref::<&str>().copied());
    words.is_some_and(|words| words.contains("out of memory") || words.contains("out-of-memory"))
}

fn compile(component: &[u8]) -> Result<Vec<u8>, CompileError> {
    let compiled = compiling_engine().and_then(|engine| engine.precompile_component(component));
    compiled.map_err(|error| match error.is::<wasmtime::OutOfMemory>() {
        true => CompileError::NoCompiler(io::ErrorKind::OutOfMemory.into()),
        false => refused(error),
    })
}

/// Before anything of the component is read. What protects the machine beyond the limits may fail where the system does not have it.
fn confine(limits: ChildLimits) -> io::Result<()> {
    close_inherited();
    // Where memory runs out all the same, this process goes and not the gateway.
    fs::write("/proc/self/oom_score_adj", "1000").ok();
    rustix::process::nice(NICENESS).ok();
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    let limit = |resource, soft: u64, hard: u64| {
        let limit = Rlimit {
            current: Some(soft),
            maximum: Some(hard),
        };
        rustix::process::setrlimit(resource, limit)
    };
    let seconds = limits.max_seconds;
    limit(Resource::Cpu, seconds, seconds.saturating_add(1))?;
    // Private memory that can be written: all that a compiler takes. Address space would count what is only reserved as well.
    limit(Resource::Data, limits.max_bytes, limits.max_bytes)?;
    limit(Resource::Core, 0, 0)?;
    limit(Resource::Fsize, 0, 0)?;
    Ok(())
}

/// The host's own descriptors do not survive `exec`; a library's, or those that the host itself was started with, might.
fn close_inherited() {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else {
        return;
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let open: Vec<RawFd> = names.filter_map(|name| name.parse().ok()).collect();
    for fd in open.into_iter().filter(|fd| *fd > 2) {
        // The listing's own is closed by now.
        if fs::symlink_metadata(format!("/proc/self/fd/{fd}")).is_ok() {
            // SAFETY: the descriptor is open, and nothing in this process owns it: it has one thread, has opened nothing but the
            // listing, which is closed, and uses 0 to 2 alone.
            #[allow(unsafe_code)]
            drop(unsafe { OwnedFd::from_raw_fd(fd) });
        }
    }
}
