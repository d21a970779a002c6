//! What some nodes have and most have not, kept beside a forest's columns: sets of categories, and linear functions of leaves.

/// Sets of categories, one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sets {
    words: Vec<u32>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Sets {
    /// Adds a set and gives its number.
    pub(crate) fn push(&mut self, words: &[u32]) -> u32 {
        self.words.extend(words);
        self.ends.push(self.words.len());
        self.ends.len() as u32 - 1
    }

    pub(crate) fn words(&self) -> usize {
        self.words.len()
    }

    pub(crate) fn get(&self, number: usize) -> &[u32] {
        &self.words[begin(&self.ends, number)..self.ends[number]]
    }
}

/// A leaf's linear function: the constant, to which `value * coefficient` is added for one feature after the other; or the fallback,
/// if one of their values is NaN (LightGBM's `Tree::Predict`, include/LightGBM/tree.h).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearLeaf<'a> {
    /// Where the sum begins.
    pub constant: f64,
    /// Which values of the row are added.
    pub features: &'a [u32],
    /// What each is multiplied by.
    pub coefficients: &'a [f64],
    /// What is added where one of the values is NaN.
    pub fallback: f64,
}

/// Linear functions, one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LinearLeaves {
    constants: Vec<f64>,
    features: Vec<u32>,
    coefficients: Vec<f64>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl LinearLeaves {
    /// Adds a function and gives its number.
    pub(crate) fn push(&mut self, leaf: &LinearLeaf<'_>) -> u32 {
        self.constants.push(leaf.constant);
        self.features.extend(leaf.features);
        self.coefficients.extend(leaf.coefficients);
        self.ends.push(self.features.len());
        self.ends.len() as u32 - 1
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(crate) fn get(&self, number: u32, fallback: f64) -> LinearLeaf<'_> {
        let number = number as usize;
        let range = begin(&self.ends, number)..self.ends[number];
        LinearLeaf {
            constant: self.constants[number],
            features: &self.features[range.clone()],
            coefficients: &self.coefficients[range],
            fallback,
        }
    }
}

fn begin(ends: &[usize], number: usize) -> usize {
    number.checked_sub(1).map_or(0, |before| ends[before])
}
