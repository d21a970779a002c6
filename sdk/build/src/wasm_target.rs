use crate::environment::clean;
use crate::error::BuildError;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What plugins are compiled for.
pub const TRIPLE: &str = "wasm32-unknown-unknown";

/// Makes sure that the toolchain in use in that folder can compile to Wasm; asks rustup to add the target if it cannot.
pub fn ensure(dir: &Path) -> Result<(), BuildError> {
    if library_dir(dir)?.is_dir() {
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    clean(&mut rustup);
    rustup
        .current_dir(dir)
        .args(["target", "add", TRIPLE])
        .stdin(Stdio::null());
    let reason = match rustup.output() {
        Err(error) => format!("rustup cannot be started: {error}"),
        Ok(output) if !output.status.success() => {
            format!(
                "rustup says: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            )
        }
        Ok(_) if library_dir(dir)?.is_dir() => return Ok(()),
        Ok(_) => "rustup added it to another toolchain than the one in use".to_owned(),
    };
    Err(BuildError::NoWasmTarget { reason })
}

/// Where the toolchain keeps, or would keep, the target's standard library.
fn library_dir(dir: &Path) -> Result<PathBuf, BuildError> {
    let tool = std::env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    let mut rustc = Command::new(&tool);
    clean(&mut rustc);
    rustc
        .current_dir(dir)
        .args(["--print", "target-libdir", "--target", TRIPLE])
        .stdin(Stdio::null());
    let output = rustc.output().map_err(|cause| BuildError::Tool {
        tool: tool.to_string_lossy().into_owned(),
        cause,
    })?;
    if !output.status.success() {
        let reason = format!(
            "rustc says: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        return Err(BuildError::NoWasmTarget { reason });
    }
    Ok(PathBuf::from(
        String::from_utf8_lossy(&output.stdout).trim(),
    ))
}
