//! Ensembles and other learned operators that are broken or hostile get one sentence that names the node and what is wrong; none
//! makes the reader panic, hang or overflow.

mod onnx_file;

use onnx_file::{
    FLOAT, INPUT, ML, Message, NODE, OUTPUT, STRING, file, floats, int, ints, node_of, table, texts,
};
use scoregate_compiler::reader::read_model;

/// What the reader says of a model of one operator of a row of three columns; nothing if it takes it.
fn told(op: &str, datatype: u64, attributes: &[Message]) -> String {
    let model = node_of(ML, op, &["x"], &["y"], attributes);
    let file = file(&[
        (NODE, model),
        (INPUT, table("x", datatype, 3)),
        (OUTPUT, table("y", FLOAT, 1)),
    ]);
    match read_model(&file, None, None) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

/// The arrays of one tree of a split and two leaves.
struct Tree {
    trees: Vec<i64>,
    ids: Vec<i64>,
    features: Vec<i64>,
    modes: Vec<&'static str>,
    values: Vec<f32>,
    yes: Vec<i64>,
    no: Vec<i64>,
    target_trees: Vec<i64>,
    target_ids: Vec<i64>,
    targets: Vec<i64>,
    weights: Vec<f32>,
}

impl Tree {
    fn sound() -> Self {
        Self {
            trees: vec![0, 0, 0],
            ids: vec![0, 1, 2],
            features: vec![2, 0, 0],
            modes: vec!["BRANCH_LEQ", "LEAF", "LEAF"],
            values: vec![0.5, 0.0, 0.0],
            yes: vec![1, 0, 0],
            no: vec![2, 0, 0],
            target_trees: vec![0, 0],
            target_ids: vec![1, 2],
            targets: vec![0, 0],
            weights: vec![1.0, 2.0],
        }
    }

    /// A chain of splits, each with a leaf and the next one.
    fn chain(depth: i64) -> Self {
        let splits = 0..depth;
        let leaves = depth..2 * depth + 1;
        let all = (2 * depth + 1) as usize;
        let mut tree = Self {
            trees: vec![0; all],
            ids: splits.clone().chain(leaves.clone()).collect(),
            features: vec![0; all],
            modes: vec!["LEAF"; all],
            values: (0..all).map(|at| at as f32).collect(),
            yes: vec![0; all],
            no: vec![0; all],
            target_trees: vec![0; leaves.clone().count()],
            target_ids: leaves.clone().collect(),
            targets: vec![0; leaves.clone().count()],
            weights: leaves.map(|leaf| leaf as f32).collect(),
        };
        for at in splits {
            tree.modes[at as usize] = "BRANCH_LEQ";
            tree.yes[at as usize] = depth + at;
            tree.no[at as usize] = if at + 1 == depth { 2 * depth } else { at + 1 };
        }
        tree
    }

    fn told(&self) -> String {
        told(
            "TreeEnsembleRegressor",
            FLOAT,
            &[
                ints("nodes_treeids", &self.trees),
                ints("nodes_nodeids", &self.ids),
                ints("nodes_featureids", &self.features),
                texts("nodes_modes", &self.modes),
                floats("nodes_values", &self.values),
                ints("nodes_truenodeids", &self.yes),
                ints("nodes_falsenodeids", &self.no),
                ints("target_treeids", &self.target_trees),
                ints("target_nodeids", &self.target_ids),
                ints("target_ids", &self.targets),
                floats("target_weights", &self.weights),
                int("n_targets", 1),
            ],
        )
    }
}

#[test]
fn a_sound_tree_is_read() {
    assert_eq!(Tree::sound().told(), "");
}

type Damage = fn(&mut Tree);

fn is_told(cases: &[(Damage, &str)]) {
    for (damage, expected) in cases {
        let mut tree = Tree::sound();
        damage(&mut tree);
        let told = tree.told();
        assert!(
            told.contains(expected) && told.contains("node 0 `the_TreeEnsembleRegressor`"),
            "{told}, not {expected}"
        );
    }
}

#[test]
fn what_is_wrong_with_a_tree_is_told() {
    is_told(&[
        (
            |tree| tree.ids.truncate(2),
            "`nodes_nodeids` has 2 entries where there are 3 nodes",
        ),
        (
            |tree| tree.features.truncate(1),
            "`nodes_featureids` has 1 entries where there are 3 nodes",
        ),
        (
            |tree| tree.modes.truncate(1),
            "`nodes_modes` has 1 entries where there are 3 nodes",
        ),
        (
            |tree| tree.values.push(1.0),
            "`nodes_values` has 4 entries where there are 3 nodes",
        ),
        (|tree| tree.ids[2] = 1, "node 1 of tree 0 is there twice"),
        (
            |tree| tree.yes[0] = 7,
            "node 0 of tree 0 goes to node 7, which the tree has not",
        ),
        (
            |tree| tree.no[0] = 0,
            "node 0 of tree 0 is below itself: the walk would not end",
        ),
        (
            |tree| tree.features[0] = -1,
            "node 0 of tree 0 looks at feature -1",
        ),
    ]);
}

#[test]
fn what_is_wrong_with_a_trees_numbers_is_told() {
    is_told(&[
        (
            |tree| tree.features[0] = 3,
            "a node looks at feature 3, but rows have 3, counted from 0",
        ),
        (
            |tree| tree.values[0] = f32::NAN,
            "node 0 of tree 0 compares with NaN",
        ),
        (
            |tree| tree.modes[0] = "BRANCH_MAYBE",
            "node 0 of tree 0: the mode BRANCH_MAYBE is not served",
        ),
        (
            |tree| tree.targets[1] = 1,
            "weight 1 is for target 1, of 1, counted from 0",
        ),
        (
            |tree| tree.target_ids[1] = 9,
            "weight 1 is that of node 9 of tree 0, which is not there",
        ),
        (
            |tree| tree.target_ids[1] = 1,
            "node 2 of tree 0 is a leaf without a weight",
        ),
        (
            |tree| tree.weights.truncate(1),
            "`target_weights` has 1 entries and `target_ids` 2",
        ),
    ]);
}

#[test]
fn a_child_of_another_tree_is_no_child() {
    let mut tree = Tree::sound();
    tree.trees[2] = 1;
    tree.target_trees[1] = 1;
    assert!(
        tree.told()
            .contains("node 0 of tree 0 goes to node 2, which the tree has not")
    );
}

#[test]
fn nodes_of_a_tree_stand_together() {
    let mut tree = Tree::sound();
    tree.trees = vec![0, 1, 0];
    assert!(
        tree.told()
            .contains("the nodes of tree 0 do not stand together")
    );
}

#[test]
fn a_chain_of_five_thousand_splits_is_read() {
    assert_eq!(Tree::chain(5_000).told(), "");
}

#[test]
fn a_cycle_at_the_end_of_a_long_chain_is_found() {
    let mut tree = Tree::chain(5_000);
    tree.no[4_999] = 17;
    assert!(tree.told().contains("node 17 of tree 0 is below itself"));
}

#[test]
fn branches_that_meet_again_are_read() {
    let mut tree = Tree::chain(40);
    // Each split goes to the next one either way: 2^40 ways, which nothing may write out.
    for at in 0..39 {
        tree.yes[at] = at as i64 + 1;
    }
    assert_eq!(tree.told(), "");
}

type Case = (&'static str, u64, Vec<Message>, &'static str);

fn are_told(cases: Vec<Case>) {
    for (op, datatype, attributes, expected) in cases {
        let told = told(op, datatype, &attributes);
        assert!(
            told.contains(expected) && told.contains(&format!("`the_{op}` (ai.onnx.ml.{op})")),
            "{told}, not {expected}"
        );
    }
}

#[test]
fn other_learned_operators_tell_what_is_wrong() {
    are_told(vec![
        (
            "Scaler",
            FLOAT,
            vec![floats("offset", &[1.0]), floats("scale", &[])],
            "1 offsets and 0 scales; there must be as many of each, and one at least",
        ),
        (
            "Scaler",
            FLOAT,
            vec![floats("offset", &[1.0, 2.0]), floats("scale", &[1.0, 2.0])],
            "2 scales for 3 columns; there must be as many, or one",
        ),
        (
            "OneHotEncoder",
            STRING,
            vec![ints("cats_int64s", &[1])],
            "an input of string where the categories are int64",
        ),
        (
            "OneHotEncoder",
            FLOAT,
            vec![],
            "it needs `cats_int64s` or `cats_strings`, one of both",
        ),
        (
            "LabelEncoder",
            STRING,
            vec![
                texts("keys_strings", &["a", "b"]),
                ints("values_int64s", &[1]),
            ],
            "2 keys and 1 values; there must be as many of each",
        ),
    ]);
}

#[test]
fn sums_and_ensembles_tell_what_is_wrong() {
    are_told(vec![
        (
            "LinearRegressor",
            FLOAT,
            vec![floats("coefficients", &[1.0, 2.0])],
            "3 columns where there are coefficients for 2",
        ),
        (
            "LinearClassifier",
            FLOAT,
            vec![
                floats("coefficients", &[1.0; 6]),
                floats("intercepts", &[1.0; 2]),
                ints("classlabels_ints", &[1]),
            ],
            "1 labels for 2 sums",
        ),
        (
            "SVMRegressor",
            FLOAT,
            vec![
                floats("coefficients", &[1.0]),
                floats("support_vectors", &[1.0; 5]),
                floats("rho", &[0.0]),
                int("n_supports", 2),
            ],
            "5 numbers do not make 2 vectors of one length",
        ),
        (
            "SVMClassifier",
            FLOAT,
            vec![
                floats("coefficients", &[1.0]),
                floats("support_vectors", &[1.0; 6]),
                floats("rho", &[0.0]),
                ints("vectors_per_class", &[1, 1]),
                ints("classlabels_ints", &[0, 1]),
            ],
            "2 classes, 2 vectors, 1 coefficients and 1 of `rho` do not fit each other",
        ),
        (
            "Normalizer",
            FLOAT,
            vec![
                Message::default()
                    .bytes(1, "norm")
                    .number(20, 3)
                    .bytes(4, "L3"),
            ],
            "`norm` is `L3`; there are MAX, L1 and L2",
        ),
        (
            "DictVectorizer",
            FLOAT,
            vec![],
            "DictVectorizer takes a map for each row, and maps are not served as inputs",
        ),
        (
            "TreeEnsembleRegressor",
            FLOAT,
            vec![int("n_targets", 1 << 40)],
            "it has 1099511627776 targets or classes; there must be 1 to 65536",
        ),
    ]);
}
