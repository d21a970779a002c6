//! The record that several gateways share, on a real PostgreSQL.

use std::time::Duration;

use scoregate::{
    config::{self, DatabaseUrl},
    release::Digest,
    store::{
        Action, Actor, AuditLine, Change, ChangeError, NewRelease, Revision, SlotChange, SlotState,
        Store, StoreError,
    },
};
use scoregate_tests::{
    folder::Folder,
    servers::{Postgres, eventually_async},
};
use serde_json::json;
use sqlx::{Connection as _, PgConnection};

/// What two gateways may take to agree.
const AGREED_MAX: Duration = Duration::from_secs(2);
/// Longer than a database takes to be found again.
const BACK_MAX: Duration = Duration::from_secs(30);

async fn open(folder: &Folder, url: &str, gateway: &str) -> Result<Store, StoreError> {
    let config = config::Store {
        path: folder.path(gateway),
        url: Some(DatabaseUrl(url.into())),
        compile_max_seconds: scoregate::limits::COMPILE_MAX_SECONDS,
        compile_max_bytes: scoregate::limits::COMPILE_MAX_BYTES,
    };
    Store::open(&config, gateway).await
}

async fn keep(store: &Store, component: &[u8]) -> Digest {
    let digest = Digest::of(component);
    let release = NewRelease {
        slot: "fraud",
        digest,
        kind: "model",
        name: "fraud",
        version: "7",
        component,
    };
    store.keep(&release).await.expect("it is kept");
    digest
}

fn slot(name: &str, expected: Option<Revision>, active: Digest) -> SlotChange {
    let state = SlotState {
        active,
        pair: Vec::new(),
        previous: None,
        rollout: None,
    };
    SlotChange {
        slot: name.into(),
        expected,
        state,
    }
}

fn change(action: Action, slots: Vec<SlotChange>) -> Change {
    let who = Actor {
        name: "ann".into(),
        from: "127.0.0.1:5000".into(),
    };
    Change {
        who,
        action,
        slots,
        beside: Vec::new(),
        detail: json!({ "reason": "tried \u{0} and \"quoted\"" }),
    }
}

/// What serves in a slot, as the store tells it.
async fn active(store: &Store, name: &str) -> Option<Digest> {
    let slots = store.slots().await.expect("slots are told");
    let slot = slots.into_iter().find(|slot| slot.slot == name);
    slot.map(|slot| slot.state.active)
}

#[tokio::test]
async fn a_change_through_one_store_is_seen_by_the_other_within_two_seconds() {
    let folder = Folder::new();
    let url = Postgres::shared().fresh_database();
    // Both make the tables at once.
    let (one, other) = tokio::join!(open(&folder, &url, "gw-1"), open(&folder, &url, "gw-2"));
    let (one, other) = (one.expect("a store"), other.expect("a store"));
    let component = vec![7; 3 << 20];
    let digest = keep(&one, &component).await;
    let first = change(Action::First, vec![slot("fraud", None, digest)]);
    let waiting = tokio::time::timeout(AGREED_MAX, other.changed(0));
    let (seen, made) = tokio::join!(waiting, one.change(first));
    let made = made.expect("it is changed");
    let seen = seen.expect("it is seen in time").expect("a revision");
    assert_eq!(seen, made);
    assert_eq!(active(&other, "fraud").await, Some(digest));
    let fetched = other.component(&digest).await.expect("it is fetched");
    assert!(fetched.is_some_and(|fetched| fetched == component));
    assert_eq!(
        other.releases("fraud").await.expect("releases")[0].digest,
        digest
    );

    // A damaged copy is fetched again.
    let file = folder.path(&format!("gw-2/releases/{}.wasm", digest.hex()));
    std::fs::write(&file, b"damaged").expect("a file is written");
    let fetched = other.component(&digest).await.expect("it is fetched again");
    assert!(fetched.is_some_and(|fetched| fetched == component));
    assert_eq!(std::fs::read(&file).expect("a file"), component);
}

#[tokio::test]
async fn of_many_changes_from_one_revision_exactly_one_is_made() {
    let folder = Folder::new();
    let url = Postgres::shared().fresh_database();
    let mut stores = Vec::new();
    for nth in 0..4 {
        let store = open(&folder, &url, &format!("gw-{nth}")).await;
        stores.push(store.expect("a store"));
    }
    let old = keep(&stores[0], b"old").await;
    let new = keep(&stores[0], b"new").await;
    let first = change(Action::First, vec![slot("fraud", None, old)]);
    let mut revision = stores[0].change(first).await.expect("it is changed");
    for round in 0..5 {
        let mut writers = Vec::new();
        for (nth, store) in stores.iter().enumerate() {
            let fresh = slot(&format!("slot-{round}-{nth}"), None, new);
            let slots = vec![fresh, slot("fraud", Some(revision), new)];
            let (store, change) = (store.clone(), change(Action::Replace, slots));
            writers.push(tokio::spawn(async move { store.change(change).await }));
        }
        let mut won = Vec::new();
        for writer in writers {
            match writer.await.expect("no panic") {
                Ok(revision) => won.push(revision),
                Err(ChangeError::Conflict { slot, .. }) => assert_eq!(slot, "fraud"),
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(won.len(), 1, "exactly one wins: {won:?}");
        assert!(won[0] > revision);
        revision = won[0];
    }
    // All slots of a change or none of them, and a line for each that was made.
    assert_eq!(stores[3].slots().await.expect("slots").len(), 1 + 5);
    let lines = stores[3].audit_lines(None, 100).await.expect("lines");
    let sequences: Vec<_> = lines.iter().map(|line| line.sequence).collect();
    assert_eq!(sequences, [6, 5, 4, 3, 2, 1], "without a gap, newest first");
    assert_eq!(lines[0].slots["fraud"]["before"]["active"], json!(new));
    assert_eq!(lines[5].detail["reason"], "tried \u{0} and \"quoted\"");
}

#[tokio::test]
async fn while_the_database_is_away_what_was_known_serves_also_after_a_restart() {
    let folder = Folder::new();
    let postgres = Postgres::start();
    let url = postgres.fresh_database();
    let one = open(&folder, &url, "gw-1").await.expect("a store");
    let other = open(&folder, &url, "gw-2").await.expect("a store");
    let old = keep(&one, b"old").await;
    let new = keep(&one, b"new").await;
    let first = change(Action::First, vec![slot("fraud", None, old)]);
    let revision = one.change(first).await.expect("it is changed");
    assert_eq!(active(&other, "fraud").await, Some(old));

    postgres.stop_immediate();
    let restarted = open(&folder, &url, "gw-2").await.expect("a start");
    for store in [&other, &restarted] {
        assert_eq!(active(store, "fraud").await, Some(old));
        let component = store.component(&old).await.expect("its bytes");
        assert_eq!(component.expect("its bytes"), b"old");
        let trouble = store.trouble().expect("it says that it is away");
        assert!(trouble.contains("PostgreSQL at 127.0.0.1"), "{trouble}");
        assert!(!trouble.contains("only-for-tests"), "{trouble}");
        let replace = change(Action::Replace, vec![slot("fraud", Some(revision), new)]);
        let error = store.change(replace).await.expect_err("nothing is changed");
        assert!(
            matches!(error, ChangeError::Store(StoreError::Unavailable(_))),
            "{error}"
        );
    }
    let stranger = open(&folder, &url, "gw-3").await;
    let error = stranger.err().expect("it knows nothing").to_string();
    assert!(error.contains("cannot be reached"), "{error}");

    // Who waits goes on waiting, and sees what is changed once it is back.
    let waiting = tokio::spawn({
        let restarted = restarted.clone();
        async move { restarted.changed(revision).await }
    });
    postgres.restart();
    eventually_async(BACK_MAX, "a change once the database is back", async || {
        let replace = change(Action::Replace, vec![slot("fraud", Some(revision), new)]);
        one.change(replace).await.is_ok()
    })
    .await;
    let seen = tokio::time::timeout(BACK_MAX, waiting).await;
    let seen = seen.expect("it is seen").expect("no panic");
    assert_eq!(seen.expect("a revision"), revision + 1);
    assert_eq!(active(&restarted, "fraud").await, Some(new));
    assert_eq!(restarted.trouble(), None);
}

#[tokio::test]
async fn the_shared_record_is_append_only_and_that_of_a_newer_version_is_refused() {
    let folder = Folder::new();
    let url = Postgres::shared().fresh_database();
    let store = open(&folder, &url, "gw-1").await.expect("a store");
    let digest = keep(&store, b"model").await;
    let unknown = change(
        Action::First,
        vec![slot("fraud", None, Digest::of(b"none"))],
    );
    let error = store.change(unknown).await.expect_err("no such release");
    assert!(error.to_string().contains("is not in the store"), "{error}");
    let first = change(Action::First, vec![slot("fraud", None, digest)]);
    store.change(first).await.expect("it is changed");
    let who = Actor {
        name: "bob".into(),
        from: "127.0.0.1:1".into(),
    };
    let line = AuditLine::new(
        &who,
        Action::Refuse,
        json!({}),
        json!({ "why": "no token" }),
    );
    store.audit(line).await.expect("it is written");
    let lines = store.audit_lines(None, 1).await.expect("lines");
    assert_eq!((&*lines[0].who, lines[0].sequence), ("bob", 2));
    assert_eq!(store.changed(0).await.expect("a revision"), 1);

    let mut database = PgConnection::connect(&url).await.expect("a connection");
    for statement in [
        "UPDATE scoregate_record SET who = 'nobody'",
        "DELETE FROM scoregate_slots",
        "TRUNCATE scoregate_record CASCADE",
    ] {
        let error = sqlx::raw_sql(statement).execute(&mut database).await;
        let error = error.expect_err(statement).to_string();
        assert!(error.contains("append-only"), "{statement}: {error}");
    }
    let newer = "UPDATE scoregate_migrations SET version = 9 WHERE table_name = 'scoregate_record'";
    let newer = sqlx::raw_sql(newer).execute(&mut database).await;
    newer.expect("it is changed");
    let refused = open(&folder, &url, "gw-2").await;
    let error = refused.err().expect("it is refused").to_string();
    assert!(error.contains("newer scoregate"), "{error}");
}
