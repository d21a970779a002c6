//! Trees by planes of bytes (Ye et al., RapidScorer, KDD 2018): each row has a bit for each leaf of a tree, eight leaves a plane, and
//! each split that a row does not pass to the left clears the leaves to its left. The first leaf that lives is the row's.
//!
//! Unlike there, entries stand plane by plane, so that a plane lives in registers; and the compiler turns each split so that the
//! smaller side is the one to clear, which the inverted columns make possible without a second kind of entry.

use super::lanes::Lanes;
use super::number::Number;
use super::tree::Tree;
use crate::layout::NARROW;

/// The checked planes of all trees.
#[derive(Clone, Debug)]
pub struct Planes<'a> {
    /// Pairs of entries of each plane.
    pairs: &'a [[u8; 2]],
    entries: &'a [[[u8; 4]; 2]],
}

impl<'a> Planes<'a> {
    /// Checks planes against the trees and the number of columns, the inverted ones included.
    pub fn new(
        pairs: &'a [u8],
        entries: &'a [u8],
        trees: impl Iterator<Item = Tree>,
        columns: usize,
    ) -> Result<Self, String> {
        let pairs: &[[u8; 2]] = pairs.as_chunks().0;
        let (entries, odd) = entries.as_chunks::<4>().0.as_chunks::<2>();
        let of_trees: usize = trees.map(|tree| tree.planes).sum();
        let of_planes: usize = pairs.iter().map(|pairs| count(*pairs)).sum();
        if of_trees != pairs.len() || of_planes != entries.len() || !odd.is_empty() {
            return Err("the tables' planes do not fit their trees".to_owned());
        }
        let beyond = |entry: &&[u8; 4]| column(**entry) >= columns;
        if let Some(at) = entries
            .as_flattened()
            .iter()
            .position(|entry| beyond(&entry))
        {
            return Err(format!(
                "entry {at} of the tables' planes asks for a column that is not there"
            ));
        }
        Ok(Self { pairs, entries })
    }

    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Adds every tree's leaf to the sums of its group, row by row in the order of the trees. `ROWS` is 16 times `V`.
    pub fn add<N: Number, const V: usize, const ROWS: usize>(
        &self,
        trees: impl Iterator<Item = Tree>,
        columns: &[[u8; ROWS]],
        values: &[N::Bytes],
        sums: &mut [[N; ROWS]],
    ) {
        let (mut pairs, mut entries) = (self.pairs, self.entries);
        for tree in trees {
            let of_tree;
            (of_tree, pairs) = pairs.split_at(tree.planes);
            let mut leaves = Exit::<V>::new(tree.planes);
            for of_plane in of_tree {
                let of_plane_entries;
                (of_plane_entries, entries) = entries.split_at(count(*of_plane));
                leaves.plane(of_plane_entries, columns);
            }
            let Some(values) = values[tree.first_value..].first_chunk::<NARROW>() else {
                continue;
            };
            let (sums, _) = sums[tree.group].as_chunks_mut::<16>();
            for (sums, leaves) in sums.iter_mut().zip(leaves.places()) {
                for (sum, leaf) in sums.iter_mut().zip(leaves) {
                    *sum = sum.plus(N::read(&values[usize::from(leaf)]));
                }
            }
        }
    }
}

/// The leaf that each row leaves a tree by, of the planes seen so far; they come from the last to the first.
struct Exit<const V: usize> {
    /// The first plane with a living leaf: its leaves, and the number of its first.
    alive: [Lanes; V],
    first: [Lanes; V],
    at: u8,
}

impl<const V: usize> Exit<V> {
    #[inline(always)]
    fn new(planes: usize) -> Self {
        Self {
            alive: [Lanes::splat(0); V],
            first: [Lanes::splat(0); V],
            at: (planes * 8) as u8,
        }
    }

    #[inline(always)]
    fn plane<const ROWS: usize>(&mut self, entries: &[[[u8; 4]; 2]], columns: &[[u8; ROWS]]) {
        let mut alive = [Lanes::splat(255); V];
        // By two: in the sandbox each turn of a loop looks at the deadline.
        for [one, two] in entries {
            clear(&mut alive, *one, columns);
            clear(&mut alive, *two, columns);
        }
        self.at = self.at.wrapping_sub(8);
        let at = Lanes::splat(self.at);
        for (lane, alive) in alive.into_iter().enumerate() {
            let dead = alive.is_zero();
            self.alive[lane] = Lanes::select(dead, self.alive[lane], alive);
            self.first[lane] = Lanes::select(dead, self.first[lane], at);
        }
    }

    #[inline(always)]
    fn places(&self) -> [[u8; 16]; V] {
        std::array::from_fn(|at| self.first[at].plus(self.alive[at].lowest_bit()).bytes())
    }
}

#[inline(always)]
fn clear<const V: usize, const ROWS: usize>(
    alive: &mut [Lanes; V],
    entry: [u8; 4],
    columns: &[[u8; ROWS]],
) {
    let [.., bound, living] = entry;
    let (bound, living) = (Lanes::splat(bound), Lanes::splat(living));
    let (ranks, _) = columns[column(entry)].as_chunks::<16>();
    for (alive, ranks) in alive.iter_mut().zip(ranks) {
        let passes = bound.above(Lanes::load(ranks));
        *alive = alive.and(passes.or(living));
    }
}

#[inline(always)]
fn column([low, high, ..]: [u8; 4]) -> usize {
    usize::from(u16::from_le_bytes([low, high]))
}

#[inline(always)]
fn count(pairs: [u8; 2]) -> usize {
    usize::from(u16::from_le_bytes(pairs))
}
