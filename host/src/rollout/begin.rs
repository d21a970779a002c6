//! The beginning of a rollout; a replacement is over with it.

use serde_json::json;

use super::{
    Done, Order, Refused, Report, Rollouts, StrategyOrder,
    change::{Turn, Wish},
    next,
};
use crate::{
    clock::now_ms,
    limits::{PAIR_MAX_COUNT, STAGES_MAX_COUNT},
    plugin::Steps,
    release::Digest,
    store::{Action, Actor, OpenRollout, SlotState, Strategy},
};

impl Rollouts {
    /// Begins a rollout; a replacement is over when this returns.
    ///
    /// # Errors
    /// [`Refused::Unfit`] names each pipeline that could not serve it; [`Refused::Conflict`] where another rollout is open.
    pub async fn begin(&self, order: Order, who: &Actor) -> Result<Done, Refused> {
        let (turn, wish) = self.wished(order, who).await?;
        turn.make(wish).await
    }

    /// What [`begin`](Self::begin) would refuse, and else the pipelines that it would change, by name; nothing is changed. Releases that came in
    /// and were not kept may be named as well, for a while.
    pub async fn try_out(&self, order: Order, who: &Actor) -> Result<Vec<String>, Refused> {
        let (turn, wish) = self.wished(order, who).await?;
        turn.would(wish).await
    }

    async fn wished(&self, order: Order, who: &Actor) -> Result<(Turn<'_>, Wish), Refused> {
        let mut steps = Steps::begin();
        check(&order)?;
        let releases = self.releases_of(&order)?;
        // Compiling may take a while, and the slot may change meanwhile.
        for (slot, release) in &releases {
            let release = self.loaded(slot, *release).await?;
            self.inner.shelf.put(release);
        }
        steps.took("load");
        let turn = self.turn().await;
        let wish = turn.wish(order, &releases, who, steps).await?;
        Ok((turn, wish))
    }

    /// Each slot of the order with its release.
    fn releases_of(&self, order: &Order) -> Result<Vec<(String, Digest)>, Refused> {
        let mut releases = vec![(order.slot.clone(), order.release)];
        releases.extend(order.with.iter().cloned());
        for (nth, (slot, _)) in releases.iter().enumerate() {
            self.place(slot)?;
            if releases[..nth].iter().any(|(other, _)| other == slot) {
                return Err(Refused::Invalid(format!(
                    "the plugin `{slot}` is named twice: a change gives each one release"
                )));
            }
        }
        Ok(releases)
    }

    /// A pipeline tries one candidate at a time, and what it is compared with must not change under it.
    fn refuse_beside_open(&self, releases: &[(String, Digest)]) -> Result<(), Refused> {
        let holding = self.inner.holding.load();
        let of_order = |slot: &String| releases.iter().any(|(other, _)| other == slot);
        let joints = self.inner.pipelines.iter();
        let beside = joints
            .filter(|joint| of_order(&joint.adapter) || of_order(&joint.model))
            .flat_map(|joint| [&joint.adapter, &joint.model]);
        let own = releases.iter().map(|(slot, _)| slot);
        for slot in own.chain(beside) {
            let open = holding
                .get(slot)
                .and_then(|held| held.state.rollout.as_ref());
            if let Some(rollout) = open {
                return Err(Refused::Conflict(format!(
                    "a rollout of the plugin `{slot}` is open, of {}: promote or abort it first",
                    rollout.candidate
                )));
            }
        }
        Ok(())
    }
}

impl Turn<'_> {
    async fn wish(
        &self,
        order: Order,
        releases: &[(String, Digest)],
        who: &Actor,
        steps: Steps,
    ) -> Result<Wish, Refused> {
        let rollouts = self.rollouts();
        rollouts.refuse_beside_open(releases)?;
        let holding = rollouts.inner.holding.load_full();
        let (id, at_ms) = (now_ms(), now_ms());
        let mut slots = Vec::new();
        for (slot, digest) in releases {
            let held = holding.get(slot);
            let held = held.ok_or_else(|| Refused::NotFound(format!("no plugin `{slot}`")))?;
            if held.state.active == *digest {
                return Err(Refused::Conflict(format!(
                    "{digest} is the active release of the plugin `{slot}` already"
                )));
            }
            let release = rollouts.loaded(slot, *digest).await?;
            if let Some(problem) = held.other_kind(slot, &release) {
                let mut report = Report::of(&release);
                report.problems.push(problem);
                return Err(Refused::Unfit(Box::new(report)));
            }
            let others = releases.iter().map(|(other, _)| other.clone());
            let with: Vec<String> = others.filter(|other| other != slot).collect();
            let open = |strategy| OpenRollout {
                id,
                candidate: *digest,
                strategy,
                stage: 0,
                stage_since_ms: at_ms,
                with: with.clone(),
            };
            let state: SlotState = match &order.strategy {
                StrategyOrder::Replace => next::replaced(&held.state, *digest, with),
                StrategyOrder::Canary { stages } => {
                    let stages = stages.clone();
                    next::tried(&held.state, open(Strategy::Canary { stages }))
                }
                StrategyOrder::Shadow { percent } => {
                    let percent = *percent;
                    next::tried(&held.state, open(Strategy::Shadow { percent }))
                }
            };
            slots.push((slot.clone(), state));
        }
        let action = match order.strategy {
            StrategyOrder::Replace => Action::Replace,
            StrategyOrder::Canary { .. } => Action::Canary,
            StrategyOrder::Shadow { .. } => Action::Shadow,
        };
        Ok(Wish {
            who: who.clone(),
            action,
            slots,
            detail: json!({}),
            steps,
        })
    }
}

/// What is wrong with an order whatever it is about.
fn check(order: &Order) -> Result<(), Refused> {
    let percent = |percent: f64| {
        if percent > 0.0 && percent <= 100.0 {
            return Ok(());
        }
        Err(Refused::Invalid(format!(
            "a share is {percent} percent of events; it must be over 0 and at most 100"
        )))
    };
    if order.with.len() >= PAIR_MAX_COUNT {
        return Err(Refused::Invalid(format!(
            "one change may change at most {PAIR_MAX_COUNT} plugins together"
        )));
    }
    match &order.strategy {
        StrategyOrder::Replace => Ok(()),
        StrategyOrder::Shadow { percent: share } => percent(*share),
        StrategyOrder::Canary { stages } => {
            if stages.is_empty() || stages.len() > STAGES_MAX_COUNT {
                return Err(Refused::Invalid(format!(
                    "a canary has 1 to {STAGES_MAX_COUNT} stages, and not {}",
                    stages.len()
                )));
            }
            stages.iter().try_for_each(|stage| percent(stage.percent))
        }
    }
}
