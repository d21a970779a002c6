//! Models of models/ and what their libraries made of hard rows. `models/shared.py` says how the files are laid out.
#![allow(dead_code, reason = "each test uses its part")]

mod explained;

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use scoregate_compiler::description::{Description, Precision};
use scoregate_compiler::reader;

/// A model and its library's answers.
pub struct Trained {
    /// The library and its version: `xgboost-3.2.0`.
    pub release: String,
    pub name: String,
    /// What is special of it, for people.
    pub what: String,
    pub iterations: Option<Range<u32>>,
    pub model: Vec<u8>,
    pub precision: Precision,
    pub rows: usize,
    pub features: usize,
    /// Row by row.
    pub values: Vec<f64>,
    pub margins: Vec<f64>,
    pub predictions: Vec<f64>,
    /// Where the library computes them.
    pub contributions: Option<Contributions>,
}

/// What the library says that each feature added.
pub struct Contributions {
    /// Places of the rows that are explained.
    pub rows: Vec<usize>,
    /// Row by row.
    pub values: Vec<f64>,
}

impl Trained {
    pub fn read(&self) -> Description {
        let model = reader::read_iterations(&self.model, self.iterations.as_ref())
            .unwrap_or_else(|error| panic!("{}: {error}", self.name));
        assert_eq!(model.precision, self.precision, "{}", self.name);
        model
    }
}

/// All of them, in the order of their lists.
pub fn all() -> Vec<Trained> {
    let mut lists: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "tsv"))
        .collect();
    lists.sort_by_key(|path| std::cmp::Reverse(path.clone()));
    lists.iter().flat_map(|list| listed(list)).collect()
}

/// One of them.
pub fn named(name: &str) -> Trained {
    let mut all = all().into_iter();
    all.find(|trained| trained.name == name)
        .unwrap_or_else(|| panic!("no model is called {name}"))
}

/// The file of a model.
pub fn file(name: &str) -> Vec<u8> {
    let path = folder().join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models")
}

fn listed(list: &Path) -> Vec<Trained> {
    let release = list.file_stem().unwrap().to_string_lossy().into_owned();
    let lines = std::fs::read_to_string(list).unwrap();
    lines.lines().map(|line| read(&release, line)).collect()
}

fn read(release: &str, line: &str) -> Trained {
    let [name, model, iterations, what] = line.split('\t').collect::<Vec<_>>()[..] else {
        panic!("{line}")
    };
    let bytes = file(&format!("{name}.rows"));
    let words = bytes.as_chunks::<4>().0;
    let [width, rows, features, margins, width_of_predictions] =
        [0, 1, 2, 3, 4].map(|at| u32::from_le_bytes(words[at]) as usize);
    let numbers = numbers(&bytes[20..], width);
    let (values, rest) = numbers.split_at(rows * features);
    let (margins, predictions) = rest.split_at(rows * margins);
    assert_eq!(predictions.len(), rows * width_of_predictions, "{name}");
    Trained {
        release: release.to_owned(),
        name: name.to_owned(),
        what: what.to_owned(),
        iterations: iterations
            .split_once(',')
            .map(|(begin, end)| begin.parse().unwrap()..end.parse().unwrap()),
        model: file(model),
        precision: if width == 4 {
            Precision::F32
        } else {
            Precision::F64
        },
        rows,
        features,
        values: values.to_vec(),
        margins: margins.to_vec(),
        predictions: predictions.to_vec(),
        contributions: read_contributions(name, width),
    }
}

fn read_contributions(name: &str, number_bytes: usize) -> Option<Contributions> {
    let bytes = std::fs::read(folder().join(format!("{name}.contributions"))).ok()?;
    let words = bytes.as_chunks::<4>().0;
    let [rows, width] = [0, 1].map(|at| u32::from_le_bytes(words[at]) as usize);
    let places = words[2..2 + rows].iter();
    let values = numbers(&bytes[4 * (2 + rows)..], number_bytes);
    assert_eq!(values.len(), rows * width, "{name}");
    Some(Contributions {
        rows: places
            .map(|place| u32::from_le_bytes(*place) as usize)
            .collect(),
        values,
    })
}

fn numbers(bytes: &[u8], number_bytes: usize) -> Vec<f64> {
    if number_bytes == 4 {
        let numbers = bytes.as_chunks::<4>().0.iter();
        return numbers
            .map(|bytes| f64::from(f32::from_le_bytes(*bytes)))
            .collect();
    }
    let numbers = bytes.as_chunks::<8>().0.iter();
    numbers.map(|bytes| f64::from_le_bytes(*bytes)).collect()
}

/// How far two lists of numbers are apart at most, in units of the last place of the library's precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distance {
    pub ulps: u64,
}

impl Distance {
    pub const NONE: Self = Self { ulps: 0 };

    pub fn of(ours: &[f64], theirs: &[f64]) -> Self {
        assert_eq!(ours.len(), theirs.len());
        // What the library computed in `f32` is an `f32` exactly on both sides.
        let narrow = ours
            .iter()
            .chain(theirs)
            .all(|value| value.is_nan() || f64::from(*value as f32) == *value);
        let apart = |(ours, theirs): (&f64, &f64)| match (ours.is_nan(), theirs.is_nan()) {
            (true, true) => 0,
            _ if narrow => place_of_f32(*ours as f32).abs_diff(place_of_f32(*theirs as f32)),
            _ => place_of_f64(*ours).abs_diff(place_of_f64(*theirs)),
        };
        Self {
            ulps: ours.iter().zip(theirs).map(apart).max().unwrap_or(0),
        }
    }
}

/// A number's place in the order of all; the two zeros are neighbours.
fn place_of_f64(number: f64) -> i64 {
    let bits = number.to_bits() as i64;
    if bits < 0 { i64::MIN - bits - 1 } else { bits }
}

fn place_of_f32(number: f32) -> i64 {
    let bits = number.to_bits() as i32;
    i64::from(if bits < 0 { i32::MIN - bits - 1 } else { bits })
}

impl fmt::Display for Distance {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ulps {
            0 => out.write_str("equal"),
            ulps => write!(out, "{ulps} ULP"),
        }
    }
}
