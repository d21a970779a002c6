use std::fmt;

/// Why one event cannot be scored. The caller reads it; the other events of the batch go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection(String);

impl Rejection {
    /// A rejection for this reason: one sentence for whoever sent the event.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    /// The reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0
    }

    /// The reason, by value.
    #[must_use]
    pub fn into_reason(self) -> String {
        self.0
    }
}

/// Rejects one event: `return Err(reject("amount is negative"))`.
#[must_use]
pub fn reject(reason: impl Into<String>) -> Rejection {
    Rejection::new(reason)
}

impl From<String> for Rejection {
    fn from(reason: String) -> Self {
        Self(reason)
    }
}

impl From<&str> for Rejection {
    fn from(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Rejection {}
