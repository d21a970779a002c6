//! Additive trees, kept in columns: 37 bytes a node, so that ten million nodes fit well below a gibibyte.
//!
//! A row's way through a tree, at each split, in this order:
//! 1. Once for the whole row, a value within [`Forest::zero_max`] of zero was made 0.
//! 2. A value that the split's [`Missing`] calls missing goes its `default_left`'s way.
//! 3. A NaN that is left over is taken as 0 by a comparison; it is in no set of categories.
//! 4. The [`Test`] decides.
//!
//! Leaves are added in the order of the trees.

use crate::error::CompileError;
use crate::sets::{LinearLeaf, LinearLeaves, Sets};

/// Additive trees. Node 0 of each is its root; both children of a split stand side by side, after their parent; each node but the root
/// has one parent. Readers see to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Forest {
    /// Values this close to zero are zero: `1e-35` as `f32` in LightGBM (`kZeroThreshold`, include/LightGBM/meta.h); 0 has no effect.
    pub zero_max: f64,
    /// Which values name a category.
    pub category_rule: CategoryRule,
    /// Why no contributions can be computed, where the file does not tell the covers.
    covers_missing: Option<CompileError>,
    trees: Vec<Span>,
    /// [`LEAF`] in a leaf.
    features: Vec<u32>,
    /// A threshold, the number of a set, or a leaf's constant.
    values: Vec<f64>,
    /// Place of a split's left child in its tree; in a leaf 0, or one more than the number of its linear function.
    left: Vec<u32>,
    marks: Vec<u8>,
    covers: Vec<f64>,
    ids: Vec<u32>,
    sets: Sets,
    linear: LinearLeaves,
}

/// Which values name a category; both cut a fraction off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CategoryRule {
    /// Those from 0 to below 2^24: XGBoost's `InvalidCat` (src/common/categorical.h).
    NotNegative,
    /// Those above -1 to below 2^31, so that -0.5 names 0: LightGBM's `static_cast<int>` (`Tree::CategoricalDecision`,
    /// include/LightGBM/tree.h).
    TowardsZero,
}

impl CategoryRule {
    /// The category that a value names, if it names one.
    pub fn category(self, value: f64) -> Option<u32> {
        let named = match self {
            Self::NotNegative => (0.0..16_777_216.0).contains(&value),
            Self::TowardsZero => value > -1.0 && value < 2_147_483_648.0,
        };
        named.then_some(value as u32)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Span {
    first: u32,
    group: u32,
    weight: f32,
}

/// Stands for the feature of a leaf.
const LEAF: u32 = u32::MAX;
const LESS_OR_EQUAL: u8 = 1;
const IN: u8 = 2;
const TEST: u8 = 3;
const ZERO_TOO: u8 = 1 << 2;
const NEVER: u8 = 2 << 2;
const MISSING: u8 = 3 << 2;
const DEFAULT_LEFT: u8 = 1 << 4;
const MATCH_LEFT: u8 = 1 << 5;

/// One tree, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Tree<'a> {
    /// The group that its leaves are added to.
    pub group: usize,
    /// What the library's own leaves are multiplied by: 1, unless it is XGBoost's DART. [`Node::Leaf`] is the product.
    pub weight: f32,
    forest: &'a Forest,
    first: usize,
    nodes: usize,
}

/// A node of a tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Node<'a> {
    /// Sends a row one way or the other.
    Split(Split<'a>),
    /// Ends the walk with a constant.
    Leaf(f64),
    /// Ends the walk with a linear function of the row: LightGBM's `linear_tree`.
    LinearLeaf(LinearLeaf<'a>),
}

/// A node with two children.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split<'a> {
    /// Which value of the row decides.
    pub feature: usize,
    /// What sends it left.
    pub test: Test<'a>,
    /// Which values are missing here.
    pub missing: Missing,
    /// Whether a missing value goes left.
    pub default_left: bool,
    /// Place of the left child in the tree; the right one is the next.
    pub left: usize,
}

/// What sends a value left; in the model's precision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Test<'a> {
    /// It is less than this: XGBoost.
    Less(f64),
    /// It is at most this: LightGBM.
    LessOrEqual(f64),
    /// It names a category of the set, or names none of them; see [`CategoryRule`].
    In {
        /// Bit `c % 32` of word `c / 32` is set if category `c` is in the set; one beyond the words is not.
        words: &'a [u32],
        /// Whether a match goes left (LightGBM) or right (XGBoost).
        match_left: bool,
    },
}

/// Which values go a split's default way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// NaN.
    Nan,
    /// NaN and zero, before which [`Forest::zero_max`] was heeded.
    ZeroOrNan,
    /// None; NaN is compared as 0.
    Never,
}

/// A constant leaf's place among those with linear functions.
const NO_FUNCTION: u32 = 0;

impl Forest {
    /// One without trees.
    pub fn new(category_rule: CategoryRule) -> Self {
        Self {
            zero_max: 0.0,
            category_rule,
            covers_missing: None,
            trees: Vec::new(),
            features: Vec::new(),
            values: Vec::new(),
            left: Vec::new(),
            marks: Vec::new(),
            covers: Vec::new(),
            ids: Vec::new(),
            sets: Sets::default(),
            linear: LinearLeaves::default(),
        }
    }

    /// How many trees there are.
    pub fn len(&self) -> usize {
        self.trees.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.trees.is_empty()
    }

    /// Nodes of all trees, leaves included.
    pub fn nodes(&self) -> usize {
        self.features.len()
    }

    /// Leaves of all trees.
    pub fn leaves(&self) -> usize {
        self.features
            .iter()
            .filter(|feature| **feature == LEAF)
            .count()
    }

    /// Splits on the longest way from a root to a leaf.
    pub fn depth(&self) -> usize {
        self.trees().map(Tree::depth).max().unwrap_or(0)
    }

    /// Words of all sets of categories.
    pub(crate) fn set_words(&self) -> usize {
        self.sets.words()
    }

    /// In the order in which their leaves are added.
    pub fn trees(&self) -> impl Iterator<Item = Tree<'_>> {
        (0..self.trees.len()).map(|at| self.tree(at))
    }

    /// One tree.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn tree(&self, at: usize) -> Tree<'_> {
        let span = self.trees[at];
        let first = span.first as usize;
        let end = self
            .trees
            .get(at + 1)
            .map_or(self.features.len(), |next| next.first as usize);
        Tree {
            group: span.group as usize,
            forest: self,
            weight: span.weight,
            first,
            nodes: end - first,
        }
    }

    /// Begins a tree; the nodes that are added from now on are its.
    pub fn begin_tree(&mut self, group: usize) {
        self.trees.push(Span {
            first: self.features.len() as u32,
            group: group as u32,
            weight: 1.0,
        });
    }

    /// The leaves of the tree that was begun last are multiplied by this, each product rounded to `f32`: XGBoost's DART.
    pub fn weigh_tree(&mut self, weight: f32) {
        if let Some(tree) = self.trees.last_mut() {
            tree.weight = weight;
        }
    }

    /// Says why a tree has no covers; the first reason is kept.
    pub fn lack_covers(&mut self, reason: CompileError) {
        self.covers_missing.get_or_insert(reason);
    }

    /// Why contributions cannot be computed, where the file does not tell the covers of all trees.
    pub fn covers_missing(&self) -> Option<&CompileError> {
        self.covers_missing.as_ref()
    }

    /// Whether a leaf has a linear function.
    pub fn has_linear_leaves(&self) -> bool {
        !self.linear.is_empty()
    }

    /// Adds a split. `id` is the library's own number of the node, `cover` the weight of the training rows that came by.
    pub fn push_split(&mut self, split: &Split<'_>, id: u32, cover: f64) {
        let (value, mut mark) = match split.test {
            Test::Less(threshold) => (threshold, 0),
            Test::LessOrEqual(threshold) => (threshold, LESS_OR_EQUAL),
            Test::In { words, match_left } => {
                let side = if match_left { MATCH_LEFT } else { 0 };
                (f64::from(self.sets.push(words)), IN | side)
            }
        };
        mark |= match split.missing {
            Missing::Nan => 0,
            Missing::ZeroOrNan => ZERO_TOO,
            Missing::Never => NEVER,
        };
        mark |= if split.default_left { DEFAULT_LEFT } else { 0 };
        self.push(
            split.feature as u32,
            value,
            split.left as u32,
            mark,
            id,
            cover,
        );
    }

    /// Adds a leaf. `id` and `cover` are as for a split.
    pub fn push_leaf(&mut self, value: f64, id: u32, cover: f64) {
        self.push(LEAF, value, NO_FUNCTION, 0, id, cover);
    }

    /// Adds a leaf with a linear function. `id` and `cover` are as for a split.
    pub fn push_linear_leaf(&mut self, leaf: &LinearLeaf<'_>, id: u32, cover: f64) {
        let function = 1 + self.linear.push(leaf);
        self.push(LEAF, leaf.fallback, function, 0, id, cover);
    }

    fn push(&mut self, feature: u32, value: f64, left: u32, mark: u8, id: u32, cover: f64) {
        self.features.push(feature);
        self.values.push(value);
        self.left.push(left);
        self.marks.push(mark);
        self.ids.push(id);
        self.covers.push(cover);
    }
}

impl<'a> Tree<'a> {
    /// How many nodes it has, at least one.
    pub fn nodes(self) -> usize {
        self.nodes
    }

    /// The node at a place.
    ///
    /// # Panics
    /// If the tree has not so many nodes.
    pub fn node(self, at: usize) -> Node<'a> {
        assert!(at < self.nodes, "a place in the tree");
        let forest = self.forest;
        let at = self.first + at;
        let (feature, value, left) = (forest.features[at], forest.values[at], forest.left[at]);
        if feature == LEAF {
            return match left {
                NO_FUNCTION if self.weight != 1.0 => {
                    Node::Leaf(f64::from(value as f32 * self.weight))
                }
                NO_FUNCTION => Node::Leaf(value),
                function => Node::LinearLeaf(forest.linear.get(function - 1, value)),
            };
        }
        let mark = forest.marks[at];
        Node::Split(Split {
            feature: feature as usize,
            test: match mark & TEST {
                IN => Test::In {
                    words: forest.sets.get(value as usize),
                    match_left: mark & MATCH_LEFT != 0,
                },
                LESS_OR_EQUAL => Test::LessOrEqual(value),
                _ => Test::Less(value),
            },
            missing: match mark & MISSING {
                ZERO_TOO => Missing::ZeroOrNan,
                NEVER => Missing::Never,
                _ => Missing::Nan,
            },
            default_left: mark & DEFAULT_LEFT != 0,
            left: left as usize,
        })
    }

    /// A leaf's value before its tree's weight.
    pub fn unweighted(self, leaf: usize) -> f64 {
        self.forest.values[self.first + leaf]
    }

    /// The library's own number of a node: what it answers when it is asked for a row's leaf. XGBoost numbers all nodes, LightGBM
    /// splits and leaves apart.
    pub fn id(self, at: usize) -> u32 {
        self.forest.ids[self.first + at]
    }

    /// Weight of the training rows that came by a node: XGBoost's `sum_hessian`, LightGBM's `internal_count` and `leaf_count`. Zero
    /// where the file does not tell.
    pub fn cover(self, at: usize) -> f64 {
        self.forest.covers[self.first + at]
    }

    /// Splits on the longest way from the root to a leaf.
    pub fn depth(self) -> usize {
        let mut depths = vec![0; self.nodes];
        for at in 0..self.nodes {
            if let Node::Split(Split { left, .. }) = self.node(at) {
                depths[left] = depths[at] + 1;
                depths[left + 1] = depths[at] + 1;
            }
        }
        depths.into_iter().max().unwrap_or(0)
    }
}
