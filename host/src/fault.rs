//! What a plugin can do wrong: never the host's failure.

use std::fmt;

use crate::release::ReleaseName;

/// The sorts of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// It stopped on an illegal instruction, ran out of stack, panicked or reported an internal failure.
    Trap,
    /// It did not answer within its deadline.
    Deadline,
    /// It asked for more memory, or answered with more data, than its limit.
    Memory,
    /// It answered, but not in the way its signature or contract promises.
    Malformed,
}

impl FaultKind {
    pub const ALL: [FaultKind; 4] = [
        FaultKind::Trap,
        FaultKind::Deadline,
        FaultKind::Memory,
        FaultKind::Malformed,
    ];

    /// The word used in metrics, headers and dead letters.
    pub fn name(self) -> &'static str {
        match self {
            FaultKind::Trap => "trap",
            FaultKind::Deadline => "deadline",
            FaultKind::Memory => "memory",
            FaultKind::Malformed => "malformed",
        }
    }
}

/// A plugin's fault, in words that a caller may read: which plugin, which release, which kind; nothing of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub plugin: ReleaseName,
    pub kind: FaultKind,
    /// One clause, such as `infer ran longer than 50 ms`.
    pub detail: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "plugin {} failed ({}): {}",
            self.plugin,
            self.kind.name(),
            self.detail
        )
    }
}

impl std::error::Error for Fault {}
