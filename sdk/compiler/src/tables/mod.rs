//! Writes a description as a kernel's tables; the layout is [`scoregate_kernel::layout`]. One file for each kind of kernel
//! writes the body, everything before it is written here.

mod covers;
mod ranked;
mod walk;

use scoregate_kernel::layout::{self, ALIGN, HEADER_WORDS, Kind, MAGIC, Output, VERSION, Word};

use crate::description::{Description, Family, Link, Precision};
use crate::error::CompileError;
use crate::forest::{CategoryRule, Forest};
use crate::tuning::Tuning;

/// What `configure` tells of the model.
pub(crate) struct Text<'a> {
    pub name: &'a str,
    pub version: &'a str,
    pub description: &'a str,
}

/// The tables of one model, in a way of writing trees where that serves it and in the general one elsewhere. The same model gives the
/// same bytes.
pub(crate) fn write(
    model: &Description,
    tuning: Tuning,
    outputs: &[Output],
    text: &Text<'_>,
) -> Result<Vec<u8>, CompileError> {
    let mut words = [0_u32; HEADER_WORDS];
    let bodies = match &model.family {
        Family::Trees(forest) => trees(model, forest, tuning, outputs, &mut words)?,
        Family::Linear(linear) => {
            words[Word::Kind as usize] = Kind::Linear.code();
            let weights = linear.weights.iter();
            vec![weights.flat_map(|weight| weight.to_le_bytes()).collect()]
        }
    };
    let text = text_bytes(text)?;
    let body_at = (HEADER_WORDS * 4 + model.groups() * 8 + text.len()).next_multiple_of(ALIGN);
    let total = bodies
        .iter()
        .filter(|body| !body.is_empty())
        .fold(body_at, |end, body| {
            end.next_multiple_of(ALIGN) + body.len()
        });
    words[Word::Magic as usize] = MAGIC;
    words[Word::Version as usize] = VERSION;
    words[Word::TotalBytes as usize] = count(total)?;
    words[Word::BodyBytes as usize] = count(bodies[0].len())?;
    words[Word::Features as usize] = count(model.features)?;
    words[Word::Groups as usize] = count(model.groups())?;
    words[Word::TextBytes as usize] = count(text.len())?;
    words[Word::Precision as usize] = match model.precision {
        Precision::F32 => layout::Precision::F32,
        Precision::F64 => layout::Precision::F64,
    }
    .code();
    put_link(&mut words, model);
    words[Word::Outputs as usize] = count(outputs.len())?;
    for (word, output) in words[Word::FirstOutput as usize..].iter_mut().zip(outputs) {
        *word = output.code();
    }

    let mut bytes = Vec::with_capacity(total);
    words.iter().for_each(|word| put(&mut bytes, *word));
    for margin in &model.base_margins {
        bytes.extend(margin.to_le_bytes());
    }
    bytes.extend(text);
    bytes.resize(body_at, 0);
    for body in bodies.iter().filter(|body| !body.is_empty()) {
        bytes.resize(bytes.len().next_multiple_of(ALIGN), 0);
        bytes.extend(body);
    }
    Ok(bytes)
}

/// The body that scores, and for outputs that it cannot give a second one and the covers.
fn trees(
    model: &Description,
    forest: &Forest,
    tuning: Tuning,
    outputs: &[Output],
    words: &mut [u32; HEADER_WORDS],
) -> Result<Vec<Vec<u8>>, CompileError> {
    words[Word::Trees as usize] = count(forest.len())?;
    words[Word::Nodes as usize] = count(forest.nodes())?;
    put_number(words, Word::ZeroMax, forest.zero_max);
    words[Word::CategoryRule as usize] = category_rule(forest).code();
    let ranked = match tuning {
        Tuning::Planes | Tuning::Nodes => {
            ranked::body(forest, model.precision, tuning == Tuning::Planes, words)?
        }
        Tuning::Walk => None,
    };
    let kind = if ranked.is_some() {
        Kind::Ranked
    } else {
        Kind::Walk
    };
    words[Word::Kind as usize] = kind.code();
    let explained = outputs.contains(&Output::Contributions);
    // XGBoost multiplies a tree's contributions by its weight, not its leaves.
    let weighted = explained && forest.trees().any(|tree| tree.weight != 1.0);
    let second = weighted || ranked.is_some() && (explained || outputs.contains(&Output::Leaf));
    let body = match ranked {
        Some(body) => body,
        None => {
            let walk = walk::body(forest, walk::Leaves::Weighted)?;
            words[Word::FunctionRecords as usize] = count(walk.function_records)?;
            words[Word::SetWords as usize] = count(walk.set_words)?;
            walk.bytes
        }
    };
    let mut bodies = vec![body];
    if second {
        let walk = walk::body(forest, walk::Leaves::Unweighted)?;
        words[Word::SecondBytes as usize] = count(walk.bytes.len())?;
        words[Word::SecondSetWords as usize] = count(walk.set_words)?;
        bodies.push(walk.bytes);
    }
    if explained {
        bodies.push(covers::bytes(forest, model.precision));
    }
    Ok(bodies)
}

fn put_link(words: &mut [u32; HEADER_WORDS], model: &Description) {
    let mut steepness = 1.0;
    let link = match model.link {
        Link::Identity => layout::Link::Identity,
        Link::Logistic { steepness: given } => {
            steepness = given;
            layout::Link::Logistic
        }
        Link::Softmax => layout::Link::Softmax,
        Link::Exp => layout::Link::Exp,
        Link::SignedSquare => layout::Link::SignedSquare,
        Link::Softplus => layout::Link::Softplus,
        Link::Hinge => layout::Link::Hinge,
    };
    words[Word::Link as usize] = link.code();
    put_number(words, Word::Steepness, steepness);
    put_number(words, Word::Divisor, model.divisor);
}

fn category_rule(forest: &Forest) -> layout::CategoryRule {
    match forest.category_rule {
        CategoryRule::NotNegative => layout::CategoryRule::NotNegative,
        CategoryRule::TowardsZero => layout::CategoryRule::TowardsZero,
    }
}

fn put_number(words: &mut [u32; HEADER_WORDS], at: Word, number: f64) {
    let bits = number.to_bits();
    words[at as usize] = bits as u32;
    words[at as usize + 1] = (bits >> 32) as u32;
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
