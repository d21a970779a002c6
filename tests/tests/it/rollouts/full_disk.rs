//! A disk without room: what serves goes on, what is refused says why, and the record is whole.

use std::sync::Arc;

use scoregate_tests::{
    client::Reply, components::noted, folder::Folder, gateway::Gateway, operator::Operator,
    payments, plugins, small_disk::SmallDisk, traffic::Traffic,
};
use serde_json::json;

const DISK_MEGABYTES: u32 = 32;
const CALLERS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "mounts a small file system, which needs root"]
async fn without_room_in_the_store_what_serves_goes_on_and_the_record_stays_whole() {
    let disk = SmallDisk::mount(DISK_MEGABYTES);
    let path = disk.path().join("data");
    let store = format!("[store]\npath = {:?}\n", path.display().to_string());
    let mut gateway = Gateway::start(Arc::new(Folder::fraud(&store)));
    let mut operator = Operator::of(&gateway);
    let first = operator.active("fraud").await;
    let second = operator.add("fraud", &noted(plugins::fraud(), "2")).await;
    let traffic = Traffic::begin(&gateway, CALLERS);
    disk.fill();
    let third = noted(plugins::fraud(), "3");
    let reply = operator.upload("fraud", &third).await;
    has_no_room(&reply);
    let mut active = first;
    for release in [second, first] {
        let reply = operator.try_roll_out("fraud", release, json!({})).await;
        // A line may still find room in what the database has already.
        if reply.status == 200 {
            active = release;
        } else if active != release {
            has_no_room(&reply);
        }
        assert_eq!(operator.active("fraud").await, active);
        traffic.goes_on(50).await;
    }
    traffic.end().await;

    gateway.restart();
    assert_eq!(answers(&gateway).await, format!("fraud@{active}"));
    let mut operator = Operator::of(&gateway);
    has_no_room(&operator.upload("fraud", &third).await);
    disk.free();
    let third = operator.add("fraud", &third).await;
    operator.replace("fraud", third).await;
    gateway.restart();
    assert_eq!(answers(&gateway).await, format!("fraud@{third}"));
    let mut operator = Operator::of(&gateway);
    operator.end("fraud", "rollback").await;
    assert_eq!(answers(&gateway).await, format!("fraud@{active}"));
    // Each line of the record goes on from the one before.
    let mut lines = operator.audit().await;
    lines.reverse();
    let sequences: Vec<_> = lines.iter().map(|line| line["sequence"].as_u64()).collect();
    let expected: Vec<_> = (1..=lines.len() as u64).map(Some).collect();
    assert_eq!(sequences, expected);
}

fn has_no_room(reply: &Reply) {
    assert_eq!(reply.status, 503, "{reply:?}");
    let error = reply.error();
    println!("{error}");
    let told = ["No space left on device", "disk is full"];
    assert!(told.iter().any(|told| error.contains(told)), "{error}");
}

async fn answers(gateway: &Gateway) -> String {
    let payment = payments::heldout()[0].json;
    let reply = gateway.client().score("fraud", payment).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let model = reply.json()["release"]["model"].clone();
    model.as_str().expect("a release").to_owned()
}
