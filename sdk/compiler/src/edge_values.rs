//! Values at which a comparison could go wrong: thresholds and their neighbours, members of sets and what is beside them, numbers that are
//! no numbers, and the ends of a precision.

use crate::description::Precision;
use crate::forest::{Split, Test};
use crate::random::Random;

/// How many edges every split has.
pub(crate) const OF_EVERY_SPLIT: usize = 5;
/// Categories that are tried at one set.
const CATEGORIES_MAX: usize = 128;

/// How many edges a split has: values that [`of_split`] knows.
pub(crate) fn of(split: &Split<'_>) -> usize {
    match split.test {
        Test::In { words, .. } => OF_EVERY_SPLIT + CATEGORIES_MAX.min(categories(words)),
        Test::Less(_) | Test::LessOrEqual(_) => OF_EVERY_SPLIT,
    }
}

/// An edge of a split: below, at and above a threshold, or a category of the set, a fraction of one, and one that is not in it; then NaN, and
/// zero; and of a set categories all over it and those right beyond it.
pub(crate) fn of_split(
    split: &Split<'_>,
    edge: usize,
    precision: Precision,
    random: &mut Random,
) -> f64 {
    match (split.test, edge) {
        (_, 3) => f64::NAN,
        (Test::Less(at) | Test::LessOrEqual(at), 0) => below(at, precision),
        (Test::Less(at) | Test::LessOrEqual(at), 1) => at,
        (Test::Less(at) | Test::LessOrEqual(at), 2) => above(at, precision),
        (Test::In { words, .. }, 0) => category(words, true, random),
        (Test::In { words, .. }, 1) => category(words, true, random) + 0.5,
        (Test::In { words, .. }, 2) => category(words, false, random),
        (Test::In { words, .. }, edge) if edge >= OF_EVERY_SPLIT => {
            let (categories, edge) = (categories(words), edge - OF_EVERY_SPLIT);
            (edge * categories / CATEGORIES_MAX.min(categories)) as f64
        }
        _ => 0.0,
    }
}

/// Those of a set's words and as many as one word more would have.
fn categories(words: &[u32]) -> usize {
    (words.len() + 1) * 32
}

/// One of the values that are special whatever the model.
pub(crate) fn extreme(precision: Precision, random: &mut Random) -> f64 {
    let zero_max = f64::from(1e-35_f32);
    let (greatest, least_normal, least) = match precision {
        Precision::F32 => (
            f64::from(f32::MAX),
            f64::from(f32::MIN_POSITIVE),
            f64::from(f32::from_bits(1)),
        ),
        Precision::F64 => (f64::MAX, f64::MIN_POSITIVE, f64::from_bits(1)),
    };
    let sizes = [
        0.0,
        f64::INFINITY,
        greatest,
        least_normal,
        below(least_normal, precision),
        least,
        zero_max,
        above(zero_max, precision),
        0.5,
        16_777_216.0,
        2_147_483_648.0,
    ];
    match random.below(2 * sizes.len() + 4) {
        at if at < sizes.len() => sizes[at],
        at if at < 2 * sizes.len() => -sizes[at - sizes.len()],
        _ => f64::NAN,
    }
}

/// The next number of the precision towards minus infinity.
fn below(number: f64, precision: Precision) -> f64 {
    match precision {
        Precision::F32 => f64::from((number as f32).next_down()),
        Precision::F64 => number.next_down(),
    }
}

/// The next number of the precision towards infinity.
fn above(number: f64, precision: Precision) -> f64 {
    match precision {
        Precision::F32 => f64::from((number as f32).next_up()),
        Precision::F64 => number.next_up(),
    }
}

/// A category that is in the set, or one that is not: where no guess finds one, the first beyond the set's words.
fn category(words: &[u32], inside: bool, random: &mut Random) -> f64 {
    let beyond = words.len() * 32;
    let start = random.below(beyond + 1);
    let is_in = |category: usize| {
        let word = words.get(category / 32);
        word.is_some_and(|word| word >> (category % 32) & 1 == 1)
    };
    // Round the set once, but no further than large ones can be looked through for every row.
    let found = (0..=beyond.min(4096))
        .map(|step| (start + step) % (beyond + 1))
        .find(|category| is_in(*category) == inside);
    found.unwrap_or(beyond) as f64
}
