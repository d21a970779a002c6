//! The store: every release by its digest, what serves in each slot, and who changed it.

mod change;

pub use change::{
    Action, Actor, AuditLine, Change, NewRelease, OpenRollout, ReleaseRecord, Revision, SlotChange,
    SlotRecord, SlotState, Stage, Strategy,
};
