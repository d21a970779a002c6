//! Instances are kept while they do nothing wrong, and never used again after a fault.

use std::time::Duration;

use scoregate::limits;
use scoregate_tests::gateway::Gateway;
use serde_json::{Value, json};

use crate::hostile::{GUILTY, start};

#[tokio::test]
async fn an_instance_is_kept_while_it_does_nothing_wrong() {
    let gateway = start();
    let mut client = gateway.client();
    for calls in 0..5 {
        assert_eq!(
            client.score("hostile", "state 0").await.json()["output"],
            calls
        );
    }
    for calls in 5..10 {
        assert_eq!(
            client.score("hostile", "model-state 0").await.json()["score"],
            f64::from(calls)
        );
    }
    // Refusals are no faults.
    for word in [
        "invalid",
        "post-invalid",
        "model-invalid",
        "reject",
        "post-reject",
    ] {
        client.score("hostile", word).await;
    }
    assert_ne!(client.score("hostile", "state 0").await.json()["output"], 0);
    assert_ne!(
        client.score("hostile", "model-state 0").await.json()["score"],
        0.0
    );
}

#[tokio::test]
async fn an_instance_is_never_used_again_after_a_fault() {
    let gateway = start();
    let mut client = gateway.client();
    for (word, status, _) in GUILTY
        .into_iter()
        .chain([("poison", 500, ""), ("model-poison", 500, "")])
    {
        if status != 500 {
            continue;
        }
        client.score("hostile", "good 1").await;
        client.score("hostile", "good 1").await;
        assert_eq!(client.score("hostile", word).await.status, 500, "{word}");
        if word.starts_with("model-") {
            let calls = client.score("hostile", "model-state 0").await.json()["score"].clone();
            assert_eq!(calls, 0.0, "the model that met `{word}` answered again");
        } else {
            let calls = client.score("hostile", "state 0").await.json()["output"].clone();
            assert_eq!(calls, 0, "the adapter that met `{word}` answered again");
        }
    }
}

#[tokio::test]
async fn an_innocent_event_that_meets_a_full_memory_is_scored_on_a_fresh_instance() {
    let gateway = start();
    let mut client = gateway.client();
    // Each leaks a mebibyte; the instance may hold 64.
    for word in ["leak", "model-leak"] {
        for number in 0..150 {
            let reply = client.score("hostile", format!("{word} {number}")).await;
            assert_eq!(reply.status, 200, "{word} {number}: {reply:?}");
            assert_eq!(reply.json()["score"], 2.0 * f64::from(number));
        }
        let lines: String = (0..150)
            .map(|number| format!("{word} {number}\n"))
            .collect();
        for answer in client.score_lines("hostile", lines).await.lines() {
            assert!(answer["score"].is_number(), "{word}: {answer}");
        }
    }
    let met = (
        faults(&gateway, "adapter").await,
        faults(&gateway, "model").await,
    );
    assert!(met.0 > 0 && met.1 > 0, "{met:?}");
}

#[tokio::test]
async fn a_model_asked_without_an_adapter_is_isolated_too() {
    let gateway = start();
    let mut client = gateway.client();
    let codes = scoregate_tests::plugins::model_words();
    let infer = |word: &str| {
        let code = codes
            .iter()
            .position(|known| *known == word)
            .expect("a known word");
        let input = serde_json::json!({ "name": "features", "datatype": "FP32", "shape": [1, 2], "data": [code, 3] });
        serde_json::json!({ "inputs": [input] }).to_string()
    };
    let path = "/v2/models/model/infer";
    for word in codes {
        let reply = client.post(path, infer(word)).await;
        match *word {
            "good" | "leak" | "log" | "hoard" => {
                assert_eq!(reply.json()["outputs"][0]["data"][0], 6.0, "{word}")
            }
            "state" => assert!(reply.status == 200, "{reply:?}"),
            "invalid" => assert_eq!(
                (reply.status, reply.error()),
                (400, "a feature is out of range".into())
            ),
            _ => {
                assert_eq!(reply.status, 500, "{word}: {reply:?}");
                assert!(
                    reply.error().starts_with("plugin model@sha256:"),
                    "{}",
                    reply.error()
                );
                let state = client.post(path, infer("state")).await;
                assert_eq!(
                    state.json()["outputs"][0]["data"][0],
                    0.0,
                    "the model that met `{word}` answered again"
                );
            }
        }
    }
    for _ in 0..150 {
        assert_eq!(client.post(path, infer("leak")).await.status, 200);
    }
}

/// How many faults the slot's release has met.
async fn faults(gateway: &Gateway, slot: &str) -> u64 {
    let status = gateway
        .admin_client()
        .get(&format!("/v1/plugins/{slot}"))
        .await
        .json();
    let faults = status["active"]["faults"].as_object().expect("faults");
    faults.values().filter_map(Value::as_u64).sum()
}

#[tokio::test]
async fn where_two_plugins_fault_at_once_neither_is_used_again() {
    let gateway = start();
    let mut client = gateway.client();
    client.score("hostile", "good 1").await;
    // The model traps, and then the adapter when it takes its batch back.
    let reply = client.score("hostile", "dtor-model-trap 1").await;
    assert_eq!(reply.status, 500);
    assert!(
        reply.error().starts_with("plugin model@"),
        "{}",
        reply.error()
    );
    let before = (
        faults(&gateway, "adapter").await,
        faults(&gateway, "model").await,
    );
    assert!(before.0 > 0 && before.1 > 0, "{before:?}");
    assert_eq!(client.score("hostile", "state 0").await.json()["output"], 0);
    assert_eq!(
        client.score("hostile", "model-state 0").await.json()["score"],
        1.0
    );
    let after = (
        faults(&gateway, "adapter").await,
        faults(&gateway, "model").await,
    );
    assert_eq!(
        before, after,
        "an instance that had faulted was asked again"
    );
}

#[tokio::test]
async fn what_one_thread_left_in_a_warm_instance_is_no_guilt_of_the_next_threads_event() {
    let gateway = start();
    let mut client = gateway.client();
    let infer = "/v2/models/model/infer";
    let hoard = json!({ "name": "features", "datatype": "FP32", "shape": [1, 2], "data": [18, 1] });
    let many = json!({ "name": "features", "datatype": "FP32", "shape": [20_000, 2], "data": vec![0; 40_000] });
    let reply = client.score("hostile", "hoard 1").await;
    assert_eq!(reply.status, 200, "{reply:?}");
    // The inference thread must be the last to end, also on a busy machine: what it leaves is then what the next one finds.
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    let reply = client
        .post(infer, json!({ "inputs": [hoard] }).to_string())
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    tokio::time::sleep(Duration::from_millis(limits::WORKER_IDLE_MAX_MS + 2_000)).await;
    let innocent = client
        .post(infer, json!({ "inputs": [many] }).to_string())
        .await;
    assert_eq!(innocent.status, 200, "{innocent:?}");
    let innocent = client
        .score("hostile", format!("good 4{}", " ".repeat(100_000)))
        .await;
    assert_eq!(
        (innocent.status, &innocent.json()["score"]),
        (200, &json!(8.0)),
        "{innocent:?}"
    );
    // Both had met the full memory, or this test shows nothing.
    let met = (
        faults(&gateway, "adapter").await,
        faults(&gateway, "model").await,
    );
    assert!(met.0 > 0 && met.1 > 0, "{met:?}");
}
