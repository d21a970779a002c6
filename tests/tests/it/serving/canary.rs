//! A canary answers its share of events, and costs nobody an answer.

use std::sync::Arc;

use scoregate::{
    event::Refusal,
    lane::{Lane, Load, Stream, StreamKind},
    pipeline::{Job, Receipt, Serving, Side, Trial},
};

use super::{
    RESULT_MAX_BYTES, SMALL_RESULT_MAX_BYTES, answer, answers, config, event, hostile, is_of,
    pipeline, pipeline_of,
};

fn canary(percent: f64, candidate_result_max_bytes: u64) -> Serving {
    Serving {
        active: Side::new(hostile("active", RESULT_MAX_BYTES)),
        trial: Some(Trial::Canary {
            side: Side::new(hostile("candidate", candidate_result_max_bytes)),
            percent,
            salt: 7,
        }),
        previous: None,
    }
}

fn at(serving: &Serving, percent: f64) -> Serving {
    let side = serving.candidate().expect("a trial").clone();
    Serving {
        trial: Some(Trial::Canary {
            side,
            percent,
            salt: 7,
        }),
        ..serving.clone()
    }
}

#[test]
fn the_same_keys_are_answered_by_the_canary_each_time() {
    let serving = canary(10.0, RESULT_MAX_BYTES);
    let candidate = serving.candidate().expect("a trial").clone();
    let pipeline = pipeline(serving.clone());
    let chosen = || -> Vec<bool> {
        let events = (0..1000).map(|nth| event(&format!("card {nth}"), &format!("good {nth}")));
        let answers = answers(&pipeline, events.collect());
        let answers = answers.into_iter().enumerate().map(|(nth, answer)| {
            let scored = answer.expect("an outcome");
            assert_eq!(scored.outcome.score, Some(2.0 * nth as f64), "in order");
            let by_canary = is_of(&scored, &candidate);
            assert!(by_canary || is_of(&scored, &serving.active));
            by_canary
        });
        answers.collect()
    };
    let first = chosen();
    assert_eq!(first, chosen());
    let count = first.iter().filter(|chosen| **chosen).count();
    // Four deviations of a binomial distribution around 100.
    assert!((62..=138).contains(&count), "{count}");
    let (ours, theirs) = (candidate.tally.status(), serving.active.tally.status());
    assert_eq!(
        (ours.scored, ours.events),
        (2 * count as u64, 2 * count as u64)
    );
    assert_eq!(theirs.scored, 2000 - ours.scored);
    assert_eq!(ours.decisions["fine"], ours.scored);
    pipeline.serve(at(&serving, 40.0));
    let more = chosen();
    assert!(first.iter().zip(&more).all(|(before, now)| !before || *now));
    assert!(more.iter().filter(|chosen| **chosen).count() > 300);
}

#[test]
fn what_a_canary_fails_on_the_active_release_answers() {
    let serving = canary(100.0, SMALL_RESULT_MAX_BYTES);
    let candidate = serving.candidate().expect("a trial").clone();
    let pipeline = pipeline(serving.clone());
    let fails = |nth: &usize| nth % 10 == 3;
    let payload = |nth: usize| {
        let word = if fails(&nth) { "post-large" } else { "good" };
        event(&nth.to_string(), &format!("{word} {nth}"))
    };
    let answers = answers(&pipeline, (0..100).map(payload).collect());
    for (nth, answer) in answers.into_iter().enumerate() {
        let scored = answer.expect("no client sees a canary's fault");
        assert_eq!(scored.outcome.score, Some(2.0 * nth as f64));
        let side = if fails(&nth) {
            &serving.active
        } else {
            &candidate
        };
        assert!(is_of(&scored, side), "{nth} by {:?}", scored.releases);
    }
    let tally = candidate.tally.status();
    assert_eq!((tally.events, tally.scored), (100, 90));
    assert_eq!(candidate.tally.faults(), 10, "{tally:?}");
    assert_eq!(serving.active.tally.status().scored, 10);
    let status = pipeline.status();
    assert_eq!((status.faults_in_a_row, status.events["fault"]), (0, 0));
}

#[test]
fn rejections_of_a_canary_stand_and_faults_of_both_are_the_active_releases() {
    let serving = canary(100.0, RESULT_MAX_BYTES);
    let candidate = serving.candidate().expect("a trial").clone();
    let pipeline = pipeline(serving.clone());
    let refusal = answer(&pipeline, "reject").expect_err("rejected");
    assert_eq!(refusal, Refusal::Rejected("rejected as asked".into()));
    assert_eq!(candidate.tally.status().rejected, 1);
    assert_eq!(serving.active.tally.events(), 0);
    let refusal = answer(&pipeline, "trap").expect_err("a fault");
    let Refusal::Fault(fault) = refusal else {
        panic!("{:?}", refusal);
    };
    assert_eq!(fault.plugin, serving.active.generation.releases.adapter);
    assert_eq!(
        (candidate.tally.faults(), serving.active.tally.faults()),
        (1, 1)
    );
    assert_eq!(
        pipeline.status().faults_in_a_row,
        1,
        "the active one's alone"
    );
}

#[test]
fn a_canary_that_always_fails_is_left_alone_and_its_events_are_answered() {
    let serving = canary(100.0, SMALL_RESULT_MAX_BYTES);
    let candidate = serving.candidate().expect("a trial").clone();
    let pipeline = pipeline(serving.clone());
    let events = (0..100).map(|nth| event(&nth.to_string(), "post-large"));
    for answer in answers(&pipeline, events.collect()) {
        assert!(is_of(&answer.expect("an outcome"), &serving.active));
    }
    let tally = candidate.tally.status();
    assert_eq!((tally.events, tally.scored), (100, 0));
    assert!(tally.untried > 0, "{tally:?}");
    assert_eq!(tally.untried + candidate.tally.faults(), 100);
    assert_eq!(pipeline.status().faults_in_a_row, 0);
}

#[test]
fn an_event_of_a_stream_that_a_canary_fails_on_is_delivered_in_its_order() {
    let file = config::Source::File {
        path: "events".into(),
        from: config::From::Start,
    };
    let serving = canary(50.0, SMALL_RESULT_MAX_BYTES);
    let candidate = serving.candidate().expect("a trial").clone();
    let mut config = config(vec![file], 1000);
    config.workers = 2;
    let pipeline = pipeline_of(&config, serving);
    let stream = Stream {
        kind: StreamKind::File,
        name: "events".into(),
        group: String::new(),
    };
    let lane = Lane::new(Arc::new(stream), 0, 0, 0, Arc::new(Load::default()));
    let mut jobs = (0..200)
        .map(|nth| {
            let (_, hold) = lane.hold(nth, nth + 1, 0);
            Job {
                event: event(&nth.to_string(), "post-large"),
                deadline: None,
                receipt: Receipt::Stream(hold),
            }
        })
        .collect();
    while pipeline.offer(&mut jobs, std::time::Duration::from_secs(1)) {}
    assert!(jobs.is_empty());
    assert!(pipeline.drain(std::time::Duration::from_secs(60)));
    // An event that got lost would have closed the lane, and so would one without an outcome here, where no dead letters are taken.
    assert!(lane.is_open());
    assert_eq!((lane.watermark(), lane.in_flight_events()), (200, 0));
    assert!(candidate.tally.faults() > 0);
    assert_eq!(pipeline.status().events["scored"], 200);
}
