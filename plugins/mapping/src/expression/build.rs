//! From what the parser found to a tree whose names and types are settled.

use std::cell::Cell as Slot;

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators as op};

use super::{
    among,
    functions::{Callable, named, names},
    tree::{Number, Row, Text},
};
use crate::{limits::DEPTH_MAX, node::nearest};

/// What a name stands for: a cell, and of which kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    Number(usize),
    Truth(usize),
    Text(usize),
}

/// Finds what a name stands for, or says that it stands for nothing.
pub type Lookup<'l> = dyn FnMut(&str) -> std::result::Result<Known, String> + 'l;

/// An expression of one of the three kinds.
#[derive(Debug)]
pub enum Built {
    Number(Number),
    Truth(Number),
    Text(Text),
    Null,
}

pub type Result<T> = std::result::Result<T, String>;
/// Makes a node of its two sides.
type Join = fn(Box<(Number, Number)>) -> Number;

impl Built {
    /// As the rest of "… is".
    pub fn words(&self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::Truth(_) => "true or false",
            Self::Text(_) => "a text",
            Self::Null => "null",
        }
    }

    pub fn number(self, of: &str) -> Result<Number> {
        match self {
            Self::Number(number) => Ok(number),
            other => Err(wrong(of, "a number", &other)),
        }
    }

    pub fn truth(self, of: &str) -> Result<Number> {
        match self {
            Self::Truth(truth) => Ok(truth),
            other => Err(wrong(of, "true or false", &other)),
        }
    }

    pub fn text(self, of: &str) -> Result<Text> {
        match self {
            Self::Text(text) => Ok(text),
            other => Err(wrong(of, "a text", &other)),
        }
    }
}

pub fn wrong(of: &str, wanted: &str, found: &Built) -> String {
    format!("{of} takes {wanted}, but is given {}", found.words())
}

pub fn build(expr: &IdedExpr, lookup: &mut Lookup<'_>, depth: u16) -> Result<Built> {
    if depth > DEPTH_MAX {
        return Err(format!(
            "is nested more than {DEPTH_MAX} deep; give parts of it names of their own in `fields`"
        ));
    }
    match &expr.expr {
        Expr::Literal(literal) => constant(literal),
        Expr::Ident(name) => Ok(match lookup(name)? {
            Known::Number(field) => Built::Number(Number::Field(field)),
            Known::Truth(field) => Built::Truth(Number::Field(field)),
            Known::Text(field) => Built::Text(Text::Field(field)),
        }),
        Expr::Call(call) => folded(self::call(call, lookup, depth + 1)?),
        Expr::Select(select) => Err(format!(
            "`.{}` reaches into a field; give what is meant a name of its own in `fields`",
            select.field
        )),
        Expr::Comprehension(_) => {
            Err("has a macro over lists, which are not among the values here".to_owned())
        }
        Expr::List(_) | Expr::Map(_) | Expr::Struct(_) => Err(
            "has a list or a map where a value belongs; a list stands only after `in`".to_owned(),
        ),
        Expr::Unspecified => Err("is empty".to_owned()),
    }
}

fn constant(literal: &LiteralValue) -> Result<Built> {
    Ok(match literal {
        LiteralValue::Boolean(truth) => {
            Built::Truth(Number::Constant(f64::from(u8::from(*truth.inner()))))
        }
        LiteralValue::Double(number) => Built::Number(Number::Constant(*number.inner())),
        LiteralValue::Int(number) => Built::Number(Number::Constant(*number.inner() as f64)),
        LiteralValue::UInt(number) => Built::Number(Number::Constant(*number.inner() as f64)),
        LiteralValue::String(text) => Built::Text(Text::Constant(text.inner().into())),
        LiteralValue::Null => Built::Null,
        LiteralValue::Bytes(_) => {
            return Err("has bytes, which are not among the values here".to_owned());
        }
    })
}

fn call(call: &CallExpr, lookup: &mut Lookup<'_>, depth: u16) -> Result<Built> {
    let mut args: Vec<&IdedExpr> = call.target.as_deref().into_iter().collect();
    args.extend(&call.args);
    let name = call.func_name.as_str();
    if name == op::IN {
        let [value, list] = args[..] else {
            return Err("`in` takes a value and a list".to_owned());
        };
        return among::build(build(value, lookup, depth)?, list);
    }
    // With three and more sides in one node, as the parser may write a chain.
    if name == op::LOGICAL_AND || name == op::LOGICAL_OR {
        let make = if name == op::LOGICAL_AND {
            Number::And
        } else {
            Number::Or
        };
        let of = sign(name);
        let mut sides = args
            .iter()
            .map(|side| build(side, lookup, depth)?.truth(&of));
        let first = sides
            .next()
            .unwrap_or_else(|| Err(format!("{of} takes two sides")))?;
        let chain = sides.try_fold(first, |left, right| {
            Ok::<_, String>(make(Box::new((left, right?))))
        });
        return chain.map(Built::Truth);
    }
    let built = args
        .iter()
        .map(|arg| build(arg, lookup, depth))
        .collect::<Result<Vec<_>>>()?;
    match operator(name, built)? {
        Ok(built) => Ok(built),
        Err(args) => function(name, args),
    }
}

/// The sign that stands for an operator in an expression.
fn sign(name: &str) -> String {
    match name {
        op::CONDITIONAL => "`? :`".to_owned(),
        _ => format!("`{}`", name.trim_matches('_')),
    }
}

fn operator(name: &str, args: Vec<Built>) -> Result<std::result::Result<Built, Vec<Built>>> {
    let of = sign(name);
    let arithmetic: Option<Join> = match name {
        op::ADD => Some(Number::Add),
        op::SUBSTRACT => Some(Number::Subtract),
        op::MULTIPLY => Some(Number::Multiply),
        op::DIVIDE => Some(Number::Divide),
        op::MODULO => Some(Number::Remainder),
        _ => None,
    };
    let order: Option<fn(&f64, &f64) -> bool> = match name {
        op::LESS => Some(f64::lt),
        op::LESS_EQUALS => Some(f64::le),
        op::GREATER => Some(f64::gt),
        op::GREATER_EQUALS => Some(f64::ge),
        _ => None,
    };
    if let Some(make) = arithmetic {
        let [left, right] = two(args, &of)?;
        let (left, right) = (left.number(&of)?, right.number(&of)?);
        if matches!(right, Number::Constant(0.0)) && matches!(name, op::DIVIDE | op::MODULO) {
            return Err("divides by zero".to_owned());
        }
        return Ok(Ok(Built::Number(make(Box::new((left, right))))));
    }
    if let Some(holds) = order {
        let [left, right] = two(args, &of)?;
        let sides = (left.number(&of)?, right.number(&of)?);
        return Ok(Ok(Built::Truth(Number::Compare(holds, Box::new(sides)))));
    }
    Ok(Ok(match name {
        op::EQUALS => equal(two(args, &of)?, &of)?,
        op::NOT_EQUALS => Built::Truth(Number::Not(Box::new(
            equal(two(args, &of)?, &of)?.truth(&of)?,
        ))),
        op::LOGICAL_NOT => Built::Truth(Number::Not(Box::new(one(args, &of)?.truth(&of)?))),
        op::NEGATE => Built::Number(Number::Negate(Box::new(one(args, &of)?.number(&of)?))),
        op::CONDITIONAL => choice(args, &of)?,
        _ => return Ok(Err(args)),
    }))
}

fn equal([left, right]: [Built; 2], of: &str) -> Result<Built> {
    Ok(Built::Truth(match (left, right) {
        (Built::Null, other) | (other, Built::Null) => return is_missing(other),
        (Built::Number(left), Built::Number(right)) | (Built::Truth(left), Built::Truth(right)) => {
            Number::Compare(f64::eq, Box::new((left, right)))
        }
        (Built::Text(left), Built::Text(right)) => Number::Same(Box::new((left, right))),
        (left, right) => {
            return Err(format!(
                "{of} compares {} with {}, which are never the same",
                left.words(),
                right.words()
            ));
        }
    }))
}

fn is_missing(value: Built) -> Result<Built> {
    match value {
        Built::Number(value) | Built::Truth(value) => {
            Ok(Built::Truth(Number::Missing(Box::new(value))))
        }
        Built::Text(text) => Ok(Built::Truth(Number::MissingText(Box::new(text)))),
        Built::Null => Err("asks whether null is missing".to_owned()),
    }
}

fn choice(args: Vec<Built>, of: &str) -> Result<Built> {
    let [condition, yes, no] =
        <[Built; 3]>::try_from(args).map_err(|_| format!("{of} takes three parts"))?;
    let condition = condition.truth(of)?;
    Ok(match (yes, no) {
        (Built::Number(yes), Built::Number(no)) => {
            Built::Number(Number::Choose(Box::new((condition, yes, no))))
        }
        (Built::Truth(yes), Built::Truth(no)) => {
            Built::Truth(Number::Choose(Box::new((condition, yes, no))))
        }
        (Built::Text(yes), Built::Text(no)) => {
            Built::Text(Text::Choose(Box::new((condition, yes, no))))
        }
        (yes, no) => {
            return Err(format!(
                "{of} gives {} or {}; both must be of one kind",
                yes.words(),
                no.words()
            ));
        }
    })
}

fn function(name: &str, args: Vec<Built>) -> Result<Built> {
    let of = format!("`{name}`");
    let callable = named(name).ok_or_else(|| match nearest(name, names()) {
        Some(near) => format!(
            "calls {}, which is no function; did you mean `{near}`?",
            checks::quote(name)
        ),
        None => format!("calls {}, which is no function", checks::quote(name)),
    })?;
    Ok(match callable {
        Callable::One(function) => Built::Number(Number::Apply(
            function,
            Box::new(one(args, &of)?.number(&of)?),
        )),
        Callable::Two(call) => {
            let [left, right] = two(args, &of)?;
            Built::Number(Number::ApplyTwo(
                call,
                Box::new((left.number(&of)?, right.number(&of)?)),
            ))
        }
        Callable::Distance(call) => {
            let places = args
                .into_iter()
                .map(|arg| arg.number(&of))
                .collect::<Result<Vec<_>>>()?;
            let places = <[Number; 4]>::try_from(places).map_err(|_| {
                format!("{of} takes four numbers: latitude and longitude of two places, in degrees")
            })?;
            Built::Number(Number::Distance(call, Box::new(places)))
        }
        Callable::Test(holds) => {
            let [text, part] = two(args, &of)?;
            Built::Truth(Number::Test(
                holds,
                Box::new((text.text(&of)?, part.text(&of)?)),
            ))
        }
        Callable::Size => Built::Number(Number::Length(Box::new(one(args, &of)?.text(&of)?))),
        Callable::IsMissing => is_missing(one(args, &of)?)?,
        Callable::Coalesce => {
            let [left, right] = two(args, &of)?;
            Built::Number(Number::Coalesce(Box::new((
                left.number(&of)?,
                right.number(&of)?,
            ))))
        }
        Callable::Double => match one(args, &of)? {
            Built::Number(number) | Built::Truth(number) => Built::Number(number),
            other => return Err(wrong(&of, "a number, true or false", &other)),
        },
    })
}

fn one(args: Vec<Built>, of: &str) -> Result<Built> {
    let count = args.len();
    let [arg] = <[Built; 1]>::try_from(args)
        .map_err(|_| format!("{of} takes one value, is given {count}"))?;
    Ok(arg)
}

fn two(args: Vec<Built>, of: &str) -> Result<[Built; 2]> {
    let count = args.len();
    <[Built; 2]>::try_from(args).map_err(|_| format!("{of} takes two values, is given {count}"))
}

/// Computed once where no event has a say; what cannot be computed is told when the plugin is configured.
fn folded(built: Built) -> Result<Built> {
    let (Built::Number(number) | Built::Truth(number)) = &built else {
        return Ok(built);
    };
    if !number.is_constant() {
        return Ok(built);
    }
    let fault = Slot::new(None);
    let value = number.value(&Row {
        numbers: &[],
        cells: &[],
        fault: &fault,
    });
    if let Some(fault) = fault.get() {
        return Err(format!("has no value: {fault}"));
    }
    if !value.is_finite() {
        return Err("has a part that is too large for a number".to_owned());
    }
    Ok(match built {
        Built::Truth(_) => Built::Truth(Number::Constant(value)),
        _ => Built::Number(Number::Constant(value)),
    })
}

impl Number {
    /// Whether all it is made of is constants; parts were folded already.
    fn is_constant(&self) -> bool {
        let constant = |number: &Number| matches!(number, Number::Constant(_));
        match self {
            Self::Constant(_) => true,
            Self::Negate(of) | Self::Not(of) | Self::Apply(_, of) => constant(of),
            Self::Add(of)
            | Self::Subtract(of)
            | Self::Multiply(of)
            | Self::Divide(of)
            | Self::Remainder(of)
            | Self::Compare(_, of)
            | Self::ApplyTwo(_, of) => constant(&of.0) && constant(&of.1),
            _ => false,
        }
    }
}
