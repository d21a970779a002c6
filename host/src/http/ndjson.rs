//! Many events in one request, one a line, and their answers in the same order.
//!
//! The rows go to the pipeline a bounded number at a time. A full queue is not an error here: the request waits for its own
//! answers, or for room, which slows down nobody but itself.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::{Buf, Bytes};
use hyper::{
    Response,
    header::{CONTENT_TYPE, HeaderValue},
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use super::{
    body::{Body, Piece},
    intake::{Awaited, Intake, Queue},
    problem::Problem,
};
use crate::{event::Scored, limits, pipeline::Job, record};

/// Answers are sent on in pieces of about so many bytes.
const PIECE_BYTES: usize = 32 << 10;
/// Pieces that wait for a slow client.
const PIECES_MAX_COUNT: usize = 4;
/// How often a request without a row in the queue looks for room.
const ROOM_POLL: Duration = Duration::from_millis(1);

/// The lines that are not empty; `\r\n` ends a line as `\n` does.
pub(super) struct Lines {
    rest: Bytes,
}

impl Iterator for Lines {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        while !self.rest.is_empty() {
            let end = self.rest.iter().position(|&b| b == b'\n');
            let mut line = self.rest.split_to(end.unwrap_or(self.rest.len()));
            if end.is_some() {
                self.rest.advance(1);
            }
            if line.ends_with(b"\r") {
                line.truncate(line.len() - 1);
            }
            if !line.is_empty() {
                return Some(line);
            }
        }
        None
    }
}

/// Begins to score the lines of `body`, `window` at a time, and answers with what becomes of them.
pub(super) fn answer<Q: Queue>(
    queue: Arc<Q>,
    intake: Intake,
    body: Bytes,
    window: usize,
) -> Result<Response<Body>, Problem> {
    let lines = || Lines { rest: body.clone() };
    let max = limits::NDJSON_MAX_ROWS;
    match lines().take(max + 1).count() {
        0 => return Err(Problem::bad_request("the body holds no line with an event")),
        rows if rows > max => {
            return Err(Problem::bad_request(format!(
                "the body holds more than {max} lines"
            )));
        }
        _ => {}
    }
    let (sender, pieces) = mpsc::channel(PIECES_MAX_COUNT);
    let rows = Rows {
        queue,
        intake,
        lines: lines(),
        window: window.max(1),
        made: 0,
        held: None,
        flying: VecDeque::new(),
        given_up: None,
    };
    tokio::spawn(rows.run(sender));
    let mut response = Response::new(Body::rows(pieces));
    let ndjson = HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(CONTENT_TYPE, ndjson);
    Ok(response)
}

/// The rows of one request on their way.
struct Rows<Q> {
    queue: Arc<Q>,
    intake: Intake,
    lines: Lines,
    window: usize,
    /// Rows made into jobs so far.
    made: usize,
    /// The next row, for which there was no room, and since when.
    held: Option<(Job, Awaited, Instant)>,
    /// In order: rows that were submitted, and those that were not and why.
    flying: VecDeque<Result<Awaited, Problem>>,
    /// Once time is over the rest is not tried: a hundred thousand rows must not each wait in vain.
    given_up: Option<Problem>,
}

impl<Q: Queue> Rows<Q> {
    async fn run(mut self, sender: mpsc::Sender<Piece>) {
        let mut out = Vec::with_capacity(PIECE_BYTES + 1024);
        let mut row = 0;
        // A caller who left cannot read on; what was submitted is answered for all the same.
        while !sender.is_closed() {
            self.fill();
            let Some(next) = self.flying.pop_front() else {
                if self.held.is_none() {
                    break;
                }
                sleep(ROOM_POLL).await;
                continue;
            };
            self.settle(next, row, &mut out).await;
            row += 1;
            if out.len() >= PIECE_BYTES {
                let piece = std::mem::replace(&mut out, Vec::with_capacity(PIECE_BYTES + 1024));
                if sender.send(Piece::Data(piece.into())).await.is_err() {
                    return;
                }
            }
        }
        if !out.is_empty() && sender.send(Piece::Data(out.into())).await.is_err() {
            return;
        }
        // A client who left does not miss the end.
        drop(sender.send(Piece::End).await);
    }

    /// Submits rows until the window or the queue is full.
    fn fill(&mut self) {
        while self.flying.len() < self.window {
            let (job, awaited, since) = match self.held.take() {
                Some(held) => held,
                None => {
                    let Some(line) = self.lines.next() else {
                        return;
                    };
                    let row = self.made;
                    self.made += 1;
                    if let Some(problem) = &self.given_up {
                        self.flying.push_back(Err(problem.clone()));
                        continue;
                    }
                    match self.intake.job(&*self.queue, line, Some(row)) {
                        Ok((job, awaited)) => (job, awaited, Instant::now()),
                        Err(problem) => {
                            self.flying.push_back(Err(problem));
                            continue;
                        }
                    }
                }
            };
            let now = Instant::now();
            if self.intake.caller.deadline.is_some_and(|by| by <= now) {
                let problem = Intake::deadline_passed(false);
                self.flying.push_back(Err(problem.clone()));
                self.given_up = Some(problem);
                continue;
            }
            match self.queue.submit(job) {
                Ok(()) => self.flying.push_back(Ok(awaited)),
                Err(_) if self.intake.caller.patience(since) <= now => {
                    let problem = Problem::from(self.queue.refusal());
                    self.flying.push_back(Err(problem.clone()));
                    self.given_up = Some(problem);
                }
                Err(job) => {
                    self.held = Some((job, awaited, since));
                    return;
                }
            }
        }
    }

    /// Waits for a row's answer and writes its line.
    async fn settle(&mut self, next: Result<Awaited, Problem>, row: usize, out: &mut Vec<u8>) {
        let result: Result<Scored, Problem> = match next {
            Ok(awaited) => awaited.settled().await,
            Err(problem) => Err(problem),
        };
        match result {
            Ok(scored) => record::write_json(out, &scored),
            Err(problem) => {
                problem.write_json(out, Some(row));
                if problem.status == hyper::StatusCode::GATEWAY_TIMEOUT {
                    self.given_up = Some(problem);
                }
            }
        }
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests;
