//! Which columns of a table are which elements of a model's inputs.

use std::collections::{HashMap, HashSet};

use anyhow::{Context as _, bail};

use super::{table::Columns, value};
use crate::tensor::{Datatype, Shape, Signature, TensorSpec};

/// See the module.
#[derive(Debug, PartialEq)]
pub struct Plan {
    pub inputs: Vec<Input>,
    /// Where each element of a row is in the table: those of the first input, then of the next.
    pub places: Vec<usize>,
    /// Names of columns that are no features.
    pub ignored: Vec<String>,
}

/// An input of the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    pub datatype: Datatype,
    /// Elements of a row.
    pub width: usize,
    /// The tensor has a second dimension.
    pub is_wide: bool,
}

impl Plan {
    /// Finds each feature's column: by the features' names where the model has them, else by position.
    pub fn of(
        signature: &Signature,
        feature_names: Option<&[String]>,
        columns: &Columns,
    ) -> anyhow::Result<Self> {
        let inputs = inputs(signature, columns)?;
        let width: usize = inputs.iter().map(|input| input.width).sum();
        if width == 0 {
            bail!("it has no columns");
        }
        let names = match (signature.inputs.as_slice(), feature_names) {
            ([_], Some(names)) if names.len() == width => Some(names.to_vec()),
            // Its features have no names of their own.
            ([only], _) if only.shape.len() == 2 => None,
            (specs, _) => Some(element_names(specs, &inputs)),
        };
        let (places, ignored) = match (columns, names) {
            (Columns::Named(columns), Some(names)) => by_name(&names, columns)?,
            (Columns::Named(columns), None) => (by_position(width, columns.len())?, Vec::new()),
            (Columns::Counted(count), _) => (by_position(width, *count)?, Vec::new()),
        };
        Ok(Self {
            inputs,
            places,
            ignored,
        })
    }
}

fn inputs(signature: &Signature, columns: &Columns) -> anyhow::Result<Vec<Input>> {
    let count = match columns {
        Columns::Named(names) => names.len(),
        Columns::Counted(count) => *count,
    };
    let is_only = signature.inputs.len() == 1;
    let input = |spec: &TensorSpec| {
        let width = match spec.shape[..] {
            [_] => 1,
            [_, width] if width > 0 => usize::try_from(width).ok()?,
            [_, _] if is_only => count,
            _ => return None,
        };
        value::can_be(spec.datatype).then_some(Input {
            datatype: spec.datatype,
            width,
            is_wide: spec.shape.len() == 2,
        })
    };
    let all: Option<Vec<_>> = signature.inputs.iter().map(input).collect();
    all.with_context(|| {
        format!(
            "a table cannot be its input: it takes {}; expected inputs of one value a row, or of a list of values whose length is fixed",
            specs(&signature.inputs)
        )
    })
}

/// Inputs or outputs in a sentence.
pub fn specs(specs: &[TensorSpec]) -> String {
    let shown =
        |spec: &TensorSpec| format!("`{}` {} {}", spec.name, spec.datatype, Shape(&spec.shape));
    let shown: Vec<_> = specs.iter().map(shown).collect();
    shown.join(", ")
}

/// `amount` for an input of one value; `history_0`, `history_1` for one of two.
fn element_names(specs: &[TensorSpec], inputs: &[Input]) -> Vec<String> {
    let names = specs.iter().zip(inputs).flat_map(|(spec, input)| {
        let name = |nth| element_name(&spec.name, nth, input.width);
        (0..input.width).map(name)
    });
    names.collect()
}

/// The name of one element among so many of a row.
pub fn element_name(name: &str, nth: usize, width: usize) -> String {
    match width {
        1 => name.to_owned(),
        _ => format!("{name}_{nth}"),
    }
}

fn by_position(width: usize, count: usize) -> anyhow::Result<Vec<usize>> {
    if width != count {
        bail!(
            "it has {count} columns; the model takes {width} features, and has no names by which to choose among them"
        );
    }
    Ok((0..width).collect())
}

/// Places, and the names of what is left.
fn by_name(names: &[String], columns: &[String]) -> anyhow::Result<(Vec<usize>, Vec<String>)> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, column) in columns.iter().enumerate() {
        places.entry(column).or_default().push(place);
    }
    let mut found = Vec::with_capacity(names.len());
    let mut missing = Vec::new();
    for name in names {
        match places.get(name.as_str()).map(Vec::as_slice) {
            Some([place]) => found.push(*place),
            Some(several) => bail!(
                "it has {} columns named `{name}`; the model takes one",
                several.len()
            ),
            None => missing.push(name),
        }
    }
    if let Some(first) = missing.first() {
        let others = match missing.len() {
            1 => String::new(),
            all => format!(" and {} more of the model's features", all - 1),
        };
        bail!(
            "it lacks the column `{first}`{others}{}",
            did_you_mean(first, columns)
        );
    }
    let names: HashSet<&String> = names.iter().collect();
    let ignored = columns.iter().filter(|column| !names.contains(column));
    Ok((found, ignored.cloned().collect()))
}

/// `; the nearest is …`, if one is near.
pub fn did_you_mean(name: &str, columns: &[String]) -> String {
    /// Names are compared letter by letter with each other.
    const COMPARED_MAX_BYTES: usize = 128;
    let lower = name.to_lowercase();
    let near = columns
        .iter()
        .filter(|column| column.len() <= COMPARED_MAX_BYTES && lower.len() <= COMPARED_MAX_BYTES)
        .map(|column| (strsim::osa_distance(&lower, &column.to_lowercase()), column))
        .filter(|(distance, column)| *distance <= (column.len().max(lower.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance);
    match near {
        Some((_, column)) => format!("; did you name it `{column}`?"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Columns {
        Columns::Named(names.iter().map(|name| (*name).to_owned()).collect())
    }

    fn signature(inputs: &[(&str, &[i64])]) -> Signature {
        let spec = |(name, shape): &(&str, &[i64])| TensorSpec {
            name: (*name).to_owned(),
            datatype: Datatype::Fp32,
            shape: shape.to_vec(),
        };
        Signature {
            inputs: inputs.iter().map(spec).collect(),
            outputs: Vec::new(),
        }
    }

    fn places(signature: &Signature, names: Option<&[&str]>, columns: &Columns) -> Vec<usize> {
        let names: Option<Vec<String>> =
            names.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        let plan = Plan::of(signature, names.as_deref(), columns);
        plan.unwrap().places
    }

    fn refusal(signature: &Signature, names: &[&str], columns: &Columns) -> String {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let names = Some(names.as_slice()).filter(|names| !names.is_empty());
        Plan::of(signature, names, columns).unwrap_err().to_string()
    }

    #[test]
    fn columns_are_found_by_name_wherever_they_stand() {
        let features = signature(&[("features", &[-1, 2])]);
        let names = Some(&["a", "b"][..]);
        assert_eq!(places(&features, names, &named(&["b", "x", "a"])), [2, 0]);
        assert_eq!(places(&features, None, &named(&["x", "y"])), [0, 1]);
        assert_eq!(places(&features, names, &Columns::Counted(2)), [0, 1]);
        let any = signature(&[("features", &[-1, -1])]);
        assert_eq!(places(&any, None, &named(&["x", "y", "z"])), [0, 1, 2]);
        let several = signature(&[("a", &[-1]), ("b", &[-1, 2])]);
        assert_eq!(
            places(&several, None, &named(&["b_1", "a", "b_0"])),
            [1, 2, 0]
        );
        let plan = Plan::of(&several, None, &named(&["a", "b_0", "b_1", "c"])).unwrap();
        assert_eq!(plan.ignored, ["c"]);
    }

    #[test]
    fn what_does_not_fit_is_named_with_what_is_near() {
        let features = signature(&[("features", &[-1, 2])]);
        let names = ["amount", "age"];
        assert_eq!(
            refusal(&features, &names, &named(&["Amuont", "age"])),
            "it lacks the column `amount`; did you name it `Amuont`?"
        );
        assert_eq!(
            refusal(&features, &names, &named(&["x", "y"])),
            "it lacks the column `amount` and 1 more of the model's features"
        );
        assert_eq!(
            refusal(&features, &names, &named(&["age", "amount", "age"])),
            "it has 2 columns named `age`; the model takes one"
        );
        assert_eq!(
            refusal(&features, &[], &named(&["x"])),
            "it has 1 columns; the model takes 2 features, and has no names by which to choose among them"
        );
        let image = signature(&[("image", &[-1, 28, 28]), ("x", &[-1])]);
        let text = refusal(&image, &[], &named(&["x"]));
        assert!(
            text.contains("it takes `image` FP32 [-1, 28, 28], `x` FP32 [-1]"),
            "{text}"
        );
    }
}
