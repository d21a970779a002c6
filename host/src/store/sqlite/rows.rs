//! The statements of the embedded record.

use sqlx::{Connection as _, SqliteConnection};

use super::super::{
    change::{NewRelease, Revision, SlotChange},
    entry::{Entry, ReleaseRow, Row, SlotRow},
};
use crate::release::Digest;

pub async fn keep(
    database: &mut SqliteConnection,
    release: &NewRelease<'_>,
    now_ms: u64,
) -> sqlx::Result<()> {
    let digest = release.digest.to_string();
    let mut transaction = database.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query("INSERT INTO releases VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(&digest)
        .bind(release.kind)
        .bind(release.name)
        .bind(release.version)
        .bind(release.component.len() as i64)
        .bind(now_ms as i64)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(
        "INSERT INTO slot_releases (slot, digest, added_at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(release.slot)
    .bind(&digest)
    .bind(now_ms as i64)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

pub async fn has(database: &mut SqliteConnection, digest: Digest) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM releases WHERE digest = ?)")
        .bind(digest.to_string())
        .fetch_one(database)
        .await
}

pub async fn releases(
    database: &mut SqliteConnection,
    slot: &str,
) -> sqlx::Result<Vec<ReleaseRow>> {
    sqlx::query_as(
        "SELECT r.digest, r.kind, r.name, r.version, r.size_bytes, s.added_at_ms \
         FROM slot_releases s JOIN releases r USING (digest) WHERE s.slot = ? ORDER BY s.nth DESC",
    )
    .bind(slot)
    .fetch_all(database)
    .await
}

pub async fn slots(database: &mut SqliteConnection) -> sqlx::Result<Vec<SlotRow>> {
    sqlx::query_as(
        "SELECT slot, revision, state FROM slot_states AS s \
         WHERE revision = (SELECT max(revision) FROM slot_states WHERE slot = s.slot) ORDER BY slot",
    )
    .fetch_all(database)
    .await
}

pub async fn newest(database: &mut SqliteConnection, slot: &str) -> sqlx::Result<Option<SlotRow>> {
    sqlx::query_as(
        "SELECT slot, revision, state FROM slot_states WHERE slot = ? ORDER BY revision DESC LIMIT 1",
    )
    .bind(slot)
    .fetch_optional(database)
    .await
}

pub async fn newest_of_all(database: &mut SqliteConnection) -> sqlx::Result<Revision> {
    let newest: Option<i64> = sqlx::query_scalar("SELECT max(revision) FROM slot_states")
        .fetch_one(database)
        .await?;
    Ok(newest.unwrap_or_default() as Revision)
}

/// Appends a line and returns its sequence.
pub async fn append(
    database: &mut SqliteConnection,
    line: &Entry,
    now_ms: u64,
) -> sqlx::Result<Revision> {
    let sequence: i64 = sqlx::query_scalar(
        "INSERT INTO record (at_ms, gateway, who, sender, action, slots, detail) \
         VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING sequence",
    )
    .bind(now_ms as i64)
    .bind(&line.gateway)
    .bind(&line.who)
    .bind(&line.sender)
    .bind(&line.action)
    .bind(&line.slots)
    .bind(&line.detail)
    .fetch_one(database)
    .await?;
    Ok(sequence as Revision)
}

pub async fn put(
    database: &mut SqliteConnection,
    slot: &SlotChange,
    revision: Revision,
) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO slot_states (slot, revision, previous, state) VALUES (?, ?, ?, ?)")
        .bind(&slot.slot)
        .bind(revision as i64)
        .bind(slot.expected.unwrap_or_default() as i64)
        .bind(serde_json::json!(slot.state).to_string())
        .execute(database)
        .await?;
    Ok(())
}

pub async fn lines(
    database: &mut SqliteConnection,
    before: u64,
    count: u32,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        "SELECT sequence, at_ms, gateway, who, sender, action, slots, detail FROM record \
         WHERE sequence < ? ORDER BY sequence DESC LIMIT ?",
    )
    .bind(i64::try_from(before).unwrap_or(i64::MAX))
    .bind(count)
    .fetch_all(database)
    .await
}
