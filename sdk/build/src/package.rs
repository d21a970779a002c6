use crate::cargo::cargo;
use crate::error::BuildError;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// The plugin's crate, as cargo sees it.
pub struct Package {
    pub name: String,
    pub manifest: PathBuf,
    pub workspace_root: PathBuf,
    /// The crate's dependencies by path, near and far: where they are, and their names.
    pub path_dependencies: BTreeMap<PathBuf, String>,
    /// What the crate's `package.metadata.scoregate.target-features` adds to WebAssembly's first version.
    pub target_features: Vec<String>,
    /// Its `inline-threshold`: how far functions are inlined; none for the usual measure of plugins.
    pub inline_threshold: Option<u32>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<ListedPackage>,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct ListedPackage {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
    dependencies: Vec<Dependency>,
    metadata: Option<OwnMetadata>,
}

/// What the manifest says under `package.metadata`.
#[derive(Deserialize)]
struct OwnMetadata {
    scoregate: Option<OwnBuild>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct OwnBuild {
    #[serde(default)]
    target_features: Vec<String>,
    inline_threshold: Option<u32>,
}

#[derive(Deserialize)]
struct Target {
    crate_types: Vec<String>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    path: Option<PathBuf>,
    kind: Option<String>,
}

/// Finds the crate in that folder and makes sure that it builds a cdylib.
pub fn find(dir: &Path) -> Result<Package, BuildError> {
    let manifest = dir.join("Cargo.toml");
    let Ok(manifest) = manifest.canonicalize() else {
        return Err(BuildError::NoCrate {
            dir: dir.to_owned(),
        });
    };
    let metadata = read(&manifest)?;
    let Some(package) = metadata
        .packages
        .iter()
        .find(|package| package.manifest_path == manifest)
    else {
        return Err(BuildError::Workspace {
            dir: dir.to_owned(),
        });
    };
    let name = package.name.clone();
    let builds_cdylib = |target: &Target| target.crate_types.iter().any(|kind| kind == "cdylib");
    if !package.targets.iter().any(builds_cdylib) {
        return Err(BuildError::NoCdylib { name, manifest });
    }
    let own = package.metadata.as_ref();
    let own = own.and_then(|metadata| metadata.scoregate.as_ref());
    let target_features = own.map_or_else(Vec::new, |own| own.target_features.clone());
    let inline_threshold = own.and_then(|own| own.inline_threshold);
    let mut path_dependencies = BTreeMap::new();
    collect_path_dependencies(&metadata, &manifest, &mut path_dependencies)?;
    Ok(Package {
        name,
        manifest,
        workspace_root: metadata.workspace_root,
        path_dependencies,
        target_features,
        inline_threshold,
    })
}

fn collect_path_dependencies(
    metadata: &Metadata,
    manifest: &Path,
    found: &mut BTreeMap<PathBuf, String>,
) -> Result<(), BuildError> {
    let Some(package) = metadata
        .packages
        .iter()
        .find(|package| package.manifest_path == manifest)
    else {
        return Ok(());
    };
    for dependency in package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind.as_deref() != Some("dev"))
    {
        let Some(path) = &dependency.path else {
            continue;
        };
        if found
            .insert(path.clone(), dependency.name.clone())
            .is_some()
        {
            continue;
        }
        let manifest = path.join("Cargo.toml");
        if metadata
            .packages
            .iter()
            .any(|package| package.manifest_path == manifest)
        {
            collect_path_dependencies(metadata, &manifest, found)?;
        } else {
            collect_path_dependencies(&read(&manifest)?, &manifest, found)?;
        }
    }
    Ok(())
}

/// Without dependencies, so that nothing is resolved or fetched for it.
fn read(manifest: &Path) -> Result<Metadata, BuildError> {
    let dir = manifest.parent().unwrap_or(manifest);
    let (mut command, tool) = cargo(dir);
    command
        .args([
            "metadata",
            "--no-deps",
            "--format-version=1",
            "--manifest-path",
        ])
        .arg(manifest);
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|cause| BuildError::Tool { tool, cause })?;
    let refuse = |reason: String| BuildError::Manifest {
        manifest: manifest.to_owned(),
        reason,
    };
    if !output.status.success() {
        return Err(refuse(
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        ));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| refuse(format!("its metadata are not as expected: {error}")))
}
