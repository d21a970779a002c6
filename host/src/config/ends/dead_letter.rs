//! `[pipelines.NAME.dead_letter]`: where a stream's events go that have no outcome.

use super::{
    super::{DeadLetter, table::Table},
    Placed, database, kafka, kind,
};

const KINDS: &[&str] = &["kafka", "postgres", "sqlite", "file"];
const DEAD_LETTERS_TABLE: &str = "dead_letters";

/// None if the file has none, or none of a known kind.
pub(super) fn read(pipeline: &mut Table<'_>, whole: &mut bool) -> Option<Placed<DeadLetter>> {
    pipeline.value("dead_letter")?;
    let Some(mut table) = pipeline.table_if_one("dead_letter") else {
        *whole = false;
        return None;
    };
    let Some(kind) = kind(&mut table, "dead letter", KINDS) else {
        *whole = false;
        return None;
    };
    let value = match kind {
        "kafka" => DeadLetter::Kafka(kafka::output(&mut table)),
        "postgres" => DeadLetter::Postgres(database::postgres(&mut table, DEAD_LETTERS_TABLE)),
        "sqlite" => {
            let (path, table) = database::sqlite(&mut table, DEAD_LETTERS_TABLE);
            DeadLetter::Sqlite { path, table }
        }
        _ => DeadLetter::File {
            path: table.required_path(
                "path",
                "the file that dead letters are added to; it is made where there is none",
            ),
        },
    };
    let placed = Placed::new(value, &table);
    table.finish(&[]);
    Some(placed)
}
