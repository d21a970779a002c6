use std::path::PathBuf;

/// What to build, and how.
#[derive(Clone, Debug, Default)]
pub struct BuildRequest {
    /// The folder of the plugin's crate.
    pub dir: PathBuf,
    /// Where cargo keeps what it compiled; the crate's own target folder where `None`.
    pub target_dir: Option<PathBuf>,
    /// Whether `Cargo.lock` must be there and must fit.
    pub locked: bool,
    /// Whether the network is left alone.
    pub offline: bool,
    /// Whether cargo shows no progress; errors and warnings are shown in any case.
    pub quiet: bool,
}

impl BuildRequest {
    /// Builds the crate in that folder as its author would.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            ..Self::default()
        }
    }
}
