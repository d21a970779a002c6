//! An operator: asks and changes things on the operators' listener.

use std::net::SocketAddr;

use bytes::Bytes;
use scoregate::release::Digest;
use serde_json::{Value, json};

use crate::{
    client::{Client, Reply},
    gateway::Gateway,
};

/// See the module.
pub struct Operator {
    client: Client,
}

impl Operator {
    pub fn of(gateway: &Gateway) -> Self {
        Self {
            client: gateway.admin_client(),
        }
    }

    /// Of the gateway whose operators' listener is here.
    pub fn at(admin: SocketAddr) -> Self {
        Self {
            client: Client::new(admin),
        }
    }

    /// Uploads a release that must be taken, and returns its digest.
    pub async fn add(&mut self, slot: &str, component: &[u8]) -> Digest {
        let reply = self.upload(slot, component).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        let digest = Digest::of(component);
        assert_eq!(reply.json()["release"], digest.to_string());
        digest
    }

    /// Uploads whatever it is.
    pub async fn upload(&mut self, slot: &str, component: &[u8]) -> Reply {
        let path = format!("/v1/plugins/{slot}/releases");
        let body = Bytes::copy_from_slice(component);
        self.client.send("POST", &path, &[], body).await
    }

    /// Begins a rollout that must begin; `order` without its release.
    pub async fn roll_out(&mut self, slot: &str, release: Digest, order: Value) -> Value {
        let reply = self.try_roll_out(slot, release, order).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    pub async fn try_roll_out(&mut self, slot: &str, release: Digest, mut order: Value) -> Reply {
        order["release"] = release.to_string().into();
        self.change(slot, "rollout", &order).await
    }

    /// Replaces the active release at once.
    pub async fn replace(&mut self, slot: &str, release: Digest) -> Value {
        self.roll_out(slot, release, json!({ "strategy": "replace" }))
            .await
    }

    /// `promote`, `abort` or `rollback`, which must be done.
    pub async fn end(&mut self, slot: &str, how: &str) -> Value {
        let reply = self.change(slot, how, &json!({ "reason": "a test" })).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    pub async fn change(&mut self, slot: &str, what: &str, body: &Value) -> Reply {
        let path = format!("/v1/plugins/{slot}/{what}");
        self.client.post(&path, body.to_string()).await
    }

    /// A slot as the gateway shows it.
    pub async fn slot(&mut self, slot: &str) -> Value {
        let reply = self.client.get(&format!("/v1/plugins/{slot}")).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    /// The active release's digest.
    pub async fn active(&mut self, slot: &str) -> Digest {
        let status = self.slot(slot).await;
        let name = status["active"]["release"].as_str().expect("a release");
        let (_, digest) = name.split_once('@').expect("slot and digest");
        digest.parse().expect("a digest")
    }

    /// The releases that the store has for a slot, newest first.
    pub async fn releases(&mut self, slot: &str) -> Vec<Digest> {
        let reply = self
            .client
            .get(&format!("/v1/plugins/{slot}/releases"))
            .await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let reply = reply.json();
        let releases = reply["releases"].as_array().expect("releases").iter();
        let digest = |release: &Value| release["digest"].as_str()?.parse().ok();
        releases
            .map(|release| digest(release).expect("a digest"))
            .collect()
    }

    /// The newest lines of the audit, newest first.
    pub async fn audit(&mut self) -> Vec<Value> {
        let reply = self.client.get("/v1/audit?count=100").await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let lines = reply.json();
        let lines = lines.get("audit").unwrap_or(&lines).as_array().cloned();
        lines.expect("lines")
    }

    /// What was done, by those lines.
    pub async fn actions(&mut self) -> Vec<String> {
        let lines = self.audit().await;
        let action = |line: &Value| line["action"].as_str().expect("an action").to_owned();
        lines.iter().map(action).collect()
    }
}
