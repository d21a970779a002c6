//! A pipeline whose plugins fault again and again is suspended for a while, and comes back by itself.

use std::{sync::Arc, time::Duration};

use scoregate_tests::{client::Client, folder::Folder, gateway::Gateway};

const CONFIG: &str = r#"
[plugins.adapter]
file = "adapter.wasm"
call_deadline_ms = 2000
[plugins.model]
file = "model.wasm"
call_deadline_ms = 2000
[pipelines.p]
adapter = "adapter"
model = "model"
breaker_max_faults = 3
sources = [{ kind = "http" }]
"#;

async fn statuses(client: &mut Client, words: &[&'static str]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for word in words {
        statuses.push(client.score("p", *word).await.status);
    }
    statuses
}

#[tokio::test]
async fn it_opens_after_so_many_faults_in_a_row_and_closes_by_itself() {
    let gateway = Gateway::start(Arc::new(Folder::hostile(CONFIG)));
    let mut client = gateway.client();
    // A success between faults, and a rejection by a healthy adapter, keep it closed.
    assert_eq!(
        statuses(
            &mut client,
            &[
                "trap", "trap", "good 1", "trap", "trap", "reject", "trap", "trap"
            ]
        )
        .await,
        [500, 500, 200, 500, 500, 422, 500, 500]
    );
    assert_eq!(statuses(&mut client, &["trap", "good 1"]).await, [500, 503]);
    let reply = client.score("p", "good 1").await;
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert!(
        reply.error().contains("pipeline `p` is suspended"),
        "{}",
        reply.error()
    );
    tokio::time::sleep(Duration::from_millis(1100)).await;
    // One more fault opens it again, one success closes it.
    assert_eq!(statuses(&mut client, &["trap", "good 1"]).await, [500, 503]);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(
        statuses(&mut client, &["good 1", "trap", "trap", "good 1"]).await,
        [200, 500, 500, 200]
    );
}

#[tokio::test]
async fn it_opens_in_the_middle_of_a_batch_too() {
    let gateway = Gateway::start(Arc::new(Folder::hostile(CONFIG)));
    let lines = "trap\n".repeat(100);
    let answers = gateway.client().score_lines("p", lines).await.lines();
    assert_eq!(answers.len(), 100);
    let with = |part| {
        answers
            .iter()
            .filter(|answer| answer["error"].as_str().is_some_and(|e| e.contains(part)))
            .count()
    };
    assert_eq!((with("failed (trap)"), with("is suspended")), (3, 97));
}
