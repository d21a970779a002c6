//! What a path on the operators' listener names, and what is needed to ask it.

use hyper::Method;

use super::tokens::Role;
use crate::telemetry::Route;

/// A place on this listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    Plugins,
    Plugin(&'a str),
    /// `/v1/plugins/{p}/releases`
    Releases(&'a str),
    /// `/v1/plugins/{p}/rollout`
    Rollout(&'a str),
    /// `/v1/plugins/{p}/promote`, `/abort`, `/rollback`
    End(&'a str, End),
    Pipelines,
    Pipeline(&'a str),
    Pause(&'a str),
    Resume(&'a str),
    Audit,
    /// `/v2/repository/index`
    Index,
    /// `/v2/repository/models/{m}/load`
    Load(&'a str),
    Unload(&'a str),
    Metrics,
    Live,
    Ready,
}

/// A way to end a rollout, or to go back after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Promote,
    Abort,
    Rollback,
}

impl<'a> Place<'a> {
    /// Reads a path; one slash at its end is let pass. None where nothing is.
    pub fn read(path: &'a str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut parts = path.split('/');
        let first = [(); 5].map(|()| parts.next());
        if parts.next().is_some() {
            return None;
        }
        Some(match first {
            [Some("metrics"), None, ..] => Place::Metrics,
            [Some("health"), Some("live"), None, ..] => Place::Live,
            [Some("health"), Some("ready"), None, ..] => Place::Ready,
            [Some("v1"), Some("audit"), None, ..] => Place::Audit,
            [Some("v1"), Some("plugins"), None, ..] => Place::Plugins,
            [Some("v1"), Some("plugins"), Some(name), None, _] => Place::Plugin(name),
            [Some("v1"), Some("plugins"), Some(name), Some(what), None] => match what {
                "releases" => Place::Releases(name),
                "rollout" => Place::Rollout(name),
                "promote" => Place::End(name, End::Promote),
                "abort" => Place::End(name, End::Abort),
                "rollback" => Place::End(name, End::Rollback),
                _ => return None,
            },
            [Some("v1"), Some("pipelines"), None, ..] => Place::Pipelines,
            [Some("v1"), Some("pipelines"), Some(name), None, _] => Place::Pipeline(name),
            [
                Some("v1"),
                Some("pipelines"),
                Some(name),
                Some("pause"),
                None,
            ] => Place::Pause(name),
            [
                Some("v1"),
                Some("pipelines"),
                Some(name),
                Some("resume"),
                None,
            ] => Place::Resume(name),
            [Some("v2"), Some("repository"), Some("index"), None, _] => Place::Index,
            [
                Some("v2"),
                Some("repository"),
                Some("models"),
                Some(name),
                Some("load"),
            ] => Place::Load(name),
            [
                Some("v2"),
                Some("repository"),
                Some("models"),
                Some(name),
                Some("unload"),
            ] => Place::Unload(name),
            _ => return None,
        })
    }

    /// The methods that it takes.
    pub fn methods(self) -> &'static str {
        match self {
            Place::Plugins
            | Place::Plugin(_)
            | Place::Pipelines
            | Place::Pipeline(_)
            | Place::Audit
            | Place::Metrics
            | Place::Live
            | Place::Ready => "GET, HEAD",
            Place::Releases(_) => "GET, HEAD, POST",
            Place::Rollout(_)
            | Place::End(..)
            | Place::Pause(_)
            | Place::Resume(_)
            | Place::Index
            | Place::Load(_)
            | Place::Unload(_) => "POST",
        }
    }

    /// The role that a request needs; none for a probe's.
    pub fn needs(self, method: &Method) -> Option<Role> {
        match self {
            Place::Live | Place::Ready => None,
            Place::Index => Some(Role::Read),
            _ if method == Method::POST && self.methods().contains("POST") => Some(Role::Deploy),
            _ => Some(Role::Read),
        }
    }

    pub fn route(self) -> Route {
        match self {
            Place::Plugins | Place::Plugin(_) => Route::Plugins,
            Place::Releases(_) => Route::Releases,
            Place::Rollout(_) | Place::End(..) => Route::Rollouts,
            Place::Pipelines | Place::Pipeline(_) | Place::Pause(_) | Place::Resume(_) => {
                Route::Pipelines
            }
            Place::Audit => Route::Audit,
            Place::Index | Place::Load(_) | Place::Unload(_) => Route::Repository,
            Place::Metrics => Route::Metrics,
            Place::Live | Place::Ready => Route::Health,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_places() {
        for (path, place) in [
            ("/v1/plugins", Some(Place::Plugins)),
            ("/v1/plugins/", Some(Place::Plugins)),
            ("/v1/plugins/fraud", Some(Place::Plugin("fraud"))),
            ("/v1/plugins/fraud/releases", Some(Place::Releases("fraud"))),
            ("/v1/plugins/fraud/rollout", Some(Place::Rollout("fraud"))),
            (
                "/v1/plugins/fraud/promote",
                Some(Place::End("fraud", End::Promote)),
            ),
            (
                "/v1/plugins/fraud/abort/",
                Some(Place::End("fraud", End::Abort)),
            ),
            (
                "/v1/plugins/fraud/rollback",
                Some(Place::End("fraud", End::Rollback)),
            ),
            ("/v1/pipelines/fraud/pause", Some(Place::Pause("fraud"))),
            ("/v1/pipelines/fraud/resume", Some(Place::Resume("fraud"))),
            ("/v1/audit", Some(Place::Audit)),
            ("/v2/repository/index", Some(Place::Index)),
            (
                "/v2/repository/models/fraud/load",
                Some(Place::Load("fraud")),
            ),
            (
                "/v2/repository/models/fraud/unload",
                Some(Place::Unload("fraud")),
            ),
            ("/metrics", Some(Place::Metrics)),
            ("/health/ready", Some(Place::Ready)),
            ("", None),
            ("/", None),
            ("/v1", None),
            ("/v1/plugins/fraud/deploy", None),
            ("/v1/plugins/fraud/releases/x", None),
            ("/v1/audit/x", None),
            ("/v2/repository/models/fraud", None),
            ("/v2/repository/models/fraud/load/x", None),
            ("/v2/models/fraud", None),
        ] {
            assert_eq!(Place::read(path), place, "{path}");
        }
    }

    #[test]
    fn what_changes_something_needs_a_deployer_and_a_probe_nothing() {
        let needs = |path, method| Place::read(path).unwrap().needs(&method);
        for path in [
            "/v1/plugins/fraud/releases",
            "/v1/plugins/fraud/rollout",
            "/v1/plugins/fraud/promote",
            "/v1/pipelines/fraud/pause",
            "/v2/repository/models/fraud/load",
            "/v2/repository/models/fraud/unload",
        ] {
            assert_eq!(needs(path, Method::POST), Some(Role::Deploy), "{path}");
        }
        assert_eq!(
            needs("/v1/plugins/fraud/releases", Method::GET),
            Some(Role::Read)
        );
        assert_eq!(
            needs("/v2/repository/index", Method::POST),
            Some(Role::Read)
        );
        assert_eq!(needs("/metrics", Method::GET), Some(Role::Read));
        assert_eq!(needs("/health/live", Method::GET), None);
    }
}
