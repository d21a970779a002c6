use crate::cargo::{Compiled, compile};
use crate::component::componentize;
use crate::error::BuildError;
use crate::request::BuildRequest;
use std::path::{Path, PathBuf};

/// In which form a build script wants a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A component, ready to load.
    Component,
    /// A core module with the sections that describe its component type, to be changed before it is wrapped.
    Core,
}

/// For build scripts: builds the plugin crate in `dir` (relative to the script's own crate), writes it to
/// `OUT_DIR/file_name` and returns that path. Tells cargo to run the script again when one of the plugin's sources, of
/// its dependencies by path (with whatever files their macros read), or the lock file changes.
///
/// ```no_run
/// if let Err(error) = scoregate_build::prebuilt("kernel", scoregate_build::Form::Core, "kernel.wasm") {
///     println!("cargo::error={error}");
/// }
/// ```
///
/// # Errors
/// As [`build`](crate::build); outside a build script [`BuildError::NotABuildScript`].
pub fn prebuilt(dir: impl AsRef<Path>, form: Form, file_name: &str) -> Result<PathBuf, BuildError> {
    let out_dir = std::env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .ok_or(BuildError::NotABuildScript)?;
    let target_dir = Some(nested_target_dir()?);
    let request = BuildRequest {
        target_dir,
        locked: true,
        quiet: true,
        ..BuildRequest::new(dir.as_ref())
    };
    let compiled = compile(&request)?;
    print_sources(&compiled)?;
    let bytes = match form {
        Form::Component => componentize(&compiled.core)?,
        Form::Core => compiled.core,
    };
    let path = out_dir.join(file_name);
    std::fs::write(&path, bytes).map_err(|cause| BuildError::File {
        path: path.clone(),
        action: "written",
        cause,
    })?;
    Ok(path)
}

/// For build scripts: a target folder for nested builds, `plugins` in the target folder of the outer one. All of them
/// share it, so that what plugins depend on is compiled once; cargo's own lock makes them take turns.
///
/// # Errors
/// [`BuildError::NotABuildScript`] where `OUT_DIR` does not tell.
pub fn nested_target_dir() -> Result<PathBuf, BuildError> {
    let out_dir = std::env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .ok_or(BuildError::NotABuildScript)?;
    // How deep OUT_DIR lies differs with `--target`; cargo marks the folder itself.
    let target_dir = out_dir
        .ancestors()
        .find(|dir| dir.join("CACHEDIR.TAG").is_file());
    Ok(target_dir
        .ok_or(BuildError::NotABuildScript)?
        .join("plugins"))
}

fn print_sources(compiled: &Compiled) -> Result<(), BuildError> {
    let package = &compiled.package;
    let path = compiled.module.with_extension("d");
    let dep_info = std::fs::read_to_string(&path).map_err(|cause| BuildError::File {
        path,
        action: "read",
        cause,
    })?;
    let mut watched = dep_info_sources(&dep_info);
    watched.push(package.manifest.clone());
    watched.push(package.workspace_root.join("Cargo.toml"));
    watched.push(package.workspace_root.join("Cargo.lock"));
    watched.extend(
        package
            .path_dependencies
            .keys()
            .map(|dir| dir.join("Cargo.toml")),
    );
    for path in watched {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    Ok(())
}

/// The right side of cargo's dep-info file: paths separated by spaces, a space in a path escaped.
fn dep_info_sources(dep_info: &str) -> Vec<PathBuf> {
    let sources = dep_info
        .lines()
        .next()
        .and_then(|line| line.split_once(": "))
        .map_or("", |(_, sources)| sources);
    let marked = sources.replace("\\ ", "\0");
    marked
        .split_whitespace()
        .map(|path| PathBuf::from(path.replace('\0', " ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dep_info_paths_may_hold_spaces() {
        let sources = dep_info_sources("/t/a.wasm: /src/lib.rs /my\\ home/b.rs\n");
        assert_eq!(
            sources,
            [PathBuf::from("/src/lib.rs"), PathBuf::from("/my home/b.rs")]
        );
    }
}
