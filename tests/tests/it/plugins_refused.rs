//! What is no plugin never becomes one: the gateway does not start, and says which file, which slot and why.

use scoregate_tests::{
    command::{self, run},
    components,
    folder::{FRAUD, Folder},
    plugins,
};

fn slots(slots: impl IntoIterator<Item = (String, String)>) -> String {
    let slots = slots.into_iter();
    slots
        .map(|(name, more)| format!("[plugins.{name}]\n{more}\n"))
        .collect()
}

#[test]
fn every_misfit_is_refused_with_file_slot_and_reason() {
    let misfits = components::misfits();
    let config = slots(misfits.iter().map(|misfit| {
        (
            misfit.name.clone(),
            format!("file = \"{}.wasm\"", misfit.name),
        )
    }));
    let folder = Folder::with(&config);
    for misfit in &misfits {
        folder.write(&format!("{}.wasm", misfit.name), &misfit.bytes);
    }
    let stderr = command::refused(&folder);
    for misfit in &misfits {
        let slot = format!("plugin `{}`", misfit.name);
        let line = stderr.lines().find(|line| line.contains(&slot));
        let line = line.unwrap_or_else(|| panic!("{slot} is not told:\n{stderr}"));
        assert!(line.contains(&format!("{}.wasm", misfit.name)), "{line}");
        assert!(
            line.contains(misfit.refusal),
            "`{line}` lacks `{}`",
            misfit.refusal
        );
        assert!(line.len() < 1500, "{} bytes", line.len());
    }
    // One sentence a line: nothing of the engine's reports.
    for line in stderr.lines() {
        assert!(line.contains("plugin `"), "`{line}` belongs to no plugin");
    }
}

#[test]
fn each_misfit_alone_keeps_the_gateway_from_starting() {
    for misfit in components::misfits().into_iter().step_by(4) {
        let folder = Folder::fraud("");
        folder.write("fraud.wasm", &misfit.bytes);
        let stderr = command::refused(&folder);
        assert!(
            stderr.contains("plugin `fraud`") && stderr.contains(misfit.refusal),
            "{}: {stderr}",
            misfit.name
        );
    }
}

#[test]
fn a_file_that_is_too_large_is_refused_unread() {
    let folder = Folder::fraud("");
    let huge = std::fs::File::create(folder.path("fraud.wasm")).expect("a file");
    huge.set_len(1 << 36).expect("a sparse file");
    let stderr = command::refused(&folder);
    assert!(
        stderr.contains("has 68719476736 bytes; the limit is 67108864"),
        "{stderr}"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_refused() {
    let folder = Folder::with(FRAUD);
    folder.write("payments.wasm", plugins::payments());
    let fraud = folder.path("fraud.wasm");
    let refused = || {
        let stderr = command::refused(&folder);
        let told = stderr.contains("plugin `fraud`") && stderr.contains("cannot be read");
        assert!(told, "{stderr}");
    };
    refused();
    std::fs::create_dir(&fraud).expect("a folder");
    refused();
    std::fs::remove_dir(&fraud).expect("the folder goes");
    // A pipe that nobody writes to: opening it would wait for ever.
    let pipe = std::process::Command::new("mkfifo").arg(&fraud).status();
    assert!(pipe.expect("mkfifo").success());
    refused();
}

/// Slot, key and word of its `config`, and the refusal.
const MISBEHAVING: [(&str, &str, &str, &str); 12] = [
    (
        "configure-loop",
        "configure",
        "loop",
        "failed (deadline): configure ran longer than 2000 ms",
    ),
    (
        "configure-trap",
        "configure",
        "trap",
        "failed (trap): configure stopped",
    ),
    (
        "configure-grow",
        "configure",
        "grow",
        "failed (memory): configure asked for more memory",
    ),
    (
        "configure-recurse",
        "configure",
        "recurse",
        "failed (trap): configure stopped",
    ),
    (
        "configure-refuse",
        "configure",
        "refuse",
        "refuses the slot's `config`: the threshold is missing",
    ),
    (
        "unknown-key",
        "configuer",
        "x",
        "refuses the slot's `config`",
    ),
    (
        "describe-loop",
        "describe",
        "loop",
        "failed (deadline): describe ran longer than 2000 ms",
    ),
    (
        "describe-panic",
        "describe",
        "panic",
        "failed (trap): describe stopped",
    ),
    (
        "describe-none",
        "describe",
        "none",
        "its features are 0 tensors; expected 1 to 64",
    ),
    (
        "describe-twice",
        "describe",
        "twice",
        "its features have two tensors named `features`",
    ),
    (
        "describe-shape",
        "describe",
        "shape",
        "has the shape [2, -1]",
    ),
    (
        "describe-header",
        "describe",
        "header",
        "a header whose name is",
    ),
];

#[test]
fn a_plugin_that_misbehaves_while_it_starts_is_refused() {
    let slot = |(name, key, word, _): &(&str, &str, &str, &str)| {
        (
            name.to_string(),
            format!("file = \"adapter.wasm\"\nconfig = {{ {key} = \"{word}\" }}"),
        )
    };
    let mut config = slots(MISBEHAVING.iter().map(slot));
    config += &slots([
        (
            "small".into(),
            "file = \"adapter.wasm\"\nmemory_max_bytes = 65536".into(),
        ),
        (
            "outputs".into(),
            "file = \"model.wasm\"\nconfig = { describe = \"outputs\" }".into(),
        ),
    ]);
    let stderr = command::refused(&Folder::hostile(&config));
    let others = [
        ("small", "", "", "asked for more memory than its limit"),
        (
            "outputs",
            "",
            "",
            "its outputs are 1000 tensors; expected 1 to 64",
        ),
    ];
    for (name, _, _, refusal) in MISBEHAVING.into_iter().chain(others) {
        let line = stderr
            .lines()
            .find(|line| line.contains(&format!("plugin `{name}`")));
        let line = line.unwrap_or_else(|| panic!("{name} is not told:\n{stderr}"));
        assert!(line.contains(refusal), "`{line}` lacks `{refusal}`");
    }
}

#[test]
fn a_pair_that_does_not_fit_is_refused_and_both_sides_are_named() {
    let pair = |word: &str| {
        format!(
            "[plugins.{word}]\nfile = \"adapter.wasm\"\nconfig = {{ describe = \"{word}\" }}\n\
             [pipelines.{word}]\nadapter = \"{word}\"\nmodel = \"model\"\nsources = [{{ kind = \"http\" }}]\n"
        )
    };
    let config = format!(
        "[plugins.model]\nfile = \"model.wasm\"\n{}{}{}\
         [plugins.adapter]\nfile = \"adapter.wasm\"\n\
         [pipelines.kinds]\nadapter = \"model\"\nmodel = \"adapter\"\nsources = [{{ kind = \"http\" }}]\n",
        pair("width"),
        pair("datatype"),
        pair("score")
    );
    let stderr = command::refused(&Folder::hostile(&config));
    for (pipeline, parts) in [
        ("width", ["features FP32 [-1, 2]", "features FP32 [-1, 3]"]),
        (
            "datatype",
            ["features FP32 [-1, 2]", "features FP64 [-1, 2]"],
        ),
        (
            "score",
            ["margin FP32 [-1]", "which gives `score FP32 [-1]`"],
        ),
        (
            "kinds",
            [
                "its `adapter` is the plugin `model`, which is a model",
                "its `model` is the plugin `adapter`, which is an adapter",
            ],
        ),
    ] {
        let line = stderr
            .lines()
            .find(|line| line.contains(&format!("pipeline `{pipeline}`")));
        let line = line.unwrap_or_else(|| panic!("{pipeline} is not told:\n{stderr}"));
        for part in parts {
            assert!(line.contains(part), "`{line}` lacks `{part}`");
        }
    }
    assert!(
        stderr.contains("width@sha256:") && stderr.contains("model@sha256:"),
        "{stderr}"
    );
}

#[test]
fn inspect_and_validate_refuse_what_serve_refuses() {
    for misfit in components::misfits() {
        let folder = Folder::with("[plugins.bad]\nfile = \"bad.wasm\"\n");
        folder.write("bad.wasm", &misfit.bytes);
        for args in [["inspect", "bad.wasm"], ["validate", "gateway.toml"]] {
            let ended = run(&folder, args);
            assert_eq!(ended.code, Some(1), "{}: {ended:?}", misfit.name);
            assert!(
                ended.stderr.contains(misfit.refusal),
                "{}: {}",
                misfit.name,
                ended.stderr
            );
        }
    }
}
