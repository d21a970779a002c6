//! Commands over TLS, through the real binary.

use std::{fs, sync::Arc, time::Duration};

use scoregate::release::Digest;
use scoregate_tests::{
    authority::{Authority, TLS},
    command::{Ended, run},
    components::noted,
    folder::Folder,
    gateway::Gateway,
    plugins,
    servers::{blocking::block_on, wait::eventually},
    streams,
};
use serde_json::Value;

use super::Secured;

/// Far longer than anything here takes.
const WAIT_MAX: Duration = Duration::from_secs(60);

fn told(folder: &Folder, line: &str) -> Ended {
    run(folder, line.split_whitespace())
}

/// A token's file in the folder, and the line that makes it known.
fn token(folder: &Folder) -> String {
    let ended = told(folder, "token --name ci --role deploy --output json");
    let made: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    folder.write("token", made["token"].as_str().expect("a token"));
    made["line"].as_str().expect("a line").to_owned()
}

/// A gateway with TLS and tokens, and a folder with a token and what is needed to believe it.
fn desk() -> (Secured, Folder) {
    let folder = Folder::new();
    let line = token(&folder);
    let secured = {
        let tokens = folder.path("tokens");
        folder.write("tokens", line);
        Secured::start_with(&format!("admin_token_file = \"{}\"\n", tokens.display()))
    };
    folder.write("ca.pem", secured.authority.pem());
    (secured, folder)
}

#[test]
fn a_release_is_deployed_over_tls_with_a_token_by_whoever_believes_the_authority() {
    let (secured, folder) = desk();
    let component = noted(plugins::fraud(), "another");
    folder.write("new.wasm", &component);
    let admin = secured.gateway.admin;
    let deploy = format!(
        "deploy new.wasm --plugin fraud --admin https://{admin} --token-file token --output json"
    );
    let unknown = told(&folder, &deploy);
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(
        unknown.stderr.contains("give --ca-file FILE"),
        "{unknown:?}"
    );
    let done = told(&folder, &format!("{deploy} --ca-file ca.pem"));
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(done.stderr, "", "nothing is warned of");
    let serves = block_on(async {
        let event = scoregate_tests::payments::heldout()[0].json;
        secured.client().score("fraud", event).await.json()["release"]["model"].clone()
    });
    let digest = Digest::of(&component).to_string();
    assert!(
        serves.as_str().expect("a release").ends_with(&digest),
        "{serves}"
    );
}

#[test]
fn what_does_not_hold_is_said_with_what_helps() {
    let (secured, folder) = desk();
    folder.write("empty.pem", "");
    let other = Authority::new();
    folder.write("other.pem", other.pem());
    folder.write("old.pem", secured.authority.anew().pem());
    let port = secured.gateway.admin.port();
    let plain = Gateway::fraud();
    let plain_port = plain.admin.port();
    for (place, expected) in [
        (
            format!("https://127.0.0.1:{port} --ca-file other.pem"),
            "signed by nobody whom this system knows",
        ),
        (
            format!("https://127.0.0.1:{port} --ca-file old.pem"),
            "signed by another key",
        ),
        (
            format!("https://localhost:{port} --ca-file ca.pem"),
            "its certificate is for `127.0.0.1` and not for `localhost`",
        ),
        (
            format!("http://127.0.0.1:{port}"),
            "this listener speaks TLS: use https://",
        ),
        (
            format!("https://127.0.0.1:{plain_port} --ca-file ca.pem"),
            "it speaks no TLS: use http://",
        ),
        (
            format!("https://127.0.0.1:{port} --ca-file none.pem"),
            "--ca-file none.pem: it cannot be read",
        ),
        (
            format!("https://127.0.0.1:{port} --ca-file empty.pem"),
            "--ca-file empty.pem: it holds no certificate",
        ),
        (
            format!("tls://127.0.0.1:{port}"),
            "it is http:// or https://",
        ),
    ] {
        let ended = told(
            &folder,
            &format!("status --token-file token --admin {place}"),
        );
        assert_ne!(ended.code, Some(0), "{place}: {ended:?}");
        assert!(ended.stderr.contains(expected), "{place}: {ended:?}");
    }
}

#[test]
fn a_certificate_of_another_host_or_of_an_authority_is_told_as_that() {
    let (secured, folder) = desk();
    let gateway = &secured.gateway;
    let status = format!(
        "status --token-file token --ca-file ca.pem --admin https://{}",
        gateway.admin
    );
    let ended = told(&folder, &status);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let names = ["a.example".to_owned(), "*.b.example".to_owned()];
    let elsewhere = secured.authority.sign_for(names.into(), 2001, 4000);
    for (pair, expected) in [
        (
            elsewhere,
            "is for `a.example`, `*.b.example` and not for `127.0.0.1`",
        ),
        (secured.authority.own(), "an authority's own"),
    ] {
        pair.put(&gateway.folder);
        eventually(WAIT_MAX, || {
            told(&folder, &status).stderr.contains(expected)
        });
    }
}

#[test]
fn dead_letters_are_sent_again_over_tls() {
    let authority = Authority::new();
    let stream = streams::file_to_sqlite("app.log");
    let http = "[[pipelines.fraud.sources]]\nkind = \"http\"\n";
    let folder = streams::folder(&format!("{stream}{http}{TLS}"));
    authority.sign(&[]).put(&folder);
    folder.write("ca.pem", authority.pem());
    folder.write("app.log", "no payment\n");
    let gateway = Gateway::start(Arc::new(folder));
    let folder = &gateway.folder;
    let dead = folder.path("dead.ndjson");
    eventually(WAIT_MAX, || {
        fs::read(&dead).is_ok_and(|text| text.ends_with(b"\n"))
    });
    let retry = format!(
        "dead-letters retry --all --config gateway.toml --output json --url https://{}",
        gateway.http
    );
    let unknown = told(folder, &retry);
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(
        unknown.stderr.contains("give --ca-file FILE"),
        "{unknown:?}"
    );
    let again = told(folder, &format!("{retry} --ca-file ca.pem"));
    // It was answered, and is no better than before.
    assert!(again.stdout.contains("answered with 422"), "{again:?}");
}

#[test]
fn a_token_that_leaves_the_machine_without_tls_is_warned_of() {
    let folder = Folder::new();
    token(&folder);
    let gateway = Gateway::fraud();
    let port = gateway.admin.port();
    // An address that is no loopback by its name, and leads back to this machine.
    for (place, with, warned) in [
        ("0.0.0.0", "--token-file token", true),
        ("0.0.0.0", "", false),
        ("127.0.0.1", "--token-file token", false),
    ] {
        let ended = told(
            &folder,
            &format!("status {with} --admin http://{place}:{port}"),
        );
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.stderr.contains("warning: "), warned, "{ended:?}");
        assert_eq!(ended.stderr.contains("use https://"), warned, "{ended:?}");
    }
}
