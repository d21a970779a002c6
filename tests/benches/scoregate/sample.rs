//! The sample's plugins and payments, as `scoregate demo` writes them, and configurations around them.

use std::{fs, path::PathBuf, process::Command};

use anyhow::Context as _;
use scoregate_tests::spin_model;

use crate::process::AS_SCOREGATE;

/// A folder that ends with its owner.
pub struct Sample {
    folder: tempfile::TempDir,
    /// Held-out payments that are no rejections: a rejection costs more than a score.
    pub payments: Vec<String>,
}

/// The repository's folder of the sample model.
const FRAUD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/fraud");

impl Sample {
    pub fn write() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let demo = folder.path().join("demo");
        let done = Command::new(std::env::current_exe()?)
            .args([
                AS_SCOREGATE,
                "demo",
                "--once",
                "--http",
                "127.0.0.1:0",
                "--admin",
                "127.0.0.1:0",
                "--dir",
            ])
            .arg(&demo)
            .output()?;
        anyhow::ensure!(
            done.status.success(),
            "the demo failed: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        let lines = fs::read_to_string(demo.join("heldout.ndjson"))?;
        let scores = fs::read_to_string(format!("{FRAUD}/heldout.scores.csv"))?;
        let payments = lines.lines().zip(scores.lines().skip(1));
        let payments =
            payments.filter(|(_, score)| score.split(',').next().is_some_and(|m| !m.is_empty()));
        Ok(Self {
            payments: payments.map(|(line, _)| line.to_owned()).collect(),
            folder,
        })
    }

    /// A file of the demo.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("demo").join(name)
    }

    pub fn read(&self, name: &str) -> anyhow::Result<Vec<u8>> {
        let path = self.file(name);
        fs::read(&path).with_context(|| path.display().to_string())
    }

    /// The sample's pipeline without its sink, so that native code can do the same work; `more` is added to the file.
    pub fn config(&self, name: &str, more: &str) -> anyhow::Result<String> {
        let path = self.file(&format!("{name}.toml"));
        let text = format!(
            r#"
[server]
http  = "127.0.0.1:0"
admin = "127.0.0.1:0"
[store]
path = "store"
[plugins.payments]
file = "payments.wasm"
config = {{ decline_above = 0.8 }}
[plugins.fraud]
file = "fraud.wasm"
[pipelines.fraud]
adapter = "payments"
model   = "fraud"
[[pipelines.fraud.sources]]
kind = "http"
{more}"#
        );
        fs::write(&path, text)?;
        Ok(path.display().to_string())
    }

    /// A pipeline `spin` whose model takes so many steps for each row.
    pub fn config_with_spin(&self, name: &str, steps: i64, spin: &str) -> anyhow::Result<String> {
        let file = format!("{name}.wasm");
        fs::write(self.file(&file), spin_model::component(steps))?;
        let more = format!(
            r#"
[plugins.spin]
file = "{file}"
[pipelines.spin]
adapter = "payments"
model   = "spin"
{spin}
[[pipelines.spin.sources]]
kind = "http"
"#
        );
        self.config(name, &more)
    }
}
