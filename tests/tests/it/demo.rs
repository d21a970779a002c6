//! `scoregate demo`: the whole path once, from nothing.

use scoregate_tests::{
    command,
    folder::Folder,
    servers::{Kafka, Postgres},
};

#[test]
fn the_demo_of_streams_finds_each_decision_once_in_its_topic_and_in_its_table() {
    let (kafka, url) = (Kafka::shared(), Postgres::shared().fresh_database());
    let servers = ["--kafka", kafka.brokers(), "--postgres", &url];
    let any_ports = ["--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    let demo = ["demo", "--once", "--count", "2000"];
    let ended = command::run(&Folder::new(), [demo, servers, any_ports].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    for (name, words) in [
        ("topic", "0 of them twice, 0 missing"),
        ("table", "0 missing"),
    ] {
        let told = |line: &&str| line.starts_with(name) && line.ends_with(words);
        assert!(lines.iter().any(told), "{}", ended.stdout);
    }
    for told in [ended.stdout, ended.stderr] {
        assert!(!told.contains("only-for-tests"), "{told}");
    }
}
