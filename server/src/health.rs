//! Whether the process lives and whether it can answer.

use crate::app::App;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = 200, description = "The process lives", body = str)))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// The server can answer: its store is read, and writing works.
#[utoipa::path(get, path = "/readyz", tag = "operations", responses(
    (status = 200, description = "Requests are answered", body = str),
    (status = 503, description = "Starting, stopping, or stopped after a failed write", body = Problem, content_type = "application/problem+json"),
))]
pub async fn readyz(State(app): State<App>) -> Result<&'static str, Problem> {
    let engine = app.ready_engine()?;
    if app.is_stopping() {
        let detail = "the server is finishing what it has and takes nothing new";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", "The server is stopping", detail));
    }
    match engine.failure() {
        None => Ok("ready\n"),
        Some(cause) => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "failed", "The server cannot write", cause)),
    }
}
