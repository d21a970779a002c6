use super::{PLAIN, parse, told, with};

const FIVE: &str = r#"[server]
http = "everywhere"

[plugins.payments]
file = "payments.wasm"
config = { limit = nan }

[plugins.fraud]

[pipelines.fraud]
adapter = "payment"
model = "fraud"
bath_max_events = 64
workers = "two"
sources = [{ kind = "http" }]
"#;

/// Five mistakes of five sorts and one more.
const FIVE_TOLD: &str = "\
gw.toml:2:8: `http` in [server] is `everywhere`; it must be an IP address and a port, such as `127.0.0.1:8080`, `0.0.0.0:8080` or `[::1]:8080`
      2 | http = \"everywhere\"
        |        ^^^^^^^^^^^^
gw.toml:6:20: `nan` in a plugin's `config` has no place in JSON: it is not finite
      6 | config = { limit = nan }
        |                    ^^^
gw.toml:8:1: [plugins.fraud] needs `file`: the component, as `scoregate build` or `scoregate compile` wrote it
      8 | [plugins.fraud]
        | ^^^^^^^^^^^^^^^
gw.toml:11:11: `adapter` in [pipelines.fraud] is `payment`, but the file has no plugin of that name; did you mean `payments`?
     11 | adapter = \"payment\"
        |           ^^^^^^^^^
gw.toml:13:1: unknown key `bath_max_events` in [pipelines.fraud]; did you mean `batch_max_events`?
     13 | bath_max_events = 64
        | ^^^^^^^^^^^^^^^
gw.toml:14:11: `workers` in [pipelines.fraud] is `\"two\"`, a string; it must be an integer: 1 to 64 threads
     14 | workers = \"two\"
        |           ^^^^^";

#[test]
fn every_mistake_is_told_in_one_run_with_its_line_and_a_caret() {
    let problems = parse(FIVE).unwrap_err();
    assert_eq!(problems.to_string(), FIVE_TOLD);
    assert_eq!(problems.count(), 6);
}

#[test]
fn problems_are_data_too() {
    let problems = parse(FIVE).unwrap_err();
    let data = serde_json::to_value(&problems).unwrap();
    assert_eq!(
        data[4],
        serde_json::json!({
            "file": "gw.toml", "line": 13, "column": 1,
            "message": "unknown key `bath_max_events` in [pipelines.fraud]; did you mean `batch_max_events`?",
        })
    );
    let of_file = serde_json::to_value(parse("").unwrap_err()).unwrap();
    assert_eq!(of_file[0]["line"], serde_json::Value::Null);
}

#[test]
fn a_slip_of_syntax_is_one_problem_in_the_same_form() {
    let problems = parse("[server\nhttp = \"x\"\n[[[").unwrap_err();
    assert_eq!(problems.count(), 1);
    let text = problems.to_string();
    assert!(text.starts_with("gw.toml:1:8: not valid TOML: "), "{text}");
    assert!(
        text.ends_with("\n      1 | [server\n        |        ^"),
        "{text}"
    );
}

#[test]
fn a_key_that_stands_twice_is_told_beside_the_other_mistakes() {
    let text = with("workers = 1\nworkers = 2\nkey = 'x'\n[plugins.fraud]\ncall_deadline_ms = 1");
    let told = told(&text);
    assert_eq!(told[0], "10:1 `workers` stands in its table twice");
    assert!(
        told[1].starts_with("11:7 `key` in [pipelines.fraud]"),
        "{told:?}"
    );
    assert_eq!(told[2], "12:10 `fraud` stands in its table twice");
    assert_eq!(told.len(), 3);
}

#[test]
fn the_caret_counts_characters_and_not_bytes() {
    let problems =
        parse("[plugins.a]\nfile = 'ä.wasm'\nconfig = { 'größe' = '日本', x = inf }").unwrap_err();
    let expected = "\
gw.toml:3:32: `inf` in a plugin's `config` has no place in JSON: it is not finite
      3 | config = { 'größe' = '日本', x = inf }
        |                                ^^^";
    assert_eq!(problems.to_string(), expected);
}

#[test]
fn the_url_of_the_store_is_one_of_postgresql_and_a_wrong_one_is_not_shown() {
    let told_of = |url: &str| told(&with(&format!("[store]\nurl = '{url}'")));
    let problems = told_of("mysql://ann:hush@db/gateways");
    assert_eq!(problems.len(), 1, "{problems:?}");
    let expected = "`url` in [store] is no URL of PostgreSQL";
    assert!(problems[0].contains(expected), "{problems:?}");
    assert!(!problems[0].contains("hush"), "{problems:?}");
}

#[test]
fn what_later_versions_bring_is_refused_as_such_and_not_as_misspelt() {
    let told = told(&with("ack = 'queued'"));
    let expected = "9:1 `ack` in [pipelines.fraud] is not served by this version";
    assert!(told.iter().any(|told| told == expected), "{told:?}");
    assert!(
        !told.iter().any(|told| told.contains("unknown")),
        "{told:?}"
    );
}

#[test]
fn a_misspelt_kind_or_table_is_told_with_what_it_was_meant_to_be() {
    let text = with("sinks = [{ kind = 'sqllite', path = 'x' }, { kind = 'csv' }]\n[servr]");
    assert_eq!(
        told(&text),
        [
            "9:19 there is no sink of kind `sqllite`; did you mean `sqlite`?",
            "9:53 there is no sink of kind `csv`; it must be one of `sqlite`, `stdout`, `postgres`, `kafka`",
            "10:2 unknown key `servr` at the top of the file; did you mean `server`?",
        ]
    );
}

#[test]
fn names_that_would_not_fit_a_path_are_refused() {
    let long = "a".repeat(65);
    for wrong in ["Fraud", "'a b'", "\"\"", "-a", "'é'", "'a/b'", &long] {
        let told = told(&format!("{PLAIN}[plugins.{wrong}]\nfile = 'x'"));
        assert!(told.len() == 1 && told[0].starts_with("9:10 "), "{told:?}");
        assert!(told[0].contains("is no name for a plugin"), "{told:?}");
    }
    let pipeline = told(&PLAIN.replace("[pipelines.fraud]", "[pipelines.Fraud]"));
    assert!(
        pipeline[0].contains("`Fraud` is no name for a pipeline"),
        "{pipeline:?}"
    );
    assert!(
        parse(&PLAIN.replace("pipelines.fraud", &format!("pipelines.{}", "9".repeat(64)))).is_ok()
    );
}

#[test]
fn a_value_of_another_type_is_told_with_what_would_be_right() {
    for (text, expected) in [
        (
            "server = 1".to_owned(),
            "1:10 `server` at the top of the file is `1`, an integer; it must be a table, [server]",
        ),
        (
            "plugins = { a = true }".to_owned(),
            "1:17 `a` in [plugins] is `true`, a boolean; it must be a table, [plugins.a]",
        ),
        (
            "[plugins.a]\nfile = ['x']".to_owned(),
            "2:8 `file` in [plugins.a] is an array; it must be a string",
        ),
        (
            "[store]\npath = 2026-01-01".to_owned(),
            "2:8 `path` in [store] is `2026-01-01`, a datetime; it must be a string",
        ),
        (
            with("[pipelines.fraud.sinks]\nkind = 'stdout'"),
            "9:1 `sinks` in [pipelines.fraud] is a table; it must be a list of tables, each with a header [[pipelines.fraud.sinks]]",
        ),
        (
            with("workers = 1.5"),
            "9:11 `workers` in [pipelines.fraud] is `1.5`, a float; it must be an integer: 1 to 64 threads",
        ),
        (
            with("sinks = ['stdout']"),
            "9:10 `sinks` in [pipelines.fraud] is `'stdout'`, a string; it must be a list of tables, each with a header [[pipelines.fraud.sinks]]",
        ),
    ] {
        assert!(
            told(&text).iter().any(|told| told == expected),
            "{:?}",
            told(&text)
        );
    }
}

#[test]
fn what_cannot_work_together_is_refused() {
    let tls = "[server.tls]\ncertificate_file = 'c'\nkey_file = 'k'\n";
    for (text, expected) in [
        (
            PLAIN.replace("model = \"fraud\"", "model = 'payments'"),
            "7:9 [pipelines.fraud] names one plugin as its adapter and its model; a plugin is one or the other",
        ),
        (
            PLAIN.replace("sources = [{ kind = \"http\" }]", ""),
            "5:1 [pipelines.fraud] needs a source: a table [[pipelines.fraud.sources]] with a `kind`: one of `http`, `kafka`, `postgres`, `file`",
        ),
        (
            with("batch_max_events = 2048"),
            "5:1 `queue_max_events` in [pipelines.fraud] is 1024, less than its `batch_max_events`, 2048; a whole batch must find room in the queue",
        ),
        (
            with("queue_max_events = 8\nbatch_max_events = 9"),
            "9:20 `queue_max_events` in [pipelines.fraud] is 8, less than its `batch_max_events`, 9; a whole batch must find room in the queue",
        ),
        (
            with("sinks = [{ kind = 'stdout' }, { kind = 'stdout' }]"),
            "9:31 [[pipelines.fraud.sinks]] repeats an earlier one of this pipeline",
        ),
        (
            with("[server]\nhttp = '0.0.0.0:8090'"),
            "10:8 `http` and `admin` in [server] need ports of their own: 8090 is given to both",
        ),
        (
            with("[server]\nadmin = '10.0.0.1:8090'"),
            "10:9 `admin` in [server] is not a loopback address, such as `127.0.0.1:8090`, so it needs `admin_token_file`: without tokens whoever reaches it commands the gateway",
        ),
        (
            with("[server.tls]\ncertificate_file = 'c'"),
            "9:1 [server.tls] needs `key_file`: a PEM file with the certificate's private key, such as `tls/key.pem`",
        ),
        (
            with(&format!("{tls}listeners = []")),
            "12:13 `listeners` in [server.tls] is empty; it must be a list of `http`, `admin` or both, each once, and without [server.tls] none speaks TLS",
        ),
        (
            with(&format!("{tls}listeners = ['http', 'https']")),
            "12:22 `listeners` in [server.tls] holds `https`; it must be a list of `http`, `admin` or both, each once",
        ),
        (
            with(&format!("{tls}listeners = ['http', 'http']")),
            "12:22 `listeners` in [server.tls] holds `http`; it must be a list of `http`, `admin` or both, each once",
        ),
        (
            with(&format!("{tls}listeners = 'http'")),
            "12:13 `listeners` in [server.tls] is `'http'`, a string; it must be a list of `http`, `admin` or both, each once",
        ),
        (
            with("[server]\ntls = true"),
            "10:7 `tls` in [server] is `true`, a boolean; it must be a table, [server.tls]",
        ),
        (
            String::new(),
            "-:- has no [plugins.NAME]: there is nothing to serve",
        ),
    ] {
        assert_eq!(told(&text), [expected]);
    }
}

#[test]
fn keys_and_tables_that_are_none_are_refused() {
    for wrong in ["", "card_id", "#/a", "/a~", "/a~2b", "/~"] {
        let told = told(&with(&format!("key = '{wrong}'")));
        assert!(
            told.len() == 1 && told[0].contains("it must be a JSON Pointer (RFC 6901)"),
            "{told:?}"
        );
    }
    for right in ["/", "/card_id", "/a/0", "/a~0b~1c", "/é"] {
        assert!(parse(&with(&format!("key = '{right}'"))).is_ok());
    }
    let long = "t".repeat(64);
    for wrong in ["", "1a", "a-b", "a;drop", "é", &long] {
        let told = told(&with(&format!(
            "sinks = [{{ kind = 'sqlite', path = 'x', table = '{wrong}' }}]"
        )));
        assert!(
            told.len() == 1 && told[0].contains("1 to 63 letters"),
            "{told:?}"
        );
    }
}

#[test]
fn addresses_are_ip_addresses_with_ports() {
    for right in [
        "localhost:9000",
        "[::]:9000",
        "192.168.1.2:1",
        "127.0.0.1:0",
    ] {
        assert!(
            parse(&with(&format!("[server]\nhttp = '{right}'"))).is_ok(),
            "{right}"
        );
    }
    for wrong in [
        "",
        "9000",
        ":9000",
        "example.org:80",
        "localhost",
        "1.2.3.4",
        "1.2.3.4:65536",
        "::1:80x",
    ] {
        let told = told(&with(&format!("[server]\nhttp = '{wrong}'")));
        assert!(
            told.len() == 1 && told[0].contains("it must be an IP address and a port"),
            "{told:?}"
        );
    }
    assert!(parse(&with("[server]\nadmin = '[::ffff:127.0.0.2]:1'")).is_ok());
}

#[test]
fn a_wrong_origin_is_told_with_what_browsers_send() {
    let server = |origins: &str| told(&with(&format!("[server]\nallowed_origins = {origins}")));
    assert_eq!(server("[]"), [""; 0]);
    assert_eq!(server("['*']"), [""; 0]);
    let path = server("['http://127.0.0.1:8000', 'https://shop.example/']");
    assert!(
        path.len() == 1
            && path[0].contains(
                "`allowed_origins` in [server] holds `https://shop.example/`; each must be `*`, or"
            ),
        "{path:?}"
    );
    for (wrong, given) in [("'*'", "a string"), ("[1]", "`1`, an integer")] {
        let told = server(wrong);
        let right = "it must be a list of origins";
        assert!(
            told.len() == 1 && told[0].contains(given) && told[0].contains(right),
            "{told:?}"
        );
    }
    let many = server(&format!("[{}]", "'https://a', ".repeat(65)));
    assert!(
        many.len() == 1 && many[0].contains("has 65 origins; it may have 64"),
        "{many:?}"
    );
}
