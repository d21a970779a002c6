//! The reference and the native kernel give XGBoost's own numbers for every fixture.

mod common;

use common::{Fixture, NAMES, bits, fixture, narrow, options, ulps, wide};
use scoregate_compiler::description::Task;
use scoregate_compiler::{Output, reader, reference, tables};
use scoregate_kernel::{Kernel, Rows, Values};

const CLASSIFIER: &[Output] = &[Output::Margin, Output::Probability, Output::Label];
const REGRESSION: &[Output] = &[Output::Margin, Output::Prediction];

#[test]
fn margins_of_the_reference_are_xgboosts_bit_for_bit() {
    for name in NAMES {
        let fixture = fixture(name);
        let model = reader::read(&fixture.model).unwrap();
        let rows = fixture.values.chunks_exact(fixture.features);
        let margins: Vec<f32> = rows
            .flat_map(|row| narrow(&reference::margins(&model, &wide(row))))
            .collect();
        assert_eq!(bits(&margins), bits(&fixture.margins), "{name}");
        if name != "softmax" {
            let linked: Vec<f32> = margins
                .chunks_exact(fixture.groups)
                .flat_map(|row| narrow(&reference::linked(&model, &wide(row))))
                .collect();
            assert!(distance(&linked, &fixture.predictions) <= 1, "{name}");
        }
    }
}

#[test]
fn margins_of_the_kernel_are_xgboosts_bit_for_bit_and_probabilities_within_one_ulp() {
    let mut greatest = 0;
    for name in NAMES {
        let fixture = fixture(name);
        let (outputs, values) = infer(&fixture);
        let [
            Values::F32 {
                values: margins, ..
            },
            Values::F32 { values: linked, .. },
            labels @ ..,
        ] = &values[..]
        else {
            panic!("{name}: {outputs:?}")
        };
        assert_eq!(bits(margins), bits(&fixture.margins), "{name}");
        if name == "softmax" {
            let [Values::I64(labels)] = labels else {
                panic!("{name}: no labels")
            };
            let expected: Vec<i64> = fixture
                .predictions
                .iter()
                .map(|class| *class as i64)
                .collect();
            assert_eq!(*labels, expected);
        } else {
            greatest = greatest.max(distance(linked, &fixture.predictions));
        }
    }
    println!("greatest distance of a probability or prediction: {greatest} ULP");
    assert!(greatest <= 1);
}

#[test]
fn one_row_and_many_give_the_same() {
    for name in ["missing", "many_classes"] {
        let fixture = fixture(name);
        let tables = tables(&fixture.model, &options(None)).unwrap();
        let kernel = Kernel::from_tables(&tables).unwrap();
        let together = kernel.margins(Rows::F32(&fixture.values), fixture.rows);
        let alone: Vec<f64> = fixture
            .values
            .chunks_exact(fixture.features)
            .flat_map(|row| kernel.margins(Rows::F32(row), 1))
            .collect();
        assert_eq!(bits(&narrow(&together)), bits(&narrow(&alone)));
        assert!(kernel.margins(Rows::F32(&[]), 0).is_empty());
    }
}

#[test]
fn labels_are_the_classes_of_the_greatest_probability() {
    for name in ["missing", "classes", "no_trees"] {
        let fixture = fixture(name);
        let (_, values) = infer(&fixture);
        let [
            _,
            Values::F32 {
                width,
                values: probabilities,
            },
            Values::I64(labels),
        ] = &values[..]
        else {
            panic!("{name}: three outputs")
        };
        for (row, label) in probabilities.chunks_exact(*width).zip(labels) {
            let greatest = row.iter().copied().fold(0.0, f32::max);
            let expected = if *width == 1 {
                i64::from(row[0] > 0.5)
            } else {
                row.iter().position(|p| *p == greatest).unwrap() as i64
            };
            assert_eq!(*label, expected, "{name}: {row:?}");
        }
    }
}

#[test]
fn tables_that_were_tampered_with_are_refused_or_harmless() {
    let fixture = fixture("stump");
    let good = tables(&fixture.model, &options(None)).unwrap();
    for length in 0..good.len() {
        assert!(
            Kernel::from_tables(&good[..length]).is_err(),
            "the first {length} bytes"
        );
    }
    // Whatever is accepted must score without a panic and come to an end.
    for at in 0..good.len() {
        for value in [0x00, 0x01, 0x7f, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[at] = value;
            if let Ok(kernel) = Kernel::from_tables(&bad) {
                let width = kernel.header().features;
                if width < 1 << 16 {
                    let values = vec![0.0; 2 * width];
                    kernel.infer(Rows::F32(&values), 2);
                }
            }
        }
    }
}

fn infer(fixture: &Fixture) -> (Vec<Output>, Vec<Values>) {
    let outputs = match reader::read(&fixture.model).unwrap().task {
        Task::Regression => REGRESSION,
        Task::Binary | Task::Multiclass | Task::Labels => CLASSIFIER,
    };
    let tables = tables(&fixture.model, &options(Some(outputs))).unwrap();
    let kernel = Kernel::from_tables(&tables).unwrap();
    (
        outputs.to_vec(),
        kernel.infer(Rows::F32(&fixture.values), fixture.rows),
    )
}

/// Zero for equal bits, whatever their sign; else the distance of non-negative numbers.
fn distance(ours: &[f32], theirs: &[f32]) -> u32 {
    if bits(ours) == bits(theirs) {
        0
    } else {
        ulps(ours, theirs)
    }
}
