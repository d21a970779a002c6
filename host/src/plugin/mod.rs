//! Plugins: the only room that may name the engine. What leaves it are the host's own types.

mod adapter;
mod bindings;
mod cache;
mod call;
mod check;
mod compile;
mod describe;
mod engine;
mod failure;
mod feature_names;
mod fit;
mod golden;
mod model;
mod parts;
mod release;
mod section;
mod slot;
mod state;
mod steps;
mod text;
mod ticker;

pub use adapter::{AdapterInstance, Batch, Prepared};
pub use cache::{Cache, CacheError};
pub use call::CallError;
pub use check::{CheckError, Kind, check};
pub use compile::{ChildLimits, CompileError, Compiler, SUBCOMMAND, run as compile_as_child};
pub use describe::{DescribeError, Info};
pub use engine::{Engine, EngineError};
pub use feature_names::{NamesError, feature_names};
pub use fit::{Fit, Misfit, fit, reasons};
pub use golden::{CarryError, Golden, GoldenError, cell_json, with_golden};
pub use model::ModelInstance;
pub use parts::{Parts, Settings};
pub use release::{AdapterRelease, LoadError, ModelRelease, Release};
pub use slot::{Face, ReleaseStatus, SlotStatus, SpecStatus};
pub use steps::{Steps, StepsMs};
