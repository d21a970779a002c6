//! What a slot's `config` holds, as the JSON that its plugin is given.

use serde_json::{Map, Number, Value};
use toml::{Spanned, de::DeValue};

use super::{reader::Reader, text::quoted};
use crate::limits::PLUGIN_CONFIG_MAX_DEPTH;

/// A value of TOML as JSON: dates and times become strings. None if something in it has no place in JSON, which is then recorded.
pub(super) fn to_json(reader: &Reader<'_>, value: &Spanned<DeValue<'_>>) -> Option<Value> {
    nested(reader, value, 0)
}

fn nested(reader: &Reader<'_>, value: &Spanned<DeValue<'_>>, depth: usize) -> Option<Value> {
    if depth > PLUGIN_CONFIG_MAX_DEPTH {
        let message = format!(
            "a plugin's `config` holds at most {PLUGIN_CONFIG_MAX_DEPTH} tables and lists within one another"
        );
        reader.problem(value.span(), message);
        return None;
    }
    match value.get_ref() {
        DeValue::String(written) => {
            let string = reader.string(written, value.span())?;
            Some(Value::String(string.value))
        }
        DeValue::Integer(integer) => {
            let number = i128::from_str_radix(integer.as_str(), integer.radix());
            let number = number.ok().and_then(Number::from_i128);
            refuse_none(reader, value, number, "is out of the range of 64 bits")
        }
        DeValue::Float(float) => {
            let number = float.as_str().parse().ok().and_then(Number::from_f64);
            refuse_none(
                reader,
                value,
                number,
                "has no place in JSON: it is not finite",
            )
        }
        DeValue::Boolean(truth) => Some(Value::Bool(*truth)),
        DeValue::Datetime(datetime) => Some(Value::String(datetime.to_string())),
        DeValue::Array(array) => {
            let items: Vec<_> = array
                .iter()
                .map(|item| nested(reader, item, depth + 1))
                .collect();
            // Gathered before it is judged: every mistake is to be told.
            items
                .into_iter()
                .collect::<Option<Vec<_>>>()
                .map(Value::Array)
        }
        DeValue::Table(table) => {
            let entries: Vec<_> = table
                .iter()
                .map(|(key, value)| {
                    Some((key.get_ref().to_string(), nested(reader, value, depth + 1)?))
                })
                .collect();
            entries
                .into_iter()
                .collect::<Option<Map<_, _>>>()
                .map(Value::Object)
        }
    }
}

fn refuse_none(
    reader: &Reader<'_>,
    value: &Spanned<DeValue<'_>>,
    number: Option<Number>,
    why: &str,
) -> Option<Value> {
    if number.is_none() {
        let written = quoted(reader.written(value.span()));
        reader.problem(
            value.span(),
            format!("{written} in a plugin's `config` {why}"),
        );
    }
    number.map(Value::Number)
}
