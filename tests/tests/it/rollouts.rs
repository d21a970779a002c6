//! Releases change under those who call: nobody notices but by the digests of their answers.

mod canary;
mod crash;
mod fleet;
mod follow;
mod pair;
mod swap;
mod trap_model;
