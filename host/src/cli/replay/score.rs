//! Scores an event as the gateway scores one that is suspected of a fault: alone, on instances that no other has touched.

use std::sync::Arc;

use anyhow::bail;

use super::parts::Parts;
use crate::{
    capture::{Capsule, Captured},
    event::Refusal,
    pipeline::{Chain, ChainError, Generation},
    plugin::Release,
};

/// What becomes of the event now.
pub fn again(capsule: &Capsule, parts: Parts) -> anyhow::Result<Captured> {
    let Parts {
        engine, releases, ..
    } = parts;
    let [Release::Adapter(adapter), Release::Model(model)] = releases else {
        bail!("an adapter and a model are needed");
    };
    let generation = Arc::new(Generation::new(adapter, model)?);
    let mut chain = Chain::fresh(generation);
    let event = capsule.event.event();
    let verdict = match chain.score(&[&event], None) {
        Ok(mut outcomes) => match outcomes.pop() {
            Some(outcome) => outcome.map_err(Refusal::Rejected),
            None => bail!("the chain answered for no event"),
        },
        Err(ChainError::Rejected(reason)) => Err(Refusal::Rejected(reason)),
        Err(ChainError::InvalidInput(reason)) => Err(Refusal::InvalidInput(reason)),
        Err(ChainError::Fault(fault)) => Err(Refusal::Fault(fault)),
        Err(ChainError::NoRoom) => bail!("there is no room for an instance"),
    };
    drop(chain);
    drop(engine);
    match Captured::of(&verdict) {
        Some(result) => Ok(result),
        None => bail!("the event was not scored"),
    }
}
