//! One tree of XGBoost's JSON: columns of equal length, one entry a node.

use std::collections::VecDeque;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Unexpected, Visitor};

use super::document::{Member, Part};
use super::parameter::parameter;
use crate::error::CompileError;
use crate::forest::{Forest, Missing, Split, Test};

/// Stands for no child.
const NO_CHILD: i64 = -1;

/// The columns that a prediction needs.
struct Columns<'a> {
    left: Column<'a, i64>,
    right: Column<'a, i64>,
    feature: Column<'a, i64>,
    condition: Column<'a, f32>,
    default_left: Column<'a, Flag>,
}

struct Column<'a, T> {
    part: Part<'a>,
    values: Vec<T>,
}

/// Versions before 1.6 write `true` and `false`, later ones 1 and 0.
struct Flag(bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Flag;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("0, 1, false or true")
            }

            fn visit_bool<E: serde::de::Error>(self, word: bool) -> Result<Flag, E> {
                Ok(Flag(word))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Flag, E> {
                match number {
                    0 | 1 => Ok(Flag(number == 1)),
                    _ => Err(E::invalid_value(Unexpected::Unsigned(number), &self)),
                }
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// Reads a tree whose leaves are added to `group`. Nodes that pruning left behind unreachable are dropped.
pub(super) fn read(
    tree: Part<'_>,
    features: usize,
    forest: &mut Forest,
) -> Result<(), CompileError> {
    let columns = Columns::read(&tree)?;
    let count = columns.left.values.len();
    let mut seen = vec![false; count];
    seen[0] = true;
    let mut waiting = VecDeque::from([0_usize]);
    let mut next = 1;
    // Level by level: children get the next free places, always after their parent and side by side.
    while let Some(at) = waiting.pop_front() {
        let (left, right) = (columns.left.values[at], columns.right.values[at]);
        if left == NO_CHILD {
            forest.push_leaf(columns.leaf(at, right)?, at as u32, 0.0);
            continue;
        }
        for (column, child) in [(&columns.left, left), (&columns.right, right)] {
            let place = usize::try_from(child)
                .ok()
                .filter(|child| *child < count)
                .ok_or_else(|| {
                    column.part.element_error(
                        at,
                        format!("{child} is out of range: the tree has {count} nodes"),
                    )
                })?;
            if std::mem::replace(&mut seen[place], true) {
                return Err(column.part.element_error(
                    at,
                    format!("node {child} has a second parent or is its own ancestor"),
                ));
            }
            waiting.push_back(place);
        }
        forest.push_split(&columns.split(at, features, next)?, at as u32, 0.0);
        next += 2;
    }
    Ok(())
}

impl<'a> Columns<'a> {
    fn read(tree: &Part<'a>) -> Result<Self, CompileError> {
        let [
            parameters,
            types,
            left,
            right,
            feature,
            condition,
            default_left,
        ] = tree.members([
            "tree_param",
            "split_type",
            "left_children",
            "right_children",
            "split_indices",
            "split_conditions",
            "default_left",
        ])?;
        let parameters = parameters.due()?;
        refuse_vector_leaves(&parameters)?;
        refuse_categorical_splits(types.part())?;
        let columns = Self {
            left: Column::read(&left)?,
            right: Column::read(&right)?,
            feature: Column::read(&feature)?,
            condition: Column::read(&condition)?,
            default_left: Column::read(&default_left)?,
        };
        columns.check_lengths(&parameters.get("num_nodes")?)?;
        Ok(columns)
    }

    fn check_lengths(&self, claim: &Part<'_>) -> Result<(), CompileError> {
        let claimed: usize = parameter(claim)?;
        let nodes = self.left.values.len();
        if nodes == 0 {
            return Err(self.left.part.error("a tree has at least one node"));
        }
        if claimed != nodes {
            return Err(claim.error(format!(
                "{claimed} nodes are claimed, but `left_children` has {nodes}"
            )));
        }
        let lengths = [
            (&self.right.part, self.right.values.len()),
            (&self.feature.part, self.feature.values.len()),
            (&self.condition.part, self.condition.values.len()),
            (&self.default_left.part, self.default_left.values.len()),
        ];
        for (part, length) in lengths {
            if length != nodes {
                return Err(part.error(format!(
                    "has {length} entries, but the tree has {nodes} nodes"
                )));
            }
        }
        Ok(())
    }

    fn leaf(&self, at: usize, right: i64) -> Result<f64, CompileError> {
        if right != NO_CHILD {
            return Err(self
                .right
                .part
                .element_error(at, format!("{right} is a right child without a left one")));
        }
        self.finite(at)
    }

    fn split(
        &self,
        at: usize,
        features: usize,
        left: usize,
    ) -> Result<Split<'static>, CompileError> {
        let feature = self.feature.values[at];
        let feature = usize::try_from(feature)
            .ok()
            .filter(|feature| *feature < features)
            .ok_or_else(|| {
                self.feature.part.element_error(
                    at,
                    format!("{feature} is out of range: the model has {features} features"),
                )
            })?;
        Ok(Split {
            feature,
            test: Test::Less(self.finite(at)?),
            missing: Missing::Nan,
            default_left: self.default_left.values[at].0,
            left,
        })
    }

    /// A leaf's value or a split's threshold.
    fn finite(&self, at: usize) -> Result<f64, CompileError> {
        let value = self.condition.values[at];
        if value.is_finite() {
            return Ok(f64::from(value));
        }
        Err(self
            .condition
            .part
            .element_error(at, "is not a finite 32-bit number"))
    }
}

impl<'a, T: Deserialize<'a>> Column<'a, T> {
    fn read(member: &Member<'a>) -> Result<Self, CompileError> {
        let part = member.due()?;
        let values = part.array()?;
        Ok(Self { part, values })
    }
}

fn refuse_vector_leaves(parameters: &Part<'_>) -> Result<(), CompileError> {
    let Some(size) = parameters.find("size_leaf_vector")? else {
        return Ok(());
    };
    if parameter::<u32>(&size)? <= 1 {
        return Ok(());
    }
    Err(CompileError::Unsupported(
        "the model's leaves are vectors (`multi_strategy=\"multi_output_tree\"`); this version serves gbtree with one \
         value a leaf, `multi_strategy=\"one_output_per_tree\"`"
            .to_owned(),
    ))
}

fn refuse_categorical_splits(types: Option<Part<'_>>) -> Result<(), CompileError> {
    let Some(types) = types else { return Ok(()) };
    let kinds: Vec<u8> = types.array()?;
    let Some(node) = kinds.iter().position(|kind| *kind != 0) else {
        return Ok(());
    };
    Err(CompileError::Unsupported(format!(
        "{}[{node}] is a categorical split; this version serves gbtree with numeric splits, so encode the categories as \
         numbers",
        types.place()
    )))
}
