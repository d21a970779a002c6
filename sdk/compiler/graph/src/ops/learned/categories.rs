//! Categories to columns and to other values: OneHotEncoder, LabelEncoder, CategoryMapper.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::find::{Find, Twice};
use crate::blob::Blob;
use crate::data::{Data, Datatype, Text};
use crate::ops::Args;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// A column of ones and zeros for each category.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OneHot {
    /// What categories are: [`Datatype::I64`] or [`Datatype::Text`].
    pub datatype: Datatype,
    /// They, in the columns' order.
    pub categories: Blob,
    /// Whether a value that is none of them becomes zeros; else it is refused.
    pub zeros: bool,
    /// Gives the place of each one instead, `int32`; for zeros the place after all.
    pub places: bool,
}

/// See [`OneHot`].
#[derive(Debug)]
pub struct ReadyOneHot<'a> {
    find: Find<'a>,
    count: usize,
    zeros: bool,
    places: bool,
}

impl OneHot {
    pub(super) fn ready<'a>(&self, blobs: &'a [u8]) -> Result<ReadyOneHot<'a>, String> {
        let (find, count) = match self.datatype {
            Datatype::Text => {
                let texts = self.categories.texts(blobs)?;
                (Find::texts(texts.iter().copied(), Twice::Last), texts.len())
            }
            _ => {
                let ints = self.categories.numbers::<i64>(blobs)?;
                (Find::ints(&ints, Twice::Last), ints.len())
            }
        };
        Ok(ReadyOneHot {
            find,
            count,
            zeros: self.zeros,
            places: self.places,
        })
    }
}

impl ReadyOneHot<'_> {
    pub(super) fn run<'v>(&self, args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
        let trial = args.is_trial();
        let input = args.get(0)?;
        if input.shape().rank() > 2 {
            return Err(format!(
                "a tensor of shape {:?} where one of at most two dimensions is needed",
                input.shape()
            ));
        }
        let place = |found: Option<usize>| found.unwrap_or(self.count) as i32;
        let whole = |value: f64| place(self.find.int(whole(value)));
        let places: Vec<i32> = match (input.data(), &self.find) {
            (Data::Text(data), Find::Texts(_)) => data
                .iter()
                .map(|text| place(self.find.text(text)))
                .collect(),
            (Data::I64(data), _) => data.iter().map(|int| place(self.find.int(*int))).collect(),
            (Data::F32(data), _) => data.iter().map(|value| whole((*value).into())).collect(),
            (Data::F64(data), _) => data.iter().map(|value| whole(*value)).collect(),
            _ => {
                return Err(format!(
                    "categories of {} are not served",
                    input.datatype().name()
                ));
            }
        };
        let none = self.count as i32;
        if !self.zeros
            && !trial
            && let Some(at) = places.iter().position(|place| *place == none)
        {
            return Err(format!(
                "the input's value {at} is none of the {} categories, and the model takes no other",
                self.count
            ));
        }
        match self.places {
            true => Tensor::i32(input.shape(), places),
            false => self.columns(input.shape(), &places),
        }
    }

    fn columns<'v>(&self, shape: Shape, places: &[i32]) -> Result<Tensor<'v>, String> {
        let shape = Shape::new(&[shape.dims(), &[self.count]].concat())?;
        let mut columns = vec![0.0_f32; shape.elements()];
        for (row, place) in columns.chunks_exact_mut(self.count.max(1)).zip(places) {
            if let Some(one) = row.get_mut(*place as usize) {
                *one = 1.0;
            }
        }
        Tensor::f32(shape, columns)
    }
}

/// A number without its fraction; the least number stands for those that are none, as on the processors that onnxruntime runs on.
fn whole(value: f64) -> i64 {
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value) {
        value as i64
    } else {
        i64::MIN
    }
}

/// A value for each key, and one for all that are no key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Encode {
    /// What keys are.
    pub key_type: Datatype,
    /// They.
    pub keys: Blob,
    /// What values are.
    pub value_type: Datatype,
    /// One for each key, and after them the default.
    pub values: Blob,
    /// Whether NaN can be a key.
    pub nan: bool,
    /// Of two equal keys the last counts.
    pub last: bool,
}

/// See [`Encode`].
#[derive(Debug)]
pub struct ReadyEncode<'a> {
    find: Find<'a>,
    key_type: Datatype,
    keys: usize,
    values: Data<'a>,
}

impl Encode {
    pub(super) fn ready<'a>(&self, blobs: &'a [u8]) -> Result<ReadyEncode<'a>, String> {
        let twice = if self.last { Twice::Last } else { Twice::First };
        let texts = match self.key_type {
            Datatype::Text => self.keys.texts(blobs)?,
            _ => Vec::new(),
        };
        let keys = self.keys.data(self.key_type, blobs)?;
        let values = self.values.data(self.value_type, blobs)?;
        if values.len() != keys.len() + 1 {
            return Err(format!(
                "{} keys and {} values",
                keys.len(),
                values.len().saturating_sub(1)
            ));
        }
        Ok(ReadyEncode {
            find: Find::of(&keys, &texts, twice, self.nan)?,
            key_type: self.key_type,
            keys: keys.len(),
            values,
        })
    }
}

impl ReadyEncode<'_> {
    pub(super) fn run<'v>(&'v self, args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
        let input = args.get(0)?;
        let otherwise = self.keys;
        let places: Vec<usize> = match (input.data(), self.key_type) {
            (Data::I64(data), Datatype::I64) => data
                .iter()
                .map(|key| self.find.int(*key).unwrap_or(otherwise))
                .collect(),
            (Data::I32(data), Datatype::I32) => data
                .iter()
                .map(|key| self.find.int(i64::from(*key)).unwrap_or(otherwise))
                .collect(),
            (Data::F32(data), Datatype::F32) => data
                .iter()
                .map(|key| self.find.float(*key).unwrap_or(otherwise))
                .collect(),
            (Data::F64(data), Datatype::F64) => data
                .iter()
                .map(|key| self.find.double(*key).unwrap_or(otherwise))
                .collect(),
            (Data::Text(data), Datatype::Text) => data
                .iter()
                .map(|key| self.find.text(key).unwrap_or(otherwise))
                .collect(),
            _ => {
                return Err(format!(
                    "an input of {} where the keys are {}",
                    input.datatype().name(),
                    self.key_type.name()
                ));
            }
        };
        let data = match &self.values {
            Data::F32(values) => Data::F32(picked(values, &places)),
            Data::F64(values) => Data::F64(picked(values, &places)),
            Data::I32(values) => Data::I32(picked(values, &places)),
            Data::I64(values) => Data::I64(picked(values, &places)),
            Data::Bool(values) => Data::Bool(picked(values, &places)),
            Data::Text(values) => {
                let texts = places
                    .iter()
                    .map(|place| Text::Borrowed(&values[*place][..]));
                Data::Text(texts.collect())
            }
        };
        Tensor::new(input.shape(), data)
    }
}

fn picked<'o, T: Copy>(values: &[T], places: &[usize]) -> Cow<'o, [T]> {
    places.iter().map(|place| values[*place]).collect()
}
