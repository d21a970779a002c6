//! Exactly once: outcomes, dead letters and each lane's new place go into one transaction, which the lanes' owner alone can commit.

use std::{path::Path, sync::Arc};

use sqlx::{Connection as _, sqlite::SqliteConnection};

use super::{
    KIND,
    file::File,
    schema::{Kind, Table},
};
use crate::{
    clock::now_ms,
    dead_letter::DeadLetter,
    event::Scored,
    failpoint,
    lane::{Lane, Stream},
    sink::{columns, error::SinkError, ledger::Claim, rows::Rows, trouble::Trouble},
};

const ADVANCE: &str = "UPDATE scoregate_offsets SET next_offset = ?, updated_at_ms = ? \
    WHERE pipeline = ? AND consumer_group = ? AND topic = ? AND partition = ? AND epoch = ?";

const CLAIM: &str = "INSERT INTO scoregate_offsets (pipeline, consumer_group, topic, partition, epoch, owner, updated_at_ms) \
    VALUES (?, ?, ?, ?, 1, ?, ?) ON CONFLICT (pipeline, consumer_group, topic, partition) \
    DO UPDATE SET epoch = epoch + 1, owner = excluded.owner, updated_at_ms = excluded.updated_at_ms RETURNING epoch, next_offset";

/// One pipeline's writer of both tables and of its places.
#[derive(Debug)]
pub struct ExactSqlite {
    file: Arc<File>,
    scores: Table,
    dead: Table,
}

impl ExactSqlite {
    /// `dead` is a table of the same file.
    pub async fn open(
        path: &Path,
        table: &str,
        dead: &str,
        pipeline: &str,
    ) -> Result<Self, SinkError> {
        let open = async {
            let scores = Table::new(Kind::Scores, table)?;
            let dead = Table::new(Kind::DeadLetters, dead)?;
            let tables = vec![scores.clone(), dead.clone(), Table::offsets()];
            let file = Arc::new(File::open(path, tables, pipeline).await?);
            Ok(Self { file, scores, dead })
        };
        open.await
            .map_err(|trouble: Trouble| trouble.into_error(KIND, pipeline))
    }

    /// Its source's side; `owner` is this gateway's name.
    pub fn ledger(&self, owner: &str) -> SqliteLedger {
        SqliteLedger {
            file: Arc::clone(&self.file),
            owner: owner.into(),
        }
    }

    /// Takes all of it or nothing, and closes the lanes that turn out to be somebody else's.
    pub async fn write(&self, scored: &[Scored], dead: &[DeadLetter]) -> Result<(), SinkError> {
        self.try_write(scored, dead)
            .await
            .map_err(|trouble| trouble.into_error(KIND, &self.file.pipeline))
    }

    async fn try_write(&self, scored: &[Scored], dead: &[DeadLetter]) -> Result<(), Trouble> {
        let lanes = columns::lanes(scored, dead);
        if lanes.iter().any(|(lane, _)| !lane.is_open()) {
            return Err(Trouble::Closed("a partition was taken away".into()));
        }
        let trouble = |error: sqlx::Error| self.file.trouble(&error, &self.scores);
        let mut lent = self.file.lend().await?;
        let begin = lent.connection().begin_with("BEGIN IMMEDIATE").await;
        let mut transaction = begin.map_err(trouble)?;
        self.advance(&mut transaction, &lanes).await?;
        self.file
            .insert(&mut transaction, &self.scores, Rows::Scored(scored))
            .await?;
        self.file
            .insert(&mut transaction, &self.dead, Rows::Dead(dead))
            .await?;
        failpoint::at("database.rows-written");
        transaction.commit().await.map_err(trouble)?;
        failpoint::at("database.committed");
        lent.give_back();
        Ok(())
    }

    async fn advance(
        &self,
        transaction: &mut SqliteConnection,
        lanes: &[(&Arc<Lane>, i64)],
    ) -> Result<(), Trouble> {
        let mut lost = Vec::new();
        for (lane, next) in lanes {
            let advanced = sqlx::query(ADVANCE)
                .bind(next)
                .bind(columns::signed(now_ms()))
                .bind(Arc::clone(&self.file.pipeline))
                .bind(&lane.stream.group)
                .bind(&lane.stream.name)
                .bind(lane.partition)
                .bind(lane.epoch)
                .execute(&mut *transaction)
                .await
                .map_err(|error| self.file.trouble(&error, &Table::offsets()))?;
            if advanced.rows_affected() == 0 {
                lane.close();
                lost.push(format!("{}/{}", lane.stream.name, lane.partition));
            }
        }
        if lost.is_empty() {
            return Ok(());
        }
        Err(Trouble::Closed(format!(
            "{}: {} is another gateway's by now",
            self.file.path.display(),
            lost.join(", ")
        )))
    }

    /// Waits for a write under way and closes the file.
    pub async fn close(self) {
        self.file.close().await;
    }
}

/// See [`crate::sink::Ledger`].
#[derive(Debug)]
pub struct SqliteLedger {
    file: Arc<File>,
    owner: String,
}

impl SqliteLedger {
    pub(in crate::sink) async fn claim(
        &self,
        stream: &Stream,
        partition: i32,
    ) -> Result<Claim, SinkError> {
        self.try_claim(stream, partition)
            .await
            .map_err(|trouble| trouble.into_error(KIND, &self.file.pipeline))
    }

    async fn try_claim(&self, stream: &Stream, partition: i32) -> Result<Claim, Trouble> {
        let mut lent = self.file.lend().await?;
        let (epoch, next) = sqlx::query_as(CLAIM)
            .bind(Arc::clone(&self.file.pipeline))
            .bind(&stream.group)
            .bind(&stream.name)
            .bind(partition)
            .bind(&self.owner)
            .bind(columns::signed(now_ms()))
            .fetch_one(lent.connection())
            .await
            .map_err(|error| self.file.trouble(&error, &Table::offsets()))?;
        lent.give_back();
        Ok(Claim { epoch, next })
    }
}
