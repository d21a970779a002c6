//! The covers, of which contributions are computed: each tree's mean and each node's share of its parent's training rows, in the libraries'
//! own steps.

use scoregate_kernel::layout::COVERED_TREE_BYTES;

use crate::description::Precision;
use crate::forest::{Forest, Node, Tree};

/// Writes trees and shares.
pub(super) fn bytes(forest: &Forest, precision: Precision) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(forest.len() * COVERED_TREE_BYTES + forest.nodes() * 8);
    for tree in forest.trees() {
        let mean = match precision {
            Precision::F32 => f64::from(mean_of_nodes(tree) * tree.weight),
            Precision::F64 => mean_of_leaves(tree),
        };
        bytes.extend(mean.to_le_bytes());
        bytes.extend(f64::from(tree.weight).to_le_bytes());
    }
    for tree in forest.trees() {
        for share in shares(tree) {
            match precision {
                // The quotient of two `f32`s, rounded twice, is their quotient in `f32`.
                Precision::F32 => bytes.extend((share as f32).to_le_bytes()),
                Precision::F64 => bytes.extend(share.to_le_bytes()),
            }
        }
    }
    bytes
}

/// `FillNodeMeanValues` of XGBoost (src/predictor/cpu_predictor.cc).
fn mean_of_nodes(tree: Tree<'_>) -> f32 {
    let mut means = vec![0.0_f32; tree.nodes()];
    let cover = |at| tree.cover(at) as f32;
    for at in (0..tree.nodes()).rev() {
        means[at] = match tree.node(at) {
            Node::Split(split) => {
                let [left, right] = [split.left, split.left + 1].map(|at| means[at] * cover(at));
                (left + right) / cover(at)
            }
            _ => tree.unweighted(at) as f32,
        };
    }
    means[0]
}

/// `Tree::ExpectedValue` of LightGBM (src/io/tree.cpp): leaf by leaf by their numbers.
fn mean_of_leaves(tree: Tree<'_>) -> f64 {
    if tree.nodes() == 1 {
        return tree.unweighted(0);
    }
    let is_leaf = |at: &usize| !matches!(tree.node(*at), Node::Split(_));
    let mut leaves: Vec<usize> = (0..tree.nodes()).filter(is_leaf).collect();
    leaves.sort_unstable_by_key(|leaf| tree.id(*leaf));
    let part = |leaf: usize| tree.cover(leaf) / tree.cover(0) * tree.unweighted(leaf);
    leaves.into_iter().fold(0.0, |mean, leaf| mean + part(leaf))
}

/// Of each node; the root's is 1.
fn shares(tree: Tree<'_>) -> Vec<f64> {
    let mut shares = vec![1.0; tree.nodes()];
    for at in 0..tree.nodes() {
        if let Node::Split(split) = tree.node(at) {
            for child in [split.left, split.left + 1] {
                shares[child] = tree.cover(child) / tree.cover(at);
            }
        }
    }
    shares
}
