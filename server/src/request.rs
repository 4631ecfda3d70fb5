//! What every request gets: an id, a log line, metrics, and an answer even when a handler panics.

use crate::app::App;
use crate::body::lent;
use crate::problem::Problem;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tracing::Instrument;

/// The header that carries a request's id, in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken over from a client.
const REQUEST_ID_BYTES_MAX: usize = 64;

/// Middleware around all routes.
pub async fn observe(request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().map(|m| m.as_str().to_owned());
    let span =
        tracing::info_span!("request", id = %id.to_str().unwrap_or_default(), %method, who = tracing::field::Empty);
    let started = Instant::now();
    let (request, body) = lent::lend(request);
    let mut response = next.run(request).instrument(span.clone()).await;
    let elapsed = started.elapsed();
    let status = response.status();
    // Of a client that was too slow already nothing more is awaited.
    if status != StatusCode::REQUEST_TIMEOUT {
        body.drain().await;
    }
    // Paths that no route knows share one label, or a scan would fill the metrics.
    crate::metrics::request(&method, route.as_deref().unwrap_or("none"), status, elapsed);
    span.in_scope(|| {
        let (status, elapsed_us) = (status.as_u16(), elapsed.as_micros() as u64);
        match status {
            500 => tracing::warn!(path, status, elapsed_us, "answered"),
            400.. => tracing::info!(path, status, elapsed_us, "answered"),
            _ => tracing::debug!(path, status, elapsed_us, "answered"),
        }
    });
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// The client's id if it is one that logs can hold, else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let sane = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=REQUEST_ID_BYTES_MAX).contains(&bytes.len())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
    };
    headers.get(REQUEST_ID).filter(sane).cloned().unwrap_or_else(new_id)
}

/// A random start for the process and a counter: unique, and cheap.
fn new_id() -> HeaderValue {
    static START: std::sync::LazyLock<u64> = std::sync::LazyLock::new(|| getrandom::u64().unwrap_or_default());
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let id = format!("{:016x}-{:x}", *START, COUNT.fetch_add(1, Ordering::Relaxed));
    HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("none"))
}

/// The answer for a handler that panicked.
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let cause = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Problem::internal(cause.unwrap_or("a panic without words")).into_response()
}

/// The answer where no route is.
pub async fn no_route(request: Request) -> Problem {
    let path = crate::cli::terminal::safe(request.uri().path()).into_owned();
    Problem::not_found(format!("there is nothing at {path}; /docs lists what there is"))
}

/// The answer where a route has no such method.
pub async fn no_method(State(app): State<App>, request: Request) -> Response {
    let (path, method) = (request.uri().path(), request.method().as_str());
    if path == crate::sync::PATH {
        return crate::sync::no_method(&app, method);
    }
    let detail = format!("{path} takes no {method}; the Allow header lists what it takes");
    Problem::plain(StatusCode::METHOD_NOT_ALLOWED, detail).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_id_is_taken_if_logs_can_hold_it() {
        let read = |value: &str| request_id(&HeaderMap::from_iter([(REQUEST_ID, value.parse().unwrap())]));
        assert_eq!(read("a-1_B.c"), "a-1_B.c");
        for bad in ["", "a b", "a\"", &"x".repeat(65)] {
            assert_ne!(read(bad), bad);
        }
        assert_ne!(new_id(), new_id());
    }
}
