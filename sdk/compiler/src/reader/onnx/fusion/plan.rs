//! Which nodes of a file are a sum of trees, and which serve nothing else. Only the nodes' names and operators are looked at.

use std::collections::{HashMap, HashSet};

use super::super::node::{ML, Node, PLAIN};
use super::super::node_at;
use super::super::proto::{GraphProto, ModelProto, NodeProto};

/// Operators whose every element is made of the elements at its place.
const MAPS: [&str; 39] = [
    "Abs",
    "Add",
    "And",
    "Cast",
    "Ceil",
    "Clip",
    "Div",
    "Elu",
    "Equal",
    "Erf",
    "Exp",
    "Floor",
    "Greater",
    "GreaterOrEqual",
    "Identity",
    "IsNaN",
    "LeakyRelu",
    "Less",
    "LessOrEqual",
    "Log",
    "Max",
    "Min",
    "Mul",
    "Neg",
    "Not",
    "Or",
    "Pow",
    "Reciprocal",
    "Relu",
    "Reshape",
    "Round",
    "Sigmoid",
    "Sign",
    "Softplus",
    "Sqrt",
    "Sub",
    "Tanh",
    "Where",
    "Xor",
];

/// What is known of a value by its origin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// It depends on no input.
    Fixed,
    /// Columns of a table, by this node.
    Picked(usize),
    /// On the leaf of this node's tree, and on nothing else.
    Leaf(usize),
    /// A sum of such, by this node.
    Sum(usize),
}

/// One number of a sum: what is made of a tree's leaf.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Term<'f> {
    /// The tree's node.
    pub tree: usize,
    /// The value's name.
    pub name: &'f str,
}

/// A sum that no other sum takes.
#[derive(Debug)]
pub(in super::super) struct Sum<'f> {
    /// Its node.
    pub nth: usize,
    /// In the order in which they are added.
    pub terms: Vec<Term<'f>>,
}

/// See the module.
pub(in super::super) struct Plan<'f> {
    model: &'f ModelProto,
    graph: &'f GraphProto,
    origins: HashMap<&'f str, Origin>,
    /// Of each tree's node, the nodes after it that depend on its leaf alone.
    maps: HashMap<usize, Vec<usize>>,
    sums: HashMap<usize, Sum<'f>>,
    /// Of each node that serves one sum only, which; and of each sum those nodes.
    serves: Vec<Option<usize>>,
    servants: HashMap<usize, Vec<usize>>,
}

impl<'f> Plan<'f> {
    pub(in super::super) fn of(model: &'f ModelProto, graph: &'f GraphProto) -> Self {
        let mut plan = Self {
            model,
            graph,
            origins: HashMap::new(),
            maps: HashMap::new(),
            sums: HashMap::new(),
            serves: vec![None; graph.node.len()],
            servants: HashMap::new(),
        };
        let trees = graph.node.iter().filter(|node| is_tree(node)).take(2);
        if trees.count() < 2 {
            return plan;
        }
        if let Some(takers) = takers(graph) {
            plan.trace(&takers);
            plan.find_servants(&takers);
        }
        plan
    }

    /// The sum that this node is the end of.
    pub(in super::super) fn sum(&self, nth: usize) -> Option<&Sum<'f>> {
        self.sums.get(&nth)
    }

    /// Whether this node serves one sum and nothing else.
    pub(in super::super) fn is_servant(&self, nth: usize) -> bool {
        self.serves[nth].is_some()
    }

    /// The nodes that serve this sum and nothing else, in the order of the file.
    pub(in super::super) fn servants(&self, sum: &Sum<'f>) -> &[usize] {
        self.servants.get(&sum.nth).map_or(&[], |nodes| &nodes[..])
    }

    /// A node of the file.
    pub(super) fn node(&self, nth: usize) -> Option<Node<'f>> {
        node_at(self.model, self.graph, nth).ok()
    }

    /// The node that picks the columns which are this value.
    pub(super) fn pick(&self, name: &str) -> Option<usize> {
        match self.origins.get(name) {
            Some(Origin::Picked(pick)) => Some(*pick),
            _ => None,
        }
    }

    /// Whether this value depends on a leaf alone.
    pub(super) fn is_leaf(&self, name: &str) -> bool {
        matches!(self.origins.get(name), Some(Origin::Leaf(_)))
    }

    /// What is made of the tree's leaf, in order.
    pub(super) fn maps(&self, tree: usize) -> &[usize] {
        self.maps.get(&tree).map_or(&[], |maps| &maps[..])
    }

    /// Finds where each value comes from, and sums, in the order of the file.
    fn trace(&mut self, takers: &Takers<'f>) {
        for tensor in &self.graph.initializer {
            self.origins.insert(&tensor.name, Origin::Fixed);
        }
        // A tree is in one sum at most.
        let mut summed = HashSet::new();
        for (nth, node) in self.graph.node.iter().enumerate() {
            let Some(origin) = self.origin(nth, node) else {
                if let Some(terms) = self.terms(node, takers, &mut summed) {
                    self.sums.insert(nth, Sum { nth, terms });
                    self.origins.insert(&node.output[0], Origin::Sum(nth));
                }
                continue;
            };
            if let Origin::Leaf(tree) = origin
                && tree != nth
            {
                self.maps.entry(tree).or_default().push(nth);
            }
            for output in &node.output {
                self.origins.insert(output, origin);
            }
        }
    }

    fn origin(&self, nth: usize, node: &NodeProto) -> Option<Origin> {
        let mut leaf = None;
        let mut fixed = true;
        for name in node.input.iter().filter(|name| !name.is_empty()) {
            match self.origins.get(&name[..]) {
                Some(Origin::Fixed) => {}
                Some(Origin::Leaf(tree)) if leaf.is_none_or(|leaf| leaf == *tree) => {
                    (leaf, fixed) = (Some(*tree), false);
                }
                _ if is_tree(node) => return Some(Origin::Leaf(nth)),
                _ => return self.is_pick(node).then_some(Origin::Picked(nth)),
            }
        }
        match leaf {
            None => fixed.then_some(Origin::Fixed),
            Some(tree) => (is_map(node) && node.output.len() == 1).then_some(Origin::Leaf(tree)),
        }
    }

    /// Columns by their numbers, which are fixed, of what is no leaf.
    fn is_pick(&self, node: &NodeProto) -> bool {
        let picks = match &node.op_type[..] {
            "Gather" => is_plain(node),
            "ArrayFeatureExtractor" => node.domain == ML,
            _ => false,
        };
        let [table, columns] = &node.input[..] else {
            return false;
        };
        picks
            && node.output.len() == 1
            && !self.origins.contains_key(&table[..])
            && self.origins.get(&columns[..]) == Some(&Origin::Fixed)
    }

    /// What a sum adds, if each is a leaf's but for one sum among the first two, which nothing else takes.
    fn terms(
        &mut self,
        node: &'f NodeProto,
        takers: &Takers<'f>,
        summed: &mut HashSet<usize>,
    ) -> Option<Vec<Term<'f>>> {
        let adds = is_plain(node) && matches!(&node.op_type[..], "Add" | "Sum");
        if !adds || node.input.len() < 2 || node.output.len() != 1 {
            return None;
        }
        let mut first = None;
        let mut terms = Vec::with_capacity(node.input.len());
        let mut trees = HashSet::new();
        for (at, name) in node.input.iter().enumerate() {
            match self.origins.get(&name[..]) {
                Some(Origin::Leaf(tree)) if trees.insert(*tree) && !summed.contains(tree) => {
                    terms.push(Term { tree: *tree, name });
                }
                Some(Origin::Sum(sum))
                    if at < 2 && first.is_none() && takers[&name[..]].len() == 1 =>
                {
                    first = Some(*sum);
                }
                _ => return None,
            }
        }
        summed.extend(trees);
        // Either order of two is the same sum.
        if let Some(sum) = first.and_then(|sum| self.sums.remove(&sum)) {
            let rest = std::mem::replace(&mut terms, sum.terms);
            terms.extend(rest);
        }
        Some(terms)
    }

    /// Finds the nodes that serve one sum only: whatever takes what they give serves it too.
    fn find_servants(&mut self, takers: &Takers<'f>) {
        let mut of_tree = HashMap::new();
        for sum in self.sums.values() {
            of_tree.extend(sum.terms.iter().map(|term| (term.tree, sum.nth)));
        }
        for (nth, node) in self.graph.node.iter().enumerate().rev() {
            let Some(name) = node.output.first() else {
                continue;
            };
            let sum = match self.origins.get(&name[..]) {
                Some(Origin::Leaf(tree)) => of_tree.get(tree).copied(),
                Some(Origin::Picked(_) | Origin::Sum(_)) => self.sum_of(takers, name),
                _ => None,
            };
            let Some(sum) = sum.filter(|_| !self.sums.contains_key(&nth)) else {
                continue;
            };
            if self.sum_of(takers, name) == Some(sum) {
                self.serves[nth] = Some(sum);
                self.servants.entry(sum).or_default().push(nth);
            }
        }
        for nodes in self.servants.values_mut() {
            nodes.reverse();
        }
    }

    /// The one sum that all that takes this value is, or serves.
    fn sum_of(&self, takers: &Takers<'f>, name: &str) -> Option<usize> {
        let mut sums = takers.get(name)?.iter().map(|taker| match (*taker)? {
            taker if self.sums.contains_key(&taker) => Some(taker),
            taker => self.serves[taker],
        });
        let first = sums.next()??;
        sums.all(|sum| sum == Some(first)).then_some(first)
    }
}

/// Of each value, the nodes that take it, or none for the graph itself, whose output it is.
type Takers<'f> = HashMap<&'f str, Vec<Option<usize>>>;

/// None where that is not to be seen: a value that is made twice, or a graph within a node, which takes what it likes.
fn takers(graph: &GraphProto) -> Option<Takers<'_>> {
    let mut takers = Takers::new();
    let mut made: HashSet<&str> = graph
        .initializer
        .iter()
        .map(|tensor| &tensor.name[..])
        .collect();
    made.extend(graph.input.iter().map(|input| &input.name[..]));
    for (nth, node) in graph.node.iter().enumerate() {
        let has_graph = node.attribute.iter().any(|attribute| attribute.g.is_some());
        let mut outputs = node.output.iter().filter(|name| !name.is_empty());
        if has_graph || !outputs.all(|name| made.insert(name)) {
            return None;
        }
        for name in &node.input {
            takers.entry(name).or_default().push(Some(nth));
        }
    }
    for output in &graph.output {
        takers.entry(&output.name).or_default().push(None);
    }
    Some(takers)
}

fn is_plain(node: &NodeProto) -> bool {
    node.domain.is_empty() || node.domain == PLAIN
}

fn is_tree(node: &NodeProto) -> bool {
    node.domain == ML
        && node.op_type == "TreeEnsembleRegressor"
        && node.input.len() == 1
        && node.output.len() == 1
}

fn is_map(node: &NodeProto) -> bool {
    match &node.op_type[..] {
        "LabelEncoder" => node.domain == ML,
        op => is_plain(node) && MAPS.contains(&op),
    }
}
