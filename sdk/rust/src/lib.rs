//! Write adapters and models for scoregate in Rust.
//!
//! A plugin is a crate of its own with `crate-type = ["cdylib", "rlib"]`. It implements [`Adapter`] or [`Model`],
//! exports it with one macro, and becomes a component by `scoregate build DIR`. It can do nothing but compute: it has
//! no file, socket, clock or randomness, so the same events give the same outcomes.
//!
//! A whole adapter:
//!
//! ```
//! use scoregate_sdk::{Adapter, Config, Contract, Datatype, Event, Features, Outcome, Rejection, Scores, reject};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize)]
//! struct Payments { decline_above: f32 }
//!
//! #[derive(Deserialize)]
//! struct Payment { id: String, amount: f32, hour: u8 }
//!
//! #[derive(Serialize)]
//! struct Answer<'a> { id: &'a str, risk: f32 }
//!
//! impl Adapter for Payments {
//!     type Row = Payment;
//!
//!     fn configure(config: &Config<'_>) -> Result<Self, String> {
//!         config.parse()
//!     }
//!
//!     fn contract(&self) -> Contract {
//!         Contract::new().feature("features", Datatype::Fp32, [-1, 2]).score("probability", Datatype::Fp32, [-1, 1])
//!     }
//!
//!     fn preprocess(&self, event: &Event<'_>, features: &mut Features) -> Result<Payment, Rejection> {
//!         let payment: Payment = event.json()?;
//!         if payment.amount <= 0.0 {
//!             return Err(reject("amount is not positive"));
//!         }
//!         features.extend_f32(&[payment.amount.ln(), f32::from(payment.hour)]);
//!         Ok(payment)
//!     }
//!
//!     fn postprocess(&self, payment: Payment, scores: &Scores<'_>) -> Result<Outcome, Rejection> {
//!         let risk = scores.f32(0);
//!         let decision = if risk > self.decline_above { "decline" } else { "approve" };
//!         let answer = Answer { id: &payment.id, risk };
//!         Ok(Outcome::new().score(risk.into()).decision(decision).json(&answer))
//!     }
//! }
//!
//! scoregate_sdk::export_adapter!(Payments);
//!
//! // Natively it is an ordinary type, tested by the functions that the exported plugin runs.
//! let adapter = Payments::configure(&Config::new(r#"{"decline_above": 0.8}"#))?;
//! let events = [Event::new(br#"{"id": "a", "amount": 9.5, "hour": 23}"#), Event::new(b"no JSON")];
//! let prepared = scoregate_sdk::batch::prepare(&adapter, &adapter.contract(), &events)?;
//! assert_eq!((prepared.rows.len(), prepared.rejected[0].row), (1, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(missing_docs)]

mod adapter;
pub mod batch;
mod config;
mod contract;
mod datatype;
mod element;
mod event;
mod export;
mod failure;
mod features;
pub mod inference;
pub mod log;
mod model;
mod outcome;
mod place;
mod rejection;
mod scores;
mod tensor;
mod tensor_builder;
mod tensor_spec;
mod tensor_view;

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod bindings;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod glue;

pub use adapter::Adapter;
pub use config::Config;
pub use contract::Contract;
pub use datatype::Datatype;
pub use event::Event;
pub use failure::Failure;
pub use features::Features;
pub use model::{Info, Model, Signature};
pub use outcome::Outcome;
pub use rejection::{Rejection, reject};
pub use scores::Scores;
pub use tensor::Tensor;
pub use tensor_builder::TensorBuilder;
pub use tensor_spec::TensorSpec;
pub use tensor_view::TensorView;
