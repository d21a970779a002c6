//! A folder of its own for each gateway: configuration, components, store and databases.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::{plugins, servers::files, workspace};

/// See the module. It goes with its last owner.
pub struct Folder {
    dir: TempDir,
}

/// Any free ports, so that tests do not meet.
pub const SERVER: &str = "[server]\nhttp = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n";

/// The sample pipeline, with a database.
pub const FRAUD: &str = r#"
[plugins.payments]
file = "payments.wasm"
call_deadline_ms = 2000
[plugins.fraud]
file = "fraud.wasm"
call_deadline_ms = 2000
[pipelines.fraud]
adapter = "payments"
model = "fraud"
key = "/card_id"
[[pipelines.fraud.sources]]
kind = "http"
[[pipelines.fraud.sinks]]
kind = "sqlite"
path = "scores.db"
"#;

/// The sample pipeline of clicks over HTTP, with the plugins of `examples/clicks` as it configures them.
pub fn clicks() -> String {
    let path = workspace::root().join("examples/clicks/scoregate.toml");
    let example = std::fs::read_to_string(path).expect("the example");
    let plugins = example.find("[plugins.").expect("the plugins come last");
    let plugins = example[plugins..].replace("file = ", "call_deadline_ms = 2000\nfile = ");
    format!(
        "[pipelines.clicks]\nadapter = \"clicks\"\nmodel = \"conversion\"\nsources = [{{ kind = \"http\" }}]\n{plugins}"
    )
}

impl Folder {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        Self { dir }
    }

    /// With the configuration [`SERVER`] and then this text.
    pub fn with(config: &str) -> Self {
        let folder = Self::new();
        folder.write("gateway.toml", format!("{SERVER}{config}"));
        folder
    }

    /// With the sample pipeline, and this text after it.
    pub fn fraud(more: &str) -> Self {
        let folder = Self::with(&format!("{FRAUD}{more}"));
        folder.write("payments.wasm", plugins::payments());
        folder.write("fraud.wasm", plugins::fraud());
        folder
    }

    /// With the hostile plugins' files, and this configuration.
    pub fn hostile(config: &str) -> Self {
        let folder = Self::with(config);
        folder.write("adapter.wasm", plugins::hostile_adapter());
        folder.write("model.wasm", plugins::hostile_model());
        folder
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).expect("a file is written");
    }

    /// Another one with the same files, of which nobody may be writing one.
    pub fn copy(&self) -> Self {
        let copy = Self::new();
        for entry in std::fs::read_dir(self.dir.path()).expect("the folder") {
            let file = entry.expect("an entry");
            files::copy(&file.path(), &copy.dir.path().join(file.file_name()));
        }
        copy
    }

    pub fn config(&self) -> PathBuf {
        self.path("gateway.toml")
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}
