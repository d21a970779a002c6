//! Tokenizer: the words of each text.

use serde::{Deserialize, Serialize};

use super::utf8;
use crate::data::{Data, Text};
use crate::ops::Args;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// Begins and ends a marked text.
const MARKS: [&[u8]; 2] = [b"\x02", b"\x03"];

/// The words of each text: runs of characters of a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tokens {
    /// What words are made of.
    pub class: Class,
    /// Each character is a word of its own.
    pub single: bool,
    /// Characters of a word at least.
    pub least: u32,
    /// Texts are given a mark before and behind their words.
    pub mark: bool,
    /// Stands where a text has fewer words than another.
    pub pad: Vec<u8>,
}

/// Characters: those of the ranges, or all others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Class {
    /// First and last of each range.
    pub ranges: Vec<(char, char)>,
    /// It is all others.
    pub negated: bool,
}

impl Class {
    /// Whether a character is of the class.
    pub fn has(&self, character: char) -> bool {
        let listed = self
            .ranges
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&character));
        listed != self.negated
    }
}

impl Tokens {
    pub(super) fn run<'v>(&'v self, args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
        let trial = args.is_trial();
        let input = args.take(0)?;
        let mut dims = input.shape().dims().to_vec();
        if !matches!(dims.len(), 1 | 2) || dims.contains(&0) {
            return Err(format!(
                "texts of shape {dims:?} where [C] or [N, C] is needed"
            ));
        }
        let first = dims[0];
        let (mut words, mut ends) = (Vec::new(), Vec::new());
        for text in input.into_text()? {
            self.words(text, &mut words)?;
            ends.push(words.len());
        }
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let counts = ends
            .iter()
            .zip(starts.clone())
            .map(|(end, start)| end - start);
        // How many words there are is known of real texts only: of made-up ones it shall differ from batch to batch.
        let most = if trial {
            first
        } else {
            counts.max().unwrap_or(0)
        };
        let width = match most {
            0 => 0,
            most => most + if self.mark { MARKS.len() } else { 0 },
        };
        dims.push(width);
        let shape = Shape::new(&dims)?;
        let mut texts: Vec<Text<'v>> = Vec::with_capacity(shape.elements());
        let mut words = words.into_iter();
        for (end, start) in ends.iter().zip(starts).filter(|_| width > 0) {
            let own = end - start;
            if self.mark {
                texts.push(Text::Borrowed(MARKS[0]));
            }
            texts.extend(words.by_ref().take(own));
            if self.mark {
                texts.push(Text::Borrowed(MARKS[1]));
            }
            texts.extend(std::iter::repeat_n(
                Text::Borrowed(&self.pad[..]),
                most.saturating_sub(own),
            ));
        }
        Tensor::new(shape, Data::Text(texts.into()))
    }

    /// Adds a text's words.
    fn words<'v>(&self, text: Text<'v>, words: &mut Vec<Text<'v>>) -> Result<(), String> {
        let mut runs = Vec::new();
        let (mut start, mut at, mut count) = (0, 0, 0_u32);
        for (character, bytes) in utf8::chars(&text) {
            let Some(character) = character else {
                return Err("a text is not UTF-8 and cannot be parted into words".to_owned());
            };
            let is_word = self.class.has(character);
            if count > 0 && (!is_word || self.single) {
                runs.push((start, at, count));
                count = 0;
            }
            if is_word {
                start = if count == 0 { at } else { start };
                count += 1;
            }
            at += bytes.len();
        }
        if count > 0 {
            runs.push((start, at, count));
        }
        for (start, end, _) in runs
            .into_iter()
            .filter(|(_, _, count)| *count >= self.least)
        {
            words.push(match &text {
                Text::Borrowed(text) => Text::Borrowed(&text[start..end]),
                Text::Owned(text) => Text::Owned(text[start..end].to_vec()),
            });
        }
        Ok(())
    }
}
