//! The harness's real servers, and its gateway, keep their promises.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use scoregate_tests::{
    folder::Folder,
    gateway::Gateway,
    servers::{
        Cluster, Kafka, Postgres,
        blocking::block_on,
        eventually,
        records::{self, NewRecord},
    },
};
use sqlx::{Connection as _, PgConnection, Row as _};

fn numbered(count: usize) -> impl Iterator<Item = NewRecord> {
    (0..count).map(|nth| NewRecord::keyed(format!("key-{}", nth % 7), nth.to_string()))
}

/// Runs statements, and returns the first column of the last one's first row.
fn query(url: &str, statements: &'static [&'static str]) -> Option<i64> {
    let last = block_on(async {
        let mut connection = PgConnection::connect(url).await.expect("a connection");
        let mut last = None;
        for statement in statements {
            let rows = sqlx::query(*statement).fetch_all(&mut connection).await;
            last = rows.expect("it is done").pop();
        }
        last
    });
    last.map(|row| row.get(0))
}

#[test]
fn a_record_goes_through_with_all_that_it_has() {
    let kafka = Kafka::shared();
    let topic = kafka.fresh_topic("through", 3);
    let sent = NewRecord {
        partition: Some(2),
        key: Some(b"key".to_vec()),
        value: b"value".to_vec(),
        headers: vec![("header".to_owned(), b"content".to_vec())],
        timestamp_ms: Some(1_700_000_000_123),
    };
    records::produce(&kafka.client(), &topic, [sent.clone()]);
    let read = records::read_committed(&kafka.client(), &topic);
    let [record] = &read[..] else {
        panic!("one record: {read:?}");
    };
    assert_eq!((record.partition, record.offset), (2, 0));
    assert_eq!((&record.key, &record.value), (&sent.key, &sent.value));
    assert_eq!(record.header("header"), Some(&b"content"[..]));
    assert_eq!(record.timestamp_ms, sent.timestamp_ms);
}

#[test]
fn two_threads_share_one_server() {
    std::thread::scope(|scope| {
        let kafka = [(); 2].map(|()| scope.spawn(Kafka::shared));
        let [a, b] = kafka.map(|thread| thread.join().expect("a broker"));
        assert!(Arc::ptr_eq(&a, &b));
        let postgres = [(); 2].map(|()| scope.spawn(Postgres::shared));
        let [a, b] = postgres.map(|thread| thread.join().expect("a server"));
        assert!(Arc::ptr_eq(&a, &b));
        assert_ne!(a.fresh_database(), b.fresh_database());
    });
}

#[test]
fn a_broker_comes_back_with_its_data() {
    let kafka = Kafka::start();
    let topic = kafka.fresh_topic("kept", 2);
    records::produce(&kafka.client(), &topic, numbered(1_000));
    let before = records::read_committed(&kafka.client(), &topic);
    assert_eq!(before.len(), 1_000);
    kafka.kill();
    assert_eq!(kafka.pid(), None);
    kafka.restart();
    assert_eq!(records::read_committed(&kafka.client(), &topic), before);
    kafka.stop();
    kafka.restart();
    kafka.freeze();
    kafka.thaw();
    assert_eq!(records::read_committed(&kafka.client(), &topic), before);
}

#[test]
fn a_leader_that_was_killed_moves() {
    let cluster = Cluster::start(3);
    let topic = cluster.fresh_topic("moved", 6);
    records::produce(&cluster.client(), &topic, numbered(1_000));
    let led = |broker| (0..6).find(|partition| cluster.leader(&topic, *partition) == Some(broker));
    let partition = led(2).expect("each broker leads");
    cluster.node(2).kill();
    eventually(Duration::from_secs(60), || {
        let leader = cluster.leader(&topic, partition);
        leader.is_some_and(|leader| leader != 2)
    });
    records::produce(&cluster.client(), &topic, numbered(1_000));
    cluster.node(2).restart();
    let read = records::read_committed(&cluster.client(), &topic);
    assert_eq!(read.len(), 2_000);
}

#[test]
fn a_secured_broker_lets_in_who_may() {
    let kafka = Kafka::secured();
    let topic = kafka.fresh_topic("secret", 1);
    records::produce(&kafka.client(), &topic, numbered(10));
    assert_eq!(records::read_committed(&kafka.client(), &topic).len(), 10);
    let mut stranger = kafka.client();
    stranger.set("sasl.password", "a wrong one");
    let consumer: rdkafka::consumer::BaseConsumer = stranger.create().expect("a client");
    let metadata = rdkafka::consumer::Consumer::fetch_metadata(
        &consumer,
        Some(&topic),
        Duration::from_secs(2),
    );
    assert!(metadata.is_err());
}

#[test]
fn a_database_answers_and_is_its_owners_alone() {
    let postgres = Postgres::shared();
    let (one, other) = (postgres.fresh_database(), postgres.fresh_database());
    const COUNT: &str = "SELECT count(*) FROM pg_tables WHERE tablename = 'mine'";
    query(&one, &["CREATE TABLE mine (id BIGINT)"]);
    assert_eq!(query(&one, &[COUNT]), Some(1));
    assert_eq!(query(&other, &[COUNT]), Some(0));
}

#[test]
fn a_database_that_was_stopped_at_once_or_killed_comes_back_with_its_rows() {
    let postgres = Postgres::start();
    let url = postgres.fresh_database();
    query(
        &url,
        &[
            "CREATE TABLE kept (id BIGINT)",
            "INSERT INTO kept SELECT generate_series(1, 1000)",
        ],
    );
    postgres.stop_immediate();
    assert_eq!(postgres.pid(), None);
    postgres.restart();
    assert_eq!(query(&url, &["SELECT count(*) FROM kept"]), Some(1_000));
    postgres.kill();
    postgres.restart();
    assert_eq!(query(&url, &["SELECT count(*) FROM kept"]), Some(1_000));
}

/// Set in the process that the test below starts and kills.
const HOLD: &str = "SCOREGATE_TEST_HOLD_A_SERVER";

#[test]
fn a_server_ends_with_its_test_process_however_that_ends() {
    if std::env::var_os(HOLD).is_some() {
        let postgres = Postgres::start();
        let pid = postgres.pid().expect("it runs");
        println!("\nholding {pid} {}", postgres.folder().display());
        std::thread::sleep(Duration::from_secs(600));
        return;
    }
    let mut holder = Command::new(std::env::current_exe().expect("the test's own path"))
        .args(["--exact", "--nocapture"])
        .arg("servers::a_server_ends_with_its_test_process_however_that_ends")
        .env(HOLD, "1")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the test runs");
    let said = BufReader::new(holder.stdout.take().expect("a pipe")).lines();
    let line = said
        .map_while(Result::ok)
        .find_map(|line| Some(line.strip_prefix("holding ")?.to_owned()));
    holder.kill().expect("it is killed");
    holder.wait().expect("it ends");
    let line = line.expect("it says what it holds");
    let (pid, folder) = line.split_once(' ').expect("two words");
    let (executable, folder) = (PathBuf::from(format!("/proc/{pid}/exe")), Path::new(folder));
    eventually(Duration::from_secs(30), || {
        !executable.exists() && !folder.exists()
    });
}

#[test]
fn a_frozen_gateway_goes_on_and_a_restarted_one_keeps_its_folder() {
    let mut gateway = Gateway::fraud();
    let (pid, folder) = (gateway.pid(), gateway.folder.clone());
    let is_stopped = || {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat"));
        state.expect("it lives").contains(") T ")
    };
    gateway.freeze();
    eventually(Duration::from_secs(10), is_stopped);
    gateway.thaw();
    eventually(Duration::from_secs(10), || !is_stopped());
    assert!(gateway.memory_now_bytes() <= gateway.memory_peak_bytes());
    gateway.restart();
    assert_ne!(gateway.pid(), pid);
    assert!(Arc::ptr_eq(&folder, &gateway.folder));
    gateway.terminate();
    assert!(gateway.wait(Duration::from_secs(60)).success());
    assert!(!gateway.is_running());
}

#[test]
fn a_gateway_may_end_before_it_is_ready() {
    let folder = Folder::with("nonsense = 1\n");
    let ended = Gateway::spawn(Arc::new(folder), &[("RUST_LOG", "debug")]);
    let ended = ended.err().expect("it does not serve");
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("nonsense"), "{}", ended.stderr);
}
