//! What a path on the scoring listener names.

/// A place on the scoring listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// `/pipelines/{pipeline}/score`
    Score { pipeline: &'a str },
    /// `/v2`
    Server,
    /// `/v2/health/live`
    Live,
    /// `/v2/health/ready`
    Ready,
    /// `/v2/models/{model}[/versions/{version}]…`
    Model {
        model: &'a str,
        version: Option<&'a str>,
        part: ModelPart,
    },
}

/// What of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ModelPart {
    Metadata,
    Ready,
    Infer,
}

impl<'a> Place<'a> {
    /// Reads a path; one slash at its end is let pass. None where nothing is.
    pub(super) fn read(path: &'a str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut parts = path.split('/');
        let place = match (parts.next()?, parts.next(), parts.next()) {
            ("pipelines", Some(pipeline), Some("score")) => Place::Score { pipeline },
            ("v2", None, None) => Place::Server,
            ("v2", Some("health"), Some("live")) => Place::Live,
            ("v2", Some("health"), Some("ready")) => Place::Ready,
            ("v2", Some("models"), Some(model)) => {
                let (version, part) = match (parts.next(), parts.next()) {
                    (Some("versions"), Some(version)) => (Some(version), parts.next()),
                    (part, None) => (None, part),
                    _ => return None,
                };
                let part = match part {
                    None => ModelPart::Metadata,
                    Some("ready") => ModelPart::Ready,
                    Some("infer") => ModelPart::Infer,
                    Some(_) => return None,
                };
                Place::Model {
                    model,
                    version,
                    part,
                }
            }
            _ => return None,
        };
        parts.next().is_none().then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_places() {
        let model = |version, part| {
            Some(Place::Model {
                model: "m",
                version,
                part,
            })
        };
        for (path, place) in [
            (
                "/pipelines/fraud/score",
                Some(Place::Score { pipeline: "fraud" }),
            ),
            ("/v2", Some(Place::Server)),
            ("/v2/", Some(Place::Server)),
            ("/v2/health/live", Some(Place::Live)),
            ("/v2/health/ready", Some(Place::Ready)),
            ("/v2/models/m", model(None, ModelPart::Metadata)),
            ("/v2/models/m/ready", model(None, ModelPart::Ready)),
            ("/v2/models/m/infer", model(None, ModelPart::Infer)),
            (
                "/v2/models/m/versions/1",
                model(Some("1"), ModelPart::Metadata),
            ),
            (
                "/v2/models/m/versions/1/infer",
                model(Some("1"), ModelPart::Infer),
            ),
            (
                "/v2/models/m/versions/1/ready",
                model(Some("1"), ModelPart::Ready),
            ),
        ] {
            assert_eq!(Place::read(path), place, "{path}");
        }
        for path in [
            "",
            "/",
            "//",
            "*",
            "/pipelines",
            "/pipelines/fraud",
            "/pipelines/fraud/score/x",
            "/v2/models",
            "/v2/models/m/versions",
            "/v2/models/m/other",
            "/v2/models/m/infer/x",
            "/v2/models/m/versions/1/infer/x",
            "/v2/health",
            "/v1",
        ] {
            assert_eq!(Place::read(path), None, "{path}");
        }
    }
}
