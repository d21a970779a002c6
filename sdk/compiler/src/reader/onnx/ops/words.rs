//! Operators on texts.

mod class;
mod tfidf;

use scoregate_graph::ops::{Case, Class, Normalize, Op, Tokens, Words};

use super::super::lowering::Lowering;
use super::super::node::Node;
use crate::error::CompileError;

/// Adds the node's steps, if it is of this family.
pub(super) fn lower(cx: &mut Lowering, node: &Node<'_>) -> Result<bool, CompileError> {
    let op = match node.op() {
        "StringNormalizer" => normalizer(node)?,
        "TfIdfVectorizer" => tfidf::vectorizer(cx, node)?,
        "RegexFullMatch" => {
            let (class, least, most) = class_of(node, node.word("pattern", "")?)?;
            Words::FullMatch { class, least, most }
        }
        "StringConcat" => Words::Concat,
        _ => return Ok(false),
    };
    super::learned::push(cx, node, Op::Words(op))?;
    Ok(true)
}

/// Likewise of onnxruntime's own operators.
pub(super) fn lower_microsoft(cx: &mut Lowering, node: &Node<'_>) -> Result<bool, CompileError> {
    let op = match node.op() {
        "Tokenizer" => tokenizer(node)?,
        "MurmurHash3" => {
            let seed = node.int("seed", 0)?;
            Words::Hash {
                seed: u32::try_from(seed)
                    .map_err(|_| node.invalid(format!("`seed` is {seed}, which is no uint32")))?,
                positive: node.int("positive", 1)? != 0,
            }
        }
        _ => return Ok(false),
    };
    super::learned::push(cx, node, Op::Words(op))?;
    Ok(true)
}

fn normalizer(node: &Node<'_>) -> Result<Words, CompileError> {
    let case = match node.word("case_change_action", "NONE")? {
        "NONE" => Case::Same,
        "LOWER" => Case::Lower,
        "UPPER" => Case::Upper,
        other => {
            return Err(node.invalid(format!(
                "`case_change_action` is `{other}`; there are NONE, LOWER and UPPER"
            )));
        }
    };
    let compared = match (node.int("is_case_sensitive", 0)?, case) {
        (0, Case::Upper) => Case::Upper,
        (0, _) => Case::Lower,
        _ => Case::Same,
    };
    let stop_words = node
        .strings("stopwords")?
        .iter()
        .map(|word| compared.of(word));
    let stop_words: Result<Vec<Vec<u8>>, String> = stop_words
        .map(|word| word.map(std::borrow::Cow::into_owned))
        .collect();
    Ok(Words::Normalize(Normalize {
        case,
        compared,
        stop_words: stop_words.map_err(|error| node.invalid(error))?,
    }))
}

fn tokenizer(node: &Node<'_>) -> Result<Words, CompileError> {
    let separators = node.strings("separators")?;
    let (class, single, repeated) = match (separators, node.word("tokenexp", "")?) {
        ([only], "") if only.is_empty() => {
            let all = Class {
                ranges: Vec::new(),
                negated: true,
            };
            (all, true, 1)
        }
        ([], expression) if !expression.is_empty() => {
            let (class, least, most) = class_of(node, expression)?;
            match (least, most) {
                (1, 1) => (class, true, 1),
                (_, u32::MAX) => (class, false, least),
                _ => return Err(node.unsupported(format!("`tokenexp` is `{expression}`; words of at most so many characters are not served"))),
            }
        }
        _ => {
            return Err(node
                .unsupported("only `tokenexp`, or a single empty one of `separators`, is served"));
        }
    };
    let least = node.int("mincharnum", 1)?;
    let least =
        u32::try_from(least).map_err(|_| node.invalid(format!("`mincharnum` is {least}")))?;
    Ok(Words::Tokens(Tokens {
        class,
        single,
        least: least.max(repeated),
        mark: node.int("mark", 0)? != 0,
        pad: node.bytes("pad_value")?.unwrap_or_default().to_vec(),
    }))
}

/// A regular expression that is a class of characters, and how often it may come.
fn class_of(node: &Node<'_>, expression: &str) -> Result<(Class, u32, u32), CompileError> {
    class::parse(expression).ok_or_else(|| {
        node.unsupported(format!(
            "the regular expression `{expression}`; served are a class of characters alone and one with + or {{n,}} behind it, as [a-zA-Z0-9_]+"
        ))
    })
}
