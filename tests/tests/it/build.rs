//! Crates as users write them, from folder to component.

use scoregate_build::{BuildError, BuildRequest, build, build_core, componentize};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A crate of its own in a folder of its own, outside of this workspace.
struct Crate(TempDir);

impl Crate {
    /// Each test needs a name of its own, for they share a target folder.
    fn new(name: &str, lib_section: &str, dependencies: &str, source: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"1.2.3\"\nedition = \"2024\"\n\n[lib]\n{lib_section}\n\n\
             [dependencies]\n{dependencies}\n[workspace]\n"
        );
        std::fs::create_dir(folder.path().join("src")).unwrap();
        std::fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        std::fs::write(folder.path().join("src/lib.rs"), source).unwrap();
        // So that the very versions that this workspace uses are taken.
        std::fs::copy(
            Path::new(REPOSITORY).join("Cargo.lock"),
            folder.path().join("Cargo.lock"),
        )
        .unwrap();
        Self(folder)
    }

    fn plugin(name: &str, source: &str) -> Self {
        let sdk = Path::new(REPOSITORY)
            .join("sdk/rust")
            .canonicalize()
            .unwrap();
        let dependencies = format!("scoregate-sdk = {{ path = {:?} }}\n", sdk.to_str().unwrap());
        Self::new(
            name,
            "crate-type = [\"cdylib\", \"rlib\"]",
            &dependencies,
            source,
        )
    }

    fn request(&self) -> BuildRequest {
        BuildRequest {
            target_dir: Some(target_dir()),
            quiet: true,
            ..BuildRequest::new(self.0.path())
        }
    }

    fn build(&self) -> Result<Vec<u8>, BuildError> {
        build(&self.request())
    }
}

/// Where the build scripts of this workspace compile their plugins too.
fn target_dir() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test
        .ancestors()
        .find(|dir| dir.join("CACHEDIR.TAG").is_file());
    target
        .expect("a target folder above the test")
        .join("plugins")
}

fn error_of(result: Result<Vec<u8>, BuildError>) -> String {
    result.expect_err("the build must fail").to_string()
}

/// Names of the component's imports and of its exports, sorted: the linker chooses their order.
fn surface(component: &[u8]) -> (Vec<String>, Vec<String>) {
    use wasmparser::{Parser, Payload};
    let (mut imports, mut exports, mut depth) = (Vec::new(), Vec::new(), 0_usize);
    for payload in Parser::new(0).parse_all(component) {
        match payload.expect("a valid component") {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                imports.extend(
                    section
                        .into_iter()
                        .map(|import| import.unwrap().name.name.to_owned()),
                );
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                exports.extend(
                    section
                        .into_iter()
                        .map(|export| export.unwrap().name.name.to_owned()),
                );
            }
            _ => {}
        }
    }
    imports.sort();
    exports.sort();
    (imports, exports)
}

/// The modules that a core module imports from.
fn core_imports(core: &[u8]) -> Vec<String> {
    use wasmparser::{Parser, Payload};
    let sections = Parser::new(0).parse_all(core).filter_map(|payload| {
        match payload.expect("a valid module") {
            Payload::ImportSection(section) => Some(section),
            _ => None,
        }
    });
    sections
        .flat_map(|section| section.into_imports())
        .map(|import| import.unwrap().module.to_owned())
        .collect()
}

#[test]
fn an_adapter_that_never_logs_imports_no_function() {
    let adapter = Crate::plugin("silent", ADAPTER);
    let core = build_core(&adapter.request()).unwrap();
    // The `batch` resource is the adapter's own export; its handles are made by the component itself.
    assert!(
        core_imports(&core)
            .iter()
            .all(|module| module == "[export]scoregate:plugin/adapter@0.1.0")
    );
    let (imports, exports) = surface(&componentize(&core).unwrap());
    // `types` holds no function, so there is nothing to provide.
    assert_eq!(imports, ["scoregate:plugin/types@0.1.0"]);
    assert_eq!(
        exports,
        [
            "scoregate:plugin/adapter@0.1.0",
            "scoregate:plugin/plugin@0.1.0"
        ]
    );
}

#[test]
fn an_adapter_that_logs_imports_the_log_and_nothing_else() {
    let source = ADAPTER.replace(
        "Ok(event.payload.len())",
        "scoregate_sdk::log::info(\"hello\"); Ok(1)",
    );
    let (imports, _) = surface(&Crate::plugin("chatty", &source).build().unwrap());
    assert_eq!(
        imports,
        ["scoregate:plugin/log@0.1.0", "scoregate:plugin/types@0.1.0"]
    );
}

#[test]
fn a_model_exports_the_model_interface() {
    let (imports, exports) = surface(&Crate::plugin("doubler", MODEL).build().unwrap());
    assert_eq!(imports, ["scoregate:plugin/types@0.1.0"]);
    assert_eq!(
        exports,
        [
            "scoregate:plugin/model@0.1.0",
            "scoregate:plugin/plugin@0.1.0"
        ]
    );
}

#[test]
fn the_same_sources_in_two_folders_give_the_same_bytes() {
    // A panic message names its source file, so a path that leaks would show.
    let source = ADAPTER.replace("Ok(event.payload.len())", "Ok(event.key.unwrap().len())");
    let [one, other] = [
        Crate::plugin("twin", &source),
        Crate::plugin("twin", &source),
    ];
    let [one_bytes, other_bytes] = [one.build().unwrap(), other.build().unwrap()];
    assert!(one_bytes == other_bytes);
    let repository = Path::new(REPOSITORY).canonicalize().unwrap();
    for path in [one.0.path(), other.0.path(), &repository] {
        let path = path.to_str().unwrap().as_bytes();
        assert!(!one_bytes.windows(path.len()).any(|window| window == path));
    }
}

#[test]
fn a_folder_without_a_crate_is_named() {
    let empty = tempfile::tempdir().unwrap();
    let error = error_of(build(&BuildRequest::new(empty.path())));
    assert!(
        error.contains(empty.path().to_str().unwrap()) && error.contains("no Cargo.toml"),
        "{error}"
    );
}

#[test]
fn a_workspace_is_told_from_a_crate() {
    let error = error_of(build(&BuildRequest::new(REPOSITORY)));
    assert!(error.contains("is a workspace, not a crate"), "{error}");
}

#[test]
fn a_manifest_that_cargo_cannot_read_is_named_with_the_reason() {
    let broken = Crate::new("broken", "crate-type = 5", "", "");
    let error = error_of(broken.build());
    assert!(
        error.contains("Cargo.toml") && error.contains("crate-type"),
        "{error}"
    );
}

#[test]
fn a_crate_without_a_cdylib_is_told_what_to_write() {
    let error = error_of(Crate::new("plain", "", "", "").build());
    assert!(
        error.contains("`plain`") && error.contains(r#"crate-type = ["cdylib", "rlib"]"#),
        "{error}"
    );
}

#[test]
fn a_crate_that_exports_nothing_is_told_of_the_macros() {
    let without_sdk = Crate::new("bare", "crate-type = [\"cdylib\"]", "", "");
    let without_macro = Crate::plugin(
        "mute",
        &ADAPTER.replace("scoregate_sdk::export_adapter!(Length);", ""),
    );
    for plugin in [without_sdk, without_macro] {
        let error = error_of(plugin.build());
        assert!(
            error.contains("export_adapter!") && error.contains("export_model!"),
            "{error}"
        );
    }
}

#[test]
fn a_crate_that_does_not_compile_is_named() {
    let error = error_of(
        Crate::new(
            "wrong",
            "crate-type = [\"cdylib\"]",
            "",
            "fn f() -> u8 { \"\" }",
        )
        .build(),
    );
    assert!(error.contains("`wrong` does not compile"), "{error}");
}

#[test]
fn a_foreign_import_is_refused_and_named() {
    let import =
        "#[link(wasm_import_module = \"elsewhere\")] unsafe extern \"C\" { safe fn now() -> u64; }";
    let source = ADAPTER.replace("Ok(event.payload.len())", "Ok(now() as usize)") + import;
    let error = error_of(Crate::plugin("curious", &source).build());
    assert!(
        error.contains("elsewhere") && error.contains("imports nothing but"),
        "{error}"
    );
}

#[test]
fn bytes_that_are_no_module_are_refused() {
    for bytes in [&b"no module"[..], b"", b"\0asm\x0d\0\x01\0"] {
        assert!(
            matches!(componentize(bytes), Err(BuildError::Component { .. })),
            "{bytes:?}"
        );
    }
}

const MODEL: &str = r#"
use scoregate_sdk::{Config, Datatype, Failure, Model, Signature, Tensor, TensorSpec, TensorView};

struct Doubler;

impl Model for Doubler {
    fn configure(_: &Config<'_>) -> Result<Self, String> {
        Ok(Self)
    }

    fn signature(&self) -> Signature {
        Signature {
            inputs: vec![TensorSpec::new("features", Datatype::Fp32, [-1, 1])],
            outputs: vec![TensorSpec::new("score", Datatype::Fp32, [-1, 1])],
        }
    }

    fn infer(&self, inputs: &[TensorView<'_>]) -> Result<Vec<Tensor>, Failure> {
        let doubled = inputs[0].as_f32().iter().map(|value| value * 2.0).collect();
        Ok(vec![Tensor::f32(inputs[0].shape(), doubled)])
    }
}

scoregate_sdk::export_model!(Doubler);
"#;

const ADAPTER: &str = r#"
use scoregate_sdk::{Adapter, Config, Contract, Datatype, Event, Features, Outcome, Rejection, Scores, reject};

struct Length;

impl Adapter for Length {
    type Row = usize;

    fn configure(_: &Config<'_>) -> Result<Self, String> {
        Ok(Self)
    }

    fn contract(&self) -> Contract {
        Contract::new().feature("features", Datatype::Fp32, [-1, 1]).score("score", Datatype::Fp32, [-1, 1])
    }

    fn preprocess(&self, event: &Event<'_>, features: &mut Features) -> Result<usize, Rejection> {
        if event.payload.is_empty() {
            return Err(reject("empty"));
        }
        features.push_f32(event.payload.len() as f32);
        Ok(event.payload.len())
    }

    fn postprocess(&self, length: usize, scores: &Scores<'_>) -> Result<Outcome, Rejection> {
        Ok(Outcome::new().score(scores.f32(0).into()).json(&length))
    }
}

scoregate_sdk::export_adapter!(Length);
"#;
