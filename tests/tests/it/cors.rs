//! A page in a browser may call the gateway if its origin is listed, and no other page may.

use std::sync::Arc;

use bytes::Bytes;
use scoregate_tests::{
    client::{Client, Reply},
    folder::{FRAUD, Folder},
    gateway::Gateway,
    payments, plugins,
    shared::Shared,
};

static GATEWAY: Shared = Shared::new();

const SHOP: &str = "http://127.0.0.1:8000";
const SCORE: &str = "/pipelines/fraud/score";

fn gateway() -> Arc<Gateway> {
    GATEWAY.get(|| {
        let folder = Folder::new();
        let server = "[server]\nhttp = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\nallowed_origins = [\"http://127.0.0.1:8000\"]\n";
        folder.write("gateway.toml", format!("{server}{FRAUD}"));
        folder.write("payments.wasm", plugins::payments());
        folder.write("fraud.wasm", plugins::fraud());
        Gateway::start(Arc::new(folder))
    })
}

async fn preflight(client: &mut Client, origin: &str) -> Reply {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        (
            "access-control-request-headers",
            "content-type,scoregate-key",
        ),
    ];
    client.send("OPTIONS", SCORE, &headers, Bytes::new()).await
}

#[tokio::test]
async fn a_listed_page_may_ask_and_then_score() {
    let gateway = gateway();
    let mut client = gateway.client();
    let reply = preflight(&mut client, SHOP).await;
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    assert_eq!(reply.header("access-control-allow-origin"), Some(SHOP));
    let headers = reply
        .header("access-control-allow-headers")
        .expect("headers");
    for needed in [
        "content-type",
        "idempotency-key",
        "scoregate-key",
        "scoregate-deadline-ms",
    ] {
        assert!(headers.contains(needed), "{headers}");
    }
    let payment = Bytes::from_static(payments::heldout()[0].json.as_bytes());
    for (event, status) in [(payment, 200), (Bytes::from_static(b"{"), 422)] {
        let reply = client.send("POST", SCORE, &[("origin", SHOP)], event).await;
        assert_eq!(reply.status, status, "{reply:?}");
        // A page may read the error as well as the answer.
        assert_eq!(reply.header("access-control-allow-origin"), Some(SHOP));
        assert_eq!(reply.header("vary"), Some("Origin"));
    }
}

#[tokio::test]
async fn another_page_is_refused_and_reads_nothing() {
    let gateway = gateway();
    let mut client = gateway.client();
    let other = "http://127.0.0.1:8001";
    let reply = preflight(&mut client, other).await;
    assert_eq!(reply.status, 403);
    assert!(reply.error().contains(other));
    assert_eq!(reply.header("access-control-allow-origin"), None);
    let reply = client
        .send(
            "POST",
            SCORE,
            &[("origin", other)],
            Bytes::from_static(b"{"),
        )
        .await;
    assert_eq!(reply.header("access-control-allow-origin"), None);
    assert_eq!(reply.header("vary"), Some("Origin"));
}

#[tokio::test]
async fn the_operators_listener_knows_no_pages() {
    let gateway = gateway();
    let reply = gateway
        .admin_client()
        .send("GET", "/v1/plugins", &[("origin", SHOP)], Bytes::new())
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("access-control-allow-origin"), None);
}
