//! Releases change under those who call: nobody notices but by the digests of their answers.

mod canary;
mod crash;
mod fleet;
mod follow;
mod full_disk;
mod misfits;
mod pair;
mod pair_trial;
mod swap;
mod swap_streams;
pub mod trap_model;
mod unanswered;
mod withdrawn;
