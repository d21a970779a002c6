//! The embedded record, by itself and by way of the store.

use std::{fs, path::Path};

use serde_json::json;

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
        detail: json!({ "reason": "tried" }),
    }
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
