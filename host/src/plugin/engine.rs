//! The WebAssembly engine: compiler, pool, linker and the clock of deadlines.

use std::io;

use thiserror::Error;
use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
    component::{HasSelf, Linker},
};

use super::{bindings, state::State, ticker::Ticker};
use crate::limits::{
    INSTANCES_MAX_COUNT, MEMORY_CEILING_BYTES, STACK_MAX_BYTES, TABLE_ELEMENTS_MAX_COUNT,
};

/// Memories, tables and core instances that one component may have: a compiled language needs one or two.
const PARTS_MAX_COUNT: u32 = 8;
/// What the pool leaves in memory when an instance ends: a new one then takes fewer page faults.
const KEEP_RESIDENT_BYTES: usize = 1 << 20;

/// One engine serves the whole process.
pub struct Engine {
    pub(super) wasm: wasmtime::Engine,
    /// All that a plugin may import.
    pub(super) linker: Linker<State>,
    ticker: Ticker,
}

/// Why there is no engine.
#[derive(Debug, Error)]
pub enum EngineError {
    #[error("the WebAssembly engine cannot start: {0}")]
    Wasm(wasmtime::Error),
    #[error("the thread that keeps deadlines cannot start: {0}")]
    Ticker(io::Error),
}

impl Engine {
    pub fn new() -> Result<Self, EngineError> {
        let mut config = compiling();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
        let wasm = wasmtime::Engine::new(&config).map_err(EngineError::Wasm)?;
        let mut linker = Linker::new(&wasm);
        bindings::model::scoregate::plugin::log::add_to_linker::<_, HasSelf<State>>(
            &mut linker,
            |state| state,
        )
        .map_err(EngineError::Wasm)?;
        let ticker = Ticker::start(wasm.weak()).map_err(EngineError::Ticker)?;
        Ok(Self {
            wasm,
            linker,
            ticker,
        })
    }

    /// Whether deadlines hold.
    pub fn is_healthy(&self) -> bool {
        self.ticker.is_alive()
    }
}

/// An engine that compiles as [`Engine`] does but runs nothing: it reserves no room for instances, which is terabytes of addresses.
pub fn compiling_engine() -> wasmtime::Result<wasmtime::Engine> {
    wasmtime::Engine::new(&compiling())
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(INSTANCES_MAX_COUNT)
        .total_core_instances(INSTANCES_MAX_COUNT * 2)
        .total_memories(INSTANCES_MAX_COUNT)
        .total_tables(INSTANCES_MAX_COUNT * 2)
        .max_core_instances_per_component(PARTS_MAX_COUNT)
        .max_memories_per_component(PARTS_MAX_COUNT)
        .max_tables_per_component(PARTS_MAX_COUNT)
        .max_memory_size(MEMORY_CEILING_BYTES as usize)
        .table_elements(TABLE_ELEMENTS_MAX_COUNT)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(KEEP_RESIDENT_BYTES)
        // Only pages that were written are wiped, where the system can tell (Linux 6.7): otherwise each instance that ends touches the whole
        // megabyte that is kept, most of it a stack that was hardly used.
        .pagemap_scan(Enabled::Auto);
    pool
}

/// All that code depends on: what compiles and what runs must agree in it.
fn compiling() -> Config {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        .max_wasm_stack(STACK_MAX_BYTES)
        .concurrency_support(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_relaxed_simd(false)
        // A trap's kind is all that is reported: tables of code addresses would only make releases larger.
        .generate_address_map(false)
        .wasm_backtrace_max_frames(None);
    config
}

#[cfg(test)]
mod tests {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};

    use super::*;

    #[test]
    fn what_only_compiles_makes_code_for_what_runs() {
        let hash = |engine: &wasmtime::Engine| {
            let mut hasher = DefaultHasher::new();
            engine.precompile_compatibility_hash().hash(&mut hasher);
            hasher.finish()
        };
        let (runs, compiles) = (Engine::new().unwrap(), compiling_engine().unwrap());
        assert_eq!(hash(&runs.wasm), hash(&compiles));
        let code = compiles.precompile_component(b"\0asm\x0d\0\x01\0").unwrap();
        // SAFETY: the code was made by this process, two lines above.
        #[allow(unsafe_code)]
        let accepted = unsafe { wasmtime::component::Component::deserialize(&runs.wasm, code) };
        accepted.unwrap();
    }
}
