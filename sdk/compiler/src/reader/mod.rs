//! From a model file of any format to the one description. Formats are told apart by their content, never by a name.

mod detect;
mod document;
mod extents;
mod json;
mod lightgbm;
mod number;
pub(crate) mod onnx;
mod parameter;
mod shape;
mod ubjson;
mod xgboost;

use std::ops::Range;

use crate::description::Description;
use crate::error::CompileError;
use crate::graph_model::GraphModel;
use crate::limits::MODEL_MAX_BYTES;
use detect::Format;
use document::Part;
pub use onnx::external::Folder;

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    /// Sums of trees or weighted values, by the library that trained it.
    Sum(Box<Description>),
    /// A whole graph of operators: ONNX.
    Graph(Box<GraphModel>),
}

/// Reads a trained model that is a sum, with all its iterations.
///
/// # Errors
/// [`CompileError`] names the place in the file and what would be right there.
pub fn read(file: &[u8]) -> Result<Description, CompileError> {
    read_iterations(file, None)
}

/// Reads a trained model that is a sum, with the iterations (boosting rounds) of a range, from 0; all of them, unless told.
///
/// # Errors
/// As [`read`], and where the model has not so many.
pub fn read_iterations(
    file: &[u8],
    iterations: Option<&Range<u32>>,
) -> Result<Description, CompileError> {
    match read_model(file, iterations, None)? {
        Model::Sum(model) => Ok(*model),
        Model::Graph(_) => Err(CompileError::Unsupported(
            "the model is a graph of operators (ONNX), not a sum of trees".to_owned(),
        )),
    }
}

/// Reads a trained model of any kind. What an ONNX model keeps in other files is read from `folder`, and refused without one.
///
/// # Errors
/// As [`read_iterations`].
pub fn read_model(
    file: &[u8],
    iterations: Option<&Range<u32>>,
    folder: Option<&Folder>,
) -> Result<Model, CompileError> {
    if file.len() > MODEL_MAX_BYTES {
        return Err(CompileError::TooLarge {
            bytes: file.len(),
            max: MODEL_MAX_BYTES,
        });
    }
    let sum = match detect::detect(file)? {
        Format::XgboostJson => {
            let document = json::Document::new(file)?;
            xgboost::read(&Part::Json(document.root()), iterations)?
        }
        Format::XgboostUbjson => {
            let document = ubjson::Document::new(file)?;
            xgboost::read(&Part::Ubjson(document.root()), iterations)?
        }
        Format::LightgbmText => lightgbm::read(file, iterations)?,
        Format::Onnx if iterations.is_some() => {
            return Err(CompileError::Unsupported(
                "an ONNX model has no iterations to choose from".to_owned(),
            ));
        }
        Format::Onnx => return Ok(Model::Graph(Box::new(onnx::read(file, folder)?))),
    };
    Ok(Model::Sum(Box::new(sum)))
}
