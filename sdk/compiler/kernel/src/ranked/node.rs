//! A node in four bytes or in eight.

use crate::layout::{LEAF_RANK, NARROW};

/// A packed node.
pub trait Packed: Copy {
    /// As it stands in the tables.
    type Bytes: Copy + 'static;

    /// Tables as such nodes.
    fn chunks(bytes: &[u8]) -> &[Self::Bytes];
    /// Reads one.
    fn read(bytes: &Self::Bytes) -> Self;
    /// How far behind it the left child is; of a leaf, which is its own, 0.
    fn step(self) -> usize;
    /// The column that decides.
    fn column(self) -> usize;
    /// Ranks above it go right.
    fn rank(self) -> i8;
    /// A leaf's number in the tree.
    fn leaf(self) -> usize;

    /// Columns that a row has at least, by which accesses are known to be sound.
    const COLUMNS_MIN: usize;

    /// Whether it is a leaf.
    #[inline(always)]
    fn is_leaf(self) -> bool {
        self.rank().cast_unsigned() == LEAF_RANK
    }
}

/// Trees of up to 65,536 nodes over up to 256 columns.
#[derive(Clone, Copy)]
pub struct Narrow(u32);

impl Packed for Narrow {
    type Bytes = [u8; 4];
    const COLUMNS_MIN: usize = NARROW;

    fn chunks(bytes: &[u8]) -> &[Self::Bytes] {
        bytes.as_chunks().0
    }

    #[inline(always)]
    fn read(bytes: &Self::Bytes) -> Self {
        Self(u32::from_le_bytes(*bytes))
    }

    #[inline(always)]
    fn step(self) -> usize {
        (self.0 & 0xffff) as usize
    }

    #[inline(always)]
    fn column(self) -> usize {
        (self.0 >> 16 & 0xff) as usize
    }

    #[inline(always)]
    fn rank(self) -> i8 {
        (self.0.cast_signed() >> 24) as i8
    }

    #[inline(always)]
    fn leaf(self) -> usize {
        self.column()
    }
}

/// Larger ones.
#[derive(Clone, Copy)]
pub struct Wide(u64);

impl Packed for Wide {
    type Bytes = [u8; 8];
    const COLUMNS_MIN: usize = 0;

    fn chunks(bytes: &[u8]) -> &[Self::Bytes] {
        bytes.as_chunks().0
    }

    #[inline(always)]
    fn read(bytes: &Self::Bytes) -> Self {
        Self(u64::from_le_bytes(*bytes))
    }

    #[inline(always)]
    fn step(self) -> usize {
        self.0 as u32 as usize
    }

    #[inline(always)]
    fn column(self) -> usize {
        (self.0 >> 32 & 0xffff) as usize
    }

    #[inline(always)]
    fn rank(self) -> i8 {
        (self.0 >> 48) as i8
    }

    #[inline(always)]
    fn leaf(self) -> usize {
        (self.0 >> 56) as usize
    }
}
