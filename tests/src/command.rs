//! Runs of the binary that end by themselves.

use std::{
    ffi::OsStr,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{folder::Folder, workspace};

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// None where a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Longer than anything here takes on a busy machine.
const RUN_MAX: Duration = Duration::from_secs(120);

/// Runs `scoregate` with these arguments in the folder until it ends.
pub fn run<S: AsRef<OsStr>>(folder: &Folder, args: impl IntoIterator<Item = S>) -> Ended {
    let (stdout, stderr) = (folder.path(".stdout"), folder.path(".stderr"));
    let create = |path| std::fs::File::create(path).expect("a file for the output");
    let mut child = Command::new(workspace::scoregate())
        .args(args)
        .current_dir(folder.path("."))
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stdout(create(&stdout))
        .stderr(create(&stderr))
        .spawn()
        .expect("the binary starts");
    let deadline = Instant::now() + RUN_MAX;
    let status = loop {
        if let Some(status) = child.try_wait().expect("the process can be waited for") {
            break status;
        }
        if Instant::now() > deadline {
            child.kill().ok();
            panic!("the command did not end by itself");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let read =
        |path| String::from_utf8_lossy(&std::fs::read(path).expect("the output")).into_owned();
    let ended = Ended {
        code: status.code(),
        stdout: read(&stdout),
        stderr: read(&stderr),
    };
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    ended
}

/// Starts a gateway that must refuse to serve, and returns what it says.
pub fn refused(folder: &Folder) -> String {
    let ended = run(folder, [OsStr::new("serve"), folder.config().as_os_str()]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    ended.stderr
}
