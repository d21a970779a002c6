//! An adapter that misbehaves in whatever way an event asks for, so that one event of a batch can be the guilty one.
//!
//! An event is a word and a number, such as `good 3`. A word with `model-` in front is passed on to the hostile model,
//! one with `post-` waits for `postprocess`. It is written against the bare bindings: the SDK would not let it answer
//! what breaks the contract.

#[cfg(target_arch = "wasm32")]
#[path = "../../misdeeds.rs"]
mod misdeeds;
#[cfg(target_arch = "wasm32")]
mod plugin;
#[cfg(target_arch = "wasm32")]
#[path = "../../words.rs"]
mod words;
