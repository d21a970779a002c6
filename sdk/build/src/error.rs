use std::io;
use std::path::PathBuf;

/// Why there is no component. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The folder is not a crate's.
    #[error("`{}` holds no crate: there is no Cargo.toml in it; name the folder of a Rust plugin's crate", dir.display())]
    NoCrate {
        /// The folder.
        dir: PathBuf,
    },
    /// The folder holds a workspace without a crate of its own.
    #[error("`{}` is a workspace, not a crate; name the folder of one of its members", dir.display())]
    Workspace {
        /// The folder.
        dir: PathBuf,
    },
    /// Cargo cannot read the manifest.
    #[error("cargo cannot read `{}`: {reason}", manifest.display())]
    Manifest {
        /// The crate's Cargo.toml.
        manifest: PathBuf,
        /// What cargo said.
        reason: String,
    },
    /// The crate makes nothing that can be loaded.
    #[error(
        "the crate `{name}` does not build a cdylib; in `{}` write under [lib]: crate-type = [\"cdylib\", \"rlib\"]",
        manifest.display()
    )]
    NoCdylib {
        /// The crate.
        name: String,
        /// Its Cargo.toml.
        manifest: PathBuf,
    },
    /// A tool is missing.
    #[error(
        "`{tool}` cannot be started ({cause}); install Rust as https://rustup.rs describes, so that it is in the PATH"
    )]
    Tool {
        /// The tool.
        tool: String,
        /// Why.
        cause: io::Error,
    },
    /// The toolchain cannot compile to Wasm, and rustup could not change that.
    #[error(
        "the Rust toolchain has no target wasm32-unknown-unknown, and it could not be added ({reason}); \
         run `rustup target add wasm32-unknown-unknown`, or, where Rust came without rustup, install its \
         standard library for wasm32-unknown-unknown from the same place"
    )]
    NoWasmTarget {
        /// What rustup or the compiler said.
        reason: String,
    },
    /// The crate does not compile.
    #[error(
        "the crate `{name}` does not compile for wasm32-unknown-unknown; cargo's messages above say why"
    )]
    Compile {
        /// The crate.
        name: String,
    },
    /// Cargo was content, and yet there is no module.
    #[error(
        "cargo built the crate `{name}` but named no .wasm file; is the crate's library target switched off?"
    )]
    NoModule {
        /// The crate.
        name: String,
    },
    /// The module exports no plugin.
    #[error(
        "the module exports no plugin; call `scoregate_sdk::export_adapter!(YourAdapter)` or \
         `scoregate_sdk::export_model!(YourModel)` once in the crate's lib.rs"
    )]
    NoPlugin,
    /// The module cannot be made a component.
    #[error(
        "the module cannot be made a component: {reason}; a plugin imports nothing but scoregate's log, \
         so look for a dependency that wants JavaScript, WASI or randomness"
    )]
    Component {
        /// What wit-component said.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error("`{}` cannot be {action}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// "read" or "written".
        action: &'static str,
        /// Why.
        cause: io::Error,
    },
    /// A build script's helper was called elsewhere.
    #[error("OUT_DIR is not set or lies in no target folder; this function is for build scripts")]
    NotABuildScript,
}
