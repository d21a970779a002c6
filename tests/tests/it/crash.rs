//! Whatever was answered survives `kill -9`, once.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use scoregate_tests::{client::Client, folder::Folder, gateway::Gateway, payments, rows};

const CALLERS: usize = 8;

/// Sends payments until the gateway is gone; returns the ids of those that were answered, and of all that were sent.
async fn load(
    mut client: Client,
    caller: usize,
    round: usize,
    stop: Arc<AtomicBool>,
) -> (Vec<String>, Vec<String>) {
    let (mut answered, mut sent) = (Vec::new(), Vec::new());
    let payment = Bytes::from_static(payments::heldout()[caller].json.as_bytes());
    for number in 0.. {
        let id = format!("{round}-{caller}-{number}");
        sent.push(id.clone());
        let reply = client
            .try_send(
                "POST",
                "/pipelines/fraud/score",
                &[("idempotency-key", &id)],
                payment.clone(),
            )
            .await;
        match reply {
            Ok(reply) if reply.status == 200 => answered.push(id),
            Ok(reply) => panic!("{reply:?}"),
            Err(_) => break,
        }
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    (answered, sent)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answered_event_is_in_the_database_once_after_kill_9() {
    let folder = Arc::new(Folder::fraud(""));
    let (mut answered, mut sent) = (Vec::new(), Vec::new());
    for (round, run_ms) in [400, 150, 40].into_iter().enumerate() {
        let mut gateway = Gateway::start(folder.clone());
        let stop = Arc::new(AtomicBool::new(false));
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| tokio::spawn(load(gateway.client(), caller, round, stop.clone())))
            .collect();
        tokio::time::sleep(Duration::from_millis(run_ms)).await;
        gateway.kill();
        stop.store(true, Ordering::Relaxed);
        for caller in callers {
            let (more_answered, more_sent) = caller.await.expect("a caller");
            answered.extend(more_answered);
            sent.extend(more_sent);
        }
    }
    assert!(
        answered.len() > 50,
        "only {} answers before the kills",
        answered.len()
    );

    let gateway = Gateway::start(folder.clone());
    let cached = gateway
        .log()
        .lines()
        .filter(|line| line.contains("\"cached\":true"))
        .count();
    assert_eq!(
        cached,
        2,
        "compiled code did not survive:\n{}",
        gateway.log()
    );
    let rows = rows::read(&gateway.database()).await;
    let held: HashSet<&str> = rows.iter().map(|row| &*row.event_id).collect();
    assert_eq!(held.len(), rows.len(), "an event is there twice");
    for id in &answered {
        assert!(held.contains(&**id), "{id} was answered and is lost");
    }
    let known: HashSet<&str> = sent.iter().map(String::as_str).collect();
    assert!(held.is_subset(&known), "a row that nobody sent");

    // A caller who got no answer sends again, and nothing is doubled.
    let mut client = gateway.client();
    for id in &sent {
        let headers = [("idempotency-key", &**id)];
        let payment = Bytes::from_static(payments::heldout()[0].json.as_bytes());
        let reply = client
            .send("POST", "/pipelines/fraud/score", &headers, payment)
            .await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    assert_eq!(rows::read(&gateway.database()).await.len(), sent.len());
}

#[tokio::test]
async fn a_damaged_cache_is_made_anew() {
    let folder = Arc::new(Folder::fraud(""));
    drop(Gateway::start(folder.clone()));
    let cache = folder.path("scoregate-data/cache");
    let files: Vec<_> = std::fs::read_dir(&cache)
        .expect("a cache")
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(files.len(), 2);
    for (nth, file) in files.iter().enumerate() {
        let mut code = std::fs::read(file).expect("code");
        let half = code.len() / 2;
        match nth {
            0 => code.truncate(half),
            _ => code[half] ^= 1,
        }
        std::fs::write(file, code).expect("damaged code");
    }
    let gateway = Gateway::start(folder.clone());
    assert!(
        gateway
            .log()
            .contains("was damaged or not made by this host"),
        "{}",
        gateway.log()
    );
    let payment = payments::heldout()[0].json;
    assert_eq!(gateway.client().score("fraud", payment).await.status, 200);
    drop(gateway);
    let gateway = Gateway::start(folder);
    assert_eq!(gateway.log().matches("\"cached\":true").count(), 2);
}
