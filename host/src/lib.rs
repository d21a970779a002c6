//! The gateway: loads sandboxed WebAssembly plugins, hands them events, and delivers what they answer.

pub mod admin;
pub mod cli;
pub mod clock;
pub mod config;
pub mod dead_letter;
mod demo;
pub mod event;
mod failpoint;
pub mod fault;
pub mod file;
pub mod gateway;
pub mod health;
pub mod http;
pub mod kafka;
pub mod lane;
pub mod limits;
mod output;
pub mod pipeline;
pub mod plugin;
pub mod record;
pub mod release;
mod signal;
pub mod sink;
pub mod source;
pub mod telemetry;
pub mod tensor;
