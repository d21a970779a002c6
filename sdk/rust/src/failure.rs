use std::fmt;

/// Why a plugin refuses a whole call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The caller sent what the plugin cannot take.
    InvalidInput(String),
    /// The plugin itself is wrong.
    Internal(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidInput(reason) | Self::Internal(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Failure {}
