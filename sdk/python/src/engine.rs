//! The engine of this process.

use std::{
    process,
    sync::{Arc, Mutex, PoisonError},
};

use scoregate::plugin::{Engine, EngineError};

/// With the process that it belongs to: a fork has its memory, but not the thread that keeps its deadlines.
static ENGINE: Mutex<Option<(u32, Arc<Engine>)>> = Mutex::new(None);

/// One for all components, made by the first.
pub fn shared() -> Result<Arc<Engine>, EngineError> {
    let mut shared = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let process = process::id();
    if let Some((owner, engine)) = &*shared
        && *owner == process
    {
        return Ok(engine.clone());
    }
    let engine = Arc::new(Engine::new()?);
    *shared = Some((process, engine.clone()));
    Ok(engine)
}
