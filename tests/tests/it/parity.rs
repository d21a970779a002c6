//! The sample model's scores over HTTP are XGBoost's own, on the whole held-out file.

use std::sync::Arc;

use bytes::Bytes;
use scoregate_tests::{
    gateway::Gateway,
    payments::{self, Expected},
    shared::Shared,
};
use serde_json::{Value, json};

static GATEWAY: Shared = Shared::new();

fn gateway() -> Arc<Gateway> {
    GATEWAY.get(Gateway::fraud)
}

fn assert_expected(answer: &Value, expected: &Expected) {
    match expected {
        Expected::Scored {
            margin,
            probability,
        } => payments::assert_scored(answer, *margin, *probability),
        Expected::Rejected { field } => {
            let error = answer["error"]
                .as_str()
                .unwrap_or_else(|| panic!("no error: {answer}"));
            payments::assert_names(error, field);
        }
    }
}

/// Margin and probability of each payment that is not spoilt.
fn scored() -> Vec<(f32, f32)> {
    let scored = payments::heldout()
        .iter()
        .filter_map(|payment| match payment.expected {
            Expected::Scored {
                margin,
                probability,
            } => Some((margin, probability)),
            Expected::Rejected { .. } => None,
        });
    scored.collect()
}

#[tokio::test]
async fn all_payments_as_lines() {
    let gateway = gateway();
    let reply = gateway
        .client()
        .score_lines("fraud", payments::ndjson())
        .await;
    assert_eq!(reply.status, 200);
    let answers = reply.lines();
    assert_eq!(answers.len(), payments::heldout().len());
    for (row, (answer, payment)) in std::iter::zip(&answers, payments::heldout()).enumerate() {
        assert_expected(answer, &payment.expected);
        match payment.expected {
            Expected::Scored { .. } => assert!(answer["row"].is_null(), "{answer}"),
            Expected::Rejected { .. } => assert_eq!(answer["row"], row),
        }
    }
    gateway.assert_no_panic();
}

#[tokio::test]
async fn payments_one_by_one() {
    let gateway = gateway();
    let mut client = gateway.client();
    let spoilt =
        |payment: &&payments::Payment| matches!(payment.expected, Expected::Rejected { .. });
    let some = payments::heldout().iter().step_by(13);
    for payment in some.chain(payments::heldout().iter().filter(spoilt)) {
        let reply = client.score("fraud", payment.json).await;
        let status = if spoilt(&payment) { 422 } else { 200 };
        assert_eq!(reply.status, status, "{reply:?}");
        assert_expected(&reply.json(), &payment.expected);
    }
}

#[tokio::test]
async fn all_features_by_the_inference_protocol_in_json() {
    let gateway = gateway();
    let mut client = gateway.client();
    let features = payments::features();
    let rows: Vec<&[u8]> = features.chunks(4 * payments::FEATURES).collect();
    for (rows, scores) in std::iter::zip(rows.chunks(500), scored().chunks(500)) {
        let values = rows.iter().flat_map(|row| row.as_chunks::<4>().0);
        // A missing value has no number in JSON.
        let values: Vec<Value> = values
            .map(|bytes| json!(f32::from_le_bytes(*bytes)))
            .collect();
        let input = json!({
            "name": "features", "datatype": "FP32", "shape": [rows.len(), payments::FEATURES], "data": values,
        });
        let reply = client
            .post(
                "/v2/models/fraud/infer",
                json!({ "inputs": [input] }).to_string(),
            )
            .await;
        assert_eq!(reply.status, 200, "{:?}", reply.error());
        let answer = reply.json();
        let output = |name| {
            let outputs = answer["outputs"].as_array().expect("outputs");
            let output = outputs
                .iter()
                .find(|output| output["name"] == name)
                .expect("an output");
            assert_eq!(
                (&output["datatype"], &output["shape"]),
                (&json!("FP32"), &json!([rows.len(), 1]))
            );
            output["data"].as_array().expect("data").clone()
        };
        let got = std::iter::zip(output("margin"), output("probability"));
        assert_eq!(got.len(), scores.len());
        for ((margin, probability), expected) in got.zip(scores) {
            payments::assert_same_bits(margin.as_f64().expect("a number") as f32, expected.0);
            payments::assert_within_1_ulp(
                probability.as_f64().expect("a number") as f32,
                expected.1,
            );
        }
    }
}

#[tokio::test]
async fn all_features_by_the_inference_protocol_in_binary() {
    let gateway = gateway();
    let features = payments::features();
    let rows = features.len() / 4 / payments::FEATURES;
    let head = json!({
        "inputs": [{
            "name": "features", "datatype": "FP32", "shape": [rows, payments::FEATURES],
            "parameters": { "binary_data_size": features.len() },
        }],
        "outputs": [{ "name": "probability" }, { "name": "margin" }],
        "parameters": { "binary_data_output": true },
    })
    .to_string();
    let length = head.len().to_string();
    let headers = [("inference-header-content-length", &*length)];
    let body = Bytes::from([head.as_bytes(), &features].concat());
    let reply = gateway
        .client()
        .send("POST", "/v2/models/fraud/infer", &headers, body)
        .await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    let length: usize = reply
        .header("inference-header-content-length")
        .expect("a length")
        .parse()
        .expect("a number");
    let head: Value = serde_json::from_slice(&reply.body[..length]).expect("JSON");
    assert_eq!(head["outputs"][0]["name"], "probability");
    assert_eq!(
        head["outputs"][1]["parameters"]["binary_data_size"],
        4 * rows
    );
    let values = reply.body[length..].as_chunks::<4>().0;
    assert_eq!(values.len(), 2 * rows);
    for (row, (margin, probability)) in scored().into_iter().enumerate() {
        payments::assert_within_1_ulp(f32::from_le_bytes(values[row]), probability);
        payments::assert_same_bits(f32::from_le_bytes(values[rows + row]), margin);
    }
}
