//! Tables with covers: what they say in whichever kind of body, what is refused, and what comes of those that were tampered with.

mod grown;
mod trained;

use grown::{Random, Shape, grow};
use scoregate_compiler::description::{Description, Family, Precision};
use scoregate_compiler::forest::{CategoryRule, Forest, Missing, Split, Test};
use scoregate_compiler::{Options, Output, tables, tables_for};
use scoregate_kernel::layout::{self, Kind};
use scoregate_kernel::{Kernel, Rows, Values};

const GROWN: Shape = Shape {
    precision: Precision::F64,
    trees: 6,
    leaves: 40,
    features: 9,
    groups: 2,
    grid: 40,
    sets_percent: 10,
    varied: true,
};

fn explaining(outputs: &[Output]) -> Options {
    Options {
        outputs: Some(outputs.to_vec()),
        explain: true,
        ..grown::options()
    }
}

fn infer(kernel: &Kernel<'_>, values: &[f64], rows: usize) -> Vec<Values> {
    let narrow: Vec<f32> = values.iter().map(|value| *value as f32).collect();
    match kernel.header().precision {
        layout::Precision::F32 => kernel.infer(Rows::F32(&narrow), rows),
        layout::Precision::F64 => kernel.infer(Rows::F64(values), rows),
    }
}

#[test]
fn explaining_adds_the_contributions_after_the_outputs_asked_for() {
    let model = trained::named("xgboost-3.2.0.binary_logistic").model;
    let outputs = |outputs: Option<Vec<Output>>| {
        let options = Options {
            outputs,
            ..explaining(&[])
        };
        let tables = tables(&model, &options).unwrap();
        Kernel::from_tables(&tables)
            .unwrap()
            .header()
            .outputs
            .clone()
    };
    assert_eq!(outputs(None), [Output::Probability, Output::Contributions]);
    let asked = vec![Output::Contributions, Output::Margin];
    assert_eq!(outputs(Some(asked.clone())), asked);
}

#[test]
fn the_second_body_says_what_walks_say() {
    for precision in [Precision::F32, Precision::F64] {
        let shape = Shape { precision, ..GROWN };
        let model = grow(&shape, 11);
        let mut random = Random(5);
        let rows = 30;
        let values: Vec<f64> = (0..rows * shape.features)
            .map(|_| grown::number(&shape, 5.0 * random.unit() - 2.5))
            .collect();
        let asked = explaining(&[Output::Leaf, Output::Margin]);
        let [walked, ranked] = [Kind::Walk, Kind::Ranked].map(|kind| {
            let tables = tables_for(&model, kind, &asked).unwrap();
            let kernel = Kernel::from_tables(&tables).unwrap();
            assert_eq!(kernel.header().kind, kind);
            infer(&kernel, &values, rows)
        });
        assert!(walked == ranked, "{precision:?}");
        let Some(Values::F32 { width, .. } | Values::F64 { width, .. }) = walked.last() else {
            panic!("{precision:?}: contributions come last")
        };
        assert_eq!(*width, shape.groups * (shape.features + 1));
    }
}

#[test]
fn tables_with_covers_that_were_tampered_with_are_refused_or_harmless() {
    for precision in [Precision::F32, Precision::F64] {
        let shape = Shape {
            precision,
            trees: 2,
            leaves: 6,
            features: 3,
            sets_percent: 20,
            ..GROWN
        };
        let asked = explaining(&[Output::Leaf]);
        let good = tables_for(&grow(&shape, 5), Kind::Ranked, &asked).unwrap();
        for length in 0..good.len() {
            assert!(Kernel::from_tables(&good[..length]).is_err(), "{length}");
        }
        // Whatever is accepted must score without a panic and come to an end.
        for at in 0..good.len() {
            for byte in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] = byte;
                if let Ok(kernel) = Kernel::from_tables(&bad)
                    && kernel.header().features <= 1 << 10
                {
                    infer(&kernel, &vec![0.0; 2 * kernel.header().features], 2);
                }
            }
        }
    }
}

#[test]
fn what_cannot_be_explained_is_refused_with_the_reason() {
    let refused = |model: &[u8]| {
        let made = tables(model, &explaining(&[Output::Margin]));
        made.unwrap_err().to_string()
    };
    let text = |name: &str| String::from_utf8(trained::named(name).model).unwrap();
    let error = refused(&trained::named("lightgbm-4.7.0.linear").model);
    assert!(
        error.starts_with("the model has no `contributions`: its leaves are linear functions"),
        "{error}"
    );
    let counted = text("lightgbm-4.7.0.binary");
    for key in ["leaf_count", "internal_count"] {
        let kept = counted.split('\n').filter(|line| !line.starts_with(key));
        let error = refused(kept.collect::<Vec<_>>().join("\n").as_bytes());
        assert!(
            error.contains("the file does not tell: line ")
                && error.contains(&format!(", {key}: is missing")),
            "{error}"
        );
    }
    let renamed = text("xgboost-3.2.0.binary_logistic").replace("sum_hessian", "sum_of_another");
    let error = refused(renamed.as_bytes());
    assert!(
        error.ends_with(
            "does not tell: learner.gradient_booster.model.trees[0]: `sum_hessian` is missing"
        ),
        "{error}"
    );
}

#[test]
fn trees_are_explained_to_a_depth_of_1000() {
    let made = |depth| tables_for(&chain(depth), Kind::Ranked, &explaining(&[Output::Margin]));
    let tables = made(1_000).unwrap();
    let kernel = Kernel::from_tables(&tables).unwrap();
    let answers = infer(&kernel, &[10_000.0; GROWN.features], 1);
    let [
        Values::F64 {
            values: margins, ..
        },
        Values::F64 { values, .. },
    ] = &answers[..]
    else {
        panic!("{answers:?}")
    };
    let sum: f64 = values.iter().sum();
    assert!((sum - margins[0]).abs() < 1e-6, "{sum} is not {margins:?}");
    let error = made(1_001).unwrap_err().to_string();
    assert!(error.contains("a tree is 1001 splits deep"), "{error}");
}

/// One tree whose splits each have a leaf on their left.
fn chain(depth: usize) -> Description {
    let mut forest = Forest::new(CategoryRule::TowardsZero);
    forest.begin_tree(0);
    for at in 0..depth {
        let split = Split {
            feature: at % GROWN.features,
            test: Test::LessOrEqual(at as f64),
            missing: Missing::Nan,
            default_left: true,
            left: 2 * at + 1,
        };
        if at > 0 {
            forest.push_leaf((at % 7) as f64, at as u32, 1.0);
        }
        forest.push_split(&split, at as u32, (depth + 1 - at) as f64);
    }
    forest.push_leaf(0.5, 0, 1.0);
    forest.push_leaf(0.25, depth as u32, 1.0);
    let mut model = grow(&Shape { groups: 1, ..GROWN }, 1);
    model.family = Family::Trees(Box::new(forest));
    model
}
