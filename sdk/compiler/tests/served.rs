//! Every model that the real libraries trained (models/train.py) is served: the kernel, natively and in a component, gives their own
//! raw margins bit for bit, and their predictions as near as is promised.

mod running;
mod trained;

use std::collections::HashSet;

use running::{Running, bytes, floats, tensors};
use scoregate_compiler::description::{Description, Link, Precision, Task};
use scoregate_compiler::forest::{Forest, Node, Test, Tree};
use scoregate_compiler::{Options, Output, compile, tables};
use scoregate_kernel::{Kernel, Rows, Values};
use trained::{Distance, Trained};
use wasmtime::component::Val;
use wasmtime::{Config, Engine, OptLevel};

#[test]
fn every_model_is_served_natively() {
    let mut differ = Vec::new();
    for trained in trained::all() {
        let model = trained.read();
        let tables = tables(&trained.model, &options(&trained, asked(&model))).unwrap();
        let kernel = Kernel::from_tables(&tables).unwrap();
        let narrow: Vec<f32> = trained.values.iter().map(|value| *value as f32).collect();
        let rows = match trained.precision {
            Precision::F32 => Rows::F32(&narrow),
            Precision::F64 => Rows::F64(&trained.values),
        };
        let answers = kernel.infer(rows, trained.rows);
        let [margins, predictions] = [0, 1].map(|at| match &answers[at] {
            Values::F32 { values, .. } => values.iter().map(|value| f64::from(*value)).collect(),
            Values::F64 { values, .. } => values.clone(),
            Values::I64(values) => values.iter().map(|value| *value as f64).collect(),
            Values::I32 { .. } => panic!("no leaves were asked for"),
        });
        check(&trained, &model, &margins, &predictions, &mut differ);
    }
    assert!(differ.is_empty(), "{differ:#?}");
}

/// One model of each kind that a kernel could tell from another: components take long to compile.
#[test]
fn a_model_of_each_kind_is_served_by_its_component() {
    let mut config = Config::new();
    config.cranelift_opt_level(OptLevel::None);
    let engine = Engine::new(&config).unwrap();
    let mut kinds = HashSet::new();
    let mut differ = Vec::new();
    for trained in trained::all() {
        let model = trained.read();
        if !kinds.insert(kind(&model)) {
            continue;
        }
        let compiled = compile(&trained.model, &options(&trained, asked(&model))).unwrap();
        let mut running = Running::start(&engine, &compiled.component);
        assert!(matches!(running.configure(), Val::Result(Ok(_))));
        let data: Vec<u8> = match trained.precision {
            Precision::F32 => trained
                .values
                .iter()
                .flat_map(|value| (*value as f32).to_le_bytes())
                .collect(),
            Precision::F64 => trained
                .values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        };
        let shape = [trained.rows as u64, trained.features as u64];
        let answer = tensors(running.infer_bytes(&shape, &data));
        let label = asked(&model)[1] == Output::Label;
        let [margins, predictions] = [(0, false), (1, label)]
            .map(|(at, label)| numbers(&answer[at], model.precision, label));
        check(&trained, &model, &margins, &predictions, &mut differ);
    }
    assert!(differ.is_empty(), "{differ:#?}");
    assert!(kinds.len() > 20, "{}", kinds.len());
}

#[test]
fn leaves_are_named_by_the_librarys_own_numbers() {
    for name in ["xgboost-3.2.0.partition", "lightgbm-4.7.0.multiclass"] {
        let trained = trained::named(name);
        let model = trained.read();
        let forest = model.forest().unwrap();
        let tables = tables(&trained.model, &options(&trained, vec![Output::Leaf])).unwrap();
        let kernel = Kernel::from_tables(&tables).unwrap();
        let narrow: Vec<f32> = trained.values.iter().map(|value| *value as f32).collect();
        let rows = match trained.precision {
            Precision::F32 => Rows::F32(&narrow),
            Precision::F64 => Rows::F64(&trained.values),
        };
        let answers = kernel.infer(rows, trained.rows);
        let [Values::I32 { width, values }] = &answers[..] else {
            panic!("{name}: {answers:?}")
        };
        assert_eq!(*width, forest.len());
        let mut margins = Vec::new();
        for leaves in values.chunks_exact(*width) {
            let mut sums = model.base_margins.clone();
            for (tree, leaf) in forest.trees().zip(leaves) {
                let sum = sums[tree.group] + value_of(tree, *leaf);
                sums[tree.group] = match model.precision {
                    Precision::F32 => f64::from(sum as f32),
                    Precision::F64 => sum,
                };
            }
            margins.extend(sums);
        }
        assert_eq!(
            Distance::of(&margins, &trained.margins),
            Distance::NONE,
            "{name}"
        );
    }
}

/// What the leaf of this number adds.
fn value_of(tree: Tree<'_>, leaf: i32) -> f64 {
    let of_leaf = |at| match tree.node(at) {
        Node::Leaf(value) if tree.id(at) == leaf as u32 => Some(value),
        _ => None,
    };
    (0..tree.nodes())
        .find_map(of_leaf)
        .expect("a leaf of the tree")
}

fn check(
    trained: &Trained,
    model: &Description,
    margins: &[f64],
    predictions: &[f64],
    differ: &mut Vec<String>,
) {
    let distance = Distance::of(margins, &trained.margins);
    if distance != Distance::NONE {
        differ.push(format!("{}: margins {distance}", trained.name));
    }
    let exact = matches!(model.link, Link::Identity | Link::Hinge)
        || matches!(model.link, Link::Logistic { .. }) && model.precision == Precision::F32;
    let distance = Distance::of(predictions, &trained.predictions);
    if distance.ulps > if exact { 0 } else { 2 } {
        differ.push(format!("{}: predictions {distance}", trained.name));
    }
}

fn asked(model: &Description) -> Vec<Output> {
    let second = match model.task {
        _ if model.objective == "multi:softmax" => Output::Label,
        Task::Regression => Output::Prediction,
        Task::Binary | Task::Multiclass | Task::Labels => Output::Probability,
    };
    vec![Output::Margin, second]
}

fn options(trained: &Trained, outputs: Vec<Output>) -> Options {
    Options {
        outputs: Some(outputs),
        name: trained.name.clone(),
        version: "1".to_owned(),
        explain: false,
        iterations: trained.iterations.clone(),
    }
}

/// What a kernel heeds of a model.
fn kind(model: &Description) -> String {
    let mut marks = HashSet::new();
    let trees = model.forest().map(Forest::trees).into_iter().flatten();
    for tree in trees {
        for at in 0..tree.nodes() {
            marks.insert(match tree.node(at) {
                Node::Leaf(_) => String::new(),
                Node::LinearLeaf(_) => "linear".to_owned(),
                Node::Split(split) => match split.test {
                    Test::In { match_left, .. } => format!("set {match_left} {:?}", split.missing),
                    _ => format!("{:?}", split.missing),
                },
            });
        }
    }
    let mut marks: Vec<String> = marks.into_iter().collect();
    marks.sort();
    format!(
        "{:?} {:?} {:?} {} {} {} {marks:?}",
        model.precision,
        model.task,
        model.link,
        model.groups() > 1,
        model.divisor != 1.0,
        model.family.name(),
    )
}

fn numbers(tensor: &Val, precision: Precision, label: bool) -> Vec<f64> {
    let data = bytes(tensor);
    match precision {
        _ if label => {
            let values = data.as_chunks().0.iter();
            values
                .map(|value| i64::from_le_bytes(*value) as f64)
                .collect()
        }
        Precision::F32 => floats(tensor).into_iter().map(f64::from).collect(),
        Precision::F64 => {
            let values = data.as_chunks().0.iter();
            values.map(|value| f64::from_le_bytes(*value)).collect()
        }
    }
}
