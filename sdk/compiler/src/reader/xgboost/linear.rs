//! The linear booster (src/gbm/gblinear_model.h): a weight for each feature and group, the groups of one feature side by side, and
//! after them a bias for each group.

use super::super::document::Part;
use super::super::parameter::Real;
use super::Shape;
use crate::description::Linear;
use crate::error::CompileError;

/// Reads the weights. Biases go into the base margins, since `GBLinear::Pred` (src/gbm/gblinear.cc) adds both before anything else. It takes
/// the first group's base for every group, even where since 3.1 each has its own: a quirk that a model's margins depend on.
pub(super) fn read(
    model: &Part<'_>,
    shape: Shape,
    base_margins: &mut [f64],
) -> Result<Linear, CompileError> {
    let part = model.get("weights")?;
    let values: Vec<Real> = part.array()?;
    let values: Vec<f32> = values.into_iter().map(|number| number.0).collect();
    let due = (shape.features + 1) * shape.groups;
    if values.len() != due {
        return Err(part.error(format!(
            "has {} numbers; {} features and {} groups have {due} weights and biases",
            values.len(),
            shape.features,
            shape.groups
        )));
    }
    if let Some(at) = values.iter().position(|value| !value.is_finite()) {
        return Err(part.element_error(at, "is not a finite 32-bit number"));
    }
    let (weights, biases) = values.split_at(shape.features * shape.groups);
    let base = base_margins[0] as f32;
    for (margin, bias) in base_margins.iter_mut().zip(biases) {
        *margin = f64::from(*bias + base);
    }
    Ok(Linear {
        weights: weights.iter().map(|weight| f64::from(*weight)).collect(),
    })
}
