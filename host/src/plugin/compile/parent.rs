//! The host's side of a child that compiles: it feeds it, reads what it makes, and ends it when its time is over.

use std::{
    ffi::OsString,
    io::{self, Read, Write as _},
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread::{self, Scope, ScopedJoinHandle},
    time::{Duration, Instant},
};

use rustix::process::Signal;

use super::{
    CompileError,
    child::{ChildLimits, NO_MEMORY, REFUSED, SUBCOMMAND},
    turns::Turns,
};
use crate::{
    limits::{CODE_MAX_BYTES, PLUGIN_TEXT_MAX_BYTES},
    plugin::text::capped,
};

/// What is kept of the child's stderr.
const STDERR_MAX_BYTES: u64 = 4 << 10;
/// How often it is asked whether it has ended, once its output has.
const POLL: Duration = Duration::from_millis(2);
/// What Rust's runtime writes before it ends a process that got no memory.
const ALLOCATION_FAILED: &str = "memory allocation of ";

/// See the module.
#[derive(Debug)]
pub struct Parent {
    exe: OsString,
    args: Vec<OsString>,
    limits: ChildLimits,
    turns: Turns,
}

/// How a child ended, and what it wrote.
struct Ended {
    /// None where its time was over.
    status: Option<ExitStatus>,
    stdout: Vec<u8>,
    stderr: String,
}

impl Parent {
    pub(super) fn new(limits: ChildLimits) -> Self {
        // Not by its path: another version may stand there by now.
        let exe = if cfg!(target_os = "linux") {
            OsString::from("/proc/self/exe")
        } else {
            std::env::current_exe().unwrap_or_default().into_os_string()
        };
        Self::of(exe, limits)
    }

    pub(super) fn of(exe: impl Into<OsString>, limits: ChildLimits) -> Self {
        let args = [
            SUBCOMMAND,
            "--max-seconds",
            &limits.max_seconds.to_string(),
            "--max-bytes",
            &limits.max_bytes.to_string(),
        ];
        Self::running(exe, args, limits)
    }

    fn running(
        exe: impl Into<OsString>,
        args: impl IntoIterator<Item = impl Into<OsString>>,
        limits: ChildLimits,
    ) -> Self {
        Self {
            exe: exe.into(),
            args: args.into_iter().map(Into::into).collect(),
            limits,
            turns: Turns::new(),
        }
    }

    pub(super) fn compile(&self, component: &[u8]) -> Result<Vec<u8>, CompileError> {
        let _turn = self.turns.take();
        let ended = self.run(component).map_err(CompileError::NoCompiler)?;
        self.judge(ended)
    }

    fn run(&self, component: &[u8]) -> io::Result<Ended> {
        let deadline = Instant::now() + Duration::from_secs(self.limits.max_seconds);
        let mut child = Command::new(&self.exe)
            .args(&self.args)
            .env_clear()
            .current_dir("/")
            // What a terminal sends to the gateway is not for it: it ends with the gateway.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        thread::scope(|scope| {
            let attended = attend(scope, &mut child, component, deadline);
            // Whatever went wrong: no pipe stays open that one of the threads waits for.
            if attended.is_err() {
                child.kill().and_then(|()| child.wait()).ok();
            }
            attended
        })
    }

    /// Each end has its sentence.
    fn judge(&self, ended: Ended) -> Result<Vec<u8>, CompileError> {
        let ChildLimits {
            max_seconds,
            max_bytes,
        } = self.limits;
        let Some(status) = ended.status else {
            return Err(CompileError::TooSlow { max_seconds });
        };
        if ended.stdout.len() as u64 > CODE_MAX_BYTES {
            return Err(CompileError::TooMuchCode);
        }
        if status.success() {
            return Ok(ended.stdout);
        }
        if status.signal() == Some(Signal::XCPU.as_raw()) {
            return Err(CompileError::TooSlow { max_seconds });
        }
        let no_memory = status.code() == Some(NO_MEMORY.into())
            || status.signal() == Some(Signal::ABORT.as_raw())
                && ended.stderr.contains(ALLOCATION_FAILED);
        if no_memory {
            return Err(CompileError::TooLarge { max_bytes });
        }
        if status.code() == Some(REFUSED.into()) {
            let reason = String::from_utf8_lossy(&ended.stdout).into_owned();
            return Err(CompileError::Refused(capped(reason, PLUGIN_TEXT_MAX_BYTES)));
        }
        let words: Vec<&str> = ended.stderr.split_whitespace().collect();
        let how = match words.as_slice() {
            [] => status.to_string(),
            words => format!("{status}: {}", words.join(" ")),
        };
        Err(CompileError::Crashed(capped(how, PLUGIN_TEXT_MAX_BYTES)))
    }
}

/// Sees the child to its end, which comes at the deadline at the latest.
fn attend<'s>(
    scope: &'s Scope<'s, '_>,
    child: &mut Child,
    component: &'s [u8],
    deadline: Instant,
) -> io::Result<Ended> {
    if let Some(mut stdin) = child.stdin.take() {
        // A child that ends early takes no more of it; how it ended says why.
        let feed = move || drop(stdin.write_all(component));
        thread::Builder::new().spawn_scoped(scope, feed)?;
    }
    let (tell, closed) = mpsc::channel::<()>();
    let stdout = read(scope, child.stdout.take(), CODE_MAX_BYTES + 1, tell)?;
    let stderr = read(scope, child.stderr.take(), STDERR_MAX_BYTES, ())?;
    // Nothing is sent: the channel closes with the child's output.
    let left = deadline.saturating_duration_since(Instant::now());
    let in_time = closed.recv_timeout(left) != Err(mpsc::RecvTimeoutError::Timeout);
    let status = if in_time {
        wait(child, deadline)?
    } else {
        None
    };
    if status.is_none() {
        child.kill()?;
        child.wait()?;
    }
    Ok(Ended {
        status,
        stdout: stdout.join().unwrap_or_default(),
        stderr: String::from_utf8_lossy(&stderr.join().unwrap_or_default()).into_owned(),
    })
}

/// A thread that reads a pipe to its end or to so many bytes; `until` lives as long.
fn read<'s, U: Send + 's>(
    scope: &'s Scope<'s, '_>,
    pipe: Option<impl Read + Send + 's>,
    max_bytes: u64,
    until: U,
) -> io::Result<ScopedJoinHandle<'s, Vec<u8>>> {
    let read = move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            // What came before an error counts: the child's end says what it is worth.
            pipe.take(max_bytes).read_to_end(&mut bytes).ok();
        }
        drop(until);
        bytes
    };
    thread::Builder::new().spawn_scoped(scope, read)
}

/// None where the deadline comes first.
fn wait(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        let status = child.try_wait()?;
        if status.is_some() || Instant::now() >= deadline {
            return Ok(status);
        }
        thread::sleep(POLL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: ChildLimits = ChildLimits {
        max_seconds: 60,
        max_bytes: 1 << 30,
    };

    /// A child that is a shell's script.
    fn child(script: &str, limits: ChildLimits) -> Parent {
        Parent::running("/bin/sh", ["-c", script], limits)
    }

    fn told(script: &str, component: &[u8]) -> String {
        let error = child(script, LIMITS).compile(component).unwrap_err();
        error.to_string()
    }

    #[test]
    fn what_a_child_writes_is_the_code() {
        let large = vec![7; 3 << 20];
        assert_eq!(child("cat", LIMITS).compile(&large).unwrap(), large);
    }

    #[test]
    fn a_child_that_ends_early_takes_no_more_of_the_component() {
        let large = vec![7; 3 << 20];
        assert_eq!(child("echo -n x", LIMITS).compile(&large).unwrap(), b"x");
    }

    #[test]
    fn each_end_of_a_child_has_its_sentence() {
        for (script, expected) in [
            (
                "echo -n 'bad magic'; exit 3",
                "the component is not valid: bad magic",
            ),
            (
                "exit 4",
                "compiling it needed more than 1073741824 bytes of memory",
            ),
            (
                "echo 'memory allocation of 64 bytes failed' >&2; kill -ABRT $$",
                "compiling it needed more than 1073741824 bytes of memory",
            ),
            ("kill -XCPU $$", "compiling it took longer than 60 s"),
            (
                "echo 'overflowed its stack' >&2; kill -ABRT $$",
                "the compiler did not survive it: signal: 6 (SIGABRT): overflowed its stack",
            ),
            (
                "kill -SEGV $$",
                "the compiler did not survive it: signal: 11 (SIGSEGV)",
            ),
            ("exit 5", "the compiler did not survive it: exit status: 5"),
        ] {
            let text = told(script, b"component");
            assert!(text.starts_with(expected), "`{script}`: {text}");
        }
    }

    #[test]
    fn a_child_that_does_not_end_is_ended() {
        let limits = ChildLimits {
            max_seconds: 1,
            ..LIMITS
        };
        for script in ["exec sleep 600", "exec >&-; exec sleep 600"] {
            let error = child(script, limits).compile(b"component").unwrap_err();
            assert!(
                matches!(error, CompileError::TooSlow { max_seconds: 1 }),
                "`{script}`: {error}"
            );
        }
    }

    #[test]
    fn a_child_has_no_environment_and_no_folder_of_ours() {
        let said = child("pwd; env", LIMITS).compile(b"").unwrap();
        let said = String::from_utf8(said).unwrap();
        assert!(said.starts_with("/\n"), "{said}");
        assert!(!said.contains("CARGO") && !said.contains("HOME="), "{said}");
    }

    #[test]
    fn a_compiler_that_is_not_there_is_no_fault_of_the_component() {
        let gone = Parent::running("/nowhere/scoregate", ["x"], LIMITS);
        let error = gone.compile(b"component").unwrap_err().to_string();
        assert!(
            error.starts_with("the process that compiles cannot be run"),
            "{error}"
        );
    }
}
