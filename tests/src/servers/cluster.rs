//! A real Kafka of several brokers.

use std::time::Duration;

use rdkafka::{
    ClientConfig,
    admin::{NewTopic, TopicReplication},
    consumer::{BaseConsumer, Consumer as _},
};

use super::{
    kafka::{create, fresh_name},
    node::{Listener, Node, Plan},
    ports, wait,
};

/// See the module. Brokers are numbered from 1; the first is the controller too and must stay.
pub struct Cluster {
    nodes: Vec<Node>,
    brokers: String,
    replication: u32,
}

const WAIT_MAX: Duration = Duration::from_secs(60);

impl Cluster {
    /// Starts two or three brokers, and waits until all know each other. Each partition has a copy on every broker.
    pub fn start(nodes: u32) -> Self {
        assert!((2..=3).contains(&nodes), "two or three brokers");
        let controller_port = ports::free();
        let nodes: Vec<Node> = (1..=nodes)
            .map(|id| {
                Node::start(Plan {
                    id,
                    controller_port,
                    replication: nodes,
                    listener: Listener::Plain,
                })
            })
            .collect();
        let brokers: Vec<String> = nodes
            .iter()
            .map(|node| format!("127.0.0.1:{}", node.port))
            .collect();
        let cluster = Self {
            brokers: brokers.join(","),
            replication: u32::try_from(nodes.len()).expect("few"),
            nodes,
        };
        let client: BaseConsumer = cluster.client().create().expect("a client");
        wait::eventually(WAIT_MAX, || {
            let known = client.fetch_metadata(None, Duration::from_secs(5));
            known.is_ok_and(|known| known.brokers().len() == cluster.nodes.len())
        });
        cluster
    }

    /// `host:port`, comma, and so on.
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    /// The settings of a client of it, to be added to.
    pub fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", &self.brokers);
        client
    }

    /// Creates a topic. The name must be new.
    pub fn topic(&self, name: &str, partitions: i32) {
        let replication = i32::try_from(self.replication).expect("few");
        let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(replication));
        create(&self.client(), &topic);
    }

    /// Creates a topic of one partition, with a name that nobody else has, whose only copy is on this broker.
    pub fn fresh_topic_on(&self, prefix: &str, id: u32) -> String {
        let name = fresh_name(prefix);
        let only: &[i32] = &[i32::try_from(id).expect("few")];
        let copies = [only];
        let topic = NewTopic::new(&name, 1, TopicReplication::Variable(&copies));
        create(&self.client(), &topic);
        name
    }

    /// Creates a topic with a name that nobody else has.
    pub fn fresh_topic(&self, prefix: &str, partitions: i32) -> String {
        let name = fresh_name(prefix);
        self.topic(&name, partitions);
        name
    }

    /// The broker that leads this partition now; none in between.
    pub fn leader(&self, topic: &str, partition: i32) -> Option<u32> {
        let client: BaseConsumer = self.client().create().expect("a client");
        let known = client
            .fetch_metadata(Some(topic), Duration::from_secs(10))
            .ok()?;
        let partitions = known.topics().first()?.partitions();
        let found = partitions.iter().find(|found| found.id() == partition)?;
        u32::try_from(found.leader()).ok()
    }

    /// A broker, to be killed, frozen and restarted. Not the first.
    pub fn node(&self, id: u32) -> &Node {
        assert!(id > 1, "broker 1 is the controller and must stay");
        &self.nodes[id as usize - 1]
    }
}
