//! What serves changes under load, and nobody notices.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use scoregate::{
    event::Refusal,
    pipeline::{InferJob, ModelQueue, Models, ServedModel, Serving, Side},
    tensor::Tensor,
};
use scoregate_tests::plugins;
use tokio::sync::oneshot;

use super::{
    RESULT_MAX_BYTES, another, answer, answers, config, event, hostile, model, pipeline,
    pipeline_of,
};

#[test]
fn each_outcome_is_of_one_generation_whatever_changes_meanwhile() {
    let generations = [
        hostile("one", RESULT_MAX_BYTES),
        hostile("two", RESULT_MAX_BYTES),
    ];
    let pipeline = pipeline(Serving::only(generations[0].clone()));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut previous = None;
            for nth in (0..).take_while(|_| !over.load(Ordering::Relaxed)) {
                let generation = generations[nth % 2].clone();
                let active = Side::new(generation.clone());
                pipeline.serve(Serving {
                    active,
                    trial: None,
                    previous,
                });
                previous = Some(generation);
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let mut seen = [0, 0];
        while seen.contains(&0) || seen.iter().sum::<usize>() < 5_000 {
            let events = (0..50).map(|nth| event(&nth.to_string(), &format!("good {nth}")));
            for (nth, answer) in answers(&pipeline, events.collect()).into_iter().enumerate() {
                let scored = answer.expect("no event fails by a change");
                assert_eq!(scored.outcome.score, Some(2.0 * nth as f64));
                let side = generations
                    .iter()
                    .position(|g| g.releases == scored.releases);
                seen[side.expect("both releases are of one generation")] += 1;
            }
        }
        over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn what_nobody_refers_to_any_more_is_gone_with_the_next_batch() {
    let (one, two) = (
        hostile("one", RESULT_MAX_BYTES),
        hostile("two", RESULT_MAX_BYTES),
    );
    let pipeline = pipeline(Serving::only(one.clone()));
    assert!(answer(&pipeline, "good 1").is_ok());
    let gone = Arc::downgrade(&one);
    pipeline.serve(Serving {
        previous: Some(one),
        ..Serving::only(two.clone())
    });
    assert!(answer(&pipeline, "good 1").is_ok());
    assert!(gone.upgrade().is_some(), "kept for a step back");
    pipeline.serve(Serving::only(two));
    assert!(answer(&pipeline, "good 1").is_ok());
    assert!(gone.upgrade().is_none());
}

#[test]
fn a_step_back_ends_the_suspension_that_the_release_before_it_caused() {
    let bad = hostile("bad", super::SMALL_RESULT_MAX_BYTES);
    let config = config(vec![config::Source::Http], 1);
    let pipeline = pipeline_of(&config, Serving::only(bad));
    assert!(answer(&pipeline, "post-large").is_err());
    assert!(pipeline.room().is_err(), "suspended");
    pipeline.serve(Serving::only(hostile("good", RESULT_MAX_BYTES)));
    assert!(pipeline.room().is_ok());
    assert!(answer(&pipeline, "post-large").is_ok());
}

#[test]
fn a_paused_pipeline_takes_nothing_and_goes_on_where_it_was() {
    let pipeline = pipeline(Serving::only(hostile("one", RESULT_MAX_BYTES)));
    assert!(answer(&pipeline, "good 1").is_ok());
    pipeline.pause();
    let Err(Refusal::Unavailable { reason, .. }) = pipeline.room() else {
        panic!("requests are refused");
    };
    assert_eq!(reason, "pipeline `test` is paused by an operator");
    let mut jobs: VecDeque<_> = VecDeque::new();
    let (reply, mut awaited) = oneshot::channel();
    jobs.push_back(scoregate::pipeline::Job {
        event: event("event", "good 2"),
        deadline: None,
        receipt: scoregate::pipeline::Receipt::Reply(reply),
    });
    assert!(
        !pipeline.offer(&mut jobs, Duration::from_millis(1)),
        "streams wait"
    );
    assert!(awaited.try_recv().is_err());
    pipeline.resume();
    assert!(pipeline.room().is_ok());
    assert!(pipeline.offer(&mut jobs, Duration::ZERO));
    assert!(awaited.blocking_recv().expect("an answer").result.is_ok());
}

#[test]
fn a_model_is_asked_by_its_version_while_it_is_active_on_trial_or_the_one_before() {
    let [one, two] = ["one", "two"].map(|name| model(&another(plugins::hostile_model(), name)));
    let queue = ModelQueue::new("model", one.clone(), 16, 16);
    let before = queue.active();
    queue.serve(Models {
        previous: Some(one.clone()),
        ..Models::only(two.clone())
    });
    let asked = [before, queue.active()].map(|model| infer(&queue, model));
    assert_eq!(asked, [one.parts.name.clone(), two.parts.name.clone()]);
    let served = |queue: &ModelQueue| -> Vec<_> {
        let models = queue.models().into_iter();
        models.map(|model| model.release().clone()).collect()
    };
    assert_eq!(
        served(&queue),
        [two.parts.name.clone(), one.parts.name.clone()]
    );
    queue.serve(Models::only(two.clone()));
    assert_eq!(served(&queue).len(), 1);
}

/// Which release answered.
fn infer(queue: &ModelQueue, model: ServedModel) -> scoregate::release::ReleaseName {
    let (reply, answer) = oneshot::channel();
    let values = [0.0_f32, 3.0].map(f32::to_le_bytes).concat();
    let job = InferJob {
        model,
        inputs: vec![Tensor {
            shape: vec![1, 2],
            data: values,
        }],
        deadline: None,
        reply,
    };
    assert!(queue.submit(job).is_ok());
    let inferred = answer.blocking_recv().expect("an answer").expect("outputs");
    assert_eq!(inferred.outputs[0].data, 6.0_f32.to_le_bytes());
    inferred.model
}
