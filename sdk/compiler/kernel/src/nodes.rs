//! Trees and nodes of the general kernel, checked once and then read in place: a copy would double a large model's memory.

use crate::header::Header;
use crate::layout::{ALIGN, LEAF, LINEAR_LEAF, NODE_BYTES, TREE_BYTES, mark};

/// The checked parts of a body.
#[derive(Clone, Debug)]
pub struct Nodes<'a> {
    trees: &'a [[u8; TREE_BYTES]],
    nodes: &'a [[u8; NODE_BYTES]],
    functions: &'a [[u8; NODE_BYTES]],
    sets: &'a [[u8; 4]],
}

/// A node as it stands in the tables.
pub struct Node {
    /// A threshold, a place, or what a leaf adds.
    pub value: u64,
    /// The feature and its marks, or which kind of leaf.
    pub feature: u32,
    /// The left child, or a leaf's number.
    pub left: u32,
}

impl Node {
    #[inline]
    fn read(bytes: &[u8; NODE_BYTES]) -> Self {
        let both = u128::from_le_bytes(*bytes);
        Self {
            value: both as u64,
            feature: (both >> 64) as u32,
            left: (both >> 96) as u32,
        }
    }

    /// Whether the walk ends here.
    #[inline]
    pub fn is_leaf(&self) -> bool {
        self.feature >= LINEAR_LEAF
    }
}

impl<'a> Nodes<'a> {
    /// Splits a body with so many words of sets into its parts and checks them.
    pub fn new(header: &Header<'_>, set_words: usize, body: &'a [u8]) -> Result<Self, String> {
        let mut rest = Some(body);
        let mut part = |count: usize, bytes: usize| {
            let bytes = count.checked_mul(bytes)?;
            let filled = bytes.checked_next_multiple_of(ALIGN)?;
            let (part, after) = rest?.split_at_checked(filled)?;
            rest = Some(after);
            Some(&part[..bytes])
        };
        let trees = part(header.trees, TREE_BYTES);
        let nodes = part(header.nodes, NODE_BYTES);
        let functions = part(header.function_records, NODE_BYTES);
        let sets = set_words.checked_mul(4);
        let (Some(trees), Some(nodes), Some(functions), Some(rest)) =
            (trees, nodes, functions, rest)
        else {
            return Err(misfit(header, body));
        };
        if sets != Some(rest.len()) {
            return Err(misfit(header, body));
        }
        let nodes = Self {
            trees: trees.as_chunks().0,
            nodes: nodes.as_chunks().0,
            functions: functions.as_chunks().0,
            sets: rest.as_chunks().0,
        };
        nodes.check(header)?;
        Ok(nodes)
    }

    fn check(&self, header: &Header<'_>) -> Result<(), String> {
        let nodes = self.nodes.len();
        for (at, (root, group)) in self.trees().enumerate() {
            if root >= nodes || group >= header.base_margins.len() {
                return Err(format!(
                    "tree {at} of the tables begins or adds where there is nothing"
                ));
            }
        }
        let mut functions = 0;
        for at in 0..nodes {
            let node = self.node(at);
            match node.feature {
                LEAF => {}
                LINEAR_LEAF => functions = self.check_function(header, at, &node, functions)?,
                _ => self.check_split(header, at, &node)?,
            }
        }
        Ok(())
    }

    fn check_split(&self, header: &Header<'_>, at: usize, node: &Node) -> Result<(), String> {
        let left = node.left as usize;
        if left <= at || left >= self.nodes.len() - 1 {
            return Err(format!(
                "node {at} of the tables has a child that does not come after it"
            ));
        }
        if (node.feature & mark::FEATURE) as usize >= header.features {
            return Err(format!(
                "node {at} of the tables asks for a feature that no row has"
            ));
        }
        let (first, words) = set_of(node);
        if node.feature & mark::SET != 0 && first + words > self.sets.len() {
            return Err(format!(
                "node {at} of the tables asks for a set that is not there"
            ));
        }
        Ok(())
    }

    /// Functions stand in the order of their leaves, so that checking all takes one pass. Gives where the next one begins.
    fn check_function(
        &self,
        header: &Header<'_>,
        at: usize,
        node: &Node,
        due: usize,
    ) -> Result<usize, String> {
        let wrong = || format!("leaf {at} of the tables has a linear function that is not there");
        let first = usize::try_from(node.value).map_err(|_| wrong())?;
        let terms = self
            .functions
            .get(first.saturating_add(1))
            .map(|record| word(record, 0));
        let end = terms.and_then(|terms| first.checked_add(2)?.checked_add(terms as usize));
        let terms = end.and_then(|end| self.functions.get(first + 2..end));
        let (Some(terms), true) = (terms, first == due) else {
            return Err(wrong());
        };
        if terms
            .iter()
            .any(|term| word(term, 1) >= header.features as u64)
        {
            return Err(format!(
                "leaf {at} of the tables asks for a feature that no row has"
            ));
        }
        Ok(first + 2 + terms.len())
    }

    /// Each tree's root and group.
    pub fn trees(&self) -> impl Iterator<Item = (usize, usize)> {
        self.trees.iter().map(|tree| {
            let both = u64::from_le_bytes(*tree);
            (both as u32 as usize, (both >> 32) as usize)
        })
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// One node.
    #[inline]
    pub fn node(&self, at: usize) -> Node {
        Node::read(&self.nodes[at])
    }

    /// What a leaf adds for a row.
    #[inline]
    pub fn value(&self, leaf: &Node, row: &[f64]) -> f64 {
        if leaf.feature == LEAF {
            f64::from_bits(leaf.value)
        } else {
            self.function(leaf.value as usize, row)
        }
    }

    fn function(&self, first: usize, row: &[f64]) -> f64 {
        let [constant, fallback] =
            [0, 1].map(|at| f64::from_bits(word(&self.functions[first], at)));
        let terms = word(&self.functions[first + 1], 0) as usize;
        let mut sum = constant;
        for term in &self.functions[first + 2..first + 2 + terms] {
            let value = row[word(term, 1) as usize];
            if value.is_nan() {
                return fallback;
            }
            sum += f64::from_bits(word(term, 0)) * value;
        }
        sum
    }

    /// Whether a split's set has the category.
    pub fn contains(&self, split: &Node, category: u32) -> bool {
        let (first, words) = set_of(split);
        let at = category as usize / 32;
        at < words && u32::from_le_bytes(self.sets[first + at]) >> (category % 32) & 1 == 1
    }
}

fn misfit(header: &Header<'_>, body: &[u8]) -> String {
    format!(
        "the tables' body has {} bytes, which does not fit {} trees of {} nodes",
        body.len(),
        header.trees,
        header.nodes
    )
}

/// Where a split's set begins, and its words.
fn set_of(split: &Node) -> (usize, usize) {
    (split.value as u32 as usize, (split.value >> 32) as usize)
}

/// One of a record's two words.
fn word(record: &[u8; NODE_BYTES], at: usize) -> u64 {
    (u128::from_le_bytes(*record) >> (64 * at)) as u64
}
