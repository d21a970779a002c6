//! One value on its way from a table into a tensor. Every number is read as a double and then rounded to the model's datatype, as pandas and
//! NumPy do, so that a file scores alike in each of its formats.

use crate::tensor::Datatype;

/// What a table holds in one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'v> {
    Missing,
    Bool(bool),
    Integer(i128),
    Float(f64),
    /// A text that is known to be one.
    Text(&'v str),
    /// What a format without datatypes wrote: a number, if one is wanted.
    Written(&'v str),
}

/// Whether values of a table can be elements of the datatype.
pub fn can_be(datatype: Datatype) -> bool {
    datatype != Datatype::Fp16
}

/// Appends a value as one element.
///
/// # Errors
/// In a clause, why it is no element of the datatype.
pub fn push(value: Value<'_>, datatype: Datatype, data: &mut Vec<u8>) -> Result<(), String> {
    if let (Datatype::Bytes, Value::Text(text) | Value::Written(text)) = (datatype, value) {
        let length = u32::try_from(text.len()).map_err(|_| "is longer than 4 GiB".to_owned())?;
        data.extend(length.to_le_bytes());
        data.extend_from_slice(text.as_bytes());
        return Ok(());
    }
    let value = match value {
        Value::Written(text) => number(text).ok_or_else(|| no_number(text))?,
        Value::Text(text) => not_finite(text).ok_or_else(|| no_number(text))?,
        value => value,
    };
    let wrong = || Err(format!("is {}, which is no {datatype}", shown(value)));
    match datatype {
        Datatype::Fp32 => match float(value) {
            Some(double) if double.is_finite() && (double as f32).is_infinite() => {
                return Err(format!("is {double:?}, which is beyond FP32"));
            }
            Some(double) => data.extend((double as f32).to_le_bytes()),
            None => return wrong(),
        },
        Datatype::Fp64 => match float(value) {
            Some(double) => data.extend(double.to_le_bytes()),
            None => return wrong(),
        },
        Datatype::Fp16 | Datatype::Bytes => return wrong(),
        integer => match whole(value).and_then(|number| bytes_of(number, integer)) {
            Some((bytes, length)) => data.extend(&bytes[..length]),
            None => return wrong(),
        },
    }
    Ok(())
}

fn float(value: Value<'_>) -> Option<f64> {
    match value {
        Value::Missing => Some(f64::NAN),
        Value::Bool(value) => Some(f64::from(u8::from(value))),
        Value::Integer(value) => Some(value as f64),
        Value::Float(value) => Some(value),
        Value::Text(_) | Value::Written(_) => None,
    }
}

/// Integers exactly, and floats that are one.
fn whole(value: Value<'_>) -> Option<i128> {
    /// From here on not every integer is a double.
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Bool(value) => Some(value.into()),
        Value::Integer(value) => Some(value),
        Value::Float(value) if value.fract() == 0.0 && value.abs() <= EXACT_MAX => {
            Some(value as i128)
        }
        _ => None,
    }
}

/// The element's bytes and how many there are; none where the number is out of the datatype's range.
fn bytes_of(number: i128, datatype: Datatype) -> Option<([u8; 16], usize)> {
    let length = datatype.size_bytes()? as usize;
    let bits = 8 * length as u32;
    let (least, most) = match datatype {
        Datatype::Bool => (0, 1),
        Datatype::Uint8 | Datatype::Uint16 | Datatype::Uint32 | Datatype::Uint64 => {
            (0, (1 << bits) - 1)
        }
        _ => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
    };
    (least..=most)
        .contains(&number)
        .then_some((number.to_le_bytes(), length))
}

/// Nothing at all is a missing value.
fn number(text: &str) -> Option<Value<'static>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Value::Missing);
    }
    if let Ok(integer) = text.parse::<i64>() {
        // `-0` is a float, not the integer 0.
        return Some(match integer {
            0 if text.starts_with('-') => Value::Float(-0.0),
            integer => Value::Integer(integer.into()),
        });
    }
    if let Ok(integer) = text.parse::<u64>() {
        return Some(Value::Integer(integer.into()));
    }
    if let Ok(double) = text.parse::<f64>() {
        return Some(Value::Float(double));
    }
    if text.eq_ignore_ascii_case("true") {
        return Some(Value::Bool(true));
    }
    text.eq_ignore_ascii_case("false")
        .then_some(Value::Bool(false))
}

/// What JSON has no number for.
fn not_finite(text: &str) -> Option<Value<'static>> {
    match text {
        "NaN" => Some(Value::Float(f64::NAN)),
        "Infinity" => Some(Value::Float(f64::INFINITY)),
        "-Infinity" => Some(Value::Float(f64::NEG_INFINITY)),
        _ => None,
    }
}

fn no_number(text: &str) -> String {
    const SHOWN_MAX_CHARS: usize = 40;
    let mut shown: String = text.chars().take(SHOWN_MAX_CHARS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("is {shown:?}, which is no number; a missing value is an empty cell, or `null` in JSON")
}

fn shown(value: Value<'_>) -> String {
    match value {
        Value::Missing => "missing".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => format!("{value:?}"),
        Value::Text(value) | Value::Written(value) => format!("{value:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fp32(value: Value<'_>) -> Result<f32, String> {
        let mut data = Vec::new();
        push(value, Datatype::Fp32, &mut data)?;
        Ok(f32::from_le_bytes(data.try_into().unwrap()))
    }

    #[test]
    fn what_is_written_is_read_as_a_number_of_the_datatype() {
        for (text, expected) in [
            ("1.5", 1.5),
            (" -2 ", -2.0),
            ("1e-45", 1e-45),
            ("true", 1.0),
            ("False", 0.0),
            ("inf", f32::INFINITY),
            ("16777217", 16777216.0),
        ] {
            assert_eq!(fp32(Value::Written(text)).unwrap(), expected, "{text}");
        }
        assert!(fp32(Value::Written("")).unwrap().is_nan());
        assert!(fp32(Value::Written("NaN")).unwrap().is_nan());
        assert!(fp32(Value::Missing).unwrap().is_nan());
        let zero = fp32(Value::Written("-0")).unwrap();
        assert_eq!(zero.to_bits(), (-0.0f32).to_bits());
        assert!(fp32(Value::Text("1.5")).is_err());
        assert_eq!(fp32(Value::Text("-Infinity")), Ok(f32::NEG_INFINITY));
    }

    #[test]
    fn what_does_not_fit_says_why() {
        let refusal = |value, datatype| push(value, datatype, &mut Vec::new()).unwrap_err();
        let number = "a missing value is an empty cell, or `null` in JSON";
        assert_eq!(
            refusal(Value::Written("n/a"), Datatype::Fp32),
            format!("is \"n/a\", which is no number; {number}")
        );
        assert_eq!(
            refusal(Value::Written("1e300"), Datatype::Fp32),
            "is 1e300, which is beyond FP32"
        );
        assert_eq!(
            refusal(Value::Missing, Datatype::Int64),
            "is missing, which is no INT64"
        );
        for (value, datatype) in [
            (Value::Integer(256), Datatype::Uint8),
            (Value::Integer(-1), Datatype::Uint64),
            (Value::Integer(-129), Datatype::Int8),
            (Value::Float(0.5), Datatype::Int32),
            (Value::Integer(2), Datatype::Bool),
            (Value::Integer(1), Datatype::Bytes),
        ] {
            let text = refusal(value, datatype);
            assert!(text.ends_with(&format!("which is no {datatype}")), "{text}");
        }
    }

    #[test]
    fn integers_are_exact_to_the_ends_of_their_range() {
        for (value, datatype) in [
            (i128::from(u64::MAX), Datatype::Uint64),
            (i128::from(i64::MIN), Datatype::Int64),
            (i128::from(i64::MAX), Datatype::Int64),
        ] {
            let mut data = Vec::new();
            push(Value::Written(&value.to_string()), datatype, &mut data).unwrap();
            assert_eq!(data, &value.to_le_bytes()[..8]);
        }
        let mut data = Vec::new();
        push(Value::Written("3.0"), Datatype::Int16, &mut data).unwrap();
        assert_eq!(data, [3, 0]);
    }
}
