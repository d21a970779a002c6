//! The kernel of compiled graphs: whole pipelines of operators (ONNX), trees among them, of which the compiler wrote a program.
//!
//! Compiled to WebAssembly it is the code of every compiled graph; natively it is an ordinary library, by which the compiler itself finds
//! datatypes and shapes: it runs each operator on made-up rows when it reads it.

pub mod blob;
pub mod data;
mod graph;
pub mod limits;
mod model;
pub mod ops;
pub mod program;
pub mod shape;
pub mod tables;
pub mod tensor;

pub use graph::Graph;
pub use model::GraphModel;

scoregate_sdk::export_model!(GraphModel);
