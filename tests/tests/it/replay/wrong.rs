//! What cannot be replayed is told in a sentence, and by an exit code of its own.

use scoregate_tests::{folder::Folder, gateway::Gateway, payments, plugins};

use super::{capsules, fraud, kept, replay};

/// A folder with a capsule, and the capsule's text.
async fn captured() -> (std::sync::Arc<Folder>, String) {
    let folder = fraud("capture = \"sampled\"\ncapture_every_events = 1");
    let gateway = Gateway::start(folder.clone());
    let payment = payments::heldout()[0].json;
    gateway.client().score("fraud", payment).await;
    kept(&gateway, "fraud", 1).await;
    let capsule = capsules(&folder, "fraud").remove(0);
    let text = std::fs::read_to_string(capsule).expect("a capsule");
    (folder, text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_replayed_is_told_and_is_no_difference() {
    let (folder, text) = captured().await;
    let told = |content: &str, more: &[&str], expected: &str| {
        folder.write("capsule.json", content);
        let ended = replay(&folder, &folder.path("capsule.json"), more);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stdout.is_empty(), "{}", ended.stdout);
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    };
    told(&text[..text.len() - 9], &[], "it is no capsule");
    told("", &[], "it is no capsule");
    told("[1]", &[], "it is a damaged capsule");
    let second = text.replacen("\"format\":1", "\"format\":2", 1);
    told(
        &second,
        &[],
        "it is a capsule of format 2; this version reads format 1",
    );
    let wrong = text.replacen("\"payload\":\"", "\"payload\":\"*", 1);
    told(&wrong, &[], "it is a damaged capsule: bytes are no Base64");
    told(&" ".repeat((64 << 20) + 1), &[], "the limit is 67108864");

    let zeros = format!("sha256:{}", "0".repeat(64));
    told(
        &text,
        &["--release", &zeros],
        "scoregate-data/releases has no release sha256:000",
    );
    told(
        &text,
        &["--store", "elsewhere"],
        "elsewhere/releases has no release sha256:",
    );
    told(
        &text,
        &["--release", "sha256:12"],
        "expected `sha256:` and 64 hexadecimal digits",
    );
    told(
        &text,
        &["--release", "none.wasm"],
        "none.wasm: it cannot be read",
    );
    let two = ["--release", "fraud.wasm", "--release", "fraud.wasm"];
    told(&text, &two, "--release names two of the kind model");
    folder.write("anomaly.wasm", plugins::anomaly());
    told(&text, &["--release", "anomaly.wasm"], "do not fit: ");
    let config = text.replacen("\"config\":\"{}\"", "\"config\":\"{\\\"a\\\":1}\"", 1);
    told(&config, &[], "its `configure` refuses the slot's `config`");
    // Both given, no store is needed.
    folder.write("capsule.json", &text);
    let both = [
        "--store",
        "elsewhere",
        "--release",
        "fraud.wasm",
        "--release",
        "payments.wasm",
    ];
    let ended = replay(&folder, &folder.path("capsule.json"), &both);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}
