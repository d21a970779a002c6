//! The graph as a plugin: its tables come with the module, its inputs from outside.

use scoregate_kernel::place;
use scoregate_sdk::{
    Config, Datatype as OipDatatype, Failure, Info, Model, Signature, Tensor as SdkTensor,
    TensorSpec, TensorView,
};

use crate::data::{Data, Datatype, Text};
use crate::graph::Graph;
use crate::program::Port;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// A compiled graph.
pub struct GraphModel(Graph<'static>);

impl GraphModel {
    /// Serves a graph; in a component it is the one that the compiler added.
    pub fn new(graph: Graph<'static>) -> Self {
        Self(graph)
    }
}

impl Model for GraphModel {
    fn configure(_config: &Config<'_>) -> Result<Self, String> {
        Graph::from_tables(place::tables()).map(Self)
    }

    fn info(&self) -> Option<Info> {
        let program = self.0.program();
        Some(Info {
            name: program.name.clone(),
            version: program.version.clone(),
            description: program.description.clone(),
        })
    }

    fn signature(&self) -> Signature {
        let program = self.0.program();
        Signature {
            inputs: program.inputs.iter().map(spec).collect(),
            outputs: program
                .outputs
                .iter()
                .map(|output| spec(&output.port))
                .collect(),
        }
    }

    fn infer(&self, inputs: &[TensorView<'_>]) -> Result<Vec<SdkTensor>, Failure> {
        let ports = &self.0.program().inputs;
        let inputs = inputs
            .iter()
            .zip(ports)
            .map(|(view, port)| tensor(view, port));
        let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
        let outputs = self.0.run(inputs).map_err(Failure::InvalidInput)?;
        Ok(outputs.into_iter().map(handed_out).collect())
    }
}

fn spec(port: &Port) -> TensorSpec {
    let datatype = match port.datatype {
        Datatype::F32 => OipDatatype::Fp32,
        Datatype::F64 => OipDatatype::Fp64,
        Datatype::I32 => OipDatatype::Int32,
        Datatype::I64 => OipDatatype::Int64,
        Datatype::Bool => OipDatatype::Bool,
        Datatype::Text => OipDatatype::Bytes,
    };
    TensorSpec::new(&port.name, datatype, port.shape.clone())
}

/// An input where it lies.
fn tensor<'v>(view: &TensorView<'v>, port: &Port) -> Result<Tensor<'v>, Failure> {
    let refuse = |reason: String| Failure::InvalidInput(format!("`{}`: {reason}", port.name));
    let fits = view.shape().len() == port.shape.len()
        && view
            .shape()
            .iter()
            .zip(&port.shape)
            .all(|(found, wanted)| *wanted < 0 || *found == *wanted as u64);
    if !fits {
        return Err(refuse(format!(
            "a tensor of shape {:?}; the model takes {:?}, where -1 is any number",
            view.shape(),
            port.shape
        )));
    }
    let dims: Vec<usize> = view.shape().iter().map(|dim| *dim as usize).collect();
    let data = match port.datatype {
        Datatype::F32 => Data::F32(view.as_f32()),
        Datatype::F64 => Data::F64(view.as_f64()),
        Datatype::I32 => Data::I32(view.as_i32()),
        Datatype::I64 => Data::I64(view.as_i64()),
        Datatype::Bool => Data::Bool(view.as_bool().into_iter().map(u8::from).collect()),
        Datatype::Text => {
            let texts = view.as_byte_strings().into_iter().map(Text::Borrowed);
            Data::Text(texts.collect())
        }
    };
    let shape = Shape::new(&dims).map_err(refuse)?;
    Tensor::new(shape, data).map_err(refuse)
}

fn handed_out(tensor: Tensor<'_>) -> SdkTensor {
    let shape: Vec<u64> = tensor
        .shape()
        .dims()
        .iter()
        .map(|dim| *dim as u64)
        .collect();
    match tensor.into_data() {
        Data::F32(data) => SdkTensor::f32(shape, data.into_owned()),
        Data::F64(data) => SdkTensor::f64(shape, data.into_owned()),
        Data::I32(data) => SdkTensor::i32(shape, data.into_owned()),
        Data::I64(data) => SdkTensor::i64(shape, data.into_owned()),
        Data::Bool(data) => SdkTensor {
            shape,
            data: data.into_owned(),
        },
        Data::Text(data) => SdkTensor::bytes(shape, &data),
    }
}
