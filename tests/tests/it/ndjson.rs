//! Many events in one request: one line an event, in order, whatever becomes of each.

use std::sync::Arc;

use scoregate_tests::{client::NDJSON, folder::Folder, gateway::Gateway, payments, shared::Shared};

static GATEWAY: Shared = Shared::new();

const CONFIG: &str = r#"
[plugins.adapter]
file = "adapter.wasm"
call_deadline_ms = 1000
[plugins.model]
file = "model.wasm"
call_deadline_ms = 1000
[pipelines.p]
adapter = "adapter"
model = "model"
sources = [{ kind = "http" }]
[pipelines.tight]
adapter = "adapter"
model = "model"
batch_max_events = 4
queue_max_events = 4
sources = [{ kind = "http" }]
"#;

fn gateway() -> Arc<Gateway> {
    GATEWAY.get(|| Gateway::start(Arc::new(Folder::hostile(CONFIG))))
}

#[tokio::test]
async fn rows_count_over_the_lines_that_are_not_empty() {
    let gateway = gateway();
    let reply = gateway
        .client()
        .score_lines("p", "\n\r\ngood 1\r\n\n\nreject 2\ngood 3\n\nreject 4")
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
    let answers = reply.lines();
    assert_eq!(answers.len(), 4);
    assert_eq!(
        (&answers[0]["score"], &answers[2]["score"]),
        (&2.0.into(), &6.0.into())
    );
    for row in [1, 3] {
        assert_eq!(
            answers[row],
            serde_json::json!({ "error": "rejected as asked", "row": row })
        );
    }
}

#[tokio::test]
async fn bad_lines_between_good_ones_hurt_nobody_else() {
    let gateway = Gateway::fraud();
    let good = payments::heldout()[0].json;
    let bad: [&[u8]; 7] = [
        b"{",
        b"null",
        b"[1,2",
        b"\xff\xfe",
        b"\0\0\0",
        &b"[".repeat(100_000),
        br#"{"payment_id": 5}"#,
    ];
    let mut lines = Vec::new();
    for line in bad {
        lines.extend_from_slice(good.as_bytes());
        lines.push(b'\n');
        lines.extend_from_slice(line);
        lines.push(b'\n');
    }
    let answers = gateway.client().score_lines("fraud", lines).await.lines();
    assert_eq!(answers.len(), 2 * bad.len());
    for (row, answer) in answers.iter().enumerate() {
        if row % 2 == 0 {
            assert_eq!(answer["decision"], "approve", "row {row}: {answer}");
        } else {
            assert!(answer["error"].is_string(), "row {row}: {answer}");
            assert_eq!(answer["row"], row);
        }
    }
}

#[tokio::test]
async fn a_request_larger_than_the_queue_waits_for_room_and_loses_nothing() {
    let gateway = gateway();
    let lines: String = (0..5_000)
        .map(|number| format!("good {number}\n"))
        .collect();
    for pipeline in ["p", "tight"] {
        let answers = gateway
            .client()
            .score_lines(pipeline, lines.clone())
            .await
            .lines();
        assert_eq!(answers.len(), 5_000);
        for (number, answer) in answers.iter().enumerate() {
            assert_eq!(answer["score"], 2.0 * number as f64, "{answer}");
        }
    }
}

#[tokio::test]
async fn no_line_at_all_and_too_many_lines_are_refused() {
    let gateway = gateway();
    let mut client = gateway.client();
    for nothing in ["", "\n", "\r\n\n\r\n"] {
        let reply = client.score_lines("p", nothing).await;
        assert_eq!(
            (reply.status, reply.error()),
            (400, "the body holds no line with an event".into())
        );
    }
    let reply = client.score_lines("p", "x\n".repeat(100_001)).await;
    assert_eq!(
        (reply.status, reply.error()),
        (400, "the body holds more than 100000 lines".into())
    );
}

#[tokio::test]
async fn rows_whose_deadline_passes_are_told_so_in_their_place() {
    let gateway = gateway();
    let lines = format!("good 1\nloop 2\n{}", "good 3\n".repeat(200));
    let headers = [NDJSON, ("scoregate-deadline-ms", "100")];
    let reply = gateway
        .client()
        .send("POST", "/pipelines/tight/score", &headers, lines.into())
        .await;
    let answers = reply.lines();
    assert_eq!(answers.len(), 202);
    for (row, answer) in answers.iter().enumerate().skip(10) {
        assert!(
            answer["error"]
                .as_str()
                .is_some_and(|error| error.contains("deadline")),
            "{answer}"
        );
        assert_eq!(answer["row"], row);
    }
}
