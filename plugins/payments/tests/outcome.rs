//! From scores to a decision, and the configuration that decides.

use payments::Payments;
use scoregate_sdk::{Adapter, Config, Datatype, Event, Outcome, TensorSpec, TensorView, batch};

const EVENTS: &str = include_str!("../../fraud/heldout.ndjson");

fn adapter(config: &str) -> Result<Payments, String> {
    Payments::configure(&Config::new(config))
}

/// The first held-out payment's outcome if the model gave it these scores.
fn outcome(config: &str, probability: f32, margin: f32) -> Result<Outcome, String> {
    explained(config, probability, margin, &[0.0; 16])
}

/// The same, with contributions where the adapter asks for them.
fn explained(
    config: &str,
    probability: f32,
    margin: f32,
    contributions: &[f32; 16],
) -> Result<Outcome, String> {
    let adapter = adapter(config)?;
    let payload = EVENTS.lines().next().unwrap_or_default().as_bytes();
    let contract = adapter.contract();
    let prepared = batch::prepare(&adapter, &contract, &[Event::new(payload)])
        .map_err(|failure| failure.to_string())?;
    let (probability, margin) = (probability.to_le_bytes(), margin.to_le_bytes());
    let contributions: Vec<u8> = contributions
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect();
    let view = |bytes| TensorView::new(Datatype::Fp32, &[1, 1], bytes).expect("one score");
    let mut scores = vec![view(&probability), view(&margin)];
    if contract.scores.len() > 2 {
        let row = TensorView::new(Datatype::Fp32, &[1, 16], &contributions);
        scores.push(row.expect("a row"));
    }
    let outcomes =
        batch::finish(&adapter, prepared.rows, &scores).map_err(|failure| failure.to_string())?;
    outcomes
        .into_iter()
        .next()
        .unwrap_or_else(|| Err("no outcome".to_owned()))
}

#[test]
fn the_contract_names_features_and_scores() {
    let contract = adapter("{}").expect("a default").contract();
    assert_eq!(
        contract.features,
        [TensorSpec::new("features", Datatype::Fp32, [-1, 15])]
    );
    assert_eq!(
        contract.scores,
        [
            TensorSpec::new("probability", Datatype::Fp32, [-1, 1]),
            TensorSpec::new("margin", Datatype::Fp32, [-1, 1])
        ]
    );
}

#[test]
fn an_outcome_tells_score_decision_and_payment() {
    let outcome = outcome("{}", 0.9, 2.25).expect("an outcome");
    assert_eq!(
        (outcome.score, outcome.decision.as_deref()),
        (Some(f64::from(0.9_f32)), Some("decline"))
    );
    let payload = String::from_utf8(outcome.payload).expect("JSON");
    assert!(
        payload.starts_with(r#"{"payment_id":"pay_"#) && payload.ends_with(r#","margin":2.25}"#),
        "{payload}"
    );
}

#[test]
fn reasons_are_given_where_a_payment_is_not_approved() {
    let mut contributions = [0.0; 16];
    contributions[..4].copy_from_slice(&[0.5, -2.0, 1.5, 0.25]);
    // The bias is no reason.
    contributions[15] = 9.0;
    let payload = |config: &str, probability| {
        let outcome = explained(config, probability, 1.0, &contributions).expect("an outcome");
        String::from_utf8(outcome.payload).expect("JSON")
    };
    let two = r#"{"reasons":2}"#;
    let declined = payload(two, 0.9);
    assert!(
        declined.ends_with(
            r#""margin":1.0,"reasons":[{"code":"R03","feature":"local_hour","text":"The time of day is unusual.","contribution":1.5},{"code":"R01","feature":"amount_eur","text":"The amount of the payment is unusual.","contribution":0.5}]}"#
        ),
        "{declined}"
    );
    for (config, probability) in [(two, 0.1), ("{}", 0.9)] {
        let payload = payload(config, probability);
        assert!(payload.ends_with(r#""margin":1.0}"#), "{payload}");
    }
}

#[test]
fn thresholds_decide() {
    let decision = |config: &str, probability| {
        outcome(config, probability, 0.0)
            .expect("an outcome")
            .decision
    };
    for (config, probability, expected) in [
        ("{}", 0.79, "approve"),
        ("{}", 0.81, "decline"),
        (r#"{"decline_above":0.5}"#, 0.5, "approve"),
        (r#"{"decline_above":0.5}"#, 0.51, "decline"),
        (r#"{"review_above":0.25}"#, 0.25, "approve"),
        (r#"{"review_above":0.25}"#, 0.26, "review"),
        (r#"{"review_above":0.25}"#, 0.81, "decline"),
    ] {
        assert_eq!(
            decision(config, probability).as_deref(),
            Some(expected),
            "{config} {probability}"
        );
    }
}

#[test]
fn a_score_that_is_no_probability_never_approves() {
    for probability in [f32::NAN, f32::INFINITY, -0.1, 1.1] {
        let reason = outcome("{}", probability, 0.0).expect_err("rejected");
        assert!(
            reason.starts_with("probability: must lie between 0 and 1, was "),
            "{reason}"
        );
    }
}

#[test]
fn a_wrong_configuration_is_refused_by_the_name_of_its_key() {
    for (config, names) in [
        (
            r#"{"decline_above":1.5}"#,
            "decline_above: must lie between 0 and 1, was 1.5",
        ),
        (r#"{"decline_above":"high"}"#, "expected f64"),
        (
            r#"{"review_above":0.9}"#,
            "review_above: must lie between 0 and decline_above, was 0.9",
        ),
        (
            r#"{"reasons":16}"#,
            "reasons: must lie between 0 and 15, was 16",
        ),
        (r#"{"decline_over":0.9}"#, "decline_over"),
        ("[", "EOF"),
    ] {
        let error = adapter(config).err().expect(config);
        assert!(error.contains(names), "{config}: {error}");
    }
}
