//! What the sample adapters share: events are read and checked, and what is wrong is said in one sentence that names the field, what
//! was found and what would be right.

#![warn(missing_docs)]

mod bounds;
mod distance;
mod json;
mod rejection;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
mod timestamp;

pub use bounds::{id, must, within};
pub use distance::chord_km;
pub use json::{object, text};
pub use rejection::{REASON_MAX_BYTES, because, quote};
pub use timestamp::{Timestamp, civil, minutes};
