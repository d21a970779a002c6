//! A sum of trees that a file has apart is one ensemble that gives the same bits; whatever is a little else stays as the file has it.

mod onnx_file;
mod zoo;

use onnx_file::{
    FLOAT, INITIALIZER, INPUT, INT64, ML, Message, NODE, OUTPUT, file, floats, int, ints, node_of,
    table, tensor,
};
use scoregate_compiler::reader::{Model, read_model};
use scoregate_compiler::{GraphRows, Wire, graph_model::GraphModel};
use scoregate_graph::Graph;
use scoregate_graph::shape::Shape;
use scoregate_graph::tensor::Tensor;

const TREES: &str = "ai.onnx.ml.TreeEnsembleRegressor";

fn read(file: &[u8]) -> GraphModel {
    match read_model(file, None, None) {
        Ok(Model::Graph(model)) => *model,
        other => panic!("{other:?}"),
    }
}

fn ensembles(model: &GraphModel) -> usize {
    let steps = model.program.steps.iter();
    steps.filter(|step| step.operator() == TREES).count()
}

/// The bits of all outputs, for batches of several sizes of thresholds, their neighbours, NaN and infinities among others.
fn answers(model: &GraphModel, rows_of: &GraphModel) -> Vec<Vec<Vec<u8>>> {
    let tables = model.tables().unwrap();
    let graph = Graph::from_tables(&tables).unwrap();
    let mut rows = GraphRows::new(rows_of, 11);
    let mut all = Vec::new();
    for size in [1, 5, 130] {
        for _ in 0..12 {
            let inputs = rows.batch(size).iter().map(floats_of).collect();
            let outputs = graph.run(inputs).unwrap();
            all.extend(
                outputs
                    .iter()
                    .map(|output| zoo::compare::bits(output.data())),
            );
        }
    }
    all
}

fn floats_of(wire: &Wire) -> Tensor<'static> {
    let dims: Vec<usize> = wire.shape.iter().map(|dim| *dim as usize).collect();
    let words = wire.data.as_chunks().0.iter();
    let values: Vec<f32> = words.map(|word| f32::from_le_bytes(*word)).collect();
    Tensor::f32(Shape::new(&dims).unwrap(), values).unwrap()
}

/// The same with another operator in the place of one.
fn with_other(file: &[u8], one: &[u8], other: &[u8]) -> Vec<u8> {
    assert_eq!(one.len(), other.len());
    let mut changed = file.to_vec();
    let mut at = 0;
    while at + one.len() <= changed.len() {
        if changed[at..].starts_with(one) {
            changed[at..at + one.len()].copy_from_slice(other);
        }
        at += 1;
    }
    changed
}

#[test]
fn isolation_forests_are_one_ensemble_and_give_the_same_bits() {
    let mut found = 0;
    for case in zoo::all() {
        if case.estimator != "IsolationForest" || case.rows.is_none() {
            continue;
        }
        let path = zoo::folder().join(format!("{}.onnx", case.name));
        let file = std::fs::read(path).unwrap();
        let fused = read(&file);
        // Of a table with one column it gives the same, and nothing looks through it.
        let apart = read(&with_other(&file, b"Reshape", b"Flatten"));
        assert_eq!(ensembles(&fused), 1, "{}", case.name);
        assert!(ensembles(&apart) > 1, "{}", case.name);
        assert!(fused.program.steps.len() < 20, "{}", case.name);
        assert_eq!(
            answers(&fused, &apart),
            answers(&apart, &apart),
            "{}",
            case.name
        );
        found += 1;
    }
    assert!(found >= 7);
}

/// A file in the making: trees over `x`, of four columns.
#[derive(Default)]
struct Made {
    parts: Vec<(u64, Message)>,
    /// Behind each tree is an operator that changes nothing and that nothing looks through.
    apart: bool,
}

/// A tree of three splits: the weights of its leaves, and attributes besides.
struct Tree {
    weights: Vec<f32>,
    more: Vec<Message>,
}

fn sound() -> Tree {
    Tree {
        weights: vec![2.0, 3.0, 5.0, 6.0],
        more: Vec::new(),
    }
}

fn weighing(weights: [f32; 4]) -> Tree {
    Tree {
        weights: weights.to_vec(),
        ..sound()
    }
}

fn told(more: Message) -> Tree {
    Tree {
        more: vec![more],
        ..sound()
    }
}

fn word(name: &str, word: &str) -> Message {
    Message::default()
        .bytes(1, name)
        .number(20, 3)
        .bytes(4, word)
}

impl Made {
    fn node(
        &mut self,
        domain: &str,
        op: &str,
        inputs: &[&str],
        output: &str,
        attributes: &[Message],
    ) {
        let made = node_of(domain, op, inputs, &[output], attributes);
        self.parts.push((NODE, made));
    }

    fn op(&mut self, op: &str, inputs: &[&str], output: &str) {
        self.node("", op, inputs, output, &[]);
    }

    fn constant(&mut self, name: &str, dims: &[u64], values: &[f32]) {
        self.parts.push((INITIALIZER, tensor(name, dims, values)));
    }

    /// Whole numbers, which [`tensor`] has not.
    fn wholes(&mut self, name: &str, values: &[i64]) {
        let tensor = Message::default()
            .number(1, values.len() as u64)
            .number(2, INT64)
            .bytes(8, name);
        let tensor = values
            .iter()
            .fold(tensor, |tensor, value| tensor.number(7, *value as u64));
        self.parts.push((INITIALIZER, tensor));
    }

    /// Columns of `x`.
    fn pick(&mut self, output: &str, columns: &[i64]) {
        let name = format!("columns of {output}");
        self.wholes(&name, columns);
        self.node("", "Gather", &["x", &name], output, &[int("axis", 1)]);
    }

    fn tree(&mut self, input: &str, output: &str, threshold: f32, tree: Tree) {
        let modes = [
            "BRANCH_LEQ",
            "BRANCH_LEQ",
            "LEAF",
            "LEAF",
            "BRANCH_LEQ",
            "LEAF",
            "LEAF",
        ];
        let named = Message::default().bytes(1, "nodes_modes").number(20, 8);
        let mut attributes = vec![
            ints("nodes_treeids", &[4; 7]),
            ints("nodes_nodeids", &[0, 1, 2, 3, 4, 5, 6]),
            ints("nodes_featureids", &[0, 1, 0, 0, 2, 0, 0]),
            modes.iter().fold(named, |named, mode| named.bytes(9, mode)),
            floats(
                "nodes_values",
                &[threshold, -threshold, 0.0, 0.0, 0.25, 0.0, 0.0],
            ),
            ints("nodes_truenodeids", &[1, 2, 0, 0, 5, 0, 0]),
            ints("nodes_falsenodeids", &[4, 3, 0, 0, 6, 0, 0]),
            ints("target_treeids", &[4; 4]),
            ints("target_nodeids", &[2, 3, 5, 6]),
            ints("target_ids", &[0; 4]),
            floats("target_weights", &tree.weights),
            int("n_targets", 1),
        ];
        attributes.extend(tree.more);
        let own = format!("{output} of the tree");
        self.node(ML, "TreeEnsembleRegressor", &[input], &own, &attributes);
        self.op(
            if self.apart { "Dropout" } else { "Identity" },
            &[&own],
            output,
        );
    }

    /// Two trees, one as it is given.
    fn two(&mut self, first: Tree) {
        self.tree("x", "a", 0.5, first);
        self.tree("x", "b", 1.5, sound());
    }

    fn file(mut self, outputs: &[&str]) -> Vec<u8> {
        self.parts.push((INPUT, table("x", FLOAT, 4)));
        let outputs = outputs
            .iter()
            .map(|output| (OUTPUT, table(output, FLOAT, 1)));
        self.parts.extend(outputs);
        file(&self.parts)
    }
}

/// So many ensembles are left of what this makes, and they answer as those do that are apart.
fn leaves(left: usize, outputs: &[&str], what: &str, make: impl Fn(&mut Made)) {
    let [one, apart] = [false, true].map(|apart| {
        let mut made = Made {
            apart,
            ..Made::default()
        };
        make(&mut made);
        read(&made.file(outputs))
    });
    assert_eq!(ensembles(&one), left, "{what}");
    assert_eq!(answers(&one, &apart), answers(&apart, &apart), "{what}");
}

#[test]
fn what_depends_on_a_leaf_alone_becomes_its_weight() {
    leaves(1, &["y"], "weights that round", |made| {
        made.two(weighing([0.1, 1e-7, 3e7, -0.3]));
        made.tree("x", "c", -0.5, weighing([1e8, -1e8, 0.7, 1e-3]));
        made.op("Sum", &["a", "b", "c"], "y");
    });
    leaves(1, &["y"], "other columns, other operators", |made| {
        made.pick("some", &[3, -2, 1]);
        made.pick("others", &[0, 1, 3]);
        made.tree("some", "a", 0.5, sound());
        made.tree("others", "b", 0.25, sound());
        made.constant("third", &[1], &[1.0 / 3.0]);
        made.op("Mul", &["a", "third"], "a less");
        made.op("Log", &["a less"], "a log");
        made.op("Add", &["a", "a log"], "a more");
        made.wholes("column", &[-1, 1]);
        made.op("Reshape", &["b", "column"], "b again");
        made.op("Add", &["a more", "b again"], "y");
    });
    leaves(1, &["y"], "columns by the other operator", |made| {
        made.wholes("some", &[2, 0, 3]);
        made.node(ML, "ArrayFeatureExtractor", &["x", "some"], "picked", &[]);
        made.tree("picked", "a", 0.5, sound());
        made.tree("x", "b", 0.25, sound());
        made.op("Add", &["b", "a"], "y");
    });
    leaves(1, &["y"], "sums of sums in one order", |made| {
        made.two(weighing([0.1, 0.2, 0.3, 0.7]));
        made.tree("x", "c", -0.5, weighing([1e8, -1e8, 0.7, 1e-3]));
        made.tree("x", "d", 0.75, sound());
        made.op("Add", &["a", "b"], "ab");
        made.op("Add", &["c", "ab"], "abc");
        made.op("Sum", &["abc", "d"], "y");
    });
    leaves(1, &["y"], "and what follows", |made| {
        made.two(sound());
        made.op("Add", &["a", "b"], "sum");
        made.op("Exp", &["sum"], "y");
    });
    // The tree that is an output is there once more.
    leaves(2, &["y", "a"], "a part that is an output", |made| {
        made.two(sound());
        made.op("Add", &["a", "b"], "y");
    });
}

#[test]
fn sums_that_are_a_little_else_stay() {
    let sum = |made: &mut Made| made.op("Add", &["a", "b"], "y");
    for (what, first) in [
        ("a negative zero", weighing([-0.0, 3.0, 5.0, 6.0])),
        ("infinity", weighing([f32::INFINITY, 3.0, 5.0, 6.0])),
        ("a base", told(floats("base_values", &[1.0]))),
        ("the least leaf", told(word("aggregate_function", "MIN"))),
        ("probabilities", told(word("post_transform", "PROBIT"))),
    ] {
        let weights = first.weights;
        let more = first.more;
        leaves(2, &["y"], what, |made| {
            made.two(Tree {
                weights: weights.clone(),
                more: more.clone(),
            });
            sum(made);
        });
    }
    leaves(2, &["y"], "a product", |made| {
        made.two(sound());
        made.op("Mul", &["a", "b"], "y");
    });
    leaves(2, &["y"], "an operator that makes NaN", |made| {
        made.two(weighing([-2.0, 3.0, 5.0, 6.0]));
        made.op("Sqrt", &["a"], "root");
        made.op("Add", &["root", "b"], "y");
    });
    leaves(2, &["y"], "another table", |made| {
        made.op("Abs", &["x"], "z");
        made.tree("x", "a", 0.5, sound());
        made.tree("z", "b", 0.5, sound());
        sum(made);
    });
    leaves(2, &["y"], "columns of each row's own", |made| {
        made.two(sound());
        made.constant("two", &[1, 2], &[1.0, 2.0]);
        made.op("Add", &["a", "two"], "both");
        made.op("Add", &["both", "b"], "y");
    });
    leaves(2, &["y"], "a tree twice", |made| {
        made.two(sound());
        made.op("Sum", &["a", "b", "a"], "y");
    });
    leaves(4, &["y"], "sums of sums in another order", |made| {
        made.two(weighing([0.1, 0.2, 0.3, 0.7]));
        made.tree("x", "c", -0.5, weighing([1e8, -1e8, 0.7, 1e-3]));
        made.tree("x", "d", 0.75, sound());
        // Nothing looks through it, apart or not.
        made.op("Dropout", &["d"], "hidden");
        made.op("Add", &["c", "hidden"], "cd");
        made.op("Add", &["a", "cd"], "acd");
        made.op("Add", &["b", "acd"], "y");
    });
}

#[test]
fn a_broken_tree_is_told_of_at_its_node() {
    let mut made = Made::default();
    made.tree("x", "a", 0.5, sound());
    made.tree("x", "b", f32::NAN, sound());
    made.op("Add", &["a", "b"], "y");
    let error = read_model(&made.file(&["y"]), None, None)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("node 2 `the_TreeEnsembleRegressor`"),
        "{error}"
    );
    assert!(error.contains("compares with NaN"), "{error}");
}
