//! What was answered survives the process.

use std::{
    io::{BufRead, BufReader, Write as _},
    path::Path,
};

use super::{
    SqliteSink,
    tests::{count, ids},
};
use crate::sink::testing;

const CHILD: &str = "sink::sqlite::crash::child_that_writes_until_it_is_killed";

#[tokio::test]
#[ignore = "run by the test that kills it"]
async fn child_that_writes_until_it_is_killed() {
    let Some(argument) = testing::child_argument() else {
        return;
    };
    let (round, path) = argument.split_once(' ').expect("a round and a path");
    let sink = SqliteSink::open(Path::new(path), "scores", "fraud")
        .await
        .expect("the database that a killed process left");
    let mut first = 0;
    for size in [1, 7, 64, 65, 200].into_iter().cycle() {
        let ids = (first..first + size).map(|n| format!("id-{round}-{n}"));
        first += size;
        let rows = testing::batch(ids);
        sink.write(&rows).await.expect("rows are taken");
        let mut told = String::from("\n");
        for row in &rows {
            told.push_str(&row.event.id);
            told.push('\n');
        }
        std::io::stdout()
            .write_all(told.as_bytes())
            .expect("somebody listens");
    }
}

#[tokio::test]
async fn every_row_that_was_acknowledged_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.db");
    let mut told = Vec::new();
    for round in 0..4 {
        let mut child = testing::child(CHILD, &format!("{round} {}", path.display()));
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let mut of_round = 0;
        loop {
            line.clear();
            // After the kill the pipe still holds what was told before.
            if output.read_line(&mut line).unwrap() == 0 {
                break;
            }
            if line.starts_with("id-") && line.ends_with('\n') {
                told.push(line.trim_end().to_owned());
                of_round += 1;
            }
            if of_round == 700 + 331 * round {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(
            of_round >= 700 + 331 * round,
            "the child ended by itself after {of_round} rows"
        );
    }
    let kept = ids(&path).await;
    for id in &told {
        assert!(kept.contains(id), "{id} was acknowledged and is gone");
    }
    assert_eq!(kept.len() as i64, count(&path).await, "each is there once");
}
