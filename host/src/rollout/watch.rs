//! Deploys a slot's file whenever it changes: for those who work on a plugin.

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Order, Refused, Rollouts, StrategyOrder, follow::told, read_component};
use crate::{limits::WATCH_INTERVAL_MS, release::Digest};

/// What tells one writing of a file from the next.
type Look = Option<(SystemTime, u64)>;

impl Rollouts {
    /// Watches every slot that asks for it, until it is stopped.
    pub async fn watch(self, stop: CancellationToken) {
        let slots = self.inner.slots.iter();
        let watched = slots.filter(|(_, place)| place.watch);
        let mut files: Vec<Watched> = watched
            .map(|(slot, place)| Watched {
                slot: slot.clone(),
                file: place.file.clone(),
                seen: None,
                is_done: false,
            })
            .collect();
        if files.is_empty() {
            return;
        }
        let watching = async {
            loop {
                for file in &mut files {
                    if file.is_new_and_quiet() {
                        self.deploy(&file.slot, &file.file).await;
                    }
                }
                tokio::time::sleep(Duration::from_millis(WATCH_INTERVAL_MS)).await;
            }
        };
        stop.run_until_cancelled(watching).await;
    }

    async fn deploy(&self, slot: &str, file: &Path) {
        let path = file.to_owned();
        let reading = tokio::task::spawn_blocking(move || read_component(&path)).await;
        let component = match reading {
            Ok(Ok(component)) => component,
            Ok(Err(error)) => {
                return warn!(plugin = slot, file = %file.display(), %error, "the watched file changed, and nothing else");
            }
            Err(_) => return,
        };
        let release = Digest::of(&component);
        let holding = self.inner.holding.load_full();
        if holding
            .get(slot)
            .is_some_and(|held| held.state.active == release)
        {
            return;
        }
        match self.replace(slot, release, component).await {
            Ok(revision) => info!(plugin = slot, %release, revision, "the watched file serves"),
            Err(why) => {
                warn!(plugin = slot, %release, why = told(&why), "the watched file changed, but what serves did not");
            }
        }
    }

    async fn replace(
        &self,
        slot: &str,
        release: Digest,
        component: Vec<u8>,
    ) -> Result<u64, Refused> {
        let who = self.own("watch");
        self.add(slot, component, &who, true).await?;
        let order = Order {
            slot: slot.to_owned(),
            release,
            with: Vec::new(),
            strategy: StrategyOrder::Replace,
        };
        Ok(self.begin(order, &who).await?.revision)
    }
}

struct Watched {
    slot: String,
    file: PathBuf,
    /// At the last look.
    seen: Look,
    /// What was seen was dealt with.
    is_done: bool,
}

impl Watched {
    /// Whether it is another file than the last one that was dealt with, and nobody wrote to it between two looks.
    fn is_new_and_quiet(&mut self) -> bool {
        let look = std::fs::metadata(&self.file)
            .and_then(|file| Ok((file.modified()?, file.len())))
            .ok();
        if look != self.seen {
            (self.seen, self.is_done) = (look, false);
            return false;
        }
        look.is_some() && !std::mem::replace(&mut self.is_done, true)
    }
}
