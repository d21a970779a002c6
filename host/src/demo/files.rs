//! What the demo carries in the binary and writes out, so that its user can look at it, change it and serve it by hand.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use scoregate_compiler::{Options, Output, compile};

/// The sample adapter, built with this binary.
static PAYMENTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/payments.wasm"));
/// The sample model as the real XGBoost saved it.
static FRAUD: &[u8] = include_bytes!("../../../plugins/fraud/fraud.json");
/// Payments that the model never saw, one a line; some are spoilt.
pub static HELDOUT: &str = include_str!("../../../plugins/fraud/heldout.ndjson");
/// What XGBoost itself says of them, line by line after a header.
pub static EXPECTED: &str = include_str!("../../../plugins/fraud/heldout.scores.csv");

/// From this probability on the sample adapter declines.
pub const DECLINE_ABOVE: f64 = 0.8;

const CONFIG: &str = "scoregate.toml";

/// Writes everything into the demo's folder with this configuration, and returns its path.
pub fn write(dir: &Path, config: &str) -> anyhow::Result<PathBuf> {
    let options = Options {
        outputs: Some(vec![Output::Margin, Output::Probability]),
        name: "fraud".to_owned(),
        version: "1".to_owned(),
        explain: false,
        iterations: None,
    };
    let fraud = compile(FRAUD, &options).context("the sample model cannot be compiled")?;
    for (name, bytes) in [
        ("payments.wasm", PAYMENTS),
        ("fraud.json", FRAUD),
        ("fraud.wasm", &fraud.component),
        ("heldout.ndjson", HELDOUT.as_bytes()),
        (CONFIG, config.as_bytes()),
    ] {
        let path = dir.join(name);
        fs::write(&path, bytes).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(dir.join(CONFIG))
}

/// The configuration's listeners, store and plugins.
pub fn head(http: SocketAddr, admin: SocketAddr) -> String {
    format!(
        r#"# The demo's gateway. Serve it by hand: scoregate serve {CONFIG}

[server]
http  = "{http}"
admin = "{admin}"

[store]
path = "store"

[plugins.payments]                  # an adapter: one JSON payment to 15 features, scores to a decision
file = "payments.wasm"
config = {{ decline_above = {DECLINE_ABOVE} }}

[plugins.fraud]                     # a model: made from fraud.json by `scoregate compile`
file = "fraud.wasm"
"#
    )
}

/// The pipeline that is asked over HTTP and writes into a file.
pub const PIPELINE: &str = r#"
[pipelines.fraud]
adapter = "payments"
model   = "fraud"
key     = "/card_id"

[[pipelines.fraud.sources]]
kind = "http"                       # POST /pipelines/fraud/score

[[pipelines.fraud.sinks]]
kind  = "sqlite"
path  = "scores.db"
table = "scores"
"#;
