//! Steps of the embedded database's schema.

use sqlx::{Connection as _, SqliteConnection};

/// The database's `user_version` counts those that were taken. A step that was published is never edited.
pub const STEPS: [&str; 2] = [
    include_str!("steps/1-releases.sql"),
    include_str!("steps/2-record.sql"),
];

/// Brings the schema up to date and returns the database's version. Two gateways that open at once take turns, and a crash leaves the
/// schema as it was.
pub async fn migrate(database: &mut SqliteConnection) -> sqlx::Result<i64> {
    let current = version(database).await?;
    if current >= STEPS.len() as i64 {
        return Ok(current);
    }
    let mut transaction = database.begin_with("BEGIN IMMEDIATE").await?;
    let current = version(&mut transaction).await?;
    for step in STEPS.iter().skip(current as usize) {
        sqlx::raw_sql(*step).execute(&mut *transaction).await?;
    }
    let version = current.max(STEPS.len() as i64);
    let stamp = format!("PRAGMA user_version = {version}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(stamp))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(version)
}

async fn version(database: &mut SqliteConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(database)
        .await
}
