//! From what is held of two slots to what a pipeline serves. Whatever can fail fails here, before anything is changed.

use std::sync::Arc;

use super::held::Held;
use crate::{
    pipeline::{Generation, Models, Serving, Side, Trial},
    plugin::{Release, reasons},
    store::{OpenRollout, Strategy},
};

/// Why two releases do not serve together.
pub struct Unfit {
    pub reasons: Vec<String>,
    /// All of them in a sentence that names both.
    pub text: String,
}

/// What a pipeline serves with these slots. What of `now` stays as it is keeps its counts and its instances.
///
/// # Errors
/// Every reason why releases do not fit each other.
pub fn serving(adapter: &Held, model: &Held, now: Option<&Serving>) -> Result<Serving, Unfit> {
    let generation = joined((&adapter.active, &model.active), now)?;
    let trial = match open(adapter, model) {
        None => None,
        Some(rollout) => {
            let candidate = |held: &Held| {
                let own = held.state.rollout.as_ref();
                let of_it = own.is_some_and(|own| own.id == rollout.id);
                let candidate = held.candidate.as_ref().filter(|_| of_it);
                candidate.unwrap_or(&held.active).clone()
            };
            let pair = (&candidate(adapter), &candidate(model));
            Some((rollout, joined(pair, now)?))
        }
    };
    let same_trial = now.filter(|now| {
        let salt = now.trial.as_ref().map(Trial::salt);
        salt == trial.as_ref().map(|(rollout, _)| rollout.id)
    });
    // A comparison begins with both sides at nothing.
    let side = |generation: &Arc<Generation>, known: Option<&Arc<Side>>| {
        let same = known.filter(|side| Arc::ptr_eq(&side.generation, generation));
        same.cloned()
            .unwrap_or_else(|| Side::new(generation.clone()))
    };
    let before = now.map(|now| &now.active.generation);
    let previous = match before {
        Some(before) if !Arc::ptr_eq(before, &generation) => Some(before.clone()),
        _ => now.and_then(|now| now.previous.clone()),
    };
    Ok(Serving {
        active: side(&generation, same_trial.map(|now| &now.active)),
        trial: trial.map(|(rollout, generation)| {
            let known = same_trial.and_then(Serving::candidate);
            trial_of(rollout, side(&generation, known))
        }),
        previous,
    })
}

/// What a model slot answers without an adapter.
pub fn models(held: &Held) -> Option<Models> {
    let model = |release: &Release| match release {
        Release::Model(model) => Some(model.clone()),
        Release::Adapter(_) => None,
    };
    Some(Models {
        active: model(&held.active)?,
        candidate: held.candidate.as_ref().and_then(model),
        previous: held.previous.as_ref().and_then(model),
    })
}

/// A pipeline tries one candidate at a time. Gateways that begin two at once agree on the older one.
fn open<'h>(adapter: &'h Held, model: &'h Held) -> Option<&'h OpenRollout> {
    let rollouts = [&adapter.state.rollout, &model.state.rollout];
    rollouts
        .into_iter()
        .flatten()
        .min_by_key(|rollout| rollout.id)
}

fn trial_of(rollout: &OpenRollout, side: Arc<Side>) -> Trial {
    match &rollout.strategy {
        Strategy::Canary { stages } => Trial::Canary {
            side,
            percent: stages.get(rollout.stage).map_or(0.0, |stage| stage.percent),
            salt: rollout.id,
        },
        Strategy::Shadow { percent } => Trial::Shadow {
            side,
            percent: *percent,
            salt: rollout.id,
        },
    }
}

/// The generation of two releases: the one that there is already, if it is of these.
fn joined(
    (adapter, model): (&Release, &Release),
    now: Option<&Serving>,
) -> Result<Arc<Generation>, Unfit> {
    let (Release::Adapter(adapter), Release::Model(model)) = (adapter, model) else {
        let reasons = reasons(adapter, model);
        let text = reasons.join("; ");
        return Err(Unfit { reasons, text });
    };
    let known = now.into_iter().flat_map(|now| {
        let candidate = now.candidate().map(|side| &side.generation);
        [
            Some(&now.active.generation),
            candidate,
            now.previous.as_ref(),
        ]
    });
    let same = known
        .flatten()
        .find(|known| Arc::ptr_eq(&known.adapter, adapter) && Arc::ptr_eq(&known.model, model));
    match same {
        Some(same) => Ok(same.clone()),
        None => Generation::new(adapter.clone(), model.clone())
            .map(Arc::new)
            .map_err(|misfit| Unfit {
                text: misfit.to_string(),
                reasons: misfit.reasons,
            }),
    }
}
