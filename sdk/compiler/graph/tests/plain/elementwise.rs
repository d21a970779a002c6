use scoregate_graph::data::Datatype;
use scoregate_graph::ops::{Binary, Compare, Elementwise, Op, Unary};

use super::{Value, bools, f32s, f64s, given, i32s, i64s, refusal, run, texts, trial};

fn unary(function: Unary) -> Op {
    Op::Elementwise(Elementwise::Unary(function))
}

fn binary(function: Binary) -> Op {
    Op::Elementwise(Elementwise::Binary(function))
}

#[test]
fn shapes_meet_as_in_numpy() {
    let table = f32s(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let row = f32s(&[3], &[10.0, 20.0, 30.0]);
    let column = f32s(&[2, 1], &[100.0, 200.0]);
    let one = f32s(&[], &[1.0]);
    let add = || binary(Binary::Add);
    let sub = || binary(Binary::Sub);
    assert_eq!(
        run(add(), &[table.clone(), row.clone()]),
        f32s(&[2, 3], &[11.0, 22.0, 33.0, 14.0, 25.0, 36.0])
    );
    assert_eq!(
        run(sub(), &[row.clone(), table.clone()]),
        f32s(&[2, 3], &[9.0, 18.0, 27.0, 6.0, 15.0, 24.0])
    );
    assert_eq!(
        run(sub(), &[table.clone(), column.clone()]),
        f32s(&[2, 3], &[-99.0, -98.0, -97.0, -196.0, -195.0, -194.0])
    );
    assert_eq!(
        run(sub(), &[one, table.clone()]),
        f32s(&[2, 3], &[0.0, -1.0, -2.0, -3.0, -4.0, -5.0])
    );
    assert_eq!(
        run(add(), &[column, row]),
        f32s(&[2, 3], &[110.0, 120.0, 130.0, 210.0, 220.0, 230.0])
    );
    assert_eq!(
        run(add(), &[table.clone(), f32s(&[2, 1, 1], &[1.0, 2.0])])
            .shape()
            .dims(),
        [2, 2, 3]
    );
    assert_eq!(
        run(add(), &[f32s(&[0, 3], &[]), f32s(&[3], &[1.0; 3])]),
        f32s(&[0, 3], &[])
    );
    let refused = refusal(add(), &[table, f32s(&[2], &[1.0, 2.0])]);
    assert_eq!(refused, "shapes that do not fit each other: [2, 3] and [2]");
}

#[test]
fn several_inputs_are_taken_in_order() {
    let inputs = [
        f32s(&[2], &[1.0, 5.0]),
        f32s(&[2], &[3.0, 4.0]),
        f32s(&[1], &[2.0]),
    ];
    assert_eq!(run(binary(Binary::Max), &inputs), f32s(&[2], &[3.0, 5.0]));
    assert_eq!(run(binary(Binary::Add), &inputs), f32s(&[2], &[6.0, 11.0]));
    assert_eq!(
        run(Op::Elementwise(Elementwise::Mean), &inputs),
        f32s(&[2], &[2.0, 11.0 / 3.0])
    );
    assert_eq!(run(binary(Binary::Max), &inputs[..1]), inputs[0]);
}

#[test]
fn a_value_may_stand_on_both_sides() {
    use scoregate_graph::ops::Args;
    let ready = binary(Binary::Mul).ready(&[]).unwrap();
    let mut values = [Some(f32s(&[2], &[3.0, 4.0]))];
    let mut args = Args::new(&mut values, &[0, 0], &[false, true]);
    let mut made = Vec::new();
    ready.run(&mut args, &mut made).unwrap();
    assert_eq!(made, [f32s(&[2], &[9.0, 16.0])]);
}

#[test]
fn what_is_no_number_is_told() {
    let (none, ten) = (f32s(&[2], &[f32::NAN, 1.0]), f32s(&[2], &[10.0, f32::NAN]));
    for function in [Binary::Max, Binary::Min] {
        let made = run(binary(function), &[none.clone(), ten.clone()]);
        assert!(made.as_f32().unwrap().iter().all(|value| value.is_nan()));
    }
    let is_nan = Op::Elementwise(Elementwise::IsNan);
    assert_eq!(run(is_nan, &[none]), bools(&[2], &[1, 0]));
    let infinite = |negative, positive| Op::Elementwise(Elementwise::IsInf { negative, positive });
    let both = f64s(&[3], &[f64::INFINITY, f64::NEG_INFINITY, 0.0]);
    assert_eq!(
        run(infinite(false, true), std::slice::from_ref(&both)),
        bools(&[3], &[1, 0, 0])
    );
    assert_eq!(run(infinite(true, true), &[both]), bools(&[3], &[1, 1, 0]));
}

#[test]
fn whole_numbers_never_stop_the_run() {
    let (left, right) = (
        i64s(&[4], &[7, -7, 7, i64::MIN]),
        i64s(&[4], &[3, 3, -3, -1]),
    );
    let both = [left.clone(), right];
    assert_eq!(
        run(binary(Binary::Div), &both),
        i64s(&[4], &[2, -2, -2, i64::MIN])
    );
    assert_eq!(run(binary(Binary::Mod), &both), i64s(&[4], &[1, 2, -2, 0]));
    assert_eq!(run(binary(Binary::Fmod), &both), i64s(&[4], &[1, -1, 1, 0]));
    assert_eq!(
        run(
            binary(Binary::Pow),
            &[i64s(&[2], &[2, 10]), i64s(&[2], &[10, 30])]
        ),
        i64s(&[2], &[1024, i64::MAX])
    );
    let zero = [left, i64s(&[], &[0])];
    assert_eq!(
        refusal(binary(Binary::Div), &zero),
        "a whole number is divided by zero"
    );
    assert_eq!(
        trial(binary(Binary::Mod), &zero).unwrap(),
        [i64s(&[4], &[0; 4])]
    );
    assert_eq!(
        run(unary(Unary::Abs), &[i32s(&[2], &[i32::MIN, -3])]),
        i32s(&[2], &[i32::MIN, 3])
    );
}

#[test]
fn functions_are_those_of_the_schema() {
    let x = f32s(&[5], &[-2.5, -0.5, 0.0, 0.5, 2.5]);
    for (function, expected) in [
        (Unary::Round, [-2.0, -0.0, 0.0, 0.0, 2.0]),
        (Unary::Sign, [-1.0, -1.0, 0.0, 1.0, 1.0]),
        (Unary::Relu, [0.0, 0.0, 0.0, 0.5, 2.5]),
        (Unary::LeakyRelu(0.5), [-1.25, -0.25, 0.0, 0.5, 2.5]),
        (Unary::ThresholdedRelu(0.5), [0.0, 0.0, 0.0, 0.0, 2.5]),
        (
            Unary::HardSigmoid {
                alpha: 0.5,
                beta: 0.5,
            },
            [0.0, 0.25, 0.5, 0.75, 1.0],
        ),
        (
            Unary::Softsign,
            [-2.5 / 3.5, -0.5 / 1.5, 0.0, 0.5 / 1.5, 2.5 / 3.5],
        ),
    ] {
        assert_eq!(
            run(unary(function), std::slice::from_ref(&x)),
            f32s(&[5], &expected),
            "{function:?}"
        );
    }
    let near = |function: Unary, expected: f64| {
        let made = run(unary(function), &[f64s(&[1], &[0.7])]);
        assert!(
            (made.as_f64().unwrap()[0] - expected).abs() < 1e-12,
            "{function:?}: {made:?}"
        );
        let made = run(unary(function), &[f32s(&[1], &[0.7])]);
        assert!(
            (f64::from(made.as_f32().unwrap()[0]) - expected).abs() < 2e-7,
            "{function:?}: {made:?}"
        );
    };
    near(Unary::Exp, 0.7_f64.exp());
    near(Unary::Log, 0.7_f64.ln());
    near(Unary::Tanh, 0.7_f64.tanh());
    near(Unary::Sigmoid, 1.0 / (1.0 + (-0.7_f64).exp()));
    near(Unary::Softplus, 0.7_f64.exp().ln_1p());
    near(Unary::Erf, 0.677_801_193_837_418_5);
    near(
        Unary::Gelu { approximate: false },
        0.7 * 0.758_036_347_776_927,
    );
    assert_eq!(
        refusal(unary(Unary::Exp), &[texts(&[1], &["a"])]),
        "Exp of string is not served"
    );
}

#[test]
fn casts_are_those_of_onnxruntime() {
    let cast = |to, value: Value| run(Op::Elementwise(Elementwise::Cast(to)), &[value]);
    let reals = f32s(&[5], &[-1.9, 1.9, f32::NAN, f32::INFINITY, 3e9]);
    assert_eq!(
        cast(Datatype::I32, reals.clone()),
        i32s(&[5], &[-1, 1, i32::MIN, i32::MIN, i32::MIN])
    );
    assert_eq!(
        cast(Datatype::I64, reals.clone()),
        i64s(&[5], &[-1, 1, i64::MIN, i64::MIN, 3_000_000_000])
    );
    assert_eq!(
        cast(Datatype::Text, reals),
        texts(&[5], &["-1.9", "1.9", "NaN", "INF", "3e+09"])
    );
    let reals = f64s(&[4], &[1e-5, 0.0001, 123_456_789.0, -0.1]);
    assert_eq!(
        cast(Datatype::Text, reals),
        texts(&[4], &["1e-05", "0.0001", "1.2345679e+08", "-0.1"])
    );
    assert_eq!(
        cast(Datatype::Bool, f64s(&[3], &[0.0, -0.0, f64::NAN])),
        bools(&[3], &[0, 0, 1])
    );
    assert_eq!(
        cast(Datatype::F32, texts(&[3], &[" 1.5", "NaN", "1e3"]))
            .as_f32()
            .unwrap()[2],
        1000.0
    );
    assert_eq!(
        cast(Datatype::I64, bools(&[2], &[0, 1])),
        i64s(&[2], &[0, 1])
    );
    let to_whole = Op::Elementwise(Elementwise::Cast(Datatype::I64));
    assert_eq!(
        refusal(to_whole.clone(), &[texts(&[1], &["one"])]),
        "`one` is no int64"
    );
    assert_eq!(
        trial(to_whole, &[texts(&[1], &[""])]).unwrap(),
        [i64s(&[1], &[0])]
    );
}

#[test]
fn choices_are_made_for_each_element() {
    let choose = || Op::Elementwise(Elementwise::Where);
    let which = bools(&[2, 1], &[1, 0]);
    let made = run(
        choose(),
        &[
            which.clone(),
            f32s(&[3], &[1.0, 2.0, 3.0]),
            f32s(&[], &[0.0]),
        ],
    );
    assert_eq!(made, f32s(&[2, 3], &[1.0, 2.0, 3.0, 0.0, 0.0, 0.0]));
    let made = run(
        choose(),
        &[which.clone(), texts(&[1], &["yes"]), texts(&[1], &["no"])],
    );
    assert_eq!(made, texts(&[2, 1], &["yes", "no"]));
    assert_eq!(
        refusal(choose(), &[which, f32s(&[], &[0.0]), i64s(&[], &[0])]),
        "a choice between float and int64 is not served"
    );
    let clip = Op::Elementwise(Elementwise::Clip);
    let inputs = [Some(i64s(&[3], &[-5, 0, 5])), None, Some(i64s(&[], &[2]))];
    assert_eq!(
        given(&clip, &inputs, &[], false).unwrap(),
        [i64s(&[3], &[-5, 0, 2])]
    );
    let inputs = [
        Some(f32s(&[3], &[f32::INFINITY, -3.0, f32::NAN])),
        Some(f32s(&[], &[-1.0])),
        None,
    ];
    let made = given(&clip, &inputs, &[], false).unwrap().remove(0);
    assert_eq!(made.as_f32().unwrap()[..2], [f32::MAX, -1.0]);
    assert!(made.as_f32().unwrap()[2].is_nan());
}

#[test]
fn comparisons_give_truths() {
    let compare = |how| Op::Elementwise(Elementwise::Compare(how));
    let (left, right) = (f32s(&[3], &[1.0, 2.0, f32::NAN]), f32s(&[1], &[2.0]));
    assert_eq!(
        run(compare(Compare::Less), &[left.clone(), right.clone()]),
        bools(&[3], &[1, 0, 0])
    );
    assert_eq!(
        run(compare(Compare::GreaterOrEqual), &[left, right]),
        bools(&[3], &[0, 1, 0])
    );
    assert_eq!(
        run(
            compare(Compare::Equal),
            &[texts(&[2], &["a", "b"]), texts(&[1], &["b"])]
        ),
        bools(&[2], &[0, 1])
    );
    let (yes, no) = (bools(&[2], &[1, 1]), bools(&[2], &[0, 1]));
    assert_eq!(
        run(binary(Binary::And), &[yes.clone(), no.clone()]),
        bools(&[2], &[0, 1])
    );
    assert_eq!(
        run(binary(Binary::Xor), &[yes, no.clone()]),
        bools(&[2], &[1, 0])
    );
    assert_eq!(
        run(Op::Elementwise(Elementwise::Not), &[no]),
        bools(&[2], &[1, 0])
    );
}
