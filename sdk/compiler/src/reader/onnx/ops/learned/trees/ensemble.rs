//! Nodes of all trees, in an order in which children come after their parents.

use scoregate_graph::ops::Mode;

/// What a file says, checked.
#[derive(Debug, Default)]
pub(super) struct Ensemble {
    pub nodes: Vec<TreeNode>,
    pub roots: Vec<u32>,
    /// What leaves add: target and weight.
    pub weights: Vec<(u32, f64)>,
    /// All sets' members, each set in order.
    pub members: Vec<f64>,
    /// Where each set ends.
    pub set_ends: Vec<u32>,
    /// Each node has one parent at most.
    pub apart: bool,
}

/// A node. Of a leaf, `yes` is its first weight and `no` how many it has.
#[derive(Clone, Copy, Debug)]
pub(super) struct TreeNode {
    pub mode: Mode,
    pub feature: u32,
    /// Or the number of a set.
    pub threshold: f64,
    pub missing_true: bool,
    pub yes: u32,
    pub no: u32,
}

/// How far the search is with a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Not,
    /// It is being searched from here.
    Open,
    Done,
}

impl Ensemble {
    /// From nodes in any order, whose children are their places. The error is the place of a node at which the search came round to where
    /// it was.
    pub(super) fn arrange(
        raw: &[TreeNode],
        roots: &[u32],
        weights: Vec<(u32, f64)>,
    ) -> Result<Self, Problem> {
        let mut seen = vec![Seen::Not; raw.len()];
        let mut places = vec![0_u32; raw.len()];
        let mut ensemble = Self {
            weights,
            apart: true,
            ..Self::default()
        };
        let mut done = Vec::new();
        // With each node which of its children is next.
        let mut open: Vec<(u32, u8)> = Vec::new();
        for root in roots {
            done.clear();
            if seen[*root as usize] != Seen::Not {
                return Err(Problem::Shared(*root));
            }
            let first = ensemble.nodes.len();
            seen[*root as usize] = Seen::Open;
            open.push((*root, 0));
            while let Some((at, next)) = open.last_mut() {
                let node = &raw[*at as usize];
                let child = match (node.mode, *next) {
                    (Mode::Leaf, _) | (_, 2..) => {
                        seen[*at as usize] = Seen::Done;
                        done.push(*at);
                        open.pop();
                        continue;
                    }
                    (_, 0) => node.no,
                    _ => node.yes,
                };
                *next += 1;
                match seen[child as usize] {
                    Seen::Not => {
                        seen[child as usize] = Seen::Open;
                        open.push((child, 0));
                    }
                    Seen::Open => return Err(Problem::Cycle(child)),
                    Seen::Done if places[child as usize] != 0 => {
                        return Err(Problem::Shared(child));
                    }
                    Seen::Done => ensemble.apart = false,
                }
            }
            for (place, at) in done.iter().rev().enumerate() {
                // One more, so that zero stands for none.
                places[*at as usize] = (first + place) as u32 + 1;
            }
            ensemble.roots.push(first as u32);
            for at in done.iter().rev() {
                let mut node = raw[*at as usize];
                if node.mode != Mode::Leaf {
                    node.yes = places[node.yes as usize] - 1;
                    node.no = places[node.no as usize] - 1;
                }
                ensemble.nodes.push(node);
            }
        }
        Ok(ensemble)
    }

    pub(super) fn greatest_feature(&self) -> Option<u32> {
        let splits = self.nodes.iter().filter(|node| node.mode != Mode::Leaf);
        splits.map(|node| node.feature).max()
    }

    /// The nodes of one tree, the root first.
    pub(super) fn tree(&self, at: usize) -> std::ops::Range<usize> {
        let end = self
            .roots
            .get(at + 1)
            .map_or(self.nodes.len(), |root| *root as usize);
        self.roots[at] as usize..end
    }

    /// What a leaf adds.
    pub(super) fn leaf(&self, node: &TreeNode) -> &[(u32, f64)] {
        &self.weights[node.yes as usize..][..node.no as usize]
    }
}

/// What is wrong with the links of a node.
#[derive(Debug)]
pub(super) enum Problem {
    /// It is below itself.
    Cycle(u32),
    /// It belongs to two trees.
    Shared(u32),
}
