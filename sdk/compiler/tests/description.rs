//! What a description tells beside what predictions need: names, kinds, the library's numbers of nodes, covers, notes.

mod trained;

use std::collections::BTreeSet;

use scoregate_compiler::description::FeatureKind::{Category, Number};
use scoregate_compiler::description::{Description, Task};
use scoregate_compiler::forest::{Node, Tree};
use scoregate_compiler::reader;
use trained::{file, named};

const CATEGORIES: [&str; 2] = ["xgboost-3.2.0.partition", "lightgbm-4.7.0.sets"];

fn trees(model: &Description) -> impl Iterator<Item = Tree<'_>> {
    model.forest().unwrap().trees()
}

#[test]
fn names_and_kinds_of_features_are_the_files() {
    for name in CATEGORIES {
        assert_eq!(
            named(name).read().feature_kinds,
            [Number, Number, Number, Number, Category, Category],
            "{name}"
        );
    }
    let names = named("xgboost-3.2.0.names").read().feature_names;
    assert_eq!((names.len(), names[5].as_str()), (6, "field 5 é"));
    let names = named("lightgbm-4.7.0.names").read().feature_names;
    assert_eq!((names.len(), names[5].as_str()), (6, "field_5"));
}

#[test]
fn a_splits_cover_is_its_childrens_together() {
    for name in CATEGORIES {
        let model = named(name).read();
        for tree in trees(&model) {
            for at in 0..tree.nodes() {
                let Node::Split(split) = tree.node(at) else {
                    continue;
                };
                let both = tree.cover(split.left) + tree.cover(split.left + 1);
                // XGBoost's are sums in f32, LightGBM's are counts.
                let apart = (tree.cover(at) - both).abs();
                assert!(tree.cover(at) > 0.0 && apart <= 1e-5 * both, "{name}");
            }
        }
    }
}

#[test]
fn nodes_keep_the_numbers_that_the_library_gives_them() {
    for trained in trained::all() {
        let model = trained.read();
        for tree in model.forest().into_iter().flat_map(|forest| forest.trees()) {
            let leaves: Vec<u32> = (0..tree.nodes())
                .filter(|at| !matches!(tree.node(*at), Node::Split(_)))
                .map(|at| tree.id(at))
                .collect();
            let different: BTreeSet<u32> = leaves.iter().copied().collect();
            assert_eq!(different.len(), leaves.len(), "{}", trained.name);
            if trained.name.starts_with("lightgbm") {
                assert!(
                    different.into_iter().eq(0..leaves.len() as u32),
                    "{}",
                    trained.name
                );
            } else {
                assert_eq!(tree.id(0), 0, "{}", trained.name);
            }
        }
    }
}

#[test]
fn targets_labels_and_classes_are_told_apart() {
    for (name, task, groups) in [
        ("xgboost-3.2.0.targets", Task::Regression, 2),
        ("xgboost-3.2.0.quantiles", Task::Regression, 3),
        ("xgboost-3.2.0.labels", Task::Labels, 3),
        ("xgboost-3.2.0.vectors_labels", Task::Labels, 3),
        ("xgboost-3.2.0.vectors_classes", Task::Multiclass, 3),
        ("lightgbm-4.7.0.multiclassova", Task::Multiclass, 3),
        ("lightgbm-4.7.0.lambdarank", Task::Regression, 1),
    ] {
        let model = named(name).read();
        assert_eq!((model.task, model.groups()), (task, groups), "{name}");
    }
}

#[test]
fn what_a_user_should_know_of_the_file_is_noted() {
    let best = named("xgboost-3.2.0.best_iteration").read();
    assert!(
        best.notes[0].contains("`--iteration-range 0,"),
        "{:?}",
        best.notes
    );
    let text = |name: &str| String::from_utf8(file(name)).unwrap();
    let frame = text("lightgbm-4.7.0.sets.txt").replace(
        "pandas_categorical:null",
        "pandas_categorical:[[\"a\", \"b\"]]",
    );
    let notes = reader::read(frame.as_bytes()).unwrap().notes;
    assert!(notes[0].contains("a row holds their codes"), "{notes:?}");
    let frame = text("xgboost-3.2.0.partition.json").replacen("\"enc\":[]", "\"enc\":[{}]", 1);
    let notes = reader::read(frame.as_bytes()).unwrap().notes;
    assert!(notes[0].contains("a row holds their codes"), "{notes:?}");
    for name in CATEGORIES {
        assert!(named(name).read().notes.is_empty(), "{name}");
    }
}
