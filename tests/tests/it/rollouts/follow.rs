//! What changes elsewhere: by another gateway on the same store, in a watched file, in the store itself.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use scoregate::release::Digest;
use scoregate_tests::{
    folder::{FRAUD, Folder},
    gateway::Gateway,
    operator::Operator,
    payments, plugins,
};

/// Longer than a busy machine needs to hear of a change.
const HEARD_MAX: Duration = Duration::from_secs(30);

async fn until_active(operator: &mut Operator, slot: &str, release: Digest) {
    let deadline = Instant::now() + HEARD_MAX;
    while operator.active(slot).await != release {
        assert!(Instant::now() < deadline, "{:?}", operator.slot(slot).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn gateways_on_one_store_serve_each_other_s_changes() {
    let one = Gateway::start(Arc::new(Folder::fraud("")));
    let store = one.folder.path("scoregate-data");
    let shared = format!("[store]\npath = {:?}\n", store.display().to_string());
    let two = Gateway::start(Arc::new(Folder::fraud(&shared)));
    let (mut first, mut second) = (Operator::of(&one), Operator::of(&two));
    let before = first.active("fraud").await;
    let release = first.add("fraud", &plugins::fraud_again("2")).await;
    first.replace("fraud", release).await;
    until_active(&mut second, "fraud", release).await;
    let payment = payments::heldout()[0].json;
    let reply = two.client().score("fraud", payment).await;
    assert_eq!(reply.json()["release"]["model"], format!("fraud@{release}"));
    // And back, from the other one.
    second.end("fraud", "rollback").await;
    until_active(&mut first, "fraud", before).await;
}

#[tokio::test]
async fn a_watched_file_is_deployed_when_it_changes_and_only_if_it_passes() {
    let file = "file = \"fraud.wasm\"\n";
    let config = FRAUD.replace(file, &format!("{file}watch = true\n"));
    let folder = Folder::with(&config);
    folder.write("payments.wasm", plugins::payments());
    folder.write("fraud.wasm", plugins::fraud());
    let gateway = Gateway::start(Arc::new(folder));
    let mut operator = Operator::of(&gateway);
    let second = plugins::fraud_again("2");
    gateway.folder.write("fraud.wasm", &second);
    until_active(&mut operator, "fraud", Digest::of(&second)).await;
    let newest = operator.audit().await.remove(0);
    assert_eq!(newest["who"], "watch", "{newest}");
    gateway.folder.write("fraud.wasm", b"half a file");
    let deadline = Instant::now() + HEARD_MAX;
    while !gateway.log().contains("what serves did not") {
        assert!(Instant::now() < deadline, "{}", gateway.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(operator.active("fraud").await, Digest::of(&second));
}

#[tokio::test]
async fn where_the_record_cannot_be_served_the_start_says_the_way_out() {
    let mut gateway = Gateway::start(Arc::new(Folder::fraud("")));
    let mut operator = Operator::of(&gateway);
    let first = operator.active("fraud").await;
    let second = operator.add("fraud", &plugins::fraud_again("2")).await;
    operator.replace("fraud", second).await;
    gateway.kill();
    let folder = gateway.folder.clone();
    let lost = format!("scoregate-data/releases/{}.wasm", second.hex());
    std::fs::remove_file(folder.path(&lost)).expect("the release's file");
    let ended = Gateway::spawn(folder.clone(), &[]).err().expect("no start");
    assert!(
        ended.stderr.contains(&second.to_string()),
        "{}",
        ended.stderr
    );
    let way_out = "--from-file fraud";
    assert!(ended.stderr.contains(way_out), "{}", ended.stderr);
    let gateway = Gateway::spawn_with_args(folder, &[], &["--from-file", "fraud"]);
    let gateway = gateway.unwrap_or_else(|ended| panic!("{}", ended.stderr));
    assert_eq!(Operator::of(&gateway).active("fraud").await, first);
    let reply = gateway
        .client()
        .score("fraud", payments::heldout()[0].json)
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
}
