//! What a table is given.

use std::ops::Range;

use crate::{dead_letter::DeadLetter, event::Scored};

/// Rows of one table.
#[derive(Clone, Copy)]
pub enum Rows<'r> {
    Scored(&'r [Scored]),
    Dead(&'r [DeadLetter]),
}

impl Rows<'_> {
    pub fn len(self) -> usize {
        match self {
            Rows::Scored(scored) => scored.len(),
            Rows::Dead(dead) => dead.len(),
        }
    }

    pub fn part(self, range: Range<usize>) -> Self {
        match self {
            Rows::Scored(scored) => Rows::Scored(&scored[range]),
            Rows::Dead(dead) => Rows::Dead(&dead[range]),
        }
    }
}
