//! A declined customer is told why: the features that XGBoost itself says pushed the score up most.

use std::{ffi::OsStr, sync::Arc};

use scoregate_tests::{command, folder::Folder, gateway::Gateway, payments, plugins};
use serde_json::json;

/// The sample pipeline whose adapter gives three reasons.
fn folder() -> Folder {
    let folder = Folder::fraud("");
    let config = std::fs::read_to_string(folder.config()).expect("the configuration");
    let file = "file = \"payments.wasm\"";
    let asked = config.replace(file, &format!("{file}\nconfig = {{ reasons = 3 }}"));
    assert_ne!(asked, config);
    folder.write("gateway.toml", asked);
    folder
}

#[tokio::test]
async fn a_declined_payment_shows_xgboosts_three_strongest_reasons() {
    let folder = folder();
    folder.write("fraud.wasm", plugins::fraud_explained());
    let gateway = Gateway::start(Arc::new(folder));
    let mut client = gateway.client();
    let payment = |line: usize| payments::heldout()[line].json;
    let declined = client.score("fraud", payment(22)).await.json();
    assert_eq!(declined["decision"], "decline", "{declined}");
    // `predict(pred_contribs=True)` of XGBoost 3.2.0 for this payment.
    let expected = [
        ("R01", "amount_eur", 2.989_839_6_f32),
        ("R12", "sum_1h_eur", 1.224_222_9),
        ("R02", "amount_to_mean", 1.181_928_3),
    ];
    let reasons = declined["output"]["reasons"].as_array();
    let reasons = reasons.unwrap_or_else(|| panic!("no reasons: {declined}"));
    assert_eq!(reasons.len(), expected.len(), "{declined}");
    for (reason, (code, feature, contribution)) in reasons.iter().zip(expected) {
        assert_eq!(
            (&reason["code"], &reason["feature"]),
            (&json!(code), &json!(feature)),
            "{declined}"
        );
        let given = reason["contribution"].as_f64().expect("a number") as f32;
        assert_eq!(given.to_bits(), contribution.to_bits(), "{declined}");
        assert!(reason["text"].is_string(), "{declined}");
    }
    let approved = client.score("fraud", payment(0)).await.json();
    assert_eq!(approved["decision"], "approve", "{approved}");
    assert!(approved["output"].get("reasons").is_none(), "{approved}");
}

#[test]
fn reasons_without_contributions_are_refused_with_what_to_do() {
    let folder = folder();
    let ended = command::run(
        &folder,
        [OsStr::new("validate"), folder.config().as_os_str()],
    );
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("the adapter's score `contributions")
            && ended
                .stderr
                .contains("`scoregate compile --explain` adds it to a model"),
        "{}",
        ended.stderr
    );
}
