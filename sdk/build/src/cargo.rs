use crate::environment::clean;
use crate::error::BuildError;
use crate::package::{self, Package};
use crate::request::BuildRequest;
use crate::wasm_target::{self, TRIPLE};
use serde::Deserialize;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What every plugin is compiled with, whatever profile its own workspace has: small, fast, and nothing that unwinds.
const PROFILE: [(&str, &str); 9] = [
    ("CARGO_INCREMENTAL", "0"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "false"),
    ("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "false"),
    ("CARGO_PROFILE_RELEASE_LTO", "fat"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3"),
    ("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "false"),
    ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
    ("CARGO_PROFILE_RELEASE_STRIP", "debuginfo"),
];

/// Each call of a function in the sandbox looks at the deadline and at the stack's limit, which natively is free. So plugins are inlined
/// further than the compiler's own measure (225): at 1,500 the sample adapter takes a sixth less time, at 5,000 no less than that.
const INLINE_THRESHOLD: u32 = 1_500;

/// A compiled plugin, and what it was compiled from.
pub struct Compiled {
    pub core: Vec<u8>,
    pub module: PathBuf,
    pub package: Package,
}

/// Cargo's line for something it made.
#[derive(Deserialize)]
struct Message {
    reason: String,
    manifest_path: Option<PathBuf>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// Finds the crate and compiles it.
pub fn compile(request: &BuildRequest) -> Result<Compiled, BuildError> {
    let package = package::find(&request.dir)?;
    wasm_target::ensure(&request.dir)?;
    let (mut command, tool) = build_command(request, &package);
    let output = command
        .output()
        .map_err(|cause| BuildError::Tool { tool, cause })?;
    if !output.status.success() {
        return Err(BuildError::Compile { name: package.name });
    }
    let Some(module) = find_module(&output.stdout, &package.manifest) else {
        return Err(BuildError::NoModule { name: package.name });
    };
    let core = std::fs::read(&module);
    let core = core.map_err(|cause| BuildError::File {
        path: module.clone(),
        action: "read",
        cause,
    })?;
    Ok(Compiled {
        core,
        module,
        package,
    })
}

/// Cargo, to be run in that folder, and its name for messages.
pub fn cargo(dir: &Path) -> (Command, String) {
    let tool = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(&tool);
    clean(&mut command);
    command.current_dir(dir);
    (command, tool.to_string_lossy().into_owned())
}

fn build_command(request: &BuildRequest, package: &Package) -> (Command, String) {
    let (mut command, tool) = cargo(&request.dir);
    command.args([
        "build",
        "--lib",
        "--release",
        "--target",
        TRIPLE,
        "--message-format=json-render-diagnostics",
    ]);
    command.arg("--manifest-path").arg(&package.manifest);
    if let Some(target_dir) = &request.target_dir {
        let target_dir = std::path::absolute(target_dir).unwrap_or_else(|_| target_dir.clone());
        command.arg("--target-dir").arg(target_dir);
    }
    for (flag, wanted) in [
        ("--locked", request.locked),
        ("--offline", request.offline),
        ("--quiet", request.quiet),
    ] {
        if wanted {
            command.arg(flag);
        }
    }
    command
        .envs(PROFILE)
        .env("CARGO_ENCODED_RUSTFLAGS", rust_flags(package));
    command.stdin(Stdio::null()).stderr(Stdio::inherit());
    (command, tool)
}

/// Keeps the paths of this machine out of panic messages: a component tells nothing of where it was built.
/// Cargo names a workspace's own sources relative to it; registry crates and dependencies by path are absolute.
fn rust_flags(package: &Package) -> OsString {
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let cargo_home = cargo_home.map(|home| (home, "/cargo".to_owned()));
    let dependencies = package.path_dependencies.iter();
    let dependencies =
        dependencies.map(|(path, name)| (path.clone(), format!("/dependency/{name}")));
    let threshold = package.inline_threshold.unwrap_or(INLINE_THRESHOLD);
    let mut flags = OsString::from(format!("-Cllvm-args=-inline-threshold={threshold}"));
    for feature in &package.target_features {
        flags.push("\u{1f}-Ctarget-feature=+");
        flags.push(feature);
    }
    for (from, to) in cargo_home.into_iter().chain(dependencies) {
        // Cargo's separator in this variable, so that paths may hold spaces.
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(from);
        flags.push("=");
        flags.push(to);
    }
    flags
}

fn find_module(messages: &[u8], manifest: &Path) -> Option<PathBuf> {
    let messages = messages
        .split(|&byte| byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Message>(line).ok());
    let ours = messages.filter(|message| {
        message.reason == "compiler-artifact" && message.manifest_path.as_deref() == Some(manifest)
    });
    ours.flat_map(|message| message.filenames).find(|file| {
        file.extension()
            .is_some_and(|extension| extension == "wasm")
    })
}
