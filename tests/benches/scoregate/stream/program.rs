//! A program under measurement: a process of its own, on one processor of its own where there are two.

use std::{
    fs::File,
    path::Path,
    process::{Child, Command, Stdio},
};

/// Ends with its owner.
pub struct Program(Child);

impl Program {
    /// Starts this benchmark's binary again with these arguments on the last processor.
    pub fn start(log: &Path, args: &[&str]) -> anyhow::Result<Self> {
        let last = std::thread::available_parallelism()?.get() - 1;
        let child = Command::new("taskset")
            .args(["-c", &last.to_string()])
            .arg(std::env::current_exe()?)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(log)?)
            .spawn()?;
        Ok(Self(child))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Keeps a server and its threads off that processor.
pub fn move_aside(pid: u32) -> anyhow::Result<()> {
    if std::thread::available_parallelism()?.get() > 1 {
        let moved = Command::new("taskset")
            .args(["-a", "-p", "-c", "0", &pid.to_string()])
            .stdout(Stdio::null())
            .status()?;
        anyhow::ensure!(
            moved.success(),
            "the server cannot be moved to another processor"
        );
    }
    Ok(())
}
