//! The one description of a tree model, where readers and kernels meet: a reader of any format makes it, every kernel's tables
//! are written from it, and nothing in it is particular to either.

use scoregate_kernel::layout::Link;

/// A trained model of additive trees, checked by the reader that made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// The library that trained it and the library's version, for people: `XGBoost 3.2.0`.
    pub origin: String,
    /// The objective as the library names it: `binary:logistic`.
    pub objective: String,
    /// What the model is for.
    pub task: Task,
    /// What turns margins into probabilities or predictions.
    pub link: Link,
    /// Values in a row.
    pub features: usize,
    /// Their names; empty if the file has none.
    pub feature_names: Vec<String>,
    /// Where each group's sum begins. Its length is the number of groups: one a class, or a single one.
    pub base_margins: Vec<f32>,
    /// In the order in which their leaves are added.
    pub trees: Vec<Tree>,
    /// The last round that early stopping kept, where the file tells.
    pub best_iteration: Option<u32>,
}

/// What a model is for; it decides which outputs make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// One number.
    Regression,
    /// One of two classes.
    Binary,
    /// One of as many classes as there are groups.
    Multiclass,
}

/// One tree. Node 0 is its root, children come after their parent, and each node but the root has one parent.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// The group that its leaves are added to.
    pub group: usize,
    /// At least one.
    pub nodes: Vec<Node>,
}

/// A node of a tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Node {
    /// Sends a row one way or the other.
    Split {
        /// Which value of the row decides.
        feature: usize,
        /// How it decides.
        test: Test,
        /// Whether a missing value (NaN) goes left.
        default_left: bool,
        /// Place of the left child in the tree.
        left: usize,
        /// Place of the right child.
        right: usize,
    },
    /// Ends the walk with its value.
    Leaf(f32),
}

/// What sends a value left. Libraries differ in the comparison and in its precision, so both are part of the model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Test {
    /// The value, as `f32`, is less than this.
    LessF32(f32),
}

impl Description {
    /// Nodes of all trees, leaves included.
    pub fn nodes(&self) -> usize {
        self.trees.iter().map(|tree| tree.nodes.len()).sum()
    }

    /// Leaves of all trees.
    pub fn leaves(&self) -> usize {
        let leaves = |tree: &Tree| {
            tree.nodes
                .iter()
                .filter(|node| matches!(node, Node::Leaf(_)))
                .count()
        };
        self.trees.iter().map(leaves).sum()
    }

    /// Splits on the longest way from a root to a leaf.
    pub fn depth(&self) -> usize {
        self.trees.iter().map(Tree::depth).max().unwrap_or(0)
    }
}

impl Tree {
    fn depth(&self) -> usize {
        let mut depths = vec![0; self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate() {
            if let Node::Split { left, right, .. } = node {
                depths[*left] = depths[at] + 1;
                depths[*right] = depths[at] + 1;
            }
        }
        depths.into_iter().max().unwrap_or(0)
    }
}
