//! The reader of XGBoost's UBJSON: whatever bytes it is given, it refuses them or makes a model that can be scored.

#![no_main]

#[path = "../one_file.rs"]
mod one_file;

libfuzzer_sys::fuzz_target!(|file: &[u8]| one_file::read(file));
