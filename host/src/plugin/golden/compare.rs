//! What is expected, held against what came. The first difference is told: which row of what, expected and got.

use serde_json::Value;

use super::{
    cells::{self, Cell, cells, shown},
    format::Tensors,
};
use crate::tensor::{Tensor, TensorSpec};

/// Expected tensors against those that came, which are in the order of `specs`.
pub fn tensors(
    word: &str,
    expected: &Tensors,
    got: &[Tensor],
    specs: &[TensorSpec],
    tolerance: f64,
) -> Result<(), String> {
    names(word, expected, specs)?;
    for (spec, got) in std::iter::zip(specs, got) {
        if let Some(rows) = expected.get(&spec.name) {
            let expected = cells::read(rows, spec).map_err(|error| format!("{word}: {error}"))?;
            tensor(&expected, got, spec, tolerance)?;
        }
    }
    Ok(())
}

/// A tensor for each of `specs`, in their order.
pub fn given(word: &str, tensors: &Tensors, specs: &[TensorSpec]) -> Result<Vec<Tensor>, String> {
    names(word, tensors, specs)?;
    let mut given: Vec<Tensor> = Vec::with_capacity(specs.len());
    for spec in specs {
        let Some(rows) = tensors.get(&spec.name) else {
            return Err(format!("{word} lack `{}`", spec.name));
        };
        let tensor = cells::read(rows, spec).map_err(|error| format!("{word}: {error}"))?;
        if let Some(first) = given.first()
            && first.rows() != tensor.rows()
        {
            return Err(format!(
                "{word} differ in rows: `{}` has {}, `{}` has {}",
                specs[0].name,
                first.rows(),
                spec.name,
                tensor.rows()
            ));
        }
        given.push(tensor);
    }
    Ok(given)
}

fn names(word: &str, tensors: &Tensors, specs: &[TensorSpec]) -> Result<(), String> {
    let unknown = tensors
        .keys()
        .find(|name| specs.iter().all(|spec| spec.name != **name));
    match unknown {
        None => Ok(()),
        Some(name) => {
            let known: Vec<_> = specs
                .iter()
                .map(|spec| format!("`{}`", spec.name))
                .collect();
            Err(format!(
                "{word} hold `{name}`; the plugin has {}",
                known.join(", ")
            ))
        }
    }
}

fn tensor(
    expected: &Tensor,
    got: &Tensor,
    spec: &TensorSpec,
    tolerance: f64,
) -> Result<(), String> {
    if expected.shape != got.shape {
        return Err(format!(
            "`{}` was expected with the shape {:?}, got {:?}",
            spec.name, expected.shape, got.shape
        ));
    }
    let per_row = expected.shape.iter().skip(1).product::<u64>().max(1) as usize;
    let pairs = std::iter::zip(
        cells(spec.datatype, &expected.data),
        cells(spec.datatype, &got.data),
    );
    for (at, (expected, got)) in pairs.enumerate() {
        if !alike(&expected, &got, tolerance) {
            let element = match per_row {
                1 => String::new(),
                _ => format!(", element {}", at % per_row),
            };
            return Err(format!(
                "row {} of `{}`{element}: expected {expected}, got {got}",
                at / per_row,
                spec.name
            ));
        }
    }
    Ok(())
}

fn alike(expected: &Cell, got: &Cell, tolerance: f64) -> bool {
    match (expected, got) {
        (Cell::Fp32(expected), Cell::Fp32(got)) => {
            close(f64::from(*expected), f64::from(*got), tolerance)
        }
        (Cell::Fp64(expected), Cell::Fp64(got)) => close(*expected, *got, tolerance),
        (expected, got) => expected == got,
    }
}

/// Within the tolerance: of the value where that is above 1, else of 1. NaN is only NaN.
pub fn close(expected: f64, got: f64, tolerance: f64) -> bool {
    expected == got
        || expected.is_nan() && got.is_nan()
        || expected.is_finite() && (expected - got).abs() <= tolerance * expected.abs().max(1.0)
}

/// Whether two JSON values are alike, their numbers within the tolerance.
pub fn json_alike(expected: &Value, got: &Value, tolerance: f64) -> bool {
    match (expected, got) {
        (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) if tolerance > 0.0 => close(a, b, tolerance),
            _ => a == b || a.as_f64() == b.as_f64() && (a.is_f64() || b.is_f64()),
        },
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && std::iter::zip(a, b).all(|(a, b)| json_alike(a, b, tolerance))
        }
        (Value::Object(a), Value::Object(b)) => {
            let alike = |(name, a)| b.get(name).is_some_and(|b| json_alike(a, b, tolerance));
            a.len() == b.len() && a.iter().all(alike)
        }
        (a, b) => a == b,
    }
}

/// One field of an outcome.
pub fn field(
    row: usize,
    word: &str,
    expected: &Value,
    got: &Value,
    tolerance: f64,
) -> Result<(), String> {
    if json_alike(expected, got, tolerance) {
        return Ok(());
    }
    Err(format!(
        "row {row} of `outcomes`, `{word}`: expected {}, got {}",
        shown(expected),
        shown(got)
    ))
}
