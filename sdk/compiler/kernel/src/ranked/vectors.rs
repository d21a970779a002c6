//! One row through trees by vectors: what [`super::planes`] does for sixteen rows and one entry, for one row and sixteen entries. The ranks
//! of all columns are in registers, from where the entries' are picked.

use super::lanes::Lanes;
use super::number::Number;
use super::tree::Tree;
use crate::layout::{NARROW, VECTOR_BYTES, VECTOR_COLUMNS};

/// Columns, inversions, bounds, living leaves.
type Vector = [[u8; 16]; VECTOR_BYTES / 16];

/// The checked vectors of all trees.
#[derive(Clone, Debug)]
pub struct Vectors<'a>(&'a [Vector]);

impl<'a> Vectors<'a> {
    /// Checks vectors against the trees and the number of columns.
    pub fn new(bytes: &'a [u8], trees: &[Tree], columns: usize) -> Result<Self, String> {
        let vectors: &[Vector] = bytes.as_chunks::<16>().0.as_chunks().0;
        let of_trees: usize = trees.iter().map(|tree| tree.vectors).sum();
        if of_trees != vectors.len() || (of_trees > 0 && columns > VECTOR_COLUMNS) {
            return Err("the tables' vectors do not fit their trees and columns".to_owned());
        }
        Ok(Self(vectors))
    }

    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds every tree's leaf to the sums of its group, in the order of the trees.
    pub fn add<N: Number>(
        &self,
        trees: &[Tree],
        ranks: &[[u8; 16]; VECTOR_COLUMNS / 16],
        columns: usize,
        values: &[N::Bytes],
        sums: &mut [[N; 1]],
    ) {
        match columns {
            0..=16 => self.add_with::<N, 1>(trees, ranks, values, sums),
            17..=32 => self.add_with::<N, 2>(trees, ranks, values, sums),
            _ => self.add_with::<N, 4>(trees, ranks, values, sums),
        }
    }

    #[inline(never)]
    fn add_with<N: Number, const REGISTERS: usize>(
        &self,
        trees: &[Tree],
        ranks: &[[u8; 16]; VECTOR_COLUMNS / 16],
        values: &[N::Bytes],
        sums: &mut [[N; 1]],
    ) {
        let ranks: [Lanes; REGISTERS] = std::array::from_fn(|at| Lanes::load(&ranks[at]));
        let mut vectors = self.0;
        for tree in trees {
            let of_tree;
            (of_tree, vectors) = vectors.split_at(tree.vectors);
            let mut alive = Lanes::splat(255);
            // Without a loop where there are few: each turn looks at the deadline, and puts down all that it holds.
            let (fours, rest) = of_tree.as_chunks::<4>();
            for [one, two, three, four] in fours {
                alive = clear(alive, &ranks, one);
                alive = clear(alive, &ranks, two);
                alive = clear(alive, &ranks, three);
                alive = clear(alive, &ranks, four);
            }
            let (twos, rest) = rest.as_chunks::<2>();
            if let [[one, two]] = twos {
                alive = clear(alive, &ranks, one);
                alive = clear(alive, &ranks, two);
            }
            if let [one] = rest {
                alive = clear(alive, &ranks, one);
            }
            let [low, high] = alive.halves();
            let mut leaves = low & high;
            if tree.planes <= 4 {
                leaves &= leaves >> 32;
            }
            let leaf = leaves.trailing_zeros() as usize;
            if let Some(values) = values[tree.first_value..].first_chunk::<NARROW>() {
                let sum = &mut sums[tree.group][0];
                *sum = sum.plus(N::read(&values[leaf]));
            }
        }
    }
}

#[inline(always)]
fn clear<const REGISTERS: usize>(
    alive: Lanes,
    ranks: &[Lanes; REGISTERS],
    [columns, inverted, bounds, living]: &Vector,
) -> Lanes {
    let columns = Lanes::load(columns);
    let mut picked = ranks[0].pick(columns);
    for (at, ranks) in ranks.iter().enumerate().skip(1) {
        let own = columns.exclusive_or(Lanes::splat(16 * at as u8));
        picked = picked.or(ranks.pick(own));
    }
    let picked = picked.exclusive_or(Lanes::load(inverted));
    let passes = Lanes::load(bounds).above(picked);
    alive.and(passes.or(Lanes::load(living)))
}
