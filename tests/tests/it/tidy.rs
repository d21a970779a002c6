//! House rules that a reader of one file cannot see (docs/ARCHITECTURE.md): walls between rooms, floors, sizes of files and functions.

use std::collections::{BTreeMap, BTreeSet};

use scoregate_tests::source::{self, Source};

const FILE_MAX_LINES: usize = 400;
const FUNCTION_MAX_LINES: usize = 70;
const MAIN_MAX_LINES: usize = 130;

/// Who alone may name what: a crate, and the folders or files of it.
const WALLS: [(&str, &[&str]); 12] = [
    ("csv_core", &["host/src/cli/score/table/"]),
    ("parquet", &["host/src/cli/score/table/"]),
    ("wasmtime", &["host/src/plugin/"]),
    ("wasmparser", &["host/src/plugin/"]),
    (
        "sqlx",
        &[
            "host/src/sink/sqlite/",
            "host/src/sink/postgres/",
            "host/src/sink/dead/row.rs",
            "host/src/source/outbox/",
            "host/src/source/file/",
            "host/src/store/",
        ],
    ),
    ("hyper", &["host/src/http/", "host/src/admin/"]),
    ("hyper_util", &["host/src/http/", "host/src/admin/"]),
    ("http_body_util", &["host/src/http/", "host/src/admin/"]),
    ("rustls", &["host/src/http/"]),
    ("rustls_native_certs", &["host/src/http/"]),
    ("tokio_rustls", &["host/src/http/"]),
    (
        "rdkafka",
        &[
            "host/src/kafka/",
            "host/src/sink/kafka/",
            "host/src/source/kafka/",
        ],
    ),
];

/// From the ground up; a room imports from floors below its own. Listed together are rooms that do not know each other.
const FLOORS: [&[&str]; 14] = [
    &[
        "clock",
        "failpoint",
        "file",
        "health",
        "lane",
        "limits",
        "output",
        "release",
        "signal",
        "tensor",
    ],
    &["fault", "config", "moment"],
    &["event"],
    &["dead_letter", "record"],
    &["telemetry"],
    &["kafka"],
    &["plugin", "sink"],
    // Its databases are reached as those of sinks are.
    &["store"],
    // Between what scores an event and who asks for it.
    &["capture"],
    &["pipeline"],
    &["rollout"],
    &["http", "source"],
    // Operators are answered by the same listener code as callers.
    &["admin"],
    &["gateway"],
];
/// Above them, in order.
const TOP: [&str; 3] = ["demo", "cli", "main"];

/// Outside of `host/src/plugin/`: the kernel finds the tables that the compiler put into its memory.
const UNSAFE_FILES: [&str; 1] = ["sdk/compiler/kernel/src/place.rs"];
/// A workspace of its own, since it needs another compiler.
const FUZZ: &str = "sdk/compiler/fuzz/Cargo.toml";
/// wit-bindgen's code is generated there.
const GENERATED: &str = "sdk/rust/src/bindings.rs";

fn rust() -> Vec<(Source, String)> {
    let all = source::all()
        .into_iter()
        .filter(|source| source.path.ends_with(".rs"));
    all.map(|source| {
        let code = source::code(&source.text);
        (source, code)
    })
    .collect()
}

fn assert_none(breaches: Vec<String>) {
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

#[test]
fn rooms_have_walls() {
    let mut breaches = Vec::new();
    for (source, code) in rust()
        .iter()
        .filter(|(source, _)| source.path.starts_with("host/src/"))
    {
        for (word, rooms) in WALLS {
            let inside = rooms.iter().any(|room| source.path.starts_with(room));
            if !inside && source::names(code, word) {
                breaches.push(format!(
                    "{} names {word}, which is kept in {rooms:?}",
                    source.path
                ));
            }
        }
    }
    assert_none(breaches);
}

#[test]
fn imports_run_downwards() {
    let floors: Vec<&[&str]> = FLOORS
        .into_iter()
        .chain(TOP.iter().map(std::slice::from_ref))
        .collect();
    let floor_of = |room: &str| floors.iter().position(|floor| floor.contains(&room));
    let mut breaches = Vec::new();
    for (source, code) in rust() {
        let Some(inside) = source.path.strip_prefix("host/src/") else {
            continue;
        };
        let room = inside.split(['/', '.']).next().expect("a name");
        if room == "lib" {
            continue;
        }
        let Some(floor) = floor_of(room) else {
            breaches.push(format!("{} is on no floor: add it to FLOORS", source.path));
            continue;
        };
        for imported in imported_rooms(&without_tests(&code)) {
            let below = floor_of(&imported).is_some_and(|other| other < floor);
            if imported != room && !below {
                breaches.push(format!(
                    "{} imports {imported}, which is not below {room}",
                    source.path
                ));
            }
        }
    }
    assert_none(breaches);
}

/// First names of the paths that begin at the crate's root.
fn imported_rooms(code: &str) -> BTreeSet<String> {
    let word = |text: &str| -> String {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let mut rooms = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let Some(list) = rest.strip_prefix('{') else {
            rooms.insert(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut begins = true;
        for (at, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => begins = true,
                c if begins && !c.is_whitespace() => {
                    rooms.insert(word(&list[at..]));
                    begins = false;
                }
                _ => {}
            }
        }
    }
    rooms.remove("");
    rooms
}

/// A room's tests may look at whatever they need.
fn without_tests(code: &str) -> String {
    code.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn unsafe_is_rare_and_explained() {
    let mut breaches = Vec::new();
    for (source, code) in rust() {
        let allowed =
            source.path.starts_with("host/src/plugin/") || UNSAFE_FILES.contains(&&*source.path);
        let lines: Vec<&str> = source.text.lines().collect();
        for (nth, line) in code
            .lines()
            .enumerate()
            .filter(|(_, line)| source::names(line, "unsafe"))
        {
            // An attribute that exports a name runs nothing.
            if line.trim_start().starts_with("#[unsafe(no_mangle)]") && allowed {
                continue;
            }
            if !allowed {
                breaches.push(format!("{}:{}: unsafe code", source.path, nth + 1));
            } else if !lines[nth.saturating_sub(8)..nth]
                .iter()
                .any(|line| line.contains("// SAFETY:"))
            {
                breaches.push(format!(
                    "{}:{}: unsafe code without a SAFETY comment",
                    source.path,
                    nth + 1
                ));
            }
        }
        let lifts_lint = source::names(&code, "unsafe_code") && source.path != GENERATED;
        if lifts_lint && !allowed {
            breaches.push(format!("{} allows unsafe code", source.path));
        }
    }
    assert_none(breaches);
}

#[test]
fn files_and_functions_are_short() {
    let mut breaches = Vec::new();
    for (source, code) in rust() {
        let lines = source.text.lines().count();
        if lines > FILE_MAX_LINES {
            breaches.push(format!("{} has {lines} lines", source.path));
        }
        if source.path == "host/src/main.rs" && lines >= MAIN_MAX_LINES {
            breaches.push(format!("{} has {lines} lines", source.path));
        }
        for (name, line, lines) in source::functions(&code) {
            if lines > FUNCTION_MAX_LINES {
                breaches.push(format!("{}:{line}: {name} has {lines} lines", source.path));
            }
        }
    }
    assert_none(breaches);
}

#[test]
fn nothing_is_left_unfinished() {
    // Cut in two, so that this file does not hold them.
    let marks = [("TO", "DO"), ("FIX", "ME"), ("X", "XX")].map(|(a, b)| format!("{a}{b}"));
    let macros =
        [("to", "do!"), ("unimple", "mented!"), ("db", "g!")].map(|(a, b)| format!("{a}{b}"));
    let mut breaches = Vec::new();
    for (source, code) in rust() {
        for mark in marks
            .iter()
            .filter(|mark| source::names(&source.text, mark))
        {
            breaches.push(format!("{} holds {mark}", source.path));
        }
        for mark in macros.iter().filter(|mark| source::names(&code, mark)) {
            breaches.push(format!("{} calls {mark}", source.path));
        }
    }
    assert_none(breaches);
}

#[test]
fn nothing_names_one_machine_or_registry() {
    let marks = [
        ("/wo", "rk/"),
        ("/ro", "ot/"),
        ("/ho", "me/"),
        ("/Us", "ers/"),
    ]
    .map(|(a, b)| format!("{a}{b}"));
    let mut breaches = Vec::new();
    for source in source::all() {
        for mark in marks.iter().filter(|mark| source.text.contains(*mark)) {
            breaches.push(format!("{} holds {mark}", source.path));
        }
        if source.path.ends_with("Cargo.lock") {
            let foreign = source
                .text
                .lines()
                .filter(|line| line.starts_with("source = "));
            let foreign = foreign.filter(|line| {
                *line != "source = \"registry+https://github.com/rust-lang/crates.io-index\""
            });
            breaches.extend(foreign.map(|line| format!("{}: {line}", source.path)));
        }
        if source.path.contains(".cargo/") {
            breaches.push(format!(
                "{}: cargo's settings belong to a machine",
                source.path
            ));
        }
    }
    assert_none(breaches);
}

#[test]
fn versions_of_dependencies_stand_in_one_place() {
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in source::all()
        .into_iter()
        .filter(|source| source.path.ends_with("Cargo.toml") && source.path.contains('/'))
        .filter(|source| source.path != FUZZ)
    {
        let sections = source
            .text
            .split("\n[")
            .filter(|section| section.contains("dependencies]"));
        for line in sections.flat_map(|section| {
            section
                .lines()
                .skip(1)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        }) {
            if !line.trim().is_empty()
                && !line.starts_with('#')
                && !line.contains("workspace = true")
            {
                versions.entry(source.path.clone()).or_default().push(line);
            }
        }
    }
    assert!(
        versions.is_empty(),
        "these versions belong into [workspace.dependencies]: {versions:?}"
    );
}

#[test]
fn the_reader_of_sources_tells_code_from_text() {
    let text = "let a = \"fn x() { unsafe }\"; // unsafe\nlet c = '{'; fn f<'a>(x: &'a str) {\n r#\"{\"# /* { */\n}\n";
    let code = source::code(text);
    assert!(!source::names(&code, "unsafe"), "{code}");
    assert_eq!(source::functions(&code), [("f".to_owned(), 2, 3)]);
    assert_eq!(
        imported_rooms("use crate::{a::{b, c}, d}; crate::e::f"),
        ["a", "d", "e"].map(String::from).into()
    );
}
