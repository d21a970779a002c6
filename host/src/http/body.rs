//! The body of an answer: whole, or rows as they come.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::sync::mpsc;

use super::activity::{Activity, Busy};

/// The body of an answer.
#[derive(Debug)]
pub enum Body {
    /// All of it; none once it was handed over.
    Whole(Option<Bytes>),
    /// Piece by piece.
    Rows(Rows),
}

/// Pieces of an answer from whoever makes them. The maker says that it ended well by [`Piece::End`]; without it the
/// connection is broken off, so that no client takes half an answer for a whole one.
#[derive(Debug)]
pub struct Rows {
    pieces: mpsc::Receiver<Piece>,
    activity: Option<Arc<Activity>>,
    /// Held while the client waits for us, and not while we wait for the client.
    busy: Option<Busy>,
}

/// A piece of an answer.
#[derive(Debug)]
pub enum Piece {
    Data(Bytes),
    End,
}

impl Body {
    /// A whole answer.
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Body::Whole((!bytes.is_empty()).then_some(bytes))
    }

    /// An answer in pieces.
    pub fn rows(pieces: mpsc::Receiver<Piece>) -> Self {
        Body::Rows(Rows {
            pieces,
            activity: None,
            busy: None,
        })
    }

    pub(super) fn watch(&mut self, activity: &Arc<Activity>) {
        if let Body::Rows(rows) = self {
            rows.busy = Some(Activity::begin(activity));
            rows.activity = Some(Arc::clone(activity));
        }
    }
}

impl Rows {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let polled = self.pieces.poll_recv(cx);
        if polled.is_ready() {
            self.busy = None;
        } else if self.busy.is_none() {
            self.busy = self.activity.as_ref().map(Activity::begin);
        }
        Poll::Ready(match ready!(polled) {
            Some(Piece::Data(bytes)) => Some(Ok(Frame::data(bytes))),
            Some(Piece::End) => None,
            None => Some(Err(io::ErrorKind::UnexpectedEof.into())),
        })
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            Body::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Body::Rows(rows) => rows.poll_piece(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Body::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Body::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Body::Rows(_) => SizeHint::default(),
        }
    }
}
