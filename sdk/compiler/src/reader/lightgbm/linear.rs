//! Linear functions of leaves, as `linear_tree` trains them (`Tree::ToString` in src/io/tree.cpp): `leaf_const`, one a leaf, and `leaf_features`
//! and `leaf_coeff`, each leaf's behind the one before; `num_features` says how many are whose.

use super::text::Block;
use crate::error::CompileError;
use crate::sets::LinearLeaf;

/// Columns of a tree whose leaves are linear.
pub(super) struct LinearColumns {
    constants: Vec<f64>,
    /// Where each leaf's list begins, and the last one ends.
    bounds: Vec<usize>,
    features: Vec<u32>,
    coefficients: Vec<f64>,
}

impl LinearColumns {
    pub fn read(block: &Block<'_>, leaves: usize, features: usize) -> Result<Self, CompileError> {
        let constants = block.get("leaf_const")?.finite(leaves, "leaves")?;
        let counts_field = block.get("num_features")?;
        let counts: Vec<usize> = counts_field.exactly(leaves, "leaves")?;
        let mut bounds = vec![0_usize];
        let mut sum = 0_usize;
        for count in counts {
            sum = sum.saturating_add(count);
            bounds.push(sum);
        }
        let features_field = block.get("leaf_features")?;
        let of_leaves: Vec<u32> = features_field.numbers()?;
        if of_leaves.len() != sum {
            return Err(features_field.error(format!(
                "has {} entries, but `num_features` counts {sum}",
                of_leaves.len()
            )));
        }
        if let Some(at) = of_leaves
            .iter()
            .position(|feature| *feature as usize >= features)
        {
            return Err(features_field.element_error(
                at,
                format!(
                    "{} is out of range: the model has {features} features",
                    of_leaves[at]
                ),
            ));
        }
        Ok(Self {
            constants,
            bounds,
            features: of_leaves,
            coefficients: block
                .get("leaf_coeff")?
                .finite(sum, "coefficients by `num_features`")?,
        })
    }

    /// A leaf's function; `fallback` is its value without one.
    pub fn leaf(&self, leaf: usize, fallback: f64) -> LinearLeaf<'_> {
        let range = self.bounds[leaf]..self.bounds[leaf + 1];
        LinearLeaf {
            constant: self.constants[leaf],
            features: &self.features[range.clone()],
            coefficients: &self.coefficients[range],
            fallback,
        }
    }
}
