//! How many capsules there are, and what happens where they cannot be kept.

use std::{os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use scoregate::capture::Capsule;
use scoregate_tests::{folder::Folder, gateway::Gateway, payments};

use super::{capsules, fraud, kept};

async fn score_all(gateway: &Gateway) -> usize {
    let mut client = gateway.client();
    let reply = client.score_lines("fraud", payments::ndjson()).await;
    assert_eq!(reply.status, 200);
    reply.lines().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_capture_nothing_is_kept_and_with_faults_nothing_that_is_none() {
    let gateway = Gateway::fraud();
    score_all(&gateway).await;
    assert!(!gateway.folder.path("scoregate-data/capsules").exists());
    let status = gateway.admin_client().get("/v1/pipelines/fraud").await;
    assert!(status.json().get("capsules").is_none(), "{status:?}");

    let gateway = Gateway::start(fraud("capture = \"faults\""));
    score_all(&gateway).await;
    assert_eq!(kept(&gateway, "fraud", 0).await, [0, 0, 0]);
    assert!(!gateway.folder.path("scoregate-data/capsules").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_sample_one_event_in_so_many_is_kept() {
    let gateway = Gateway::start(fraud("capture = \"sampled\"\ncapture_every_events = 50"));
    let events = score_all(&gateway).await as u64 + score_all(&gateway).await as u64;
    let [written, dropped, failed] = kept(&gateway, "fraud", events / 50).await;
    assert!(
        written + dropped <= events.div_ceil(50),
        "{written} of {events}"
    );
    assert_eq!(failed, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_hold_under_load_and_the_newest_stay() {
    let lines = "capture = \"sampled\"\ncapture_every_events = 1\ncapture_max_count = 20";
    let folder = fraud(lines);
    let mut gateway = Gateway::start(folder.clone());
    {
        let load = async {
            for _ in 0..5 {
                score_all(&gateway).await;
            }
        };
        tokio::pin!(load);
        loop {
            let pause = tokio::time::sleep(Duration::from_millis(5));
            tokio::select! {
                () = &mut load => break,
                () = pause => assert!(capsules(&folder, "fraud").len() <= 20),
            }
        }
    }
    let [written, _, failed] = kept(&gateway, "fraud", 100).await;
    assert!(written > 20 && failed == 0, "{written} {failed}");
    gateway.terminate();
    gateway.wait(Duration::from_secs(60));
    let left = capsules(&folder, "fraud");
    assert!(!left.is_empty() && left.len() <= 20, "{left:?}");
    let mode = |path: &Path| {
        std::fs::metadata(path)
            .expect("a file")
            .permissions()
            .mode()
    };
    assert_eq!(mode(&left[0]) & 0o777, 0o600);
    assert_eq!(mode(left[0].parent().expect("a folder")) & 0o777, 0o700);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_kill_9_there_are_whole_capsules_only() {
    let folder = fraud("capture = \"sampled\"\ncapture_every_events = 1");
    let mut gateway = Gateway::start(folder.clone());
    for round in 0..3_u64 {
        {
            let load = score_all(&gateway);
            tokio::pin!(load);
            // In the middle of the writing, wherever that is.
            let begun = kept(&gateway, "fraud", 5 + 20 * round);
            tokio::select! {
                _ = &mut load => {}
                _ = begun => {}
            }
        }
        gateway.kill();
        let left = capsules(&folder, "fraud");
        for path in &left {
            Capsule::read(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        }
        gateway.restart();
    }
    assert!(!capsules(&folder, "fraud").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_capsules_cannot_be_kept_scoring_goes_on_and_it_is_told_once() {
    let folder = fraud("capture = \"sampled\"\ncapture_every_events = 1");
    let gateway = Gateway::start(folder.clone());
    block(&folder);
    let events = score_all(&gateway).await as u64;
    let [written, _, failed] = kept(&gateway, "fraud", events).await;
    assert!(written == 0 && failed > 0, "{written} {failed}");
    let told = gateway.log().matches("capsules cannot be kept").count();
    assert_eq!(told, 1, "{}", gateway.log());
    let metric = "scoregate_capsules_total{pipeline=\"fraud\",result=\"failed\"}";
    let (counted, _) = tokio::task::block_in_place(|| gateway.metric(metric));
    assert_eq!(counted as u64, failed);
    // Once there is a folder again, they are.
    std::fs::remove_file(folder.path("scoregate-data/capsules")).expect("the file goes");
    score_all(&gateway).await;
    let [written, ..] = kept(&gateway, "fraud", 2 * events).await;
    assert!(written > 0);
}

/// A file where the folder is to be.
fn block(folder: &Folder) {
    folder.write("scoregate-data/capsules", "in the way");
}
