//! The reader of ONNX: whatever bytes it is given, it refuses them or makes a graph that runs on rows made for it.

#![no_main]

#[path = "../one_graph.rs"]
mod one_graph;

libfuzzer_sys::fuzz_target!(|file: &[u8]| one_graph::read(file));
