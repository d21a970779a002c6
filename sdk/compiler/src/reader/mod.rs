//! From a model file of any format to the one description. Formats are told apart by their content, never by a name.

mod document;
mod parameter;
mod xgboost;
mod xgboost_tree;

use crate::description::Description;
use crate::error::CompileError;
use crate::limits::MODEL_MAX_BYTES;

/// Formats that are read.
enum Format {
    XgboostJson,
}

/// Reads a trained model.
pub fn read(file: &[u8]) -> Result<Description, CompileError> {
    if file.len() > MODEL_MAX_BYTES {
        return Err(CompileError::TooLarge {
            bytes: file.len(),
            max: MODEL_MAX_BYTES,
        });
    }
    match detect(file)? {
        Format::XgboostJson => xgboost::read(file),
    }
}

fn detect(file: &[u8]) -> Result<Format, CompileError> {
    const SAVE: &str = "save the booster with `booster.save_model(\"model.json\")`";
    let refuse = |what: &str| Err(CompileError::Format(format!("{what}; {SAVE}")));
    let text = file.trim_ascii_start();
    match text {
        [] => refuse("the model file is empty"),
        [0x80, 2..=5, ..] => refuse(
            "the model file is a Python pickle, which runs code when it is read and is never opened \
             (of a scikit-learn wrapper, `model.save_model(\"model.json\")` saves the same)",
        ),
        [b'{', b'L' | b'l' | b'i' | b'I' | b'U' | b'$' | b'#', ..] => refuse(
            "the model file is UBJSON, XGBoost's binary spelling, which this version does not read",
        ),
        [0x1f, 0x8b, ..] => refuse("the model file is compressed by gzip"),
        [b'P', b'K', 3, 4, ..] => refuse("the model file is a ZIP archive"),
        [b'b', b'i', b'n', b'f', ..] => refuse("the model file is of XGBoost's old binary format"),
        [b't', b'r', b'e', b'e', b'\n' | b'\r', ..] => Err(CompileError::Format(
            "the model file is LightGBM's text, which this version does not read".to_owned(),
        )),
        [b'{', ..] => Ok(Format::XgboostJson),
        _ => refuse("the model file is not XGBoost's JSON, which begins with `{`"),
    }
}
