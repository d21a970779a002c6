//! From a request to events: what the rows of one request have in common.

use bytes::Bytes;
use hyper::{StatusCode, http::request::Parts};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

use super::{caller::Caller, event_id, problem::Problem};
use crate::{
    clock::now_ms,
    event::{Event, Header, Origin, Refusal, Scored},
    limits,
    pipeline::{Answer, Job, Pipeline, Receipt},
};

/// Where events are submitted: a pipeline, and in tests something simpler.
pub(super) trait Queue: Send + Sync + 'static {
    /// Takes the job, or hands it back where there is no room now. Never waits.
    #[allow(
        clippy::result_large_err,
        reason = "the job itself is what is handed back"
    )]
    fn submit(&self, job: Job) -> Result<(), Job>;
    /// Why a job was handed back.
    fn refusal(&self) -> Refusal;
    /// The event's key, where the pipeline names a pointer to it.
    fn key(&self, payload: &[u8]) -> Option<Bytes>;
}

impl Queue for Pipeline {
    fn submit(&self, job: Job) -> Result<(), Job> {
        self.submit(job)
    }

    fn refusal(&self) -> Refusal {
        self.submit_refusal()
    }

    fn key(&self, payload: &[u8]) -> Option<Bytes> {
        self.key_pointer()?.find(payload)
    }
}

/// What the events of one request share.
#[derive(Debug)]
pub(super) struct Intake {
    pub caller: Caller,
    /// Those that the adapter reads.
    headers: Vec<Header>,
    /// When the request came, in milliseconds since the Unix epoch.
    timestamp_ms: u64,
}

/// An event whose answer is awaited.
#[derive(Debug)]
pub(super) struct Awaited {
    reply: oneshot::Receiver<Answer>,
    until: Instant,
    patient: bool,
}

impl Intake {
    pub(super) fn new(caller: Caller, parts: &Parts, names: &[String]) -> Self {
        let headers = names
            .iter()
            .flat_map(|name| {
                let values = parts.headers.get_all(name).iter();
                values.map(|value| Header {
                    name: name.clone(),
                    value: Some(Bytes::copy_from_slice(value.as_bytes())),
                })
            })
            .collect();
        Self {
            caller,
            headers,
            timestamp_ms: now_ms(),
        }
    }

    /// The job of one event; `row` is its place among many.
    pub(super) fn job(
        &self,
        queue: &impl Queue,
        payload: Bytes,
        row: Option<usize>,
    ) -> Result<(Job, Awaited), Problem> {
        let id = match (&self.caller.id, row) {
            (Some(id), None) => id.clone(),
            (Some(id), Some(row)) => format!("{id}-{row}"),
            (None, _) => event_id::new(self.timestamp_ms).map_err(|error| {
                tracing::error!(%error, "the system gives no random bytes");
                Problem::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "the gateway could not make an id for the event",
                )
            })?,
        };
        let key = self
            .caller
            .key
            .clone()
            .or_else(|| queue.key(&payload))
            .unwrap_or_else(|| Bytes::copy_from_slice(id.as_bytes()));
        let until = self.caller.patience(Instant::now());
        let (sender, reply) = oneshot::channel();
        let job = Job {
            event: Event {
                id,
                key: Some(key),
                payload,
                timestamp_ms: self.timestamp_ms,
                headers: self.headers.clone(),
                origin: Origin::Http,
            },
            deadline: Some(until),
            receipt: Receipt::Reply(sender),
        };
        let patient = self.caller.deadline.is_none();
        Ok((
            job,
            Awaited {
                reply,
                until,
                patient,
            },
        ))
    }

    /// The error of an event that was not answered in time.
    pub(super) fn deadline_passed(patient: bool) -> Problem {
        if patient {
            let waited_ms = limits::ANSWER_WAIT_MAX_MS;
            Problem::new(
                StatusCode::GATEWAY_TIMEOUT,
                format!("the event was not answered within {waited_ms} ms"),
            )
        } else {
            Refusal::DeadlinePassed.into()
        }
    }
}

impl Awaited {
    /// What became of the event. Who stops waiting changes nothing for it: it is scored and delivered all the same.
    pub(super) async fn settled(self) -> Result<Scored, Problem> {
        match timeout_at(self.until, self.reply).await {
            Ok(Ok(answer)) => answer.result.map_err(|refused| match refused.refusal {
                Refusal::DeadlinePassed => Intake::deadline_passed(self.patient),
                refusal => refusal.into(),
            }),
            Ok(Err(_)) => Err(Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the gateway ended before the event was answered",
            )),
            Err(_) => Err(Intake::deadline_passed(self.patient)),
        }
    }
}
