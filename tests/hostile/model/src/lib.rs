//! A model that misbehaves in whatever way a row of its input asks for: `[code, number]`, the code being the misdeed's
//! place in the list of words. A good row's score is twice its number.

#[cfg(target_arch = "wasm32")]
#[path = "../../misdeeds.rs"]
mod misdeeds;
#[cfg(target_arch = "wasm32")]
mod plugin;
#[cfg(target_arch = "wasm32")]
#[path = "../../words.rs"]
mod words;
