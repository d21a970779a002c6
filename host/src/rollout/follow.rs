//! Follows the record: what others have changed is served here too.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Refused, Rollouts, change::Turn};
use crate::{
    limits::{FOLLOW_PAUSE_MAX_MS, FOLLOW_PAUSE_MS},
    store::Revision,
};

impl Rollouts {
    /// Until it is stopped. What is served does not change where the store cannot be asked.
    pub async fn follow(self, stop: CancellationToken) {
        let following = async {
            let (mut seen, mut pause_ms): (Revision, u64) = (0, FOLLOW_PAUSE_MS);
            loop {
                match self.catch_up(seen).await {
                    Ok(newest) => {
                        (seen, pause_ms) = (newest, FOLLOW_PAUSE_MS);
                        self.inner.health.works();
                    }
                    Err(why) => {
                        // Once, and not each second.
                        if self.inner.health.trouble().is_none() {
                            warn!(why, "the store's record cannot be followed at the moment");
                        }
                        self.inner.health.fails(why);
                        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                        // What cannot be served costs a compilation with each try.
                        pause_ms = (2 * pause_ms).min(FOLLOW_PAUSE_MAX_MS);
                    }
                }
            }
        };
        stop.run_until_cancelled(following).await;
    }

    async fn catch_up(&self, seen: Revision) -> Result<Revision, String> {
        let newest = self.inner.store.changed(seen).await;
        let newest = newest.map_err(|error| error.to_string())?;
        self.turn().await.converge().await?;
        Ok(newest)
    }
}

impl Turn<'_> {
    /// Serves what the record says of every slot of this gateway.
    pub async fn converge(&self) -> Result<(), String> {
        let inner = &self.rollouts().inner;
        let records = inner.store.slots().await;
        let records = records.map_err(|error| error.to_string())?;
        let holding = inner.holding.load_full();
        let later: Vec<_> = records
            .into_iter()
            .filter(|record| {
                let held = holding.get(&record.slot);
                held.is_some_and(|held| held.revision < record.revision)
            })
            .map(|record| (record.slot, record.revision, record.state))
            .collect();
        if later.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = later.iter().map(|(slot, ..)| slot.clone()).collect();
        let plan = self.plan(later).await.map_err(|why| {
            let why = told(&why);
            format!("what others have changed in {names:?} cannot be served here: {why}")
        })?;
        self.swap(plan);
        info!(slots = ?names, "serves what others have changed");
        Ok(())
    }
}

/// For the log.
pub fn told(why: &Refused) -> String {
    match why {
        Refused::NotFound(text)
        | Refused::Conflict(text)
        | Refused::Invalid(text)
        | Refused::Unavailable(text) => text.clone(),
        Refused::Unfit(report) => {
            let unfit = report.pipelines.iter();
            let unfit = unfit
                .filter(|fit| !fit.reasons.is_empty())
                .map(|fit| format!("pipeline `{}`: {}", fit.pipeline, fit.reasons.join("; ")));
            let all: Vec<_> = report.problems.iter().cloned().chain(unfit).collect();
            format!("{}: {}", report.release, all.join("; "))
        }
    }
}
