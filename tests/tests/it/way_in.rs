//! A release's way in: what takes the compiler too long or too much, and what its own golden cases say against it.

use std::time::Duration;

use scoregate::{
    plugin::{Cache, Compiler, Engine, Release, Settings, with_golden},
    release::Digest,
    telemetry::Telemetry,
};
use scoregate_tests::{
    bombs::compile_bomb,
    command::{self, run},
    folder::Folder,
    gateway::Gateway,
    payments, plugins,
    servers::eventually_async,
    workspace,
};
use serde_json::Value;

/// Longer than a busy machine needs to begin.
const COMPILES_MAX: Duration = Duration::from_secs(30);

fn file(name: &str) -> String {
    let path = workspace::root().join("plugins").join(name);
    path.canonicalize().expect("a sample").display().to_string()
}

/// What a gateway with a compile bomb says of it.
fn refused(store: &str) -> String {
    let folder = Folder::with(&format!(
        "[store]\npath = \"store\"\n{store}\n[plugins.bomb]\nfile = \"bomb.wasm\"\n"
    ));
    folder.write("bomb.wasm", compile_bomb());
    let stderr = command::refused(&folder);
    let kept = std::fs::read_dir(folder.path("store/cache")).expect("the cache");
    assert_eq!(kept.count(), 0, "code was kept");
    stderr
}

#[test]
fn what_compiles_too_long_is_ended() {
    let stderr = refused("compile_max_seconds = 1\ncompile_max_bytes = 17179869184");
    assert!(
        stderr.contains("plugin `bomb`: ") && stderr.contains("compiling it took longer than 1 s"),
        "{stderr}"
    );
}

#[test]
fn what_takes_too_much_memory_to_compile_is_ended() {
    let stderr = refused("compile_max_seconds = 600\ncompile_max_bytes = 67108864");
    assert!(
        stderr.contains("compiling it needed more than 67108864 bytes of memory"),
        "{stderr}"
    );
}

/// The compiler is fed by strangers: of the gateway's connections, files and databases it may hold nothing.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_compiles_holds_nothing_open_but_its_own_pipes() {
    let gateway = Gateway::fraud();
    let payment = payments::heldout()[0].json;
    // Connections and a database.
    let mut caller = gateway.client();
    assert_eq!(caller.score("fraud", payment).await.status, 200);
    let of_gateway = open_files(gateway.pid());
    assert!(of_gateway.iter().any(|file| file.starts_with("socket:")));
    assert!(of_gateway.iter().any(|file| file.contains("scores.db")));
    let mut admin = gateway.admin_client();
    let upload = tokio::spawn(async move {
        let path = "/v1/plugins/fraud/releases";
        admin
            .try_send("POST", path, &[], compile_bomb().into())
            .await
    });
    eventually_async(
        COMPILES_MAX,
        "a child compiles with its pipes alone",
        async || {
            let Some(child) = compiling_child(gateway.pid()) else {
                assert!(!upload.is_finished(), "it was compiled unseen");
                return false;
            };
            let open = open_files(child);
            let of_others =
                |file: &&String| file.starts_with("socket:") || file.contains("scores.db");
            let inherited = open.iter().find(of_others);
            assert_eq!(inherited, None, "the child has what is not its own");
            open.len() == 3 && open.iter().all(|file| file.starts_with("pipe:"))
        },
    )
    .await;
    upload.abort();
}

/// What a process has open; nothing where it has ended.
fn open_files(pid: u32) -> Vec<String> {
    let files = std::fs::read_dir(format!("/proc/{pid}/fd"));
    let files = files.into_iter().flatten().flatten();
    let links = files.filter_map(|file| std::fs::read_link(file.path()).ok());
    links.map(|link| link.display().to_string()).collect()
}

/// The process that compiles for a gateway.
fn compiling_child(gateway: u32) -> Option<u32> {
    let processes = std::fs::read_dir("/proc").expect("processes").flatten();
    let mut pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.find(|pid: &u32| {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}"));
        let is_child = read("status").is_ok_and(|status| {
            let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
            parent.is_some_and(|parent| parent.trim() == gateway.to_string())
        });
        // Before `exec` it is a copy of the gateway.
        is_child && read("cmdline").is_ok_and(|line| line.contains("compile-release"))
    })
}

#[test]
fn a_command_that_only_gateways_use_is_in_no_help() {
    let ended = run(&Folder::new(), ["--help"]);
    assert!(
        !ended.stdout.contains("compile-release"),
        "{}",
        ended.stdout
    );
}

#[test]
fn golden_cases_go_with_a_component() {
    let folder = Folder::new();
    let (model, golden) = (file("fraud/fraud.json"), file("fraud/golden.json"));
    let out = ["-o", "fraud.wasm", "--golden", &golden];
    let ended = run(&folder, ["compile", &model].into_iter().chain(out));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let ended = run(&folder, ["inspect", "fraud.wasm", "--output", "json"]);
    let told: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    // With two of the self-check.
    assert_eq!(told["golden_cases"], 3);
    let bytes = std::fs::read(folder.path("fraud.wasm")).expect("the component");
    assert_eq!(told["size_bytes"], bytes.len());
    let text = run(&folder, ["inspect", "fraud.wasm"]).stdout;
    assert!(text.contains("golden   3 of 3 cases hold"), "{text}");
}

#[test]
fn golden_cases_that_do_not_hold_are_found_where_it_is_built() {
    let folder = Folder::new();
    let golden = std::fs::read_to_string(file("fraud/golden.json")).expect("the cases");
    folder.write("golden.json", golden.replace("0.84630156", "0.9"));
    let model = file("fraud/fraud.json");
    let ended = run(
        &folder,
        [
            "compile",
            &model,
            "-o",
            "fraud.wasm",
            "--golden",
            "golden.json",
        ],
    );
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("golden.json: its golden cases do not hold: golden case 0 (`held-out payments`): row 2 of `probability`: expected 0.9, got 0.84630156"),
        "{}",
        ended.stderr
    );
    assert!(!folder.path("fraud.wasm").exists());
}

/// A gateway's answer to the sample pipeline with these cases in its adapter.
fn with_cases(change: impl FnOnce(String) -> String) -> Result<(), String> {
    let golden = std::fs::read_to_string(file("payments/golden.json")).expect("the cases");
    let carrying = with_golden(plugins::payments(), change(golden).as_bytes());
    let (component, _) = carrying.map_err(|error| error.to_string())?;
    let folder = Folder::fraud("");
    folder.write("payments.wasm", component);
    let ended = run(&folder, ["validate", "gateway.toml"]);
    match ended.code {
        Some(0) => Ok(()),
        _ => Err(ended.stderr),
    }
}

#[test]
fn an_adapter_must_pass_its_own_golden_cases() {
    with_cases(|golden| golden).expect("the sample's cases hold");
    for (from, to, expected) in [
        (
            "\"decision\": \"decline\"",
            "\"decision\": \"approve\"",
            "row 2 of `outcomes`, `decision`: expected \"approve\", got \"decline\"",
        ),
        (
            "[20.13, 0.3339416",
            "[20.13, 0.3339417",
            "row 0 of `features`, element 1: expected 0.3339417, got 0.3339416",
        ),
        (
            "\"rejected\": [{ \"row\": 3 }]",
            "\"rejected\": []",
            "row 3 of `events` was not expected to be rejected",
        ),
        (
            "\"amount_eur\": 20.13",
            "\"amount_eur\": 20.14",
            "row 0 of `outcomes`, `output`: expected {",
        ),
        (
            "\"decline_above\": 0.8",
            "\"decline_above\": 8",
            "the plugin cannot be started with their `config`: decline_above",
        ),
    ] {
        let changed = |golden: String| {
            assert!(golden.contains(from), "the cases lack {from}");
            golden.replace(from, to)
        };
        let told = with_cases(changed).expect_err(from);
        assert!(
            told.contains("plugin `payments`") && told.contains(expected),
            "`{told}` lacks `{expected}`"
        );
    }
}

#[test]
fn what_is_kept_under_a_digest_is_that_component_or_runs_its_code() {
    let engine = Engine::new().expect("an engine");
    let store = tempfile::tempdir().expect("a folder");
    let cache = Cache::open(store.path(), Compiler::InProcess).expect("a cache");
    let settings = || Settings {
        slot: "fraud".into(),
        config_json: "{}".into(),
        memory_max_bytes: 128 << 20,
        call_deadline_ms: 50,
        result_max_bytes: 1 << 20,
    };
    let digest = Digest::of(plugins::fraud());
    let load = |component: &[u8]| {
        let telemetry = Telemetry::new();
        let cache = Some(&cache);
        Release::load_as(
            Some(&digest),
            &engine,
            cache,
            &telemetry,
            settings(),
            component,
        )
    };
    let another = plugins::fraud_again("2");
    let error = load(&another).err().expect("it is another component");
    assert_eq!(
        error.to_string(),
        format!("what is kept as {digest} is another component")
    );
    let first = load(plugins::fraud()).expect("the component itself");
    assert!(!first.parts().cached);
    // Now there is signed code of this digest, and that is what runs.
    let again = load(&another).expect("its code");
    assert!(again.parts().cached);
    assert_eq!(again.parts().info.version, "1");
}
