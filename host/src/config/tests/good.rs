use std::path::{Path, PathBuf};

use super::{PLAIN, parse, with};
use crate::{
    config::{Config, Guard, Pipeline, Plugin, Server, Sink, Source, Store},
    limits,
};

const FULL: &str = r#"
[server]
name  = "gw-1"
http  = "0.0.0.0:9080"
admin = "[::1]:9090"
body_max_bytes = 1_048_576
allowed_origins = ["http://127.0.0.1:8000", "HTTPS://shop.example:443"]

[store]
path = "releases"
compile_max_seconds = 60
compile_max_bytes = 1_073_741_824

[plugins.payments]
file = "payments.wasm"
config = { decline_above = 0.8, since = 2026-01-02, codes = [5411, 0x10], deep = { on = true } }
memory_max_bytes = 67108864
call_deadline_ms = 20
result_max_bytes = 4096

[plugins.fraud]
file = "/models/fraud.wasm"
watch = true

[plugins.fraud.guard]
after_events = 50
faults_max_percent = 0.5
latency_p99_max_ratio = 3
score_drift_max = 0.1

[pipelines.zeta]
adapter = "payments"
model = "fraud"
sources = [{ kind = "http" }]

[pipelines.fraud]
adapter = "payments"
model = "fraud"
batch_max_events = 32
queue_max_events = 512
workers = 2
key = "/card/~1id"
breaker_max_faults = 7

[[pipelines.fraud.sources]]
kind = "http"

[[pipelines.fraud.sinks]]
kind = "sqlite"
path = "scores.db"
table = "card_scores"

[[pipelines.fraud.sinks]]
kind = "stdout"
"#;

fn plugins() -> Vec<Plugin> {
    vec![
        Plugin {
            name: "payments".into(),
            file: "/etc/gw/payments.wasm".into(),
            config_json:
                r#"{"codes":[5411,16],"decline_above":0.8,"deep":{"on":true},"since":"2026-01-02"}"#
                    .into(),
            memory_max_bytes: 64 << 20,
            call_deadline_ms: 20,
            result_max_bytes: 4096,
            guard: Guard::default(),
            watch: false,
        },
        Plugin {
            name: "fraud".into(),
            file: "/models/fraud.wasm".into(),
            config_json: "{}".into(),
            memory_max_bytes: limits::MEMORY_MAX_BYTES,
            call_deadline_ms: limits::CALL_DEADLINE_MS,
            result_max_bytes: limits::RESULT_MAX_BYTES,
            guard: Guard {
                after_events: 50,
                faults_max_percent: 0.5,
                latency_p99_max_ratio: 3.0,
                score_drift_max: 0.1,
            },
            watch: true,
        },
    ]
}

fn full() -> Config {
    let zeta = Pipeline {
        name: "zeta".into(),
        adapter: "payments".into(),
        model: "fraud".into(),
        batch_max_events: limits::BATCH_MAX_EVENTS,
        queue_max_events: limits::QUEUE_MAX_EVENTS,
        workers: 1,
        key: None,
        breaker_max_faults: limits::BREAKER_MAX_FAULTS,
        capture: None,
        sources: vec![Source::Http],
        sinks: vec![],
        dead_letter: None,
    };
    Config {
        server: Server {
            name: "gw-1".into(),
            http: "0.0.0.0:9080".parse().unwrap(),
            admin: "[::1]:9090".parse().unwrap(),
            admin_token_file: None,
            tls: None,
            body_max_bytes: 1 << 20,
            allowed_origins: ["http://127.0.0.1:8000", "https://shop.example"]
                .map(String::from)
                .into(),
        },
        store: Store {
            path: "/etc/gw/releases".into(),
            url: None,
            compile_max_seconds: 60,
            compile_max_bytes: 1 << 30,
        },
        plugins: plugins(),
        pipelines: vec![
            zeta.clone(),
            Pipeline {
                name: "fraud".into(),
                batch_max_events: 32,
                queue_max_events: 512,
                workers: 2,
                key: Some("/card/~1id".into()),
                breaker_max_faults: 7,
                capture: None,
                sinks: vec![
                    Sink::Sqlite {
                        path: "/etc/gw/scores.db".into(),
                        table: "card_scores".into(),
                    },
                    Sink::Stdout,
                ],
                ..zeta
            },
        ],
    }
}

#[test]
fn every_key_is_read_and_tables_keep_the_files_order() {
    assert_eq!(parse(FULL).unwrap(), full());
}

#[test]
fn lines_may_end_as_windows_ends_them_and_a_byte_order_mark_may_come_first() {
    let text = format!("\u{feff}{}", FULL.replace('\n', "\r\n"));
    assert_eq!(parse(&text).unwrap(), full());
}

#[test]
fn what_a_file_leaves_out_has_its_default() {
    let config = parse("[plugins.fraud]\nfile = 'fraud.wasm'").unwrap();
    assert_eq!(config.server.http, "127.0.0.1:8080".parse().unwrap());
    assert_eq!(config.server.admin, "127.0.0.1:8090".parse().unwrap());
    assert_eq!(config.server.body_max_bytes, limits::BODY_MAX_BYTES);
    assert!(config.server.name.len() > 5 && config.server.name.ends_with(":8080"));
    assert_eq!(config.store.path, PathBuf::from("/etc/gw/scoregate-data"));
    let compile_max = (
        config.store.compile_max_seconds,
        config.store.compile_max_bytes,
    );
    assert_eq!(compile_max, (30, 2_147_483_648));
    assert!(config.pipelines.is_empty());

    let sinks = parse(&with("sinks = [{ kind = 'sqlite', path = 'a.db' }]")).unwrap();
    let table = "scores".to_owned();
    let path = "/etc/gw/a.db".into();
    assert_eq!(sinks.pipelines[0].sinks, [Sink::Sqlite { path, table }]);
}

#[test]
fn a_file_is_read_from_disk_and_its_folder_is_where_its_paths_begin() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("scoregate.toml");
    std::fs::write(&path, PLAIN).unwrap();
    let config = Config::load(&path).unwrap();
    assert_eq!(config.plugins[0].file, dir.path().join("payments.wasm"));

    let missing = Config::load(Path::new("no/such.toml")).unwrap_err();
    let message = missing.to_string();
    assert!(
        message.starts_with("no/such.toml: cannot be read: "),
        "{message}"
    );
}

#[test]
fn a_plugins_config_is_not_printed_with_the_rest() {
    let config = parse("[plugins.a]\nfile = 'a.wasm'\nconfig = { token = 'hush' }").unwrap();
    assert!(config.plugins[0].config_json.contains("hush"));
    assert!(!format!("{config:?}").contains("hush"));
}

#[test]
fn pipelines_may_share_a_sqlite_file_and_its_table() {
    let sink = "sinks = [{ kind = 'sqlite', path = 'a.db' }]";
    let other =
        "[pipelines.other]\nadapter = 'payments'\nmodel = 'fraud'\nsources = [{ kind = 'http' }]";
    assert!(parse(&with(&format!("{sink}\n{other}\n{sink}"))).is_ok());
}

#[test]
fn operators_are_listened_to_beyond_loopback_where_they_have_tokens() {
    let lines = "[server]\nadmin = '0.0.0.0:8090'\nadmin_token_file = 'tokens'";
    let server = parse(&with(lines)).unwrap().server;
    assert_eq!(server.admin_token_file, Some("/etc/gw/tokens".into()));
}

#[test]
fn tls_is_two_files_and_which_listeners() {
    use crate::config::{Listener, Tls};
    let tls = |lines: &str| {
        let files = "certificate_file = 'tls/cert.pem'\nkey_file = '/run/key.pem'";
        parse(&with(&format!("[server.tls]\n{files}\n{lines}"))).map(|config| config.server.tls)
    };
    let expected = |listeners: &[Listener]| {
        Some(Tls {
            certificate_file: "/etc/gw/tls/cert.pem".into(),
            key_file: "/run/key.pem".into(),
            listeners: listeners.into(),
        })
    };
    let (http, admin) = (Listener::Http, Listener::Admin);
    assert_eq!(tls("").unwrap(), expected(&[http, admin]));
    assert_eq!(tls("listeners = ['admin']").unwrap(), expected(&[admin]));
    assert_eq!(
        tls("listeners = ['admin', 'http']").unwrap(),
        expected(&[admin, http])
    );
}
