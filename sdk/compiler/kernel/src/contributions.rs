//! What each feature adds to a row's margin: exact TreeSHAP (Lundberg et al. 2018, "Consistent Individualized Feature Attribution for Tree
//! Ensembles", Algorithm 2), by the shares of the training rows that went each way. The order of all steps is the libraries'.

use crate::header::Header;
use crate::kernel::Values;
use crate::layout::{COVERED_DEPTH_MAX, COVERED_TREE_BYTES, LINEAR_LEAF, Precision, mark};
use crate::nodes::Nodes;
use crate::rows::Rows;
use crate::shapley::{Element, NO_FEATURE, Paths, Real, Span};
use crate::walk::Walk;

/// Checked covers.
#[derive(Clone, Debug)]
pub struct Covers<'a> {
    trees: &'a [[u8; COVERED_TREE_BYTES]],
    /// A number for each node.
    shares: &'a [u8],
    /// Splits on the longest way down.
    depth: usize,
}

impl<'a> Covers<'a> {
    /// Checks covers against the nodes that they belong to: after this each tree is one, of a depth that has a limit.
    pub fn new(header: &Header<'_>, nodes: &Nodes<'_>, covers: &'a [u8]) -> Result<Self, String> {
        let number_bytes = match header.precision {
            Precision::F32 => 4,
            Precision::F64 => 8,
        };
        let trees = header.trees.checked_mul(COVERED_TREE_BYTES);
        let (Some(trees), Some(shares)) = (trees, nodes.len().checked_mul(number_bytes)) else {
            return Err(misfit(header, covers));
        };
        if trees.checked_add(shares) != Some(covers.len()) {
            return Err(misfit(header, covers));
        }
        let (trees, shares) = covers.split_at(trees);
        Ok(Self {
            trees: trees.as_chunks().0,
            shares,
            depth: depth(nodes)?,
        })
    }

    /// The contributions of `count` rows, [`Header::contributions`] of them each.
    pub fn contributions(
        &self,
        header: &Header<'_>,
        walk: &Walk<'_>,
        rows: Rows<'_>,
        count: usize,
    ) -> Values {
        let width = header.contributions();
        match header.precision {
            Precision::F32 => Values::F32 {
                width,
                values: self.add_all(header, walk, rows, count, |job, tree, sums| {
                    job.tree_apart(tree, sums);
                }),
            },
            Precision::F64 => Values::F64 {
                width,
                values: self.add_all(header, walk, rows, count, |job, tree, sums| {
                    job.add(tree.root, sums);
                }),
            },
        }
    }

    fn add_all<R: Real>(
        &self,
        header: &Header<'_>,
        walk: &Walk<'_>,
        rows: Rows<'_>,
        count: usize,
        add: fn(&mut Job<'_, R>, &Tree<R>, &mut [R]),
    ) -> Vec<R> {
        let width = header.features;
        let mut contributions = vec![R::default(); count * header.contributions()];
        let mut job = Job {
            walk,
            shares: self.shares,
            row: Vec::new(),
            paths: Paths::new(self.depth, width),
            waiting: Vec::with_capacity(self.depth + 2),
            apart: vec![R::default(); width],
        };
        let rows_of_sums = contributions.chunks_exact_mut(header.contributions());
        for (at, sums) in rows_of_sums.enumerate() {
            rows.copy(at * width..(at + 1) * width, header.zero_max, &mut job.row);
            for ((root, group), bytes) in walk.nodes().trees().zip(self.trees) {
                let tree = Tree::<R>::read(root, bytes);
                let sums = &mut sums[group * (width + 1)..(group + 1) * (width + 1)];
                sums[width] += tree.mean;
                add(&mut job, &tree, &mut sums[..width]);
            }
            for (sums, base) in sums.chunks_exact_mut(width + 1).zip(&header.base_margins) {
                sums[width] += R::narrow(*base);
            }
        }
        contributions
    }
}

struct Tree<R> {
    root: usize,
    /// What it adds on average, times its weight.
    mean: R,
    weight: R,
}

impl<R: Real> Tree<R> {
    fn read(root: usize, bytes: &[u8; COVERED_TREE_BYTES]) -> Self {
        let [mean, weight] = [0, 1].map(|at| R::narrow(f64::read(bytes, at)));
        Self { root, mean, weight }
    }
}

/// A node to come, and what its parent knows of it.
struct Waiting<R> {
    node: usize,
    parent: Span,
    element: Element<R>,
}

/// What is made once for all rows and trees.
struct Job<'a, R> {
    walk: &'a Walk<'a>,
    shares: &'a [u8],
    row: Vec<f64>,
    paths: Paths<R>,
    waiting: Vec<Waiting<R>>,
    /// One tree's contributions.
    apart: Vec<R>,
}

impl<R: Real> Job<'_, R> {
    /// XGBoost sums each tree by itself and then adds it, times its weight.
    fn tree_apart(&mut self, tree: &Tree<R>, sums: &mut [R]) {
        let mut apart = std::mem::take(&mut self.apart);
        self.add(tree.root, &mut apart);
        for (sum, apart) in sums.iter_mut().zip(&mut apart) {
            *sum += *apart * tree.weight;
            *apart = R::default();
        }
        self.apart = apart;
    }

    /// Adds a tree's contributions, the row's own way first at each split.
    fn add(&mut self, root: usize, sums: &mut [R]) {
        let (one, nodes) = (R::from(1), self.walk.nodes());
        self.waiting.push(Waiting {
            node: root,
            parent: Span::EMPTY,
            element: Element {
                feature: NO_FEATURE,
                zero: one,
                one,
            },
        });
        while let Some(next) = self.waiting.pop() {
            let mut path = self.paths.extend(next.parent, next.element);
            let node = nodes.node(next.node);
            if node.is_leaf() {
                let value = R::narrow(f64::from_bits(node.value));
                self.paths.add_leaf(path, value, sums);
                continue;
            }
            let feature = node.feature & mark::FEATURE;
            let [hot, cold] = match (node.left as usize, self.walk.goes_left(&node, &self.row)) {
                (left, true) => [left, left + 1],
                (left, false) => [left + 1, left],
            };
            let elements = self.paths.elements(path);
            let met = elements
                .iter()
                .position(|element| element.feature == feature);
            let mut element = Element {
                feature,
                zero: one,
                one,
            };
            if let Some(at) = met {
                element = elements[at];
                path = self.paths.unwind(path, at);
            }
            // What waits last is next.
            for (node, one) in [(cold, R::default()), (hot, element.one)] {
                let zero = R::read(self.shares, node) * element.zero;
                self.waiting.push(Waiting {
                    node,
                    parent: path,
                    element: Element { feature, zero, one },
                });
            }
        }
    }
}

/// Splits on the longest way down. Each node but the roots has one parent, so that every tree ends after as many steps as it has nodes.
fn depth(nodes: &Nodes<'_>) -> Result<usize, String> {
    // One more than the depth; 0 where no parent came by yet.
    let mut depths = vec![0_u16; nodes.len()];
    let mut deepest = 0;
    for (root, _) in nodes.trees() {
        claim(&mut depths, root, 1)?;
    }
    for at in 0..nodes.len() {
        let node = nodes.node(at);
        if node.feature == LINEAR_LEAF {
            return Err(format!(
                "leaf {at} of the tables is a linear function, which no contributions are computed of"
            ));
        }
        let depth = depths[at];
        deepest = deepest.max(depth);
        if node.is_leaf() {
            continue;
        }
        if usize::from(depth) > COVERED_DEPTH_MAX {
            return Err(format!(
                "node {at} of the tables is deeper than the {COVERED_DEPTH_MAX} splits of which contributions are computed"
            ));
        }
        for child in [node.left as usize, node.left as usize + 1] {
            claim(&mut depths, child, depth + 1)?;
        }
    }
    Ok(usize::from(deepest).saturating_sub(1))
}

fn claim(depths: &mut [u16], at: usize, depth: u16) -> Result<(), String> {
    if depths[at] != 0 {
        return Err(format!("node {at} of the tables has two parents"));
    }
    depths[at] = depth;
    Ok(())
}

fn misfit(header: &Header<'_>, covers: &[u8]) -> String {
    format!(
        "the tables' covers have {} bytes, which does not fit {} trees of {} nodes",
        covers.len(),
        header.trees,
        header.nodes
    )
}
