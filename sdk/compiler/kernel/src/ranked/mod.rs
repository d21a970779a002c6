//! The fast kernels: values are replaced by their ranks once, and trees compare ranks.

mod alone;
mod lanes;
mod node;
mod number;
mod packed;
mod planes;
mod scales;
mod tree;
mod vectors;

use crate::header::Header;
use crate::layout::{ALIGN, NARROW, Precision, RANKED_TREE_BYTES, SCALE_BYTES, Word, shape};
use crate::rows::Rows;
use node::{Narrow, Packed, Wide};
use number::Number;
use packed::{Packs, WALKS};
use planes::{COLUMNS, Planes};
use scales::{Scales, Shared};
use tree::Tree;
use vectors::Vectors;

/// Rows for which a block of 16 by planes costs as much as walks, one by one: so many, and one more for each so many entries of a tree.
/// Measured with trees of 31, 63 and 255 leaves: 5, 7 and 17.
const SMALL_MIN_ROWS: usize = 4;
const ENTRIES_PER_ROW: usize = 28;
/// The same beside single rows by vectors.
const VECTORS_MIN_ROWS: usize = 10;
/// From so many rows on a block of 64 costs less than blocks of 16.
const MIDDLE_MIN_ROWS: usize = 25;
/// From so many rows on a block of 128 costs less than blocks of 64.
const LARGE_MIN_ROWS: usize = 97;

/// A checked body of [`crate::layout::Kind::Ranked`].
#[derive(Clone, Debug)]
pub struct Ranked<'a> {
    trees: Vec<Tree>,
    scales: Scales<'a>,
    nodes: &'a [u8],
    values: &'a [u8],
    planes: Planes<'a>,
    vectors: Vectors<'a>,
    shape: u32,
}

impl<'a> Ranked<'a> {
    /// Reads a body that fits its header.
    pub fn new(header: &Header<'_>, body: &'a [u8]) -> Result<Self, String> {
        let word = |at: Word| header.ranked[at as usize - Word::Shape as usize];
        let shape = word(Word::Shape);
        let number_bytes = match header.precision {
            Precision::F32 => 4,
            Precision::F64 => 8,
        };
        let mut rest = Some(body);
        let mut part = |count, bytes| take(&mut rest, count, bytes);
        let parts = [
            part(header.trees as u32, RANKED_TREE_BYTES),
            part(word(Word::Scales), SCALE_BYTES),
            part(word(Word::Thresholds), number_bytes),
            part(header.set_words as u32, 4),
            part(header.nodes as u32, node_bytes(shape)),
            part(word(Word::Values), number_bytes),
            part(word(Word::Planes), 2),
            part(word(Word::PlaneEntries), 4),
        ];
        // What is left is vectors, as many as the trees claim.
        let (
            [
                Some(trees),
                Some(scales),
                Some(thresholds),
                Some(sets),
                Some(nodes),
                Some(values),
                Some(pairs),
                Some(entries),
            ],
            Some(vectors),
        ) = (parts, rest)
        else {
            return Err(format!(
                "the tables' body has {} bytes, which does not fit {} trees of {} nodes",
                body.len(),
                header.trees,
                header.nodes
            ));
        };
        let shared = Shared {
            category_rule: header.category_rule,
            equal_left: shape & shape::EQUAL_LEFT != 0,
            zero_max: header.zero_max,
            features: header.features,
        };
        let thresholds = (thresholds, word(Word::Thresholds) as usize);
        let scales = Scales::new(scales, thresholds, sets, &shared)?;
        let trees: Vec<Tree> = trees.as_chunks().0.iter().map(Tree::read).collect();
        let planes = Planes::new(pairs, entries, trees.iter().copied())?;
        if !planes.is_empty() && scales.columns() > NARROW {
            return Err("the tables have planes and more columns than those can name".to_owned());
        }
        let vectors = Vectors::new(vectors, &trees, scales.columns())?;
        Ok(Self {
            trees,
            scales,
            nodes,
            values,
            planes,
            vectors,
            shape,
        })
    }

    /// Looks at every node: after this no walk leaves the tables, and each ends.
    pub fn check(&self, header: &Header<'_>) -> Result<(), String> {
        self.planes.check()?;
        let values = header.ranked[Word::Values as usize - Word::Shape as usize] as usize;
        if self.is_wide() {
            packed::check::<Wide>(Wide::chunks(self.nodes), &self.trees, self.scales.columns())?;
        } else {
            packed::check::<Narrow>(
                Narrow::chunks(self.nodes),
                &self.trees,
                self.scales.columns(),
            )?;
        }
        for (at, tree) in self.trees.iter().enumerate() {
            // Leaves are named by a byte, and whatever it is, there is a value. By nodes, values are as many as nodes.
            let sound = if self.shape & shape::BY_NODE == 0 {
                tree.first_value + NARROW <= values
            } else {
                tree.first_value == tree.first_node && values == header.nodes
            };
            if !sound || tree.group >= header.base_margins.len() {
                return Err(format!("tree {at} of the tables adds what is not there"));
            }
        }
        Ok(())
    }

    fn is_wide(&self) -> bool {
        self.shape & shape::WIDE != 0
    }

    /// Adds every tree's leaf to the margins, per row in the order of the trees.
    pub fn add(&self, header: &Header<'_>, rows: Rows<'_>, margins: &mut [f64]) {
        match (rows, self.is_wide()) {
            (Rows::F32(values), false) => self.add_of::<f32, Narrow>(header, values, margins),
            (Rows::F32(values), true) => self.add_of::<f32, Wide>(header, values, margins),
            (Rows::F64(values), false) => self.add_of::<f64, Narrow>(header, values, margins),
            (Rows::F64(values), true) => self.add_of::<f64, Wide>(header, values, margins),
        }
    }

    fn add_of<N: Number, P: Packed>(&self, header: &Header<'_>, values: &[N], margins: &mut [f64]) {
        let packs = Packs::<P, N> {
            nodes: P::chunks(self.nodes),
            values: N::chunks(self.values),
            by_node: self.shape & shape::BY_NODE != 0,
        };
        let mut job = Job {
            ranked: self,
            packs,
            values,
            width: header.features,
            margins,
            groups: header.base_margins.len(),
        };
        if !self.planes.is_empty() {
            job.planes::<8, 128>(LARGE_MIN_ROWS);
            let least = SMALL_MIN_ROWS + self.planes.entries() / self.trees.len() / ENTRIES_PER_ROW;
            job.planes::<4, 64>(MIDDLE_MIN_ROWS.max(2 * least));
            job.planes::<1, 16>(if self.vectors.is_empty() {
                least
            } else {
                VECTORS_MIN_ROWS
            });
        }
        if self.vectors.is_empty() {
            job.walks();
        }
        job.walk();
    }
}

/// The next part, which is filled up; of a rest that was too short nothing is left.
fn take<'a>(rest: &mut Option<&'a [u8]>, count: u32, bytes: usize) -> Option<&'a [u8]> {
    let bytes = (count as usize).checked_mul(bytes)?;
    let filled = bytes.checked_next_multiple_of(ALIGN)?;
    let (part, after) = rest.take()?.split_at_checked(filled)?;
    *rest = Some(after);
    Some(&part[..bytes])
}

fn node_bytes(shape: u32) -> usize {
    if shape & shape::WIDE == 0 { 4 } else { 8 }
}

/// What is left of a batch.
struct Job<'a, 'b, N: Number, P: Packed> {
    ranked: &'b Ranked<'a>,
    packs: Packs<'b, P, N>,
    values: &'b [N],
    width: usize,
    margins: &'b mut [f64],
    groups: usize,
}

impl<N: Number, P: Packed> Job<'_, '_, N, P> {
    /// Rows that are left.
    fn rows(&self) -> usize {
        self.margins.len() / self.groups
    }

    /// Scores `ROWS` rows at a time by planes while at least `least` are left.
    fn planes<const V: usize, const ROWS: usize>(&mut self, least: usize) {
        if self.rows() < least {
            return;
        }
        let mut columns = [[0; ROWS]; COLUMNS];
        while self.rows() >= least {
            let rows = self.rows().min(ROWS);
            self.rank(rows, &mut columns);
            let (straight, inverted) = columns.split_at_mut(NARROW);
            let used = self.ranked.scales.columns();
            for (inverted, straight) in inverted.iter_mut().zip(straight).take(used) {
                *inverted = straight.map(|rank| !rank);
            }
            let trees = self.ranked.trees.iter().copied();
            let mut sums = self.sums();
            let planes = &self.ranked.planes;
            planes.add::<N, V, ROWS>(trees, &columns, self.packs.values, &mut sums);
            self.end(rows, &sums);
        }
    }

    /// Scores up to 64 rows at a time by packed nodes, eight together, while so many are left.
    fn walks(&mut self) {
        if self.rows() < WALKS {
            return;
        }
        let mut columns = vec![[0; 64]; self.ranked.scales.columns().max(NARROW)];
        while self.rows() >= WALKS {
            let rows = self.rows().min(64) / WALKS * WALKS;
            self.rank(rows, &mut columns);
            let mut sums = self.sums();
            self.packs
                .add_rows(&self.ranked.trees, &columns, rows, &mut sums);
            self.end(rows, &sums);
        }
    }

    /// Scores the rows that are left, one by one.
    fn walk(&mut self) {
        let mut columns = vec![[0; 1]; self.ranked.scales.columns().max(NARROW)];
        while self.rows() > 0 {
            self.rank(1, &mut columns);
            let mut sums = self.sums();
            let (trees, vectors) = (&self.ranked.trees, &self.ranked.vectors);
            if vectors.is_empty() {
                self.packs.add_row(trees, &columns, &mut sums);
            } else {
                let columns = columns.as_flattened();
                let ranks = std::array::from_fn(|register| {
                    std::array::from_fn(|at| columns[16 * register + at])
                });
                let used = self.ranked.scales.columns();
                vectors.add::<N>(trees, &ranks, used, self.packs.values, &mut sums);
            }
            self.end(1, &sums);
        }
    }

    fn rank<const ROWS: usize>(&self, rows: usize, columns: &mut [[u8; ROWS]]) {
        let values = &self.values[..rows * self.width];
        self.ranked.scales.rank(values, self.width, columns);
    }

    /// The sums' beginnings, group by group.
    fn sums<const ROWS: usize>(&self) -> Vec<[N; ROWS]> {
        let start = self.margins.iter().take(self.groups);
        start.map(|margin| [N::narrow(*margin); ROWS]).collect()
    }

    fn end<const ROWS: usize>(&mut self, rows: usize, sums: &[[N; ROWS]]) {
        let margins = std::mem::take(&mut self.margins);
        let (done, left) = margins.split_at_mut(rows * self.groups);
        for (row, margins) in done.chunks_exact_mut(self.groups).enumerate() {
            for (margin, sums) in margins.iter_mut().zip(sums) {
                *margin = sums[row].wide();
            }
        }
        self.margins = left;
        self.values = &self.values[rows * self.width..];
    }
}
