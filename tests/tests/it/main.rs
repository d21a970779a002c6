//! The gateway as its users meet it: the real binary, real HTTP, real plugins, real databases.

mod admin;
mod breaker;
mod checker;
mod cli;
mod config;
mod cors;
mod crash;
mod drain;
mod hostile;
mod http;
mod instances;
mod isolation;
mod ndjson;
mod neighbours;
mod oip;
mod outcomes;
mod parity;
mod plugins_refused;
mod postgres;
mod samples;
mod scoring;
mod servers;
mod shop_page;
mod sinks;
mod tidy;
mod transport;
