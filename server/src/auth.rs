//! Who asks: an API key decides the tenant (D-21).

use crate::app::App;
use crate::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use penstock_engine::api::TenantId;

/// What a 401 asks for.
pub const CHALLENGE: &str = "Bearer realm=\"penstock\"";

/// The tenant of the request's key.
pub struct Tenant(pub TenantId);

/// Why a request has no tenant.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// No key, or not as a bearer token.
    #[error("send an API key as `Authorization: Bearer KEY`; `penstock key add` makes one")]
    Missing,
    /// A key that was never made, or was revoked.
    #[error("the API key is not known here, or was revoked")]
    Unknown,
    /// The keys could not be read.
    #[error("the API keys could not be read: {0}")]
    Store(String),
}

/// The tenant whose key the headers carry.
pub fn tenant(app: &App, headers: &HeaderMap) -> Result<TenantId, AuthError> {
    let key = bearer(headers).ok_or(AuthError::Missing)?;
    match app.keys().tenant(key) {
        Ok(found) => found.ok_or(AuthError::Unknown),
        Err(error) => Err(AuthError::Store(format!("{error:?}"))),
    }
}

/// The token of the one `Authorization` header; the scheme in any case.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (all.next()?, all.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Problem {
        match error {
            AuthError::Store(cause) => Problem::internal(&cause),
            error => Problem::plain(StatusCode::UNAUTHORIZED, error.to_string()),
        }
    }
}

impl FromRequestParts<App> for Tenant {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Tenant(tenant(app, &parts.headers)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|v| (header::AUTHORIZATION, v.parse().unwrap())).collect()
    }

    #[test]
    fn the_bearer_scheme_is_read_in_any_case_and_once() {
        assert_eq!(bearer(&headers(&["Bearer abc"])), Some("abc"));
        assert_eq!(bearer(&headers(&["bEARER  abc "])), Some("abc"));
        for bad in [&[][..], &["abc"], &["Basic abc"], &["Bearer "], &["Bearer a", "Bearer b"]] {
            assert_eq!(bearer(&headers(bad)), None, "{bad:?}");
        }
    }
}
