//! Outcomes, dead letters and places go together or not at all, and only the owner of a partition writes: in PostgreSQL and in SQLite.

use std::sync::Arc;

use scoregate::{
    dead_letter::{Cause, DeadLetter},
    event::{Origin, Scored},
    lane::{Hold, Lane, Load, Stream, StreamKind},
    sink::{ExactSink, Ledger, SinkError, postgres::ExactPostgres, sqlite::ExactSqlite},
};

use super::{PIPELINE, count, database, releases, row, scored, table};

/// A gateway's side of a database.
struct Owner {
    sink: ExactSink,
    ledger: Ledger,
}

impl Owner {
    async fn postgres(url: &str, name: &str) -> Self {
        let sink = ExactPostgres::open(&table(url, "scores"), "dead_letters", PIPELINE).await;
        let sink = sink.unwrap();
        Self {
            ledger: Ledger::Postgres(sink.ledger(name)),
            sink: ExactSink::Postgres(sink),
        }
    }

    async fn sqlite(path: &std::path::Path, name: &str) -> Self {
        let sink = ExactSqlite::open(path, "scores", "dead_letters", PIPELINE).await;
        let sink = sink.unwrap();
        Self {
            ledger: Ledger::Sqlite(sink.ledger(name)),
            sink: ExactSink::Sqlite(sink),
        }
    }

    /// Claims the partition and reads it on from where that says.
    async fn lane(&self, partition: i32) -> Arc<Lane> {
        let claim = self.ledger.claim(&stream(), partition).await.unwrap();
        let start = claim.next.unwrap_or(0);
        Lane::new(
            Arc::new(stream()),
            partition,
            start,
            claim.epoch,
            Arc::new(Load::default()),
        )
    }

    async fn next(&self, partition: i32) -> Option<i64> {
        let claim = self.ledger.claim(&stream(), partition).await;
        claim.unwrap().next
    }
}

fn stream() -> Stream {
    Stream {
        kind: StreamKind::Kafka,
        name: "payments".into(),
        group: "fraud".into(),
    }
}

/// The records of these offsets, and what holds them.
fn read(lane: &Arc<Lane>, offsets: std::ops::Range<i64>) -> (Vec<Scored>, Vec<Hold>) {
    let read = offsets.map(|offset| {
        let (position, hold) = lane.hold(offset, offset + 1, 1);
        let mut record = scored(&format!("payments/{}/{offset}", lane.partition));
        record.event.origin = Origin::Stream {
            position,
            null_payload: false,
        };
        (record, hold)
    });
    read.unzip()
}

fn dead(record: &Scored) -> DeadLetter {
    DeadLetter {
        event: record.event.clone(),
        reason: "no number".into(),
        cause: Cause::Rejected,
        releases: releases(),
        dead_at_ms: 1,
    }
}

async fn moves_both_or_none(owner: Owner) {
    let (a, b) = (owner.lane(0).await, owner.lane(1).await);
    assert_eq!((a.epoch, a.watermark(), b.epoch), (1, 0, 1));
    let (mut rows, _holds) = read(&a, 0..100);
    let (more, _more_holds) = read(&b, 40..50);
    rows.extend(more);
    let letters = [dead(&rows[99]), dead(&rows[109])];
    // Again, as where the answer got lost.
    for _ in 0..2 {
        owner.sink.write(&rows, &letters).await.unwrap();
    }
    assert_eq!(
        (
            owner.next(0).await,
            owner.next(1).await,
            owner.next(2).await
        ),
        (Some(100), Some(50), None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_and_places_move_together() {
    let url = database();
    moves_both_or_none(Owner::postgres(&url, "a").await).await;
    assert_eq!(count(&url).await, 110);
    let letters: (i64,) = row(&url, "SELECT count(*) FROM dead_letters").await;
    assert_eq!(letters.0, 2);
    let folder = tempfile::tempdir().unwrap();
    moves_both_or_none(Owner::sqlite(&folder.path().join("s.db"), "a").await).await;
}

async fn fences(first: Owner, second: Owner) {
    let (lost, kept) = (first.lane(0).await, first.lane(1).await);
    let (rows, _holds) = read(&lost, 0..10);
    first.sink.write(&rows, &[]).await.unwrap();
    let taken = second.lane(0).await;
    assert_eq!((taken.epoch, taken.watermark()), (2, 10));

    let (mut rows, _holds) = read(&lost, 10..20);
    let (of_kept, _holds) = read(&kept, 0..5);
    rows.extend(of_kept.iter().cloned());
    for _ in 0..2 {
        let error = first.sink.write(&rows, &[]).await.unwrap_err();
        assert!(matches!(error, SinkError::Closed(_)), "{error}");
    }
    assert!(!lost.is_open() && kept.is_open());
    first.sink.write(&of_kept, &[]).await.unwrap();
    let (rows, _holds) = read(&taken, 10..12);
    second.sink.write(&rows, &[]).await.unwrap();
    assert_eq!(
        (second.next(0).await, second.next(1).await),
        (Some(12), Some(5))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_owner_writes_nothing_more() {
    let url = database();
    fences(
        Owner::postgres(&url, "a").await,
        Owner::postgres(&url, "b").await,
    )
    .await;
    assert_eq!(count(&url).await, 17);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.db");
    fences(
        Owner::sqlite(&path, "a").await,
        Owner::sqlite(&path, "b").await,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_can_never_be_taken_leave_the_place_where_it_was() {
    let url = database();
    let owner = Owner::postgres(&url, "a").await;
    let lane = owner.lane(0).await;
    let (mut rows, _holds) = read(&lane, 0..20);
    rows[3].outcome.decision = Some("\0".into());
    let mut letters = [dead(&rows[18]), dead(&rows[19])];
    letters[1].event.headers = vec![scoregate::event::Header {
        name: "\0".into(),
        value: None,
    }];
    rows.truncate(18);
    let refused = |error: SinkError| match error {
        SinkError::Rows(_, refused) => refused.into_iter().map(|row| row.row).collect::<Vec<_>>(),
        other => panic!("{other}"),
    };
    let error = owner.sink.write(&rows, &letters).await.unwrap_err();
    assert_eq!(refused(error), [3]);
    rows[3].outcome.decision = None;
    let error = owner.sink.write(&rows, &letters).await.unwrap_err();
    assert_eq!(
        refused(error),
        [19],
        "dead letters are counted after the rows"
    );
    assert_eq!(count(&url).await, 0);
    let kept: (Option<i64>, i64) =
        row(&url, "SELECT next_offset, epoch FROM scoregate_offsets").await;
    assert_eq!(kept, (None, 1));
    assert!(lane.is_open());
    owner.sink.write(&rows, &letters[..1]).await.unwrap();
    assert_eq!(owner.next(0).await, Some(19));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_changes_hands_all_the_time_is_delivered_once() {
    let url = database();
    let mut tasks = tokio::task::JoinSet::new();
    const END: i64 = 400;
    for nth in 0..3 {
        let owner = Owner::postgres(&url, &format!("gateway-{nth}")).await;
        tasks.spawn(async move {
            let mut written = 0;
            loop {
                let lane = owner.lane(0).await;
                let start = lane.watermark();
                if start >= END {
                    return written;
                }
                for first in (start..END).step_by(10).take(4) {
                    let (rows, holds) = read(&lane, first..first + 10);
                    match owner.sink.write(&rows, &[]).await {
                        Ok(()) => written += holds.len() as i64,
                        Err(SinkError::Closed(_)) => break,
                        Err(error) => assert!(error.is_temporary(), "{error}"),
                    }
                }
            }
        });
    }
    let mut written = 0;
    while let Some(task) = tasks.join_next().await {
        written += task.unwrap();
    }
    assert_eq!(written, END, "acknowledged once");
    assert_eq!(count(&url).await, END);
}
