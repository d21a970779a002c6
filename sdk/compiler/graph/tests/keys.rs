//! Texts as keys, of every length around those that are compared as numbers.

use scoregate_graph::blob::Blobs;
use scoregate_graph::data::{Datatype, Text};
use scoregate_graph::ops::{Args, Learned, OneHot, Op};
use scoregate_graph::shape::Shape;
use scoregate_graph::tensor::Tensor;

const LENGTHS: usize = 40;

/// So many letters, of which one may be another.
fn text(length: usize, changed: Option<usize>) -> String {
    let letter = |at: usize| match Some(at) == changed {
        true => 'X',
        false => (b'a' + at as u8 % 16) as char,
    };
    (0..length).map(letter).collect()
}

/// The place of each text among the keys.
fn places(keys: &[String], asked: &[String]) -> Vec<Option<usize>> {
    let mut blobs = Blobs::default();
    let op = Op::Learned(Learned::OneHot(OneHot {
        datatype: Datatype::Text,
        categories: blobs.put_texts(keys).unwrap(),
        zeros: true,
        places: false,
    }));
    let texts = asked.iter().map(|text| Text::Borrowed(text.as_bytes()));
    let texts: Vec<Text<'_>> = texts.collect();
    let shape = Shape::new(&[asked.len()]).unwrap();
    let mut values = vec![Some(Tensor::text(shape, texts).unwrap())];
    let mut made = Vec::new();
    let ready = op.ready(blobs.bytes()).unwrap();
    ready
        .run(&mut Args::new(&mut values, &[0], &[true]), &mut made)
        .unwrap();
    let rows = made[0].as_f32().unwrap().chunks(keys.len());
    rows.map(|row| row.iter().position(|one| *one == 1.0))
        .collect()
}

#[test]
fn texts_of_all_lengths_are_told_apart() {
    let keys: Vec<String> = (0..LENGTHS).map(|length| text(length, None)).collect();
    let found: Vec<Option<usize>> = (0..LENGTHS).map(Some).collect();
    assert_eq!(places(&keys, &keys), found);
    let changed = (0..LENGTHS).flat_map(|length| (0..length).map(move |at| (length, at)));
    let mut others: Vec<String> = changed.map(|(length, at)| text(length, Some(at))).collect();
    others.extend([text(LENGTHS, None), "\0".to_owned(), "a\0".to_owned()]);
    assert_eq!(places(&keys, &others), vec![None; others.len()]);
}

#[test]
fn texts_that_begin_and_end_alike_are_told_apart() {
    let keys: Vec<String> = (1..60).map(|length| "a".repeat(length)).collect();
    let found: Vec<Option<usize>> = (0..keys.len()).map(Some).collect();
    assert_eq!(places(&keys, &keys), found);
}
