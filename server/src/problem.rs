//! Errors as answers: problem details (RFC 9457) for everything but the seed's endpoint.

use crate::notify::NoticesError;
use crate::people::PeopleError;
use crate::sync::WireIssue;
use axum::extract::rejection::QueryRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use penstock_dsl::diagnostic::{Diagnostic as DslDiagnostic, Severity};
use penstock_engine::api::{PreviewError, SubmitError, ValuesError};
use penstock_engine::content::issue::Issue as EngineIssue;
use penstock_engine::sets::SetError;
use penstock_engine::task::refusal::TaskRefusal;
use penstock_engine::task::risk::RiskRefusal;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Problem details (RFC 9457), `application/problem+json`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Stable name of the kind of problem, `urn:penstock:problem:...`; `about:blank` where the status says it all.
    #[serde(rename = "type")]
    kind: String,
    /// The kind of problem in words, the same each time.
    #[schema(value_type = String)]
    title: &'static str,
    /// The HTTP status code.
    status: u16,
    /// What went wrong this time, and what to do.
    detail: String,
    /// For rule errors: every finding, with its place in the text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    diagnostics: Vec<Diagnostic>,
    /// For a body that does not fit: what is wrong, with JSON pointers into the body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    issues: Vec<WireIssue>,
    /// What `Retry-After` says, where there is one.
    #[serde(skip)]
    retry_after_s: u32,
}

/// A finding about a rule text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Diagnostic)]
pub struct Diagnostic {
    /// Stable code; `docs/diagnostics.md` lists them.
    pub code: String,
    /// `error` or `warning`.
    #[schema(example = "error")]
    pub severity: &'static str,
    /// Where, in bytes of the UTF-8 text.
    pub span: Span,
    /// Line of the span's start, from 1.
    pub line: usize,
    /// Column of the span's start in characters (code points), from 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
    /// Changes that would mend it, best first.
    pub fixes: Vec<Fix>,
}

/// A half-open range of byte offsets into the rule text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A change that an editor can apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fix {
    /// What it does, as a button would say.
    pub title: String,
    /// Replacements, not overlapping.
    pub edits: Vec<Edit>,
}

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Edit {
    /// What to replace.
    pub span: Span,
    /// By what.
    pub text: String,
}

impl From<penstock_dsl::diagnostic::Span> for Span {
    fn from(span: penstock_dsl::diagnostic::Span) -> Self {
        Span { start: span.start, end: span.end }
    }
}

/// Findings about `text` as the wire shows them.
pub fn diagnostics(text: &str, found: &[DslDiagnostic]) -> Vec<Diagnostic> {
    found.iter().map(|diagnostic| on_wire(text, diagnostic)).collect()
}

/// One finding about `text` as the wire shows it.
pub fn on_wire(text: &str, found: &DslDiagnostic) -> Diagnostic {
    let (line, column) = place(text, found.span.start);
    let edits = |fix: &penstock_dsl::diagnostic::Fix| {
        fix.edits.iter().map(|edit| Edit { span: edit.span.into(), text: edit.text.to_string() }).collect()
    };
    Diagnostic {
        code: found.code.to_string(),
        severity: match found.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        span: found.span.into(),
        line,
        column,
        message: found.message.clone(),
        fixes: found.fixes.iter().map(|fix| Fix { title: fix.title.clone(), edits: edits(fix) }).collect(),
    }
}

/// Line and column, both from 1, of a byte offset; an offset outside the text is its nearest end.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset.min(text.len()))];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

impl Problem {
    /// A problem of a named kind.
    pub fn new(status: StatusCode, name: &str, title: &'static str, detail: impl Into<String>) -> Problem {
        Problem {
            kind: format!("urn:penstock:problem:{name}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            diagnostics: Vec::new(),
            issues: Vec::new(),
            retry_after_s: 1,
        }
    }

    /// A problem of which the status says all.
    pub fn plain(status: StatusCode, detail: impl Into<String>) -> Problem {
        let title = status.canonical_reason().unwrap_or("Error");
        let kind = "about:blank".to_string();
        Problem {
            kind,
            title,
            status: status.as_u16(),
            detail: detail.into(),
            diagnostics: Vec::new(),
            issues: Vec::new(),
            retry_after_s: 1,
        }
    }

    /// 400: a parameter or the body is not what the operation takes.
    pub fn bad_request(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "bad-request", "The request is not well formed", detail)
    }

    /// 400: members of the body are not what the operation takes.
    pub fn invalid(issues: Vec<EngineIssue>) -> Problem {
        let detail = match &issues[..] {
            [] => "the body does not fit".to_string(),
            [issue] => format!("{}: {}", issue.pointer, issue.message),
            [issue, others @ ..] => format!("{}: {}; and {} more", issue.pointer, issue.message, others.len()),
        };
        let mut problem = Problem::bad_request(detail);
        problem.issues = issues.into_iter().map(WireIssue::from).collect();
        problem
    }

    /// Why people could not be read or changed.
    pub fn people(error: &PeopleError) -> Problem {
        match error {
            PeopleError::Refused(why) => Problem::bad_request(why),
            PeopleError::File(_) => Problem::internal(&format!("{error:?}")),
        }
    }

    /// Why notices or webhooks could not be read or changed.
    pub fn notices(error: &NoticesError) -> Problem {
        match error {
            NoticesError::Refused(why) => Problem::bad_request(why),
            NoticesError::File(_) => Problem::internal(&format!("{error:?}")),
        }
    }

    /// 429: this can be tried again after a while.
    pub fn wait(why: &str, wait: Duration) -> Problem {
        let seconds = wait.as_secs_f64().ceil() as u64;
        let detail = format!("{why}; try again in {seconds} s");
        let mut problem =
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-tries", "There were too many tries", detail);
        problem.retry_after_s = u32::try_from(seconds).unwrap_or(u32::MAX);
        problem
    }

    /// 400: a cursor that is none.
    pub fn bad_cursor(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "bad-cursor", "The cursor is not valid", detail)
    }

    /// 409: there are as many of something as there can be.
    pub fn limit_reached(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::CONFLICT, "limit-reached", "There are as many as there can be", detail)
    }

    /// 404: no such set.
    pub fn no_such_set() -> Problem {
        let detail = "there is no standing set of this name; PUT makes one";
        Problem::new(StatusCode::NOT_FOUND, "no-such-set", "There is no such set", detail)
    }

    /// Why a command about tasks was refused.
    pub fn task(refusal: &TaskRefusal) -> Problem {
        let (status, name) = match refusal {
            TaskRefusal::NoSuchTask => (StatusCode::NOT_FOUND, "no-such-task"),
            TaskRefusal::Hidden => (StatusCode::CONFLICT, "hidden"),
            TaskRefusal::NoSuchTicket => (StatusCode::NOT_FOUND, "no-such-ticket"),
            TaskRefusal::NotNow { .. } => (StatusCode::CONFLICT, "not-in-this-state"),
            TaskRefusal::Changed { .. } => (StatusCode::PRECONDITION_FAILED, "changed-since"),
            TaskRefusal::NameTaken { .. } => (StatusCode::CONFLICT, "name-taken"),
            TaskRefusal::Name => (StatusCode::UNPROCESSABLE_ENTITY, "bad-name"),
            TaskRefusal::Reason => (StatusCode::UNPROCESSABLE_ENTITY, "reason-needed"),
            TaskRefusal::Schedule => (StatusCode::UNPROCESSABLE_ENTITY, "bad-schedule"),
            TaskRefusal::Over => (StatusCode::CONFLICT, "over"),
            TaskRefusal::Drift => (StatusCode::UNPROCESSABLE_ENTITY, "bad-drift-limits"),
            TaskRefusal::NothingDeliverable(_) => (StatusCode::CONFLICT, "nothing-deliverable"),
            TaskRefusal::Unstaffed(_) => (StatusCode::CONFLICT, "nobody-to-approve"),
            TaskRefusal::OwnRequest => (StatusCode::FORBIDDEN, "own-request"),
            TaskRefusal::Closed(_) => (StatusCode::CONFLICT, "ticket-closed"),
            TaskRefusal::NotYourTurn(_) => (StatusCode::CONFLICT, "not-your-turn"),
            TaskRefusal::OtherWallet => (StatusCode::FORBIDDEN, "other-wallet"),
            TaskRefusal::Submitted => (StatusCode::CONFLICT, "was-submitted"),
            TaskRefusal::NotRestorable => (StatusCode::CONFLICT, "not-restorable"),
            TaskRefusal::RevisionOpen(_) => (StatusCode::CONFLICT, "revision-open"),
            TaskRefusal::NoRevision => (StatusCode::CONFLICT, "no-revision"),
            TaskRefusal::NotHeld => (StatusCode::CONFLICT, "nothing-held-back"),
            TaskRefusal::NothingFailed => (StatusCode::CONFLICT, "nothing-failed"),
            TaskRefusal::KeyReused => (StatusCode::UNPROCESSABLE_ENTITY, "key-reused"),
            TaskRefusal::TooManyTasks | TaskRefusal::TooManyExclusions => (StatusCode::CONFLICT, "limit-reached"),
            _ => (StatusCode::CONFLICT, "refused"),
        };
        Problem::new(status, name, "The task cannot do that", refusal.to_string())
    }

    /// Why a request for a decision on risk, or a decision on one, was refused.
    pub fn risk_request(refusal: &RiskRefusal) -> Problem {
        let (status, name) = match refusal {
            RiskRefusal::NoSuchItem => (StatusCode::NOT_FOUND, "no-such-item"),
            RiskRefusal::NoSuchRequest => (StatusCode::NOT_FOUND, "no-such-request"),
            RiskRefusal::OpenAlready(_) => (StatusCode::CONFLICT, "request-open"),
            RiskRefusal::StoppedAlready => (StatusCode::CONFLICT, "stopped-already"),
            RiskRefusal::NothingStops => (StatusCode::CONFLICT, "nothing-stops-it"),
            RiskRefusal::Automatic => (StatusCode::CONFLICT, "stopped-by-system"),
            RiskRefusal::Own => (StatusCode::FORBIDDEN, "own-request"),
            RiskRefusal::Closed => (StatusCode::CONFLICT, "request-closed"),
            RiskRefusal::Reason => (StatusCode::UNPROCESSABLE_ENTITY, "reason-needed"),
            RiskRefusal::TooMany => (StatusCode::CONFLICT, "limit-reached"),
            _ => (StatusCode::CONFLICT, "refused"),
        };
        Problem::new(status, name, "The request cannot be made or decided", refusal.to_string())
    }

    /// The kind of problem in words.
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// What went wrong this time, in words.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Why a standing set could not be read.
    pub fn set(error: &SetError) -> Problem {
        match error {
            SetError::NoSuchSet => Problem::no_such_set(),
            SetError::Journal(_) | SetError::Store(_) => Problem::internal(&error.to_string()),
        }
    }

    /// 400: a query string of which even the parameters cannot be told apart.
    pub fn query(error: &QueryRejection) -> Problem {
        // What the reader of query strings says names the parameter; it has no words about its own part in this.
        let text = error.body_text();
        let why = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
        Problem::bad_request(format!(
            "the query string cannot be read: {why} (each parameter stands once, as name=value)"
        ))
    }

    /// 400: content has no such property.
    pub fn unknown_property(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "unknown-property", "There is no such property", detail)
    }

    /// 404: no exchange rates of a day.
    pub fn no_rates(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "no-rates", "There are no such exchange rates", detail)
    }

    /// What became of a command that the log did not take.
    pub fn submit(error: &SubmitError) -> Problem {
        let detail = error.to_string();
        match error {
            SubmitError::Overloaded { .. } => {
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "overloaded", "The server is overloaded", detail)
            }
            SubmitError::Stopped => {
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stopped", "The server accepts no writes", detail)
            }
            SubmitError::Unknown => {
                let title = "It is unknown whether this was stored";
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unknown", title, detail)
            }
        }
    }

    /// 404: no such thing.
    pub fn not_found(detail: impl Into<String>) -> Problem {
        Problem::plain(StatusCode::NOT_FOUND, detail)
    }

    /// 503: the log is still being read.
    pub fn starting() -> Problem {
        let detail = "the server is still reading its store; try again in a moment";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "starting", "The server is starting", detail)
    }

    /// 503: the work took too long.
    pub fn timeout() -> Problem {
        let detail = "the answer took too long and was given up; try again, or ask for less";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", "The request took too long", detail)
    }

    /// 500, with the cause in the log only.
    pub fn internal(cause: &str) -> Problem {
        tracing::error!(cause, "a request failed");
        Problem::plain(StatusCode::INTERNAL_SERVER_ERROR, "the request failed inside the server; its log says why")
    }

    /// 422: the rule text does not check.
    pub fn rules(text: &str, found: &[DslDiagnostic]) -> Problem {
        let errors = found.iter().filter(|d| d.severity == Severity::Error).count();
        let detail = match errors {
            1 => "the rule text has 1 error".to_string(),
            n => format!("the rule text has {n} errors"),
        };
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let mut problem = Problem::new(status, "rule-errors", "The rule text does not check", detail);
        problem.diagnostics = diagnostics(text, found);
        problem
    }

    /// What became of a preview that has no answer.
    pub fn preview(error: PreviewError, text: &str) -> Problem {
        let detail = error.to_string();
        match error {
            PreviewError::Rules(found) => Problem::rules(text, &found),
            PreviewError::BadCursor => Problem::bad_cursor(detail),
            PreviewError::CursorExpired => {
                Problem::new(StatusCode::GONE, "cursor-expired", "The cursor has expired", detail)
            }
            PreviewError::NoRates(_) => Problem::no_rates(detail),
            PreviewError::Store(_) => Problem::internal(&detail),
        }
    }

    /// What became of a list of values that has no answer.
    pub fn values(error: &ValuesError) -> Problem {
        let status = StatusCode::BAD_REQUEST;
        match error {
            ValuesError::UnknownProperty(_) => Problem::unknown_property(error.to_string()),
            ValuesError::NoValues(name, kind) => {
                // As /api/v1/properties spells it.
                let kind = serde_json::to_value(kind).unwrap_or_default();
                let kind = kind.as_str().unwrap_or_default();
                let detail = format!("{name} is of kind {kind}, which has no list of values");
                Problem::new(status, "no-values", "The property has no list of values", detail)
            }
            ValuesError::Store(_) => Problem::internal(&error.to_string()),
        }
    }

    /// What went wrong, for answers of another form.
    pub fn into_detail(self) -> String {
        self.detail
    }

    /// The status code.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match self.status() {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(crate::auth::CHALLENGE));
            }
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(self.retry_after_s));
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, zstd"));
            }
            _ => {}
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn places_are_lines_and_columns_in_code_points() {
        assert_eq!(place("", 0), (1, 1));
        assert_eq!(place("a\nラーx", 2 + 6), (2, 3));
        assert_eq!(place("a\nラ", 3), (2, 1), "inside a character is its start");
        assert_eq!(place("ab", 99), (1, 3));
    }
}
