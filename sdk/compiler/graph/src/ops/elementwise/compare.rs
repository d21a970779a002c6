//! What gives true or false.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::unary::map;
use crate::data::{Data, Text};
use crate::ops::Args;
use crate::ops::broadcast::{Plan, zip};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// A comparison of two elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Compare {
    /// `x = y`.
    Equal,
    /// `x < y`.
    Less,
    /// `x <= y`.
    LessOrEqual,
    /// `x > y`.
    Greater,
    /// `x >= y`.
    GreaterOrEqual,
}

impl Compare {
    pub(super) fn run<'v>(self, args: &Args<'_, 'v>) -> Result<Tensor<'v>, String> {
        let (left, right) = (args.get(0)?, args.get(1)?);
        let plan = Plan::new([left.shape(), right.shape()])?;
        let made = match (left.data(), right.data()) {
            (Data::F32(left), Data::F32(right)) => self.floats(&plan, left, right),
            (Data::F64(left), Data::F64(right)) => self.of(&plan, left, right),
            (Data::I32(left), Data::I32(right)) => self.of(&plan, left, right),
            (Data::I64(left), Data::I64(right)) => self.of(&plan, left, right),
            (Data::Bool(left), Data::Bool(right)) => self.of(&plan, left, right),
            (Data::Text(left), Data::Text(right)) if self == Self::Equal => {
                texts(&plan, left, right)
            }
            (left, right) => {
                let (left, right) = (left.datatype().name(), right.datatype().name());
                return Err(format!("{self:?} of {left} and {right} is not served"));
            }
        };
        truths(plan.shape, made)
    }

    /// One code that calls a function for each element, as what is compared is as a rule `f32`.
    fn of<T: Copy + PartialOrd>(self, plan: &Plan<2>, left: &[T], right: &[T]) -> Vec<u8> {
        let function: fn(T, T) -> u8 = match self {
            Self::Equal => |x, y| u8::from(x == y),
            Self::Less => |x, y| u8::from(x < y),
            Self::LessOrEqual => |x, y| u8::from(x <= y),
            Self::Greater => |x, y| u8::from(x > y),
            Self::GreaterOrEqual => |x, y| u8::from(x >= y),
        };
        zip(plan, left, right, function)
    }

    fn floats(self, plan: &Plan<2>, left: &[f32], right: &[f32]) -> Vec<u8> {
        match self {
            Self::Equal => zip(plan, left, right, |x, y| u8::from(x == y)),
            Self::Less => zip(plan, left, right, |x, y| u8::from(x < y)),
            Self::LessOrEqual => zip(plan, left, right, |x, y| u8::from(x <= y)),
            Self::Greater => zip(plan, left, right, |x, y| u8::from(x > y)),
            Self::GreaterOrEqual => zip(plan, left, right, |x, y| u8::from(x >= y)),
        }
    }
}

fn texts(plan: &Plan<2>, left: &[Text<'_>], right: &[Text<'_>]) -> Vec<u8> {
    let left: Vec<&[u8]> = left.iter().map(|text| &text[..]).collect();
    let right: Vec<&[u8]> = right.iter().map(|text| &text[..]).collect();
    zip(plan, &left, &right, |x, y| u8::from(x == y))
}

fn truths<'v>(shape: Shape, made: Vec<u8>) -> Result<Tensor<'v>, String> {
    Tensor::new(shape, Data::Bool(Cow::Owned(made)))
}

pub fn is_nan<'v>(input: &Tensor<'_>) -> Result<Tensor<'v>, String> {
    let made = match input.data() {
        Data::F32(data) => data.iter().map(|value| u8::from(value.is_nan())).collect(),
        Data::F64(data) => data.iter().map(|value| u8::from(value.is_nan())).collect(),
        other => {
            return Err(format!(
                "IsNaN of {} is not served",
                other.datatype().name()
            ));
        }
    };
    truths(input.shape(), made)
}

pub fn is_infinite<'v>(
    input: &Tensor<'_>,
    negative: bool,
    positive: bool,
) -> Result<Tensor<'v>, String> {
    let test = |value: f64| {
        u8::from(negative && value == f64::NEG_INFINITY || positive && value == f64::INFINITY)
    };
    let made = match input.data() {
        Data::F32(data) => data.iter().map(|value| test((*value).into())).collect(),
        Data::F64(data) => data.iter().map(|value| test(*value)).collect(),
        other => {
            return Err(format!(
                "IsInf of {} is not served",
                other.datatype().name()
            ));
        }
    };
    truths(input.shape(), made)
}

pub fn not<'v>(input: Tensor<'_>) -> Result<Tensor<'v>, String> {
    let shape = input.shape();
    match input.into_data() {
        Data::Bool(data) => Tensor::new(shape, Data::Bool(map(data, |value| u8::from(value == 0)))),
        other => Err(format!("Not of {} is not served", other.datatype().name())),
    }
}
