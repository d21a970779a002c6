//! Golden cases: inputs with expected results that a component carries with it, checked on its way in. They say of a build what its author
//! knows of it, so they hold with a `config` of their own, whatever the slot's.

mod adapter;
mod cells;
mod compare;
mod format;
mod model;
mod section;

use std::time::{Duration, Instant};

use thiserror::Error;

pub use cells::json as cell_json;
pub use section::{CarryError, SECTION, with_golden};

use super::{adapter::AdapterInstance, check::Kind, model::ModelInstance};
use crate::{
    limits::{GOLDEN_MAX_BYTES, GOLDEN_MAX_CASES, GOLDEN_MAX_MS},
    tensor::{Contract, Signature},
};

/// Cases that differ and are told one by one.
const TOLD_MAX_COUNT: usize = 8;

/// A component's golden cases, read but not yet tried.
#[derive(Debug)]
pub struct Golden {
    /// What `configure` is given for them, as JSON.
    pub config_json: String,
    tolerance: f64,
    cases: Cases,
}

#[derive(Debug)]
enum Cases {
    Adapter(Vec<format::AdapterCase>),
    Model(Vec<format::ModelCase>),
}

/// Why a component's golden cases do not hold.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum GoldenError {
    #[error("they have {bytes} bytes; the limit is {GOLDEN_MAX_BYTES}")]
    TooLarge { bytes: usize },
    #[error("the component carries more than one section `{SECTION}`")]
    Twice,
    #[error("they cannot be read: {0}")]
    Format(String),
    #[error(
        "they are of version {found}; this host reads version {}",
        format::VERSION
    )]
    Version { found: u64 },
    #[error("they are {count} cases; expected 1 to {GOLDEN_MAX_CASES}")]
    Count { count: usize },
    #[error("their `tolerance` is {found}; it must be 0 or more")]
    Tolerance { found: String },
    #[error("the plugin cannot be started with their `config`: {0}")]
    Config(String),
    /// A sentence for each case, as far as they are told.
    #[error("{}", told(.cases, *.untold))]
    Differ { cases: Vec<String>, untold: usize },
    #[error("they take longer than {} s", GOLDEN_MAX_MS / 1000)]
    TooSlow,
}

fn told(cases: &[String], untold: usize) -> String {
    let mut text = cases.join("; ");
    if untold > 0 {
        text += &format!("; and {untold} more differ");
    }
    text
}

impl Golden {
    /// Reads the cases of a plugin of that kind.
    pub fn parse(kind: Kind, json: &[u8]) -> Result<Self, GoldenError> {
        format::parse(kind, json)
    }

    pub fn count(&self) -> usize {
        match &self.cases {
            Cases::Adapter(cases) => cases.len(),
            Cases::Model(cases) => cases.len(),
        }
    }

    /// Tries the cases of an adapter on an instance that was configured for them.
    pub(super) fn try_adapter(
        &self,
        instance: &mut AdapterInstance,
        contract: &Contract,
    ) -> Result<(), GoldenError> {
        let Cases::Adapter(cases) = &self.cases else {
            return Err(GoldenError::Format("they are a model's".to_owned()));
        };
        let name = |case: &format::AdapterCase| case.name.clone();
        try_each(cases, name, |case| {
            let tried = adapter::try_case(case, instance, contract, self.tolerance);
            (tried, instance.has_faulted())
        })
    }

    /// Likewise of a model.
    pub(super) fn try_model(
        &self,
        instance: &mut ModelInstance,
        signature: &Signature,
    ) -> Result<(), GoldenError> {
        let Cases::Model(cases) = &self.cases else {
            return Err(GoldenError::Format("they are an adapter's".to_owned()));
        };
        let name = |case: &format::ModelCase| case.name.clone();
        try_each(cases, name, |case| {
            let tried = model::try_case(case, instance, signature, self.tolerance);
            (tried, instance.has_faulted())
        })
    }
}

/// `try_case` says what differs, and whether the instance can go on.
fn try_each<C>(
    cases: &[C],
    name: impl Fn(&C) -> Option<String>,
    mut try_case: impl FnMut(&C) -> (Result<(), String>, bool),
) -> Result<(), GoldenError> {
    let deadline = Instant::now() + Duration::from_millis(GOLDEN_MAX_MS);
    let (mut differing, mut untold) = (Vec::new(), 0);
    for (nth, case) in cases.iter().enumerate() {
        let (tried, broken) = try_case(case);
        if let Err(difference) = tried {
            let name = name(case).map_or(String::new(), |name| format!(" (`{name}`)"));
            if differing.len() < TOLD_MAX_COUNT {
                differing.push(format!("golden case {nth}{name}: {difference}"));
            } else {
                untold += 1;
            }
        }
        if broken {
            break;
        }
        if Instant::now() > deadline {
            return Err(GoldenError::TooSlow);
        }
    }
    if differing.is_empty() {
        Ok(())
    } else {
        Err(GoldenError::Differ {
            cases: differing,
            untold,
        })
    }
}

#[cfg(test)]
mod tests;
