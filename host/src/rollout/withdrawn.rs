//! Trials that the guard has ended and the record has not yet: no event of this gateway reaches their candidates any more, however long the
//! store is away.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use crate::pipeline::{Pipeline, Serving, Trial};

/// See the module. Rollouts by their ids, each with its reason and figures for the audit.
#[derive(Default)]
pub struct Withdrawn(Mutex<BTreeMap<u64, Value>>);

impl Withdrawn {
    /// Takes the rollout's candidates out of these pipelines.
    pub fn withdraw<'p>(
        &self,
        id: u64,
        detail: Value,
        pipelines: impl Iterator<Item = &'p Arc<Pipeline>>,
    ) {
        let mut withdrawn = self.lock();
        withdrawn.entry(id).or_insert(detail);
        for pipeline in pipelines {
            let serving = pipeline.serving();
            if is_of(&withdrawn, &serving) {
                pipeline.serve(Serving {
                    trial: None,
                    ..Serving::clone(&serving)
                });
            }
        }
    }

    /// Serves it; a trial that is withdrawn stays so. Both under one lock: a change that was prepared before would bring it back.
    pub fn serve(&self, pipeline: &Pipeline, mut serving: Serving) {
        let withdrawn = self.lock();
        if is_of(&withdrawn, &serving) {
            serving.trial = None;
        }
        pipeline.serve(serving);
    }

    /// Why the rollout is withdrawn; none where it is not.
    pub fn why(&self, id: u64) -> Option<Value> {
        self.lock().get(&id).cloned()
    }

    /// Forgets those that are over.
    pub fn keep(&self, is_open: impl Fn(u64) -> bool) {
        self.lock().retain(|id, _| is_open(*id));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Value>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_of(withdrawn: &BTreeMap<u64, Value>, serving: &Serving) -> bool {
    let id = serving.trial.as_ref().map(Trial::salt);
    id.is_some_and(|id| withdrawn.contains_key(&id))
}
