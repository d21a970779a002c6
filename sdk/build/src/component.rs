use crate::error::BuildError;
use wit_component::ComponentEncoder;

/// Wraps a core module, which describes its own component type, as a component, and validates it.
///
/// # Errors
/// [`BuildError::NoPlugin`] where it exports none; [`BuildError::Component`] where it is no module, imports something
/// else than the log, or does not fit what it describes.
pub fn componentize(core: &[u8]) -> Result<Vec<u8>, BuildError> {
    let (_, described) =
        wit_component::metadata::decode(core).map_err(|error| refuse(&format!("{error:#}")))?;
    if described.resolve.worlds[described.world].exports.is_empty() {
        return Err(BuildError::NoPlugin);
    }
    let mut encoder = ComponentEncoder::default()
        .validate(true)
        .module(core)
        .map_err(|error| refuse(&format!("{error:#}")))?;
    encoder
        .encode()
        .map_err(|error| refuse(&format!("{error:#}")))
}

/// wit-component's errors span lines; ours are one sentence.
fn refuse(causes: &str) -> BuildError {
    BuildError::Component {
        reason: causes.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}
