//! A fault pays for itself: neighbours in its batch get their outcomes.

use crate::hostile::{self, GUILTY, gateway};

#[tokio::test]
async fn a_guilty_event_alone_is_answered_with_its_fault() {
    let gateway = gateway();
    let mut client = gateway.client();
    for (word, status, refusal) in GUILTY {
        let reply = client.score("hostile", format!("{word} 1")).await;
        assert_eq!(reply.status, status, "{word}: {reply:?}");
        let error = reply.error();
        assert!(error.contains(refusal), "{word}: {error}");
        let slot = if word.starts_with("model-") {
            "model"
        } else {
            "adapter"
        };
        if status == 500 {
            assert!(
                error.starts_with(&format!("plugin {slot}@sha256:")),
                "{word}: {error}"
            );
        }
    }
    gateway.assert_no_panic();
}

#[tokio::test]
async fn neighbours_in_a_batch_never_notice_a_fault() {
    const ROWS: usize = 150;
    let gateway = gateway();
    let mut client = gateway.client();
    for (word, ..) in GUILTY {
        let guilty = [70, 71, 140];
        let line = |row| match guilty.contains(&row) {
            true => format!("{word} 1\n"),
            false => format!("good {row}\n"),
        };
        let lines: String = (0..ROWS).map(line).collect();
        let answers = client.score_lines("hostile", lines).await.lines();
        assert_eq!(answers.len(), ROWS, "{word}");
        for (row, answer) in answers.iter().enumerate() {
            if guilty.contains(&row) {
                assert!(answer["error"].is_string(), "{word} row {row}: {answer}");
                assert_eq!(answer["row"], row, "{word}: {answer}");
            } else {
                assert_eq!(
                    answer["score"],
                    2.0 * row as f64,
                    "{word} row {row}: {answer}"
                );
            }
        }
    }
    gateway.assert_no_panic();
}

#[tokio::test]
async fn an_event_that_runs_to_its_deadline_is_one_fault_however_often_it_was_tried() {
    let gateway = hostile::start();
    let mut client = gateway.client();
    // Only once it is known how long a pass takes is a try shorter than the deadline.
    let good: String = (0..150).map(|row| format!("good {row}\n")).collect();
    client.score_lines("hostile", good.clone()).await.lines();
    let spoilt = good.replacen("good 70\n", "loop 70\n", 1);
    let answers = client.score_lines("hostile", spoilt).await.lines();
    let failed = answers.iter().filter(|answer| answer["error"].is_string());
    assert_eq!(failed.count(), 1);
    let faults = gateway.metric("scoregate_plugin_faults_total{").0;
    assert_eq!(faults, 1.0);
    gateway.assert_no_panic();
}

#[tokio::test]
async fn a_gigabyte_of_answer_is_refused_before_it_is_copied() {
    let gateway = gateway();
    let mut client = gateway.client();
    for (word, call) in [("huge", "preprocess"), ("model-huge", "infer")] {
        let reply = client.score("wide", format!("{word} 1")).await;
        assert_eq!(reply.status, 500);
        let refusal = format!("failed (memory): {call} answered with more than 16777216 bytes");
        assert!(reply.error().contains(&refusal), "{}", reply.error());
    }
    assert_eq!(client.score("wide", "good 4").await.json()["score"], 8.0);
    // The guest's own 900 MB are there once; a copy in the host would be another 900.
    if let Some(peak) = gateway.memory_peak_bytes() {
        assert!(peak < 1_600_000_000, "the gateway took {peak} bytes");
    }
}
