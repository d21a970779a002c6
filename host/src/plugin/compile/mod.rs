//! From a component to machine code: in this process, or in a child whose memory and time are limited. A component is made by others, and
//! the compiler's time and memory are what a hostile one can spend most of: in a child it spends nothing of the gateway's.

pub(super) mod child;
mod parent;
mod turns;

use std::{io, path::PathBuf};

use thiserror::Error;

pub use child::{ChildLimits, SUBCOMMAND, run};
pub use parent::Parent;

use super::text::capped;
use crate::limits::{CODE_MAX_BYTES, PLUGIN_TEXT_MAX_BYTES};

/// Who compiles.
#[derive(Debug)]
pub enum Compiler {
    /// This process: no limit but the component's size. For commands that end, and for tests.
    InProcess,
    /// Children of this process, one for each component.
    Child(Parent),
}

/// Why there is no machine code.
#[derive(Debug, Error)]
pub enum CompileError {
    /// In the engine's own words.
    #[error("the component is not valid: {0}")]
    Refused(String),
    #[error(
        "compiling it took longer than {max_seconds} s; make it smaller, or raise `compile_max_seconds` in [store]"
    )]
    TooSlow { max_seconds: u64 },
    #[error(
        "compiling it needed more than {max_bytes} bytes of memory; make its functions smaller, or raise `compile_max_bytes` in [store]"
    )]
    TooLarge { max_bytes: u64 },
    #[error("it compiles to more than {CODE_MAX_BYTES} bytes of machine code")]
    TooMuchCode,
    #[error("the compiler did not survive it: {0}")]
    Crashed(String),
    #[error("the process that compiles cannot be run: {0}")]
    NoCompiler(io::Error),
}

impl Compiler {
    /// Children that may take so long, in wall time and in CPU time, and so much memory. They run this very executable, which must
    /// know [`SUBCOMMAND`].
    pub fn child(max_seconds: u64, max_bytes: u64) -> Self {
        Compiler::Child(Parent::new(ChildLimits {
            max_seconds,
            max_bytes,
        }))
    }

    /// The same for a process that is no gateway itself: they run the executable given, which must be of this very build.
    pub fn child_of(exe: PathBuf, max_seconds: u64, max_bytes: u64) -> Self {
        let limits = ChildLimits {
            max_seconds,
            max_bytes,
        };
        Compiler::Child(Parent::of(exe, limits))
    }

    /// The code of a component for this engine, as `Component::deserialize` takes it.
    pub(super) fn compile(
        &self,
        engine: &wasmtime::Engine,
        component: &[u8],
    ) -> Result<Vec<u8>, CompileError> {
        match self {
            Compiler::InProcess => engine.precompile_component(component).map_err(refused),
            Compiler::Child(parent) => parent.compile(component),
        }
    }
}

/// The engine's refusal: it may name what the component holds, at any length.
pub(super) fn refused(error: wasmtime::Error) -> CompileError {
    CompileError::Refused(capped(format!("{error:#}"), PLUGIN_TEXT_MAX_BYTES))
}
