//! The making of a change: prepared, recorded, swapped.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::Value;
use tokio::sync::MutexGuard;
use tracing::info;

use super::{
    Done, Held, Holding, Joint, PipelineFit, Refused, Report, Rollouts, order::in_words, serve,
    unavailable,
};
use crate::{
    failpoint,
    pipeline::Serving,
    plugin::{Release, Steps},
    release::Digest,
    store::{Action, Actor, Change, ChangeError, Revision, SlotChange, SlotState, StoreError},
};

/// Who holds it is the only one that changes anything.
pub struct Turn<'r> {
    rollouts: &'r Rollouts,
    _one_at_a_time: MutexGuard<'r, ()>,
}

/// A change that is asked for.
pub struct Wish {
    pub who: Actor,
    pub action: Action,
    /// The new state of each slot of it.
    pub slots: Vec<(String, SlotState)>,
    pub detail: Value,
    pub steps: Steps,
}

/// What is ready to serve: to swap to it cannot fail.
pub struct Plan<'r> {
    holding: Holding,
    pipelines: Vec<(&'r Joint, Serving)>,
}

impl Rollouts {
    pub(super) async fn turn(&self) -> Turn<'_> {
        Turn {
            rollouts: self,
            _one_at_a_time: self.inner.changing.lock().await,
        }
    }
}

impl<'r> Turn<'r> {
    pub(super) fn rollouts(&self) -> &'r Rollouts {
        self.rollouts
    }

    /// Makes a change. Whatever is refused has changed nothing.
    pub async fn make(&self, wish: Wish) -> Result<Done, Refused> {
        let inner = &self.rollouts.inner;
        let Wish {
            who,
            action,
            slots,
            detail,
            mut steps,
        } = wish;
        let now = inner.holding.load();
        let expected: Vec<Option<Revision>> = slots
            .iter()
            .map(|(slot, _)| Some(now.get(slot)?.revision))
            .collect();
        let mut plan = self.plan(unrecorded(&slots)).await?;
        plan.warm().await;
        plan.expect();
        steps.took("prepare");
        failpoint::at("rollout.prepared");
        let changes = slots.iter().zip(expected);
        let changes = changes.map(|((slot, state), expected)| SlotChange {
            slot: slot.clone(),
            expected,
            state: state.clone(),
        });
        let change = Change {
            who: who.clone(),
            action,
            slots: changes.collect(),
            beside: self.beside(&slots),
            detail,
        };
        let revision = match inner.store.change(change).await {
            Ok(revision) => revision,
            // It is loaded here, but was only tried.
            Err(ChangeError::Store(error @ StoreError::NoRelease(_))) => {
                return Err(Refused::NotFound(error.to_string()));
            }
            Err(ChangeError::Store(error)) => return Err(unavailable(error)),
            Err(conflict @ ChangeError::Conflict { .. }) => {
                // Whoever asks again finds what is there now.
                if let Err(error) = self.converge().await {
                    tracing::warn!(error, "another gateway's change cannot be served yet");
                }
                return Err(Refused::Conflict(conflict.to_string()));
            }
        };
        steps.took("record");
        failpoint::at("rollout.recorded");
        for (slot, _) in &slots {
            if let Some(held) = plan.holding.get_mut(slot) {
                held.revision = revision;
            }
        }
        self.swap(plan);
        steps.took("swap");
        failpoint::at("rollout.swapped");
        let names: Vec<&str> = slots.iter().map(|(slot, _)| slot.as_str()).collect();
        info!(?action, revision, who = who.name, slots = ?names, "changed what serves");
        Ok(Done {
            revision,
            slots: names
                .into_iter()
                .filter_map(|slot| self.rollouts.status(slot))
                .collect(),
            steps_ms: in_words(steps.end()),
        })
    }

    /// The pipelines that a change would concern, by name, where nothing refuses it before it is recorded.
    pub async fn would(&self, wish: Wish) -> Result<Vec<String>, Refused> {
        let plan = self.plan(unrecorded(&wish.slots)).await?;
        let pipelines = plan.pipelines.iter();
        let names = pipelines.map(|(joint, _)| joint.pipeline.name().to_owned());
        Ok(names.collect())
    }

    /// The other slots of the pipelines that a change concerns. Were one of them changed by another gateway at the same moment, the record could
    /// name releases that do not fit each other, and no gateway would start with it.
    fn beside(&self, slots: &[(String, SlotState)]) -> Vec<(String, Option<Revision>)> {
        let inner = &self.rollouts.inner;
        let holding = inner.holding.load();
        let changed = |slot: &str| slots.iter().any(|(other, _)| other == slot);
        let joints = inner.pipelines.iter();
        let of_pipelines = joints
            .map(|joint| [&joint.adapter, &joint.model])
            .filter(|pair| pair.iter().any(|slot| changed(slot)));
        let others: BTreeSet<&String> = of_pipelines
            .flatten()
            .filter(|slot| !changed(slot))
            .collect();
        let at = |slot: &String| (slot.clone(), holding.get(slot).map(|held| held.revision));
        others.into_iter().map(at).collect()
    }

    /// Loads what new states name, and joins it to what every pipeline would serve.
    pub async fn plan(
        &self,
        states: Vec<(String, Revision, SlotState)>,
    ) -> Result<Plan<'_>, Refused> {
        let inner = &self.rollouts.inner;
        let mut holding = Holding::clone(&inner.holding.load());
        let mut changed = Vec::new();
        for (slot, revision, state) in states {
            let held = self.rollouts.held(&slot, revision, state).await?;
            holding.insert(slot.clone(), held);
            changed.push(slot);
        }
        let mut pipelines = Vec::new();
        let mut unfit = Vec::new();
        let concerned = |joint: &&Joint| changed.iter().any(|slot| joint.uses(slot));
        for joint in inner.pipelines.iter().filter(concerned) {
            let (Some(adapter), Some(model)) =
                (holding.get(&joint.adapter), holding.get(&joint.model))
            else {
                continue;
            };
            match serve::serving(adapter, model, Some(&joint.pipeline.serving())) {
                Ok(serving) => pipelines.push((joint, serving)),
                Err(misfit) => unfit.push(PipelineFit {
                    pipeline: joint.pipeline.name().to_owned(),
                    reasons: misfit.reasons,
                }),
            }
        }
        if unfit.is_empty() {
            return Ok(Plan { holding, pipelines });
        }
        let slot = changed.first().map_or("", String::as_str);
        let report = holding.get(slot).map(|held| {
            let release = held.candidate.as_ref().unwrap_or(&held.active);
            let mut report = Report::of(release);
            report.pipelines = unfit;
            Refused::Unfit(Box::new(report))
        });
        Err(report.unwrap_or_else(|| Refused::NotFound(format!("no plugin `{slot}`"))))
    }

    /// Serves it. Nothing of this waits, or can fail.
    pub fn swap(&self, plan: Plan<'_>) {
        let inner = &self.rollouts.inner;
        for (joint, serving) in plan.pipelines {
            inner.withdrawn.serve(&joint.pipeline, serving);
        }
        let before = inner.holding.swap(Arc::new(plan.holding));
        let now = inner.holding.load();
        for (slot, held) in now.iter() {
            let same = before
                .get(slot)
                .is_some_and(|b| b.revision == held.revision);
            if same {
                continue;
            }
            inner.shelf.drop_release(slot, held.state.active);
            let mut queues = inner.models.iter();
            let queue = queues.find(|queue| queue.name() == slot);
            if let Some((queue, models)) = queue.zip(serve::models(held)) {
                queue.serve(models);
            }
        }
    }
}

/// States whose revision the record has yet to give.
fn unrecorded(slots: &[(String, SlotState)]) -> Vec<(String, Revision, SlotState)> {
    let states = slots.iter();
    states
        .map(|(slot, state)| (slot.clone(), 0, state.clone()))
        .collect()
}

impl Plan<'_> {
    /// Instances are made before the change, off the runtime's threads: a plugin's `configure` may take its whole deadline.
    async fn warm(&self) {
        let pipelines = self.pipelines.iter();
        let pipelines = pipelines.map(|(joint, serving)| (joint.pipeline.clone(), serving.clone()));
        let pipelines: Vec<_> = pipelines.collect();
        let warming = tokio::task::spawn_blocking(move || {
            for (pipeline, serving) in &pipelines {
                pipeline.warm(serving);
            }
        });
        if warming.await.is_err() {
            tracing::warn!("making instances ready ended by a panic; batches make their own");
        }
    }

    /// Events that are taken from now on bring the headers that the new adapters read.
    fn expect(&self) {
        for (joint, serving) in &self.pipelines {
            let candidate = serving.candidate().map(|side| &side.generation);
            for generation in [Some(&serving.active.generation), candidate]
                .into_iter()
                .flatten()
            {
                joint.pipeline.expect(generation);
            }
        }
    }
}

impl Rollouts {
    /// A slot with everything loaded that its state names.
    async fn held(
        &self,
        slot: &str,
        revision: Revision,
        state: SlotState,
    ) -> Result<Held, Refused> {
        let active = self.loaded(slot, state.active).await?;
        let candidate = match &state.rollout {
            Some(rollout) => Some(self.loaded(slot, rollout.candidate).await?),
            None => None,
        };
        let previous = match state.previous {
            // It is not needed to serve; a rollback that needs it is told why it cannot be had.
            Some(digest) => self.loaded(slot, digest).await.ok(),
            None => None,
        };
        Ok(Held {
            revision,
            state,
            active,
            previous,
            candidate,
        })
    }

    /// A release of a slot: one that is loaded, or from the store.
    pub(super) async fn loaded(&self, slot: &str, digest: Digest) -> Result<Release, Refused> {
        let place = self.place(slot)?;
        let holding = self.inner.holding.load_full();
        if let Some(release) = holding.get(slot).and_then(|held| held.release(digest)) {
            return Ok(release.clone());
        }
        if let Some(release) = self.inner.shelf.find(slot, digest) {
            return Ok(release);
        }
        let component = self.inner.store.component(&digest).await;
        let component = component.map_err(unavailable)?.ok_or_else(|| {
            Refused::NotFound(format!("the store has no release {digest}: add it first"))
        })?;
        let settings = place.settings.clone();
        let loaded = self.inner.loader.load_as(Some(digest), settings, component);
        match loaded.await {
            Ok(loaded) => Ok(loaded.release),
            Err(error) => {
                let mut report = Report::unknown(slot, digest);
                report.problems.push(error.to_string());
                Err(Refused::Unfit(Box::new(report)))
            }
        }
    }
}
