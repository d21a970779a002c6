//! The body of [`scoregate_kernel::layout::Kind::Walk`].

use scoregate_kernel::layout::{ALIGN, LEAF, LINEAR_LEAF, NODE_BYTES, TREE_BYTES, mark};

use super::{count, put};
use crate::error::CompileError;
use crate::forest::{Forest, Missing, Node, Split, Test};
use crate::sets::LinearLeaf;

/// Whether leaves are multiplied by their tree's weight.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaves {
    Weighted,
    Unweighted,
}

/// A body, and what its header must tell of it.
pub(super) struct Body {
    pub bytes: Vec<u8>,
    pub function_records: usize,
    pub set_words: usize,
}

/// Writes trees, nodes, functions and sets.
pub(super) fn body(forest: &Forest, leaves: Leaves) -> Result<Body, CompileError> {
    let trees_bytes = (forest.len() * TREE_BYTES).next_multiple_of(ALIGN);
    let mut writer = Writer {
        bytes: Vec::with_capacity(trees_bytes + forest.nodes() * NODE_BYTES),
        functions: Vec::new(),
        sets: Vec::new(),
    };
    let mut root = 0;
    for tree in forest.trees() {
        put(&mut writer.bytes, count(root)?);
        put(&mut writer.bytes, count(tree.group)?);
        root += tree.nodes();
    }
    writer.bytes.resize(trees_bytes, 0);
    let mut root = 0;
    for tree in forest.trees() {
        for at in 0..tree.nodes() {
            let node = match tree.node(at) {
                Node::Leaf(_) if leaves == Leaves::Unweighted => Node::Leaf(tree.unweighted(at)),
                node => node,
            };
            writer.node(node, tree.id(at), root)?;
        }
        root += tree.nodes();
    }
    let Writer {
        mut bytes,
        functions,
        sets,
    } = writer;
    for [first, second] in &functions {
        bytes.extend(first.to_le_bytes());
        bytes.extend(second.to_le_bytes());
    }
    sets.iter().for_each(|word| put(&mut bytes, *word));
    Ok(Body {
        bytes,
        function_records: functions.len(),
        set_words: sets.len(),
    })
}

struct Writer {
    bytes: Vec<u8>,
    functions: Vec<[u64; 2]>,
    sets: Vec<u32>,
}

impl Writer {
    fn node(&mut self, node: Node<'_>, id: u32, root: usize) -> Result<(), CompileError> {
        let (value, feature, left) = match node {
            Node::Leaf(value) => (value.to_bits(), LEAF, id),
            Node::LinearLeaf(leaf) => (self.function(&leaf), LINEAR_LEAF, id),
            Node::Split(split) => (
                self.test(&split)?,
                count(split.feature)? | marks(&split),
                count(root + split.left)?,
            ),
        };
        self.bytes.extend(value.to_le_bytes());
        put(&mut self.bytes, feature);
        put(&mut self.bytes, left);
        Ok(())
    }

    /// Adds a function and gives its place.
    fn function(&mut self, leaf: &LinearLeaf<'_>) -> u64 {
        let place = self.functions.len() as u64;
        self.functions
            .push([leaf.constant.to_bits(), leaf.fallback.to_bits()]);
        self.functions.push([leaf.features.len() as u64, 0]);
        let terms = leaf.coefficients.iter().zip(leaf.features);
        self.functions.extend(
            terms.map(|(coefficient, feature)| [coefficient.to_bits(), u64::from(*feature)]),
        );
        place
    }

    fn test(&mut self, split: &Split<'_>) -> Result<u64, CompileError> {
        match split.test {
            Test::Less(threshold) | Test::LessOrEqual(threshold) => Ok(threshold.to_bits()),
            Test::In { words, .. } => {
                let place = count(self.sets.len())?;
                self.sets.extend(words);
                Ok(u64::from(place) | (words.len() as u64) << 32)
            }
        }
    }
}

fn marks(split: &Split<'_>) -> u32 {
    let test = match split.test {
        Test::Less(_) => 0,
        Test::LessOrEqual(_) => mark::EQUAL_LEFT,
        Test::In { match_left, .. } => mark::SET | if match_left { mark::MATCH_LEFT } else { 0 },
    };
    let missing = match split.missing {
        Missing::Nan => mark::NAN_MISSING,
        Missing::ZeroOrNan => mark::NAN_MISSING | mark::ZERO_MISSING,
        Missing::Never => 0,
    };
    let default = if split.default_left {
        mark::DEFAULT_LEFT
    } else {
        0
    };
    test | missing | default
}
