//! The body of [`scoregate_kernel::layout::Kind::Ranked`].

mod nodes;
mod planes;
mod scales;
mod vectors;

use scoregate_kernel::layout::{ALIGN, HEADER_WORDS, NARROW, NARROW_NODES, Word, shape};

use super::{count, put};
use crate::description::Precision;
use crate::error::CompileError;
use crate::forest::{Forest, Node, Test, Tree};
use nodes::Nodes;
use planes::Planes;
use scales::Scales;
use vectors::Vectors;

/// Sets of categories at most, as a share of the splits: each costs a look for every row, whether or not a walk comes by.
const SETS_MAX_SHARE: usize = 4;

/// Writes a forest over ranks, and into the header how much of each there is; none where the general kernel serves it better, or alone
/// can serve it: linear leaves, comparisons of both kinds, NaN as a threshold, more columns or nodes than are counted.
pub(super) fn body(
    forest: &Forest,
    precision: Precision,
    planes: bool,
    words: &mut [u32; HEADER_WORDS],
) -> Result<Option<Vec<u8>>, CompileError> {
    let Some(facts) = Facts::of(forest) else {
        return Ok(None);
    };
    let Some(scales) = Scales::of(forest) else {
        return Ok(None);
    };
    let wide = scales.columns() > NARROW || facts.nodes_max > NARROW_NODES;
    // In narrow nodes a leaf's number takes the place of a column.
    let by_node = facts.leaves_max > NARROW;
    let with_planes = planes && !by_node && scales.columns() <= NARROW;

    let (mut records, mut nodes, mut planes) =
        (Vec::new(), Nodes::new(wide, by_node), Planes::default());
    let mut vectors = Vectors::new(with_planes, scales.columns());
    for tree in forest.trees() {
        let leaves = planes::order(tree);
        let of_planes = if with_planes {
            planes.push(tree, &leaves, &scales)
        } else {
            Vec::new()
        };
        let depth = vectors.push(tree, &of_planes);
        let shape = of_planes.len() | depth << 8;
        records.push([nodes.len(), tree.group, nodes.values(), shape]);
        nodes.push(tree, &leaves, &scales);
    }
    nodes.finish();
    words[Word::Shape as usize] = shape_bits(wide, by_node, facts.equal_left);
    words[Word::Scales as usize] = count(scales.len())?;
    words[Word::Thresholds as usize] = count(scales.thresholds().len())?;
    words[Word::SetWords as usize] = count(scales.set_words().len())?;
    words[Word::Values as usize] = count(nodes.values())?;
    words[Word::Planes as usize] = count(planes.fours.len())?;
    words[Word::PlaneEntries as usize] = count(planes.entries.len())?;

    let (counts, vectors) = vectors.finish();
    for (record, vectors) in records.iter_mut().zip(counts) {
        record[3] |= vectors << 16;
    }
    let mut bytes = Vec::new();
    fill(&mut bytes, words_of(&records)?);
    fill(&mut bytes, scales.records()?);
    fill(&mut bytes, numbers(scales.thresholds(), precision));
    let sets = scales.set_words().iter();
    fill(&mut bytes, sets.flat_map(|word| word.to_le_bytes()));
    fill(&mut bytes, nodes.bytes());
    fill(&mut bytes, numbers(nodes.all_values(), precision));
    let fours = planes.fours.iter();
    fill(&mut bytes, fours.flat_map(|fours| fours.to_le_bytes()));
    fill(&mut bytes, planes.entries.into_iter().flatten());
    fill(&mut bytes, vectors.into_iter().flatten().flatten());
    Ok(Some(bytes))
}

fn shape_bits(wide: bool, by_node: bool, equal_left: bool) -> u32 {
    let bit = |set: bool, bit: u32| if set { bit } else { 0 };
    bit(wide, shape::WIDE) | bit(by_node, shape::BY_NODE) | bit(equal_left, shape::EQUAL_LEFT)
}

fn words_of(records: &[[usize; 4]]) -> Result<Vec<u8>, CompileError> {
    let mut bytes = Vec::new();
    for word in records.as_flattened() {
        put(&mut bytes, count(*word)?);
    }
    Ok(bytes)
}

fn fill(bytes: &mut Vec<u8>, part: impl IntoIterator<Item = u8>) {
    bytes.extend(part);
    bytes.resize(bytes.len().next_multiple_of(ALIGN), 0);
}

fn numbers(numbers: &[f64], precision: Precision) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(numbers.len() * 8);
    for number in numbers {
        match precision {
            Precision::F32 => bytes.extend((*number as f32).to_le_bytes()),
            Precision::F64 => bytes.extend(number.to_le_bytes()),
        }
    }
    bytes
}

/// What a forest is like.
struct Facts {
    leaves_max: usize,
    nodes_max: usize,
    equal_left: bool,
}

impl Facts {
    fn of(forest: &Forest) -> Option<Self> {
        let mut facts = Self {
            leaves_max: 0,
            nodes_max: 0,
            equal_left: false,
        };
        let (mut less, mut sets) = (false, 0);
        for tree in forest.trees() {
            let mut leaves = 0;
            for at in 0..tree.nodes() {
                match tree.node(at) {
                    Node::Leaf(_) => leaves += 1,
                    Node::LinearLeaf(_) => return None,
                    Node::Split(split) => match split.test {
                        Test::Less(threshold) if !threshold.is_nan() => less = true,
                        Test::LessOrEqual(threshold) if !threshold.is_nan() => {
                            facts.equal_left = true;
                        }
                        Test::In { .. } => sets += 1,
                        _ => return None,
                    },
                }
            }
            facts.leaves_max = facts.leaves_max.max(leaves);
            facts.nodes_max = facts.nodes_max.max(tree.nodes());
        }
        let mixed = less && facts.equal_left;
        let splits = forest.nodes() - forest.leaves();
        (!mixed && sets * SETS_MAX_SHARE <= splits).then_some(facts)
    }
}

/// The nodes of a tree from the leaves up: children stand after their parent.
fn upwards(tree: Tree<'_>) -> impl Iterator<Item = usize> {
    (0..tree.nodes()).rev()
}
