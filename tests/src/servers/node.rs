//! One process of Kafka: its settings, its folder and its start.

use std::{
    fs,
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use super::{files, maven, ports, process::Process, store};
use crate::signal::Signal;

/// What a node is to be.
#[derive(Clone, Copy)]
pub struct Plan {
    /// From 1. Node 1 is the controller too, and so must not be killed where there are others.
    pub id: u32,
    pub controller_port: u16,
    /// Copies of each partition, also of Kafka's own topics.
    pub replication: u32,
    pub listener: Listener,
}

/// What clients meet.
#[derive(Clone, Copy, PartialEq)]
pub enum Listener {
    Plain,
    /// SASL_SSL with SCRAM-SHA-256.
    Secured,
}

/// See the module.
pub struct Node {
    /// The clients' port.
    pub port: u16,
    process: Process,
}

/// A cluster's name: sixteen bytes in base 64.
const CLUSTER_ID: &str = "c2NvcmVnYXRlLXRlc3RzLQ";
/// Longer than a start and a recovery take on a busy machine.
const START_MAX: Duration = Duration::from_secs(120);
const STOP_MAX: Duration = Duration::from_secs(30);
/// Another program may take a port between its choice and its use.
const START_TRIES: usize = 3;

/// The user that a secured broker knows.
pub const USER: &str = "scoregate";
pub const PASSWORD: &str = "only for tests";
/// Of the broker's key.
pub const STORE_PASSWORD: &str = "only-for-tests";

impl Node {
    /// Starts one on free ports. Every port of the plan must be free or its own.
    pub fn start(plan: Plan) -> Self {
        for attempt in 1..=START_TRIES {
            let node = Self::prepare(plan, &data(plan));
            files::reach(&archive(), &node.process.folder().join(ARCHIVE));
            match node.launch(&[&format!("-XX:SharedArchiveFile={ARCHIVE}")]) {
                Ok(()) => return node,
                Err(log) => assert!(
                    attempt < START_TRIES && log.contains("BindException"),
                    "Kafka does not start:\n{log}"
                ),
            }
        }
        unreachable!("the last attempt returns or fails");
    }

    /// A folder with everything but the archive.
    fn prepare(plan: Plan, data: &Path) -> Self {
        let process = Process::new("kafka", Signal::Kill);
        let node = Self {
            port: ports::free(),
            process,
        };
        let folder = node.process.folder();
        files::reach(&maven::fetched().jars, &folder.join("libs"));
        files::copy(data, &folder.join("data"));
        if plan.listener == Listener::Secured {
            files::copy(&super::secured::keys(), &folder.join("keys"));
        }
        fs::write(
            folder.join("server.properties"),
            properties(plan, node.port),
        )
        .expect("a file is written");
        node
    }

    /// Starts it on the same port and data; what runs is killed before.
    pub fn restart(&self) {
        self.kill();
        let archive = format!("-XX:SharedArchiveFile={ARCHIVE}");
        if let Err(log) = self.launch(&[&archive]) {
            panic!("Kafka does not start again:\n{log}");
        }
    }

    /// Asks it to stop, and waits.
    pub fn stop(&self) {
        self.process.end(Signal::Terminate, STOP_MAX);
    }

    /// Sends SIGKILL.
    pub fn kill(&self) {
        self.process.end(Signal::Kill, STOP_MAX);
    }

    /// Sends SIGSTOP.
    pub fn freeze(&self) {
        self.process.signal(Signal::Stop);
    }

    /// Sends SIGCONT.
    pub fn thaw(&self) {
        self.process.signal(Signal::Continue);
    }

    /// None while it is stopped.
    pub fn pid(&self) -> Option<u32> {
        self.process.pid()
    }

    /// The server's folder, which goes with it.
    pub fn folder(&self) -> &Path {
        self.process.folder()
    }

    /// The log where it ends instead of starting.
    fn launch(&self, options: &[&str]) -> Result<(), String> {
        let jars = class_path(&self.process.folder().join("libs"));
        let mut java = Command::new("java");
        self.process
            .start(java.args(JAVA_OPTIONS).args(options).args([
                "-cp",
                &jars,
                "kafka.Kafka",
                "server.properties",
            ]));
        let deadline = Instant::now() + START_MAX;
        // Kafka opens the port when it is ready.
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            if !self.process.is_running() {
                return Err(self.process.log_tail());
            }
            assert!(
                Instant::now() < deadline,
                "Kafka does not become ready:\n{}",
                self.process.log_tail()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

const JAVA_OPTIONS: [&str; 7] = [
    "-Xms64m",
    "-Xmx384m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Djava.io.tmpdir=.",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
];

/// In a node's folder: a link or a copy. Loaded classes are mapped from it, which more than halves the start.
const ARCHIVE: &str = "classes.jsa";

/// The same text in every node's folder, or else the archive would not hold.
fn class_path(libs: &Path) -> String {
    let jars = fs::read_dir(libs).expect("the jars");
    let mut jars: Vec<String> = jars
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| format!("libs/{}", name.to_string_lossy()))
        .filter(|path| path.ends_with(".jar") && !path.contains("postgres"))
        .collect();
    jars.sort();
    jars.join(":")
}

/// The archive of loaded classes, made once: a broker writes it as it stops.
fn archive() -> PathBuf {
    let folder = store::once(
        &format!("kafka-classes-{}", maven::fetched().tag),
        |folder| {
            let plan = Plan {
                id: 1,
                controller_port: ports::free(),
                replication: 1,
                listener: Listener::Plain,
            };
            let node = Node::prepare(plan, &data(plan));
            let write = format!("-XX:ArchiveClassesAtExit={ARCHIVE}");
            if let Err(log) = node.launch(&[&write]) {
                panic!("Kafka does not start:\n{log}");
            }
            node.stop();
            files::copy(&node.process.folder().join(ARCHIVE), &folder.join(ARCHIVE));
        },
    );
    folder.join(ARCHIVE)
}

/// A formatted data folder for such a node, made once.
fn data(plan: Plan) -> PathBuf {
    let Plan { id, listener, .. } = plan;
    let kind = match listener {
        Listener::Plain => "",
        Listener::Secured => "-secured",
    };
    let tag = &maven::fetched().tag;
    let folder = store::once(&format!("kafka-data-{id}{kind}-{tag}"), |folder| {
        let process = Process::new("kafka-format", Signal::Kill);
        let libs = process.folder().join("libs");
        files::reach(&maven::fetched().jars, &libs);
        fs::write(
            process.folder().join("server.properties"),
            properties(plan, 9),
        )
        .expect("a file is written");
        let mut format = Command::new("java");
        format
            .args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"])
            .arg(class_path(&libs))
            .args(["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID])
            .args(["-c", "server.properties"]);
        if listener == Listener::Secured {
            let user = format!("SCRAM-SHA-256=[name={USER},password=\"{PASSWORD}\"]");
            format.args(["--add-scram", &user]);
        }
        process.run(&mut format);
        files::copy(&process.folder().join("data"), &folder.join("data"));
    });
    folder.join("data")
}

fn properties(plan: Plan, port: u16) -> String {
    let Plan {
        id,
        controller_port,
        replication,
        listener,
    } = plan;
    let (clients, security) = match listener {
        Listener::Plain => (format!("PLAINTEXT://127.0.0.1:{port}"), String::new()),
        Listener::Secured => {
            let inner = ports::free();
            let clients = format!("CLIENT://127.0.0.1:{port},PLAINTEXT://127.0.0.1:{inner}");
            (clients, super::secured::properties())
        }
    };
    let (roles, controller) = if id == 1 {
        let controller = format!(",CONTROLLER://127.0.0.1:{controller_port}");
        ("broker,controller", controller)
    } else {
        ("broker", String::new())
    };
    let in_sync_min = if replication > 2 { 2 } else { 1 };
    format!(
        "process.roles={roles}
node.id={id}
controller.quorum.voters=1@127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
listeners={clients}{controller}
advertised.listeners={clients}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,CLIENT:SASL_SSL
inter.broker.listener.name=PLAINTEXT
log.dirs=data
auto.create.topics.enable=false
default.replication.factor={replication}
min.insync.replicas={in_sync_min}
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=250
offsets.topic.num.partitions=4
offsets.topic.replication.factor={replication}
transaction.state.log.num.partitions=4
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
transaction.state.log.replication.factor={replication}
transaction.state.log.min.isr={in_sync_min}
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
log.cleaner.dedupe.buffer.size=4194304
log.retention.ms=-1
{security}"
    )
}
