//! A component in wasmtime as the gateway sets it up.
#![allow(dead_code, reason = "each benchmark takes its part")]

use std::time::Instant;

use wasmtime::component::{Component, ComponentType, Lift, Linker, Lower, TypedFunc};
use wasmtime::{Config, Engine, Store};

/// A tensor of the contract.
#[derive(ComponentType, Lift, Lower)]
#[component(record)]
pub struct Tensor {
    pub shape: Vec<u64>,
    pub data: Vec<u8>,
}

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
struct Info {
    name: String,
    version: String,
    description: String,
}

/// Why a model does not answer.
#[derive(ComponentType, Lift, Lower, Debug)]
#[component(variant)]
pub enum Failure {
    #[component(name = "invalid-input")]
    InvalidInput(String),
    #[component(name = "internal")]
    Internal(String),
}

type Infer = TypedFunc<(Vec<Tensor>,), (Result<Vec<Tensor>, Failure>,)>;

/// A configured instance.
pub struct Running {
    store: Store<()>,
    infer: Infer,
    pub compiled_ms: f64,
    pub configured_ms: f64,
}

/// An engine for one thread.
pub fn engine() -> Engine {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .concurrency_support(false)
        .wasm_relaxed_simd(false)
        .generate_address_map(false);
    Engine::new(&config).expect("the engine")
}

impl Running {
    /// Compiles a component and configures an instance.
    pub fn start(engine: &Engine, component: &[u8]) -> Self {
        let begin = Instant::now();
        let component = Component::new(engine, component).expect("a component");
        let compiled_ms = begin.elapsed().as_secs_f64() * 1e3;
        let mut linker = Linker::new(engine);
        linker
            .define_unknown_imports_as_traps(&component)
            .expect("no imports");
        let mut store = Store::new(engine, ());
        store.set_epoch_deadline(1 << 40);
        let instance = linker
            .instantiate(&mut store, &component)
            .expect("an instance");
        let mut export = |interface: &str, function: &str| {
            let interface = instance.get_export_index(&mut store, None, interface);
            let interface = interface.expect("the interface");
            instance
                .get_export_index(&mut store, Some(&interface), function)
                .expect("the function")
        };
        let configure = export("scoregate:plugin/plugin@0.1.0", "configure");
        let infer = export("scoregate:plugin/model@0.1.0", "infer");
        let configure: TypedFunc<(String,), (Result<Info, String>,)> = instance
            .get_typed_func(&mut store, configure)
            .expect("its type");
        let infer: Infer = instance
            .get_typed_func(&mut store, infer)
            .expect("its type");
        let begin = Instant::now();
        let (configured,) = configure
            .call(&mut store, ("{}".to_owned(),))
            .expect("a call");
        configured.expect("sound tables");
        Self {
            compiled_ms,
            configured_ms: begin.elapsed().as_secs_f64() * 1e3,
            store,
            infer,
        }
    }

    /// Scores a batch.
    pub fn infer(&mut self, input: Vec<Tensor>) -> Vec<Tensor> {
        let (answer,) = self.infer.call(&mut self.store, (input,)).expect("a call");
        answer.expect("scores")
    }
}
