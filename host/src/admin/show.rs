//! What is only looked at.

use hyper::{
    Response, StatusCode,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde_json::{Value, json};

use super::{Admin, Place, answer, answer_with, changes::refused, query};
use crate::{
    http::{
        body::Body,
        problem::{Problem, echo},
    },
    limits::AUDIT_LINES_MAX_COUNT,
    telemetry,
};

/// Lines of the audit where a request does not say how many.
const AUDIT_LINES_COUNT: u32 = 100;

impl Admin {
    pub(super) async fn show(
        &self,
        place: Place<'_>,
        query: Option<&str>,
    ) -> Result<Response<Body>, Problem> {
        Ok(match place {
            Place::Plugins => answer(&json!({ "plugins": self.rollouts.statuses() })),
            Place::Plugin(name) => answer(&self.plugin(name)?),
            Place::Releases(slot) => self.releases(slot).await?,
            Place::Pipelines => {
                let statuses: Vec<Value> = self.pipelines.values().map(|status| status()).collect();
                answer(&json!({ "pipelines": statuses }))
            }
            Place::Pipeline(name) => answer(&self.pipeline(name)?),
            Place::Audit => self.audit(query).await?,
            Place::Metrics => {
                (self.sample)();
                let mut response = Response::new(Body::whole(self.telemetry.encode()));
                let text = HeaderValue::from_static(telemetry::CONTENT_TYPE);
                response.headers_mut().insert(CONTENT_TYPE, text);
                response
            }
            Place::Ready => ready(&(self.unready)()),
            _ => answer(&json!({ "live": true })),
        })
    }

    /// A slot's status.
    pub(super) fn plugin(&self, name: &str) -> Result<Value, Problem> {
        let status = self.rollouts.status(name);
        status.ok_or_else(|| Problem::not_found(format!("no plugin `{}`", echo(name))))
    }

    /// A pipeline's status.
    pub(super) fn pipeline(&self, name: &str) -> Result<Value, Problem> {
        let status = self.pipelines.get(name);
        let status =
            status.ok_or_else(|| Problem::not_found(format!("no pipeline `{}`", echo(name))))?;
        Ok(status())
    }

    async fn releases(&self, slot: &str) -> Result<Response<Body>, Problem> {
        Ok(match self.rollouts.releases(slot).await {
            Ok(releases) => answer(&json!({ "releases": releases })),
            Err(why) => refused(why),
        })
    }

    async fn audit(&self, query: Option<&str>) -> Result<Response<Body>, Problem> {
        let [before, count] = query::read(query, ["before", "count"])?;
        let before = query::number("before", before.as_deref(), 1, i64::MAX as u64)?;
        let count = query::number("count", count.as_deref(), 1, AUDIT_LINES_MAX_COUNT.into())?;
        let count = count.map_or(AUDIT_LINES_COUNT, |count| count as u32);
        Ok(match self.rollouts.audit(before, count).await {
            Ok(lines) => {
                // Where the next page begins; none after the oldest line.
                let next = lines
                    .last()
                    .filter(|_| lines.len() as u64 == u64::from(count));
                let next = next.map(|line| line.sequence).filter(|next| *next > 1);
                answer(&json!({ "audit": lines, "next_before": next }))
            }
            Err(why) => refused(why),
        })
    }
}

fn ready(unready: &[String]) -> Response<Body> {
    if unready.is_empty() {
        return answer(&json!({ "ready": true }));
    }
    let error = format!("the gateway is not ready: {}", unready.join("; "));
    let told = json!({ "ready": false, "reasons": unready, "error": error });
    answer_with(StatusCode::SERVICE_UNAVAILABLE, &told)
}
