//! A model file that is wrong, or of a kind that is not served, is refused with its place and a reason; nothing panics.

mod common;

use common::{fixture, narrow, options, wide};
use scoregate_compiler::reader;
use serde_json::{Value, json};

/// The error of a fixture after a change at `pointer`.
fn refusal(name: &str, pointer: &str, change: Value) -> String {
    let mut model: Value = serde_json::from_slice(&fixture(name).model).unwrap();
    *model
        .pointer_mut(pointer)
        .unwrap_or_else(|| panic!("{pointer}")) = change;
    reader::read(model.to_string().as_bytes())
        .unwrap_err()
        .to_string()
}

const TREE: &str = "/learner/gradient_booster/model/trees/0";
const PLACE: &str = "learner.gradient_booster.model.trees[0]";

#[test]
fn nodes_that_do_not_make_a_tree_are_named() {
    let tree = |column: &str, at: usize, change: Value| {
        refusal("regression", &format!("{TREE}/{column}/{at}"), change)
    };
    let model = reader::read(&fixture("regression").model).unwrap();
    let nodes = model.forest().unwrap().tree(0).nodes();
    assert_eq!(
        tree("left_children", 1, json!(900)),
        format!("{PLACE}.left_children[1]: 900 is out of range: the tree has {nodes} nodes")
    );
    assert_eq!(
        tree("right_children", 0, json!(-7)),
        format!("{PLACE}.right_children[0]: -7 is out of range: the tree has {nodes} nodes")
    );
    assert_eq!(
        tree("left_children", 1, json!(0)),
        format!("{PLACE}.left_children[1]: node 0 has a second parent or is its own ancestor")
    );
    assert_eq!(
        tree("right_children", 1, json!(1)),
        format!("{PLACE}.right_children[1]: node 1 has a second parent or is its own ancestor")
    );
    assert_eq!(
        tree("left_children", 0, json!(-1)),
        format!("{PLACE}.right_children[0]: 2 is a right child without a left one")
    );
    assert_eq!(
        tree("split_indices", 0, json!(5)),
        format!("{PLACE}.split_indices[0]: 5 is out of range: the model has 5 features")
    );
}

#[test]
fn columns_of_unequal_length_and_false_claims_are_named() {
    assert_eq!(
        refusal("stump", &format!("{TREE}/split_conditions"), json!([1.0])),
        format!("{PLACE}.split_conditions: has 1 entries, but the tree has 3 nodes")
    );
    assert_eq!(
        refusal(
            "stump",
            &format!("{TREE}/tree_param/num_nodes"),
            json!("10000000")
        ),
        format!(
            "{PLACE}.tree_param.num_nodes: 10000000 nodes are claimed, but `left_children` has 3"
        )
    );
    assert_eq!(
        refusal("stump", &format!("{TREE}/left_children"), json!([])),
        format!("{PLACE}.left_children: a tree has at least one node")
    );
    assert_eq!(
        refusal(
            "stump",
            "/learner/gradient_booster/model/gbtree_model_param/num_trees",
            json!("10000000")
        ),
        "learner.gradient_booster.model.gbtree_model_param.num_trees: 10000000 trees are claimed, but there are 1"
    );
    assert_eq!(
        refusal(
            "stump",
            "/learner/gradient_booster/model/tree_info",
            json!([0, 0])
        ),
        "learner.gradient_booster.model.tree_info: has 2 entries, but there are 1 trees"
    );
    assert_eq!(
        refusal(
            "stump",
            "/learner/gradient_booster/model/tree_info",
            json!([])
        ),
        "learner.gradient_booster.model.tree_info: has 0 entries, fewer than there are trees"
    );
    assert_eq!(
        refusal(
            "classes",
            "/learner/gradient_booster/model/tree_info/4",
            json!(3)
        ),
        "learner.gradient_booster.model.tree_info[4]: 3 is out of range: the model has 3 groups"
    );
    assert_eq!(
        refusal("missing", "/learner/feature_names", json!(["a"])),
        "learner.feature_names: has 1 names, but the model has 12 features"
    );
}

#[test]
fn wrong_types_are_named() {
    for (pointer, change, expected) in [
        (
            "/split_conditions/1",
            json!("x"),
            "split_conditions[1]: invalid type: string \"x\", expected f32",
        ),
        (
            "/split_conditions/1",
            json!(null),
            "split_conditions[1]: is not a finite 32-bit number",
        ),
        ("/split_conditions/1", json!(1e39), "split_conditions[1]: "),
        (
            "/left_children/2",
            json!(1.5),
            "left_children[2]: invalid type: floating point `1.5`, expected i32",
        ),
        (
            "/left_children",
            json!({}),
            "left_children: invalid type: map, expected an array",
        ),
        ("/default_left/0", json!("yes"), "default_left[0]: "),
        (
            "/tree_param",
            json!([]),
            "tree_param: invalid type: sequence, expected an object",
        ),
        (
            "/tree_param/num_nodes",
            json!("three"),
            "tree_param.num_nodes: `three` is not a whole number that fits",
        ),
    ] {
        let refused = refusal("stump", &format!("{TREE}{pointer}"), change);
        assert!(
            refused.starts_with(&format!("{PLACE}.{expected}")),
            "{refused}"
        );
    }
}

#[test]
fn parameters_that_do_not_fit_the_objective_are_named() {
    let parameter = |name: &str, parameter: &str, change: &str| {
        let place = format!("learner.learner_model_param.{parameter}: ");
        let refused = refusal(
            name,
            &format!("/learner/learner_model_param/{parameter}"),
            json!(change),
        );
        refused
            .strip_prefix(&place)
            .map(str::to_owned)
            .unwrap_or_else(|| panic!("{refused}"))
    };
    assert_eq!(
        parameter("stump", "base_score", "[1.5E0]"),
        "1.5 is not a probability between 0 and 1"
    );
    assert_eq!(
        parameter("stump", "base_score", "-1E-3"),
        "-0.001 is not a probability between 0 and 1"
    );
    assert_eq!(
        parameter("stump", "base_score", "[NaN]"),
        "`NaN` is not a finite number"
    );
    assert_eq!(
        parameter("stump", "base_score", "[5E-1"),
        "the list does not end with `]`"
    );
    assert_eq!(
        parameter("stump", "base_score", "[]"),
        "`` is not a finite number"
    );
    assert_eq!(
        parameter("classes", "base_score", "[1E0,2E0]"),
        "has 2 numbers, but the model has 3 groups"
    );
    assert_eq!(
        parameter("stump", "num_class", "3"),
        "3 classes do not go with binary:logistic"
    );
    assert_eq!(
        parameter("classes", "num_class", "4000000000"),
        "multi:softprob has 2 to 10000 classes, not 4000000000"
    );
    assert_eq!(
        parameter("stump", "num_feature", "4294967295"),
        "a model has 1 to 1048576 features, not 4294967295"
    );
    assert_eq!(
        refusal(
            "classes",
            "/learner/objective/softmax_multiclass_param/num_class",
            json!("4")
        ),
        "learner.objective.softmax_multiclass_param.num_class: 4 classes, but `learner_model_param.num_class` tells 3"
    );
}

#[test]
fn kinds_that_are_not_served_are_refused_by_name() {
    for (pointer, change, expected) in [
        (
            "/learner/objective/name",
            json!("reg:own"),
            "learner.objective.name: the objective `reg:own` is not known; this version serves binary:logistic",
        ),
        (
            "/learner/gradient_booster/name",
            json!("gbforest"),
            "learner.gradient_booster.name: `gbforest` is no booster of XGBoost",
        ),
        (
            "/learner/gradient_booster",
            json!({"name": "dart", "gbtree": {}, "weight_drop": [1]}),
            "learner.gradient_booster.gbtree: `model` is missing",
        ),
        (
            "/learner/learner_model_param/num_target",
            json!("20000"),
            "at most 10000 targets",
        ),
        (
            "/version",
            json!([9, 0, 0]),
            "version: this version reads models that XGBoost 1, 2 or 3 saved",
        ),
        (
            "/learner/gradient_booster/model/trees/0/split_type",
            json!([1, 0, 0]),
            "trees[0].split_type[0]: the split is by categories, but `categories_nodes` does not name its node",
        ),
        (
            "/learner/gradient_booster/model/trees/0/split_type",
            json!([2, 0, 0]),
            "trees[0].split_type[0]: 2 is no kind of split",
        ),
        (
            "/learner/gradient_booster/model/trees/0/tree_param/size_leaf_vector",
            json!("3"),
            "size_leaf_vector: leaves of 3 values do not go with 1 groups",
        ),
    ] {
        let refused = refusal("stump", pointer, change);
        assert!(refused.contains(expected), "{refused}");
    }
}

#[test]
fn a_tree_of_depth_5000_is_served() {
    const DEPTH: i64 = 5_000;
    // Node 2i splits into a leaf 2i + 1 and the next split 2i + 2; the last one is a leaf.
    let splits = (0..DEPTH)
        .flat_map(|at| [2 * at + 1, -1])
        .chain([-1])
        .collect::<Vec<_>>();
    let right = (0..DEPTH)
        .flat_map(|at| [2 * at + 2, -1])
        .chain([-1])
        .collect::<Vec<_>>();
    let nodes = splits.len();
    let mut model: Value = serde_json::from_slice(&fixture("stump").model).unwrap();
    let tree = model.pointer_mut(TREE).unwrap();
    tree["left_children"] = json!(splits);
    tree["right_children"] = json!(right);
    tree["split_conditions"] = json!(
        (0..nodes)
            .map(|at| if at % 2 == 0 { at as f32 } else { -1.0 })
            .collect::<Vec<_>>()
    );
    tree["split_indices"] = json!(vec![0; nodes]);
    tree["default_left"] = json!(vec![0; nodes]);
    tree["split_type"] = json!(vec![0; nodes]);
    tree["tree_param"]["num_nodes"] = json!(nodes.to_string());
    let model = model.to_string();
    let description = reader::read(model.as_bytes()).unwrap();
    assert_eq!(description.forest().unwrap().depth(), DEPTH as usize);
    let tables = scoregate_compiler::tables(model.as_bytes(), &options(None)).unwrap();
    let kernel = scoregate_kernel::Kernel::from_tables(&tables).unwrap();
    let row = [1e9, 0.0, 0.0, 0.0, 0.0];
    assert_eq!(
        narrow(&kernel.margins(scoregate_kernel::Rows::F32(&row), 1)),
        narrow(&scoregate_compiler::reference::margins(
            &description,
            &wide(&row)
        ))
    );
}
