//! A node of the file: what it is called in messages, and its attributes by their datatype.

use scoregate_graph::tensor::Tensor;

use super::proto::{AttributeProto, GraphProto, NodeProto, attribute_type};
use super::tensors;
use crate::error::CompileError;

/// A node with the version of its domain's operators.
#[derive(Clone, Copy, Debug)]
pub struct Node<'f> {
    pub proto: &'f NodeProto,
    /// Its number in the graph.
    pub nth: usize,
    /// Version of its domain's operator set.
    pub opset: i64,
}

/// ONNX's own operators.
pub const PLAIN: &str = "ai.onnx";
/// The operators of classic machine learning.
pub const ML: &str = "ai.onnx.ml";
/// What onnxruntime adds.
pub const MICROSOFT: &str = "com.microsoft";

impl<'f> Node<'f> {
    /// The operator's domain; ONNX's own has two spellings.
    pub fn domain(&self) -> &'f str {
        match &self.proto.domain[..] {
            "" => PLAIN,
            domain => domain,
        }
    }

    /// The operator's name.
    pub fn op(&self) -> &'f str {
        &self.proto.op_type
    }

    /// Where it is in the file: ``node 7 `Sc_Scaler` (ai.onnx.ml.Scaler)``.
    pub fn place(&self) -> String {
        format!("node {} {}", self.nth, self.label())
    }

    /// What its step is called: `` `Sc_Scaler` (ai.onnx.ml.Scaler)``.
    pub fn label(&self) -> String {
        let operator = format!("{}.{}", self.domain(), self.op());
        match &self.proto.name[..] {
            "" => operator,
            name => format!("`{name}` ({operator})"),
        }
    }

    /// An error at this node.
    pub fn invalid(&self, reason: impl Into<String>) -> CompileError {
        CompileError::Invalid {
            place: self.place(),
            reason: reason.into(),
        }
    }

    /// Sound, but not served.
    pub fn unsupported(&self, reason: impl std::fmt::Display) -> CompileError {
        CompileError::Unsupported(format!("{}: {reason}", self.place()))
    }

    /// Whether an attribute is given.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// A whole number, or what stands for one that is not given.
    pub fn int(&self, name: &str, default: i64) -> Result<i64, CompileError> {
        let found = self.of_type(name, attribute_type::INT, "a whole number")?;
        Ok(found.map_or(default, |attribute| attribute.i))
    }

    /// A number.
    pub fn float(&self, name: &str, default: f32) -> Result<f32, CompileError> {
        let found = self.of_type(name, attribute_type::FLOAT, "a number")?;
        Ok(found.map_or(default, |attribute| attribute.f))
    }

    /// A word of the schema.
    pub fn word(&self, name: &str, default: &'static str) -> Result<&'f str, CompileError> {
        let Some(found) = self.of_type(name, attribute_type::STRING, "a text")? else {
            return Ok(default);
        };
        str::from_utf8(&found.s).map_err(|_| self.invalid(format!("`{name}` is not UTF-8")))
    }

    /// A text, where it is given.
    pub fn bytes(&self, name: &str) -> Result<Option<&'f [u8]>, CompileError> {
        let found = self.of_type(name, attribute_type::STRING, "a text")?;
        Ok(found.map(|attribute| &attribute.s[..]))
    }

    /// Whole numbers; none where they are not given.
    pub fn ints(&self, name: &str) -> Result<&'f [i64], CompileError> {
        let found = self.of_type(name, attribute_type::INTS, "a list of whole numbers")?;
        Ok(found.map_or(&[], |attribute| &attribute.ints))
    }

    /// Numbers; none where they are not given.
    pub fn floats(&self, name: &str) -> Result<&'f [f32], CompileError> {
        let found = self.of_type(name, attribute_type::FLOATS, "a list of numbers")?;
        Ok(found.map_or(&[], |attribute| &attribute.floats))
    }

    /// Texts; none where they are not given.
    pub fn strings(&self, name: &str) -> Result<&'f [Vec<u8>], CompileError> {
        let found = self.of_type(name, attribute_type::STRINGS, "a list of texts")?;
        Ok(found.map_or(&[], |attribute| &attribute.strings))
    }

    /// A tensor, where it is given.
    pub fn tensor(&self, name: &str) -> Result<Option<Tensor<'static>>, CompileError> {
        let found = self.of_type(name, attribute_type::TENSOR, "a tensor")?;
        let Some(tensor) = found.and_then(|attribute| attribute.t.as_ref()) else {
            return Ok(None);
        };
        let place = format!("{}, attribute `{name}`", self.place());
        tensors::read(tensor, &place, None).map(Some)
    }

    /// A graph of its own, where it is given.
    pub fn graph(&self, name: &str) -> Result<Option<&'f GraphProto>, CompileError> {
        let found = self.of_type(name, attribute_type::GRAPH, "a graph")?;
        Ok(found.and_then(|attribute| attribute.g.as_deref()))
    }

    fn find(&self, name: &str) -> Option<&'f AttributeProto> {
        let mut attributes = self.proto.attribute.iter();
        attributes.find(|attribute| attribute.name == name)
    }

    fn of_type(
        &self,
        name: &str,
        wanted: i32,
        what: &str,
    ) -> Result<Option<&'f AttributeProto>, CompileError> {
        match self.find(name) {
            Some(found) if ![wanted, attribute_type::UNDEFINED].contains(&found.r#type) => {
                Err(self.invalid(format!("the attribute `{name}` is not {what}")))
            }
            found => Ok(found),
        }
    }
}
