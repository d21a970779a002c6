//! What a field's own table says of it: its type, what becomes of a missing one, its bounds.

use crate::{
    labels::Labels,
    node::{Node, Object},
    rule::{Kind, Missing, Other},
};

/// What it is read as.
pub fn kind(
    table: &Object<'_>,
    labels: Option<&Node<'_>>,
    texts: bool,
    labels_left: &mut usize,
) -> Result<Kind, String> {
    const TYPES: &str = "`number`, `integer`, `boolean`, `string` or `timestamp`";
    let node = table.get("type");
    let named = match &node {
        Some(node) => node.text(TYPES)?,
        None if texts => "string",
        None => "number",
    };
    let unit = table.get("unit");
    let other = table.get("other");
    if let (Some(node), None) = (&other, labels) {
        return Err(node.wrong("belongs to `labels`"));
    }
    if let Some(node) = unit.as_ref().filter(|_| named != "timestamp") {
        return Err(node.wrong("belongs to `type = \"timestamp\"`"));
    }
    if let Some(labels) = labels {
        if named != "string" {
            return Err(labels.wrong("belongs to `type = \"string\"`"));
        }
        let other = match other {
            None => Other::Rejects,
            Some(node) => match word(&node, "reject")? {
                Word::Missing => Other::Missing,
                Word::Reject => Other::Rejects,
                Word::Number(number) => Other::Number(number),
            },
        };
        return Ok(Kind::Labels(Labels::of(labels, labels_left)?, other));
    }
    match named {
        "number" => Ok(Kind::Number),
        "integer" => Ok(Kind::Integer),
        "boolean" => Ok(Kind::Boolean),
        "string" => Ok(Kind::Text),
        "timestamp" => timestamp(unit.as_ref()),
        other => {
            let message = format!("must be {TYPES}, is {}", checks::quote(other));
            Err(node.map_or(message.clone(), |node| node.wrong(message)))
        }
    }
}

/// What becomes of it where the event has none.
pub fn missing(table: &Object<'_>, text: bool) -> Result<Missing, String> {
    let Some(node) = table.get("missing") else {
        return Ok(Missing::Stays);
    };
    if text && node.is_text() {
        return Ok(match node.any_text()? {
            "nan" => Missing::Stays,
            "reject" => Missing::Rejects,
            text => Missing::Text(text.into()),
        });
    }
    Ok(match word(&node, "nan")? {
        Word::Missing => Missing::Stays,
        Word::Reject => Missing::Rejects,
        Word::Number(_) if text => {
            return Err(node.wrong("must be a text, as the field is one"));
        }
        Word::Number(number) => Missing::Number(number),
    })
}

/// A time by its unit where it is a number.
fn timestamp(unit: Option<&Node<'_>>) -> Result<Kind, String> {
    let Some(node) = unit else {
        return Ok(Kind::Timestamp(None));
    };
    match node.text("`s` or `ms`")? {
        "ms" => Ok(Kind::Timestamp(Some(1.0))),
        "s" => Ok(Kind::Timestamp(Some(1000.0))),
        other => Err(node.wrong(format_args!(
            "must be `s` or `ms`, is {}",
            checks::quote(other)
        ))),
    }
}

/// What becomes of something: `nan`, `reject`, or a number in its place.
pub enum Word {
    Missing,
    Reject,
    Number(f64),
}

pub fn word(node: &Node<'_>, default: &str) -> Result<Word, String> {
    if !node.is_text() {
        return node.number().map(Word::Number).map_err(|_| {
            node.wrong(format_args!(
                "must be `nan`, `reject` or a number; it is `{default}` where it is left out"
            ))
        });
    }
    match node.text("a word")? {
        "nan" => Ok(Word::Missing),
        "reject" => Ok(Word::Reject),
        other => Err(node.wrong(format_args!(
            "must be `nan`, `reject` or a number, is {}; it is `{default}` where it is left out",
            checks::quote(other)
        ))),
    }
}

pub fn bounds(table: &Object<'_>) -> Result<Option<(f64, f64)>, String> {
    let number = |key| table.get(key).map(|node| node.number()).transpose();
    let (least, most) = (number("min")?, number("max")?);
    if least.is_none() && most.is_none() {
        return Ok(None);
    }
    let bounds = (
        least.unwrap_or(f64::NEG_INFINITY),
        most.unwrap_or(f64::INFINITY),
    );
    if bounds.0 > bounds.1 {
        return Err(table.wrong(format_args!(
            "has a `min` of {} above its `max` of {}",
            bounds.0, bounds.1
        )));
    }
    Ok(Some(bounds))
}
