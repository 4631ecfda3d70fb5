//! What a request says of itself in its headers: the version that it is about, and its own key.

use crate::app::App;
use crate::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

/// The longest Idempotency-Key, bytes.
const REQUEST_KEY_BYTES_MAX: usize = 255;

/// `Idempotency-Key` and `If-Match`.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// The request's own key, under which it is carried out once.
    pub request_key: Option<Box<str>>,
    /// The version that the request is about; `*` asks for none.
    if_match: Option<Option<u64>>,
}

impl Conditions {
    /// A request with its own key, about no version.
    pub fn with_key(request_key: Option<Box<str>>) -> Self {
        Conditions { request_key, if_match: None }
    }

    /// The version that a change is about; `None` for any. 428 where the request does not say.
    pub fn version(&self) -> Result<Option<u64>, Problem> {
        self.if_match.ok_or_else(|| {
            let detail = "say which version of the task this is about: send its ETag as If-Match, or If-Match: *";
            Problem::new(StatusCode::PRECONDITION_REQUIRED, "version-needed", "If-Match is needed", detail)
        })
    }
}

impl FromRequestParts<App> for Conditions {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        Ok(Conditions { request_key: request_key(&parts.headers)?, if_match: if_match(&parts.headers)? })
    }
}

fn request_key(headers: &HeaderMap) -> Result<Option<Box<str>>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().map(|key| key.trim_matches('"'));
    match key.filter(|key| (1..=REQUEST_KEY_BYTES_MAX).contains(&key.len())) {
        Some(key) => Ok(Some(key.into())),
        None => Err(Problem::bad_request(format!(
            "Idempotency-Key has 1 to {REQUEST_KEY_BYTES_MAX} visible ASCII characters"
        ))),
    }
}

fn if_match(headers: &HeaderMap) -> Result<Option<Option<u64>>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let value = value.to_str().unwrap_or_default().trim();
    if value == "*" {
        return Ok(Some(None));
    }
    let version = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).and_then(|v| v.parse().ok());
    match version {
        Some(version) => Ok(Some(Some(version))),
        None => Err(Problem::bad_request("If-Match takes one ETag of the task as it was given, such as \"7\", or *")),
    }
}

/// A version as an ETag.
pub fn etag(version: u64) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).expect("digits in quotation marks")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        [(header::HeaderName::from_static(name), value.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn if_match_takes_one_version_or_any() {
        let read = |value| if_match(&headers("if-match", value));
        assert_eq!(read("\"7\"").ok(), Some(Some(Some(7))));
        assert_eq!(read("*").ok(), Some(Some(None)));
        for bad in ["7", "\"x\"", "W/\"7\"", "\"1\", \"2\"", ""] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert_eq!(if_match(&HeaderMap::new()).ok(), Some(None));
        assert_eq!(etag(7), "\"7\"");
    }

    #[test]
    fn request_keys_are_bounded() {
        assert_eq!(request_key(&headers("idempotency-key", "\"a b\"")).unwrap().as_deref(), Some("a b"));
        assert!(request_key(&headers("idempotency-key", "")).is_err());
        assert!(request_key(&headers("idempotency-key", &"x".repeat(256))).is_err());
    }
}
