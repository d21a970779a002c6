//! Changes: uploads, rollouts and their ends, pauses. One that has begun ends by itself, also where who asked for it hangs up.

use std::{future::Future, time::Duration};

use hyper::{
    Response, StatusCode,
    header::{HeaderValue, RETRY_AFTER},
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Admin, Asked, answer, answer_with, body, order, place::End, query};
use crate::{
    http::{body::Body, problem::Problem, receive::receive},
    limits::{COMPONENT_MAX_BYTES, UPLOAD_READ_MAX_MS},
    rollout::{Done, Order, Refused, Report},
    store::Actor,
};

impl Admin {
    /// A release's way in: 201 and the report. With `dry_run` nothing is kept: 200.
    pub(super) async fn add(
        &self,
        slot: &str,
        mut asked: Asked<'_>,
    ) -> Result<Response<Body>, Problem> {
        let [dry_run] = query::read(asked.parts.uri.query(), ["dry_run"])?;
        let keep = !query::flag("dry_run", dry_run.as_deref())?;
        // Before a large body is read for nothing.
        self.plugin(slot)?;
        let wait_max = Duration::from_millis(UPLOAD_READ_MAX_MS);
        let component = receive(asked.body()?, &self.access.components, wait_max).await?;
        let added = self.upload(slot, component.into(), asked.who, keep).await;
        let status = if keep {
            StatusCode::CREATED
        } else {
            StatusCode::OK
        };
        Ok(match added {
            Ok(report) => answer_with(status, &told(&report)),
            Err(why) => refused(why),
        })
    }

    pub(super) async fn upload(
        &self,
        slot: &str,
        component: Vec<u8>,
        who: Actor,
        keep: bool,
    ) -> Result<Report, Refused> {
        let (rollouts, slot) = (self.rollouts.clone(), slot.to_owned());
        to_its_end(async move { rollouts.add(&slot, component, &who, keep).await }).await
    }

    pub(super) async fn roll_out(
        &self,
        slot: &str,
        mut asked: Asked<'_>,
    ) -> Result<Response<Body>, Problem> {
        let [dry_run] = query::read(asked.parts.uri.query(), ["dry_run"])?;
        let is_tried = query::flag("dry_run", dry_run.as_deref())?;
        let body = body::object(asked.body()?, &self.access.orders).await?;
        let order = order::read(slot, body)?;
        if is_tried {
            return Ok(match self.rollouts.try_out(order, &asked.who).await {
                Ok(pipelines) => answer(&json!({ "dry_run": true, "pipelines": pipelines })),
                Err(why) => refused(why),
            });
        }
        Ok(done(self.begin(order, asked.who).await))
    }

    pub(super) async fn begin(&self, order: Order, who: Actor) -> Result<Done, Refused> {
        let rollouts = self.rollouts.clone();
        to_its_end(async move { rollouts.begin(order, &who).await }).await
    }

    pub(super) async fn end(
        &self,
        slot: &str,
        end: End,
        mut asked: Asked<'_>,
    ) -> Result<Response<Body>, Problem> {
        let mut body = body::object(asked.body()?, &self.access.orders).await?;
        let reason = body.reason()?;
        body.finish()?;
        let (rollouts, slot, who) = (self.rollouts.clone(), slot.to_owned(), asked.who);
        let ended = to_its_end(async move {
            match end {
                End::Promote => rollouts.promote(&slot, &who, reason).await,
                End::Abort => rollouts.abort(&slot, &who, reason).await,
                End::Rollback => rollouts.rollback(&slot, &who, reason).await,
            }
        });
        Ok(done(ended.await))
    }

    pub(super) async fn pause(
        &self,
        pipeline: &str,
        pause: bool,
        mut asked: Asked<'_>,
    ) -> Result<Response<Body>, Problem> {
        self.pipeline(pipeline)?;
        body::object(asked.body()?, &self.access.orders)
            .await?
            .finish()?;
        let (rollouts, name, who) = (self.rollouts.clone(), pipeline.to_owned(), asked.who);
        let changed = to_its_end(async move {
            if pause {
                rollouts.pause(&name, &who).await
            } else {
                rollouts.resume(&name, &who).await
            }
        });
        Ok(match changed.await {
            Ok(()) => answer(&self.pipeline(pipeline)?),
            Err(why) => refused(why),
        })
    }
}

/// In a task of its own: a connection that ends takes its request's future with it, and nothing may be left half done.
async fn to_its_end<T: Send + 'static>(
    change: impl Future<Output = Result<T, Refused>> + Send + 'static,
) -> Result<T, Refused> {
    let ended = tokio::spawn(change).await;
    ended.unwrap_or_else(|error| {
        tracing::error!(%error, "a change ended by a panic");
        Err(Refused::Unavailable(
            "the change broke off inside the gateway; its log says why".to_owned(),
        ))
    })
}

fn done(done: Result<Done, Refused>) -> Response<Body> {
    match done {
        Ok(done) => answer(&json(&done)),
        Err(why) => refused(why),
    }
}

/// A report, and whether the release could serve by itself.
fn told(report: &Report) -> Value {
    let mut told = json(report);
    told["fits"] = report.fits().into();
    told
}

fn json(value: &impl Serialize) -> Value {
    // Plain values with keys that are strings: it does not fail.
    serde_json::to_value(value).unwrap_or_default()
}

/// The answer to a change that was not made.
pub(super) fn refused(why: Refused) -> Response<Body> {
    let (status, message) = match why {
        Refused::Unfit(report) => {
            let problems = report.problems.iter();
            let misfits = report.pipelines.iter().flat_map(|pipeline| {
                let of = |reason| format!("pipeline `{}`: {reason}", pipeline.pipeline);
                pipeline.reasons.iter().map(of)
            });
            let reasons: Vec<String> = problems.cloned().chain(misfits).collect();
            let error = format!(
                "{} does not fit plugin `{}`: {}",
                report.release,
                report.slot,
                reasons.join("; ")
            );
            let body = json!({ "error": error, "report": told(&report) });
            return answer_with(StatusCode::UNPROCESSABLE_ENTITY, &body);
        }
        Refused::NotFound(message) => (StatusCode::NOT_FOUND, message),
        Refused::Conflict(message) => (StatusCode::CONFLICT, message),
        Refused::Invalid(message) => (StatusCode::BAD_REQUEST, message),
        Refused::Unavailable(message) => (StatusCode::SERVICE_UNAVAILABLE, message),
    };
    let mut response = Problem::new(status, message).response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let second = HeaderValue::from_static("1");
        response.headers_mut().insert(RETRY_AFTER, second);
    }
    response
}

/// Of an upload that came some other way.
pub(super) fn check_size(bytes: u64) -> Result<(), Problem> {
    if bytes > COMPONENT_MAX_BYTES {
        return Err(Problem::too_large(COMPONENT_MAX_BYTES));
    }
    Ok(())
}
