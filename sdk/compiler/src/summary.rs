//! What a compilation tells its user.

use serde::Serialize;
use serde::ser::Serializer;

use scoregate_kernel::layout::Output;

use crate::description::Description;
use crate::forest::Forest;
use crate::limits::{NAME_SHOWN_MAX_CHARS, NAMES_SHOWN_MAX};

/// Facts about the model and the component that serves it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The library and its version: `XGBoost 3.2.0`.
    pub origin: String,
    /// The objective as the library names it.
    pub objective: String,
    /// Trees; all of them are used.
    pub trees: usize,
    /// Nodes of all trees, leaves included.
    pub nodes: usize,
    /// Leaves of all trees.
    pub leaves: usize,
    /// Splits on the longest way from a root to a leaf.
    pub depth: usize,
    /// Values in a row.
    pub features: usize,
    /// Their names; empty if there are none.
    pub feature_names: Vec<String>,
    /// Margins in a row: one a class, one a target, or a single one.
    pub groups: usize,
    /// What the component gives, in order.
    #[serde(serialize_with = "names")]
    pub outputs: Vec<Output>,
    /// What scores: `linear`, or the name of a [`crate::Tuning`].
    pub kernel: &'static str,
    /// Length of the model's tables.
    pub tables_bytes: usize,
    /// Length of the component.
    pub component_bytes: usize,
    /// What a user should know, one sentence each.
    pub notes: Vec<String>,
}

impl Summary {
    pub(crate) fn new(
        model: &Description,
        outputs: &[Output],
        kernel: &'static str,
        tables_bytes: usize,
        component_bytes: usize,
    ) -> Self {
        let trees = model.forest();
        let count = |count: fn(&Forest) -> usize| trees.map_or(0, count);
        Self {
            origin: model.origin.clone(),
            objective: model.objective.clone(),
            trees: count(Forest::len),
            nodes: count(Forest::nodes),
            leaves: count(Forest::leaves),
            depth: count(Forest::depth),
            features: model.features,
            feature_names: model.feature_names.clone(),
            groups: model.groups(),
            outputs: outputs.to_vec(),
            kernel,
            tables_bytes,
            component_bytes,
            notes: model.notes.clone(),
        }
    }
}

fn names<S: Serializer>(outputs: &[Output], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(outputs.iter().map(|output| output.name()))
}

/// One sentence for `configure`, bounded however many features the model has.
pub(crate) fn describe(model: &Description) -> String {
    let size = match model.forest() {
        Some(forest) => format!("{} trees with {} nodes", forest.len(), forest.nodes()),
        None => model.family.name().to_owned(),
    };
    let mut text = format!(
        "{}, {}, {size}, {} features",
        model.origin, model.objective, model.features
    );
    if model.feature_names.is_empty() {
        return text;
    }
    let shorten = |name: &String| name.chars().take(NAME_SHOWN_MAX_CHARS).collect::<String>();
    let shown: Vec<String> = model
        .feature_names
        .iter()
        .take(NAMES_SHOWN_MAX)
        .map(shorten)
        .collect();
    text.push_str(": ");
    text.push_str(&shown.join(", "));
    let hidden = model.feature_names.len() - shown.len();
    if hidden > 0 {
        text.push_str(&format!(" and {hidden} more"));
    }
    text
}
