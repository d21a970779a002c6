//! Turns a Rust plugin's crate into a component: cargo compiles it for `wasm32-unknown-unknown`, wit-component wraps it.
//!
//! Used by `scoregate build`, by build scripts that embed a plugin ([`prebuilt`]), and by tests.

mod cargo;
mod component;
mod environment;
mod error;
mod package;
mod request;
mod script;
mod wasm_target;

pub use component::componentize;
pub use error::BuildError;
pub use request::BuildRequest;
pub use script::{Form, nested_target_dir, prebuilt};

/// Compiles the plugin crate and wraps it as a component; returns the component's bytes.
///
/// Adds the Wasm target by rustup where the toolchain lacks it. The compiler's messages go to stderr.
///
/// # Errors
/// What is missing or wrong, and what to do about it.
pub fn build(request: &BuildRequest) -> Result<Vec<u8>, BuildError> {
    componentize(&build_core(request)?)
}

/// Compiles the plugin crate; returns the core module, still with the sections that describe its component type.
///
/// # Errors
/// What is missing or wrong, and what to do about it.
pub fn build_core(request: &BuildRequest) -> Result<Vec<u8>, BuildError> {
    Ok(cargo::compile(request)?.core)
}
