//! The path of TreeSHAP (Lundberg et al. 2018, Algorithm 2) in the libraries' own steps: `ExtendPath`, `UnwindPath` and `UnwoundPathSum` of
//! XGBoost's src/predictor/cpu_treeshap.cc, in `f32`, and of LightGBM's src/io/tree.cpp, in `f64`, which are the same steps.

use std::ops::{Add, AddAssign, Div, Mul, Sub};

/// A number in which a library computes.
pub trait Real:
    Copy
    + Default
    + PartialEq
    + From<u16>
    + Add<Output = Self>
    + AddAssign
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
{
    /// Whether a feature of share zero is passed over: XGBoost asks, LightGBM divides by it.
    const ASKS_FOR_ZERO: bool;
    /// Reads the number at a place.
    fn read(bytes: &[u8], at: usize) -> Self;
    /// The nearest one.
    fn narrow(number: f64) -> Self;
}

macro_rules! real {
    ($ty:ty, $bytes:literal, $asks:literal) => {
        impl Real for $ty {
            const ASKS_FOR_ZERO: bool = $asks;

            #[inline]
            fn read(bytes: &[u8], at: usize) -> Self {
                Self::from_le_bytes(bytes.as_chunks::<$bytes>().0[at])
            }

            #[inline]
            fn narrow(number: f64) -> Self {
                number as Self
            }
        }
    };
}
real! { f32, 4, true }
real! { f64, 8, false }

/// Of a path without this many features.
pub const NO_FEATURE: u32 = u32::MAX;

/// One feature of a path.
#[derive(Clone, Copy, Debug, Default)]
pub struct Element<R> {
    /// Which, or [`NO_FEATURE`] for the root's.
    pub feature: u32,
    /// Share of the training rows that go on where the row's value is not known.
    pub zero: R,
    /// Whether the row itself goes on: 1 or 0, so that no step multiplies by it.
    pub one: R,
}

/// The features on the way to a node, each once, and the weights of the subsets of them by their sizes. Paths of all levels lie one after
/// the other in one memory.
#[derive(Debug)]
pub struct Paths<R> {
    elements: Vec<Element<R>>,
    weights: Vec<R>,
    /// `(last - at) / (last + 1)` for each `at` below each `last`, one `last` after the other.
    shares: Vec<R>,
    /// 0, 1, 2 and so on.
    counts: Vec<R>,
}

/// Where a path lies.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    start: usize,
    len: usize,
}

impl Span {
    /// Of no elements, at the beginning.
    pub const EMPTY: Self = Self { start: 0, len: 0 };
}

fn real<R: Real>(number: usize) -> R {
    // Lengths are at most one more than the depth, which has a limit below 2^16.
    R::from(number as u16)
}

impl<R: Real> Paths<R> {
    /// Room for paths down to this depth, over so many features.
    pub fn new(depth: usize, features: usize) -> Self {
        let room = (1..=depth + 1).map(|level| level.min(features + 1)).sum();
        let longest = depth.min(features);
        let shares = (0..=longest)
            .flat_map(|last| (0..last).map(move |at| real::<R>(last - at) / real(last + 1)));
        Self {
            elements: vec![Element::default(); room],
            weights: vec![R::default(); room],
            shares: shares.collect(),
            counts: (0..=longest + 1).map(real).collect(),
        }
    }

    /// A path's elements.
    pub fn elements(&self, path: Span) -> &[Element<R>] {
        &self.elements[path.start..path.start + path.len]
    }

    /// Copies a path behind itself and makes it longer by one element.
    pub fn extend(&mut self, parent: Span, element: Element<R>) -> Span {
        let start = parent.start + parent.len;
        self.elements.copy_within(parent.start..start, start);
        let last = parent.len;
        let len = last + 1;
        self.elements[start + last] = element;
        let (before, weights) = self.weights.split_at_mut(start);
        let (before, weights) = (&before[parent.start..], &mut weights[..len]);
        let (count, counts) = (self.counts[len], &self.counts[1..len]);
        weights[last] = if last == 0 { real(1) } else { R::default() };
        let without = weights.iter_mut().zip(before).zip(counts.iter().rev());
        for ((weight, before), count_down) in without {
            *weight = element.zero * *before * *count_down / count;
        }
        // What is multiplied by a `one` of 0 adds nothing.
        if element.one != R::default() {
            let with = weights[1..].iter_mut().zip(before).zip(counts);
            for ((weight, before), count_up) in with {
                *weight += *before * *count_up / count;
            }
        }
        Span { start, len }
    }

    /// Takes an element out of a path again.
    pub fn unwind(&mut self, path: Span, at: usize) -> Span {
        let last = path.len - 1;
        let Element { zero, one, .. } = self.elements[path.start + at];
        let weights = &mut self.weights[path.start..path.start + path.len];
        let count: R = real(last + 1);
        let mut next = weights[last];
        for at in (0..last).rev() {
            if one == R::default() {
                weights[at] = weights[at] * count / (zero * real(last - at));
            } else {
                let weight = weights[at];
                weights[at] = next * count / real(at + 1);
                next = weight - weights[at] * zero * real(last - at) / count;
            }
        }
        let start = path.start;
        self.elements
            .copy_within(start + at + 1..start + path.len, start + at);
        Span { start, len: last }
    }

    /// Adds what a leaf at the end of a path gives to each of its features. No feature stands there twice, so that their order is free:
    /// those where the row itself goes on come first, then the others, each kind together by steps of its own.
    pub fn add_leaf(&self, path: Span, value: R, sums: &mut [R]) {
        let last = path.len - 1;
        let weights = &self.weights[path.start..path.start + path.len];
        let shares = &self.shares[last * last.saturating_sub(1) / 2..][..last];
        let players = &self.elements[path.start..path.start + path.len][1..];
        for hot in [true, false] {
            let mut lanes = Lanes::new();
            let of_kind = |element: &&Element<R>| (element.one != R::default()) == hot;
            for element in players.iter().filter(of_kind) {
                lanes.push(element);
                if lanes.count == LANES {
                    lanes.add(hot, weights, shares, value, sums);
                    lanes = Lanes::new();
                }
            }
            if lanes.count > 0 {
                lanes.add(hot, weights, shares, value, sums);
            }
        }
    }
}

/// Elements whose sums are computed together, in the lanes of vectors: each step of a sum waits for the one before, so that several vectors
/// cost hardly more than one.
const LANES: usize = 8;

struct Lanes<R> {
    count: usize,
    features: [u32; LANES],
    zeros: [R; LANES],
}

impl<R: Real> Lanes<R> {
    fn new() -> Self {
        Self {
            count: 0,
            features: [0; LANES],
            zeros: [R::from(1); LANES],
        }
    }

    fn push(&mut self, element: &Element<R>) {
        self.features[self.count] = element.feature;
        self.zeros[self.count] = element.zero;
        self.count += 1;
    }

    fn add(&self, hot: bool, weights: &[R], shares: &[R], value: R, sums: &mut [R]) {
        let totals = if hot {
            hot_sums(weights, shares, &self.zeros)
        } else {
            cold_sums(weights, shares, &self.zeros)
        };
        let one = R::from(u16::from(hot));
        let lanes = self.features.iter().zip(&self.zeros).zip(totals);
        for ((feature, zero), total) in lanes.take(self.count) {
            sums[*feature as usize] += total * (one - *zero) * value;
        }
    }
}

/// The weights of all subsets of a path without an element that the row itself follows (`one` is 1).
#[inline]
fn hot_sums<R: Real>(weights: &[R], shares: &[R], zeros: &[R; LANES]) -> [R; LANES] {
    let count: R = real(weights.len());
    let mut next = [weights[shares.len()]; LANES];
    let mut totals = [R::default(); LANES];
    for (at, (weight, share)) in weights.iter().zip(shares).enumerate().rev() {
        let size: R = real(at + 1);
        for lane in 0..LANES {
            let part = next[lane] * count / size;
            totals[lane] += part;
            next[lane] = *weight - part * zeros[lane] * *share;
        }
    }
    totals
}

/// The same without an element that it does not follow (`one` is 0).
#[inline]
fn cold_sums<R: Real>(weights: &[R], shares: &[R], zeros: &[R; LANES]) -> [R; LANES] {
    let mut totals = [R::default(); LANES];
    for (weight, share) in weights.iter().zip(shares).rev() {
        for lane in 0..LANES {
            totals[lane] += *weight / zeros[lane] / *share;
        }
    }
    for (total, zero) in totals.iter_mut().zip(zeros) {
        if R::ASKS_FOR_ZERO && *zero == R::default() {
            *total = R::default();
        }
    }
    totals
}
