//! Trees by planes of bytes (Ye et al., RapidScorer, KDD 2018): each row has a bit for each leaf of a tree, eight leaves a plane, and
//! each split that a row does not pass to the left clears the leaves to its left. The first leaf that lives is the row's.
//!
//! Unlike there, entries stand plane by plane, so that a plane lives in registers; and the compiler turns each split so that the
//! smaller side is the one to clear, which the inverted columns make possible without a second kind of entry.

use super::lanes::Lanes;
use super::number::Number;
use super::tree::Tree;
use crate::layout::{ENTRIES, NARROW};

/// Entries that are read in one turn of a loop: in the sandbox each turn looks at the deadline, and puts down all that it holds.
type Four = [[u8; 4]; ENTRIES];

/// Columns that entries can name; a constant power of two, so that no access needs a check of its own.
pub const COLUMNS: usize = 2 * NARROW;

/// The planes of all trees.
#[derive(Clone, Debug)]
pub struct Planes<'a> {
    /// Fours of entries of each plane.
    fours: &'a [[u8; 2]],
    entries: &'a [Four],
}

impl<'a> Planes<'a> {
    /// Takes planes that are as many as the trees claim.
    pub fn new(
        fours: &'a [u8],
        entries: &'a [u8],
        trees: impl Iterator<Item = Tree>,
    ) -> Result<Self, String> {
        let fours: &[[u8; 2]] = fours.as_chunks().0;
        let (entries, odd) = entries.as_chunks::<4>().0.as_chunks::<ENTRIES>();
        let of_trees: usize = trees.map(|tree| tree.planes).sum();
        let of_planes: usize = fours.iter().map(|fours| count(*fours)).sum();
        if of_trees != fours.len() || of_planes != entries.len() || !odd.is_empty() {
            return Err("the tables' planes do not fit their trees".to_owned());
        }
        Ok(Self { fours, entries })
    }

    /// Looks at every entry, which takes as long as scoring some rows.
    pub fn check(&self) -> Result<(), String> {
        let greatest = self.entries.as_flattened().iter().map(column).max();
        if greatest.is_some_and(|greatest| greatest >= COLUMNS) {
            return Err("the tables' planes ask for a column that is not there".to_owned());
        }
        Ok(())
    }

    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.fours.is_empty()
    }

    /// Entries of all planes.
    pub fn entries(&self) -> usize {
        self.entries.len() * ENTRIES
    }

    /// Adds every tree's leaf to the sums of its group, row by row in the order of the trees. `ROWS` is 16 times `V`.
    pub fn add<N: Number, const V: usize, const ROWS: usize>(
        &self,
        trees: impl Iterator<Item = Tree>,
        columns: &[[u8; ROWS]; COLUMNS],
        values: &[N::Bytes],
        sums: &mut [[N; ROWS]],
    ) {
        let (mut fours, mut entries) = (self.fours, self.entries);
        let mut leaves = [[0; 16]; V];
        for tree in trees {
            let of_tree;
            (of_tree, fours) = fours.split_at(tree.planes);
            entries = exits(of_tree, entries, columns, &mut leaves);
            let Some(values) = values[tree.first_value..].first_chunk::<NARROW>() else {
                continue;
            };
            for (sum, leaf) in sums[tree.group].iter_mut().zip(leaves.as_flattened()) {
                *sum = sum.plus(N::read(&values[usize::from(*leaf)]));
            }
        }
    }
}

/// The leaf that each row leaves a tree by; gives the entries of the next trees. A function of its own: within a larger one the engine's
/// compiler keeps nothing of this in registers.
#[inline(never)]
fn exits<'a, const V: usize, const ROWS: usize>(
    of_tree: &[[u8; 2]],
    mut entries: &'a [Four],
    columns: &[[u8; ROWS]; COLUMNS],
    leaves: &mut [[u8; 16]; V],
) -> &'a [Four] {
    let mut exit = Exit::<V>::new(of_tree.len());
    for of_plane in of_tree {
        let of_plane_entries;
        (of_plane_entries, entries) = entries.split_at(count(*of_plane));
        exit.plane(of_plane_entries, columns);
    }
    for (lane, leaves) in leaves.iter_mut().enumerate() {
        *leaves = exit.first[lane].plus(exit.alive[lane].lowest_bit()).bytes();
    }
    entries
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
    fn plane<const ROWS: usize>(&mut self, entries: &[Four], columns: &[[u8; ROWS]; COLUMNS]) {
        let mut alive = [Lanes::splat(255); V];
        for four in entries {
            clear(&mut alive, four, columns);
        }
        self.at = self.at.wrapping_sub(8);
        let at = Lanes::splat(self.at);
        for (lane, alive) in alive.into_iter().enumerate() {
            let dead = alive.is_zero();
            self.alive[lane] = Lanes::select(dead, self.alive[lane], alive);
            self.first[lane] = Lanes::select(dead, self.first[lane], at);
        }
    }
}

/// Sixteen rows after the other, for which the four entries stay in registers.
#[inline(always)]
fn clear<const V: usize, const ROWS: usize>(
    alive: &mut [Lanes; V],
    four: &Four,
    columns: &[[u8; ROWS]; COLUMNS],
) {
    let ranks = four.map(|entry| columns[column(&entry) % COLUMNS].as_chunks::<16>().0);
    let bounds = four.map(|entry| Lanes::splat(entry[2]));
    let living = four.map(|entry| Lanes::splat(entry[3]));
    for (lane, alive) in alive.iter_mut().enumerate() {
        for entry in 0..ENTRIES {
            let passes = bounds[entry].above(Lanes::load(&ranks[entry][lane]));
            *alive = alive.and(passes.or(living[entry]));
        }
    }
}

#[inline(always)]
fn column(entry: &[u8; 4]) -> usize {
    (u32::from_le_bytes(*entry) & 0xffff) as usize
}

#[inline(always)]
fn count(fours: [u8; 2]) -> usize {
    usize::from(u16::from_le_bytes(fours))
}
