//! Rollouts: how another release takes over a slot, and what becomes of it.

mod order;

pub use order::{Done, Order, PipelineFit, Refused, Report, StrategyOrder};
