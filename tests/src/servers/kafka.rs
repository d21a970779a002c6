//! A real Kafka of one broker.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
};

use super::{
    blocking::block_on,
    node::{Listener, Node, PASSWORD, Plan, USER},
    ports, secured, wait,
};

/// Longer than a change of the cluster takes.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// See the module. Dropped, it is ended and its data are gone.
pub struct Kafka {
    node: Node,
    brokers: String,
    listener: Listener,
}

impl Kafka {
    /// The one of this test process: started by the first who asks, ended with the process. Nobody may stop it.
    pub fn shared() -> Arc<Self> {
        static SHARED: OnceLock<Arc<Kafka>> = OnceLock::new();
        SHARED.get_or_init(|| Arc::new(Self::start())).clone()
    }

    /// One of its own, that may be stopped and killed.
    pub fn start() -> Self {
        Self::with(Listener::Plain)
    }

    /// One that wants SASL_SSL with SCRAM-SHA-256; [`client`](Self::client) knows how.
    pub fn secured() -> Self {
        Self::with(Listener::Secured)
    }

    fn with(listener: Listener) -> Self {
        let node = Node::start(Plan {
            id: 1,
            controller_port: ports::free(),
            replication: 1,
            listener,
        });
        Self {
            brokers: format!("127.0.0.1:{}", node.port),
            node,
            listener,
        }
    }

    /// `host:port`.
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    /// What clients must set beyond the brokers: names and values of librdkafka.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        if self.listener == Listener::Plain {
            return Vec::new();
        }
        let authority = self.node.folder().join("keys").join(secured::AUTHORITY);
        vec![
            ("security.protocol", "SASL_SSL".to_owned()),
            ("sasl.mechanisms", "SCRAM-SHA-256".to_owned()),
            ("sasl.username", USER.to_owned()),
            ("sasl.password", PASSWORD.to_owned()),
            ("ssl.ca.location", authority.display().to_string()),
        ]
    }

    /// The settings of a client of it, to be added to.
    pub fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", &self.brokers);
        for (name, value) in self.settings() {
            client.set(name, value);
        }
        client
    }

    /// Creates a topic. The name must be new.
    pub fn topic(&self, name: &str, partitions: i32) {
        let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        create(&self.client(), &topic);
    }

    /// Creates a topic with a name that nobody else has.
    pub fn fresh_topic(&self, prefix: &str, partitions: i32) -> String {
        let name = fresh_name(prefix);
        self.topic(&name, partitions);
        name
    }

    /// Asks it to stop, and waits.
    pub fn stop(&self) {
        self.node.stop();
    }

    /// Sends SIGKILL.
    pub fn kill(&self) {
        self.node.kill();
    }

    /// Starts it on the same port and data; what runs is killed before.
    pub fn restart(&self) {
        self.node.restart();
    }

    /// Sends SIGSTOP.
    pub fn freeze(&self) {
        self.node.freeze();
    }

    /// Sends SIGCONT.
    pub fn thaw(&self) {
        self.node.thaw();
    }

    /// None while it is stopped.
    pub fn pid(&self) -> Option<u32> {
        self.node.pid()
    }
}

pub(super) fn fresh_name(prefix: &str) -> String {
    static NAMES: AtomicU64 = AtomicU64::new(0);
    format!("{prefix}-{}", NAMES.fetch_add(1, Ordering::Relaxed))
}

/// Creates a topic and waits until each partition has a leader.
pub(super) fn create(client: &ClientConfig, topic: &NewTopic<'_>) {
    let (name, partitions) = (topic.name, topic.num_partitions);
    let admin: AdminClient<DefaultClientContext> = client.create().expect("a client");
    let options = AdminOptions::new().operation_timeout(Some(WAIT_MAX));
    let created = block_on(async { admin.create_topics([topic], &options).await });
    let created = created.unwrap_or_else(|error| panic!("the topic {name}: {error}"));
    for topic in created {
        topic.unwrap_or_else(|(name, error)| panic!("the topic {name}: {error}"));
    }
    wait::eventually(WAIT_MAX, || {
        let known = admin.inner().fetch_metadata(Some(name), WAIT_MAX);
        known.is_ok_and(|known| {
            let found = known.topics().first().map(|topic| topic.partitions());
            let led = found.unwrap_or_default().iter();
            led.filter(|partition| partition.leader() >= 0).count() == partitions as usize
        })
    });
}
