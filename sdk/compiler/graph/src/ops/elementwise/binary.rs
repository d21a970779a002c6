//! Functions of two elements of one datatype, which keep it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::real::Real;
use super::unary::map;
use super::whole::Whole;
use crate::data::Data;
use crate::ops::Args;
use crate::ops::broadcast::{Plan, zip_in_place};
use crate::tensor::Tensor;

/// A function of two elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Binary {
    /// `x + y`.
    Add,
    /// `x - y`.
    Sub,
    /// `x * y`.
    Mul,
    /// `x / y`; of whole numbers what is left over is dropped.
    Div,
    /// `x` to the power of `y`.
    Pow,
    /// What `x / y` leaves over, with the sign of `y`.
    Mod,
    /// What `x / y` leaves over, with the sign of `x`.
    Fmod,
    /// The greater.
    Max,
    /// The lesser.
    Min,
    /// `x y` below 0, else `x`.
    PRelu,
    /// Both.
    And,
    /// One or both.
    Or,
    /// One of both.
    Xor,
}

impl Binary {
    pub(super) fn run<'v>(self, args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
        if args.len() == 1 {
            return args.take(0);
        }
        let trial = args.is_trial();
        let [first, second] = [0, 1].map(|at| match args.is_spare(at) {
            true => args.take(at).map(Some),
            false => Ok(None),
        });
        let (first, second) = (first?, second?);
        let (shape, left) = match first {
            Some(first) => (first.shape(), Operand::own(first.into_data())),
            None => (args.get(0)?.shape(), Operand::of(args.get(0)?.data())),
        };
        let (other, right) = match second {
            Some(second) => (second.shape(), Operand::own(second.into_data())),
            None => (args.get(1)?.shape(), Operand::of(args.get(1)?.data())),
        };
        let mut plan = Plan::new([shape, other])?;
        let mut made = self.of(&plan, left, right, trial)?;
        for nth in 2..args.len() {
            let next = args.get(nth)?;
            plan = Plan::new([plan.shape, next.shape()])?;
            made = self.of(&plan, Operand::own(made), Operand::of(next.data()), trial)?;
        }
        Tensor::new(plan.shape, made)
    }

    fn of<'v>(
        self,
        plan: &Plan<2>,
        left: Operand<'_>,
        right: Operand<'_>,
        trial: bool,
    ) -> Result<Data<'v>, String> {
        use Operand::{Bool, F32, F64, I32, I64, Text};
        Ok(match (left, right) {
            (F32(left), F32(right)) => Data::F32(self.real(plan, left, right)?.into()),
            (F64(left), F64(right)) => Data::F64(self.real(plan, left, right)?.into()),
            (I32(left), I32(right)) => Data::I32(self.whole(plan, left, right, trial)?.into()),
            (I64(left), I64(right)) => Data::I64(self.whole(plan, left, right, trial)?.into()),
            (Bool(left), Bool(right)) => {
                let function: fn(u8, u8) -> u8 = match self {
                    Self::And => |x, y| x & y,
                    Self::Or => |x, y| x | y,
                    Self::Xor => |x, y| x ^ y,
                    _ => return Err(format!("{self:?} of bool is not served")),
                };
                Data::Bool(zip_in_place(plan, left, right, function).into())
            }
            (Text, _) | (_, Text) => return Err(format!("{self:?} of string is not served")),
            _ => return Err(format!("{self:?} of two datatypes is not served")),
        })
    }

    /// What is usual has code of its own; all else is one code that calls a function for each element.
    fn real<T: Real>(
        self,
        plan: &Plan<2>,
        left: Cow<'_, [T]>,
        right: Cow<'_, [T]>,
    ) -> Result<Vec<T>, String> {
        let function: fn(T, T) -> T = match self {
            Self::Add => return Ok(zip_in_place(plan, left, right, |x, y| x + y)),
            Self::Sub => return Ok(zip_in_place(plan, left, right, |x, y| x - y)),
            Self::Mul => return Ok(zip_in_place(plan, left, right, |x, y| x * y)),
            Self::Div => return Ok(zip_in_place(plan, left, right, |x, y| x / y)),
            Self::Max => T::greater,
            Self::Min => T::lesser,
            Self::PRelu => |x, y| if x < T::default() { x * y } else { x },
            Self::Fmod => |x, y| T::of(libm::fmod(x.wide(), y.wide())),
            Self::Pow => match right[..] {
                [two] if two.wide() == 2.0 => {
                    return Ok(zip_in_place(plan, left, right, |x, _| x * x));
                }
                [three] if three.wide() == 3.0 => |x, _| x * x * x,
                // Another function only of -infinity and -0.
                [half] if half.wide() == 0.5 => |x, y| match x > T::default() {
                    true => x.sqrt(),
                    false => x.pow(y),
                },
                _ => T::pow,
            },
            Self::Mod | Self::And | Self::Or | Self::Xor => {
                return Err(format!("{self:?} of real numbers is not served"));
            }
        };
        Ok(zip_in_place(plan, left, right, function))
    }

    /// Whole numbers are few: labels and counts.
    fn whole<T: Whole>(
        self,
        plan: &Plan<2>,
        left: Cow<'_, [T]>,
        right: Cow<'_, [T]>,
        trial: bool,
    ) -> Result<Vec<T>, String> {
        let divides = matches!(self, Self::Div | Self::Mod | Self::Fmod);
        if divides && !trial && plan.shape.elements() > 0 && right.contains(&T::default()) {
            return Err("a whole number is divided by zero".to_owned());
        }
        let function: fn(T, T) -> T = match self {
            Self::Add => T::add,
            Self::Sub => T::sub,
            Self::Mul => T::mul,
            Self::Div => T::div,
            Self::Fmod => T::rem,
            Self::Mod => |x, y| {
                let (zero, rest) = (T::default(), x.rem(y));
                match (rest < zero) != (y < zero) && rest != zero {
                    true => rest.add(y),
                    false => rest,
                }
            },
            Self::Max => T::max,
            Self::Min => T::min,
            Self::PRelu => |x, y| if x < T::default() { x.mul(y) } else { x },
            Self::Pow => T::pow,
            Self::And | Self::Or | Self::Xor => {
                return Err(format!("{self:?} of whole numbers is not served"));
            }
        };
        Ok(zip_in_place(plan, left, right, function))
    }
}

/// An operand, to look at or to overwrite.
enum Operand<'t> {
    F32(Cow<'t, [f32]>),
    F64(Cow<'t, [f64]>),
    I32(Cow<'t, [i32]>),
    I64(Cow<'t, [i64]>),
    Bool(Cow<'t, [u8]>),
    Text,
}

impl<'t> Operand<'t> {
    fn own(data: Data<'t>) -> Self {
        match data {
            Data::F32(data) => Self::F32(data),
            Data::F64(data) => Self::F64(data),
            Data::I32(data) => Self::I32(data),
            Data::I64(data) => Self::I64(data),
            Data::Bool(data) => Self::Bool(data),
            Data::Text(_) => Self::Text,
        }
    }

    fn of(data: &'t Data<'_>) -> Self {
        match data {
            Data::F32(data) => Self::F32(Cow::Borrowed(data)),
            Data::F64(data) => Self::F64(Cow::Borrowed(data)),
            Data::I32(data) => Self::I32(Cow::Borrowed(data)),
            Data::I64(data) => Self::I64(Cow::Borrowed(data)),
            Data::Bool(data) => Self::Bool(Cow::Borrowed(data)),
            Data::Text(_) => Self::Text,
        }
    }
}

/// The mean of all inputs.
pub fn mean<'v>(args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
    let count = args.len() as f64;
    let sum = Binary::Add.run(args)?;
    let shape = sum.shape();
    let data = match sum.into_data() {
        Data::F32(data) => Data::F32(map(data, |sum| sum / count as f32)),
        Data::F64(data) => Data::F64(map(data, |sum| sum / count)),
        other => {
            return Err(format!(
                "the mean of {} is not served",
                other.datatype().name()
            ));
        }
    };
    Tensor::new(shape, data)
}
