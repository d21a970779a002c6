//! How many rows a pipeline has in its scores table.

use sqlx::AssertSqlSafe;

use super::{
    KIND,
    database::Database,
    schema::{Kind, Table},
};
use crate::{
    config::PostgresTable,
    sink::{error::SinkError, trouble::Trouble},
};

/// Counts them.
pub async fn count(config: &PostgresTable, pipeline: &str) -> Result<u64, SinkError> {
    let counted = async {
        let table = Table::new(Kind::Scores, &config.table)?;
        let tables = vec![table.clone()];
        let database = Database::new(&config.url, 1, tables, pipeline)?;
        let mut lent = database.lend().await?;
        let sql = format!(
            "SELECT count(*) FROM {} WHERE pipeline = $1",
            table.quoted()
        );
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(pipeline)
            .fetch_one(&mut lent.connection)
            .await
            .map_err(|error| database.trouble(&error, &table))?;
        lent.give_back();
        database.close().await;
        Ok(u64::try_from(rows).unwrap_or_default())
    };
    counted
        .await
        .map_err(|trouble: Trouble| trouble.into_error(KIND, pipeline))
}
