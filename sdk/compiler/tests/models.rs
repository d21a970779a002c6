//! Every model that the real libraries trained (models/train.py): the reference gives their own raw margins bit for bit, and so does a
//! component where one is served. docs/MODELS.md lists them; `UPDATE_MODELS_MD=1` writes it.

mod trained;

use scoregate_compiler::description::{Description, Family, Link, Precision};
use scoregate_compiler::forest::{CategoryRule, Forest};
use scoregate_compiler::{Options, reference, tables};
use trained::{Distance, Trained};

#[test]
fn margins_are_the_librarys_bit_for_bit() {
    let mut differ = Vec::new();
    for trained in trained::all() {
        let (margins, _) = predicted(&trained, &trained.read());
        let distance = Distance::of(&margins, &trained.margins);
        if distance != Distance::NONE {
            differ.push(format!("{}: {distance}", trained.name));
        }
    }
    assert!(differ.is_empty(), "{differ:#?}");
}

#[test]
fn predictions_are_the_librarys_within_two_ulp_and_xgboosts_logistic_bit_for_bit() {
    let mut differ = Vec::new();
    for trained in trained::all() {
        let model = trained.read();
        let (_, predictions) = predicted(&trained, &model);
        let distance = Distance::of(&predictions, &trained.predictions);
        let exact = matches!(model.link, Link::Identity | Link::Hinge)
            || matches!(model.link, Link::Logistic { .. }) && model.precision == Precision::F32;
        let allowed = if exact { 0 } else { 2 };
        if distance.ulps > allowed {
            differ.push(format!("{}: {distance}", trained.name));
        }
    }
    assert!(differ.is_empty(), "{differ:#?}");
}

#[test]
fn the_table_of_models_is_current() {
    let text = table();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/MODELS.md");
    if std::env::var_os("UPDATE_MODELS_MD").is_some() {
        std::fs::write(path, text).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(
        kept == text,
        "docs/MODELS.md is old; write it by UPDATE_MODELS_MD=1 cargo test --release --workspace --test models"
    );
}

fn table() -> String {
    let mut text = String::from(include_str!("../models/MODELS.head.md"));
    let mut release = String::new();
    for trained in trained::all() {
        if trained.release != release {
            release.clone_from(&trained.release);
            text.push_str(&format!(
                "\n## {}\n| model | trees | margins | predictions | contributions | component |\n| --- | --- | --- | --- | --- | --- |\n",
                release.replace('-', " ").replace("xgboost", "XGBoost").replace("lightgbm", "LightGBM")
            ));
        }
        let model = trained.read();
        let (margins, predictions) = predicted(&trained, &model);
        let served = tables(&trained.model, &options(&trained));
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            trained.what,
            model.forest().map_or(0, Forest::len),
            Distance::of(&margins, &trained.margins),
            Distance::of(&predictions, &trained.predictions),
            contributions(&trained),
            if served.is_ok() { "yes" } else { "not yet" },
        ));
    }
    text
}

/// How far the kernel's are from the library's, where that computes them.
fn contributions(trained: &Trained) -> String {
    let Some(theirs) = &trained.contributions else {
        return "–".to_owned();
    };
    let [_, ours] = trained.explained(&theirs.rows);
    Distance::of(&ours, &theirs.values).to_string()
}

fn options(trained: &Trained) -> Options {
    Options {
        outputs: None,
        name: trained.name.clone(),
        version: "1".to_owned(),
        explain: false,
        iterations: trained.iterations.clone(),
    }
}

/// The reference's margins and predictions. Of `multi:softmax`, XGBoost predicts the class.
fn predicted(trained: &Trained, model: &Description) -> (Vec<f64>, Vec<f64>) {
    let (mut margins, mut predictions) = (Vec::new(), Vec::new());
    for row in trained.values.chunks_exact(trained.features) {
        let of_row = reference::margins(model, row);
        let linked = reference::linked(model, &of_row);
        if model.objective == "multi:softmax" {
            let greatest = linked.iter().copied().fold(0.0, f64::max);
            let class = linked.iter().position(|value| *value == greatest);
            predictions.push(class.unwrap() as f64);
        } else {
            predictions.extend(linked);
        }
        margins.extend(of_row);
    }
    (margins, predictions)
}

/// A rule that no row depends on would be held by none of the tests above.
#[test]
fn the_rows_tell_each_rule_from_its_neighbour() {
    let zero_max = |forest: &mut Forest| forest.zero_max = 0.0;
    let rule = |forest: &mut Forest| {
        forest.category_rule = match forest.category_rule {
            CategoryRule::NotNegative => CategoryRule::TowardsZero,
            CategoryRule::TowardsZero => CategoryRule::NotNegative,
        };
    };
    for (name, change) in [
        ("lightgbm-4.7.0.near_zero", zero_max as fn(&mut Forest)),
        ("lightgbm-4.7.0.zero_missing", zero_max),
        ("lightgbm-4.7.0.sets", rule),
        ("xgboost-3.2.0.partition", rule),
    ] {
        let trained = trained::named(name);
        let mut model = trained.read();
        let Family::Trees(forest) = &mut model.family else {
            panic!("{name}: trees")
        };
        change(forest);
        let (margins, _) = predicted(&trained, &model);
        assert_ne!(
            Distance::of(&margins, &trained.margins),
            Distance::NONE,
            "{name}"
        );
    }
    let trained = trained::named("lightgbm-4.7.0.rf");
    let mut model = trained.read();
    model.divisor = 1.0;
    let (_, predictions) = predicted(&trained, &model);
    assert_ne!(
        Distance::of(&predictions, &trained.predictions),
        Distance::NONE
    );
}
