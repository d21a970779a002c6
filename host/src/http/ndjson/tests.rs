use std::sync::Mutex;

use http_body_util::BodyExt;
use hyper::Request;
use serde_json::Value;

use super::*;
use crate::{
    event::{Event, Outcome, Refusal, Releases},
    http::caller::Caller,
    pipeline::{Answer, Refused},
    release::{Digest, ReleaseName},
};

/// A pipeline that has room for a few events and answers them when told to.
struct Few {
    room: usize,
    waiting: Mutex<Vec<Job>>,
    most: Mutex<usize>,
}

impl Few {
    fn new(room: usize) -> Arc<Self> {
        Arc::new(Self {
            room,
            waiting: Mutex::default(),
            most: Mutex::default(),
        })
    }

    /// Answers what waits, the last first; who says `bad` is rejected.
    fn answer(&self) {
        let jobs = std::mem::take(&mut *self.waiting.lock().unwrap());
        let releases = Arc::new(Releases {
            adapter: ReleaseName::new("a", Digest::of(b"a")),
            model: ReleaseName::new("m", Digest::of(b"m")),
        });
        for job in jobs.into_iter().rev() {
            let event: Event = job.event;
            let result = if event.payload == "bad" {
                Err(Refused {
                    event,
                    refusal: Refusal::Rejected("it is bad".into()),
                })
            } else {
                let outcome = Outcome {
                    payload: event.payload.to_vec(),
                    ..Outcome::default()
                };
                Ok(Scored {
                    event,
                    outcome,
                    releases: Arc::clone(&releases),
                    scored_at_ms: 0,
                })
            };
            job.receipt.settle(Answer { result });
        }
    }

    fn answer_for_ever(self: &Arc<Self>) {
        let this = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                this.answer();
                tokio::task::yield_now().await;
            }
        });
    }
}

impl Queue for Few {
    fn submit(&self, job: Job) -> Result<(), Job> {
        let mut waiting = self.waiting.lock().unwrap();
        if waiting.len() >= self.room {
            return Err(job);
        }
        waiting.push(job);
        let mut most = self.most.lock().unwrap();
        *most = waiting.len().max(*most);
        Ok(())
    }

    fn refusal(&self) -> Refusal {
        Refusal::Unavailable {
            reason: "the queue is full".into(),
            retry_after_s: 1,
        }
    }

    fn key(&self, _: &[u8]) -> Option<Bytes> {
        None
    }
}

fn intake(id: Option<&str>, deadline_ms: Option<u64>) -> Intake {
    let (parts, ()) = Request::new(()).into_parts();
    let caller = Caller {
        id: id.map(str::to_owned),
        key: None,
        deadline: deadline_ms.map(|ms| Instant::now() + Duration::from_millis(ms)),
    };
    Intake::new(caller, &parts, &[])
}

async fn lines(response: Response<Body>) -> Vec<Value> {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(body.ends_with(b"\n"));
    std::str::from_utf8(&body)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn split(body: &'static str) -> Vec<Bytes> {
    let rest = Bytes::from_static(body.as_bytes());
    Lines { rest }.collect()
}

#[test]
fn empty_lines_are_no_rows() {
    assert_eq!(split("a\nb"), ["a", "b"]);
    assert_eq!(split("\n\na\r\n\r\n b \nc\n\n"), ["a", " b ", "c"]);
    assert_eq!(split("\r\n\n\r"), [""; 0]);
    assert_eq!(split(""), [""; 0]);
    assert_eq!(split("a\rb\r\n"), ["a\rb"]);
}

#[tokio::test]
async fn bad_rows_between_good_ones_are_answered_in_their_places() {
    let queue = Few::new(100);
    queue.answer_for_ever();
    let body = Bytes::from_static(b"1\n\nbad\r\n2\nbad\n");
    let answer = answer(Arc::clone(&queue), intake(Some("id"), None), body, 10).unwrap();
    let lines = lines(answer).await;
    assert_eq!(lines.len(), 4);
    assert_eq!(
        (&lines[0]["event_id"], &lines[0]["output"]),
        (&"id-0".into(), &1.into())
    );
    assert_eq!(
        lines[1],
        serde_json::json!({"error": "it is bad", "row": 1})
    );
    assert_eq!(
        (&lines[2]["event_id"], &lines[2]["output"]),
        (&"id-2".into(), &2.into())
    );
    assert_eq!(lines[3]["row"], 3);
}

#[tokio::test]
async fn many_rows_pass_through_little_room_in_order() {
    for (room, window) in [(1, 1), (3, 100), (100, 3)] {
        let queue = Few::new(room);
        queue.answer_for_ever();
        let body: String = (0..5000).map(|row| format!("{row}\n")).collect();
        let answer = answer(Arc::clone(&queue), intake(None, None), body.into(), window).unwrap();
        let lines = lines(answer).await;
        assert_eq!(lines.len(), 5000);
        for (row, line) in lines.iter().enumerate() {
            assert_eq!(line["output"], row);
        }
        assert!(*queue.most.lock().unwrap() <= room.min(window));
    }
}

#[tokio::test]
async fn a_deadline_ends_the_wait_for_all_rows_together() {
    let queue = Few::new(2);
    let body: String = "x\n".repeat(100);
    let began = Instant::now();
    let answer = answer(queue, intake(None, Some(50)), body.into(), 10).unwrap();
    let lines = lines(answer).await;
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!(lines.len(), 100);
    for (row, line) in lines.iter().enumerate() {
        assert_eq!(line["row"], row);
        assert!(
            line["error"].as_str().unwrap().contains("deadline"),
            "{line}"
        );
    }
}

#[tokio::test]
async fn a_queue_that_stays_full_fails_the_rows_at_once_when_time_is_over() {
    let queue = Few::new(0);
    let began = Instant::now();
    let body: String = "x\n".repeat(1000);
    let answer = answer(queue, intake(None, Some(50)), body.into(), 10).unwrap();
    let lines = lines(answer).await;
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!(lines.len(), 1000);
    assert!(lines.iter().all(|line| line["error"].is_string()));
}

#[tokio::test]
async fn an_unsettled_receipt_is_an_error_and_not_a_hang() {
    let queue = Few::new(1);
    let response = answer(Arc::clone(&queue), intake(None, None), "x\n".into(), 1).unwrap();
    tokio::spawn(async move {
        while queue.waiting.lock().unwrap().pop().is_none() {
            tokio::task::yield_now().await;
        }
    });
    let lines = lines(response).await;
    assert_eq!(
        lines[0]["error"],
        "the gateway ended before the event was answered"
    );
}

#[tokio::test]
async fn a_body_without_a_row_or_with_too_many_is_refused() {
    for body in ["", "\n", "\r\n\n"] {
        let problem = answer(Few::new(1), intake(None, None), body.into(), 1).unwrap_err();
        assert_eq!(problem.status, 400);
    }
    let many = "x\n".repeat(limits::NDJSON_MAX_ROWS + 1);
    let problem = answer(Few::new(1), intake(None, None), many.into(), 1).unwrap_err();
    assert_eq!(problem.message, "the body holds more than 100000 lines");
}
