//! Tells formats apart by their content, and says of a file that is not read how to save the model as one that is.

use crate::error::CompileError;

/// Formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    XgboostJson,
    XgboostUbjson,
    LightgbmText,
    Onnx,
}

const SAVE: &str = "save an XGBoost booster with `booster.save_model(\"model.json\")`, a LightGBM booster with \
                    `booster.save_model(\"model.txt\")`, a scikit-learn pipeline as ONNX with `skl2onnx.to_onnx(pipeline, X[:1])`";

/// How far into a pickle its library's name is looked for.
const PICKLE_LOOKED_THROUGH_BYTES: usize = 1 << 16;

/// The format of a file, or why it is of none that is read.
pub(super) fn detect(file: &[u8]) -> Result<Format, CompileError> {
    let refuse = |what: &str| Err(CompileError::Format(format!("{what}; {SAVE}")));
    match file.trim_ascii_start() {
        [] => refuse("the model file is empty"),
        [0x80, 2..=5, ..] => Err(pickle(file)),
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => Err(pickle(file)),
        [b'{', b'L' | b'l' | b'i' | b'I' | b'U' | b'$' | b'#', ..] => Ok(Format::XgboostUbjson),
        [0x1f, 0x8b, ..] => refuse("the model file is compressed by gzip"),
        [b'P', b'K', 3, 4, ..] => refuse("the model file is a ZIP archive"),
        [b'b', b'i', b'n', b'f', ..] => refuse("the model file is of XGBoost's old binary format"),
        [b't', b'r', b'e', b'e', b'\n' | b'\r', ..] => Ok(Format::LightgbmText),
        // `ir_version`, the first field of every ModelProto, as a number of one byte.
        [0x08, 1..=0x7f, ..] => Ok(Format::Onnx),
        [b'[', ..] | [b'b', b'o', b'o', b's', b't', b'e', b'r', b'[', ..] => refuse(
            "the model file is what XGBoost's `dump_model` writes for people to read, which is not a whole model",
        ),
        // What LightGBM's `dump_model` returns lacks what a prediction needs.
        [b'{', rest @ ..] if rest.trim_ascii_start().starts_with(b"\"name\"") => refuse(
            "the model file is LightGBM's JSON for people to read, which is not a whole model",
        ),
        [b'{', ..] => Ok(Format::XgboostJson),
        _ => refuse(
            "the model file is neither XGBoost's JSON or UBJSON, which begin with `{`, nor LightGBM's text, which begins with \
             the line `tree`, nor ONNX, which begins with byte 8",
        ),
    }
}

/// A pickle names the classes in it, so its library is known without opening it; unless joblib compressed it.
fn pickle(file: &[u8]) -> CompileError {
    let head = &file[..file.len().min(PICKLE_LOOKED_THROUGH_BYTES)];
    let names = |word: &str| head.windows(word.len()).any(|part| part == word.as_bytes());
    let lines = if names("xgboost") {
        "    import pickle; model = pickle.load(open(\"model.pkl\", \"rb\"))\n    model.save_model(\"model.json\")"
    } else if names("lightgbm") {
        "    import pickle; model = pickle.load(open(\"model.pkl\", \"rb\"))\n    \
         getattr(model, \"booster_\", model).save_model(\"model.txt\")"
    } else if names("sklearn") {
        "    import joblib, skl2onnx; pipeline = joblib.load(\"model.pkl\")\n    \
         open(\"model.onnx\", \"wb\").write(skl2onnx.to_onnx(pipeline, X[:1]).SerializeToString())  # X: rows as it was trained with"
    } else {
        "    import joblib; model = joblib.load(\"model.pkl\")\n    \
         model.save_model(\"model.json\")  # XGBoost; LightGBM: model.booster_.save_model(\"model.txt\")"
    };
    CompileError::Format(format!(
        "the model file is a Python pickle, which runs code when it is read and is never opened; where you trust it, two lines of Python \
         save the model:\n{lines}"
    ))
}
