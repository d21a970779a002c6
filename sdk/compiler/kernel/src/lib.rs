//! The kernel of compiled models: it reads the tables that the compiler wrote and scores rows with them.
//!
//! Compiled to WebAssembly it is the code of every compiled model; natively it is an ordinary library, so that the same code
//! can be tested and timed, and so that [`layout`] is written and read by one definition.

mod contributions;
pub mod exp;
pub mod exp64;
mod header;
mod kernel;
pub mod layout;
mod linear;
mod link;
mod model;
mod nodes;
pub mod place;
mod ranked;
mod rows;
mod shapley;
mod walk;

pub use header::Header;
pub use kernel::{Kernel, Values};
pub use model::CompiledModel;
pub use rows::Rows;

#[cfg(feature = "plugin")]
scoregate_sdk::export_model!(CompiledModel);
