//! Writes a description as a kernel's tables; the layout is [`scoregate_kernel::layout`]. One file for each kind of kernel
//! writes the body, everything before it is written here.

mod walk;

use scoregate_kernel::layout::{self, ALIGN, HEADER_WORDS, Kind, MAGIC, Output, VERSION, Word};

use crate::description::{Description, Family, Link, Precision, Task};
use crate::error::CompileError;
use crate::forest::Forest;

/// What `configure` tells of the model.
pub(crate) struct Text<'a> {
    pub name: &'a str,
    pub version: &'a str,
    pub description: &'a str,
}

/// The tables of one model for one kind of kernel. The same model gives the same bytes.
pub(crate) fn write(
    model: &Description,
    kind: Kind,
    outputs: &[Output],
    text: &Text<'_>,
) -> Result<Vec<u8>, CompileError> {
    let forest = served_forest(model)?;
    let link = served_link(model)?;
    let body = match kind {
        Kind::Walk => walk::body(forest)?,
    };
    let text = text_bytes(text)?;
    let body_at = (HEADER_WORDS * 4 + model.groups() * 4 + text.len()).next_multiple_of(ALIGN);

    let mut words = [0_u32; HEADER_WORDS];
    words[Word::Magic as usize] = MAGIC;
    words[Word::Version as usize] = VERSION;
    words[Word::TotalBytes as usize] = count(body_at + body.len())?;
    words[Word::Kind as usize] = kind.code();
    words[Word::Features as usize] = count(model.features)?;
    words[Word::Groups as usize] = count(model.groups())?;
    words[Word::Trees as usize] = count(forest.len())?;
    words[Word::Nodes as usize] = count(forest.nodes())?;
    words[Word::Link as usize] = link.code();
    words[Word::TextBytes as usize] = count(text.len())?;
    words[Word::Outputs as usize] = count(outputs.len())?;
    for (word, output) in words[Word::FirstOutput as usize..].iter_mut().zip(outputs) {
        *word = output.code();
    }

    let mut bytes = Vec::with_capacity(body_at + body.len());
    words.iter().for_each(|word| put(&mut bytes, *word));
    model
        .base_margins
        .iter()
        .for_each(|margin| put(&mut bytes, (*margin as f32).to_bits()));
    bytes.extend(text);
    bytes.resize(body_at, 0);
    bytes.extend(body);
    Ok(bytes)
}

/// The trees, where they are of a kind that a kernel reads. What none reads is named: another reading of it would be another model.
fn served_forest(model: &Description) -> Result<&Forest, CompileError> {
    let forest = match &model.family {
        Family::Trees(forest) => forest,
        Family::Linear(_) => return Err(unserved("is linear (`gblinear`)")),
    };
    match model.precision {
        Precision::F64 => Err(unserved("computes in 64 bits, as LightGBM does")),
        Precision::F32 if forest.zero_max != 0.0 => Err(unserved("takes small numbers as zero")),
        Precision::F32 => Ok(forest),
    }
}

fn served_link(model: &Description) -> Result<layout::Link, CompileError> {
    let single = model.groups() == 1 || model.task == Task::Multiclass;
    match model.link {
        _ if model.divisor != 1.0 => Err(unserved("averages its trees")),
        _ if !single => Err(unserved("has several targets")),
        Link::Identity => Ok(layout::Link::Identity),
        Link::Logistic { steepness: 1.0 } if model.groups() == 1 => Ok(layout::Link::Logistic),
        Link::Softmax if model.groups() > 1 => Ok(layout::Link::Softmax),
        other => Err(unserved(&format!(
            "predicts by the link `{}` for {}",
            other.name(),
            model.objective
        ))),
    }
}

/// A refusal by name. `what` goes on after "the model".
fn unserved(what: &str) -> CompileError {
    CompileError::Unsupported(format!(
        "the model {what}, which no kernel of this version serves; it serves trees of XGBoost with numeric splits and one value \
         a leaf"
    ))
}

fn text_bytes(text: &Text<'_>) -> Result<Vec<u8>, CompileError> {
    let mut bytes = Vec::new();
    for part in [text.name, text.version, text.description] {
        put(&mut bytes, count(part.len())?);
        bytes.extend(part.as_bytes());
    }
    Ok(bytes)
}

fn put(bytes: &mut Vec<u8>, word: u32) {
    bytes.extend(word.to_le_bytes());
}

/// Everything in the tables is counted in 32 bits, as the sandbox's memory is.
fn count(number: usize) -> Result<u32, CompileError> {
    u32::try_from(number).map_err(|_| {
        CompileError::Unsupported(
            "the model's tables do not fit the 4 GiB of a component".to_owned(),
        )
    })
}
