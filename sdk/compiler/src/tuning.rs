//! The ways in which trees can be written for the kernels. Their answers are the same, their times differ by the model and the processor.

use scoregate_kernel::layout::{Kind, Word};

/// See the module. What a way cannot serve is written for [`Tuning::Walk`], which serves all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tuning {
    /// Ranks, with planes for many rows at once where trees are small enough, and packed nodes for few: the way unless told.
    Planes,
    /// Ranks and packed nodes alone.
    Nodes,
    /// One packed array of nodes with their thresholds.
    Walk,
}

impl Tuning {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Planes, Self::Nodes, Self::Walk];

    /// The way for kernels of a kind.
    pub(crate) fn of_kind(kind: Kind) -> Self {
        match kind {
            Kind::Walk => Self::Walk,
            Kind::Linear | Kind::Ranked => Self::Planes,
        }
    }

    /// Its name: of the kernel's kind, and what of it is used.
    pub fn name(self) -> &'static str {
        match self {
            Self::Planes => "ranked, with planes",
            Self::Nodes => "ranked",
            Self::Walk => Kind::Walk.name(),
        }
    }

    /// How these tables were written; none where they hold no trees.
    pub(crate) fn of(tables: &[u8]) -> Option<Self> {
        let (words, _) = tables.as_chunks::<4>();
        let word = |at: Word| words.get(at as usize).copied().map(u32::from_le_bytes);
        match Kind::from_code(word(Word::Kind)?)? {
            Kind::Walk => Some(Self::Walk),
            Kind::Ranked if word(Word::Planes)? == 0 => Some(Self::Nodes),
            Kind::Ranked => Some(Self::Planes),
            Kind::Linear => None,
        }
    }
}
