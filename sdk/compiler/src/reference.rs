//! A model evaluated straight from its description: slow, plain, and what every kernel is compared with.

use scoregate_kernel::layout::Link;

use crate::description::{Description, Node, Test, Tree};

/// The margins of one row, one a group: sums in `f32`, in the order of the trees, that begin with the base margin.
///
/// # Panics
/// If the row has fewer values than the model has features.
pub fn margins(model: &Description, row: &[f32]) -> Vec<f32> {
    let mut sums = model.base_margins.clone();
    for tree in &model.trees {
        sums[tree.group] += leaf(tree, row);
    }
    sums
}

/// The margins after the model's link. It uses the platform's own `expf`, as XGBoost does.
pub fn linked(model: &Description, margins: &[f32]) -> Vec<f32> {
    match model.link {
        Link::Identity => margins.to_vec(),
        Link::Logistic => margins
            .iter()
            .map(|margin| 1.0 / ((-margin).min(88.7).exp() + 1.0))
            .collect(),
        Link::Softmax => {
            let greatest = margins.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let powers: Vec<f32> = margins
                .iter()
                .map(|margin| (margin - greatest).exp())
                .collect();
            let sum = powers.iter().map(|power| f64::from(*power)).sum::<f64>() as f32;
            powers.iter().map(|power| power / sum).collect()
        }
    }
}

fn leaf(tree: &Tree, row: &[f32]) -> f32 {
    let mut at = 0;
    loop {
        match tree.nodes[at] {
            Node::Leaf(value) => return value,
            Node::Split {
                feature,
                test,
                default_left,
                left,
                right,
            } => {
                let value = row[feature];
                let goes_left = if value.is_nan() {
                    default_left
                } else {
                    passes(test, value)
                };
                at = if goes_left { left } else { right };
            }
        }
    }
}

fn passes(test: Test, value: f32) -> bool {
    match test {
        Test::LessF32(threshold) => value < threshold,
    }
}
