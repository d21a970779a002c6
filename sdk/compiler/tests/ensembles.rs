//! Ensembles of trees that run by the trees' kernel give what a plain walk from node to node gives, bit for bit.

mod onnx_file;

use onnx_file::{ATTRIBUTE, FLOAT, ML, Message, file, floats, ints, node, table};
use scoregate_compiler::reader::{Model, read_model};
use scoregate_graph::Graph;
use scoregate_graph::ops::{Body, Learned, Op};
use scoregate_graph::shape::Shape;
use scoregate_graph::tensor::Tensor;

const FEATURES: usize = 4;
const ROWS: usize = 150;
const ENSEMBLES: u64 = 60;
const DEPTH: usize = 6;

/// Numbers without end, the same from each seed: Steele and Vigna's SplitMix64.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % end
    }

    /// Few values, so that thresholds and rows meet.
    fn value(&mut self) -> f32 {
        self.below(9) as f32 * 0.25 - 1.0
    }
}

#[derive(Default)]
struct Arrays {
    trees: Vec<i64>,
    ids: Vec<i64>,
    features: Vec<i64>,
    modes: Vec<&'static str>,
    values: Vec<f32>,
    yes: Vec<i64>,
    no: Vec<i64>,
    missing: Vec<i64>,
    /// Tree, node, target and weight.
    weights: Vec<(i64, i64, i64, f32)>,
}

impl Arrays {
    fn push(&mut self, tree: i64, mode: &'static str) -> usize {
        let id = self.trees.iter().filter(|other| **other == tree).count() as i64;
        self.trees.push(tree);
        self.ids.push(id);
        self.features.push(0);
        self.modes.push(mode);
        self.values.push(0.0);
        self.yes.push(0);
        self.no.push(0);
        self.missing.push(0);
        self.trees.len() - 1
    }

    fn grow(
        &mut self,
        numbers: &mut Numbers,
        modes: &[&'static str],
        tree: i64,
        depth: usize,
        targets: u64,
    ) -> i64 {
        let leaf = depth == 0 || numbers.below(5) == 0;
        if leaf {
            let at = self.push(tree, "LEAF");
            for target in 0..targets as i64 {
                self.weights
                    .push((tree, self.ids[at], target, numbers.value() * 0.3));
            }
            return self.ids[at];
        }
        let at = self.push(tree, modes[numbers.below(modes.len() as u64) as usize]);
        self.features[at] = numbers.below(FEATURES as u64) as i64;
        self.values[at] = numbers.value();
        self.missing[at] = numbers.below(2) as i64;
        self.yes[at] = self.grow(numbers, modes, tree, depth - 1, targets);
        self.no[at] = self.grow(numbers, modes, tree, depth - 1, targets);
        self.ids[at]
    }

    /// One more tree, which adds zeros and asks for equality, as only the plain walk can.
    fn add_zeros(&mut self, targets: u64) {
        let tree = 1_000;
        let at = self.push(tree, "BRANCH_EQ");
        for _ in 0..2 {
            let place = self.push(tree, "LEAF");
            let leaf = self.ids[place];
            self.weights
                .extend((0..targets as i64).map(|target| (tree, leaf, target, 0.0)));
        }
        (self.yes[at], self.no[at]) = (1, 2);
    }

    fn file(&self, targets: u64) -> Vec<u8> {
        let column =
            |of: fn(&(i64, i64, i64, f32)) -> i64| self.weights.iter().map(of).collect::<Vec<_>>();
        let weights: Vec<f32> = self.weights.iter().map(|(.., weight)| *weight).collect();
        let modes = Message::default().bytes(1, "nodes_modes").number(20, 8);
        let modes = self
            .modes
            .iter()
            .fold(modes, |modes, mode| modes.bytes(9, mode));
        let attributes = [
            ints("nodes_treeids", &self.trees),
            ints("nodes_nodeids", &self.ids),
            ints("nodes_featureids", &self.features),
            modes,
            floats("nodes_values", &self.values),
            ints("nodes_truenodeids", &self.yes),
            ints("nodes_falsenodeids", &self.no),
            ints("nodes_missing_value_tracks_true", &self.missing),
            ints("target_treeids", &column(|weight| weight.0)),
            ints("target_nodeids", &column(|weight| weight.1)),
            ints("target_ids", &column(|weight| weight.2)),
            floats("target_weights", &weights),
            Message::default()
                .bytes(1, "n_targets")
                .number(20, 2)
                .number(3, targets),
        ];
        let model = node(ML, "TreeEnsembleRegressor", &["x"], &["y"]);
        let model = attributes.iter().fold(model, |model, attribute| {
            model.message(ATTRIBUTE, attribute)
        });
        file(&[
            (1, model),
            (11, table("x", FLOAT, FEATURES as u64)),
            (12, table("y", FLOAT, targets)),
        ])
    }
}

/// The bits of the answers, and whether they were made by the plain walk.
fn answers(file: &[u8], rows: &[f32]) -> (Vec<u32>, bool) {
    let Ok(Model::Graph(model)) = read_model(file, None, None) else {
        panic!("a graph");
    };
    let Op::Learned(Learned::Trees(trees)) = &model.program.steps[0].op else {
        panic!("trees");
    };
    let plain = matches!(trees.body, Body::Plain(_));
    let tables = model.tables().unwrap();
    let graph = Graph::from_tables(&tables).unwrap();
    let shape = Shape::new(&[rows.len() / FEATURES, FEATURES]).unwrap();
    let made = graph
        .run(vec![Tensor::f32(shape, rows.to_vec()).unwrap()])
        .unwrap();
    (
        made[0]
            .as_f32()
            .unwrap()
            .iter()
            .map(|score| score.to_bits())
            .collect(),
        plain,
    )
}

#[test]
fn tables_and_walks_agree() {
    let kinds: [&[&str]; 4] = [
        &["BRANCH_LEQ"],
        &["BRANCH_LT"],
        &["BRANCH_GTE", "BRANCH_LT"],
        &["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT"],
    ];
    let edges = [
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        -0.0,
        0.0,
        1e-45,
        3e38,
    ];
    for seed in 0..ENSEMBLES {
        let mut numbers = Numbers(seed);
        let targets = [1, 3][seed as usize % 2];
        let kind = kinds[seed as usize / 2 % kinds.len()];
        let mut arrays = Arrays::default();
        for tree in 0..=numbers.below(12) as i64 {
            arrays.grow(&mut numbers, kind, tree, DEPTH, targets);
        }
        let rows: Vec<f32> = (0..ROWS * FEATURES)
            .map(|_| match numbers.below(12) {
                at if (at as usize) < edges.len() => edges[at as usize],
                _ => numbers.value(),
            })
            .collect();
        let (fast, plain) = answers(&arrays.file(targets), &rows);
        assert!(!plain, "ensemble {seed} runs by tables");
        arrays.add_zeros(targets);
        let (slow, plain) = answers(&arrays.file(targets), &rows);
        assert!(plain, "ensemble {seed} with an equality is walked");
        assert_eq!(fast, slow, "ensemble {seed}");
    }
}
