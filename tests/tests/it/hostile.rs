//! What the tests of hostile plugins share: a gateway full of them, and the list of what they can do.

use std::sync::Arc;

use scoregate_tests::{folder::Folder, gateway::Gateway, shared::Shared};

static GATEWAY: Shared = Shared::new();

/// `hostile` may answer little and hold little, `wide` may hold two gigabytes and answer little.
const CONFIG: &str = r#"
[plugins.adapter]
file = "adapter.wasm"
memory_max_bytes = 67108864
call_deadline_ms = 250
[plugins.model]
file = "model.wasm"
memory_max_bytes = 67108864
call_deadline_ms = 250
[plugins.wide_adapter]
file = "adapter.wasm"
memory_max_bytes = 2147483648
call_deadline_ms = 10000
[plugins.wide_model]
file = "model.wasm"
memory_max_bytes = 2147483648
call_deadline_ms = 10000
[pipelines.hostile]
adapter = "adapter"
model = "model"
breaker_max_faults = 1000000
sources = [{ kind = "http" }]
[pipelines.wide]
adapter = "wide_adapter"
model = "wide_model"
breaker_max_faults = 1000000
sources = [{ kind = "http" }]
"#;

/// A gateway for tests that leave nothing behind.
pub fn gateway() -> Arc<Gateway> {
    GATEWAY.get(start)
}

/// A gateway of the test's own.
pub fn start() -> Gateway {
    Gateway::start(Arc::new(Folder::hostile(CONFIG)))
}

/// What a word does, the status that its event alone is answered with, and a part of the error.
pub const GUILTY: [(&str, u16, &str); 38] = [
    (
        "loop",
        500,
        "failed (deadline): preprocess ran longer than 250 ms",
    ),
    (
        "recurse",
        500,
        "failed (trap): preprocess stopped: call stack exhausted",
    ),
    (
        "recurse-wide",
        500,
        "failed (trap): preprocess stopped: out of bounds memory access",
    ),
    (
        "grow",
        500,
        "failed (memory): preprocess asked for more memory than its limit",
    ),
    ("trap", 500, "failed (trap): preprocess stopped"),
    ("panic", 500, "failed (trap): preprocess stopped"),
    (
        "internal",
        500,
        "failed (trap): preprocess reports an internal failure: a table is missing",
    ),
    (
        "rows-more",
        500,
        "failed (malformed): preprocess answered with 2 rows",
    ),
    (
        "rows-fewer",
        500,
        "failed (malformed): preprocess answered with 0 rows",
    ),
    (
        "shape",
        500,
        "failed (malformed): preprocess: tensor `features` has the shape [2]",
    ),
    (
        "short",
        500,
        "failed (malformed): preprocess: tensor `features`",
    ),
    (
        "overflow",
        500,
        "failed (malformed): preprocess: tensor `features`",
    ),
    (
        "none",
        500,
        "failed (malformed): preprocess answered with 0 tensors; its contract has 1",
    ),
    (
        "reject-beyond",
        500,
        "failed (malformed): preprocess rejected row 9999 of 1 events",
    ),
    (
        "reject-twice",
        500,
        "failed (malformed): preprocess rejected row 0 of 1 events",
    ),
    ("dtor", 500, "failed (trap): the batch's destructor stopped"),
    (
        "post-loop",
        500,
        "failed (deadline): postprocess ran longer than 250 ms",
    ),
    ("post-trap", 500, "failed (trap): postprocess stopped"),
    (
        "post-grow",
        500,
        "failed (memory): postprocess asked for more memory than its limit",
    ),
    (
        "post-internal",
        500,
        "failed (trap): postprocess reports an internal failure",
    ),
    (
        "post-fewer",
        500,
        "failed (malformed): postprocess answered with 0 outcomes for 1 rows",
    ),
    (
        "post-more",
        500,
        "failed (malformed): postprocess answered with 2 outcomes for 1 rows",
    ),
    (
        "post-decision",
        500,
        "failed (malformed): postprocess answered with a decision of 1048576 bytes",
    ),
    (
        "post-route",
        500,
        "failed (malformed): postprocess answered with a route of 1048576 bytes",
    ),
    (
        "post-huge",
        500,
        "failed (memory): postprocess answered with more than 16777216 bytes",
    ),
    (
        "model-loop",
        500,
        "failed (deadline): infer ran longer than 250 ms",
    ),
    (
        "model-recurse",
        500,
        "failed (trap): infer stopped: call stack exhausted",
    ),
    (
        "model-grow",
        500,
        "failed (memory): infer asked for more memory than its limit",
    ),
    ("model-trap", 500, "failed (trap): infer stopped"),
    (
        "model-internal",
        500,
        "failed (trap): infer reports an internal failure: a tree is missing",
    ),
    (
        "model-rows-more",
        500,
        "failed (malformed): infer answered with 2 rows",
    ),
    (
        "model-rows-fewer",
        500,
        "failed (malformed): infer answered with 0 rows",
    ),
    (
        "model-shape",
        500,
        "failed (malformed): infer: tensor `score` has the shape [1, 1]",
    ),
    (
        "model-short",
        500,
        "failed (malformed): infer: tensor `score`",
    ),
    (
        "model-none",
        500,
        "failed (malformed): infer answered with 0 tensors; its signature has 1",
    ),
    ("invalid", 422, "these events are not for me"),
    ("post-invalid", 422, "these scores are not for me"),
    ("model-invalid", 400, "a feature is out of range"),
];
