//! A change whose commit nobody answered: the gateway finds out what the record says, and serves that.

use std::{sync::Arc, time::Duration};

use scoregate::release::Digest;
use scoregate_tests::{
    client::Reply,
    folder::Folder,
    gateway::Gateway,
    operator::Operator,
    payments, plugins,
    servers::{Loss, Postgres, Proxy, eventually_async},
};
use serde_json::json;

/// Longer than a database takes to be found again.
const BACK_MAX: Duration = Duration::from_secs(60);

/// A gateway whose database is behind a proxy, and another that reaches it directly.
struct Scene {
    proxy: Proxy,
    behind: Gateway,
    direct: Gateway,
    first: Digest,
    second: Digest,
}

impl Scene {
    async fn new() -> Self {
        let postgres = Postgres::shared();
        let url = postgres.fresh_database();
        let proxy = Proxy::start(postgres.address()).await;
        let (server, via) = (postgres.address().to_string(), proxy.address().to_string());
        assert!(url.contains(&server), "{server} is not in the address");
        let gateway = |url: String| {
            let store = format!("[store]\nurl = \"{url}\"\n");
            Gateway::start(Arc::new(Folder::fraud(&store)))
        };
        let behind = gateway(url.replace(&server, &via));
        let mut operator = Operator::of(&behind);
        Self {
            proxy,
            first: operator.active("fraud").await,
            second: operator.add("fraud", &plugins::fraud_again("2")).await,
            behind,
            direct: gateway(url),
        }
    }

    /// Deploys the second release while that is lost.
    async fn deploys_losing(&self, loss: Loss, stay_away: bool) -> Reply {
        self.proxy.lose(loss, stay_away);
        let order = json!({ "strategy": "replace" });
        let mut operator = Operator::of(&self.behind);
        let reply = operator.try_roll_out("fraud", self.second, order).await;
        assert!(self.proxy.has_lost(), "it was not lost: {reply:?}");
        reply
    }

    /// Both serve it, and it is in the audit so many times.
    async fn both_serve(&self, release: Digest, replaced: usize) {
        let model = format!("fraud@{release}");
        for gateway in [&self.behind, &self.direct] {
            eventually_async(BACK_MAX, "what the record says serves", async || {
                let payment = payments::heldout()[0].json;
                let reply = gateway.client().score("fraud", payment).await;
                assert_eq!(reply.status, 200, "{reply:?}");
                reply.json()["release"]["model"] == model
            })
            .await;
        }
        let made = Operator::of(&self.direct).actions().await;
        let times = made.iter().filter(|action| *action == "replace").count();
        assert_eq!(times, replaced, "{made:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_was_committed_and_not_answered_is_made() {
    let scene = Scene::new().await;
    let reply = scene.deploys_losing(Loss::Answer, false).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    scene.both_serve(scene.second, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_was_never_committed_is_refused_and_changes_nothing() {
    let scene = Scene::new().await;
    let reply = scene.deploys_losing(Loss::Request, false).await;
    assert_eq!(reply.status, 503, "{reply:?}");
    assert!(
        reply.error().contains("PostgreSQL at 127.0.0.1"),
        "{reply:?}"
    );
    scene.both_serve(scene.first, 0).await;
    let mut operator = Operator::of(&scene.behind);
    operator.replace("fraud", scene.second).await;
    scene.both_serve(scene.second, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_can_be_asked_the_record_tells_later() {
    for (loss, expected, replaced) in [(Loss::Answer, true, 1), (Loss::Request, false, 0)] {
        let scene = Scene::new().await;
        let reply = scene.deploys_losing(loss, true).await;
        assert_eq!(reply.status, 503, "{reply:?}");
        let told = "whether the change was recorded is not known, the record tells once the database is back";
        assert!(reply.error().contains(told), "{reply:?}");
        assert_eq!(
            Operator::of(&scene.behind).active("fraud").await,
            scene.first
        );
        scene.proxy.back();
        eventually_async(BACK_MAX, "the database is back", async || {
            let trouble = Operator::of(&scene.behind)
                .change("fraud", "abort", &json!({}))
                .await;
            trouble.status == 404
        })
        .await;
        let serves = if expected { scene.second } else { scene.first };
        scene.both_serve(serves, replaced).await;
    }
}
