//! Whether a topic can be read at the moment, for readiness.

use std::time::{Duration, Instant};

use rdkafka::{
    consumer::Consumer as _,
    error::{KafkaError, RDKafkaErrorCode as Code},
};

use crate::{
    health::Health,
    kafka::{Group, View, client},
};

/// A coordinator or a partition's leader that moves to another broker is no trouble for so long.
const MOVE_GRACE: Duration = Duration::from_secs(3);
/// How often a missing topic is looked for, and how long that may take.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const LOOK_MAX: Duration = Duration::from_millis(500);

/// See the module.
pub struct Watch {
    health: Health,
    /// What a broker said of the topic or the group: nothing is read until it is settled.
    refused: Option<String>,
    topic_missing: bool,
    looked: Instant,
    /// A partition is not read, since a database does not give it.
    pub claiming: Option<String>,
    /// None until librdkafka told anything.
    view: Option<View>,
    coordinator_down: Option<Instant>,
    leader_gone: Option<Instant>,
}

impl Watch {
    pub fn new(health: Health, group: &Group) -> Self {
        health.fails(format!(
            "the brokers {} have not let it join group `{}` yet",
            group.brokers(),
            group.name()
        ));
        Self {
            health,
            refused: None,
            topic_missing: false,
            looked: Instant::now(),
            claiming: None,
            view: None,
            coordinator_down: None,
            leader_gone: None,
        }
    }

    /// Partitions were assigned or a record came: whatever was refused is granted.
    pub fn reads(&mut self) {
        self.refused = None;
        self.topic_missing = false;
        self.joined();
    }

    /// The group took it in, though it may have no partition for it.
    pub fn joined(&mut self) {
        if self.refused.is_none() && self.claiming.is_none() {
            self.health.works();
        }
    }

    /// A failure that came with polling. Says whether only a new client can go on.
    pub fn failed(&mut self, group: &Group, error: &KafkaError) -> bool {
        let (topic, brokers) = (group.topic(), group.brokers());
        let code = error.rdkafka_error_code();
        match code {
            Some(Code::UnknownTopic | Code::UnknownTopicOrPartition) => {
                self.topic_missing = true;
                self.refused = Some(format!(
                    "topic `{topic}` does not exist at the brokers {brokers}"
                ));
            }
            Some(
                Code::TopicAuthorizationFailed
                | Code::GroupAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::PolicyViolation
                | Code::AutoOffsetReset,
            ) => {
                self.refused = Some(format!(
                    "group `{}` may not or cannot read topic `{topic}` of the brokers {brokers}: {}",
                    group.name(),
                    client::cause(error)
                ));
            }
            _ => {}
        }
        if let Some(refused) = &self.refused {
            self.health.fails(refused.clone());
        }
        matches!(error, KafkaError::MessageConsumptionFatal(_)) || code == Some(Code::Fatal)
    }

    /// Looks again, about once a second.
    pub fn look(&mut self, group: &Group) {
        if let Some(view) = group.take_view() {
            self.view = Some(view);
        }
        if self.topic_missing && self.looked.elapsed() > LOOK_EVERY {
            self.looked = Instant::now();
            if exists(group) {
                self.refused = None;
                self.topic_missing = false;
            }
        }
        match self.trouble(group) {
            Some(trouble) => self.health.fails(trouble),
            None if self.view.is_some() => self.health.works(),
            None => {}
        }
    }

    /// What librdkafka knew last.
    pub fn view(&self) -> Option<&View> {
        self.view.as_ref()
    }

    fn trouble(&mut self, group: &Group) -> Option<String> {
        let brokers = group.brokers();
        let refused = self.refused.as_ref().or(self.claiming.as_ref());
        let Some(view) = &self.view else {
            return refused.cloned();
        };
        if !view.broker_up {
            let away = format!("none of the brokers {brokers} can be reached");
            return Some(group.reasons().explain(away));
        }
        if view.coordinator_up {
            self.coordinator_down = None;
        } else {
            self.coordinator_down.get_or_insert_with(Instant::now);
        }
        let lasts = |since: Instant| since.elapsed() > MOVE_GRACE;
        if self.coordinator_down.is_some_and(lasts) {
            let name = group.name();
            let away = format!("no coordinator of group `{name}` answers at the brokers {brokers}");
            return Some(group.reasons().explain(away));
        }
        let Some(partition) = view.without_leader() else {
            self.leader_gone = None;
            return refused.cloned();
        };
        if lasts(*self.leader_gone.get_or_insert_with(Instant::now)) {
            let topic = group.topic();
            let away = format!(
                "partition {partition} of topic `{topic}` has no leader at the brokers {brokers}: nothing of it can be read"
            );
            return Some(group.reasons().explain(away));
        }
        refused.cloned()
    }
}

/// Whether the topic is there by now. Nothing can be read meanwhile, so the thread may wait for the answer.
fn exists(group: &Group) -> bool {
    let found = group
        .consumer()
        .fetch_metadata(Some(group.topic()), LOOK_MAX);
    found.is_ok_and(|found| {
        let mut topics = found.topics().iter();
        topics.any(|topic| topic.error().is_none() && !topic.partitions().is_empty())
    })
}
