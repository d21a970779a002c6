//! The releases that a capsule is replayed on, and where they come from.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

use crate::{
    capture::{self, Capsule, CapturedPlugin},
    plugin::{Engine, Kind, Release, check},
    release::Digest,
    rollout::read_component,
    store,
    telemetry::Telemetry,
};

/// Both releases, ready.
pub struct Parts {
    /// Its clock is that of the deadlines.
    pub engine: Engine,
    pub adapter: Origin,
    pub model: Origin,
    pub releases: [Release; 2],
}

/// What a slot's release of now is.
#[derive(Clone)]
pub struct Origin {
    pub captured: Digest,
    pub now: Digest,
    /// As it describes itself.
    pub name: String,
    pub version: String,
}

/// The store that a capsule lies in, by its place: `STORE/capsules/PIPELINE/FILE`.
pub fn store_of(capsule: &Path) -> PathBuf {
    let whole = capsule.canonicalize().unwrap_or_default();
    let folder = whole.ancestors().nth(2);
    let folder = folder.filter(|folder| folder.file_name() == Some(OsStr::new(capture::FOLDER)));
    let store = folder.and_then(Path::parent);
    store.unwrap_or(Path::new("scoregate-data")).to_owned()
}

impl Parts {
    /// The capsule's own releases, but for those that are given.
    pub fn load(capsule: &Capsule, given: &[String], store: &Path) -> anyhow::Result<Self> {
        let (mut adapter, mut model) = (None, None);
        for given in given {
            let component = given_component(given, store)?;
            let checked = check(&component).with_context(|| given.clone())?;
            let place = match checked.kind {
                Kind::Adapter => &mut adapter,
                Kind::Model => &mut model,
            };
            if place.replace(component).is_some() {
                bail!(
                    "--release names two of the kind {}; a pipeline has one of each",
                    checked.kind
                );
            }
        }
        let engine = Engine::new()?;
        let adapter = load(&engine, &capsule.adapter, "adapter", adapter, store)?;
        let model = load(&engine, &capsule.model, "model", model, store)?;
        Ok(Self {
            engine,
            adapter: Origin::of(&capsule.adapter, &adapter),
            model: Origin::of(&capsule.model, &model),
            releases: [adapter, model],
        })
    }

    /// What may make an outcome another one, beside the releases.
    pub fn notes(&self, capsule: &Capsule) -> Vec<String> {
        let mut notes = Vec::new();
        let version = env!("CARGO_PKG_VERSION");
        if capsule.host_version != version {
            notes.push(format!(
                "captured by scoregate {}, replayed by {version}",
                capsule.host_version
            ));
        }
        if let Release::Adapter(adapter) = &self.releases[0]
            && self.adapter.is_other()
        {
            let held = &capsule.event.headers;
            let missing = adapter.contract.headers.iter().filter(|name| {
                let mut held = held.iter();
                !held.any(|header| header.name.eq_ignore_ascii_case(name))
            });
            notes.extend(missing.map(|name| {
                format!("the adapter asks for the header `{name}`, which the capsule does not hold: the captured adapter did not ask for it, or there was none")
            }));
        }
        notes
    }
}

impl Origin {
    fn of(captured: &CapturedPlugin, release: &Release) -> Self {
        let parts = release.parts();
        Self {
            captured: captured.digest,
            now: parts.name.digest,
            name: parts.info.name.clone(),
            version: parts.info.version.clone(),
        }
    }

    /// Than the captured one.
    pub fn is_other(&self) -> bool {
        self.now != self.captured
    }
}

fn given_component(given: &str, store: &Path) -> anyhow::Result<Vec<u8>> {
    if !given.starts_with("sha256:") {
        return read_component(Path::new(given)).with_context(|| given.to_owned());
    }
    let digest: Digest = given.parse()?;
    match store::component_in(store, digest)? {
        Some(component) => Ok(component),
        None => bail!(
            "{} has no release {digest}; name the store's folder by --store, or a component's file by --release",
            store.join("releases").display()
        ),
    }
}

/// What is given, or else the captured one.
fn load(
    engine: &Engine,
    captured: &CapturedPlugin,
    kind: &str,
    given: Option<Vec<u8>>,
    store: &Path,
) -> anyhow::Result<Release> {
    let digest = captured.digest;
    let component = match given {
        Some(component) => component,
        None => store::component_in(store, digest)?.with_context(|| {
            format!(
                "{} has no release {digest}, the {kind} of the capsule; name the store's folder by --store, or a component's file by --release",
                store.join("releases").display()
            )
        })?,
    };
    let name = format!("{kind} {}@{}", captured.slot, Digest::of(&component));
    let telemetry = Telemetry::new();
    let release = Release::load(engine, None, &telemetry, captured.settings(), &component);
    let release = release.with_context(|| name.clone())?;
    if release.kind().to_string() != kind {
        bail!(
            "{name} is of the kind {}: the capsule is damaged",
            release.kind()
        );
    }
    Ok(release)
}
