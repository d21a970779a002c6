//! Which pages of other origins a browser lets read the scoring listener's answers: the CORS protocol of the Fetch standard.

use std::collections::HashSet;

use hyper::{
    Method, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, ORIGIN,
        VARY,
    },
    http::request::Parts,
};

use super::{
    body::Body,
    problem::{Problem, echo},
};

/// Headers that a page may send: those which scoring reads.
const HEADERS: HeaderValue =
    HeaderValue::from_static("content-type, idempotency-key, scoregate-key, scoregate-deadline-ms");
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST");
/// How long a browser may keep the answer, in seconds: an origin that is taken out of the list is out after ten minutes.
const MAX_AGE_S: HeaderValue = HeaderValue::from_static("600");
const ANY: HeaderValue = HeaderValue::from_static("*");

/// The origins whose pages may call.
#[derive(Debug, Default)]
pub struct Origins {
    any: bool,
    listed: HashSet<Vec<u8>>,
}

impl Origins {
    /// Origins as browsers send them, or `*` for any; none is none.
    #[must_use]
    pub fn new(origins: &[String]) -> Self {
        Self {
            any: origins.iter().any(|origin| origin == "*"),
            listed: origins
                .iter()
                .map(|origin| origin.clone().into_bytes())
                .collect(),
        }
    }

    /// The answer to a browser that asks before it sends; none where this is no such question, or no page may call at all.
    pub(super) fn preflight(&self, parts: &Parts) -> Option<Result<Response<Body>, Problem>> {
        let asks = parts.method == Method::OPTIONS
            && parts.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        let origin = parts.headers.get(ORIGIN).filter(|_| asks)?;
        if self.listed.is_empty() {
            return None;
        }
        if self.allowed(&parts.headers).is_none() {
            let origin = echo(&String::from_utf8_lossy(origin.as_bytes()));
            return Some(Err(Problem::new(
                StatusCode::FORBIDDEN,
                format!(
                    "pages of `{origin}` may not call: it is not in the server's `allowed_origins`"
                ),
            )));
        }
        let mut response = Response::new(Body::whole(Vec::new()));
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE_S);
        Some(Ok(response))
    }

    /// Tells the browser, on every answer, whether its page may read it, and caches what the answer depends on.
    pub(super) fn mark(&self, request: &HeaderMap, answer: &mut HeaderMap) {
        if self.listed.is_empty() {
            return;
        }
        if !self.any {
            answer.insert(VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(allowed) = self.allowed(request) {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        }
    }

    fn allowed(&self, request: &HeaderMap) -> Option<HeaderValue> {
        let origin = request.get(ORIGIN)?;
        if self.any {
            return Some(ANY);
        }
        self.listed
            .contains(origin.as_bytes())
            .then(|| origin.clone())
    }
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    fn ask(method: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn preflight(origins: &[&str], origin: &str) -> Option<Result<Response<Body>, Problem>> {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
        ];
        of(origins).preflight(&ask("OPTIONS", &headers))
    }

    fn of(origins: &[&str]) -> Origins {
        let origins: Vec<String> = origins.iter().map(ToString::to_string).collect();
        Origins::new(&origins)
    }

    fn marked(origins: &[&str], origin: Option<&str>) -> (Option<String>, Option<String>) {
        let headers: Vec<(&str, &str)> = origin.iter().map(|origin| ("origin", *origin)).collect();
        let mut answer = HeaderMap::new();
        of(origins).mark(&ask("POST", &headers).headers, &mut answer);
        let text = |name| Some(answer.get(name)?.to_str().unwrap().to_owned());
        (text(ACCESS_CONTROL_ALLOW_ORIGIN), text(VARY))
    }

    const SHOP: &str = "https://shop.example";

    #[test]
    fn a_listed_origin_is_told_what_it_may_send() {
        let response = preflight(&["http://a:1", SHOP], SHOP).unwrap().unwrap();
        assert_eq!(response.status(), 204);
        assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_HEADERS], HEADERS);
        assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_METHODS], METHODS);
        assert!(preflight(&["*"], "null").unwrap().is_ok());
    }

    #[test]
    fn another_origin_is_refused_by_its_name() {
        for other in [
            "http://shop.example",
            "https://shop.example:8443",
            "https://shop.example.evil",
            "null",
        ] {
            let problem = preflight(&[SHOP], other).unwrap().unwrap_err();
            assert_eq!(problem.status, 403);
            assert!(
                problem.message.contains(&format!("`{other}`")),
                "{}",
                problem.message
            );
        }
    }

    #[test]
    fn only_a_browsers_question_is_answered_here() {
        assert!(preflight(&[], SHOP).is_none(), "no page may call");
        let origins = of(&[SHOP]);
        for (method, headers) in [
            ("OPTIONS", vec![("origin", SHOP)]),
            ("OPTIONS", vec![("access-control-request-method", "POST")]),
            (
                "POST",
                vec![("origin", SHOP), ("access-control-request-method", "POST")],
            ),
        ] {
            assert!(origins.preflight(&ask(method, &headers)).is_none());
        }
    }

    #[test]
    fn answers_name_the_one_origin_that_may_read_them() {
        let vary = Some("Origin".to_owned());
        assert_eq!(
            marked(&[SHOP], Some(SHOP)),
            (Some(SHOP.to_owned()), vary.clone())
        );
        assert_eq!(
            marked(&[SHOP], Some("https://evil.example")),
            (None, vary.clone())
        );
        assert_eq!(marked(&[SHOP], None), (None, vary));
        assert_eq!(marked(&["*"], Some(SHOP)), (Some("*".to_owned()), None));
        assert_eq!(marked(&[], Some(SHOP)), (None, None));
    }
}
