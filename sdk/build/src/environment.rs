use std::process::Command;

/// Variables that cargo or clippy set for a build script or a test, and a nested cargo or rustc would take for its own
/// settings. `CARGO_HOME`, `RUSTUP_TOOLCHAIN`, `RUSTC`, network and registry settings stay.
const MISLEADING: [&str; 24] = [
    "CARGO_CRATE_NAME",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_MAKEFLAGS",
    "CARGO_PRIMARY_PACKAGE",
    "CLIPPY_ARGS",
    "CLIPPY_CONF_DIR",
    "DEBUG",
    "HOST",
    "MAKEFLAGS",
    "MAKELEVEL",
    "MFLAGS",
    "NUM_JOBS",
    "OPT_LEVEL",
    "OUT_DIR",
    "PROFILE",
    "RUSTC_LINKER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTDOC",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
    "RUST_RECURSION_COUNT",
    "TARGET",
    "UNSTABLE_RUSTDOC_TEST_PATH",
];

/// Beginnings of such variables' names.
const MISLEADING_PREFIXES: [&str; 10] = [
    "CARGO_BIN_",
    "CARGO_BUILD_",
    "CARGO_CFG_",
    "CARGO_FEATURE_",
    "CARGO_MANIFEST_",
    "CARGO_PKG_",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
    "CARGO_UNSTABLE_",
    "DEP_",
];

/// How many cores the user allows cargo is no property of the outer build.
const KEPT: &str = "CARGO_BUILD_JOBS";

/// Takes from the command what the surrounding cargo meant for others.
pub fn clean(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let Some(name) = name.to_str() else { continue };
        let misleads = MISLEADING.contains(&name)
            || MISLEADING_PREFIXES
                .iter()
                .any(|prefix| name.starts_with(prefix));
        if misleads && name != KEPT {
            command.env_remove(name);
        }
    }
}
