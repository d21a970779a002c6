//! StringNormalizer.

use serde::{Deserialize, Serialize};

use crate::data::{Data, Text};
use crate::ops::Args;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// Another case, and without stop words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normalize {
    /// The case of the output.
    pub case: Case,
    /// The case in which stop words are compared, where theirs does not count.
    pub compared: Case,
    /// In the case in which they are compared.
    pub stop_words: Vec<Vec<u8>>,
}

/// Which case letters get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Case {
    /// Their own.
    Same,
    /// Small.
    Lower,
    /// Capital.
    Upper,
}

impl Case {
    /// A text in this case, letter by letter: none becomes two.
    ///
    /// # Errors
    /// Bytes that are not UTF-8.
    pub fn of(self, text: &[u8]) -> Result<Text<'static>, String> {
        let text = str::from_utf8(text)
            .map_err(|_| "a text is not UTF-8, and its letters have no case".to_owned())?;
        Ok(Text::Owned(match self {
            Self::Same => text.as_bytes().to_vec(),
            // One pass where no other letters are.
            Self::Lower if text.is_ascii() => text.to_ascii_lowercase().into_bytes(),
            Self::Upper if text.is_ascii() => text.to_ascii_uppercase().into_bytes(),
            Self::Lower => text.chars().map(lower).collect::<String>().into_bytes(),
            Self::Upper => text
                .chars()
                .map(|letter| only(letter.to_uppercase(), letter))
                .collect::<String>()
                .into_bytes(),
        }))
    }
}

fn lower(letter: char) -> char {
    match letter {
        // The C library's table has a single letter where Unicode has two.
        '\u{130}' => 'i',
        letter => only(letter.to_lowercase(), letter),
    }
}

fn only(mut letters: impl ExactSizeIterator<Item = char>, otherwise: char) -> char {
    match letters.len() {
        1 => letters.next().unwrap_or(otherwise),
        _ => otherwise,
    }
}

impl Normalize {
    pub(super) fn run<'v>(&self, args: &mut Args<'_, 'v>) -> Result<Tensor<'v>, String> {
        let input = args.take(0)?;
        let dims = input.shape().dims().to_vec();
        let before = match dims[..] {
            [columns] if columns > 0 => &[][..],
            [1, columns] if columns > 0 => &[1][..],
            _ => {
                return Err(format!(
                    "texts of shape {dims:?} where [C] or [1, C] is needed"
                ));
            }
        };
        let mut kept = Vec::with_capacity(input.data().len());
        for text in input.into_text()? {
            if self.is_stop_word(&text)? {
                continue;
            }
            kept.push(match self.case {
                Case::Same => text,
                case => case.of(&text)?,
            });
        }
        if kept.is_empty() {
            kept.push(Text::Borrowed(b""));
        }
        let mut dims = before.to_vec();
        dims.push(kept.len());
        Tensor::new(Shape::new(&dims)?, Data::Text(kept.into()))
    }

    fn is_stop_word(&self, text: &[u8]) -> Result<bool, String> {
        if self.stop_words.is_empty() {
            return Ok(false);
        }
        let found = match self.compared {
            Case::Same => self.stop_words.iter().any(|word| word[..] == *text),
            case => {
                let text = case.of(text)?;
                self.stop_words.iter().any(|word| word[..] == *text)
            }
        };
        Ok(found)
    }
}
