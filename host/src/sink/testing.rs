//! What the tests of all sinks share.

use std::{
    process::{Child, Command, Stdio},
    sync::Arc,
};

use bytes::Bytes;

use crate::{
    event::{Event, Origin, Outcome, Releases, Scored},
    release::{Digest, ReleaseName},
};

/// A plausible payment's outcome with the id given.
pub fn scored(id: &str) -> Scored {
    Scored {
        event: Event {
            id: id.into(),
            key: Some(Bytes::from_static(b"card-7")),
            payload: Bytes::from_static(b"{}"),
            timestamp_ms: 1_700_000_000_000,
            headers: Vec::new(),
            origin: Origin::Http,
        },
        outcome: Outcome {
            score: Some(0.93),
            decision: Some("decline".into()),
            payload:
                br#"{"payment_id":"p-123456","decision":"decline","reasons":["amount","distance"]}"#
                    .to_vec(),
            route: None,
        },
        releases: releases(),
        scored_at_ms: 1_700_000_000_005,
    }
}

pub fn batch(ids: impl IntoIterator<Item = String>) -> Vec<Scored> {
    let releases = releases();
    let with = |id: String| Scored {
        releases: Arc::clone(&releases),
        ..scored(&id)
    };
    ids.into_iter().map(with).collect()
}

fn releases() -> Arc<Releases> {
    Arc::new(Releases {
        adapter: ReleaseName::new("payments", Digest::of(b"adapter")),
        model: ReleaseName::new("fraud", Digest::of(b"model")),
    })
}

/// Runs an ignored test of this binary as a process of its own, with its standard input and output at hand; `argument` is what
/// [`child_argument`] gives it.
pub fn child(test: &str, argument: &str) -> Child {
    let binary = std::env::current_exe().expect("this test's own file");
    Command::new(binary)
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(CHILD_ARGUMENT, argument)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child process")
}

/// None where a test that is meant for a child was started by hand.
pub fn child_argument() -> Option<String> {
    std::env::var(CHILD_ARGUMENT).ok()
}

const CHILD_ARGUMENT: &str = "SCOREGATE_TEST_CHILD_ARGUMENT";
