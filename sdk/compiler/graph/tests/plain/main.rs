//! The plain operators: small exact answers, and what each refuses.

mod algebra;
mod elementwise;
mod layout;
mod reduce;

use scoregate_graph::data::{Data, Text};
use scoregate_graph::ops::{Args, Op};
use scoregate_graph::program::ABSENT;
use scoregate_graph::shape::Shape;
use scoregate_graph::tensor::Tensor;

pub type Value = Tensor<'static>;

pub fn f32s(dims: &[usize], data: &[f32]) -> Value {
    Tensor::f32(Shape::new(dims).unwrap(), data.to_vec()).unwrap()
}

pub fn f64s(dims: &[usize], data: &[f64]) -> Value {
    Tensor::f64(Shape::new(dims).unwrap(), data.to_vec()).unwrap()
}

pub fn i64s(dims: &[usize], data: &[i64]) -> Value {
    Tensor::i64(Shape::new(dims).unwrap(), data.to_vec()).unwrap()
}

pub fn i32s(dims: &[usize], data: &[i32]) -> Value {
    Tensor::i32(Shape::new(dims).unwrap(), data.to_vec()).unwrap()
}

pub fn bools(dims: &[usize], data: &[u8]) -> Value {
    Tensor::bool(Shape::new(dims).unwrap(), data.to_vec()).unwrap()
}

pub fn texts(dims: &[usize], data: &[&str]) -> Value {
    let texts: Vec<Text<'static>> = data
        .iter()
        .map(|text| Text::Owned(text.as_bytes().to_vec()))
        .collect();
    Tensor::new(Shape::new(dims).unwrap(), Data::Text(texts.into())).unwrap()
}

/// All that an operator gives; whether it may use its inputs up makes no difference.
pub fn given(
    op: &Op,
    inputs: &[Option<Value>],
    blobs: &[u8],
    trial: bool,
) -> Result<Vec<Value>, String> {
    let ready = op.ready(blobs)?;
    let ids: Vec<u32> = (0..)
        .zip(inputs)
        .map(|(id, input)| input.as_ref().map_or(ABSENT, |_| id))
        .collect();
    let run = |last: bool| {
        let mut values = inputs.to_vec();
        let last = vec![last; ids.len()];
        let mut args = Args::new(&mut values, &ids, &last);
        if trial {
            args = args.on_trial();
        }
        let mut made = Vec::new();
        ready.run(&mut args, &mut made)?;
        Ok::<_, String>(made.into_iter().map(Tensor::into_owned).collect::<Vec<_>>())
    };
    let (kept, used) = (run(false), run(true));
    assert_eq!(format!("{kept:?}"), format!("{used:?}"), "in place or not");
    kept
}

pub fn run(op: impl Into<Op>, inputs: &[Value]) -> Value {
    let inputs: Vec<Option<Value>> = inputs.iter().cloned().map(Some).collect();
    let mut made = given(&op.into(), &inputs, &[], false).unwrap();
    assert_eq!(made.len(), 1);
    made.remove(0)
}

pub fn refusal(op: impl Into<Op>, inputs: &[Value]) -> String {
    let inputs: Vec<Option<Value>> = inputs.iter().cloned().map(Some).collect();
    given(&op.into(), &inputs, &[], false).unwrap_err()
}

/// What it does with made-up inputs.
pub fn trial(op: impl Into<Op>, inputs: &[Value]) -> Result<Vec<Value>, String> {
    let inputs: Vec<Option<Value>> = inputs.iter().cloned().map(Some).collect();
    given(&op.into(), &inputs, &[], true)
}
