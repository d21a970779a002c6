//! One tree: columns of equal length, one entry a node (`RegTree::LoadModel` in src/tree/tree_model.cc).

use std::fmt;

use serde::de::{Deserialize, Deserializer, Unexpected, Visitor};

use super::super::document::{Member, Part};
use super::super::number::Plain;
use super::super::parameter::{Real, parameter};
use super::super::shape::{Misshapen, level_by_level};
use super::Shape;
use super::categories::Categories;
use crate::error::CompileError;
use crate::forest::{Forest, Missing, Split, Test};
use crate::limits::{NODES_MAX, SET_WORDS_MAX};

/// Stands for no child.
const NO_CHILD: i32 = -1;
/// `split_type` of a split by categories.
const CATEGORICAL: u8 = 1;

/// The columns that a prediction needs.
struct Columns<'a> {
    left: Column<'a, i32>,
    /// In a leaf of a tree with vectors, the leaf's place in `leaf_weights`.
    right: Column<'a, i32>,
    feature: Column<'a, i32>,
    /// A split's threshold or a leaf's value.
    condition: Column<'a, Real>,
    default_left: Column<'a, Flag>,
    /// Empty where the file has none: XGBoost before 1.3, and files that were made smaller.
    kind: Column<'a, u8>,
    cover: Column<'a, Real>,
    categories: Categories,
    /// Leaf by leaf one value for each group, where leaves are vectors.
    vectors: Option<Column<'a, Real>>,
}

struct Column<'a, T> {
    part: Part<'a>,
    values: Vec<T>,
}

/// Versions before 1.6 write `true` and `false`, later ones 1 and 0.
struct Flag(bool);

impl Plain for Flag {
    fn plain(text: &[u8]) -> Option<(Self, usize)> {
        match text {
            [b'0' | b'1', ..] => Some((Self(text[0] == b'1'), 1)),
            [b't', b'r', b'u', b'e', ..] => Some((Self(true), 4)),
            [b'f', b'a', b'l', b's', b'e', ..] => Some((Self(false), 5)),
            _ => None,
        }
    }
}

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

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Flag, E> {
                match number {
                    0 | 1 => Ok(Flag(number == 1)),
                    _ => Err(E::invalid_value(Unexpected::Signed(number), &self)),
                }
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

/// Reads a tree and adds it to the forest; leaves are multiplied by `weight`. A tree whose leaves are vectors becomes one for each group.
pub(super) fn read(
    tree: &Part<'_>,
    group: usize,
    weight: f32,
    shape: Shape,
    forest: &mut Forest,
) -> Result<(), CompileError> {
    let columns = Columns::read(tree, shape)?;
    columns.check_sets(tree, forest)?;
    if columns.cover.values.is_empty() && forest.covers_missing().is_none() {
        forest.lack_covers(tree.error("`sum_hessian` is missing"));
    }
    let order = columns.order()?;
    let copies = if columns.vectors.is_some() {
        shape.groups
    } else {
        1
    };
    if forest.nodes() + order.len() * copies > NODES_MAX {
        return Err(tree.error(format!(
            "the trees up to here have more than {NODES_MAX} nodes, which is the most that is read"
        )));
    }
    if columns.vectors.is_none() {
        return columns.add(&order, group, weight, shape, forest);
    }
    (0..shape.groups).try_for_each(|group| columns.add(&order, group, weight, shape, forest))
}

impl<'a> Columns<'a> {
    fn read(tree: &Part<'a>, shape: Shape) -> Result<Self, CompileError> {
        let [
            parameters,
            kind,
            left,
            right,
            feature,
            condition,
            default_left,
            cover,
            vectors,
            a,
            b,
            c,
            d,
        ] = tree.members([
            "tree_param",
            "split_type",
            "left_children",
            "right_children",
            "split_indices",
            "split_conditions",
            "default_left",
            "sum_hessian",
            "leaf_weights",
            "categories",
            "categories_nodes",
            "categories_segments",
            "categories_sizes",
        ])?;
        let parameters = parameters.due()?;
        let left = Column::read(&left)?;
        let vectors = read_vectors(&parameters, &vectors, shape)?;
        let columns = Self {
            right: Column::read(&right)?,
            feature: Column::read(&feature)?,
            condition: Column::read(&condition)?,
            default_left: Column::read(&default_left)?,
            kind: Column::read_if_there(&kind, &left.part)?,
            cover: Column::read_if_there(&cover, &left.part)?,
            categories: Categories::read([a, b, c, d])?,
            left,
            vectors,
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
        self.right.check_length(nodes)?;
        self.feature.check_length(nodes)?;
        self.condition.check_length(nodes)?;
        self.default_left.check_length(nodes)?;
        if !self.kind.values.is_empty() {
            self.kind.check_length(nodes)?;
        }
        if !self.cover.values.is_empty() {
            self.cover.check_length(nodes)?;
        }
        Ok(())
    }

    /// A small file can name categories so great that their sets are not.
    fn check_sets(&self, tree: &Part<'_>, forest: &Forest) -> Result<(), CompileError> {
        if forest.set_words() + self.categories.words() > SET_WORDS_MAX {
            return Err(tree.error(
                "the sets of categories take more memory than a model may, with categories so great",
            ));
        }
        Ok(())
    }

    fn order(&self) -> Result<Vec<usize>, CompileError> {
        let (left, right) = (&self.left.values, &self.right.values);
        let children = |at: usize| (left[at] != NO_CHILD).then(|| [left[at], right[at]]);
        let count = left.len();
        level_by_level(count, children).map_err(|misshapen| {
            let (Misshapen::OutOfRange { split, side } | Misshapen::Second { split, side }) =
                misshapen;
            let column = [&self.left, &self.right][side];
            let child = column.values[split];
            let reason = match misshapen {
                Misshapen::OutOfRange { .. } => {
                    format!("{child} is out of range: the tree has {count} nodes")
                }
                Misshapen::Second { .. } => {
                    format!("node {child} has a second parent or is its own ancestor")
                }
            };
            column.part.element_error(split, reason)
        })
    }

    fn add(
        &self,
        order: &[usize],
        group: usize,
        weight: f32,
        shape: Shape,
        forest: &mut Forest,
    ) -> Result<(), CompileError> {
        forest.begin_tree(group);
        forest.weigh_tree(weight);
        let mut next = 1;
        for at in order.iter().copied() {
            let cover = self.cover.values.get(at).map_or(0.0, |cover| cover.0);
            let (id, cover) = (at as u32, f64::from(cover));
            if self.left.values[at] == NO_CHILD {
                let value = self.leaf(at, group, shape)?;
                forest.push_leaf(f64::from(value), id, cover);
            } else {
                forest.push_split(&self.split(at, shape.features, next)?, id, cover);
                next += 2;
            }
        }
        Ok(())
    }

    fn leaf(&self, at: usize, group: usize, shape: Shape) -> Result<f32, CompileError> {
        let right = self.right.values[at];
        let Some(vectors) = &self.vectors else {
            if right != NO_CHILD {
                return Err(self
                    .right
                    .part
                    .element_error(at, format!("{right} is a right child without a left one")));
            }
            return self.condition.finite(at);
        };
        let place = usize::try_from(right)
            .ok()
            .filter(|place| *place < vectors.values.len() / shape.groups);
        let place = place.ok_or_else(|| {
            self.right.part.element_error(
                at,
                format!(
                    "{right} is no leaf's place: `leaf_weights` has {} numbers for {} targets",
                    vectors.values.len(),
                    shape.groups
                ),
            )
        })?;
        vectors.finite(place * shape.groups + group)
    }

    fn split(&self, at: usize, features: usize, left: usize) -> Result<Split<'_>, CompileError> {
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
            test: self.test(at)?,
            missing: Missing::Nan,
            default_left: self.default_left.values[at].0,
            left,
        })
    }

    fn test(&self, at: usize) -> Result<Test<'_>, CompileError> {
        match self.kind.values.get(at).copied().unwrap_or(0) {
            0 => self
                .condition
                .finite(at)
                .map(|threshold| Test::Less(f64::from(threshold))),
            CATEGORICAL => {
                let words = self.categories.of(at).ok_or_else(|| {
                    self.kind.part.element_error(
                        at,
                        "the split is by categories, but `categories_nodes` does not name its node",
                    )
                })?;
                Ok(Test::In {
                    words,
                    match_left: false,
                })
            }
            other => Err(self.kind.part.element_error(
                at,
                format!(
                    "{other} is no kind of split, which are 0 (by a number) and 1 (by categories)"
                ),
            )),
        }
    }
}

impl<'a, T: Deserialize<'a> + Plain> Column<'a, T> {
    fn read(member: &Member<'a>) -> Result<Self, CompileError> {
        let part = member.due()?;
        let values = part.array()?;
        Ok(Self { part, values })
    }

    fn read_if_there(member: &Member<'a>, instead: &Part<'a>) -> Result<Self, CompileError> {
        match member.part() {
            Some(_) => Self::read(member),
            None => Ok(Self {
                part: *instead,
                values: Vec::new(),
            }),
        }
    }

    fn check_length(&self, nodes: usize) -> Result<(), CompileError> {
        if self.values.len() == nodes {
            return Ok(());
        }
        Err(self.part.error(format!(
            "has {} entries, but the tree has {nodes} nodes",
            self.values.len()
        )))
    }
}

impl Column<'_, Real> {
    fn finite(&self, at: usize) -> Result<f32, CompileError> {
        let finite = self
            .values
            .get(at)
            .map(|value| value.0)
            .filter(|value| value.is_finite());
        finite.ok_or_else(|| self.part.element_error(at, "is not a finite 32-bit number"))
    }
}

/// Leaves are vectors where `multi_strategy` was `multi_output_tree`. Their column is found in files of XGBoost 3.1 and later; versions
/// before that, which called it an experiment, wrote another.
fn read_vectors<'a>(
    parameters: &Part<'a>,
    vectors: &Member<'a>,
    shape: Shape,
) -> Result<Option<Column<'a, Real>>, CompileError> {
    let Some(size) = parameters.find("size_leaf_vector")? else {
        return Ok(None);
    };
    let claimed = parameter::<usize>(&size)?;
    if claimed <= 1 {
        return Ok(None);
    }
    if claimed != shape.groups {
        return Err(size.error(format!(
            "leaves of {claimed} values do not go with {} groups",
            shape.groups
        )));
    }
    if vectors.part().is_none() {
        return Err(CompileError::Unsupported(
            "the model's leaves are vectors (`multi_strategy=\"multi_output_tree\"`) as XGBoost before 3.1 wrote them; load the \
             model in XGBoost 3.1 or later and save it again"
                .to_owned(),
        ));
    }
    Column::read(vectors).map(Some)
}
