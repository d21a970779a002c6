//! The statements of the shared record.

use sqlx::postgres::PgConnection;

use super::super::{
    change::{NewRelease, Revision, SlotChange},
    entry::{Entry, ReleaseRow, Row, SlotRow},
};
use crate::{release::Digest, sink::postgres::connections::answered};

/// What wakes the gateways that share the record. It only wakes: a look at the record tells.
pub const CHANNEL: &str = "scoregate_record";

pub async fn keep(
    database: &mut PgConnection,
    release: &NewRelease<'_>,
    now_ms: u64,
) -> sqlx::Result<()> {
    let digest = release.digest.to_string();
    // Asked first: its bytes may be many.
    if !has(database, release.digest).await? {
        let insert = sqlx::query(
            "INSERT INTO scoregate_releases (digest, kind, name, version, size_bytes, added_at_ms, component) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        );
        let insert = insert
            .bind(&digest)
            .bind(release.kind)
            .bind(release.name)
            .bind(release.version)
            .bind(release.component.len() as i64)
            .bind(now_ms as i64)
            .bind(release.component);
        answered(insert.execute(&mut *database)).await?;
    }
    let insert = sqlx::query(
        "INSERT INTO scoregate_slot_releases (slot, digest, added_at_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    );
    let insert = insert.bind(release.slot).bind(&digest).bind(now_ms as i64);
    answered(insert.execute(database)).await?;
    Ok(())
}

pub async fn has(database: &mut PgConnection, digest: Digest) -> sqlx::Result<bool> {
    let has =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM scoregate_releases WHERE digest = $1)");
    answered(has.bind(digest.to_string()).fetch_one(database)).await
}

pub async fn component(
    database: &mut PgConnection,
    digest: Digest,
) -> sqlx::Result<Option<Vec<u8>>> {
    let component =
        sqlx::query_scalar("SELECT component FROM scoregate_releases WHERE digest = $1");
    answered(component.bind(digest.to_string()).fetch_optional(database)).await
}

pub async fn releases(database: &mut PgConnection, slot: &str) -> sqlx::Result<Vec<ReleaseRow>> {
    let releases = sqlx::query_as(
        "SELECT r.digest, r.kind, r.name, r.version, r.size_bytes, s.added_at_ms \
         FROM scoregate_slot_releases s JOIN scoregate_releases r USING (digest) WHERE s.slot = $1 ORDER BY s.nth DESC",
    );
    answered(releases.bind(slot).fetch_all(database)).await
}

pub async fn slots(database: &mut PgConnection) -> sqlx::Result<Vec<SlotRow>> {
    let slots = sqlx::query_as(
        "SELECT DISTINCT ON (slot) slot, revision, state::text FROM scoregate_slots ORDER BY slot, revision DESC",
    );
    answered(slots.fetch_all(database)).await
}

pub async fn newest(database: &mut PgConnection, slot: &str) -> sqlx::Result<Option<SlotRow>> {
    let newest = sqlx::query_as(
        "SELECT slot, revision, state::text FROM scoregate_slots WHERE slot = $1 ORDER BY revision DESC LIMIT 1",
    );
    answered(newest.bind(slot).fetch_optional(database)).await
}

pub async fn newest_of_all(database: &mut PgConnection) -> sqlx::Result<Revision> {
    let newest = sqlx::query_scalar("SELECT coalesce(max(revision), 0) FROM scoregate_slots");
    let newest: i64 = answered(newest.fetch_one(database)).await?;
    Ok(newest as Revision)
}

/// The next line's sequence. Until the transaction's end no other writer gets one.
pub async fn next_sequence(transaction: &mut PgConnection) -> sqlx::Result<Revision> {
    let next = sqlx::query_scalar("UPDATE scoregate_sequence SET last = last + 1 RETURNING last");
    let next: i64 = answered(next.fetch_one(transaction)).await?;
    Ok(next as Revision)
}

pub async fn append(
    transaction: &mut PgConnection,
    sequence: Revision,
    line: &Entry,
    now_ms: u64,
) -> sqlx::Result<()> {
    let insert = sqlx::query(
        "INSERT INTO scoregate_record (sequence, at_ms, gateway, who, sender, action, slots, detail) \
         VALUES ($1, $2, $3, $4, $5, $6, $7::json, $8::json)",
    );
    let insert = insert
        .bind(sequence as i64)
        .bind(now_ms as i64)
        .bind(&line.gateway)
        .bind(&line.who)
        .bind(&line.sender)
        .bind(&line.action)
        .bind(&line.slots)
        .bind(&line.detail);
    answered(insert.execute(transaction)).await?;
    Ok(())
}

pub async fn put(
    transaction: &mut PgConnection,
    slot: &SlotChange,
    revision: Revision,
) -> sqlx::Result<()> {
    let insert = sqlx::query(
        "INSERT INTO scoregate_slots (slot, revision, previous, state) VALUES ($1, $2, $3, $4::json)",
    );
    let insert = insert
        .bind(&slot.slot)
        .bind(revision as i64)
        .bind(slot.expected.unwrap_or_default() as i64)
        .bind(serde_json::json!(slot.state).to_string());
    answered(insert.execute(transaction)).await?;
    Ok(())
}

/// Tells the other gateways once the transaction is committed.
pub async fn notify(transaction: &mut PgConnection, revision: Revision) -> sqlx::Result<()> {
    let notify = sqlx::query("SELECT pg_notify($1, $2)");
    let notify = notify.bind(CHANNEL).bind(revision.to_string());
    answered(notify.execute(transaction)).await?;
    Ok(())
}

/// Whether the line of that sequence is this one. Waits for whoever is about to commit one.
pub async fn is_there(
    transaction: &mut PgConnection,
    sequence: Revision,
    line: &Entry,
    at_ms: u64,
) -> sqlx::Result<bool> {
    let lock = sqlx::query("SELECT last FROM scoregate_sequence FOR UPDATE");
    answered(lock.execute(&mut *transaction)).await?;
    let is_there = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM scoregate_record WHERE sequence = $1 AND at_ms = $2 AND gateway = $3 \
         AND slots::text = $4 AND detail::text = $5)",
    );
    let is_there = is_there
        .bind(sequence as i64)
        .bind(at_ms as i64)
        .bind(&line.gateway)
        .bind(&line.slots)
        .bind(&line.detail);
    answered(is_there.fetch_one(transaction)).await
}

pub async fn lines(database: &mut PgConnection, before: u64, count: u32) -> sqlx::Result<Vec<Row>> {
    let lines = sqlx::query_as(
        "SELECT sequence, at_ms, gateway, who, sender, action, slots::text, detail::text FROM scoregate_record \
         WHERE sequence < $1 ORDER BY sequence DESC LIMIT $2",
    );
    let lines = lines
        .bind(i64::try_from(before).unwrap_or(i64::MAX))
        .bind(i64::from(count));
    answered(lines.fetch_all(database)).await
}
