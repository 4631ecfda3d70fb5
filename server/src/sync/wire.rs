//! The wire types of `synchronizeContent`.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use penstock_dsl::registry::ContentType;
use penstock_engine::api::{ItemOutcome, Outcome};
use penstock_engine::content::decode::Rejected;
use penstock_engine::content::issue::{Issue as EngineIssue, Severity};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use utoipa::ToSchema;

/// A request. Written down for the documentation; the server reads it by hand, each item once.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[allow(dead_code)]
pub struct SyncRequest {
    /// 1 to 50 items.
    #[schema(max_items = 50, min_items = 1)]
    contents: Vec<Content>,
    /// Business time: ISO 8601 date, date-time, or epoch milliseconds. Kept with the record.
    biz_date: Option<String>,
    /// Epoch milliseconds at which the client sent it; measured, never used for order.
    request_time: Option<i64>,
}

/// A content item.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[allow(dead_code)]
pub struct Content {
    /// `MERCHANT`, `STORE`, `BENEFIT` or `LOCAL_SKU`; `SKU` is an alias of the last.
    #[schema(example = "STORE")]
    content_type: String,
    /// Opaque, 1 to 1,024 bytes.
    #[schema(example = "000001010101010101")]
    content_id: String,
    /// A JSON object as a string, one key a property; may be missing where `contentStatus` is 0.
    #[schema(example = "{\"storeName\":\"McDonald's\"}")]
    content_info: Option<String>,
    /// 1 valid, 0 invalid: deletes the item and keeps its version.
    #[schema(example = 1)]
    content_status: i32,
    /// Grows with each change; an older version never overwrites a newer one.
    #[schema(example = 1_764_000_000_000_i64)]
    content_version: i64,
    /// If given, must be the key's tenant.
    tnt_inst_id: Option<String>,
    /// Epoch milliseconds; never used for order.
    request_time: Option<i64>,
}

/// What became of a request as a whole.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResultInfo {
    /// `SUCCESS`, `PARTIAL_FAILURE`, or why the request was refused.
    #[schema(value_type = String, example = "SUCCESS")]
    result_code: &'static str,
    /// `S` success, `F` failure, `U` unknown.
    result_status: ResultStatus,
    /// The code in words.
    #[schema(value_type = String, example = "Success")]
    result_message: Cow<'static, str>,
}

/// Success, failure, unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub enum ResultStatus {
    /// No item failed.
    S,
    /// Something failed; the items say what, or nothing was applied.
    F,
    /// It is unknown whether the batch was stored; send the same versions again.
    U,
}

/// The answer: `result`, a flat copy of it, and one result an item in the request's order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyncResponse {
    result: ResultInfo,
    #[serde(flatten)]
    #[schema(value_type = ResultInfo)]
    flat: Option<ResultInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_results: Option<Vec<ItemResult>>,
    /// Only where `validateOnly` was asked for: nothing was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    validate_only: Option<bool>,
    /// Findings about the request itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    issues: Vec<Issue>,
}

/// What became of one item.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemResult {
    /// Canonical; as sent where it is none of ours; null where it is no string.
    content_type: Option<Cow<'static, str>>,
    /// As sent; null where it cannot be read.
    content_id: Option<Box<str>>,
    /// As sent; null where it cannot be read.
    content_version: Option<i64>,
    /// `APPLIED`, `DUPLICATE`, `STALE_IGNORED`, `VERSION_CONFLICT` or `INVALID`.
    #[serde(serialize_with = "by_name")]
    #[schema(value_type = String, example = "APPLIED")]
    pub outcome: Outcome,
    /// What was found, errors and less.
    pub issues: Vec<Issue>,
}

/// A finding.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Issue {
    /// Stable code; `docs/issues.md` lists them.
    #[schema(value_type = String, example = "CONTENT_TYPE_ALIAS")]
    pub code: &'static str,
    /// `ERROR`, `WARNING` or `INFO`.
    #[schema(value_type = String, example = "INFO")]
    severity: &'static str,
    /// JSON pointer into the item; inside `contentInfo` it goes on into the parsed string.
    pointer: String,
    /// What was found, what was done, what to do.
    message: String,
}

impl From<EngineIssue> for Issue {
    fn from(issue: EngineIssue) -> Issue {
        let severity = match issue.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Info => "INFO",
        };
        Issue { code: issue.code, severity, pointer: issue.pointer, message: issue.message }
    }
}

impl ItemResult {
    /// What the engine told about an accepted item.
    pub fn accepted(content_type: ContentType, content_id: Box<str>, version: i64, told: ItemOutcome) -> ItemResult {
        ItemResult {
            content_type: Some(Cow::Borrowed(content_type.name())),
            content_id: Some(content_id),
            content_version: Some(version),
            outcome: told.outcome,
            issues: told.issues.into_iter().map(Issue::from).collect(),
        }
    }

    /// What decoding told about a refused item.
    pub fn rejected(rejected: Rejected) -> ItemResult {
        ItemResult {
            content_type: rejected.content_type.map(Cow::Owned),
            content_id: rejected.content_id.map(String::into_boxed_str),
            content_version: rejected.content_version,
            outcome: Outcome::Invalid,
            issues: rejected.issues.into_iter().map(Issue::from).collect(),
        }
    }

    fn failed(&self) -> bool {
        match self.outcome {
            Outcome::Applied | Outcome::Duplicate | Outcome::StaleIgnored => false,
            Outcome::VersionConflict | Outcome::Invalid => true,
        }
    }
}

/// How the wire calls an outcome.
pub fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Applied => "APPLIED",
        Outcome::Duplicate => "DUPLICATE",
        Outcome::StaleIgnored => "STALE_IGNORED",
        Outcome::VersionConflict => "VERSION_CONFLICT",
        Outcome::Invalid => "INVALID",
    }
}

fn by_name<S: Serializer>(outcome: &Outcome, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(outcome_name(*outcome))
}

/// An answer on its way out.
#[derive(Debug)]
pub struct Answer {
    http: StatusCode,
    retry_after_s: Option<u32>,
    result: ResultInfo,
    items: Option<Vec<ItemResult>>,
    validate_only: bool,
    issues: Vec<Issue>,
}

impl Answer {
    fn new(
        http: StatusCode,
        status: ResultStatus,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Answer {
        let result = ResultInfo { result_code: code, result_status: status, result_message: message.into() };
        Answer { http, retry_after_s: None, result, items: None, validate_only: false, issues: Vec::new() }
    }

    /// `F`, with an HTTP status for transport's reasons (D-20).
    pub fn failure(http: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Answer {
        Answer::new(http, ResultStatus::F, code, message)
    }

    /// 200 and `F`: the request can be read but is not one to apply.
    pub fn illegal(message: impl Into<Cow<'static, str>>) -> Answer {
        Answer::failure(StatusCode::OK, "PARAM_ILLEGAL", message)
    }

    /// 503 and `F`: nothing was stored, and nothing is for now.
    pub fn stopped(message: impl Into<Cow<'static, str>>) -> Answer {
        Answer::failure(StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE", message).retry_after(1)
    }

    /// 200 and `U` (D-19).
    pub fn unknown(message: impl Into<Cow<'static, str>>) -> Answer {
        Answer::new(StatusCode::OK, ResultStatus::U, "UNKNOWN", message)
    }

    /// `S` if no item failed, else `F`.
    pub fn of_items(items: Vec<ItemResult>, validate_only: bool, issues: Vec<EngineIssue>) -> Answer {
        let answer = match items.iter().filter(|item| item.failed()).count() {
            0 => Answer::new(StatusCode::OK, ResultStatus::S, "SUCCESS", "Success"),
            failed => {
                let message = format!("{failed} of {} items failed; itemResults says why", items.len());
                Answer::illegal(message).coded("PARTIAL_FAILURE")
            }
        };
        let issues = issues.into_iter().map(Issue::from).collect();
        Answer { items: Some(items), validate_only, issues, ..answer }
    }

    fn coded(mut self, code: &'static str) -> Answer {
        self.result.result_code = code;
        self
    }

    /// Adds `Retry-After`, seconds.
    pub fn retry_after(mut self, seconds: u32) -> Answer {
        self.retry_after_s = Some(seconds);
        self
    }

    /// `S`, `F` or `U`.
    pub fn status_name(&self) -> &'static str {
        match self.result.result_status {
            ResultStatus::S => "S",
            ResultStatus::F => "F",
            ResultStatus::U => "U",
        }
    }

    /// The answer as HTTP; `flat` adds the flat copy of `result` (D-02).
    pub fn into_response(self, flat: bool) -> Response {
        let wire = SyncResponse {
            flat: flat.then(|| self.result.clone()),
            result: self.result,
            item_results: self.items,
            validate_only: self.validate_only.then_some(true),
            issues: self.issues,
        };
        let body = serde_json::to_vec(&wire).unwrap_or_default();
        let mut response = (self.http, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        match self.http {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(crate::auth::CHALLENGE));
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
impl Answer {
    /// The HTTP status.
    pub fn http_status(&self) -> StatusCode {
        self.http
    }

    /// `resultMessage`.
    pub fn message(&self) -> &str {
        &self.result.result_message
    }
}
