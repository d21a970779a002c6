//! Large parts of a program (constants, weights, tables of trees) lie beside it, aligned, and are used where they lie.

use std::borrow::Cow;

use bytemuck::Pod;
use serde::{Deserialize, Serialize};

use crate::data::{Data, Datatype, Text};

/// What each part is aligned to, in bytes.
pub const ALIGN: usize = 16;

/// Where a part lies among the blobs' bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    at: u32,
    bytes: u32,
}

/// The parts of a program in the making.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blobs(Vec<u8>);

impl Blobs {
    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Adds a part.
    ///
    /// # Errors
    /// More than the 4 GiB of a component.
    pub fn put(&mut self, bytes: &[u8]) -> Result<Blob, String> {
        let end = self.0.len().next_multiple_of(ALIGN);
        let (Ok(at), Ok(length)) = (u32::try_from(end), u32::try_from(bytes.len())) else {
            return Err("the model's constants do not fit the 4 GiB of a component".to_owned());
        };
        self.0.resize(end, 0);
        self.0.extend_from_slice(bytes);
        Ok(Blob { at, bytes: length })
    }

    /// Adds numbers.
    ///
    /// # Errors
    /// As [`Blobs::put`].
    pub fn put_numbers<T: Pod>(&mut self, numbers: &[T]) -> Result<Blob, String> {
        self.put(bytemuck::cast_slice(numbers))
    }

    /// Adds texts, each as its length (`u32`) and its bytes.
    ///
    /// # Errors
    /// As [`Blobs::put`].
    pub fn put_texts<T: AsRef<[u8]>>(&mut self, texts: &[T]) -> Result<Blob, String> {
        let mut bytes = Vec::new();
        for text in texts.iter().map(AsRef::as_ref) {
            let length = u32::try_from(text.len())
                .map_err(|_| "a text of the model is longer than 4 GiB".to_owned())?;
            bytes.extend(length.to_le_bytes());
            bytes.extend(text);
        }
        self.put(&bytes)
    }

    /// Adds a tensor's elements.
    ///
    /// # Errors
    /// As [`Blobs::put`].
    pub fn put_data(&mut self, data: &Data<'_>) -> Result<Blob, String> {
        match data {
            Data::F32(data) => self.put_numbers(data),
            Data::F64(data) => self.put_numbers(data),
            Data::I32(data) => self.put_numbers(data),
            Data::I64(data) => self.put_numbers(data),
            Data::Bool(data) => self.put(data),
            Data::Text(data) => self.put_texts(data),
        }
    }
}

impl Blob {
    /// The part's bytes.
    ///
    /// # Errors
    /// A part beyond the end.
    pub fn of(self, blobs: &[u8]) -> Result<&[u8], String> {
        let (at, bytes) = (self.at as usize, self.bytes as usize);
        at.checked_add(bytes)
            .and_then(|end| blobs.get(at..end))
            .ok_or_else(|| "the tables end before a part of them does".to_owned())
    }

    /// The part as numbers; borrowed where they lie aligned, as they do in a component.
    ///
    /// # Errors
    /// A part beyond the end, or one that is not made of such numbers.
    pub fn numbers<T: Pod>(self, blobs: &[u8]) -> Result<Cow<'_, [T]>, String> {
        let bytes = self.of(blobs)?;
        if !bytes.len().is_multiple_of(size_of::<T>()) {
            return Err("a part of the tables is cut in the middle of a number".to_owned());
        }
        Ok(match bytemuck::try_cast_slice(bytes) {
            Ok(numbers) => Cow::Borrowed(numbers),
            Err(_) => Cow::Owned(bytemuck::allocation::pod_collect_to_vec(bytes)),
        })
    }

    /// The part as texts.
    ///
    /// # Errors
    /// A part beyond the end, or one that is not made of texts.
    pub fn texts(self, blobs: &[u8]) -> Result<Vec<&[u8]>, String> {
        let mut rest = self.of(blobs)?;
        let mut texts = Vec::new();
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let length = u32::from_le_bytes(*length) as usize;
            let (text, after) = after
                .split_at_checked(length)
                .ok_or("a text of the tables ends before it should")?;
            texts.push(text);
            rest = after;
        }
        match rest {
            [] => Ok(texts),
            _ => Err("a text of the tables ends before it should".to_owned()),
        }
    }

    /// The part as a tensor's elements.
    ///
    /// # Errors
    /// As [`Blob::numbers`] and [`Blob::texts`].
    pub fn data(self, datatype: Datatype, blobs: &[u8]) -> Result<Data<'_>, String> {
        Ok(match datatype {
            Datatype::F32 => Data::F32(self.numbers(blobs)?),
            Datatype::F64 => Data::F64(self.numbers(blobs)?),
            Datatype::I32 => Data::I32(self.numbers(blobs)?),
            Datatype::I64 => Data::I64(self.numbers(blobs)?),
            Datatype::Bool => Data::Bool(Cow::Borrowed(self.of(blobs)?)),
            Datatype::Text => {
                let texts = self.texts(blobs)?.into_iter().map(Text::Borrowed);
                Data::Text(texts.collect())
            }
        })
    }
}
