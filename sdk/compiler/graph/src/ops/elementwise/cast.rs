//! From one datatype to another, as onnxruntime has it on x86-64: a real number that a whole one cannot hold becomes the least one.

use std::borrow::Cow;

use crate::data::{Data, Datatype, Text};
use crate::ops::Args;
use crate::tensor::Tensor;

/// The input as elements of another datatype.
pub fn cast<'v>(args: &mut Args<'_, 'v>, to: Datatype) -> Result<Tensor<'v>, String> {
    if args.get(0)?.datatype() == to {
        return args.take(0);
    }
    let trial = args.is_trial();
    let input = args.get(0)?;
    let shape = input.shape();
    let data = match input.data() {
        Data::F32(data) => of_real(data, to, |value| f64::from(*value), |value| *value),
        Data::F64(data) => of_real(data, to, |value| *value, |value| *value as f32),
        Data::I32(data) => of_whole(data, to, |value| i64::from(*value)),
        Data::I64(data) => of_whole(data, to, |value| *value),
        Data::Bool(data) => of_whole(data, to, |value| i64::from(*value)),
        Data::Text(data) => of_texts(data, to, trial)?,
    };
    Tensor::new(shape, data)
}

fn of_real<'v, T>(
    data: &[T],
    to: Datatype,
    wide: impl Fn(&T) -> f64,
    narrow: impl Fn(&T) -> f32,
) -> Data<'v> {
    let wide = data.iter().map(wide);
    match to {
        Datatype::F32 => Data::F32(data.iter().map(narrow).collect()),
        Datatype::F64 => Data::F64(wide.collect()),
        Datatype::I32 => Data::I32(wide.map(to_i32).collect()),
        Datatype::I64 => Data::I64(wide.map(to_i64).collect()),
        Datatype::Bool => Data::Bool(wide.map(|value| u8::from(value != 0.0)).collect()),
        Datatype::Text => Data::Text(
            wide.map(|value| Text::Owned(written(value).into_bytes()))
                .collect(),
        ),
    }
}

fn of_whole<'v, T>(data: &[T], to: Datatype, whole: impl Fn(&T) -> i64) -> Data<'v> {
    let whole = data.iter().map(whole);
    match to {
        Datatype::F32 => Data::F32(whole.map(|value| value as f32).collect()),
        Datatype::F64 => Data::F64(whole.map(|value| value as f64).collect()),
        Datatype::I32 => Data::I32(whole.map(|value| value as i32).collect()),
        Datatype::I64 => Data::I64(whole.collect()),
        Datatype::Bool => Data::Bool(whole.map(|value| u8::from(value != 0)).collect()),
        Datatype::Text => Data::Text(
            whole
                .map(|value| Text::Owned(value.to_string().into_bytes()))
                .collect(),
        ),
    }
}

fn of_texts<'v>(data: &[Text<'_>], to: Datatype, trial: bool) -> Result<Data<'v>, String> {
    Ok(match to {
        Datatype::F32 => Data::F32(read(data, trial, "float", real::<f32>)?),
        Datatype::F64 => Data::F64(read(data, trial, "double", real::<f64>)?),
        Datatype::I32 => Data::I32(read(data, trial, "int32", |text| text.trim().parse().ok())?),
        Datatype::I64 => Data::I64(read(data, trial, "int64", |text| text.trim().parse().ok())?),
        Datatype::Bool => return Err("texts cannot be cast to bool".to_owned()),
        Datatype::Text => Data::Text(data.iter().map(|text| Text::Owned(text.to_vec())).collect()),
    })
}

fn real<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.trim().parse().ok()
}

fn read<'v, T: Clone + Default>(
    texts: &[Text<'_>],
    trial: bool,
    name: &str,
    number: impl Fn(&str) -> Option<T>,
) -> Result<Cow<'v, [T]>, String> {
    let mut numbers = Vec::with_capacity(texts.len());
    for text in texts {
        match str::from_utf8(text).ok().and_then(&number) {
            Some(found) => numbers.push(found),
            None if trial => numbers.push(T::default()),
            None => {
                let text = String::from_utf8_lossy(text);
                return Err(format!(
                    "`{}` is no {name}",
                    text.chars().take(40).collect::<String>()
                ));
            }
        }
    }
    Ok(Cow::Owned(numbers))
}

#[inline(always)]
fn to_i32(value: f64) -> i32 {
    let whole = value as i32;
    // Rust's own cast gives the nearest, and zero for no number.
    if (f64::from(i32::MIN) - 1.0 < value) && (value < 2_147_483_648.0) {
        whole
    } else {
        i32::MIN
    }
}

#[inline(always)]
fn to_i64(value: f64) -> i64 {
    let whole = value as i64;
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value) {
        whole
    } else {
        i64::MIN
    }
}

/// Digits that a real number is written with.
const DIGITS: usize = 8;

/// As C's `%.8g` writes it.
fn written(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "INF" } else { "-INF" }.to_owned();
    }
    let scientific = format!("{value:.*e}", DIGITS - 1);
    let Some((digits, power)) = scientific.split_once('e') else {
        return scientific;
    };
    let power: i32 = power.parse().unwrap_or_default();
    if !(-4..DIGITS as i32).contains(&power) {
        let sign = if power < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trimmed(digits), power.abs());
    }
    let decimals = (DIGITS as i32 - 1 - power).max(0) as usize;
    trimmed(&format!("{value:.decimals$}")).to_owned()
}

fn trimmed(digits: &str) -> &str {
    match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.'),
        false => digits,
    }
}
