//! Operators of `ai.onnx.ml` and on texts, each on a few numbers whose answers can be seen.

use scoregate_graph::blob::Blobs;
use scoregate_graph::data::{Data, Datatype, Text};
use scoregate_graph::ops::{
    Aggregate, Args, Body, Case, Class, Classes, Encode, Imputer, Kernel, Labels, Learned,
    LinearClassifier, LinearRegressor, Mode, Norm, Normalize, OneHot, Op, Plain, Post, Scaler, Svm,
    SvmClassifier, TfIdf, TfIdfKeys, Tokens, Trees, Weighting, Words,
};
use scoregate_graph::shape::Shape;
use scoregate_graph::tensor::Tensor;

fn run(
    op: &Op,
    blobs: &Blobs,
    inputs: Vec<Tensor<'static>>,
) -> Result<Vec<Tensor<'static>>, String> {
    let ready = op.ready(blobs.bytes())?;
    let ids: Vec<u32> = (0..inputs.len() as u32).collect();
    let last = vec![true; inputs.len()];
    let mut values: Vec<Option<Tensor<'_>>> = inputs.into_iter().map(Some).collect();
    let mut made = Vec::new();
    ready.run(&mut Args::new(&mut values, &ids, &last), &mut made)?;
    Ok(made.into_iter().map(Tensor::into_owned).collect())
}

fn only(op: Learned, blobs: &Blobs, inputs: Vec<Tensor<'static>>) -> Tensor<'static> {
    let mut made = run(&Op::Learned(op), blobs, inputs).unwrap();
    assert_eq!(made.len(), 1);
    made.pop().unwrap()
}

fn floats(dims: &[usize], values: &[f32]) -> Tensor<'static> {
    Tensor::f32(Shape::new(dims).unwrap(), values.to_vec()).unwrap()
}

fn ints(dims: &[usize], values: &[i64]) -> Tensor<'static> {
    Tensor::i64(Shape::new(dims).unwrap(), values.to_vec()).unwrap()
}

fn texts(dims: &[usize], values: &[&'static str]) -> Tensor<'static> {
    let texts: Vec<Text<'static>> = values
        .iter()
        .map(|text| Text::Borrowed(text.as_bytes()))
        .collect();
    Tensor::text(Shape::new(dims).unwrap(), texts).unwrap()
}

#[test]
fn a_scaler_scales_column_by_column_and_answers_in_floats() {
    let mut blobs = Blobs::default();
    let offset = blobs.put_numbers(&[1.0_f32, 2.0]).unwrap();
    let scale = blobs.put_numbers(&[10.0_f32, 0.5]).unwrap();
    let op = || Learned::Scaler(Scaler { offset, scale });
    let expected = floats(&[2, 2], &[0.0, 1.0, 20.0, -1.0]);
    assert_eq!(
        only(op(), &blobs, vec![floats(&[2, 2], &[1.0, 4.0, 3.0, 0.0])]),
        expected
    );
    assert_eq!(
        only(op(), &blobs, vec![ints(&[2, 2], &[1, 4, 3, 0])]),
        expected
    );
}

#[test]
fn an_imputer_fills_what_is_nan() {
    let mut blobs = Blobs::default();
    let imputed = blobs.put_numbers(&[7.0_f32, 8.0]).unwrap();
    let op = Learned::Imputer(Imputer::Floats {
        replaced: f32::NAN,
        imputed,
    });
    let filled = only(
        op,
        &blobs,
        vec![floats(&[2, 2], &[f32::NAN, 1.0, 2.0, f32::NAN])],
    );
    assert_eq!(filled, floats(&[2, 2], &[7.0, 1.0, 2.0, 8.0]));
}

#[test]
fn norms_keep_the_signs_and_leave_rows_of_zeros() {
    let rows = || vec![floats(&[2, 2], &[3.0, -4.0, 0.0, 0.0])];
    let norm = |norm| only(Learned::Normalizer(norm), &Blobs::default(), rows());
    assert_eq!(
        norm(Norm::L1),
        floats(&[2, 2], &[3.0 / 7.0, -4.0 / 7.0, 0.0, 0.0])
    );
    assert_eq!(
        norm(Norm::L2),
        floats(&[2, 2], &[0.36_f32.sqrt(), -(0.64_f32.sqrt()), 0.0, 0.0])
    );
    assert_eq!(
        norm(Norm::Max),
        floats(&[2, 2], &[1.0, -4.0 / 3.0, 0.0, 0.0])
    );
}

#[test]
fn a_binarizer_refuses_nan() {
    let op = Op::Learned(Learned::Binarizer { threshold: 1.5 });
    let run = |value| run(&op, &Blobs::default(), vec![floats(&[1, 2], &[1.5, value])]);
    assert_eq!(run(1.6).unwrap(), [floats(&[1, 2], &[0.0, 1.0])]);
    assert!(run(f32::NAN).unwrap_err().contains("NaN"));
}

#[test]
fn columns_are_picked_by_number_and_put_side_by_side() {
    let rows = || floats(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let blobs = Blobs::default();
    let picked = only(Learned::Extract, &blobs, vec![rows(), ints(&[2], &[2, 0])]);
    assert_eq!(picked, floats(&[2, 2], &[3.0, 1.0, 6.0, 4.0]));
    let beyond = run(
        &Op::Learned(Learned::Extract),
        &blobs,
        vec![rows(), ints(&[1], &[3])],
    );
    assert_eq!(beyond.unwrap_err(), "column 3 is asked for of 3");
    let op = Learned::Vectorize {
        columns: vec![2, 2],
    };
    let joined = only(op, &blobs, vec![rows(), ints(&[2, 1], &[8, 9])]);
    assert_eq!(
        joined,
        floats(&[2, 4], &[1.0, 2.0, 8.0, 0.0, 4.0, 5.0, 9.0, 0.0])
    );
}

#[test]
fn a_category_that_is_not_known_is_zeros_or_refused() {
    let mut blobs = Blobs::default();
    let categories = blobs.put_texts(&["red", "blue"]).unwrap();
    let input = || vec![texts(&[2, 1], &["blue", "green"])];
    let op = |zeros, places| {
        Learned::OneHot(OneHot {
            datatype: Datatype::Text,
            categories,
            zeros,
            places,
        })
    };
    assert_eq!(
        only(op(true, false), &blobs, input()),
        floats(&[2, 1, 2], &[0.0, 1.0, 0.0, 0.0])
    );
    let places = Tensor::i32(Shape::new(&[2, 1]).unwrap(), vec![1, 2]).unwrap();
    assert_eq!(only(op(true, true), &blobs, input()), places);
    for places in [false, true] {
        let refused = run(&Op::Learned(op(false, places)), &blobs, input()).unwrap_err();
        assert_eq!(
            refused,
            "the input's value 1 is none of the 2 categories, and the model takes no other"
        );
    }
}

#[test]
fn an_encoder_finds_nan_only_where_it_may() {
    let mut blobs = Blobs::default();
    let keys = blobs.put_numbers(&[f32::NAN, 0.0]).unwrap();
    let values = blobs.put_texts(&["nan", "zero", "other"]).unwrap();
    let op = |nan| {
        let op = Learned::Encode(Encode {
            key_type: Datatype::F32,
            keys,
            value_type: Datatype::Text,
            values,
            nan,
            last: false,
        });
        only(op, &blobs, vec![floats(&[3], &[f32::NAN, -0.0, 1.0])])
    };
    assert_eq!(op(true), texts(&[3], &["nan", "zero", "other"]));
    assert_eq!(op(false), texts(&[3], &["other", "zero", "other"]));
}

#[test]
fn a_linear_classifier_gives_labels_and_scores() {
    let mut blobs = Blobs::default();
    let sums = LinearRegressor {
        coefficients: Some(
            blobs
                .put_numbers(&[1.0_f32, 0.0, 0.0, 1.0, 1.0, 1.0])
                .unwrap(),
        ),
        intercepts: blobs.put_numbers(&[0.0_f32, 0.5, -3.0]).unwrap(),
        targets: 3,
        post: Post::None,
    };
    let labels = Labels::Texts(blobs.put_texts(&["a", "b", "c"]).unwrap());
    let op = Op::Learned(Learned::LinearClassifier(LinearClassifier { sums, labels }));
    let made = run(&op, &blobs, vec![floats(&[2, 2], &[2.0, 1.0, 5.0, 6.0])]).unwrap();
    let scores = floats(&[2, 3], &[2.0, 1.5, 0.0, 5.0, 6.5, 8.0]);
    assert_eq!(made, [texts(&[2], &["a", "c"]), scores]);
}

#[test]
fn a_support_vector_machine_of_two_classes_gives_both_signs() {
    let mut blobs = Blobs::default();
    let svm = Svm {
        kernel: Kernel::Linear,
        vectors: blobs.put_numbers(&[1.0_f32, 0.0, 0.0, 1.0]).unwrap(),
        count: 2,
        coefficients: blobs.put_numbers(&[1.0_f32, -1.0]).unwrap(),
        rho: blobs.put_numbers(&[0.25_f32]).unwrap(),
    };
    let none = blobs.put_numbers::<f32>(&[]).unwrap();
    let op = Op::Learned(Learned::SvmClassifier(SvmClassifier {
        svm,
        labels: Labels::Ints(blobs.put_numbers(&[7_i64, 9]).unwrap()),
        per_class: vec![1, 1],
        prob_a: none,
        prob_b: none,
        post: Post::None,
        all_positive: false,
    }));
    let made = run(&op, &blobs, vec![floats(&[2, 2], &[3.0, 1.0, 0.0, 1.0])]).unwrap();
    let scores = floats(&[2, 2], &[-2.25, 2.25, 0.75, -0.75]);
    assert_eq!(made, [ints(&[2], &[7, 9]), scores]);
}

/// One tree: `x[0] == 2` or missing gives the first leaf, else the second.
fn tree(
    blobs: &mut Blobs,
    weights: &[f64],
    aggregate: Aggregate,
    classes: Option<Classes>,
    post: Post,
) -> Op {
    let words = [
        0,
        Mode::Equal as u32 | Mode::MISSING_TRUE,
        1,
        2,
        0,
        0,
        0,
        1,
        0,
        0,
        1,
        1,
    ];
    let plain = Plain {
        nodes: blobs.put_numbers::<u32>(&words).unwrap(),
        thresholds: blobs.put_numbers(&[2.0_f64, 0.0, 0.0]).unwrap(),
        roots: blobs.put_numbers(&[0_u32]).unwrap(),
        weight_targets: blobs.put_numbers(&[0_u32, 0]).unwrap(),
        weights: blobs.put_numbers(weights).unwrap(),
        members: blobs.put_numbers::<f64>(&[]).unwrap(),
        set_ends: blobs.put_numbers::<u32>(&[]).unwrap(),
    };
    Op::Learned(Learned::Trees(Box::new(Trees {
        body: Body::Plain(plain),
        double: false,
        wide: false,
        targets: if classes.is_some() { 2 } else { 1 },
        base: Vec::new(),
        aggregate,
        trees: 1,
        post,
        classes,
    })))
}

#[test]
fn a_walk_heeds_equality_and_missing_values() {
    let mut blobs = Blobs::default();
    let op = tree(&mut blobs, &[1.5, -2.0], Aggregate::Max, None, Post::None);
    let made = run(&op, &blobs, vec![floats(&[3, 1], &[2.0, f32::NAN, 2.5])]).unwrap();
    assert_eq!(made, [floats(&[3, 1], &[1.5, 1.5, -2.0])]);
}

#[test]
fn two_classes_of_one_weight_get_both_scores() {
    let mut blobs = Blobs::default();
    let labels = Labels::Texts(blobs.put_texts(&["no", "yes"]).unwrap());
    let classes = |all_positive| {
        Some(Classes {
            labels,
            binary: true,
            all_positive,
        })
    };
    let rows = || vec![floats(&[2, 1], &[2.0, 0.0])];
    let op = tree(
        &mut blobs,
        &[0.75, 0.25],
        Aggregate::Sum,
        classes(true),
        Post::None,
    );
    let made = run(&op, &blobs, rows()).unwrap();
    assert_eq!(
        made,
        [
            texts(&[2], &["yes", "no"]),
            floats(&[2, 2], &[0.25, 0.75, 0.75, 0.25])
        ]
    );
    let op = tree(
        &mut blobs,
        &[0.75, -0.25],
        Aggregate::Sum,
        classes(false),
        Post::None,
    );
    let made = run(&op, &blobs, rows()).unwrap();
    assert_eq!(
        made,
        [
            texts(&[2], &["yes", "no"]),
            floats(&[2, 2], &[-0.75, 0.75, 0.25, -0.25])
        ]
    );
}

#[test]
fn trees_whose_links_lie_are_refused() {
    let mut blobs = Blobs::default();
    let op = tree(&mut blobs, &[1.0], Aggregate::Sum, None, Post::None);
    assert_eq!(
        op.ready(blobs.bytes()).unwrap_err(),
        "node 2 of the tables goes where nothing is"
    );
}

fn words(op: Words, blobs: &Blobs, input: Tensor<'static>) -> Tensor<'static> {
    run(&Op::Words(op), blobs, vec![input])
        .unwrap()
        .pop()
        .unwrap()
}

#[test]
fn letters_change_their_case_one_by_one_and_stop_words_are_left_out() {
    let op = Words::Normalize(Normalize {
        case: Case::Upper,
        compared: Case::Upper,
        stop_words: vec![b"RED".to_vec()],
    });
    let made = words(op, &Blobs::default(), texts(&[3], &["Red", "straße", "éa"]));
    assert_eq!(made, texts(&[2], &["STRAßE", "ÉA"]));
}

#[test]
fn texts_are_parted_into_words_and_filled_up() {
    let op = Words::Tokens(Tokens {
        class: Class {
            ranges: vec![('a', 'z')],
            negated: false,
        },
        single: false,
        least: 2,
        mark: false,
        pad: b"#".to_vec(),
    });
    let made = words(
        op,
        &Blobs::default(),
        texts(&[2], &["one, a two", "é three"]),
    );
    assert_eq!(made, texts(&[2, 2], &["one", "two", "three", "#"]));
}

#[test]
fn sequences_of_words_are_counted() {
    let mut blobs = Blobs::default();
    let op = Words::TfIdf(TfIdf {
        keys: TfIdfKeys::Texts(blobs.put_texts(&["a", "b"]).unwrap()),
        sequences: blobs.put_numbers(&[0_u32, 0, 1]).unwrap(),
        ends: blobs.put_numbers(&[1_u32, 3]).unwrap(),
        columns: blobs.put_numbers(&[1_u32, 0]).unwrap(),
        width: 2,
        lengths: (1, 2),
        skips: 1,
        weighting: Weighting::Tf,
        weights: blobs.put_numbers::<f32>(&[]).unwrap(),
    });
    let made = words(
        op,
        &blobs,
        texts(&[2, 4], &["a", "b", "a", "c", "a", "c", "b", "#"]),
    );
    assert_eq!(made, floats(&[2, 2], &[1.0, 2.0, 1.0, 1.0]));
}

#[test]
fn hashes_are_murmurs() {
    let op = |positive| Words::Hash { seed: 0, positive };
    let made = words(op(true), &Blobs::default(), texts(&[2], &["", "hello"]));
    assert_eq!(made.data(), &Data::I64(vec![0, 0x248b_fa47].into()));
    let made = words(op(false), &Blobs::default(), texts(&[1], &["foo"]));
    assert_eq!(made.data(), &Data::I32(vec![-156_908_512].into()));
}
