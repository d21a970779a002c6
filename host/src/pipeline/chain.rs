//! The three plugin calls of a batch, on one release of the adapter and one of the model.

use std::sync::Arc;

use crate::{
    event::{Event, Outcome, Releases},
    fault::{Fault, FaultKind},
    plugin::{
        AdapterInstance, AdapterRelease, CallError, Fit, Misfit, ModelInstance, ModelRelease, fit,
    },
    tensor::Tensor,
};

/// A pair of releases that fit each other. A batch is scored by one generation.
pub struct Generation {
    pub adapter: Arc<AdapterRelease>,
    pub model: Arc<ModelRelease>,
    pub releases: Arc<Releases>,
    fit: Fit,
}

impl Generation {
    /// Joins two releases.
    ///
    /// # Errors
    /// Every reason why they do not fit, before any event is touched.
    pub fn new(
        adapter: Arc<AdapterRelease>,
        model: Arc<ModelRelease>,
    ) -> Result<Self, Box<Misfit>> {
        let releases = Releases {
            adapter: adapter.parts.name.clone(),
            model: model.parts.name.clone(),
        };
        let fit = fit(
            (&releases.adapter, &adapter.contract),
            (&releases.model, &model.signature),
        )?;
        Ok(Self {
            adapter,
            model,
            releases: Arc::new(releases),
            fit,
        })
    }

    /// Makes so many instances of both plugins ready, so that the first batches wait for none.
    ///
    /// # Errors
    /// An instance that does not start.
    pub fn warm(&self, instances: usize) -> Result<(), CallError> {
        let adapters: Result<Vec<_>, _> = (0..instances).map(|_| self.adapter.instance()).collect();
        for adapter in adapters? {
            self.adapter.give_back(adapter);
        }
        let models: Result<Vec<_>, _> = (0..instances).map(|_| self.model.instance()).collect();
        for model in models? {
            self.model.give_back(model);
        }
        Ok(())
    }
}

/// A scoring thread's own instances of a generation.
pub struct Chain {
    pub generation: Arc<Generation>,
    adapter: Option<AdapterInstance>,
    model: Option<ModelInstance>,
    /// The first batch may begin on instances that another thread left warm.
    take_warm: bool,
    /// No event had touched the instance when the last call began.
    adapter_was_fresh: bool,
    model_was_fresh: bool,
}

/// For each event its outcome, or the adapter's reason for rejecting it.
pub type Outcomes = Vec<Result<Outcome, String>>;

/// Which call of the chain ended it, and why.
#[derive(Debug)]
pub enum ChainError {
    /// The adapter refuses the whole call.
    Rejected(String),
    /// The model refuses its input.
    InvalidInput(String),
    Fault(Fault),
    NoRoom,
}

impl Chain {
    /// Instances are made with the first batch.
    pub fn new(generation: Arc<Generation>) -> Self {
        Self {
            generation,
            adapter: None,
            model: None,
            take_warm: true,
            adapter_was_fresh: false,
            model_was_fresh: false,
        }
    }

    /// Whose first batch touches instances that are its own from the beginning.
    pub fn fresh(generation: Arc<Generation>) -> Self {
        let mut chain = Self::new(generation);
        chain.take_warm = false;
        chain
    }

    /// Whether a fault of the last call happened on an instance that no earlier event had touched: then none but its batch can be guilty.
    pub fn was_fresh(&self, fault: &Fault) -> bool {
        if fault.plugin == self.generation.releases.adapter {
            self.adapter_was_fresh
        } else {
            self.model_was_fresh
        }
    }

    /// Throws the instances away: the next call begins with fresh ones.
    pub fn renew(&mut self) {
        self.adapter = None;
        self.model = None;
    }

    /// Scores a batch. An instance that is guilty of a fault is gone afterwards. Where a fault would prove nothing, since it may be
    /// another event's, each call is given `call_max_ms` if that is less than its deadline.
    pub fn score(
        &mut self,
        events: &[&Event],
        call_max_ms: Option<u64>,
    ) -> Result<Outcomes, ChainError> {
        let unproven_max = |was_fresh| {
            let proves = was_fresh && events.len() == 1;
            call_max_ms.filter(|_| !proves)
        };
        let take_warm = std::mem::take(&mut self.take_warm);
        let held = self.adapter.take();
        self.adapter_was_fresh = held.is_none() && !take_warm;
        let mut adapter = match held {
            Some(instance) => instance,
            None if take_warm => self.generation.adapter.instance().map_err(adapters)?,
            None => self.generation.adapter.fresh_instance().map_err(adapters)?,
        };
        let held = self.model.take();
        self.model_was_fresh = held.is_none() && !take_warm;
        let mut model = match held {
            Some(instance) => instance,
            None if take_warm => self.generation.model.instance().map_err(models)?,
            None => self.generation.model.fresh_instance().map_err(models)?,
        };
        adapter.hurry(unproven_max(self.adapter_was_fresh));
        model.hurry(unproven_max(self.model_was_fresh));
        let result = run(&self.generation, &mut adapter, &mut model, events);
        // Only the guilty one is gone; after a refusal both stay.
        let guilty = match &result {
            Err(ChainError::Fault(fault)) => Some(&fault.plugin),
            _ => None,
        };
        let releases = &self.generation.releases;
        if guilty != Some(&releases.adapter) && !adapter.has_faulted() {
            self.adapter = Some(adapter);
        }
        if guilty != Some(&releases.model) && !model.has_faulted() {
            self.model = Some(model);
        }
        result
    }
}

impl Drop for Chain {
    /// What did nothing wrong is warm for the next thread.
    fn drop(&mut self) {
        if let Some(adapter) = self.adapter.take() {
            self.generation.adapter.give_back(adapter);
        }
        if let Some(model) = self.model.take() {
            self.generation.model.give_back(model);
        }
    }
}

fn run(
    generation: &Generation,
    adapter: &mut AdapterInstance,
    model: &mut ModelInstance,
    events: &[&Event],
) -> Result<Outcomes, ChainError> {
    let prepared = adapter.preprocess(events).map_err(adapters)?;
    if prepared.rows == 0 {
        adapter.discard(prepared.batch).map_err(adapters)?;
        let reasons = prepared.rejected.into_iter();
        return Ok(reasons.map(|(_, reason)| Err(reason)).collect());
    }
    let outputs = match infer(generation, model, &prepared.features) {
        Ok(outputs) => outputs,
        Err(error) => {
            let discarded = adapter.discard(prepared.batch);
            // The model's fault comes first; an adapter that then faults as well is known by its instance.
            if !matches!(error, ChainError::Fault(_)) {
                discarded.map_err(adapters)?;
            }
            return Err(error);
        }
    };
    let scores: Vec<&Tensor> = generation
        .fit
        .scores
        .iter()
        .map(|&at| &outputs[at])
        .collect();
    let outcomes = adapter
        .postprocess(prepared.batch, &scores, prepared.rows)
        .map_err(adapters)?;
    Ok(weave(events.len(), outcomes, prepared.rejected))
}

fn infer(
    generation: &Generation,
    model: &mut ModelInstance,
    features: &[Tensor],
) -> Result<Vec<Tensor>, ChainError> {
    let specs = &generation.model.signature.inputs;
    let inputs: Vec<&Tensor> = generation
        .fit
        .inputs
        .iter()
        .map(|&at| &features[at])
        .collect();
    for (tensor, spec) in std::iter::zip(&inputs, specs) {
        // Where the contract leaves a dimension open, what the adapter made may still be no input of this model.
        tensor.check(spec).map_err(|mismatch| {
            generation.adapter.parts.metrics.fault(FaultKind::Malformed);
            ChainError::Fault(Fault {
                plugin: generation.releases.adapter.clone(),
                kind: FaultKind::Malformed,
                detail: format!("preprocess: {mismatch} by the model"),
            })
        })?;
    }
    model.infer(&inputs).map_err(models)
}

/// Puts the rejected events back between the others.
fn weave(events: usize, outcomes: Outcomes, rejected: Vec<(usize, String)>) -> Outcomes {
    if rejected.is_empty() {
        return outcomes;
    }
    let mut outcomes = outcomes.into_iter();
    let mut rejected = rejected.into_iter().peekable();
    (0..events)
        .filter_map(|row| match rejected.next_if(|(at, _)| *at == row) {
            Some((_, reason)) => Some(Err(reason)),
            None => outcomes.next(),
        })
        .collect()
}

fn adapters(error: CallError) -> ChainError {
    match error {
        CallError::InvalidInput(reason) => ChainError::Rejected(reason),
        CallError::Fault(fault) => ChainError::Fault(fault),
        CallError::NoRoom => ChainError::NoRoom,
    }
}

fn models(error: CallError) -> ChainError {
    match error {
        CallError::InvalidInput(reason) => ChainError::InvalidInput(reason),
        CallError::Fault(fault) => ChainError::Fault(fault),
        CallError::NoRoom => ChainError::NoRoom,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejected_events_keep_their_places() {
        let scored = |name: &str| {
            Ok(Outcome {
                decision: Some(name.into()),
                ..Outcome::default()
            })
        };
        let woven = weave(
            4,
            vec![scored("b"), scored("c")],
            vec![(0, "first".into()), (3, "last".into())],
        );
        assert_eq!(
            woven,
            [
                Err("first".into()),
                scored("b"),
                scored("c"),
                Err("last".into())
            ]
        );
    }
}
