//! An expression whose names and types are settled: what is left of it for each event is arithmetic.
//!
//! Every value is an `f64`, truths are 0 and 1, and what is missing is NaN. It makes missing what is computed from it: `a < b` is
//! missing where `a` is. `&&` and `||` are missing only where the other side does not decide.

use std::cell::Cell as Slot;

use crate::cell::Cell;

/// What an event's fields are, and why the last result is none.
pub struct Row<'r, 'a> {
    pub numbers: &'r [f64],
    pub cells: &'r [Cell<'a>],
    pub fault: &'r Slot<Option<&'static str>>,
}

/// A number or a truth.
#[derive(Debug)]
pub enum Number {
    Constant(f64),
    Field(usize),
    Negate(Box<Number>),
    Add(Box<(Number, Number)>),
    Subtract(Box<(Number, Number)>),
    Multiply(Box<(Number, Number)>),
    Divide(Box<(Number, Number)>),
    Remainder(Box<(Number, Number)>),
    Compare(fn(&f64, &f64) -> bool, Box<(Number, Number)>),
    Among(Box<Number>, Box<[f64]>),
    /// Whether both texts are the same.
    Same(Box<(Text, Text)>),
    Test(fn(&str, &str) -> bool, Box<(Text, Text)>),
    AmongTexts(Box<Text>, Box<[Box<str>]>),
    Length(Box<Text>),
    Not(Box<Number>),
    And(Box<(Number, Number)>),
    Or(Box<(Number, Number)>),
    Choose(Box<(Number, Number, Number)>),
    Apply(&'static Function, Box<Number>),
    ApplyTwo(fn(f64, f64) -> f64, Box<(Number, Number)>),
    Distance(fn([f64; 4]) -> f64, Box<[Number; 4]>),
    Missing(Box<Number>),
    MissingText(Box<Text>),
    Coalesce(Box<(Number, Number)>),
}

/// A text.
#[derive(Debug)]
pub enum Text {
    Constant(Box<str>),
    Field(usize),
    Choose(Box<(Number, Text, Text)>),
}

/// A function of one number.
#[derive(Debug)]
pub struct Function {
    pub call: fn(f64) -> f64,
    pub takes: fn(f64) -> bool,
    /// Said of what it does not take.
    pub fault: &'static str,
}

fn flag(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

impl Row<'_, '_> {
    fn fault(&self, fault: &'static str) -> f64 {
        self.fault.set(Some(fault));
        f64::NAN
    }
}

impl Number {
    pub fn value(&self, row: &Row<'_, '_>) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Field(field) => row.numbers[*field],
            Self::Negate(of) => -of.value(row),
            Self::Add(of) => of.0.value(row) + of.1.value(row),
            Self::Subtract(of) => of.0.value(row) - of.1.value(row),
            Self::Multiply(of) => of.0.value(row) * of.1.value(row),
            Self::Divide(of) => match (of.0.value(row), of.1.value(row)) {
                (_, 0.0) => row.fault("it divides by zero"),
                (dividend, divisor) => dividend / divisor,
            },
            Self::Remainder(of) => match (of.0.value(row), of.1.value(row)) {
                (_, 0.0) => row.fault("it divides by zero"),
                (dividend, divisor) => dividend % divisor,
            },
            Self::Compare(holds, of) => match (of.0.value(row), of.1.value(row)) {
                (left, right) if left.is_nan() || right.is_nan() => f64::NAN,
                (left, right) => flag(holds(&left, &right)),
            },
            Self::Not(of) => 1.0 - of.value(row),
            Self::And(of) => logic(of, row, 0.0),
            Self::Or(of) => logic(of, row, 1.0),
            Self::Choose(of) => match of.0.value(row) {
                truth if truth.is_nan() => f64::NAN,
                0.0 => of.2.value(row),
                _ => of.1.value(row),
            },
            Self::Apply(function, of) => match of.value(row) {
                value if value.is_nan() => f64::NAN,
                value if (function.takes)(value) => (function.call)(value),
                _ => row.fault(function.fault),
            },
            Self::ApplyTwo(call, of) => match (of.0.value(row), of.1.value(row)) {
                (left, right) if left.is_nan() || right.is_nan() => f64::NAN,
                (left, right) => call(left, right),
            },
            other => other.seldom(row),
        }
    }

    /// The rest of `value`: two short functions are faster than one long one.
    fn seldom(&self, row: &Row<'_, '_>) -> f64 {
        match self {
            Self::Among(of, list) => match of.value(row) {
                value if value.is_nan() => f64::NAN,
                value => flag(list.contains(&value)),
            },
            Self::Same(of) => both(of, row, |left, right| left == right),
            Self::Test(holds, of) => both(of, row, holds),
            Self::AmongTexts(of, list) => of.value(row).map_or(f64::NAN, |text| {
                flag(list.iter().any(|known| **known == *text))
            }),
            Self::Length(of) => of
                .value(row)
                .map_or(f64::NAN, |text| text.chars().count() as f64),
            Self::Distance(call, places) => {
                let [lat1, lon1, lat2, lon2] = &**places;
                let places = [lat1, lon1, lat2, lon2].map(|degrees| degrees.value(row));
                if places.iter().any(|degrees| degrees.is_nan()) {
                    return f64::NAN;
                }
                call(places)
            }
            Self::Missing(of) => flag(of.value(row).is_nan()),
            Self::MissingText(of) => flag(of.value(row).is_none()),
            Self::Coalesce(of) => match of.0.value(row) {
                value if value.is_nan() => of.1.value(row),
                value => value,
            },
            _ => f64::NAN,
        }
    }
}

/// `&&` is decided by a 0, `||` by a 1; the other side is then not looked at.
fn logic((left, right): &(Number, Number), row: &Row<'_, '_>, decides: f64) -> f64 {
    let left = left.value(row);
    if left == decides {
        return decides;
    }
    let right = right.value(row);
    if right == decides || left.is_nan() && right.is_nan() {
        return right;
    }
    if left.is_nan() { left } else { right }
}

fn both(
    (left, right): &(Text, Text),
    row: &Row<'_, '_>,
    holds: impl Fn(&str, &str) -> bool,
) -> f64 {
    match (left.value(row), right.value(row)) {
        (Some(left), Some(right)) => flag(holds(left, right)),
        _ => f64::NAN,
    }
}

impl Text {
    /// None where it is missing.
    pub fn value<'v>(&'v self, row: &Row<'v, '_>) -> Option<&'v str> {
        match self {
            Self::Constant(text) => Some(text),
            Self::Field(field) => match &row.cells[*field] {
                Cell::Text(text) => Some(text),
                _ => None,
            },
            Self::Choose(of) => match of.0.value(row) {
                truth if truth.is_nan() => None,
                0.0 => of.2.value(row),
                _ => of.1.value(row),
            },
        }
    }
}
