//! Where things are: the repository, and the target folder of the test that runs.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, OnceLock, PoisonError},
};

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The target folder that the running test was built in.
pub fn target_dir() -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    let marked = test
        .ancestors()
        .find(|dir| dir.join("CACHEDIR.TAG").is_file());
    marked.expect("a target folder above the test").to_owned()
}

/// The `scoregate` binary of these sources, built once a test process.
pub fn scoregate() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| build("scoregate", &[]))
}

/// The same binary with failpoints (`FAILPOINTS`), built once a test process.
pub fn scoregate_with_failpoints() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let features = ["--features", "scoregate/failpoints"];
        build("scoregate-with-failpoints", &features)
    })
}

/// Builds the binary and returns a copy of that name: cargo gives every build of it the same path.
fn build(name: &str, features: &[&str]) -> PathBuf {
    static ONE_BY_ONE: Mutex<()> = Mutex::new(());
    let _turn = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = nested(&cargo)
        // The whole workspace's features, as the tests themselves are built with: others would compile the engine anew.
        .args(["build", "--release", "--locked", "--workspace"])
        .args(["--bin", "scoregate"])
        .args(features)
        .arg("--message-format=json-render-diagnostics")
        .arg("--target-dir")
        .arg(target_dir())
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "the binary does not build");
    let executable = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == "scoregate")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    let copies = target_dir().join("under-test");
    std::fs::create_dir_all(&copies).expect("a folder for the binary");
    let (copy, made) = (
        copies.join(name),
        copies.join(format!("{name}.{}", std::process::id())),
    );
    std::fs::copy(executable.expect("cargo names the binary"), &made).expect("a copy");
    // Another test process may run the copy that is there.
    std::fs::rename(made, &copy).expect("the copy gets its name");
    copy
}

/// A cargo that is told nothing of the package whose test runs: ring's build script looks at it, and would have ring, rustls and all above
/// them compiled anew, back and forth, by each run of the tests.
fn nested(cargo: &OsStr) -> Command {
    let mut command = Command::new(cargo);
    for (name, _) in std::env::vars_os() {
        let of_package = |prefix| name.to_string_lossy().starts_with(prefix);
        if ["CARGO_MANIFEST_", "CARGO_PKG_"]
            .into_iter()
            .any(of_package)
        {
            command.env_remove(&name);
        }
    }
    command
}
