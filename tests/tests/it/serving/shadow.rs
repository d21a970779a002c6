//! A shadow answers nobody, and tells exactly how its answers differ.

use std::{sync::Arc, time::Duration};

use scoregate::{
    event::Event,
    limits::SHADOW_QUEUE_MAX_BYTES,
    pipeline::{Chain, Generation, Outcomes, Serving, Side, Trial},
};
use scoregate_compiler::{Options, parse_outputs};
use scoregate_tests::{payments, plugins, workspace};
use serde_json::Value;

use super::{RESULT_MAX_BYTES, adapter, answer, answers, event, is_of, model, pipeline};

const EVENTS: usize = 1000;

/// The sample's model with one leaf of one tree moved.
fn changed_fraud() -> Vec<u8> {
    let path = workspace::root().join("plugins/fraud/fraud.json");
    let text = std::fs::read(path).expect("the model's file");
    let mut file: Value = serde_json::from_slice(&text).expect("JSON");
    let tree = &mut file["learner"]["gradient_booster"]["model"]["trees"][3];
    let children = tree["left_children"].as_array().expect("nodes");
    let leaf = children.iter().position(|left| *left == -1);
    tree["split_conditions"][leaf.expect("a leaf")] = Value::from(4.0);
    let options = Options {
        outputs: Some(parse_outputs("margin,probability").expect("outputs")),
        name: "fraud".into(),
        version: "2".into(),
        explain: false,
        iterations: None,
    };
    let compiled = scoregate_compiler::compile(file.to_string().as_bytes(), &options);
    compiled.expect("the changed model compiles").component
}

fn generation(fraud: &[u8]) -> Arc<Generation> {
    let adapter = adapter(plugins::payments(), RESULT_MAX_BYTES);
    Arc::new(Generation::new(adapter, model(fraud)).expect("they fit"))
}

fn events() -> Vec<Event> {
    let payments = payments::heldout().iter().take(EVENTS).enumerate();
    payments
        .map(|(nth, payment)| event(&nth.to_string(), payment.json))
        .collect()
}

fn outcomes(generation: &Arc<Generation>, events: &[Event]) -> Outcomes {
    let events: Vec<&Event> = events.iter().collect();
    let mut chain = Chain::new(generation.clone());
    chain.score(&events, None).expect("outcomes")
}

#[test]
fn it_counts_the_scores_and_decisions_that_differ_exactly() {
    let (active, candidate) = (generation(plugins::fraud()), generation(&changed_fraud()));
    let (ours, theirs) = (
        outcomes(&active, &events()),
        outcomes(&candidate, &events()),
    );
    let differ = |is: &dyn Fn(usize) -> bool| (0..EVENTS).filter(|nth| is(*nth)).count() as u64;
    let score = |outcomes: &Outcomes, nth: usize| outcomes[nth].as_ref().ok()?.score;
    let decision = |outcomes: &Outcomes, nth: usize| outcomes[nth].as_ref().ok()?.decision.clone();
    let scores_differ = differ(&|nth| score(&ours, nth) != score(&theirs, nth));
    let decisions_differ = differ(&|nth| decision(&ours, nth) != decision(&theirs, nth));
    assert!(0 < scores_differ && scores_differ < EVENTS as u64);

    let shadow = Side::new(candidate);
    let serving = Serving {
        active: Side::new(active),
        trial: Some(Trial::Shadow {
            side: shadow.clone(),
            percent: 100.0,
            salt: 1,
        }),
        previous: None,
    };
    let pipeline = pipeline(serving.clone());
    for (nth, group) in events().chunks(100).enumerate() {
        for answer in answers(&pipeline, group.to_vec()) {
            let by_active = answer.map_or(true, |scored| is_of(&scored, &serving.active));
            assert!(by_active, "a shadow answers nobody");
        }
        let compared = || {
            shadow
                .tally
                .status()
                .shadow
                .map_or(0, |s| s.compared_events)
        };
        while compared() < (nth as u64 + 1) * 100 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    let status = shadow.tally.status();
    let found = status.shadow.expect("a comparison");
    assert_eq!(
        (found.compared_events, found.left_out_events),
        (EVENTS as u64, 0)
    );
    assert_eq!(found.scores_differ, scores_differ);
    assert_eq!(found.decisions_differ, decisions_differ);
    assert_eq!(found.largest.len() as u64, scores_differ.min(32));
    let differences: Vec<f64> = found
        .largest
        .iter()
        .filter_map(|found| found.score_difference)
        .collect();
    assert!(differences.is_sorted_by(|before, after| before >= after));
    let largest =
        (0..EVENTS).filter_map(|nth| Some((score(&ours, nth)? - score(&theirs, nth)?).abs()));
    assert_eq!(differences.first().copied(), largest.reduce(f64::max));
    assert_eq!(serving.active.tally.status().events, EVENTS as u64);
}

#[test]
fn an_event_that_finds_no_room_to_wait_is_answered_left_out_and_counted() {
    let shadow = Side::new(super::hostile("candidate", RESULT_MAX_BYTES));
    let serving = Serving {
        trial: Some(Trial::Shadow {
            side: shadow.clone(),
            percent: 100.0,
            salt: 1,
        }),
        ..Serving::only(super::hostile("active", RESULT_MAX_BYTES))
    };
    let pipeline = pipeline(serving);
    let large = format!("good {}", "x".repeat(SHADOW_QUEUE_MAX_BYTES));
    for payload in [&*large, "good 1"] {
        assert!(answer(&pipeline, payload).is_ok());
    }
    let found = || shadow.tally.status().shadow.unwrap_or_default();
    while found().compared_events == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!((found().compared_events, found().left_out_events), (1, 1));
}
