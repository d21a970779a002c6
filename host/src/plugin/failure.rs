//! A plugin's own words for refusing a whole call.

/// The contract's `failure`, whichever world it came from.
pub enum Failure {
    InvalidInput(String),
    Internal(String),
}
