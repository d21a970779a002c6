//! TfIdfVectorizer.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use scoregate_graph::ops::{TfIdf, TfIdfKeys, Weighting, Words};

use super::super::super::lowering::Lowering;
use super::super::super::node::Node;
use crate::error::CompileError;

/// Words of a sequence, and of what may be left out between two of them, at most.
const LENGTH_MAX: i64 = 1_024;

pub(super) fn vectorizer(cx: &mut Lowering, node: &Node<'_>) -> Result<Words, CompileError> {
    let invalid = |error| node.invalid(error);
    let weighting = match node.word("mode", "")? {
        "TF" => Weighting::Tf,
        "IDF" => Weighting::Idf,
        "TFIDF" => Weighting::TfIdf,
        other => {
            return Err(node.invalid(format!("`mode` is `{other}`; there are TF, IDF and TFIDF")));
        }
    };
    let counts = node.ints("ngram_counts")?;
    let (least, most) = (
        node.int("min_gram_length", 1)?,
        node.int("max_gram_length", 1)?,
    );
    let skips = node.int("max_skip_count", 0)?;
    if !(1..=most).contains(&least)
        || most > (counts.len() as i64).min(LENGTH_MAX)
        || !(0..=LENGTH_MAX).contains(&skips)
    {
        return Err(node.invalid(format!(
            "sequences of {least} to {most} words with up to {skips} left out, where `ngram_counts` tells of {} lengths",
            counts.len()
        )));
    }
    let (texts, ints) = (node.strings("pool_strings")?, node.ints("pool_int64s")?);
    let (keys, pool) = match (texts, ints) {
        ([_, ..], []) => {
            let (once, pool) = places(texts);
            (cx.blobs.put_texts(&once).map(TfIdfKeys::Texts), pool)
        }
        ([], [_, ..]) => {
            let (once, pool) = places(ints);
            let once: Vec<i64> = once.into_iter().copied().collect();
            (cx.blobs.put_numbers(&once).map(TfIdfKeys::Ints), pool)
        }
        _ => return Err(node.invalid("it needs `pool_strings` or `pool_int64s`, one of both")),
    };
    cx.meet_texts(texts);
    let columns = columns(node)?;
    let pool = Pool {
        node,
        words: &pool,
        columns: &columns,
    };
    let (sequences, ends, own) = pool.sequences(counts, least as usize..=most as usize)?;
    let weights = node.floats("weights")?;
    let width = columns.iter().max().map_or(0, |column| column + 1);
    if !weights.is_empty() && weights.len() != columns.len()
        || !weights.is_empty() && weights.len() < width as usize
    {
        return Err(node.invalid(format!(
            "{} weights for {} sequences and {width} columns",
            weights.len(),
            columns.len()
        )));
    }
    Ok(Words::TfIdf(TfIdf {
        keys: keys.map_err(invalid)?,
        sequences: cx.blobs.put_numbers(&sequences).map_err(invalid)?,
        ends: cx.blobs.put_numbers(&ends).map_err(invalid)?,
        columns: cx.blobs.put_numbers(&own).map_err(invalid)?,
        width,
        lengths: (least as u32, most as u32),
        skips: skips as u32,
        weighting,
        weights: cx.blobs.put_numbers(weights).map_err(invalid)?,
    }))
}

/// The column of each sequence.
fn columns(node: &Node<'_>) -> Result<Vec<u32>, CompileError> {
    let columns = node.ints("ngram_indexes")?.iter().map(|column| {
        let known = u32::try_from(*column)
            .ok()
            .filter(|column| *column < scoregate_graph::limits::ELEMENTS_MAX as u32);
        known.ok_or_else(|| node.invalid(format!("`ngram_indexes` names column {column}")))
    });
    columns.collect()
}

/// Each word once, and the pool as their places.
fn places<T: Eq + Hash>(pool: &[T]) -> (Vec<&T>, Vec<u32>) {
    let (mut once, mut known) = (Vec::new(), HashMap::new());
    let places = pool.iter().map(|word| {
        *known.entry(word).or_insert_with(|| {
            once.push(word);
            once.len() as u32 - 1
        })
    });
    let places = places.collect();
    (once, places)
}

struct Pool<'p> {
    node: &'p Node<'p>,
    words: &'p [u32],
    columns: &'p [u32],
}

/// Sequences one after the other, where each ends, and the column of each.
type Sequences = (Vec<u32>, Vec<u32>, Vec<u32>);

impl Pool<'_> {
    /// The sequences of the lengths that count.
    fn sequences(
        &self,
        counts: &[i64],
        lengths: std::ops::RangeInclusive<usize>,
    ) -> Result<Sequences, CompileError> {
        let (mut sequences, mut ends, mut columns) = (Vec::new(), Vec::new(), Vec::new());
        let mut number = 0;
        let mut known = HashSet::new();
        for (at, begin) in counts.iter().enumerate() {
            let length = at + 1;
            let end = counts
                .get(length)
                .copied()
                .unwrap_or(self.words.len() as i64);
            let range = usize::try_from(*begin).ok().zip(usize::try_from(end).ok());
            let words = range.and_then(|(begin, end)| self.words.get(begin..end));
            let words = words.filter(|words| words.len().is_multiple_of(length)).ok_or_else(|| {
                self.node.invalid(format!("`ngram_counts` says that sequences of {length} words stand from {begin} to {end} of {}", self.words.len()))
            })?;
            for sequence in words.chunks_exact(length) {
                let column = self.columns.get(number).copied();
                let column = column.ok_or_else(|| {
                    self.node.invalid(format!(
                        "`ngram_indexes` has {number} entries, fewer than there are sequences"
                    ))
                })?;
                number += 1;
                if !lengths.contains(&length) {
                    continue;
                }
                if !known.insert(sequence) {
                    return Err(self
                        .node
                        .invalid(format!("a sequence of {length} words is there twice")));
                }
                sequences.extend_from_slice(sequence);
                ends.push(sequences.len() as u32);
                columns.push(column);
            }
        }
        Ok((sequences, ends, columns))
    }
}
