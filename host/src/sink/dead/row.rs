//! A dead letter's row of a database's table: the same columns in each.

use bytes::Bytes;
use sqlx::{ColumnIndex, Decode, Row, Type};

use crate::{
    dead_letter::Cause,
    sink::{columns, dead::Letter},
};

/// Reads a letter from its columns, times in milliseconds since the Unix epoch.
pub fn read<R: Row>(row: &R) -> sqlx::Result<Letter>
where
    for<'c> &'c str: ColumnIndex<R>,
    for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> String: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Option<Vec<u8>>: Decode<'r, R::Database> + Type<R::Database>,
{
    let ms = |column: &str| row.try_get::<i64, _>(column).map(|ms| ms.max(0) as u64);
    let bytes = |column: &str| {
        row.try_get::<Option<Vec<u8>>, _>(column)
            .map(|bytes| bytes.map(Bytes::from))
    };
    let strange = |what: &str, text: &str| sqlx::Error::Decode(format!("{what} {text:?}").into());
    let (headers, fault): (String, String) = (row.try_get("headers")?, row.try_get("fault")?);
    let id: String = row.try_get("event_id")?;
    Ok(Letter {
        id: id.clone(),
        event_id: id,
        pipeline: row.try_get("pipeline")?,
        key: bytes("event_key")?,
        payload: bytes("payload")?,
        headers: columns::read_headers(&headers).ok_or_else(|| strange("headers", &headers))?,
        event_time_ms: ms("event_time_ms")?,
        error: row.try_get("error")?,
        fault: Cause::from_name(&fault).ok_or_else(|| strange("fault", &fault))?,
        origin: row.try_get("origin")?,
        adapter: row.try_get("adapter")?,
        model: row.try_get("model")?,
        dead_at_ms: ms("dead_at_ms")?,
        retried_at_ms: row
            .try_get::<Option<i64>, _>("retried_at_ms")?
            .map(|ms| ms.max(0) as u64),
    })
}
