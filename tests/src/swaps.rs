//! Changes of the sample's two slots, round and round: the model alone, the adapter alone, then both back together. So the new adapter never
//! serves with the old model, and whoever sees these two in one answer has seen a torn change.

use std::net::SocketAddr;

use scoregate::release::Digest;
use serde_json::json;

use crate::{components::noted, operator::Operator, plugins};

/// See the module.
pub struct Swaps {
    operator: Operator,
    adapters: [Digest; 2],
    models: [Digest; 2],
    made: usize,
}

/// The two releases that never serve together.
#[derive(Clone)]
pub struct NeverTogether {
    adapter: String,
    model: String,
}

impl Swaps {
    /// Adds another release of each slot to the gateway whose operators' listener is here.
    pub async fn prepare(admin: SocketAddr) -> Self {
        let mut operator = Operator::at(admin);
        let adapter = operator.active("payments").await;
        let model = operator.active("fraud").await;
        let again = noted(plugins::payments(), "once more");
        let adapters = [adapter, operator.add("payments", &again).await];
        let models = [
            model,
            operator.add("fraud", &plugins::fraud_again("2")).await,
        ];
        Self {
            operator,
            adapters,
            models,
            made: 0,
        }
    }

    /// Makes the next change; it must be made.
    pub async fn next(&mut self) {
        let done = match self.made % 3 {
            0 => self.operator.replace("fraud", self.models[1]).await,
            1 => self.operator.replace("payments", self.adapters[1]).await,
            _ => {
                let both = json!({ "strategy": "replace", "with": { "fraud": self.models[0].to_string() } });
                let adapter = self.adapters[0];
                self.operator.roll_out("payments", adapter, both).await
            }
        };
        assert!(done["revision"].is_u64(), "{done}");
        self.made += 1;
    }

    /// How many changes were made.
    pub fn made(&self) -> usize {
        self.made
    }

    pub fn never_together(&self) -> NeverTogether {
        NeverTogether {
            adapter: format!("payments@{}", self.adapters[1]),
            model: format!("fraud@{}", self.models[0]),
        }
    }
}

impl NeverTogether {
    /// Whether an answer, as text, names both.
    pub fn are_in(&self, answer: &str) -> bool {
        answer.contains(&self.adapter) && answer.contains(&self.model)
    }

    /// Whether a record's headers do.
    pub fn are(&self, adapter: Option<&[u8]>, model: Option<&[u8]>) -> bool {
        adapter == Some(self.adapter.as_bytes()) && model == Some(self.model.as_bytes())
    }
}
