//! The model's outputs that are read, each named with its datatype and shape.

use scoregate_sdk::{Contract, Datatype, Scores};

use crate::{
    inputs,
    limits::TENSORS_MAX_COUNT,
    node::{Node, Object},
};

/// One output.
#[derive(Clone, Debug, PartialEq)]
struct Output {
    name: String,
    datatype: Datatype,
    shape: Vec<i64>,
}

/// Those that are read, each once.
#[derive(Default)]
pub struct Outputs(Vec<Output>);

/// A value of an output: which output, and which column of its row.
#[derive(Clone, Debug)]
pub struct Place {
    pub name: String,
    output: usize,
    column: usize,
    datatype: Datatype,
}

/// What stands at a place.
pub enum Found<'a> {
    Number(f64),
    Text(&'a [u8]),
}

impl Outputs {
    /// Reads the output that a node names: its name alone stands for FP32 with any number of columns.
    pub fn place(&mut self, node: &Node<'_>) -> Result<Place, String> {
        let (output, column) = if node.is_text() {
            (
                Output {
                    name: node.text("an output's name")?.to_owned(),
                    datatype: Datatype::Fp32,
                    shape: vec![-1, -1],
                },
                0,
            )
        } else {
            described(
                &node.object("the name of an output of the model, or a table with its `name`")?,
            )?
        };
        let (name, datatype) = (output.name.clone(), output.datatype);
        let at = match self.0.iter().position(|known| known.name == name) {
            Some(at) if self.0[at] == output => at,
            Some(_) => {
                return Err(node.wrong(format_args!(
                    "gives {} another datatype or shape than elsewhere",
                    checks::quote(&name)
                )));
            }
            None if self.0.len() == TENSORS_MAX_COUNT => {
                return Err(node.wrong(format_args!(
                    "is one output too many; the limit is {TENSORS_MAX_COUNT}"
                )));
            }
            None => {
                self.0.push(output);
                self.0.len() - 1
            }
        };
        Ok(Place {
            name,
            output: at,
            column,
            datatype,
        })
    }

    pub fn add_to(&self, contract: Contract) -> Contract {
        let outputs = self.0.iter();
        outputs.fold(contract, |contract, output| {
            contract.score(&output.name, output.datatype, output.shape.clone())
        })
    }
}

fn described(table: &Object<'_>) -> Result<(Output, usize), String> {
    const DIMENSIONS_MAX_COUNT: usize = 8;
    let name = table.required("name")?.text("an output's name")?.to_owned();
    let datatype = table
        .get("datatype")
        .map(|node| inputs::datatype(&node))
        .transpose()?;
    let shape = match table.get("shape") {
        None => vec![-1, -1],
        Some(node) => {
            let dims = node.list("a list of dimensions such as [-1, 3]", DIMENSIONS_MAX_COUNT)?;
            dims.iter().map(Node::integer).collect::<Result<_, _>>()?
        }
    };
    let column = table
        .get("column")
        .map(|node| node.index("a column, counted from 0"))
        .transpose()?;
    table.finish()?;
    let output = Output {
        name,
        datatype: datatype.unwrap_or(Datatype::Fp32),
        shape,
    };
    Ok((output, column.unwrap_or(0)))
}

impl Place {
    pub fn is_text(&self) -> bool {
        self.datatype == Datatype::Bytes
    }

    /// Whether numbers have single precision, and are best told so.
    pub fn is_single(&self) -> bool {
        self.datatype == Datatype::Fp32
    }

    pub fn column(&self) -> usize {
        self.column
    }

    /// None where the row has no such column.
    pub fn of<'a>(&self, scores: &Scores<'a>) -> Option<Found<'a>> {
        macro_rules! column {
            ($row:ident) => {
                scores
                    .$row(self.output)
                    .get(self.column)
                    .map(|value| f64::from(*value))
            };
        }
        let number = match self.datatype {
            Datatype::Fp32 => column!(row_f32),
            Datatype::Fp64 => column!(row_f64),
            Datatype::Int32 => column!(row_i32),
            Datatype::Int16 => column!(row_i16),
            Datatype::Int8 => column!(row_i8),
            Datatype::Uint32 => column!(row_u32),
            Datatype::Uint16 => column!(row_u16),
            Datatype::Uint8 | Datatype::Bool => column!(row_u8),
            Datatype::Int64 => scores
                .row_i64(self.output)
                .get(self.column)
                .map(|value| *value as f64),
            Datatype::Uint64 => scores
                .row_u64(self.output)
                .get(self.column)
                .map(|value| *value as f64),
            _ => {
                return scores
                    .row_byte_strings(self.output)
                    .get(self.column)
                    .copied()
                    .map(Found::Text);
            }
        };
        number.map(Found::Number)
    }
}
