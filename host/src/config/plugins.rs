//! `[plugins.NAME]`.

use super::{
    Plugin, guard,
    json::to_json,
    names::check_name,
    table::{Bounds, Table},
};
use crate::limits;

const MEMORY: Bounds = Bounds {
    min: limits::MEMORY_FLOOR_BYTES,
    max: limits::MEMORY_CEILING_BYTES,
    default: limits::MEMORY_MAX_BYTES,
    unit: "bytes",
};
const DEADLINE: Bounds = Bounds {
    min: 1,
    max: limits::CALL_DEADLINE_CEILING_MS,
    default: limits::CALL_DEADLINE_MS,
    unit: "milliseconds",
};
const RESULT: Bounds = Bounds {
    min: 1,
    max: limits::RESULT_CEILING_BYTES,
    default: limits::RESULT_MAX_BYTES,
    unit: "bytes",
};

/// All slots.
pub(super) fn read(plugins: Table<'_>) -> Vec<Plugin> {
    let reader = plugins.reader;
    let named = plugins.named();
    named
        .into_iter()
        .map(|(name, span, table)| {
            if let Err(message) = check_name("plugin", &name) {
                reader.problem(span, message);
            }
            plugin(name, table)
        })
        .collect()
}

fn plugin(name: String, mut table: Table<'_>) -> Plugin {
    let file = table
        .required_string(
            "file",
            "the component, as `scoregate build` or `scoregate compile` wrote it",
        )
        .map(|file| table.path("file", &file));
    let config = table
        .value("config")
        .map(|value| to_json(table.reader, value));
    let memory_max_bytes = table.number("memory_max_bytes", &MEMORY);
    let call_deadline_ms = table.number("call_deadline_ms", &DEADLINE);
    let result_max_bytes = table.number("result_max_bytes", &RESULT);
    let guard = guard::read(table.table("guard"));
    let watch = table.flag("watch");
    table.finish(&[]);
    Plugin {
        name,
        file: file.unwrap_or_default(),
        config_json: config
            .flatten()
            .map_or_else(|| "{}".to_owned(), |config| config.to_string()),
        memory_max_bytes: memory_max_bytes.unwrap_or(MEMORY.default),
        call_deadline_ms: call_deadline_ms.unwrap_or(DEADLINE.default),
        result_max_bytes: result_max_bytes.unwrap_or(RESULT.default),
        guard,
        watch,
    }
}
