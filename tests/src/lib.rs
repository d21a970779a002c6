//! The harness: starts the real binary with real plugins in folders of their own, and talks to it as callers do.

pub mod authority;
pub mod bombs;
pub mod checker;
pub mod client;
pub mod command;
pub mod components;
pub mod flow;
pub mod folder;
pub mod gateway;
pub mod made_model;
pub mod operator;
pub mod payments;
pub mod plugins;
pub mod rows;
pub mod servers;
pub mod shared;
pub mod signal;
pub mod small_disk;
pub mod source;
pub mod spin_model;
pub mod streams;
pub mod swaps;
pub mod traffic;
pub mod workspace;
