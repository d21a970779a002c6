//! From a model file of any format to the one description. Formats are told apart by their content, never by a name.

mod detect;
mod document;
mod extents;
mod json;
mod lightgbm;
mod number;
mod parameter;
mod shape;
mod ubjson;
mod xgboost;

use std::ops::Range;

use crate::description::Description;
use crate::error::CompileError;
use crate::limits::MODEL_MAX_BYTES;
use detect::Format;
use document::Part;

/// Reads a trained model, with all its iterations.
///
/// # Errors
/// [`CompileError`] names the place in the file and what would be right there.
pub fn read(file: &[u8]) -> Result<Description, CompileError> {
    read_iterations(file, None)
}

/// Reads a trained model with the iterations (boosting rounds) of a range, from 0; all of them, unless told.
///
/// # Errors
/// As [`read`], and where the model has not so many.
pub fn read_iterations(
    file: &[u8],
    iterations: Option<&Range<u32>>,
) -> Result<Description, CompileError> {
    if file.len() > MODEL_MAX_BYTES {
        return Err(CompileError::TooLarge {
            bytes: file.len(),
            max: MODEL_MAX_BYTES,
        });
    }
    match detect::detect(file)? {
        Format::XgboostJson => {
            let document = json::Document::new(file)?;
            xgboost::read(&Part::Json(document.root()), iterations)
        }
        Format::XgboostUbjson => {
            let document = ubjson::Document::new(file)?;
            xgboost::read(&Part::Ubjson(document.root()), iterations)
        }
        Format::LightgbmText => lightgbm::read(file, iterations),
    }
}
