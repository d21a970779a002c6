//! A log file as a source: each line is scored once, whatever happens to the file or to the gateway.

use std::{
    collections::BTreeSet,
    fs::{self, OpenOptions},
    io::Write as _,
    sync::Arc,
    time::Duration,
};

use scoregate_tests::{
    folder::Folder,
    gateway::Gateway,
    payments, rows,
    servers::{eventually, eventually_async},
    streams,
};

/// Much longer than anything here takes.
const WAIT_MAX: Duration = Duration::from_secs(60);

fn append(folder: &Folder, name: &str, lines: &[&str]) {
    let mut options = OpenOptions::new();
    let file = options.create(true).append(true).open(folder.path(name));
    let text = lines.join("\n") + "\n";
    file.unwrap().write_all(text.as_bytes()).unwrap();
}

async fn scored(gateway: &Gateway, count: usize) {
    eventually_async(WAIT_MAX, "rows of all lines", async || {
        rows::read(&gateway.database()).await.len() >= count
    })
    .await;
}

#[tokio::test]
async fn every_line_is_one_row_over_a_rotation_a_kill_and_a_restart() {
    let folder = Arc::new(streams::folder(&streams::file_to_sqlite("app.log")));
    let good = |line: &&str| line.starts_with('{') && line.ends_with('}');
    let lines: Vec<&str> = payments::ndjson().lines().filter(good).take(400).collect();
    append(&folder, "app.log", &lines[..100]);
    let mut gateway = Gateway::start(folder.clone());
    scored(&gateway, 90).await;
    fs::rename(folder.path("app.log"), folder.path("app.log.1")).unwrap();
    append(&folder, "app.log.1", &lines[100..150]);
    append(&folder, "app.log", &lines[150..200]);
    gateway.kill();
    append(&folder, "app.log", &lines[200..300]);
    gateway.restart();
    append(&folder, "app.log", &lines[300..]);
    let dead = folder.path("dead.ndjson");
    let dead = || fs::read_to_string(&dead).unwrap_or_default();
    let dead_ids = || -> BTreeSet<String> {
        let id = |line: &str| {
            let letter: serde_json::Value = serde_json::from_str(line).unwrap();
            letter["event_id"].as_str().unwrap().to_owned()
        };
        dead().lines().map(id).collect()
    };
    eventually_async(WAIT_MAX, "every line is dealt with", async || {
        rows::read(&gateway.database()).await.len() + dead_ids().len() >= lines.len()
    })
    .await;
    let rows = rows::read(&gateway.database()).await;
    assert_eq!(rows.len() + dead_ids().len(), lines.len());
    assert!(rows.iter().all(|row| row.event_id.starts_with("app.log/")));
}

#[tokio::test]
async fn a_file_that_is_not_there_is_told_by_readiness_and_waited_for() {
    let folder = Arc::new(streams::folder(&streams::file_to_sqlite("app.log")));
    let gateway = Gateway::start(folder.clone());
    let mut admin = gateway.admin_client();
    eventually_async(WAIT_MAX, "not ready", async || {
        let ready = admin.get("/health/ready").await;
        let told = String::from_utf8_lossy(&ready.body).contains("app.log is not there");
        ready.status == 503 && told
    })
    .await;
    append(
        &folder,
        "app.log",
        &[payments::ndjson().lines().next().unwrap()],
    );
    scored(&gateway, 1).await;
    eventually_async(WAIT_MAX, "ready", async || {
        admin.get("/health/ready").await.status == 200
    })
    .await;
    gateway.terminate();
    eventually(WAIT_MAX, || !gateway.log().is_empty());
}
