//! Nothing of a configuration or an event is unbounded.

/// A hundred times what an event has as a rule: reading megabytes would only end at the call's deadline.
pub const EVENT_MAX_BYTES: usize = 256 << 10;
/// Fields and features that are no plain numbers of the event's top level included.
pub const NAMES_MAX_COUNT: usize = 4096;
/// Of all label maps and one-hot lists together.
pub const LABELS_MAX_COUNT: usize = 50_000;
/// Of a name, label, reason, decision or path.
pub const TEXT_MAX_BYTES: usize = 1024;
pub const EXPRESSION_MAX_BYTES: usize = 4096;
pub const EXPRESSION_MAX_NODES: usize = 1000;
/// Of parentheses and operators in one expression, and of fields that are computed from fields.
pub const DEPTH_MAX: u16 = 64;
pub const PATTERN_MAX_BYTES: usize = 4096;
/// What a pattern may become: a pattern with repeated repetitions is short and huge.
pub const PATTERN_PROGRAM_MAX_BYTES: usize = 256 << 10;
/// Of rules for rejecting, and of bands.
pub const RULES_MAX_COUNT: usize = 256;
/// The contract's own limit.
pub const TENSORS_MAX_COUNT: usize = 64;
