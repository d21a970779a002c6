//! The scoring listener: pipelines, and the Open Inference Protocol v2, over HTTP/1.1 and HTTP/2.

mod activity;
pub mod bodies;
pub mod body;
mod caller;
pub mod client;
mod connection;
pub mod cors;
pub mod endpoint;
mod event_id;
mod intake;
mod ndjson;
mod oip;
pub mod problem;
pub mod receive;
mod route;
mod score;
pub mod scoring;
pub mod server;
mod server_limits;
pub mod tls;

pub use scoring::Scoring;
