//! Exactly once: outcomes, dead letters and each lane's new place go into one transaction, which the lanes' owner alone can commit.

use std::sync::Arc;

use sqlx::{
    AssertSqlSafe,
    postgres::{PgBindIterExt as _, PgConnection},
};

use super::{
    KIND,
    connections::answered,
    database::Database,
    schema::{Kind, Table},
};
use crate::{
    config::PostgresTable,
    dead_letter::DeadLetter,
    event::Scored,
    lane::{Lane, Stream},
    sink::{columns, error::SinkError, ledger::Claim, rows::Rows, trouble::Trouble},
};

/// Rows are locked in one order, whoever writes, so that two gateways never wait for each other. A row whose epoch is another one's is
/// not told back: it is waited for while its next owner is about to claim it, and looked at again then.
const ADVANCE: &str = "WITH ours AS ( \
    SELECT o.pipeline, o.consumer_group, o.topic, o.partition, n.next, n.nth FROM {table} o \
    JOIN UNNEST($2::text[], $3::text[], $4::integer[], $5::bigint[], $6::bigint[]) WITH ORDINALITY \
    AS n (consumer_group, topic, partition, epoch, next, nth) \
    ON o.pipeline = $1 AND o.consumer_group = n.consumer_group AND o.topic = n.topic AND o.partition = n.partition \
    AND o.epoch = n.epoch ORDER BY 1, 2, 3, 4 FOR UPDATE OF o) \
    UPDATE {table} o SET next_offset = ours.next, updated_at = now() FROM ours \
    WHERE o.pipeline = ours.pipeline AND o.consumer_group = ours.consumer_group AND o.topic = ours.topic \
    AND o.partition = ours.partition RETURNING ours.nth";

const CLAIM: &str = "INSERT INTO {table} AS o (pipeline, consumer_group, topic, partition, epoch, owner) VALUES ($1, $2, $3, $4, 1, $5) \
    ON CONFLICT (pipeline, consumer_group, topic, partition) \
    DO UPDATE SET epoch = o.epoch + 1, owner = excluded.owner, updated_at = now() RETURNING epoch, next_offset";

/// One pipeline's writer of both tables and of its places.
#[derive(Debug)]
pub struct ExactPostgres {
    database: Arc<Database>,
    scores: Table,
    dead: Table,
}

impl ExactPostgres {
    /// `dead` is a table of the same database.
    pub async fn open(
        config: &PostgresTable,
        dead: &str,
        pipeline: &str,
    ) -> Result<Self, SinkError> {
        let open = async {
            let scores = Table::new(Kind::Scores, &config.table)?;
            let dead = Table::new(Kind::DeadLetters, dead)?;
            let tables = vec![scores.clone(), dead.clone(), Table::offsets()];
            let database = Database::new(&config.url, config.connections_max, tables, pipeline)?;
            Ok(Self {
                database: Arc::new(database.open().await?),
                scores,
                dead,
            })
        };
        open.await
            .map_err(|trouble: Trouble| trouble.into_error(KIND, pipeline))
    }

    /// Its source's side; `owner` is this gateway's name.
    pub fn ledger(&self, owner: &str) -> PostgresLedger {
        PostgresLedger {
            database: Arc::clone(&self.database),
            owner: owner.into(),
        }
    }

    /// Takes all of it or nothing, and closes the lanes that turn out to be somebody else's.
    pub async fn write(&self, scored: &[Scored], dead: &[DeadLetter]) -> Result<(), SinkError> {
        self.try_write(scored, dead)
            .await
            .map_err(|trouble| trouble.into_error(KIND, &self.database.pipeline))
    }

    async fn try_write(&self, scored: &[Scored], dead: &[DeadLetter]) -> Result<(), Trouble> {
        let lanes = columns::lanes(scored, dead);
        if lanes.iter().any(|(lane, _)| !lane.is_open()) {
            return Err(Trouble::Closed("a partition was taken away".into()));
        }
        let mut lent = self.database.lend().await?;
        let mut transaction = self.database.begin(&mut lent.connection).await?;
        self.advance(&mut transaction, &lanes).await?;
        self.database
            .insert(&mut transaction, &self.scores, Rows::Scored(scored), 0)
            .await?;
        self.database
            .insert(&mut transaction, &self.dead, Rows::Dead(dead), scored.len())
            .await?;
        self.database.commit(transaction).await?;
        lent.give_back();
        Ok(())
    }

    async fn advance(
        &self,
        transaction: &mut PgConnection,
        lanes: &[(&Arc<Lane>, i64)],
    ) -> Result<(), Trouble> {
        if lanes.is_empty() {
            return Ok(());
        }
        let table = Table::offsets();
        let streams = || lanes.iter().map(|(lane, _)| &lane.stream);
        let sql = ADVANCE.replace("{table}", &table.quoted());
        let advance = sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql))
            .bind(&self.database.pipeline)
            .bind(streams().map(|stream| stream.group.as_str()).bind_iter())
            .bind(streams().map(|stream| stream.name.as_str()).bind_iter())
            .bind(lanes.iter().map(|(lane, _)| lane.partition).bind_iter())
            .bind(lanes.iter().map(|(lane, _)| lane.epoch).bind_iter())
            .bind(lanes.iter().map(|(_, next)| *next).bind_iter());
        let ours = answered(advance.fetch_all(transaction))
            .await
            .map_err(|error| self.database.trouble(&error, &table))?;
        if ours.len() == lanes.len() {
            return Ok(());
        }
        let mut lost = Vec::new();
        for ((lane, _), nth) in lanes.iter().zip(1..) {
            if !ours.contains(&nth) {
                lane.close();
                lost.push(format!("{}/{}", lane.stream.name, lane.partition));
            }
        }
        Err(Trouble::Closed(format!(
            "{}: {} is another gateway's by now",
            self.database.address(),
            lost.join(", ")
        )))
    }

    /// Waits for nothing: a write under way ends with its caller.
    pub async fn close(self) {
        self.database.close().await;
    }
}

/// See [`crate::sink::Ledger`].
#[derive(Debug)]
pub struct PostgresLedger {
    database: Arc<Database>,
    owner: String,
}

impl PostgresLedger {
    pub(in crate::sink) async fn claim(
        &self,
        stream: &Stream,
        partition: i32,
    ) -> Result<Claim, SinkError> {
        self.try_claim(stream, partition)
            .await
            .map_err(|trouble| trouble.into_error(KIND, &self.database.pipeline))
    }

    /// A statement of its own is a transaction of its own. It waits for a write of the last owner that is under way, and sees its places.
    async fn try_claim(&self, stream: &Stream, partition: i32) -> Result<Claim, Trouble> {
        let mut lent = self.database.lend().await?;
        let table = Table::offsets();
        let claim = sqlx::query_as(AssertSqlSafe(CLAIM.replace("{table}", &table.quoted())))
            .bind(&self.database.pipeline)
            .bind(&stream.group)
            .bind(&stream.name)
            .bind(partition)
            .bind(&self.owner);
        let (epoch, next) = answered(claim.fetch_one(&mut lent.connection))
            .await
            .map_err(|error| self.database.trouble(&error, &table))?;
        lent.give_back();
        Ok(Claim { epoch, next })
    }
}
