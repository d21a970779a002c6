//! What a pipeline keeps to be replayed: `capture` and what begins with it.

use super::table::{Bounds, Table};
use crate::limits;

/// Which events are kept, and how many of them stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capture {
    pub what: Kept,
    /// Capsules that stay; the oldest go, samples before faults.
    pub max_count: u64,
    /// Their bytes.
    pub max_bytes: u64,
}

/// Which events are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Those that met a fault.
    Faults,
    /// These too, and of those that were scored or rejected one in so many.
    Sampled { every_events: u64 },
}

const EVERY: Bounds = Bounds {
    min: 1,
    max: limits::CAPTURE_EVERY_CEILING_EVENTS,
    default: limits::CAPTURE_EVERY_EVENTS,
    unit: "events",
};
const COUNT: Bounds = Bounds {
    min: 1,
    max: limits::CAPTURE_CEILING_COUNT,
    default: limits::CAPTURE_MAX_COUNT,
    unit: "capsules",
};
const BYTES: Bounds = Bounds {
    min: limits::CAPTURE_FLOOR_BYTES,
    max: limits::CAPTURE_CEILING_BYTES,
    default: limits::CAPTURE_MAX_BYTES,
    unit: "bytes",
};

/// Of a pipeline; none where it keeps nothing.
pub(super) fn read(table: &mut Table<'_>) -> Option<Capture> {
    let asked = table.value("capture").is_some();
    let sampled = table.choice("capture", &[("faults", false), ("sampled", true)]);
    let every_events = table.number("capture_every_events", &EVERY);
    let max_count = table.number("capture_max_count", &COUNT);
    let max_bytes = table.number("capture_max_bytes", &BYTES);
    if !asked {
        let keys = [
            "capture_every_events",
            "capture_max_count",
            "capture_max_bytes",
        ];
        for key in keys {
            let right =
                "without `capture`, which is `\"faults\"` or `\"sampled\"`, nothing is kept";
            of_no_use(table, key, right);
        }
    } else if sampled == Some(false) {
        let right = "with `capture = \"faults\"` no other events are kept; \"sampled\" keeps both";
        of_no_use(table, "capture_every_events", right);
    }
    let what = if sampled? {
        let every_events = every_events.unwrap_or(EVERY.default);
        Kept::Sampled { every_events }
    } else {
        Kept::Faults
    };
    Some(Capture {
        what,
        max_count: max_count.unwrap_or(COUNT.default),
        max_bytes: max_bytes.unwrap_or(BYTES.default),
    })
}

fn of_no_use(table: &mut Table<'_>, key: &'static str, why: &str) {
    if table.value(key).is_some() {
        let message = format!("`{key}` in {} does nothing: {why}", table.title());
        table.reader.problem(table.span_of(key), message);
    }
}
