//! Who may do what: a token's bearer, or anybody on a loopback address without tokens. A page of a browser may change nothing.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use hyper::{
    HeaderMap, Response, StatusCode,
    header::{AUTHORIZATION, HeaderName, HeaderValue, ORIGIN, WWW_AUTHENTICATE},
};

use super::tokens::{Role, Tokens};
use crate::{
    http::{body::Body, problem::Problem},
    limits::REFUSALS_AUDITED_MAX_PER_MIN,
    store::Actor,
};

/// Only browsers send it, with every request.
static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MINUTE: Duration = Duration::from_secs(60);

/// See the module.
pub struct Gate {
    tokens: Option<Arc<Tokens>>,
    refused: Mutex<Told>,
}

/// Somebody who is not let in.
#[derive(Debug)]
pub struct Denied {
    /// `unknown` where no token says.
    pub who: Actor,
    pub problem: Problem,
    challenge: Option<&'static str>,
}

impl Gate {
    /// Without tokens everybody may do everything.
    pub fn new(tokens: Option<Tokens>) -> Self {
        Self {
            tokens: tokens.map(Arc::new),
            refused: Mutex::new(Told::default()),
        }
    }

    /// Who asks, if they may.
    pub async fn admit(
        &self,
        headers: &HeaderMap,
        from: SocketAddr,
        needed: Role,
    ) -> Result<Actor, Denied> {
        let actor = |name: &str| Actor {
            name: name.to_owned(),
            from: from.to_string(),
        };
        let who = match &self.tokens {
            None => actor("local"),
            Some(tokens) => {
                let unknown = |(message, challenge)| Denied {
                    who: actor("unknown"),
                    problem: Problem::new(StatusCode::UNAUTHORIZED, message),
                    challenge: Some(challenge),
                };
                let token = bearer_token(headers).map_err(unknown)?;
                let bearer = tokens.bearer(token).await;
                let bearer = bearer.ok_or_else(|| unknown(UNKNOWN_TOKEN))?;
                if bearer.role < needed {
                    return Err(Denied {
                        problem: Problem::new(
                            StatusCode::FORBIDDEN,
                            format!(
                                "the token of `{}` has the role `{}`; this needs `{needed}`",
                                bearer.name, bearer.role
                            ),
                        ),
                        who: actor(&bearer.name),
                        challenge: None,
                    });
                }
                actor(&bearer.name)
            }
        };
        // A browser sends cookies and reaches loopback for any page that it shows; what it says of itself no page can leave out.
        let of_browser = headers.contains_key(ORIGIN) || headers.contains_key(&SEC_FETCH_SITE);
        if needed == Role::Deploy && of_browser {
            return Err(Denied {
                who,
                problem: Problem::new(
                    StatusCode::FORBIDDEN,
                    "the request comes from a browser's page, and those may change nothing here",
                ),
                challenge: None,
            });
        }
        Ok(who)
    }

    /// Whether a refusal is to be written down, and how many before it were not: whoever knocks again and again must not fill the store.
    pub fn tell_refusal(&self) -> Option<u64> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.tell(Instant::now())
    }
}

impl Denied {
    pub fn response(&self) -> Response<Body> {
        let mut response = self.problem.response();
        if let Some(challenge) = self.challenge {
            let challenge = HeaderValue::from_static(challenge);
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// A sentence, and its challenge (RFC 6750, section 3).
type Challenged = (&'static str, &'static str);

const NO_TOKEN: Challenged = (
    "this needs a token: send it in the header `Authorization: Bearer TOKEN`",
    "Bearer realm=\"scoregate\"",
);
const UNREADABLE: Challenged = (
    "the header `Authorization` must be given once, as `Bearer TOKEN`",
    "Bearer realm=\"scoregate\", error=\"invalid_request\"",
);
const UNKNOWN_TOKEN: Challenged = (
    "the token is not known here",
    "Bearer realm=\"scoregate\", error=\"invalid_token\"",
);

fn bearer_token(headers: &HeaderMap) -> Result<&str, Challenged> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(NO_TOKEN)?;
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    let (scheme, token) = text
        .and_then(|text| text.trim().split_once(' '))
        .ok_or(UNREADABLE)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(UNREADABLE);
    }
    Ok(token.trim_start())
}

/// So many a minute, and how many more there were.
#[derive(Default)]
struct Told {
    minute: Option<Instant>,
    told: u32,
    untold: u64,
}

impl Told {
    fn tell(&mut self, now: Instant) -> Option<u64> {
        if self
            .minute
            .is_none_or(|began| now.duration_since(began) >= MINUTE)
        {
            (self.minute, self.told) = (Some(now), 0);
        }
        if self.told == REFUSALS_AUDITED_MAX_PER_MIN {
            self.untold = self.untold.saturating_add(1);
            return None;
        }
        self.told += 1;
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::tokens::{Bearer, line_of};

    fn gate() -> Gate {
        let file = tempfile::NamedTempFile::new().unwrap();
        let line = |name: &str, role, token| {
            let name = name.to_owned();
            line_of(&Bearer { name, role }, token)
        };
        let lines = [line("ci", Role::Deploy, "d"), line("ops", Role::Read, "r")];
        std::fs::write(file.path(), lines.join("\n")).unwrap();
        let tokens = Tokens::open(file.path()).unwrap();
        // The file goes: what was read of it stays.
        Gate::new(Some(tokens))
    }

    async fn admit(
        gate: &Gate,
        headers: &[(&'static str, &str)],
        needed: Role,
    ) -> Result<String, u16> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        let from = SocketAddr::from(([10, 0, 0, 7], 4711));
        match gate.admit(&map, from, needed).await {
            Ok(who) => {
                assert_eq!(who.from, "10.0.0.7:4711");
                Ok(who.name)
            }
            Err(denied) => {
                let response = denied.response();
                let status = response.status().as_u16();
                let challenge = response.headers().get(WWW_AUTHENTICATE);
                assert_eq!(challenge.is_some(), status == 401);
                assert!(challenge.is_none_or(|text| text.as_bytes().starts_with(b"Bearer ")));
                Err(status)
            }
        }
    }

    #[tokio::test]
    async fn a_token_opens_what_its_role_says() {
        let gate = gate();
        for (headers, needed, admitted) in [
            (&[("authorization", "Bearer d")][..], Role::Deploy, Ok("ci")),
            (&[("authorization", "bearer  d")], Role::Read, Ok("ci")),
            (&[("authorization", "Bearer r")], Role::Read, Ok("ops")),
            (&[("authorization", "Bearer r")], Role::Deploy, Err(403)),
            (&[("authorization", "Bearer x")], Role::Read, Err(401)),
            (&[("authorization", "Bearer")], Role::Read, Err(401)),
            (&[("authorization", "Basic d")], Role::Read, Err(401)),
            (
                &[("authorization", "Bearer d"), ("authorization", "Bearer d")],
                Role::Read,
                Err(401),
            ),
            (&[("x-token", "d")], Role::Read, Err(401)),
        ] {
            let told = admit(&gate, headers, needed).await;
            assert_eq!(
                told.as_deref().map_err(|status| *status),
                admitted,
                "{headers:?}"
            );
        }
    }

    #[tokio::test]
    async fn without_tokens_whoever_reaches_it_is_local_but_a_page_changes_nothing() {
        let gate = Gate::new(None);
        assert_eq!(
            admit(&gate, &[], Role::Deploy).await.as_deref(),
            Ok("local")
        );
        for header in ["origin", "sec-fetch-site"] {
            let page = &[(header, "http://127.0.0.1:8090")];
            assert_eq!(admit(&gate, page, Role::Deploy).await, Err(403));
            assert_eq!(admit(&gate, page, Role::Read).await.as_deref(), Ok("local"));
        }
    }

    #[test]
    fn whoever_knocks_again_and_again_is_counted() {
        let (mut told, began) = (Told::default(), Instant::now());
        for _ in 0..REFUSALS_AUDITED_MAX_PER_MIN {
            assert_eq!(told.tell(began), Some(0));
        }
        for _ in 0..100 {
            assert_eq!(told.tell(began + MINUTE / 2), None);
        }
        assert_eq!(told.tell(began + MINUTE), Some(100));
        assert_eq!(told.tell(began + MINUTE), Some(0));
    }
}
