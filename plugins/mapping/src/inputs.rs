//! The model's inputs: which features go into which tensor, and how they are written.

use scoregate_sdk::{Contract, Datatype, Features, Rejection, TensorBuilder};

use crate::{
    cell::Cell,
    expression::Known,
    limits::{LABELS_MAX_COUNT, NAMES_MAX_COUNT, TENSORS_MAX_COUNT},
    names::{NAMING, Names},
    node::{Node, Object},
};

/// One tensor.
pub struct Input {
    name: String,
    datatype: Datatype,
    columns: Vec<Column>,
}

/// One feature.
struct Column {
    name: Box<str>,
    cell: usize,
    form: Form,
}

enum Form {
    Number,
    Text,
    /// One number for each of these texts.
    OneHot(Vec<Box<str>>, Unknown),
}

/// What becomes of a text that is none of a one-hot list.
#[derive(Clone, Copy, PartialEq)]
enum Unknown {
    Zeros,
    Rejects,
}

/// A feature as it is written down.
struct Entry<'c> {
    name: &'c str,
    node: Node<'c>,
    table: Option<Object<'c>>,
}

impl Input {
    /// Those of `features` and `inputs`, declared and settled.
    pub fn all<'c>(config: &Object<'c>, names: &mut Names<'c>) -> Result<Vec<Self>, String> {
        let (features, inputs) = (config.get("features"), config.get("inputs"));
        let written: Vec<(String, Datatype, Vec<Entry<'c>>)> = match (features, inputs) {
            (Some(features), None) => {
                vec![("features".to_owned(), Datatype::Fp32, entries(&features)?)]
            }
            (None, Some(inputs)) => {
                let list = inputs.list("a list of inputs", TENSORS_MAX_COUNT)?;
                list.iter().map(input).collect::<Result<_, _>>()?
            }
            (Some(_), Some(inputs)) => {
                return Err(inputs.wrong("stands beside `features`, which is short for one input; put the features into the inputs"));
            }
            (None, None) => {
                return Err(config.wrong("has no `features`, the list of the model's features in their order, and no `inputs`; `scoregate new pipeline --model FILE` writes them for a model"));
            }
        };
        for (name, _, entries) in &written {
            if written.iter().filter(|(other, ..)| other == name).count() > 1 {
                return Err(config.wrong(format_args!("has two inputs {}", checks::quote(name))));
            }
            for entry in entries {
                let defines = entry.table.as_ref().is_some_and(|table| {
                    table.has_beside(&NAMING)
                        || table.has_any(&["one_hot"]) && !names.is_declared(entry.name)
                });
                names.declare(entry.name, defines.then_some(&entry.node), &entry.node)?;
            }
        }
        let inputs = written.into_iter().map(|(name, datatype, entries)| {
            let columns = entries.iter().map(|entry| column(entry, datatype, names));
            Ok(Self {
                name,
                datatype,
                columns: columns.collect::<Result<_, String>>()?,
            })
        });
        inputs.collect()
    }

    pub fn add_to(&self, contract: Contract) -> Contract {
        let width: usize = self.columns.iter().map(Column::width).sum();
        contract.feature(&self.name, self.datatype, [-1, width as i64])
    }

    /// Writes the event's row.
    pub fn write(
        &self,
        index: usize,
        cells: &[Cell<'_>],
        numbers: &[f64],
        features: &mut Features,
    ) -> Result<(), Rejection> {
        let tensor = features.tensor(index);
        for column in &self.columns {
            match &column.form {
                Form::Number => push(tensor, self.datatype, numbers[column.cell], column)?,
                Form::Text => match &cells[column.cell] {
                    Cell::Text(text) => tensor.push_str(text),
                    // What converters make of a missing text.
                    _ => tensor.push_str(""),
                },
                Form::OneHot(known, unknown) => {
                    let text = match &cells[column.cell] {
                        Cell::Text(text) => Some(&**text),
                        _ => None,
                    };
                    let at = text.and_then(|text| known.iter().position(|known| **known == *text));
                    if let (None, Some(text), Unknown::Rejects) = (at, text, unknown) {
                        return Err(column.reject(&format!(
                            "must be one of the known texts, is {}",
                            checks::quote(text)
                        )));
                    }
                    for index in 0..known.len() {
                        push(
                            tensor,
                            self.datatype,
                            f64::from(u8::from(at == Some(index))),
                            column,
                        )?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Column {
    fn width(&self) -> usize {
        match &self.form {
            Form::OneHot(known, _) => known.len(),
            _ => 1,
        }
    }

    #[cold]
    fn reject(&self, why: &str) -> Rejection {
        checks::because(&format!("{}: {why}", self.name))
    }
}

fn input<'c>(node: &Node<'c>) -> Result<(String, Datatype, Vec<Entry<'c>>), String> {
    let table = node.object("a table: `name`, `datatype` and `features`")?;
    let name = table
        .required("name")?
        .text("the name of the model's input")?;
    let datatype = match table.get("datatype") {
        None => Datatype::Fp32,
        Some(node) => datatype(&node)?,
    };
    let entries = match table.get("features") {
        Some(features) => entries(&features)?,
        None => vec![Entry {
            name,
            node: node.clone(),
            table: None,
        }],
    };
    table.finish()?;
    Ok((name.to_owned(), datatype, entries))
}

/// By the name that the Open Inference Protocol gives it.
pub fn datatype(node: &Node<'_>) -> Result<Datatype, String> {
    const ALL: [Datatype; 12] = [
        Datatype::Fp32,
        Datatype::Fp64,
        Datatype::Int64,
        Datatype::Int32,
        Datatype::Bytes,
        Datatype::Bool,
        Datatype::Int16,
        Datatype::Int8,
        Datatype::Uint64,
        Datatype::Uint32,
        Datatype::Uint16,
        Datatype::Uint8,
    ];
    let name = node.text("a datatype")?;
    ALL.into_iter()
        .find(|datatype| datatype.name() == name)
        .ok_or_else(|| {
            let known = ALL.map(Datatype::name).join("`, `");
            node.wrong(format_args!(
                "must be one of `{known}`, is {}",
                checks::quote(name)
            ))
        })
}

fn entries<'c>(features: &Node<'c>) -> Result<Vec<Entry<'c>>, String> {
    let list = features.list(
        "a list of features: names, or tables with a `name`",
        NAMES_MAX_COUNT,
    )?;
    let entries = list.into_iter().map(|node| {
        if node.is_text() {
            return Ok(Entry {
                name: node.text("a name")?,
                node,
                table: None,
            });
        }
        let table = node.object("a feature's name, or a table with its `name`")?;
        let name = table.required("name")?.text("the feature's name")?;
        Ok(Entry {
            name,
            node,
            table: Some(table),
        })
    });
    entries.collect()
}

fn column<'c>(
    entry: &Entry<'c>,
    datatype: Datatype,
    names: &mut Names<'c>,
) -> Result<Column, String> {
    let at = |error: String| {
        if error.starts_with('/') {
            error
        } else {
            entry.node.wrong(error)
        }
    };
    let known = names.settle(entry.name).map_err(at)?;
    let one_hot = entry.table.as_ref().and_then(|table| table.get("one_hot"));
    let unknown = entry.table.as_ref().and_then(|table| table.get("unknown"));
    if let Some(table) = entry
        .table
        .as_ref()
        .filter(|table| !table.has_beside(&NAMING))
    {
        table.finish()?;
    }
    if let (Some(node), None) = (&unknown, &one_hot) {
        return Err(node.wrong("belongs to `one_hot`"));
    }
    let is_bytes = datatype == Datatype::Bytes;
    let (cell, form) = match (known, one_hot) {
        (Known::Text(cell), Some(node)) if !is_bytes => {
            let texts = node.texts("a list of texts", LABELS_MAX_COUNT)?;
            names.count_labels(&node, texts.len())?;
            let unknown = match unknown {
                None => Unknown::Zeros,
                Some(node) => match node.text("`zeros` or `reject`")? {
                    "zeros" => Unknown::Zeros,
                    "reject" => Unknown::Rejects,
                    other => {
                        return Err(node.wrong(format_args!(
                            "must be `zeros` or `reject`, is {}",
                            checks::quote(other)
                        )));
                    }
                },
            };
            (
                cell,
                Form::OneHot(texts.into_iter().map(Into::into).collect(), unknown),
            )
        }
        (_, Some(node)) => return Err(node.wrong("is for a text in an input of numbers")),
        (Known::Text(cell), None) if is_bytes => (cell, Form::Text),
        (Known::Text(_), None) => {
            return Err(entry.node.wrong(format_args!(
                "is a text, but its input is {datatype}; make numbers of it by `labels` or `one_hot`, or give the input the datatype BYTES"
            )));
        }
        (Known::Number(_) | Known::Truth(_), None) if is_bytes => {
            return Err(entry
                .node
                .wrong("is a number, but its input is BYTES; give it `type = \"string\"`"));
        }
        (Known::Number(cell) | Known::Truth(cell), None) => (cell, Form::Number),
    };
    Ok(Column {
        name: entry.name.into(),
        cell,
        form,
    })
}

/// One number in the tensor's datatype.
#[inline]
fn push(
    tensor: &mut TensorBuilder,
    datatype: Datatype,
    number: f64,
    column: &Column,
) -> Result<(), Rejection> {
    match datatype {
        Datatype::Fp32 => {
            let single = number as f32;
            if single.is_infinite() {
                return Err(
                    column.reject(&format!("must be a number that FP32 can hold, is {number}"))
                );
            }
            tensor.push_f32(single);
            Ok(())
        }
        Datatype::Fp64 => {
            tensor.push_f64(number);
            Ok(())
        }
        _ => push_whole(tensor, datatype, number, column),
    }
}

/// A datatype that has neither fractions nor NaN.
fn push_whole(
    tensor: &mut TensorBuilder,
    datatype: Datatype,
    number: f64,
    column: &Column,
) -> Result<(), Rejection> {
    macro_rules! whole {
        ($ty:ident $push:ident) => {{
            let whole = number as $ty;
            if number.is_nan() || whole as f64 != number {
                let is = if number.is_nan() {
                    "missing".to_owned()
                } else {
                    number.to_string()
                };
                return Err(column.reject(&format!(
                    "must be a whole number that {datatype} can hold, is {is}"
                )));
            }
            tensor.$push(whole);
        }};
    }
    match datatype {
        Datatype::Int64 => whole!(i64 push_i64),
        Datatype::Int32 => whole!(i32 push_i32),
        Datatype::Int16 => whole!(i16 push_i16),
        Datatype::Int8 => whole!(i8 push_i8),
        Datatype::Uint64 => whole!(u64 push_u64),
        Datatype::Uint32 => whole!(u32 push_u32),
        Datatype::Uint16 => whole!(u16 push_u16),
        Datatype::Uint8 => whole!(u8 push_u8),
        _ => match number {
            0.0 => tensor.push_bool(false),
            1.0 => tensor.push_bool(true),
            _ => return Err(column.reject("must be true or false")),
        },
    }
    Ok(())
}
