//! Releases change under those who call: nobody notices but by the digests of their answers.

mod canary;
mod crash;
mod follow;
mod pair;
mod swap;
pub mod trap_model;
