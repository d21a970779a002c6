//! What became of an event, as a capsule keeps it and a replay makes it again.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::score::Score;
use crate::{
    event::{Outcome, Refusal},
    fault::Fault,
    release::Digest,
};

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Captured {
    Scored {
        score: Option<Score>,
        decision: Option<String>,
        /// What the adapter wrote.
        #[serde(with = "super::base64")]
        payload: Bytes,
        route: Option<String>,
    },
    /// By the adapter.
    Rejected { reason: String },
    /// The model refuses its input.
    InvalidInput { reason: String },
    Fault {
        slot: String,
        digest: Digest,
        /// `trap`, `deadline`, `memory` or `malformed`.
        fault: String,
        detail: String,
    },
}

impl Captured {
    /// None where it was not scored at all.
    pub fn of(verdict: &Result<Outcome, Refusal>) -> Option<Self> {
        let captured = match verdict {
            Ok(outcome) => Self::Scored {
                score: outcome.score.map(Score::of),
                decision: outcome.decision.clone(),
                payload: Bytes::copy_from_slice(&outcome.payload),
                route: outcome.route.clone(),
            },
            Err(Refusal::Rejected(reason)) => Self::Rejected {
                reason: reason.clone(),
            },
            Err(Refusal::InvalidInput(reason)) => Self::InvalidInput {
                reason: reason.clone(),
            },
            Err(Refusal::Fault(fault)) => Self::of_fault(fault),
            Err(
                Refusal::Unavailable { .. } | Refusal::Undeliverable(_) | Refusal::DeadlinePassed,
            ) => return None,
        };
        Some(captured)
    }

    fn of_fault(fault: &Fault) -> Self {
        Self::Fault {
            slot: fault.plugin.slot.to_string(),
            digest: fault.plugin.digest,
            fault: fault.kind.name().to_owned(),
            detail: fault.detail.clone(),
        }
    }

    /// The word in a capsule's name and in its JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Scored { .. } => "scored",
            Self::Rejected { .. } => "rejected",
            Self::InvalidInput { .. } => "invalid-input",
            Self::Fault { .. } => "fault",
        }
    }
}
