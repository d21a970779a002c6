//! Texts: their case, their words, the counts of these, hashes.

mod normalize;
mod tfidf;
mod tokens;
mod utf8;

pub use normalize::{Case, Normalize};
pub use tfidf::{TfIdf, TfIdfKeys, Weighting};
pub use tokens::{Class, Tokens};

use serde::{Deserialize, Serialize};

use super::Args;
use crate::data::{Data, Text};
use crate::tensor::Tensor;

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Words {
    /// Another case, and without stop words.
    Normalize(Normalize),
    /// The words of each text, filled up to as many as the text with most of them has.
    Tokens(Tokens),
    /// How often each known sequence of words occurs.
    TfIdf(TfIdf),
    /// Whether a text is made of such characters only, so many at least.
    FullMatch {
        /// The characters.
        class: Class,
        /// How many at least.
        least: u32,
        /// How many at most.
        most: u32,
    },
    /// Two texts as one.
    Concat,
    /// MurmurHash3, x86, 32 bits (A. Appleby, <https://github.com/aappleby/smhasher>).
    Hash {
        /// Where it begins.
        seed: u32,
        /// The hash is a number without a sign.
        positive: bool,
    },
}

/// An operator ready to run.
#[derive(Debug)]
pub enum Ready<'a> {
    /// See [`Words::Normalize`].
    Normalize(Normalize),
    /// See [`Words::Tokens`].
    Tokens(Tokens),
    /// See [`Words::TfIdf`].
    TfIdf(tfidf::ReadyTfIdf<'a>),
    /// See [`Words::FullMatch`].
    FullMatch(Class, u32, u32),
    /// See [`Words::Concat`].
    Concat,
    /// See [`Words::Hash`].
    Hash(u32, bool),
}

impl Words {
    pub(super) fn ready<'a>(&self, blobs: &'a [u8]) -> Result<Ready<'a>, String> {
        Ok(match self {
            Self::Normalize(op) => Ready::Normalize(op.clone()),
            Self::Tokens(op) => Ready::Tokens(op.clone()),
            Self::TfIdf(op) => Ready::TfIdf(op.ready(blobs)?),
            Self::FullMatch { class, least, most } => {
                Ready::FullMatch(class.clone(), *least, *most)
            }
            Self::Concat => Ready::Concat,
            Self::Hash { seed, positive } => Ready::Hash(*seed, *positive),
        })
    }
}

impl Ready<'_> {
    pub(super) fn run<'v>(
        &'v self,
        args: &mut Args<'_, 'v>,
        made: &mut Vec<Tensor<'v>>,
    ) -> Result<(), String> {
        made.push(match self {
            Self::Normalize(op) => op.run(args)?,
            Self::Tokens(op) => op.run(args)?,
            Self::TfIdf(op) => op.run(args)?,
            Self::FullMatch(class, least, most) => full_match(class, *least, *most, args)?,
            Self::Concat => concat(args)?,
            Self::Hash(seed, positive) => hash(*seed, *positive, args)?,
        });
        Ok(())
    }
}

fn full_match<'v>(
    class: &Class,
    least: u32,
    most: u32,
    args: &Args<'_, 'v>,
) -> Result<Tensor<'v>, String> {
    let input = args.get(0)?;
    let matches = |text: &Text<'_>| {
        let mut count = 0_usize;
        let all = utf8::chars(text).all(|(character, _)| {
            count += 1;
            character.is_some_and(|character| class.has(character))
        });
        u8::from(all && (least as usize..=most as usize).contains(&count))
    };
    let answers: Vec<u8> = input.as_text()?.iter().map(matches).collect();
    Tensor::new(input.shape(), Data::Bool(answers.into()))
}

fn concat<'v>(args: &Args<'_, 'v>) -> Result<Tensor<'v>, String> {
    let (first, second) = (args.get(0)?, args.get(1)?);
    let (left, right) = (first.as_text()?, second.as_text()?);
    let joined = |left: &Text<'_>, right: &Text<'_>| Text::Owned([&left[..], &right[..]].concat());
    let (shape, texts): (_, Vec<Text<'v>>) = if first.shape() == second.shape() {
        (
            first.shape(),
            left.iter()
                .zip(right)
                .map(|(left, right)| joined(left, right))
                .collect(),
        )
    } else if let [right] = right {
        (
            first.shape(),
            left.iter().map(|left| joined(left, right)).collect(),
        )
    } else if let [left] = left {
        (
            second.shape(),
            right.iter().map(|right| joined(left, right)).collect(),
        )
    } else {
        return Err(format!(
            "texts of shape {:?} beside texts of shape {:?}",
            first.shape(),
            second.shape()
        ));
    };
    Tensor::new(shape, Data::Text(texts.into()))
}

fn hash<'v>(seed: u32, positive: bool, args: &Args<'_, 'v>) -> Result<Tensor<'v>, String> {
    let input = args.get(0)?;
    let hashes: Vec<u32> = match input.data() {
        Data::Text(texts) => texts.iter().map(|text| murmur(text, seed)).collect(),
        Data::I32(numbers) => numbers
            .iter()
            .map(|number| murmur(&number.to_le_bytes(), seed))
            .collect(),
        Data::I64(numbers) => numbers
            .iter()
            .map(|number| murmur(&number.to_le_bytes(), seed))
            .collect(),
        Data::F32(numbers) => numbers
            .iter()
            .map(|number| murmur(&number.to_le_bytes(), seed))
            .collect(),
        Data::F64(numbers) => numbers
            .iter()
            .map(|number| murmur(&number.to_le_bytes(), seed))
            .collect(),
        Data::Bool(_) => return Err("hashes of bool are not served".to_owned()),
    };
    let data = match positive {
        true => Data::I64(hashes.into_iter().map(i64::from).collect()),
        false => Data::I32(hashes.into_iter().map(u32::cast_signed).collect()),
    };
    Tensor::new(input.shape(), data)
}

fn murmur(bytes: &[u8], seed: u32) -> u32 {
    let scrambled = |word: u32| {
        word.wrapping_mul(0xcc9e_2d51)
            .rotate_left(15)
            .wrapping_mul(0x1b87_3593)
    };
    let (words, tail) = bytes.as_chunks::<4>();
    let mut hash = words.iter().fold(seed, |hash, word| {
        let hash = hash ^ scrambled(u32::from_le_bytes(*word));
        hash.rotate_left(13)
            .wrapping_mul(5)
            .wrapping_add(0xe654_6b64)
    });
    if !tail.is_empty() {
        let word = tail
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u32::from(*byte));
        hash ^= scrambled(word);
    }
    hash ^= bytes.len() as u32;
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    hash ^ hash >> 16
}
