//! Whatever a plugin says, however strange, is handed on within its limits and nothing more.

use crate::hostile::{gateway, start};

#[tokio::test]
async fn strange_outcomes_are_handed_on_as_they_are() {
    let gateway = gateway();
    let mut client = gateway.client();
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for (word, key, value) in [
        ("post-nan", "score", serde_json::Value::Null),
        ("post-none", "decision", serde_json::Value::Null),
        ("post-empty", "output", serde_json::Value::Null),
        ("post-text", "output", "not JSON\n{".into()),
        ("post-binary", "output_base64", "//4A".into()),
        ("post-deep", "output", deep.into()),
    ] {
        let reply = client.score("hostile", word).await;
        assert_eq!(reply.status, 200, "{word}: {reply:?}");
        assert_eq!(reply.json()[key], value, "{word}");
    }
    let large = client.score("hostile", "post-large").await;
    assert!(large.body.len() > 1 << 20, "{}", large.body.len());
    // NaN as a feature is the model's business: here it makes a score that JSON cannot hold.
    assert_eq!(
        client.score("hostile", "good x").await.json()["score"],
        serde_json::Value::Null
    );
}

#[tokio::test]
async fn a_reason_without_end_is_cut() {
    let gateway = gateway();
    let reply = gateway.client().score("hostile", "reject-long").await;
    assert_eq!(reply.status, 422);
    let error = reply.error();
    assert!(
        error.len() <= 1024 + '…'.len_utf8() && error.ends_with("é…"),
        "{} bytes",
        error.len()
    );
}

#[tokio::test]
async fn a_plugin_cannot_flood_the_log() {
    let gateway = start();
    let mut client = gateway.client();
    for word in ["log", "model-log", "log-long"] {
        let reply = client.score("wide", word).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    let log = gateway.log();
    let lines = log.lines().filter(|line| line.contains("flood ")).count();
    assert!((1..=400).contains(&lines), "{lines} lines");
    assert!(
        log.lines().all(|line| line.len() < 4096),
        "a line without end"
    );
}
