//! Releases change by the command line, as an engineer or a pipeline of theirs uses it.

use std::sync::Arc;

use scoregate::{limits::COMPONENT_MAX_BYTES, release::Digest};
use scoregate_tests::{
    command::{self, Ended},
    components::noted,
    folder::Folder,
    gateway::Gateway,
    payments, plugins,
    servers::blocking::block_on,
    workspace,
};
use serde_json::Value;

/// A gateway, and a folder from which it is commanded.
struct Desk {
    gateway: Gateway,
    folder: Folder,
}

impl Desk {
    fn new(more: &str) -> Self {
        let gateway = Gateway::start(Arc::new(Folder::fraud(more)));
        let folder = Folder::new();
        Self { gateway, folder }
    }

    /// Runs a command against the gateway.
    fn run(&self, line: &str) -> Ended {
        self.run_in(&self.folder, line)
    }

    fn run_in(&self, folder: &Folder, line: &str) -> Ended {
        let admin = format!("http://{}", self.gateway.admin);
        let words = line.split_whitespace().chain(["--admin", &admin]);
        command::run(folder, words)
    }

    /// Runs a command that must be done, and returns its result.
    fn json(&self, line: &str) -> Value {
        let ended = self.run(&format!("{line} --output json"));
        assert_eq!(ended.code, Some(0), "{line}: {ended:?}");
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
    }

    /// Another release of the sample model, in the folder under that name.
    fn model(&self, name: &str) -> String {
        let component = noted(plugins::fraud(), name);
        self.folder.write(name, &component);
        Digest::of(&component).to_string()
    }

    /// The release that answers an event.
    fn serves(&self, part: &str) -> String {
        let event = payments::heldout()[0].json;
        let reply = block_on(async { self.gateway.client().score("fraud", event).await });
        assert_eq!(reply.status, 200, "{reply:?}");
        let release = reply.json()["release"][part].clone();
        let release = release.as_str().expect("a release");
        let (_, digest) = release.split_once('@').expect("slot and digest");
        digest.to_owned()
    }
}

#[test]
fn a_release_is_deployed_and_rolled_back_and_everybody_sees_who_did_it() {
    let desk = Desk::new("");
    let (old, new) = (desk.serves("model"), desk.model("new.wasm"));
    let ended = desk.run("deploy new.wasm --plugin fraud");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for told in [
        &*new,
        "fits     pipeline fraud",
        "serves; a rollback goes to",
        "took ",
    ] {
        assert!(ended.stdout.contains(told), "no {told}: {}", ended.stdout);
    }
    assert_eq!(desk.serves("model"), new);

    let ended = desk.run("releases fraud");
    let line = |digest: &str| {
        let line = ended.stdout.lines().find(|line| line.starts_with(digest));
        line.unwrap_or_else(|| panic!("no {digest}: {ended:?}"))
    };
    assert!(line(&new).ends_with("active"), "{ended:?}");
    assert!(line(&old).ends_with("previous"), "{ended:?}");
    let status = desk.run("status");
    assert!(status.stdout.contains(&new[7..19]), "{status:?}");
    assert!(status.stdout.contains("PIPELINE"), "{status:?}");

    let back = desk.run("rollback --plugin fraud --reason too-slow");
    assert_eq!(back.code, Some(0), "{back:?}");
    assert_eq!(desk.serves("model"), old);
    let audit = desk.json("audit --plugin fraud");
    let lines = audit["audit"].as_array().expect("lines");
    let actions: Vec<&str> = lines.iter().filter_map(|l| l["action"].as_str()).collect();
    assert_eq!(actions, ["rollback", "replace", "add", "first"]);
    assert_eq!(lines[0]["detail"]["reason"], "too-slow");
    assert_eq!(lines[0]["who"], "local");
    let from = lines[0]["from"].as_str().expect("an address");
    assert!(from.starts_with("127.0.0.1:"), "{from}");
    let text = desk.run("audit --count 1");
    assert!(
        text.stdout.contains("rollback") && text.stdout.contains("too-slow"),
        "{text:?}"
    );
}

#[test]
fn what_does_not_fit_is_told_line_by_line_and_nothing_changes() {
    let desk = Desk::new("");
    let serving = desk.serves("model");
    let sample = workspace::root().join("plugins/fraud/fraud.json");
    let sample = sample.canonicalize().expect("the sample");
    let model = sample.display().to_string();
    let args = ["compile", &model, "-o", "label.wasm", "--output", "label"];
    assert_eq!(command::run(&desk.folder, args).code, Some(0));
    desk.folder.write("adapter.wasm", plugins::payments());
    desk.folder.write("text.wasm", "no component");
    for (file, told) in [
        ("label.wasm", "misfit   pipeline fraud: "),
        ("adapter.wasm", "refused  it is of the kind `adapter`"),
        ("text.wasm", "is not WebAssembly"),
    ] {
        for dry in ["", "--dry-run"] {
            let ended = desk.run(&format!("deploy {file} --plugin fraud {dry}"));
            assert_eq!(ended.code, Some(3), "{file} {dry}: {ended:?}");
            assert!(ended.stdout.contains(told), "{file} {dry}: {ended:?}");
            assert!(
                ended.stderr.starts_with("error: "),
                "{file} {dry}: {ended:?}"
            );
        }
        let ended = desk.run(&format!("deploy {file} --plugin fraud --output json"));
        assert_eq!(ended.code, Some(3), "{file}: {ended:?}");
        let told: Value = serde_json::from_str(&ended.stdout).expect("JSON");
        assert_eq!(told["report"]["fits"], false, "{told}");
        assert!(told["error"].is_string(), "{told}");
    }
    assert_eq!(desk.serves("model"), serving);
}

#[test]
fn a_dry_run_of_what_fits_is_0_and_changes_nothing() {
    let desk = Desk::new("");
    let serving = desk.serves("model");
    desk.model("new.wasm");
    let ended = desk.run("deploy new.wasm --plugin fraud --dry-run");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("it fits"), "{ended:?}");
    let told = desk.json("deploy new.wasm --plugin fraud --dry-run");
    assert_eq!(
        (&told["fits"], &told["dry_run"]),
        (&true.into(), &true.into())
    );
    assert_eq!(desk.serves("model"), serving);
    let releases = desk.json("releases fraud");
    assert_eq!(releases["releases"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_dry_run_of_a_pair_says_whether_they_fit_one_another_and_keeps_nothing() {
    let desk = Desk::new("");
    let serving = (desk.serves("adapter"), desk.serves("model"));
    desk.folder.write("iot.wasm", plugins::iot());
    desk.folder.write("anomaly.wasm", plugins::anomaly());
    desk.model("new.wasm");
    let line = "deploy iot.wasm --plugin payments --dry-run --with fraud=";
    for strategy in ["", "--canary 5", "--shadow"] {
        let ended = desk.run(&format!("{line}anomaly.wasm {strategy}"));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(
            ended.stdout.contains("fits     pipeline fraud"),
            "{ended:?}"
        );
        assert!(ended.stdout.contains("they fit together"), "{ended:?}");
        assert!(!ended.stdout.contains("misfit"), "{ended:?}");
    }
    let told = desk.json(&format!("{line}anomaly.wasm"));
    assert_eq!(told["fits"], true, "{told}");
    assert_eq!(told["pipelines"], serde_json::json!(["fraud"]), "{told}");
    let ended = desk.run(&format!("{line}new.wasm"));
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(
        ended.stdout.contains("misfit   pipeline fraud: "),
        "{ended:?}"
    );
    assert!(
        ended.stderr.contains("iot.wasm would be refused"),
        "{ended:?}"
    );
    for slot in ["payments", "fraud"] {
        let releases = desk.json(&format!("releases {slot}"));
        assert_eq!(releases["releases"].as_array().map(Vec::len), Some(1));
    }
    assert_eq!((desk.serves("adapter"), desk.serves("model")), serving);
}

#[test]
fn a_dry_run_is_refused_where_the_deploy_would_be() {
    let desk = Desk::new("");
    desk.model("new.wasm");
    desk.folder.write("same.wasm", plugins::fraud());
    let same = desk.run("deploy same.wasm --plugin fraud --dry-run");
    assert_eq!(same.code, Some(3), "{same:?}");
    assert!(same.stderr.contains("is the active release"), "{same:?}");
    assert_eq!(
        desk.run("deploy new.wasm --plugin fraud --shadow").code,
        Some(0)
    );
    let beside = desk.run("deploy new.wasm --plugin fraud --dry-run");
    assert_eq!(beside.code, Some(3), "{beside:?}");
    assert!(
        beside.stderr.contains("promote or abort it first"),
        "{beside:?}"
    );
}

#[test]
fn a_canary_is_waited_for_through_its_stages() {
    let desk = Desk::new("");
    let new = desk.model("new.wasm");
    let ended = desk.run("deploy new.wasm --plugin fraud --canary-stages 5:1,50:1 --wait");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("canary of 5 %"), "{ended:?}");
    assert!(
        ended
            .stdout
            .ends_with(&format!("fraud: {new} serves all events\n")),
        "{ended:?}"
    );
    assert_eq!(desk.serves("model"), new);
}

#[test]
fn a_canary_that_is_aborted_ends_the_waiting_with_its_reason() {
    let desk = Desk::new("");
    let serving = desk.serves("model");
    desk.model("new.wasm");
    let elsewhere = Folder::new();
    let ended = std::thread::scope(|scope| {
        let waiting =
            scope.spawn(|| desk.run("deploy new.wasm --plugin fraud --canary 100 --wait"));
        let aborted = loop {
            let ended = desk.run_in(&elsewhere, "abort fraud --reason not-good");
            match ended.code {
                // Not begun yet.
                Some(3) if ended.stderr.contains("no rollout") => {}
                _ => break ended,
            }
        };
        assert_eq!(aborted.code, Some(0), "{aborted:?}");
        waiting.join().expect("the command ends")
    });
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(
        ended.stderr.contains("aborted by local: not-good"),
        "{ended:?}"
    );
    assert_eq!(desk.serves("model"), serving);
}

#[test]
fn a_shadow_answers_nobody_until_it_is_promoted() {
    let desk = Desk::new("");
    let (old, new) = (desk.serves("model"), desk.model("new.wasm"));
    let told = desk.json("deploy new.wasm --plugin fraud --shadow");
    assert_eq!(
        told["rollout"]["slots"][0]["rollout"]["strategy"], "shadow",
        "{told}"
    );
    assert_eq!(desk.serves("model"), old);
    let status = desk.run("status fraud");
    assert!(
        status.stdout.contains("fraud: shadow of 100 %"),
        "{status:?}"
    );
    assert!(status.stdout.contains("candidate"), "{status:?}");
    let again = desk.run("deploy new.wasm --plugin fraud --canary 5");
    assert_eq!(again.code, Some(3), "{again:?}");
    assert!(
        again.stderr.contains("promote or abort it first"),
        "{again:?}"
    );
    assert_eq!(desk.run("promote fraud").code, Some(0));
    assert_eq!(desk.serves("model"), new);
}

#[test]
fn adapter_and_model_change_together() {
    let desk = Desk::new("");
    let model = desk.model("fraud.wasm");
    let adapter = noted(plugins::payments(), "new");
    desk.folder.write("payments.wasm", &adapter);
    let adapter = Digest::of(&adapter).to_string();
    let told = desk.json("deploy fraud.wasm --plugin fraud --with payments=payments.wasm");
    assert_eq!(
        told["rollout"]["slots"].as_array().map(Vec::len),
        Some(2),
        "{told}"
    );
    assert_eq!(
        (desk.serves("model"), desk.serves("adapter")),
        (model, adapter.clone())
    );
    assert_eq!(desk.run("rollback payments").code, Some(0));
    assert_ne!(desk.serves("adapter"), adapter);
    assert_eq!(
        desk.serves("model"),
        Digest::of(plugins::fraud()).to_string()
    );
}

#[test]
fn a_gateway_that_is_away_is_1_and_a_wrong_command_line_is_2() {
    let folder = Folder::new();
    folder.write("new.wasm", plugins::fraud());
    // Nobody listens on port 1.
    let away = ["--admin", "http://127.0.0.1:1"];
    for line in [
        "status",
        "releases fraud",
        "deploy new.wasm --plugin fraud",
        "abort fraud",
    ] {
        let ended = command::run(&folder, line.split(' ').chain(away));
        assert_eq!(ended.code, Some(1), "{line}: {ended:?}");
        assert!(ended.stderr.contains("127.0.0.1:1"), "{line}: {ended:?}");
    }
    let large = std::fs::File::create(folder.path("large.wasm")).expect("a file");
    large.set_len(COMPONENT_MAX_BYTES + 1).expect("a size");
    for (file, told) in [
        ("large.wasm", "the limit is"),
        ("missing.wasm", "missing.wasm"),
    ] {
        let line = ["deploy", file, "--plugin", "fraud"];
        let ended = command::run(&folder, line.into_iter().chain(away));
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains(told), "{ended:?}");
    }
    for line in [
        "deploy new.wasm",
        "deploy new.wasm --plugin fraud --canary 0",
        "deploy new.wasm --plugin fraud --canary 5 --shadow",
        "rollback",
        "token --name ci",
        "token --name guard --role deploy",
        "token --name ci --role admin",
    ] {
        let ended = command::run(&folder, line.split(' '));
        assert_eq!(ended.code, Some(2), "{line}: {ended:?}");
    }
    for command in [
        "deploy", "promote", "abort", "rollback", "status", "releases", "audit", "token",
    ] {
        let ended = command::run(&folder, [command, "--help"]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.stdout.contains("Example"), "{ended:?}");
    }
}
