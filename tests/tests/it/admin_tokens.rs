//! Who may ask and change what over the operators' listener, by tokens of two roles.

use std::sync::Arc;

use bytes::Bytes;
use scoregate_tests::{
    client::{Client, Reply},
    command::run,
    folder::{FRAUD, Folder},
    gateway::Gateway,
    plugins,
};
use serde_json::Value;

/// A token for this name and role, and the line of the file.
fn token(name: &str, role: &str) -> (String, String) {
    let args = ["token", "--name", name, "--role", role, "--output", "json"];
    let ended = run(&Folder::new(), args);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let told: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let text = |key: &str| told[key].as_str().expect("a text").to_owned();
    assert!(!text("line").contains(&text("token")));
    (text("token"), text("line"))
}

/// The sample pipeline, with tokens for operators.
fn with_tokens(lines: &str) -> Gateway {
    let folder = Folder::with(&format!("admin_token_file = \"tokens\"\n{FRAUD}"));
    folder.write("payments.wasm", plugins::payments());
    folder.write("fraud.wasm", plugins::fraud());
    folder.write("tokens", lines);
    Gateway::start(Arc::new(folder))
}

async fn as_bearer(client: &mut Client, method: &str, path: &str, token: &str) -> Reply {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    client.send(method, path, &headers, Bytes::new()).await
}

#[tokio::test]
async fn a_token_does_what_its_role_says_until_it_leaves_the_file_and_the_audit_names_its_bearer() {
    let (ci, ci_line) = token("ci", "deploy");
    let (ops, ops_line) = token("ops", "read");
    let gateway = with_tokens(&format!("{ci_line}\n{ops_line}\n"));
    let mut client = gateway.admin_client();
    assert_eq!(client.get("/health/ready").await.status, 200);
    for path in [
        "/metrics",
        "/v1/plugins",
        "/v1/audit",
        "/v1/plugins/fraud/releases",
    ] {
        let nobody = client.get(path).await;
        assert_eq!(nobody.status, 401, "{path}");
        assert!(
            nobody
                .header("www-authenticate")
                .is_some_and(|c| c.starts_with("Bearer"))
        );
        assert_eq!(
            as_bearer(&mut client, "GET", path, &ops).await.status,
            200,
            "{path}"
        );
    }
    let pause = "/v1/pipelines/fraud/pause";
    let refused = as_bearer(&mut client, "POST", pause, &ops).await;
    assert_eq!(refused.status, 403);
    assert!(refused.error().contains("`ops` has the role `read`"));
    assert_eq!(as_bearer(&mut client, "POST", pause, &ci).await.status, 200);

    let lines = as_bearer(&mut client, "GET", "/v1/audit", &ops)
        .await
        .json();
    let lines = lines["audit"].as_array().expect("lines");
    let by = |who: &str, action: &str| {
        let mut found = lines
            .iter()
            .filter(|l| l["who"] == who && l["action"] == action);
        found
            .next()
            .unwrap_or_else(|| panic!("no {action} by {who}: {lines:?}"))
    };
    let from = by("ci", "pause")["from"].as_str().expect("an address");
    assert!(from.starts_with("127.0.0.1:"), "{from}");
    assert_eq!(
        by("ops", "refuse")["detail"]["request"],
        format!("POST {pause}")
    );
    assert_eq!(by("unknown", "refuse")["detail"]["status"], 401);

    gateway.folder.write("tokens", format!("{ops_line}\n"));
    assert_eq!(
        as_bearer(&mut client, "GET", "/metrics", &ci).await.status,
        401
    );
    assert_eq!(
        as_bearer(&mut client, "GET", "/metrics", &ops).await.status,
        200
    );
    for secret in [&ci, &ops] {
        assert!(!gateway.log().contains(secret), "a token is in the log");
    }
}

#[tokio::test]
async fn whoever_knocks_again_and_again_does_not_fill_the_audit() {
    let (ops, line) = token("ops", "read");
    let gateway = with_tokens(&line);
    let mut client = gateway.admin_client();
    for _ in 0..50 {
        assert_eq!(
            as_bearer(&mut client, "GET", "/metrics", "guessed")
                .await
                .status,
            401
        );
    }
    let lines = as_bearer(&mut client, "GET", "/v1/audit", &ops)
        .await
        .json();
    let lines = lines["audit"].as_array().expect("lines").iter();
    let refusals = lines.filter(|line| line["action"] == "refuse").count();
    // Two minutes may meet in it.
    assert!((1..=12).contains(&refusals), "{refusals}");
}
