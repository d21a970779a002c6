use std::{fs, os::unix::fs::PermissionsExt as _};

use bytes::Bytes;

use super::*;
use crate::{
    event::{Event, Header, Origin},
    fault::FaultKind,
    lane::{Lane, Stream, StreamKind},
    sink::testing,
};

fn dead(id: &str, dead_at_ms: u64) -> DeadLetter {
    let scored = testing::scored(id);
    DeadLetter {
        event: scored.event,
        reason: "the amount is no number".into(),
        cause: Cause::Rejected,
        releases: scored.releases,
        dead_at_ms,
    }
}

fn all() -> Filter {
    Filter {
        pipeline: "fraud".into(),
        fault: None,
        since_ms: None,
        open: false,
        order: Order::OldestFirst,
        after: None,
        limit: 100,
    }
}

fn ids(letters: &[Letter]) -> Vec<&str> {
    letters.iter().map(|letter| letter.id.as_str()).collect()
}

#[tokio::test]
async fn what_is_written_is_read_back_to_the_byte() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new/dead.jsonl");
    let letters = FileDeadLetters::open(&path, "fraud").await.unwrap();
    let stream = Stream {
        kind: StreamKind::Kafka,
        name: "payments".into(),
        group: "fraud".into(),
    };
    let lane = Lane::new(stream.into(), 3, 0, 0, Default::default());
    let (position, hold) = lane.hold(1042, 1043, 0);
    let header = |name: &str, value: Option<&'static [u8]>| Header {
        name: name.into(),
        value: value.map(Bytes::from_static),
    };
    let null = DeadLetter {
        event: Event {
            key: None,
            payload: Bytes::new(),
            headers: vec![
                header("trace", Some(b"a\nb")),
                header("null", None),
                header("empty", Some(b"")),
                header("bytes", Some(b"\xff\x00")),
            ],
            origin: Origin::Stream {
                position,
                null_payload: true,
            },
            ..dead("payments/3/1042", 7).event
        },
        cause: Cause::Fault(FaultKind::Trap),
        ..dead("payments/3/1042", 7)
    };
    let mut binary = dead("b", 8);
    binary.event.payload = Bytes::from_static(b"\xfe\n\x00");
    binary.event.key = Some(Bytes::from_static(b"\xff"));
    let mut text = dead("c", 9);
    text.event.payload = Bytes::from_static("{\"a\":\n\"ü\"}".as_bytes());
    let written = [null, binary, text, dead("d", 10)];
    letters.write(&written).await.unwrap();
    hold.release();
    let read = letters.list(&all()).await.unwrap();
    let expected: Vec<_> = written.iter().map(|d| Letter::of(d, "fraud")).collect();
    assert_eq!(read, expected);
    assert_eq!(
        (read[0].payload.as_ref(), read[0].origin.as_str()),
        (None, "kafka:payments/3/1042")
    );
    assert_eq!(letters.get("b").await.unwrap().as_ref(), Some(&expected[1]));
    assert_eq!(letters.get("none").await.unwrap(), None);
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 4);
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[tokio::test]
async fn a_torn_last_line_costs_that_line_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dead.jsonl");
    let letters = FileDeadLetters::open(&path, "fraud").await.unwrap();
    letters.write(&[dead("a", 1), dead("b", 2)]).await.unwrap();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 30]).unwrap();
    letters.write(&[dead("c", 3)]).await.unwrap();
    assert_eq!(ids(&letters.list(&all()).await.unwrap()), ["a", "c"]);
}

#[tokio::test]
async fn a_file_that_was_moved_away_is_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dead.jsonl");
    let letters = FileDeadLetters::open(&path, "fraud").await.unwrap();
    letters.write(&[dead("a", 1)]).await.unwrap();
    fs::rename(&path, dir.path().join("dead.jsonl.1")).unwrap();
    letters.write(&[dead("b", 2)]).await.unwrap();
    assert_eq!(ids(&letters.list(&all()).await.unwrap()), ["b"]);
    let moved = FileDeadLetters::new(&dir.path().join("dead.jsonl.1"), "fraud");
    assert_eq!(ids(&moved.list(&all()).await.unwrap()), ["a"]);
}

#[tokio::test]
async fn a_letter_is_open_until_it_was_sent_again_and_once_more_when_it_died_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dead.jsonl");
    let letters = FileDeadLetters::open(&path, "fraud").await.unwrap();
    letters.write(&[dead("a", 1), dead("b", 2)]).await.unwrap();
    letters.mark_retried("a", 50).await.unwrap();
    let open = Filter {
        open: true,
        ..all()
    };
    assert_eq!(ids(&letters.list(&open).await.unwrap()), ["b"]);
    let marked = letters.get("a").await.unwrap().unwrap();
    assert_eq!(marked.retried_at_ms, Some(50));
    letters.write(&[dead("a", 60)]).await.unwrap();
    assert_eq!(ids(&letters.list(&open).await.unwrap()), ["b", "a"]);
}

#[tokio::test]
async fn a_list_holds_what_was_asked_for_page_by_page() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dead.jsonl");
    let letters = FileDeadLetters::open(&path, "fraud").await.unwrap();
    let mut trap = dead("trap", 5);
    trap.cause = Cause::Fault(FaultKind::Trap);
    let written = [dead("a", 1), dead("b", 2), trap, dead("c", 6)];
    letters.write(&written).await.unwrap();
    let other = FileDeadLetters::open(&path, "other").await.unwrap();
    other.write(&[dead("x", 3)]).await.unwrap();
    let newest = Filter {
        order: Order::NewestFirst,
        limit: 2,
        ..all()
    };
    let page = letters.list(&newest).await.unwrap();
    assert_eq!(ids(&page), ["c", "trap"]);
    let next = Filter {
        after: Some((page[1].dead_at_ms, page[1].id.clone())),
        ..newest
    };
    assert_eq!(ids(&letters.list(&next).await.unwrap()), ["b", "a"]);
    let since = Filter {
        since_ms: Some(5),
        ..all()
    };
    assert_eq!(ids(&letters.list(&since).await.unwrap()), ["trap", "c"]);
    let fault = Filter {
        fault: Some(Cause::Fault(FaultKind::Trap)),
        ..all()
    };
    assert_eq!(ids(&letters.list(&fault).await.unwrap()), ["trap"]);
    let counts = letters.counts(&all()).await.unwrap();
    assert_eq!(
        counts,
        [(Cause::Rejected, 3), (Cause::Fault(FaultKind::Trap), 1)]
    );
}

#[tokio::test]
async fn what_a_keeper_can_never_take_is_kept_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("last-resort.jsonl");
    let last_resort = super::super::LastResort::new(&path, "fraud");
    last_resort.write(&[]).await.unwrap();
    assert!(!path.exists());
    let rows = [crate::sink::RefusedRow {
        row: 1,
        reason: "it has 2000000 bytes; the topic takes 1000000".into(),
    }];
    let mut refused = Vec::new();
    let dead = vec![dead("a", 1), dead("b", 2), dead("c", 3)];
    let rest = super::super::last_resort::part(dead, &rows, &mut refused);
    let rest: Vec<_> = rest.iter().map(|dead| dead.event.id.as_str()).collect();
    assert_eq!(rest, ["a", "c"]);
    last_resort.write(&refused).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(r#""event_id":"b""#), "{text}");
    assert!(
        text.contains(r#""refused_because":"it has 2000000 bytes"#),
        "{text}"
    );
}
