//! The arrays of an ensemble in the making: those of its trees, one after the other.

use super::super::node::Node;
use super::super::proto::{AttributeProto, attribute_type};

const TREES: &str = "nodes_treeids";
const FEATURES: &str = "nodes_featureids";
const MISSING: &str = "nodes_missing_value_tracks_true";
const NODES: [&str; 6] = [
    TREES,
    "nodes_nodeids",
    FEATURES,
    "nodes_truenodeids",
    "nodes_falsenodeids",
    MISSING,
];
const TARGET_TREES: &str = "target_treeids";
const TARGETS: [&str; 3] = [TARGET_TREES, "target_nodeids", "target_ids"];
const LEAF: &[u8] = b"LEAF";

#[derive(Default)]
pub(super) struct Arrays {
    trees: i64,
    nodes: [Vec<i64>; NODES.len()],
    targets: [Vec<i64>; TARGETS.len()],
    modes: Vec<Vec<u8>>,
    thresholds: Vec<f32>,
    weights: Vec<f32>,
}

impl Arrays {
    /// Adds the one tree of a node, whose columns are those of another table and whose leaves have new weights; none if its arrays do not
    /// fit each other.
    pub(super) fn add(
        &mut self,
        node: &Node<'_>,
        column: impl Fn(i64) -> Option<i64>,
        weights: &[f32],
    ) -> Option<()> {
        let modes = node.strings("nodes_modes").ok()?;
        let thresholds = node.floats("nodes_values").ok()?;
        let own_tree = *node.ints(TREES).ok()?.first()?;
        let count = modes.len();
        if thresholds.len() != count {
            return None;
        }
        for (name, all) in NODES.iter().zip(&mut self.nodes) {
            let own = node.ints(name).ok()?;
            match *name {
                MISSING if own.is_empty() => all.resize(all.len() + count, 0),
                _ if own.len() != count => return None,
                TREES if own.iter().any(|tree| *tree != own_tree) => return None,
                TREES => all.resize(all.len() + count, self.trees),
                FEATURES => {
                    for (feature, mode) in own.iter().zip(modes) {
                        // A leaf looks at none.
                        all.push(if mode == LEAF { 0 } else { column(*feature)? });
                    }
                }
                _ => all.extend_from_slice(own),
            }
        }
        for (name, all) in TARGETS.iter().zip(&mut self.targets) {
            let own = node.ints(name).ok()?;
            match *name {
                _ if own.len() != weights.len() => return None,
                TARGET_TREES if own.iter().any(|tree| *tree != own_tree) => return None,
                TARGET_TREES => all.resize(all.len() + own.len(), self.trees),
                _ => all.extend_from_slice(own),
            }
        }
        self.modes.extend_from_slice(modes);
        self.thresholds.extend_from_slice(thresholds);
        self.weights.extend_from_slice(weights);
        self.trees += 1;
        Some(())
    }

    /// The attributes of an ensemble of one target.
    pub(super) fn attributes(self) -> Vec<AttributeProto> {
        let named = |name: &str, r#type| AttributeProto {
            name: name.to_owned(),
            r#type,
            ..AttributeProto::default()
        };
        let nodes = NODES.into_iter().zip(self.nodes);
        let targets = TARGETS.into_iter().zip(self.targets);
        let mut attributes: Vec<AttributeProto> = nodes
            .chain(targets)
            .map(|(name, ints)| AttributeProto {
                ints,
                ..named(name, attribute_type::INTS)
            })
            .collect();
        attributes.extend([
            AttributeProto {
                strings: self.modes,
                ..named("nodes_modes", attribute_type::STRINGS)
            },
            AttributeProto {
                floats: self.thresholds,
                ..named("nodes_values", attribute_type::FLOATS)
            },
            AttributeProto {
                floats: self.weights,
                ..named("target_weights", attribute_type::FLOATS)
            },
            AttributeProto {
                i: 1,
                ..named("n_targets", attribute_type::INT)
            },
        ]);
        attributes
    }
}
