//! `in` and its list of constants.

use cel::common::ast::{Expr, IdedExpr};

use super::{
    build::{self, Built, Result, wrong},
    tree::{Number, Text},
};

/// Whether a value is among those of a list.
pub fn build(value: Built, list: &IdedExpr) -> Result<Built> {
    let Expr::List(list) = &list.expr else {
        return Err(
            "`in` takes a list of constants, as in `currency in [\"EUR\", \"USD\"]`".to_owned(),
        );
    };
    let mut nothing = |_: &str| Err("`in` takes a list of constants".to_owned());
    let items = list
        .elements
        .iter()
        .map(|item| build::build(item, &mut nothing, 0));
    let items = items.collect::<Result<Vec<_>>>()?;
    let of = "`in`";
    match value {
        Built::Number(value) => {
            let items = items.into_iter().map(|item| match item.number(of)? {
                Number::Constant(number) => Ok(number),
                _ => Err("`in` takes a list of constants".to_owned()),
            });
            let list = items.collect::<Result<Box<[f64]>>>()?;
            Ok(Built::Truth(Number::Among(Box::new(value), list)))
        }
        Built::Text(value) => {
            let items = items.into_iter().map(|item| match item.text(of)? {
                Text::Constant(text) => Ok(text),
                _ => Err("`in` takes a list of constants".to_owned()),
            });
            let list = items.collect::<Result<Box<[Box<str>]>>>()?;
            Ok(Built::Truth(Number::AmongTexts(Box::new(value), list)))
        }
        other => Err(wrong(of, "a number or a text", &other)),
    }
}
