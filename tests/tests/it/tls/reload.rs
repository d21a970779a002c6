//! Certificates change while the gateway serves.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use scoregate_tests::{client::Client, folder::Folder, payments, servers::wait::eventually_async};

use super::Secured;

/// Far longer than the gateway takes to look at the files.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Scores all the time, on one connection or on a new one each time, and counts.
async fn score(
    kept: bool,
    new: impl Fn() -> Client,
    stop: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
) {
    let event = payments::heldout()[0].json;
    let mut client = new();
    while !stop.load(Ordering::Relaxed) {
        if !kept {
            client = new();
        }
        let body = Bytes::from_static(event.as_bytes());
        let reply = client
            .try_send("POST", "/pipelines/fraud/score", &[], body)
            .await;
        let reply = reply.expect("an answer");
        assert_eq!(reply.status, 200, "{reply:?}");
        done.fetch_add(1, Ordering::Relaxed);
    }
}

fn put_atomically(folder: &Folder, name: &str, content: &str) {
    folder.write("next", content);
    std::fs::rename(folder.path("next"), folder.path(name)).expect("it is renamed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_pair_is_served_soon_and_no_request_under_load_fails() {
    let secured = Arc::new(Secured::start());
    assert_eq!(secured.shown().await, secured.pair.der);
    let stop = Arc::new(AtomicBool::new(false));
    let counts: Vec<_> = (0..4).map(|_| Arc::new(AtomicUsize::new(0))).collect();
    let load: Vec<_> = counts
        .iter()
        .enumerate()
        .map(|(nth, done)| {
            let (secured, stop, done) = (secured.clone(), stop.clone(), done.clone());
            tokio::spawn(async move {
                score(nth % 2 == 0, || secured.client(), stop, done).await;
            })
        })
        .collect();
    for _ in 0..2 {
        let next = secured.authority.sign(&[]);
        // One after the other, as who renews them does: between the two they are no pair.
        put_atomically(&secured.gateway.folder, "key.pem", &next.key);
        put_atomically(&secured.gateway.folder, "cert.pem", &next.certificate);
        eventually_async(WAIT_MAX, "the new certificate", async || {
            secured.shown().await == next.der
        })
        .await;
        // Old connections and new ones go on.
        let before: Vec<_> = counts.iter().map(|c| c.load(Ordering::Relaxed)).collect();
        eventually_async(WAIT_MAX, "more answers", async || {
            let mut pairs = counts.iter().zip(&before);
            pairs.all(|(now, before)| now.load(Ordering::Relaxed) > before + 5)
        })
        .await;
    }
    stop.store(true, Ordering::Relaxed);
    for task in load {
        task.await.expect("no request fails");
    }
    let reloads = secured
        .metric("scoregate_tls_reloads_total{result=\"ok\"}")
        .await;
    assert_eq!(reloads, ["scoregate_tls_reloads_total{result=\"ok\"} 2"]);
    // The begin of the year 4000.
    let expiry = secured.metric("scoregate_tls_certificate_expiry").await;
    assert_eq!(expiry.len(), 1);
    assert!(expiry[0].ends_with("cert.pem\"} 64060588800"), "{expiry:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_pair_leaves_the_old_one_until_it_is_one() {
    let secured = Secured::start();
    let folder = &secured.gateway.folder;
    let next = secured.authority.sign(&[]);
    let told = |sentence: &str| secured.gateway.log().matches(sentence).count();
    let half = &next.certificate[..next.certificate.len() / 2];
    let expired = secured.authority.sign_until(&[], 2002);
    let wrong: [(&str, &str, &str); 3] = [
        (half, &next.key, "cut off"),
        (&next.certificate, &expired.key, "is not that of `key_file`"),
        (&expired.certificate, &expired.key, "expired"),
    ];
    for (nth, (certificate, key, sentence)) in wrong.into_iter().enumerate() {
        folder.write("cert.pem", certificate);
        folder.write("key.pem", key);
        eventually_async(WAIT_MAX, sentence, async || told(sentence) > 0).await;
        assert_eq!(secured.shown().await, secured.pair.der, "after {nth}");
        assert_eq!(secured.client().get("/v2/health/live").await.status, 200);
    }
    next.put(folder);
    eventually_async(WAIT_MAX, "the new certificate", async || {
        secured.shown().await == next.der
    })
    .await;
    // However often it was found.
    assert_eq!(told("expired"), 1, "{}", secured.gateway.log());
    let reloads = secured
        .metric("scoregate_tls_reloads_total{result=\"ok\"}")
        .await;
    assert_eq!(reloads, ["scoregate_tls_reloads_total{result=\"ok\"} 1"]);
    for secret in ["PRIVATE", "CERTIFICATE"] {
        assert!(
            !secured.gateway.log().contains(secret),
            "{}",
            secured.gateway.log()
        );
    }
}
