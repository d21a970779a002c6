//! How one field becomes a value: read from the event and checked, or computed from others.

use std::{borrow::Cow, cell::Cell as Slot};

use scoregate_sdk::Rejection;

use crate::{
    cell::{Cell, WHOLE_MAX},
    expression::{Number, Row},
    labels::Labels,
    time,
};

/// One field. Where it is a text it stays in its cell, else it becomes the number of the same place.
#[derive(Debug)]
pub struct Rule {
    /// As messages call it: its place in the event, or its own name where it is computed.
    pub label: Box<str>,
    pub cell: usize,
    pub kind: Kind,
    pub missing: Missing,
    /// The least and the greatest that it may be.
    pub bounds: Option<(f64, f64)>,
    /// Whether a number may stand in the event as a text.
    pub texts: bool,
}

#[derive(Debug)]
pub enum Kind {
    Number,
    /// A number without a fraction.
    Integer,
    Boolean,
    /// A text of a time; a number only where it is said how many milliseconds its unit has.
    Timestamp(Option<f64>),
    Text,
    Labels(Labels, Other),
    Expression(Number, Invalid),
}

/// What becomes of a field that the event does not have.
#[derive(Debug, PartialEq)]
pub enum Missing {
    /// It stays missing: NaN for the model.
    Stays,
    Rejects,
    Number(f64),
    Text(Box<str>),
}

/// What becomes of a text that is no label.
#[derive(Debug, PartialEq)]
pub enum Other {
    Missing,
    Rejects,
    Number(f64),
}

/// What becomes of a result that is no number: a division by zero, a logarithm of 0, one that is too large.
#[derive(Debug, PartialEq)]
pub enum Invalid {
    Missing,
    Rejects,
    Number(f64),
}

impl Rule {
    /// Settles the field: `numbers` and `cells` of those that come before it are settled.
    pub fn apply<'a>(
        &'a self,
        cells: &mut [Cell<'a>],
        numbers: &mut [f64],
    ) -> Result<(), Rejection> {
        let cell = &mut cells[self.cell];
        let number = match &self.kind {
            Kind::Expression(expression, invalid) => {
                self.computed(expression, invalid, cells, numbers)?
            }
            _ if cell.is_missing() => match &self.missing {
                Missing::Stays => f64::NAN,
                Missing::Number(number) => *number,
                Missing::Rejects => return Err(self.reject("is missing")),
                Missing::Text(text) => {
                    *cell = Cell::Text(Cow::Borrowed(text));
                    return Ok(());
                }
            },
            Kind::Text => match cell {
                Cell::Text(_) => return Ok(()),
                other => return Err(self.expected("a text", other)),
            },
            kind => self.read(kind, cell)?,
        };
        if let Some((least, most)) = self.bounds
            && (number < least || number > most)
        {
            return Err(self.reject(&format!("must {}, was {number}", within(least, most))));
        }
        numbers[self.cell] = number;
        Ok(())
    }

    fn read(&self, kind: &Kind, cell: &Cell<'_>) -> Result<f64, Rejection> {
        match (kind, cell) {
            (Kind::Number, Cell::Number(number)) => Ok(*number),
            (Kind::Labels(labels, other), Cell::Text(text)) => match (labels.number(text), other) {
                (Some(number), _) => Ok(number),
                (None, Other::Number(number)) => Ok(*number),
                (None, Other::Missing) => Ok(f64::NAN),
                (None, Other::Rejects) => Err(self.expected("one of the known labels", cell)),
            },
            (Kind::Integer, Cell::Number(number)) => self.whole(*number, cell),
            (Kind::Boolean, Cell::Boolean(truth)) => Ok(f64::from(u8::from(*truth))),
            (Kind::Timestamp(Some(unit_ms)), Cell::Number(number)) => {
                self.time(number * unit_ms, cell)
            }
            (kind, Cell::Text(text)) => self.parsed(kind, text, cell),
            (Kind::Integer, cell) => Err(self.expected("a whole number", cell)),
            (Kind::Boolean, cell) => Err(self.expected("true or false", cell)),
            (Kind::Timestamp(_), cell) => Err(self.expected(time::EXAMPLES, cell)),
            (Kind::Labels(..), cell) => Err(self.expected("a text", cell)),
            (_, cell) => Err(self.expected("a number", cell)),
        }
    }

    /// CSV and log lines know texts only; in JSON a number in quotes is a mistake of the sender.
    fn parsed(&self, kind: &Kind, text: &str, cell: &Cell<'_>) -> Result<f64, Rejection> {
        let number = || {
            let number = text.trim_ascii().parse::<f64>().ok();
            number.filter(|number| number.is_finite())
        };
        match kind {
            Kind::Timestamp(unit_ms) => match (time::parse(text), number(), unit_ms) {
                (Some(ms), _, _) => Ok(ms),
                (None, Some(number), Some(unit_ms)) if self.texts => {
                    self.time(number * unit_ms, cell)
                }
                _ => Err(self.expected(time::EXAMPLES, cell)),
            },
            Kind::Boolean if self.texts => match text {
                "true" | "True" | "TRUE" | "1" => Ok(1.0),
                "false" | "False" | "FALSE" | "0" => Ok(0.0),
                _ => Err(self.expected("true or false", cell)),
            },
            Kind::Boolean => Err(self.expected("true or false", cell)),
            Kind::Integer if self.texts => {
                let number = number();
                number.map_or_else(
                    || Err(self.expected("a whole number", cell)),
                    |number| self.whole(number, cell),
                )
            }
            Kind::Integer => Err(self.expected("a whole number", cell)),
            _ => number()
                .filter(|_| self.texts)
                .ok_or_else(|| self.expected("a number", cell)),
        }
    }

    fn whole(&self, number: f64, cell: &Cell<'_>) -> Result<f64, Rejection> {
        if number.fract() == 0.0 && number.abs() < WHOLE_MAX {
            return Ok(number);
        }
        Err(self.expected("a whole number of less than 2^53", cell))
    }

    fn time(&self, ms: f64, cell: &Cell<'_>) -> Result<f64, Rejection> {
        if time::exists(ms) {
            return Ok(ms);
        }
        Err(self.expected("a time in the years 0 to 9999", cell))
    }

    fn computed(
        &self,
        expression: &Number,
        invalid: &Invalid,
        cells: &[Cell<'_>],
        numbers: &[f64],
    ) -> Result<f64, Rejection> {
        let fault = Slot::new(None);
        let row = Row {
            numbers,
            cells,
            fault: &fault,
        };
        let number = expression.value(&row);
        let why = match fault.get() {
            Some(why) => why,
            None if number.is_infinite() => "it is too large for a number",
            None if number.is_nan() => {
                return match &self.missing {
                    Missing::Number(number) => Ok(*number),
                    Missing::Rejects => {
                        Err(self.reject("cannot be computed: what it needs is missing"))
                    }
                    _ => Ok(f64::NAN),
                };
            }
            None => return Ok(number),
        };
        match invalid {
            Invalid::Missing => Ok(f64::NAN),
            Invalid::Number(number) => Ok(*number),
            Invalid::Rejects => Err(self.reject(&format!("cannot be computed: {why}"))),
        }
    }

    #[cold]
    fn expected(&self, what: &str, found: &Cell<'_>) -> Rejection {
        self.reject(&format!("must be {what}, is {}", found.words()))
    }

    #[cold]
    fn reject(&self, why: &str) -> Rejection {
        checks::because(&format!("{}: {why}", self.label))
    }
}

fn within(least: f64, most: f64) -> String {
    match (least.is_finite(), most.is_finite()) {
        (true, false) => format!("be at least {least}"),
        (false, _) => format!("be at most {most}"),
        _ => format!("lie between {least} and {most}"),
    }
}
