use super::*;
use crate::{
    fault::Fault,
    release::{Digest, ReleaseName},
};

type Verdict = Result<Outcome, Refusal>;

fn scored(score: f64, decision: &str) -> Verdict {
    Ok(Outcome {
        score: Some(score),
        decision: Some(decision.into()),
        ..Outcome::default()
    })
}

fn fault(kind: FaultKind) -> Verdict {
    Err(Refusal::Fault(Fault {
        plugin: ReleaseName::new("fraud", Digest::of(b"")),
        kind,
        detail: String::new(),
    }))
}

fn tally(verdicts: &[Verdict], elapsed_ms: u64) -> Tally {
    let tally = Tally::default();
    tally.scored(verdicts.iter(), Duration::from_millis(elapsed_ms));
    tally
}

#[test]
fn each_event_is_counted_once_by_what_became_of_it() {
    let unavailable = Err(Refusal::Unavailable {
        reason: String::new(),
        retry_after_s: 1,
    });
    let verdicts = [
        scored(0.5, "approve"),
        scored(1.0, "decline"),
        scored(f64::NAN, "decline"),
        Err(Refusal::Rejected(String::new())),
        Err(Refusal::InvalidInput(String::new())),
        fault(FaultKind::Deadline),
        unavailable,
    ];
    let tally = tally(&verdicts, 2);
    let status = tally.status();
    assert_eq!((status.events, status.scored, status.rejected), (7, 3, 2));
    assert_eq!((status.faults["deadline"], status.faults["trap"]), (1, 0));
    assert_eq!((status.untried, tally.faults()), (1, 1));
    assert_eq!(status.score_mean, Some(0.75));
    assert_eq!(status.decisions["decline"], 2);
    assert!(
        status
            .latency_p99_ms
            .is_some_and(|ms| (2.0..2.2).contains(&ms))
    );
    let json = serde_json::to_string(&status).unwrap();
    let read: TallyStatus = serde_json::from_str(&json).unwrap();
    assert_eq!(read, status);
}

#[test]
fn decisions_are_bounded() {
    let verdicts: Vec<Verdict> = (0..TALLY_DECISIONS_MAX_COUNT + 5)
        .map(|nth| scored(0.0, &nth.to_string()))
        .collect();
    let status = tally(&verdicts, 1).status();
    assert_eq!(status.decisions.len(), TALLY_DECISIONS_MAX_COUNT);
    assert_eq!(status.other_decisions, 5);
}

#[test]
fn drift_is_told_once_both_sides_have_enough_scores() {
    let scores = |from: usize, count: usize| {
        let verdicts: Vec<Verdict> = (from..from + count)
            .map(|nth| scored(nth as f64, "same"))
            .collect();
        tally(&verdicts, 1)
    };
    let few = scores(0, crate::limits::TALLY_COMPARED_MIN_COUNT - 1);
    let (one, half_off) = (scores(0, 100), scores(50, 100));
    assert_eq!(drift(&few, &one), None);
    assert_eq!(drift(&one, &one), Some(0.0));
    assert_eq!(drift(&one, &half_off), Some(0.5));
}

#[test]
fn latencies_are_compared_over_passes_of_as_many_events() {
    let one = |ms: u64| Duration::from_millis(ms);
    let (candidate, active) = (Tally::default(), Tally::default());
    assert_eq!(latency_ratio(&candidate, &active), None);
    let verdicts: Vec<Verdict> = (0..64).map(|_| scored(0.0, "same")).collect();
    for _ in 0..100 {
        candidate.scored(verdicts[..1].iter(), one(3));
        active.scored(verdicts[..1].iter(), one(1));
        active.scored(verdicts.iter(), one(50));
    }
    let ratio = latency_ratio(&candidate, &active).unwrap();
    assert!((2.8..3.2).contains(&ratio), "{ratio}");
    candidate.compared("event", Reply::default(), Reply::default());
    assert_eq!(latency_ratio(&candidate, &active), None, "a shadow");
}
