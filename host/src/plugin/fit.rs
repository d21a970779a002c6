//! Whether an adapter and a model fit each other: name by name, datatype and shape, before any event is touched.

use std::fmt;

use thiserror::Error;

use super::{check::Kind, release::Release};
use crate::{
    release::ReleaseName,
    tensor::{Contract, Signature, TensorSpec},
};

/// How the tensors of a pair are joined; both sides are in positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// For each input of the model, the adapter's feature tensor that feeds it.
    pub inputs: Vec<usize>,
    /// For each score that the adapter wants, the model's output that gives it.
    pub scores: Vec<usize>,
}

/// All that keeps a pair from working together.
#[derive(Debug, Error, PartialEq, Eq)]
pub struct Misfit {
    pub adapter: ReleaseName,
    pub model: ReleaseName,
    pub reasons: Vec<String>,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "adapter {} and model {} do not fit: ",
            self.adapter, self.model
        )?;
        f.write_str(&self.reasons.join("; "))
    }
}

/// All that keeps two releases from being a pipeline's adapter and model; none where they fit. Each is one sentence.
pub fn reasons(adapter: &Release, model: &Release) -> Vec<String> {
    match (adapter, model) {
        (Release::Adapter(adapter), Release::Model(model)) => {
            let adapter = (&adapter.parts.name, &*adapter.contract);
            let misfit = fit(adapter, (&model.parts.name, &*model.signature)).err();
            misfit.map_or(Vec::new(), |misfit| misfit.reasons)
        }
        (adapter, model) => {
            let mut reasons = Vec::new();
            for (word, wanted, release) in [
                ("adapter", Kind::Adapter, adapter),
                ("model", Kind::Model, model),
            ] {
                if release.kind() != wanted {
                    reasons.push(format!(
                        "its `{word}` is the plugin `{}`, which is {} {}",
                        release.parts().name.slot,
                        if release.kind() == Kind::Adapter {
                            "an"
                        } else {
                            "a"
                        },
                        release.kind()
                    ));
                }
            }
            reasons
        }
    }
}

/// Joins the adapter's features to the model's inputs, and the model's outputs to the adapter's scores.
pub fn fit(
    (adapter, contract): (&ReleaseName, &Contract),
    (model, signature): (&ReleaseName, &Signature),
) -> Result<Fit, Box<Misfit>> {
    let mut reasons = Vec::new();
    let inputs = join(
        ("the model's input", &signature.inputs),
        ("the adapter's feature", &contract.features),
        |want, made| {
            format!("the model's input `{want}` is no feature of the adapter, which makes {made}")
        },
        &mut reasons,
    );
    for feature in &contract.features {
        if named(&signature.inputs, &feature.name).is_none() {
            reasons.push(format!(
                "the adapter's feature `{feature}` is no input of the model"
            ));
        }
    }
    let scores = join(
        ("the adapter's score", &contract.scores),
        ("the model's output", &signature.outputs),
        |want, given| {
            format!("the adapter's score `{want}` is no output of the model, which gives {given}")
        },
        &mut reasons,
    );
    if reasons.is_empty() {
        Ok(Fit { inputs, scores })
    } else {
        Err(Box::new(Misfit {
            adapter: adapter.clone(),
            model: model.clone(),
            reasons,
        }))
    }
}

/// For each wanted tensor the position of the one offered under its name.
fn join(
    (wanted_word, wanted): (&str, &[TensorSpec]),
    (offered_word, offered): (&str, &[TensorSpec]),
    missing: impl Fn(&TensorSpec, &str) -> String,
    reasons: &mut Vec<String>,
) -> Vec<usize> {
    let mut positions = Vec::with_capacity(wanted.len());
    for want in wanted {
        match named(offered, &want.name) {
            None => {
                let specs: Vec<_> = offered.iter().map(|offer| format!("`{offer}`")).collect();
                let renamed = offered
                    .iter()
                    .find(|offer| agree(want, offer) && named(wanted, &offer.name).is_none());
                let hint = renamed.map_or(String::new(), |offer| {
                    format!("; was it renamed from or to `{}`?", offer.name)
                });
                reasons.push(missing(want, &specs.join(", ")) + &hint + remedy(want));
            }
            Some(position) if agree(want, &offered[position]) => positions.push(position),
            Some(position) => {
                let offer = &offered[position];
                let differs = match (want.datatype == offer.datatype, dims_agree(want, offer)) {
                    (true, _) => "their shapes differ",
                    (false, true) => "their datatypes differ",
                    (false, false) => "their datatypes and shapes differ",
                };
                reasons.push(format!(
                    "{wanted_word} is `{want}`, {offered_word} is `{offer}`: {differs}"
                ));
            }
        }
    }
    positions
}

/// What to do where an output of compiled models is missing that is asked for by name.
fn remedy(want: &TensorSpec) -> &'static str {
    match want.name.as_str() {
        "contributions" => "; `scoregate compile --explain` adds it to a model",
        _ => "",
    }
}

fn named(specs: &[TensorSpec], name: &str) -> Option<usize> {
    specs.iter().position(|spec| spec.name == name)
}

/// Equal datatypes, and dimensions that are equal or left open by either side.
fn agree(want: &TensorSpec, offer: &TensorSpec) -> bool {
    want.datatype == offer.datatype && dims_agree(want, offer)
}

fn dims_agree(want: &TensorSpec, offer: &TensorSpec) -> bool {
    want.shape.len() == offer.shape.len()
        && std::iter::zip(&want.shape, &offer.shape).all(|(&a, &b)| a == b || a < 0 || b < 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{release::Digest, tensor::Datatype};

    fn spec(name: &str, datatype: Datatype, shape: &[i64]) -> TensorSpec {
        TensorSpec {
            name: name.into(),
            datatype,
            shape: shape.into(),
        }
    }

    fn try_fit(contract: &Contract, signature: &Signature) -> Result<Fit, Box<Misfit>> {
        let name = |slot| ReleaseName::new(slot, Digest::of(b"x"));
        fit((&name("payments"), contract), (&name("fraud"), signature))
    }

    fn signature() -> Signature {
        Signature {
            inputs: vec![spec("features", Datatype::Fp32, &[-1, 15])],
            outputs: vec![
                spec("margin", Datatype::Fp32, &[-1, 1]),
                spec("probability", Datatype::Fp32, &[-1, 1]),
            ],
        }
    }

    #[test]
    fn the_model_may_have_more_outputs_in_another_order() {
        let contract = Contract {
            features: vec![spec("features", Datatype::Fp32, &[-1, 15])],
            scores: vec![spec("probability", Datatype::Fp32, &[-1, 1])],
            headers: vec![],
        };
        let fit = try_fit(&contract, &signature()).unwrap();
        assert_eq!((fit.inputs, fit.scores), (vec![0], vec![1]));
    }

    #[test]
    fn every_mismatch_names_both_sides() {
        let contract = Contract {
            features: vec![
                spec("features", Datatype::Fp64, &[-1, 14]),
                spec("extra", Datatype::Fp32, &[-1, 1]),
            ],
            scores: vec![spec("risk", Datatype::Fp32, &[-1, 1])],
            headers: vec![],
        };
        let misfit = try_fit(&contract, &signature()).unwrap_err();
        assert_eq!(
            misfit.reasons,
            [
                "the model's input is `features FP32 [-1, 15]`, the adapter's feature is `features FP64 [-1, 14]`: their datatypes and shapes differ",
                "the adapter's feature `extra FP32 [-1, 1]` is no input of the model",
                "the adapter's score `risk FP32 [-1, 1]` is no output of the model, which gives `margin FP32 [-1, 1]`, `probability FP32 [-1, 1]`; was it renamed from or to `margin`?",
            ]
        );
        assert!(misfit.to_string().starts_with("adapter payments@sha256:"));
    }

    #[test]
    fn a_renamed_feature_is_told_with_its_new_name() {
        let contract = Contract {
            features: vec![spec("inputs", Datatype::Fp32, &[-1, 15])],
            scores: vec![spec("margin", Datatype::Fp32, &[-1, -1])],
            headers: vec![],
        };
        let misfit = try_fit(&contract, &signature()).unwrap_err();
        assert_eq!(
            misfit.reasons,
            [
                "the model's input `features FP32 [-1, 15]` is no feature of the adapter, which makes `inputs FP32 [-1, 15]`; was it renamed from or to `inputs`?",
                "the adapter's feature `inputs FP32 [-1, 15]` is no input of the model",
            ]
        );
    }
}
