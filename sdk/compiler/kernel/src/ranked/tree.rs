//! A tree's record.

use crate::layout::RANKED_TREE_BYTES;

/// A depth that stands for greater ones too.
pub const DEPTH_MAX: usize = 255;

/// Where a tree's parts are.
#[derive(Clone, Copy, Debug)]
pub struct Tree {
    /// Its root among all nodes.
    pub first_node: usize,
    /// The group that its leaves are added to.
    pub group: usize,
    /// Its first value among all values.
    pub first_value: usize,
    /// How many planes it has.
    pub planes: usize,
    /// Splits on its longest way, or [`DEPTH_MAX`].
    pub depth: usize,
    /// How many vectors it has.
    pub vectors: usize,
}

impl Tree {
    /// Reads a record.
    #[inline(always)]
    pub fn read(bytes: &[u8; RANKED_TREE_BYTES]) -> Self {
        let all = u128::from_le_bytes(*bytes);
        Self {
            first_node: all as u32 as usize,
            group: (all >> 32) as u32 as usize,
            first_value: (all >> 64) as u32 as usize,
            planes: usize::from((all >> 96) as u8),
            depth: usize::from((all >> 104) as u8),
            vectors: usize::from((all >> 112) as u16),
        }
    }
}
