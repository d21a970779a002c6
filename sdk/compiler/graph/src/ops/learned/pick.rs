//! Columns picked and put side by side: ArrayFeatureExtractor, FeatureVectorizer.

use std::borrow::Cow;

use super::numbers;
use crate::data::Data;
use crate::ops::Args;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The columns of the first input that the second one numbers.
pub(super) fn extract<'v>(args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
    let trial = args.is_trial();
    let (input, numbers) = (args.get(0)?, args.get(1)?);
    let numbers = numbers.as_i64()?;
    let Some((columns, before)) = input
        .shape()
        .dims()
        .split_last()
        .map(|(last, before)| (*last, before.to_vec()))
    else {
        return Err("a scalar has no columns".to_owned());
    };
    if numbers.is_empty() {
        return Err("no column is asked for".to_owned());
    }
    let mut places = Vec::with_capacity(numbers.len());
    for number in numbers {
        let place = usize::try_from(*number).unwrap_or(usize::MAX);
        match place {
            place if place < columns => places.push(place),
            // Made-up numbers are zeros, or what was made of them.
            _ if trial && columns > 0 => places.push(0),
            _ => return Err(format!("column {number} is asked for of {columns}")),
        }
    }
    let shape = match &before[..] {
        [] => Shape::new(&[1, places.len()])?,
        before => {
            let mut dims = before.to_vec();
            dims.push(places.len());
            Shape::new(&dims)?
        }
    };
    let data = match input.data() {
        Data::F32(data) => Data::F32(picked(data, columns, &places)),
        Data::F64(data) => Data::F64(picked(data, columns, &places)),
        Data::I32(data) => Data::I32(picked(data, columns, &places)),
        Data::I64(data) => Data::I64(picked(data, columns, &places)),
        Data::Bool(data) => Data::Bool(picked(data, columns, &places)),
        Data::Text(data) => Data::Text(picked(data, columns, &places).into_owned().into()),
    };
    Tensor::new(shape, data)
}

fn picked<'o, T: Clone>(data: &[T], columns: usize, places: &[usize]) -> Cow<'o, [T]> {
    if let [place] = places {
        return Cow::Owned(data.iter().skip(*place).step_by(columns).cloned().collect());
    }
    let mut picked = Vec::with_capacity(data.len() / columns * places.len());
    for row in data.chunks_exact(columns) {
        picked.extend(places.iter().map(|place| row[*place].clone()));
    }
    Cow::Owned(picked)
}

/// So many columns of each input side by side, as `f32`; those that an input has not are zeros.
pub(super) fn vectorize<'v>(
    columns: &[u32],
    args: &mut Args<'_, 'v>,
) -> Result<Tensor<'v>, String> {
    if columns.len() != args.len() || columns.is_empty() {
        return Err(format!(
            "{} inputs, and numbers of columns for {}",
            args.len(),
            columns.len()
        ));
    }
    let width: usize = columns.iter().map(|columns| *columns as usize).sum();
    let (rows, _) = args.get(0)?.shape().table();
    let shape = numbers::rows_of(rows, width)?;
    let mut values = vec![0.0; shape.elements()];
    let mut first = 0;
    for (at, columns) in columns.iter().enumerate() {
        let input = args.get(at)?;
        let (own_rows, own) = input.shape().table();
        if own_rows != rows {
            return Err(format!(
                "input {at} has {own_rows} rows where the first has {rows}"
            ));
        }
        let taken = own.min(*columns as usize);
        let data = numbers::floats(input)?;
        for (into, from) in values
            .chunks_exact_mut(width.max(1))
            .zip(data.chunks_exact(own.max(1)))
        {
            into[first..first + taken].copy_from_slice(&from[..taken]);
        }
        first += *columns as usize;
    }
    Tensor::f32(shape, values)
}
