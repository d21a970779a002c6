//! The self-check: what a compiled model answers on [`EdgeRows`], held against the reference evaluator.

use std::fmt;

use scoregate_kernel::layout::Output;

use crate::check_contributions::{self, Bounds};
use crate::description::{Description, Link, Precision};
use crate::edge_rows::EdgeRows;
use crate::reference;

/// Rows of the calls, one after the other: each way of a kernel to take rows together gets its share of them.
const BATCHES: [usize; 6] = [128, 9, 64, 37, 16, 200];
/// Likewise, of the rows that are answered a second time: so few are scored one by one, from other tables than many.
const SMALL_BATCHES: [usize; 6] = [4, 1, 3, 2, 8, 6];
/// One block of rows in so many is answered a second time where rows are dear; where they are not, all are.
const SMALL_EVERY: usize = 4;
/// Rows up to which all are answered a second time.
const SMALL_ALL_ROWS: usize = 4_096;
/// Values of a block at most: of its rows, or of its answers.
const BLOCK_MAX_VALUES: usize = 1 << 18;
/// Rows that are kept with their answers.
const KEPT_ROWS: usize = 8;
/// Values of those rows at most.
const KEPT_MAX_VALUES: usize = 1 << 12;
/// How far a link in `f64` may be off, in units in the last place: its `exp` is one off where the platform's fuses multiplications.
const LINK_MAX_ULPS: u64 = 2;
/// The same of a quotient of such a number and of a sum of them.
const SOFTMAX_MAX_ULPS: u64 = 4;
/// Values of a row that a message shows.
const SHOWN_MAX_VALUES: usize = 64;

/// A check that found no difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// Rows that were compared.
    pub rows: usize,
    /// Some of them, for golden cases.
    pub kept: Vec<Vec<f64>>,
}

/// Why a check did not end well.
#[derive(Debug, PartialEq)]
pub enum CheckError<E, D = Difference> {
    /// There was no answer.
    Score(E),
    /// An answer has not the form of its outputs.
    Form(String),
    /// An answer is not the reference's.
    Differs(Box<D>),
}

/// Where a compiled model is not what its file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The row's number among the check's.
    pub row: usize,
    /// What it holds.
    pub values: Vec<f64>,
    /// Which output differs.
    pub output: Output,
    /// Which of its elements.
    pub element: usize,
    /// What the reference gives.
    pub expected: f64,
    /// What the compiled model gives.
    pub found: f64,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (row, element) = (self.row, self.element);
        let output = self.output.name();
        write!(
            f,
            "row {row} of the self-check, output `{output}`, element {element}: the model's file says {:?}, its component {:?}; the row is [",
            self.expected, self.found
        )?;
        for (at, value) in self.values.iter().take(SHOWN_MAX_VALUES).enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{value:?}")?;
        }
        match self.values.len().saturating_sub(SHOWN_MAX_VALUES) {
            0 => f.write_str("]"),
            more => write!(f, " and {more} more]"),
        }
    }
}

/// Compares what `score` answers with the reference evaluator: margins, leaves and XGBoost's links to the bit, LightGBM's links within two
/// units in the last place (four after a softmax), contributions by their definition or their sum and for fewer rows. `score` is given rows and how many they are, and gives for each output its elements as they lie in a
/// tensor. `progress` is told how many rows of how many are compared.
///
/// # Errors
/// The first difference, or what `score` could not answer.
pub fn check<E>(
    model: &Description,
    outputs: &[Output],
    seed: u64,
    mut score: impl FnMut(&[f64], usize) -> Result<Vec<Vec<u8>>, E>,
    mut progress: impl FnMut(usize, usize),
) -> Result<Checked, CheckError<E>> {
    let rows = EdgeRows::new(model, seed);
    let explained = outputs.contains(&Output::Contributions);
    let bounds = match explained {
        true => Bounds::of(model, rows.rows()),
        false => Bounds::NONE,
    };
    let total = rows.rows().div_ceil(bounds.every);
    let mut rows = rows.step_by(bounds.every);
    let widths = outputs.iter().map(|output| width(model, *output));
    let widest = widths.chain([model.features]).fold(1, usize::max);
    let block = (BLOCK_MAX_VALUES / widest).clamp(1, BATCHES.iter().sum());
    let keep = KEPT_ROWS
        .min(KEPT_MAX_VALUES / widest)
        .min(bounds.kept_rows);
    let keep_every = (total / keep.max(1)).max(1);
    let mut checked = Checked {
        rows: 0,
        kept: Vec::new(),
    };
    for nth in 0.. {
        let rows: Vec<Vec<f64>> = rows.by_ref().take(block).collect();
        if rows.is_empty() {
            break;
        }
        let margins = reference::margins_of(model, &rows).into_iter();
        let expected: Vec<Expected> = margins
            .zip(&rows)
            .enumerate()
            .map(|(at, (margins, row))| {
                Expected::of(model, outputs, checked.rows + at, row, margins)
            })
            .collect();
        let mut compare = |sizes: &[usize]| {
            let mut at = 0;
            for size in sizes.iter().cycle() {
                let end = (at + size.min(&bounds.call_rows)).min(rows.len());
                if at == end {
                    return Ok(());
                }
                let answer = score(&rows[at..end].concat(), end - at).map_err(CheckError::Score)?;
                compare(model, outputs, &expected[at..end], &answer).map_err(|error| {
                    error.of_row(checked.rows + at, |row| rows[at + row].clone())
                })?;
                at = end;
            }
            Ok(())
        };
        compare(&BATCHES)?;
        if total <= SMALL_ALL_ROWS || nth % SMALL_EVERY == 0 {
            compare(&SMALL_BATCHES)?;
        }
        for row in rows {
            if checked.rows.is_multiple_of(keep_every) && checked.kept.len() < keep {
                checked.kept.push(row);
            }
            checked.rows += 1;
        }
        progress(checked.rows, total);
    }
    Ok(checked)
}

/// Values of a row's answer.
fn width(model: &Description, output: Output) -> usize {
    match output {
        Output::Label => 1,
        Output::Leaf => model.forest().map_or(0, |forest| forest.len()),
        Output::Contributions => model.groups() * (model.features + 1),
        Output::Margin | Output::Probability | Output::Prediction => model.groups(),
    }
}

/// What the reference gives for a row.
struct Expected {
    margins: Vec<f64>,
    linked: Vec<f64>,
    leaves: Vec<u32>,
    /// By their definition, where that is cheap.
    contributions: Option<Vec<f64>>,
}

impl Expected {
    fn of(
        model: &Description,
        outputs: &[Output],
        nth: usize,
        row: &[f64],
        margins: Vec<f64>,
    ) -> Self {
        let linked = reference::linked(model, &margins);
        let leaves = if outputs.contains(&Output::Leaf) {
            reference::leaves(model, row)
        } else {
            Vec::new()
        };
        let contributions = outputs
            .contains(&Output::Contributions)
            .then(|| check_contributions::defined(model, nth, row))
            .flatten();
        Self {
            margins,
            linked,
            leaves,
            contributions,
        }
    }
}

/// What is wrong with the answer to some rows.
enum Wrong {
    Form(String),
    Differs {
        row: usize,
        output: Output,
        element: usize,
        expected: f64,
        found: f64,
    },
}

impl Wrong {
    fn of_row<E>(self, first: usize, values: impl FnOnce(usize) -> Vec<f64>) -> CheckError<E> {
        match self {
            Self::Form(reason) => CheckError::Form(reason),
            Self::Differs {
                row,
                output,
                element,
                expected,
                found,
            } => CheckError::Differs(Box::new(Difference {
                row: first + row,
                values: values(row),
                output,
                element,
                expected,
                found,
            })),
        }
    }
}

fn compare(
    model: &Description,
    outputs: &[Output],
    rows: &[Expected],
    answer: &[Vec<u8>],
) -> Result<(), Wrong> {
    if answer.len() != outputs.len() {
        let (answered, asked) = (answer.len(), outputs.len());
        let reason = format!("it answers with {answered} outputs where it has {asked}");
        return Err(Wrong::Form(reason));
    }
    for (output, bytes) in outputs.iter().zip(answer) {
        let found = elements(model, *output, bytes);
        let width = width(model, *output);
        if found.len() != rows.len() * width {
            return Err(Wrong::Form(format!(
                "it answers with {} elements of `{}` for {} rows of {width}",
                found.len(),
                output.name(),
                rows.len()
            )));
        }
        for (row, (expected, found)) in rows.iter().zip(found.chunks(width.max(1))).enumerate() {
            let differs = |(element, expected): (usize, f64)| Wrong::Differs {
                row,
                output: *output,
                element,
                expected,
                found: found[element],
            };
            difference(model, *output, expected, found).map_or(Ok(()), |at| Err(differs(at)))?;
        }
    }
    Ok(())
}

/// The first element of a row's output that is not as expected, and what was expected.
fn difference(
    model: &Description,
    output: Output,
    expected: &Expected,
    found: &[f64],
) -> Option<(usize, f64)> {
    let first = |expected: &mut dyn Iterator<Item = f64>, ulps_max: u64| {
        let mut pairs = expected.zip(found).enumerate();
        pairs.find_map(|(at, (expected, found))| {
            (ulps(expected, *found) > ulps_max).then_some((at, expected))
        })
    };
    match output {
        Output::Margin => first(&mut expected.margins.iter().copied(), 0),
        Output::Probability | Output::Prediction => {
            first(&mut expected.linked.iter().copied(), link_ulps(model))
        }
        Output::Leaf => first(&mut expected.leaves.iter().map(|leaf| f64::from(*leaf)), 0),
        Output::Contributions => check_contributions::difference(
            model,
            expected.contributions.as_deref(),
            &expected.margins,
            found,
        ),
        Output::Label => {
            let label = label(&expected.linked);
            let as_good = label_is_as_good(&expected.linked, found[0], link_ulps(model));
            (label != found[0] && !as_good).then_some((0, label))
        }
    }
}

fn link_ulps(model: &Description) -> u64 {
    match (model.precision, model.link) {
        (Precision::F32, _) => 0,
        (Precision::F64, Link::Softmax) => SOFTMAX_MAX_ULPS,
        (Precision::F64, _) => LINK_MAX_ULPS,
    }
}

/// The class that probabilities name: the first of the greatest, or for a single one whether it is above a half.
fn label(probabilities: &[f64]) -> f64 {
    if let [probability] = probabilities {
        return f64::from(u8::from(*probability > 0.5));
    }
    let better = |best: usize, class: usize| {
        if probabilities[class] > probabilities[best] {
            class
        } else {
            best
        }
    };
    (0..probabilities.len()).fold(0, better) as f64
}

/// Whether a class's probability is no further from being the greatest than a link may be off.
fn label_is_as_good(probabilities: &[f64], class: f64, ulps_max: u64) -> bool {
    if let [probability] = probabilities {
        return (class == 0.0 || class == 1.0) && ulps(*probability, 0.5) <= ulps_max;
    }
    let best = probabilities[label(probabilities) as usize];
    probabilities
        .get(class as usize)
        .is_some_and(|probability| ulps(*probability, best) <= 2 * ulps_max)
}

/// How many numbers of `f64` two numbers are apart; NaN is only NaN, and zeros with different signs differ.
fn ulps(a: f64, b: f64) -> u64 {
    if a.is_nan() || b.is_nan() {
        return if a.is_nan() && b.is_nan() {
            0
        } else {
            u64::MAX
        };
    }
    // In their order as numbers; -0 stands right below 0.
    let place = |number: f64| {
        let bits = number.to_bits();
        if bits >> 63 == 0 {
            bits | 1 << 63
        } else {
            !bits
        }
    };
    place(a).abs_diff(place(b))
}

fn elements(model: &Description, output: Output, bytes: &[u8]) -> Vec<f64> {
    fn each<const N: usize>(bytes: &[u8], element: fn([u8; N]) -> f64) -> Vec<f64> {
        let (elements, _) = bytes.as_chunks::<N>();
        elements.iter().map(|bytes| element(*bytes)).collect()
    }
    match (output, model.precision) {
        (Output::Label, _) => each(bytes, |bytes| i64::from_le_bytes(bytes) as f64),
        (Output::Leaf, _) => each(bytes, |bytes| f64::from(i32::from_le_bytes(bytes))),
        (_, Precision::F32) => each(bytes, |bytes| f64::from(f32::from_le_bytes(bytes))),
        (_, Precision::F64) => each(bytes, f64::from_le_bytes),
    }
}
