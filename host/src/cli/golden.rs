//! `--golden FILE` of `build` and `compile`.

use std::path::Path;

use anyhow::Context as _;

use crate::{
    file, limits,
    plugin::{Engine, Release, Settings, with_golden},
    telemetry::Telemetry,
};

/// Puts the file's cases into the component and tries them: what differs is found where it was built.
pub fn carry(component: &[u8], path: &Path) -> anyhow::Result<Vec<u8>> {
    let shown = path.display();
    let json = file::read(path, limits::GOLDEN_MAX_BYTES as u64);
    let json = json.with_context(|| shown.to_string())?;
    let (component, golden) = with_golden(component, &json).with_context(|| shown.to_string())?;
    let settings = Settings {
        slot: "built".into(),
        config_json: golden.config_json.clone(),
        memory_max_bytes: limits::MEMORY_MAX_BYTES,
        call_deadline_ms: limits::CALL_DEADLINE_MS,
        result_max_bytes: limits::RESULT_MAX_BYTES,
    };
    let engine = Engine::new()?;
    let loaded = Release::load(&engine, None, &Telemetry::new(), settings, &component);
    loaded.with_context(|| shown.to_string())?;
    Ok(component)
}
