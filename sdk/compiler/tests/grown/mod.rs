//! Models grown at random, for tests and benchmarks of the kernels: any shape and any kind of split, always the same for the same seed.
#![allow(dead_code, reason = "each user takes its part")]

use std::collections::{BinaryHeap, VecDeque};

use scoregate_compiler::Options;
use scoregate_compiler::description::{Description, Family, Link, Precision, Task};
use scoregate_compiler::forest::{CategoryRule, Forest, Missing, Split, Test};

/// Steele, Lea and Flood's SplitMix64 (OOPSLA 2014).
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// From 0 to below 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 to below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// What to grow.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub precision: Precision,
    pub trees: usize,
    pub leaves: usize,
    pub features: usize,
    pub groups: usize,
    /// Different thresholds of a feature.
    pub grid: usize,
    /// Splits by categories, in percent.
    pub sets_percent: usize,
    /// Whether each tree has fewer leaves at random, missing values have all their meanings and go both ways.
    pub varied: bool,
}

/// A forest of this shape.
pub fn grow(shape: &Shape, seed: u64) -> Description {
    let mut random = Random(seed);
    let rule = match shape.precision {
        Precision::F32 => CategoryRule::NotNegative,
        Precision::F64 => CategoryRule::TowardsZero,
    };
    let mut forest = Forest::new(rule);
    if shape.precision == Precision::F64 {
        forest.zero_max = f64::from(1e-35_f32);
    }
    for tree in 0..shape.trees {
        forest.begin_tree(tree % shape.groups);
        let leaves = if shape.varied {
            1 + random.below(shape.leaves)
        } else {
            shape.leaves
        };
        grow_tree(&mut forest, shape, leaves, &mut random);
    }
    let base_margins = (0..shape.groups).map(|_| number(shape, random.unit()));
    Description {
        origin: "grown".to_owned(),
        objective: "regression".to_owned(),
        task: Task::Regression,
        link: Link::Identity,
        divisor: 1.0,
        precision: shape.precision,
        features: shape.features,
        feature_names: Vec::new(),
        feature_kinds: Vec::new(),
        base_margins: base_margins.collect(),
        family: Family::Trees(Box::new(forest)),
        notes: Vec::new(),
    }
}

pub fn options() -> Options {
    Options {
        outputs: None,
        name: "grown".to_owned(),
        version: "1".to_owned(),
        explain: false,
        iterations: None,
    }
}

/// Grows a tree: the leaf with the greatest weight is split next, as LightGBM does.
fn grow_tree(forest: &mut Forest, shape: &Shape, leaves: usize, random: &mut Random) {
    let mut children: Vec<Option<[usize; 2]>> = vec![None];
    let mut covers = vec![1_000_000.0_f64];
    // Bits of numbers above zero have their order.
    let mut weights = BinaryHeap::from([(1.0_f64.to_bits(), 0)]);
    while weights.len() < leaves {
        let (weight, at) = weights.pop().expect("a leaf");
        let weight = f64::from_bits(weight);
        let [left, right] = [children.len(), children.len() + 1];
        children[at] = Some([left, right]);
        children.extend([None, None]);
        let share = 0.1 + 0.8 * random.unit();
        let part = (covers[at] * share).ceil();
        covers.extend([part, covers[at] - part]);
        // Gains differ from weights, so that trees are as uneven as trained ones.
        let gain = 0.3 + random.unit();
        weights.push(((weight * share * gain).to_bits(), left));
        weights.push(((weight * (1.0 - share) * gain).to_bits(), right));
    }
    // Level by level, children side by side.
    let mut queue = VecDeque::from([0]);
    let mut placed = 1;
    while let Some(at) = queue.pop_front() {
        if let Some(both) = children[at] {
            push_split(forest, shape, (placed, covers[at]), random);
            placed += 2;
            queue.extend(both);
        } else {
            forest.push_leaf(number(shape, random.unit() - 0.5), at as u32, covers[at]);
        }
    }
}

fn push_split(
    forest: &mut Forest,
    shape: &Shape,
    (left, cover): (usize, f64),
    random: &mut Random,
) {
    let words: Vec<u32> = (0..=random.below(2))
        .map(|_| random.bits() as u32)
        .collect();
    let in_set = random.chance(shape.sets_percent);
    let threshold = threshold(shape, random.below(shape.grid));
    let xgboost = shape.precision == Precision::F32;
    let test = match (in_set, xgboost) {
        (true, _) => Test::In {
            words: &words,
            match_left: !xgboost,
        },
        (false, true) => Test::Less(threshold),
        (false, false) => Test::LessOrEqual(threshold),
    };
    let missing = match random.below(3) {
        0 if shape.varied && !xgboost => Missing::ZeroOrNan,
        1 if shape.varied && !xgboost => Missing::Never,
        _ => Missing::Nan,
    };
    let split = Split {
        feature: random.below(shape.features),
        test,
        missing,
        default_left: shape.varied && random.chance(50),
        left,
    };
    forest.push_split(&split, 0, cover);
}

/// One of the thresholds that all features share, from about -2 to 2.
pub fn threshold(shape: &Shape, at: usize) -> f64 {
    let place = (at as f64 + 1.0) / (shape.grid as f64 + 1.0);
    number(shape, 4.0 * place - 2.0)
}

/// A number of the model's precision.
pub fn number(shape: &Shape, number: f64) -> f64 {
    match shape.precision {
        Precision::F32 => f64::from(number as f32),
        Precision::F64 => number,
    }
}
