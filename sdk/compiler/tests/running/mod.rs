//! An emitted component, run by wasmtime.
#![allow(dead_code, reason = "each test uses its part")]

use wasmtime::component::{Component, Instance, Linker, Val};
use wasmtime::{Engine, Store};

pub const MODEL: &str = "scoregate:plugin/model@0.1.0";
const PLUGIN: &str = "scoregate:plugin/plugin@0.1.0";

pub struct Running {
    store: Store<()>,
    instance: Instance,
}

impl Running {
    pub fn start(engine: &Engine, component: &[u8]) -> Self {
        let component = Component::new(engine, component).unwrap();
        let mut linker = Linker::new(engine);
        linker.define_unknown_imports_as_traps(&component).unwrap();
        let mut store = Store::new(engine, ());
        let instance = linker.instantiate(&mut store, &component).unwrap();
        Self { store, instance }
    }

    pub fn call(&mut self, interface: &str, function: &str, arguments: &[Val]) -> Val {
        let interface = self
            .instance
            .get_export_index(&mut self.store, None, interface)
            .unwrap();
        let function = self
            .instance
            .get_export_index(&mut self.store, Some(&interface), function)
            .unwrap();
        let function = self.instance.get_func(&mut self.store, function).unwrap();
        let mut results = [Val::Bool(false)];
        function
            .call(&mut self.store, arguments, &mut results)
            .unwrap();
        let [result] = results;
        result
    }

    pub fn configure(&mut self) -> Val {
        self.call(PLUGIN, "configure", &[Val::String("{}".to_owned())])
    }

    pub fn infer(&mut self, shape: &[u64], values: &[f32]) -> Val {
        let data: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.infer_bytes(shape, &data)
    }

    /// Values as they lie in memory.
    pub fn infer_bytes(&mut self, shape: &[u64], data: &[u8]) -> Val {
        let tensor = Val::Record(vec![
            (
                "shape".to_owned(),
                Val::List(shape.iter().copied().map(Val::U64).collect()),
            ),
            (
                "data".to_owned(),
                Val::List(data.iter().copied().map(Val::U8).collect()),
            ),
        ]);
        self.call(MODEL, "infer", &[Val::List(vec![tensor])])
    }
}

/// The tensors of an answer.
pub fn tensors(answer: Val) -> Vec<Val> {
    let Val::Result(Ok(Some(tensors))) = answer else {
        panic!("{answer:?}")
    };
    let Val::List(tensors) = *tensors else {
        panic!("no list of tensors")
    };
    tensors
}

pub fn floats(tensor: &Val) -> Vec<f32> {
    bytes(tensor)
        .as_chunks()
        .0
        .iter()
        .map(|value| f32::from_le_bytes(*value))
        .collect()
}

pub fn bytes(tensor: &Val) -> Vec<u8> {
    let Val::Record(fields) = tensor else {
        panic!("no record")
    };
    let Val::List(data) = &fields[1].1 else {
        panic!("no data")
    };
    data.iter()
        .map(|byte| {
            if let Val::U8(byte) = byte {
                *byte
            } else {
                panic!("no byte")
            }
        })
        .collect()
}
