//! The dead letters' table, in PostgreSQL and in SQLite.

use std::sync::Arc;

use bytes::Bytes;
use scoregate::{
    dead_letter::{Cause, DeadLetter},
    event::{Header, Origin},
    fault::FaultKind,
    lane::{Lane, Load, Stream, StreamKind},
    sink::dead::{Filter, Letter, Order, PostgresDeadLetters, SqliteDeadLetters},
};

use super::{PIPELINE, database, event, releases, table};

fn dead(id: &str, cause: Cause, dead_at_ms: u64) -> DeadLetter {
    DeadLetter {
        event: event(id),
        reason: "the amount is no number".into(),
        cause,
        releases: releases(),
        dead_at_ms,
    }
}

fn filter() -> Filter {
    Filter {
        pipeline: PIPELINE.into(),
        fault: None,
        since_ms: None,
        open: false,
        order: Order::OldestFirst,
        after: None,
        limit: 100,
    }
}

/// Runs the block on a table of each database.
macro_rules! in_both {
    ($letters:ident, $body:block) => {
        let config = table(&database(), "dead_letters");
        let $letters = PostgresDeadLetters::open(&config, PIPELINE).await;
        let $letters = $letters.unwrap();
        $body
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dead.db");
        let $letters = SqliteDeadLetters::open(&path, "dead_letters", PIPELINE).await;
        let $letters = $letters.unwrap();
        $body
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_comes_back_untouched() {
    let stream = Stream {
        kind: StreamKind::Kafka,
        name: "payments".into(),
        group: "fraud".into(),
    };
    let lane = Lane::new(Arc::new(stream), 3, 0, 1, Arc::new(Load::default()));
    let (position, hold) = lane.hold(1042, 1043, 1);
    let mut hostile = dead("payments/3/1042", Cause::Fault(FaultKind::Trap), 5);
    hostile.event.key = Some(Bytes::from_static(b"\xff\0"));
    hostile.event.payload = Bytes::from_static(b"\0\xfe{");
    hostile.reason = "a \0 of a plugin".into();
    let header = |name: &str, value: Option<&'static [u8]>| Header {
        name: name.into(),
        value: value.map(Bytes::from_static),
    };
    hostile.event.headers = vec![
        header("trace", Some(b"\"1\"")),
        header("trace", None),
        header("bytes", Some(b"\0\xff")),
    ];
    hostile.event.origin = Origin::Stream {
        position: position.clone(),
        null_payload: false,
    };
    let mut null = dead("payments/3/1043", Cause::Rejected, 6);
    null.event.payload = Bytes::new();
    null.event.origin = Origin::Stream {
        position,
        null_payload: true,
    };
    let empty = DeadLetter {
        event: scoregate::event::Event {
            payload: Bytes::new(),
            key: None,
            ..event("empty")
        },
        ..dead("", Cause::Undeliverable, 7)
    };
    let written = [hostile, null, empty];
    hold.release();
    let mut want = written.clone().map(|dead| Letter::of(&dead, PIPELINE));
    want[0].error = "a \u{fffd} of a plugin".into();
    in_both!(letters, {
        letters.write(&written).await.unwrap();
        assert_eq!(letters.list(&filter()).await.unwrap(), want);
        let found = letters.get("payments/3/1042").await.unwrap();
        assert_eq!(found.as_ref(), Some(&want[0]));
        assert_eq!(letters.get("none").await.unwrap(), None);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_failed_again_shows_up_again() {
    in_both!(letters, {
        let twice = [
            dead("e-1", Cause::Rejected, 1),
            dead("e-1", Cause::Undeliverable, 2),
        ];
        letters.write(&twice).await.unwrap();
        letters.mark_retried("e-1", 10).await.unwrap();
        let open = Filter {
            open: true,
            ..filter()
        };
        assert!(letters.list(&open).await.unwrap().is_empty());
        let [retried] = &letters.list(&filter()).await.unwrap()[..] else {
            panic!("one letter of an event");
        };
        assert_eq!(
            (retried.fault, retried.retried_at_ms),
            (Cause::Undeliverable, Some(10))
        );
        letters
            .write(&[dead("e-1", Cause::Fault(FaultKind::Deadline), 20)])
            .await
            .unwrap();
        let [again] = &letters.list(&open).await.unwrap()[..] else {
            panic!("it is open again");
        };
        assert_eq!((again.dead_at_ms, again.retried_at_ms), (20, None));
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_are_found_by_cause_and_time_a_page_after_another() {
    in_both!(letters, {
        let causes = [Cause::Rejected, Cause::Fault(FaultKind::Trap)];
        let all: Vec<_> = (0..30)
            .map(|nth| dead(&format!("e-{nth}"), causes[nth % 2], (nth / 3) as u64))
            .collect();
        letters.write(&all).await.unwrap();
        for order in [Order::OldestFirst, Order::NewestFirst] {
            let mut page = Filter {
                order,
                limit: 7,
                ..filter()
            };
            let mut seen = Vec::new();
            loop {
                let found = letters.list(&page).await.unwrap();
                let Some(last) = found.last() else { break };
                page.after = Some((last.dead_at_ms, last.id.clone()));
                seen.extend(
                    found
                        .into_iter()
                        .map(|letter| (letter.dead_at_ms, letter.id)),
                );
            }
            let mut want: Vec<_> = all
                .iter()
                .map(|dead| (dead.dead_at_ms, dead.event.id.clone()))
                .collect();
            want.sort();
            if order == Order::NewestFirst {
                want.reverse();
            }
            assert_eq!(seen, want);
        }
        let trapped = Filter {
            fault: Some(causes[1]),
            since_ms: Some(5),
            ..filter()
        };
        assert_eq!(letters.list(&trapped).await.unwrap().len(), 8);
        assert_eq!(letters.counts(&trapped).await.unwrap(), [(causes[1], 8)]);
        let counts = letters.counts(&filter()).await.unwrap();
        assert_eq!(counts, [(Cause::Rejected, 15), (causes[1], 15)]);
    });
}
