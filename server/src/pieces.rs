//! Answers that are sent piece by piece as they are made.

use axum::body::Bytes;
use hyper::body::Frame;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::sync::mpsc::Receiver;

/// A body of pieces as they come, until their sender is gone.
pub struct Pieces {
    pieces: Receiver<Bytes>,
    /// Whether an end is one; else the connection is broken off, so that no client takes a part for the whole.
    whole: Arc<AtomicBool>,
}

impl Pieces {
    /// Pieces of something that is whole wherever it ends.
    pub fn endless(pieces: Receiver<Bytes>) -> Pieces {
        Pieces { pieces, whole: Arc::new(AtomicBool::new(true)) }
    }

    /// Pieces of something that ends when `whole` is set.
    pub fn until(pieces: Receiver<Bytes>, whole: Arc<AtomicBool>) -> Pieces {
        Pieces { pieces, whole }
    }
}

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.pieces.poll_recv(context).map(|piece| match piece {
            Some(bytes) => Some(Ok(Frame::data(bytes))),
            // Told once: asked again it has ended.
            None if self.whole.swap(true, Ordering::Relaxed) => None,
            None => Some(Err(io::Error::other("what was to be sent broke off"))),
        })
    }
}
