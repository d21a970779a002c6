//! What XGBoost's boosters hold beside their trees is checked like them: weights, sets of categories, vectors, ranges of iterations.

mod trained;

use scoregate_compiler::{limits, reader};
use serde_json::{Value, json};
use trained::file;

const BOOSTER: &str = "/learner/gradient_booster";
const PLACE: &str = "learner.gradient_booster";

/// The error of a model of XGBoost 3.2 after a change at `pointer` below its booster.
fn refusal(name: &str, pointer: &str, change: Value) -> String {
    let mut model: Value =
        serde_json::from_slice(&file(&format!("xgboost-3.2.0.{name}.json"))).unwrap();
    *model
        .pointer_mut(&format!("{BOOSTER}{pointer}"))
        .unwrap_or_else(|| panic!("{pointer}")) = change;
    reader::read(model.to_string().as_bytes())
        .unwrap_err()
        .to_string()
}

#[test]
fn weights_that_do_not_fit_are_named() {
    assert_eq!(
        refusal("dart", "/weight_drop", json!([1.0])),
        format!("{PLACE}.weight_drop: has 1 weights, but there are 8 trees")
    );
    assert_eq!(
        refusal("dart", "/weight_drop/3", json!(null)),
        format!("{PLACE}.weight_drop[3]: is not a finite 32-bit number")
    );
    assert_eq!(
        refusal("linear", "/model/weights", json!([1.0, 2.0])),
        format!(
            "{PLACE}.model.weights: has 2 numbers; 6 features and 1 groups have 7 weights and biases"
        )
    );
    assert_eq!(
        refusal("linear", "/model/weights/6", json!(null)),
        format!("{PLACE}.model.weights[6]: is not a finite 32-bit number")
    );
}

#[test]
fn sets_of_categories_that_do_not_fit_are_named() {
    let tree = format!("{PLACE}.model.trees[0]");
    let refused = |column: &str, change: Value| {
        refusal("partition", &format!("/model/trees/0/{column}"), change)
    };
    for (column, change, expected) in [
        (
            "categories/0",
            json!(-1),
            "categories[0]: -1 is not a category from 0 to 16777215",
        ),
        (
            "categories/0",
            json!(16_777_216),
            "categories[0]: 16777216 is not a category",
        ),
        (
            "categories_sizes/0",
            json!(100_000),
            "categories_sizes[0]: 100000 categories from 0 do not lie within",
        ),
        (
            "categories_sizes/0",
            json!(0),
            "categories_sizes[0]: 0 categories from 0 do not lie within",
        ),
        (
            "categories_segments/0",
            json!(u64::MAX),
            "categories_sizes[0]: ",
        ),
        (
            "categories_segments/0",
            json!(-1),
            "categories_segments[0]: invalid value",
        ),
        (
            "categories_sizes",
            json!([]),
            "categories_sizes: has 0 entries, but `categories_nodes` has ",
        ),
        (
            "categories_nodes/1",
            json!(0),
            "categories_nodes[1]: nodes are not in ascending order",
        ),
        ("categories_nodes", json!([]), "split_type["),
    ] {
        let refused = refused(column, change);
        assert!(
            refused.starts_with(&format!("{tree}.{expected}")),
            "{refused}"
        );
    }
}

#[test]
fn few_bytes_cannot_ask_for_great_sets() {
    // 64 trees whose sets hold the greatest category each: half a megabyte a set, 40 sets a tree.
    let mut model: Value = serde_json::from_slice(&file("xgboost-3.2.0.partition.json")).unwrap();
    let booster = model.pointer_mut(&format!("{BOOSTER}/model")).unwrap();
    let mut tree = booster["trees"][0].clone();
    let splits: Vec<usize> = tree["split_type"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .filter(|(_, kind)| **kind == json!(1))
        .map(|(node, _)| node)
        .collect();
    tree["categories"] = json!(vec![limits::CATEGORY_MAX; splits.len()]);
    tree["categories_segments"] = json!((0..splits.len()).collect::<Vec<_>>());
    tree["categories_sizes"] = json!(vec![1; splits.len()]);
    tree["categories_nodes"] = json!(splits);
    booster["trees"] = json!(vec![tree; 64]);
    booster["tree_info"] = json!(vec![0; 64]);
    booster["gbtree_model_param"]["num_trees"] = json!("64");
    let refused = reader::read(model.to_string().as_bytes())
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("the sets of categories take more memory than a model may"),
        "{refused}"
    );
}

#[test]
fn vectors_of_leaves_that_do_not_fit_are_named() {
    let tree = format!("{PLACE}.model.trees[0]");
    let refused = |column: &str, change: Value| {
        refusal("vectors", &format!("/model/trees/0/{column}"), change)
    };
    assert!(
        refused("leaf_weights", json!([1.0]))
            .contains("is no leaf's place: `leaf_weights` has 1 numbers for 2 targets")
    );
    assert_eq!(
        refused("leaf_weights/1", json!(null)),
        format!("{tree}.leaf_weights[1]: is not a finite 32-bit number")
    );
    assert_eq!(
        refused("tree_param/size_leaf_vector", json!("3")),
        format!("{tree}.tree_param.size_leaf_vector: leaves of 3 values do not go with 2 groups")
    );
    let model = String::from_utf8(file("xgboost-3.2.0.vectors.json")).unwrap();
    let old = model.replace("leaf_weights", "leaf_others");
    assert!(
        reader::read(old.as_bytes())
            .unwrap_err()
            .to_string()
            .contains("as XGBoost before 3.1 wrote them; load the model in XGBoost 3.1 or later and save it again")
    );
}

#[test]
fn ranges_of_iterations_are_checked_against_the_file() {
    let read = |name: &str, begin: u32, end: u32| {
        reader::read_iterations(&file(name), Some(&(begin..end))).map_err(|error| error.to_string())
    };
    for name in [
        "xgboost-3.2.0.iterations.json",
        "lightgbm-4.7.0.iterations.txt",
    ] {
        for (begin, end) in [(0, 7), (3, 3), (9, 4), (7, 8), (0, u32::MAX)] {
            assert_eq!(
                read(name, begin, end).unwrap_err(),
                format!("iterations {begin} to {end} were asked for, but the model has 6")
            );
        }
        assert_eq!(read(name, 0, 6).unwrap().forest().unwrap().len(), 6);
    }
    assert!(
        read("xgboost-3.2.0.linear.json", 0, 1)
            .unwrap_err()
            .contains("`gblinear` keeps only the sum of all")
    );
    // Files of XGBoost 1 do not tell where an iteration begins, but how many trees each has.
    let forests = read("xgboost-1.7.6.boosted_forests.json", 1, 2).unwrap();
    assert_eq!(forests.forest().unwrap().len(), 5);
    let refused = refusal_of_rounds(json!([0, 9_000, 4]));
    assert!(refused.contains("were asked for"), "{refused}");
}

fn refusal_of_rounds(rounds: Value) -> String {
    let mut model: Value = serde_json::from_slice(&file("xgboost-3.2.0.iterations.json")).unwrap();
    *model
        .pointer_mut(&format!("{BOOSTER}/model/iteration_indptr"))
        .unwrap() = rounds;
    reader::read_iterations(model.to_string().as_bytes(), Some(&(0..1)))
        .unwrap_err()
        .to_string()
}
