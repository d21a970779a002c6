//! The embedded record, by itself and by way of the store.

use std::{fs, path::Path};

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    config,
    release::Digest,
    store::{
        Action, Actor, AuditLine, Change, ChangeError, NewRelease, Revision, SlotChange, SlotState,
        Store, StoreError,
    },
};

async fn open(folder: &Path) -> Result<Store, StoreError> {
    let config = config::Store {
        path: folder.to_owned(),
        url: None,
        compile_max_seconds: crate::limits::COMPILE_MAX_SECONDS,
        compile_max_bytes: crate::limits::COMPILE_MAX_BYTES,
    };
    Store::open(&config, "gw-1").await
}

fn who() -> Actor {
    Actor {
        name: "ann".into(),
        from: "127.0.0.1:5000".into(),
    }
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
    store.keep(&release).await.unwrap();
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
    Change {
        who: who(),
        action,
        slots,
        beside: Vec::new(),
        detail: json!({ "reason": "tried" }),
    }
}

#[tokio::test]
async fn a_change_that_was_joined_to_another_slot_changes_nothing_once_that_one_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    let old = keep(&store, b"old").await;
    let new = keep(&store, b"new").await;
    let both = vec![slot("payments", None, old), slot("fraud", None, old)];
    let first = store.change(change(Action::First, both)).await.unwrap();
    let beside = |revision, slots| Change {
        beside: vec![("payments".to_owned(), Some(revision))],
        ..change(Action::Replace, slots)
    };
    let payments = vec![slot("payments", Some(first), new)];
    let second = store.change(change(Action::Replace, payments)).await;
    let second = second.unwrap();
    let fraud = || vec![slot("fraud", Some(first), new)];
    let lost = store.change(beside(first, fraud())).await.unwrap_err();
    assert!(
        matches!(&lost, ChangeError::Conflict { slot, found, .. } if slot == "payments" && *found == Some(second)),
        "{lost}"
    );
    assert_eq!(store.audit_lines(None, 10).await.unwrap().len(), 2);
    store.change(beside(second, fraud())).await.unwrap();
}

#[tokio::test]
async fn of_two_writers_from_one_revision_one_wins_and_the_other_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let stores = [
        open(folder.path()).await.unwrap(),
        open(folder.path()).await.unwrap(),
    ];
    let old = keep(&stores[0], b"old").await;
    let new = keep(&stores[1], b"new").await;
    let first = change(Action::First, vec![slot("fraud", None, old)]);
    let first = stores[0].change(first).await.unwrap();
    let replace = |with: &str| {
        let slots = vec![slot(with, None, new), slot("fraud", Some(first), new)];
        change(Action::Replace, slots)
    };
    let (one, other) = tokio::join!(
        stores[0].change(replace("payments")),
        stores[1].change(replace("clicks"))
    );
    let (won, lost) = match (one, other) {
        (Ok(won), Err(lost)) | (Err(lost), Ok(won)) => (won, lost),
        both => panic!("exactly one wins: {both:?}"),
    };
    assert!(
        matches!(&lost, ChangeError::Conflict { slot, expected, found }
            if slot == "fraud" && *expected == Some(first) && *found == Some(won)),
        "{lost}"
    );
    let slots = stores[0].slots().await.unwrap();
    assert_eq!(slots.len(), 2, "all slots of a change or none: {slots:?}");
    assert!(slots.iter().all(|slot| slot.revision == won));
    assert_eq!(stores[0].audit_lines(None, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_audit_is_told_newest_first_and_in_pages() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    let active = keep(&store, b"model").await;
    let first = change(Action::First, vec![slot("fraud", None, active)]);
    let first = store.change(first).await.unwrap();
    for nth in 0..5 {
        let line = AuditLine::new(&who(), Action::Refuse, json!({}), json!({ "nth": nth }));
        store.audit(line).await.unwrap();
    }
    let page = store.audit_lines(None, 4).await.unwrap();
    let nths: Vec<_> = page.iter().map(|line| line.detail["nth"].clone()).collect();
    assert_eq!(nths, [4, 3, 2, 1]);
    let last = store.audit_lines(Some(page[3].sequence), 4).await.unwrap();
    assert_eq!(last.len(), 2);
    let line = &last[1];
    assert_eq!((line.sequence, line.action), (first, Action::First));
    assert_eq!(
        (&*line.gateway, &*line.who, &*line.from),
        ("gw-1", "ann", "127.0.0.1:5000")
    );
    assert_eq!(line.slots["fraud"]["before"], json!(null));
    assert_eq!(line.slots["fraud"]["after"]["active"], json!(active));
    assert_eq!(line.detail, json!({ "reason": "tried" }));
}

#[tokio::test]
async fn a_release_is_told_by_slot_and_its_bytes_by_digest() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    let (old, new) = (keep(&store, b"old").await, keep(&store, b"new").await);
    keep(&store, b"old").await;
    let told = store.releases("fraud").await.unwrap();
    let digests: Vec<_> = told.iter().map(|release| release.digest).collect();
    assert_eq!(digests, [new, old]);
    assert_eq!((&*told[0].kind, told[0].size_bytes), ("model", 3));
    assert_eq!(store.component(&old).await.unwrap().unwrap(), b"old");
    assert!(
        store
            .component(&Digest::of(b"none"))
            .await
            .unwrap()
            .is_none()
    );

    // A file that lost its end is told, and written anew by who has the bytes.
    let file = folder.path().join(format!("releases/{}.wasm", old.hex()));
    fs::write(&file, b"ol").unwrap();
    let error = store.component(&old).await.unwrap_err().to_string();
    assert!(
        error.contains(&old.hex()) && error.contains("is damaged"),
        "{error}"
    );
    keep(&store, b"old").await;
    assert_eq!(store.component(&old).await.unwrap().unwrap(), b"old");
    fs::remove_file(&file).unwrap();
    let error = store.component(&old).await.unwrap_err().to_string();
    assert!(error.contains("it is gone"), "{error}");
}

#[tokio::test]
async fn what_names_no_kept_release_is_no_change() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    let unknown = change(
        Action::First,
        vec![slot("fraud", None, Digest::of(b"none"))],
    );
    let error = store.change(unknown).await.unwrap_err().to_string();
    assert!(error.contains("is not in the store"), "{error}");
    assert!(store.slots().await.unwrap().is_empty());
    assert!(store.audit_lines(None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_change_wakes_who_waits_for_it_also_one_of_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    let other = open(folder.path()).await.unwrap();
    let active = keep(&store, b"model").await;
    let waiting = async { tokio::join!(store.changed(0), other.changed(0)) };
    let changing = store.change(change(Action::First, vec![slot("fraud", None, active)]));
    let ((own, others), made) = tokio::join!(waiting, changing);
    let made = made.unwrap();
    assert_eq!((own.unwrap(), others.unwrap()), (made, made));
}

/// What the first version of the schema wrote.
async fn first_version(folder: &Path, old: Digest, new: Digest) {
    let path = folder.join("store.db");
    let options = SqliteConnectOptions::new().filename(&path);
    let options = options.create_if_missing(true);
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();
    let rows = format!(
        "{} PRAGMA user_version = 1; \
         INSERT INTO releases VALUES ('{old}', 'model', 'fraud', '1', 3, 10), ('{new}', 'model', 'fraud', '2', 3, 20); \
         INSERT INTO activations (slot, digest, at_ms) VALUES \
         ('fraud', '{old}', 11), ('it''s', '{old}', 12), ('fraud', '{new}', 21), ('fraud', '{old}', 31), ('fraud', '{new}', 41);",
        super::schema::STEPS[0]
    );
    let rows = sqlx::raw_sql(AssertSqlSafe(rows));
    rows.execute(&mut database).await.unwrap();
    database.close().await.unwrap();
}

#[tokio::test]
async fn what_an_earlier_version_activated_last_is_each_slots_first_record() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (Digest::of(b"old"), Digest::of(b"new"));
    first_version(folder.path(), old, new).await;
    // Both carry over at once; one of them does it.
    let (store, other) = tokio::join!(open(folder.path()), open(folder.path()));
    let (store, other) = (store.unwrap(), other.unwrap());
    let slots = store.slots().await.unwrap();
    assert_eq!(slots, other.slots().await.unwrap());
    let told: Vec<_> = slots
        .iter()
        .map(|slot| (&*slot.slot, slot.revision, &slot.state))
        .collect();
    let state = |active| SlotState {
        active,
        pair: Vec::new(),
        previous: None,
        rollout: None,
    };
    assert_eq!(told, [("fraud", 2, &state(new)), ("it's", 1, &state(old))]);
    let lines = store.audit_lines(None, 10).await.unwrap();
    assert_eq!(lines.len(), 2);
    assert_eq!((lines[0].action, lines[0].at_ms), (Action::First, 41));
    assert_eq!(lines[1].slots["it's"]["after"]["active"], json!(old));
    let releases = store.releases("fraud").await.unwrap();
    let releases: Vec<_> = releases.iter().map(|r| (r.digest, r.added_at_ms)).collect();
    assert_eq!(releases, [(new, 21), (old, 11)]);
    // And it goes on from there.
    keep(&store, b"old").await;
    let on = change(Action::Replace, vec![slot("fraud", Some(2), old)]);
    assert_eq!(store.change(on).await.unwrap(), 3);
}

#[tokio::test]
async fn a_carrying_over_that_was_cut_short_is_done_by_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    first_version(folder.path(), Digest::of(b"old"), Digest::of(b"new")).await;
    // A process that is killed commits nothing.
    let path = folder.path().join("store.db");
    let options = SqliteConnectOptions::new().filename(&path);
    let mut killed = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut killed)
        .await
        .unwrap();
    let step = sqlx::raw_sql(super::schema::STEPS[1]);
    step.execute(&mut killed).await.unwrap();
    killed.close_hard().await.unwrap();
    let store = open(folder.path()).await.unwrap();
    assert_eq!(store.slots().await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_record_is_append_only_also_for_who_has_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    let active = keep(&store, b"model").await;
    let first = change(Action::First, vec![slot("fraud", None, active)]);
    store.change(first).await.unwrap();
    let options = SqliteConnectOptions::new().filename(folder.path().join("store.db"));
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();
    for statement in [
        "UPDATE record SET who = 'nobody'",
        "DELETE FROM record",
        "UPDATE slot_states SET revision = 9",
        "DELETE FROM slot_states",
    ] {
        let error = sqlx::raw_sql(statement).execute(&mut database).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains("append-only"), "{statement}: {error}");
    }
}

#[tokio::test]
async fn a_newer_store_and_what_is_no_store_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()).await.unwrap());
    let options = SqliteConnectOptions::new().filename(folder.path().join("store.db"));
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();
    let newer = sqlx::raw_sql("PRAGMA user_version = 9");
    newer.execute(&mut database).await.unwrap();
    database.close().await.unwrap();
    let error = open(folder.path()).await.err().unwrap().to_string();
    assert!(error.contains("newer version of scoregate"), "{error}");

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("store.db"), "no database".repeat(100)).unwrap();
    let error = open(folder.path()).await.err().unwrap().to_string();
    assert!(
        error.contains("store.db is not an SQLite database"),
        "{error}"
    );
}

#[tokio::test]
async fn where_a_file_cannot_be_written_no_row_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await.unwrap();
    fs::remove_dir(folder.path().join("releases")).unwrap();
    let release = NewRelease {
        slot: "fraud",
        digest: Digest::of(b"model"),
        kind: "model",
        name: "fraud",
        version: "7",
        component: b"model",
    };
    let error = store.keep(&release).await.unwrap_err().to_string();
    assert!(error.contains("cannot be kept"), "{error}");
    assert!(store.releases("fraud").await.unwrap().is_empty());
    let wrong = NewRelease {
        component: b"other",
        ..release
    };
    let error = store.keep(&wrong).await.unwrap_err();
    assert!(matches!(error, StoreError::WrongDigest { .. }), "{error}");
}
