//! Two gateways that share a record in PostgreSQL, both answering callers.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use scoregate::release::Digest;
use scoregate_tests::{
    components::noted,
    folder::Folder,
    gateway::Gateway,
    operator::Operator,
    payments, plugins,
    servers::{Postgres, eventually_async},
    traffic::Traffic,
};
use serde_json::json;
use sqlx::{Connection as _, PgConnection};

/// The promise is two seconds; a machine with many tests at once is given more.
const AGREED_MAX: Duration = Duration::from_secs(10);
/// Longer than a database takes to be found again.
const BACK_MAX: Duration = Duration::from_secs(60);
const CALLERS: usize = 3;

fn gateway(url: &str) -> Gateway {
    let store = format!("[store]\nurl = \"{url}\"\n");
    Gateway::start(Arc::new(Folder::fraud(&store)))
}

/// The model that answers a caller.
async fn answers(gateway: &Gateway) -> String {
    let payment = payments::heldout()[0].json;
    let reply = gateway.client().score("fraud", payment).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let model = reply.json()["release"]["model"].clone();
    model.as_str().expect("a release").to_owned()
}

/// Waits until a caller of the gateway is answered by that model, and returns how long that took.
async fn until_answers(gateway: &Gateway, release: Digest) -> Duration {
    let (begun, model) = (Instant::now(), format!("fraud@{release}"));
    eventually_async(AGREED_MAX, "the other gateway serves it", async || {
        answers(gateway).await == model
    })
    .await;
    begun.elapsed()
}

/// No notification of a change leaves that database.
async fn silence(url: &str) {
    let mut database = PgConnection::connect(url).await.expect("a connection");
    let (_, name) = url.rsplit_once('/').expect("a database");
    let silent = format!(
        "CREATE FUNCTION public.pg_notify(text, text) RETURNS void LANGUAGE sql AS '';
         ALTER DATABASE {name} SET search_path = public, pg_catalog"
    );
    let silenced = sqlx::raw_sql(sqlx::AssertSqlSafe(silent));
    silenced.execute(&mut database).await.expect("it is silent");
}

/// Whether a change's notification is heard by those who listen.
async fn is_heard(url: &str) -> bool {
    let listener = sqlx::postgres::PgListener::connect(url).await;
    let mut listener = listener.expect("a connection");
    listener.listen("heard").await.expect("it listens");
    let mut teller = PgConnection::connect(url).await.expect("a connection");
    let tell = sqlx::raw_sql(
        "SELECT pg_notify('heard', ''); SELECT pg_catalog.pg_notify('heard', 'last')",
    );
    tell.execute(&mut teller).await.expect("it is told");
    listener.recv().await.expect("it is heard").payload() != "last"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_deployed_to_one_gateway_serves_on_both() {
    let url = Postgres::shared().fresh_database();
    assert!(is_heard(&url).await);
    deployed_and_back(&url, "notified").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_notification_comes_a_look_at_the_record_finds_what_the_other_has_deployed() {
    let url = Postgres::shared().fresh_database();
    silence(&url).await;
    assert!(!is_heard(&url).await);
    deployed_and_back(&url, "polled").await;
}

async fn deployed_and_back(url: &str, how: &str) {
    let (one, two) = (gateway(url), gateway(url));
    let traffic = [Traffic::begin(&one, CALLERS), Traffic::begin(&two, CALLERS)];
    let (mut first, mut second) = (Operator::of(&one), Operator::of(&two));
    let before = first.active("fraud").await;
    assert_eq!(second.active("fraud").await, before);
    let release = first.add("fraud", &noted(plugins::fraud(), how)).await;
    first.replace("fraud", release).await;
    assert_eq!(answers(&one).await, format!("fraud@{release}"));
    let deployed = until_answers(&two, release).await;
    // And back, from the other one.
    second.end("fraud", "rollback").await;
    let back = until_answers(&one, before).await;
    println!("{how}: a deploy was there after {deployed:?}, a rollback after {back:?}");
    for traffic in traffic {
        traffic.goes_on(20).await;
        assert_eq!(traffic.end().await.len(), 2, "both have answered");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_database_away_both_serve_what_they_have_a_restart_included() {
    let postgres = Postgres::start();
    let url = postgres.fresh_database();
    let (one, mut two) = (gateway(&url), gateway(&url));
    let mut first = Operator::of(&one);
    let known = first.add("fraud", &plugins::fraud_again("2")).await;
    first.replace("fraud", known).await;
    until_answers(&two, known).await;
    let waiting = first
        .add("fraud", &noted(plugins::fraud(), "waiting"))
        .await;
    let traffic = [Traffic::begin(&one, CALLERS), Traffic::begin(&two, CALLERS)];
    postgres.stop_immediate();
    refuses_changes(&mut first, waiting).await;
    refuses_changes(&mut Operator::of(&two), waiting).await;
    // Longer than the record is polled for.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let [of_one, of_two] = traffic;
    of_two.goes_on(20).await;
    assert_eq!(of_two.end().await.len(), 1, "nothing else has answered");
    two.restart();
    let of_two = Traffic::begin(&two, CALLERS);
    assert_eq!(answers(&two).await, format!("fraud@{known}"));
    let mut second = Operator::of(&two);
    refuses_changes(&mut second, waiting).await;
    for gateway in [&one, &two] {
        let (status, body) = gateway.readiness();
        assert_eq!(status, 200, "{body}");
    }

    postgres.restart();
    let order = json!({ "strategy": "replace" });
    eventually_async(BACK_MAX, "a deploy once the database is back", async || {
        let reply = second.try_roll_out("fraud", waiting, order.clone()).await;
        assert!([200, 503].contains(&reply.status), "{reply:?}");
        reply.status == 200
    })
    .await;
    until_answers(&one, waiting).await;
    first.end("fraud", "rollback").await;
    until_answers(&two, known).await;
    for traffic in [of_one, of_two] {
        traffic.goes_on(20).await;
        assert_eq!(traffic.end().await.len(), 2, "and nothing failed");
    }
}

/// Uploads, rollouts and the way back are 503 with what is wrong.
async fn refuses_changes(operator: &mut Operator, release: Digest) {
    let unknown = noted(plugins::fraud(), "unknown");
    let order = json!({ "strategy": "replace" });
    let refused = [
        operator.upload("fraud", &unknown).await,
        operator.try_roll_out("fraud", release, order).await,
        operator.change("fraud", "rollback", &json!({})).await,
    ];
    for reply in refused {
        assert_eq!(reply.status, 503, "{reply:?}");
        let error = reply.error();
        assert!(
            error.starts_with("the store cannot be used at the moment: PostgreSQL at 127.0.0.1"),
            "{error}"
        );
        assert!(!error.contains("only-for-tests"), "{error}");
        assert!(reply.header("retry-after").is_some(), "{reply:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_deploys_to_both_at_once_each_is_made_or_refused_and_both_end_alike() {
    let url = Postgres::shared().fresh_database();
    let gateways = [gateway(&url), gateway(&url)];
    let mut releases = vec![Operator::of(&gateways[0]).active("fraud").await];
    for (nth, note) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let mut operator = Operator::of(&gateways[nth % 2]);
        releases.push(operator.add("fraud", &noted(plugins::fraud(), note)).await);
    }
    let mut made = Vec::new();
    for round in 0..6 {
        let deploys: Vec<_> = (0..4)
            .map(|nth| {
                let mut operator = Operator::of(&gateways[nth % 2]);
                let release = releases[1 + (nth + round) % 4];
                tokio::spawn(async move {
                    let reply = operator.try_roll_out("fraud", release, json!({})).await;
                    assert!([200, 409].contains(&reply.status), "{reply:?}");
                    (reply.status == 200).then(|| reply.json()["revision"].as_u64())
                })
            })
            .collect();
        for deploy in deploys {
            made.extend(deploy.await.expect("an answer"));
        }
    }
    let mut first = Operator::of(&gateways[0]);
    let audit = first.audit().await;
    let mut replaced: Vec<_> = audit
        .iter()
        .filter(|line| line["action"] == "replace")
        .collect();
    replaced.reverse();
    let recorded: Vec<_> = replaced
        .iter()
        .map(|line| line["sequence"].as_u64())
        .collect();
    made.sort_unstable();
    assert_eq!(
        recorded, made,
        "each that was answered is recorded, and no other"
    );
    // In order: each goes on from the one before.
    for pair in replaced.windows(2) {
        let (before, after) = (
            &pair[1]["slots"]["fraud"]["before"],
            &pair[0]["slots"]["fraud"]["after"],
        );
        assert_eq!(before["active"], after["active"]);
    }
    let last = replaced.last().expect("one was made");
    let last: Digest = last["slots"]["fraud"]["after"]["active"]
        .as_str()
        .and_then(|digest| digest.parse().ok())
        .expect("a digest");
    for gateway in &gateways {
        until_answers(gateway, last).await;
        let slot = Operator::of(gateway).slot("fraud").await;
        assert_eq!(slot["revision"].as_u64(), made.last().copied().flatten());
    }
}
