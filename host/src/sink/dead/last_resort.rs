//! The file of dead letters that their own keeper can never take, so that they neither block the others nor get lost.

use std::path::Path;

use super::{
    super::error::{RefusedRow, SinkError},
    FileDeadLetters,
};
use crate::dead_letter::DeadLetter;

/// See the module. One a pipeline; several may share the file.
#[derive(Debug)]
pub struct LastResort(FileDeadLetters);

impl LastResort {
    /// The file is made by the first letter.
    pub fn new(path: &Path, pipeline: &str) -> Self {
        Self(FileDeadLetters::new(path, pipeline))
    }

    /// Takes letters, each with why its keeper refused it, or none on an error.
    pub async fn write(&self, refused: &[(DeadLetter, String)]) -> Result<(), SinkError> {
        if refused.is_empty() {
            return Ok(());
        }
        self.0.write_refused(refused).await?;
        for (dead, reason) in refused {
            tracing::warn!(
                event_id = dead.event.id,
                reason,
                "a dead letter is kept in the file of last resort"
            );
        }
        Ok(())
    }
}

/// Moves the refused rows of a write into `refused`, and hands back the others in their order.
pub(super) fn part(
    dead: Vec<DeadLetter>,
    rows: &[RefusedRow],
    refused: &mut Vec<(DeadLetter, String)>,
) -> Vec<DeadLetter> {
    let mut rest = Vec::with_capacity(dead.len().saturating_sub(rows.len()));
    for (nth, letter) in dead.into_iter().enumerate() {
        match rows.iter().find(|refused| refused.row == nth) {
            Some(row) => refused.push((letter, row.reason.clone())),
            None => rest.push(letter),
        }
    }
    rest
}
