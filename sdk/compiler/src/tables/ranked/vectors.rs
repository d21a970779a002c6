//! Vectors of entries, by which one row is scored where that is faster than walks.

use scoregate_kernel::layout::{NARROW, VECTOR_COLUMNS, VECTOR_PLANES};

use super::upwards;
use crate::forest::{Node, Tree};

/// Tenths of a nanosecond, fitted to figures of trees of 31 and 63 leaves: of a walk for each node, and for each tree; of vectors for
/// each tree, and for each vector at least and for each register of ranks.
const NODE: f64 = 16.0;
const WALK: f64 = 76.0;
const TREE: f64 = 50.0;
const VECTOR: f64 = 12.0;
const REGISTER: f64 = 4.0;
/// Nodes that walks go to, of which eight wait for the last, for each that a row meets by chance; and nodes by which their end is seen.
const WAITING: f64 = 1.5;
const SEEN: f64 = 2.0;
/// A vector's places, and what stands where no entry does: nothing is cleared.
const PLACES: usize = 16;
const NONE: [u8; 4] = [0, 0, 0, u8::MAX];
/// A depth that stands for greater ones too.
const DEPTH_MAX: usize = 255;

/// Columns, inversions, bounds, living leaves.
type Vector = [[u8; PLACES]; 4];

/// The vectors of all trees.
pub(super) struct Vectors {
    possible: bool,
    counts: Vec<usize>,
    vectors: Vec<Vector>,
    registers: f64,
    walks: f64,
}

impl Vectors {
    /// For trees over so many columns.
    pub(super) fn new(with_planes: bool, columns: usize) -> Self {
        Self {
            possible: with_planes && columns <= VECTOR_COLUMNS,
            counts: Vec::new(),
            vectors: Vec::new(),
            registers: columns.div_ceil(PLACES).next_power_of_two() as f64,
            walks: 0.0,
        }
    }

    /// Adds a tree by the entries of its planes; gives how deep it is, as its record has it.
    pub(super) fn push(&mut self, tree: Tree<'_>, planes: &[Vec<[u8; 4]>]) -> usize {
        let (deepest, usual) = depths(tree);
        let nodes = (usual * WAITING + SEEN).min(deepest as f64);
        self.walks += nodes * NODE + WALK;
        self.possible &= planes.len() <= VECTOR_PLANES;
        if self.possible {
            let before = self.vectors.len();
            self.fill(planes);
            self.counts.push(self.vectors.len() - before);
        }
        deepest.min(DEPTH_MAX)
    }

    fn fill(&mut self, planes: &[Vec<[u8; 4]>]) {
        let apart = if planes.len() <= VECTOR_PLANES / 2 {
            VECTOR_PLANES / 2
        } else {
            VECTOR_PLANES
        };
        let of_plane = PLACES / apart;
        let most = planes.iter().map(Vec::len).max().unwrap_or(0);
        for vector in 0..most.div_ceil(of_plane) {
            let mut parts = [[0; PLACES]; 4];
            for place in 0..PLACES {
                let entries = planes.get(place % apart);
                let at = vector * of_plane + place / apart;
                let entry = entries.and_then(|entries| entries.get(at)).unwrap_or(&NONE);
                let column = u16::from_le_bytes([entry[0], entry[1]]);
                let inverted = usize::from(column) >= NARROW;
                let all = [
                    column as u8,
                    if inverted { u8::MAX } else { 0 },
                    entry[2],
                    entry[3],
                ];
                for (part, byte) in parts.iter_mut().zip(all) {
                    part[place] = byte;
                }
            }
            self.vectors.push(parts);
        }
    }

    /// How many each tree has, and all of them; none where walks are faster.
    pub(super) fn finish(self) -> (Vec<usize>, Vec<Vector>) {
        let of_vectors = self.vectors.len() as f64 * (VECTOR + REGISTER * self.registers);
        let cost = self.counts.len() as f64 * TREE + of_vectors;
        let counted = self
            .counts
            .iter()
            .all(|count| *count <= usize::from(u16::MAX));
        if self.possible && counted && cost < self.walks {
            (self.counts, self.vectors)
        } else {
            (Vec::new(), Vec::new())
        }
    }
}

/// Splits on the longest way, and on that of a row that goes left or right by chance.
fn depths(tree: Tree<'_>) -> (usize, f64) {
    let mut below = vec![(0, 0.0); tree.nodes()];
    for at in upwards(tree) {
        if let Node::Split(split) = tree.node(at) {
            let (left, right): ((usize, f64), (usize, f64)) =
                (below[split.left], below[split.left + 1]);
            below[at] = (left.0.max(right.0) + 1, (left.1 + right.1) / 2.0 + 1.0);
        }
    }
    below[0]
}
