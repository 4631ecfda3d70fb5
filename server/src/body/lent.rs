//! A body that a handler lets go of unread comes back, and what a client still sends of it is read away.
//!
//! Whoever refuses a request by its headers need not think of its body: a connection closed on unread bytes would take the
//! answer with it, or fail the client's next request.

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::oneshot;

/// How much of an unread body is read away.
const DRAIN_BYTES_MAX: usize = 4 * super::BYTES_MAX;
const DRAIN_TIME_MAX: Duration = Duration::from_secs(5);

/// Where a lent body comes back to.
pub struct Back(Option<oneshot::Receiver<Body>>);

/// Lends a request's body to its handler.
pub fn lend(request: Request) -> (Request, Back) {
    if request.body().is_end_stream() {
        return (request, Back(None));
    }
    let (sender, receiver) = oneshot::channel();
    let lent = request.map(|body| Body::new(Lent { body, back: Some(sender) }));
    (lent, Back(Some(receiver)))
}

impl Back {
    /// Reads the rest away, within bounds, if the body has come back.
    pub async fn drain(self) {
        let Some(Ok(mut body)) = self.0.map(|mut back| back.try_recv()) else { return };
        let reading = async {
            let mut seen = 0;
            while let Some(Ok(frame)) = body.frame().await {
                seen += frame.data_ref().map_or(0, Bytes::len);
                if seen > DRAIN_BYTES_MAX {
                    break;
                }
            }
        };
        // Running out of patience is as good an end as any.
        let _ = tokio::time::timeout(DRAIN_TIME_MAX, reading).await;
    }
}

struct Lent {
    body: Body,
    back: Option<oneshot::Sender<Body>>,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.body).poll_frame(context).map_err(BoxError::from)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(back) = self.back.take() {
            // Nobody waits where the connection is gone.
            let _ = back.send(std::mem::take(&mut self.body));
        }
    }
}
