//! Who asks, and for which wallet: an API key (D-21), or a session's cookie. The wallet always comes from the credential.
//!
//! [`Actor`] is the extractor of handlers that decide by themselves what to ask for; [`Tenant`] that of handlers which work on
//! the content of the source wallet, with the operation in its type.

mod actor;

use crate::app::App;
use crate::keys::Scope;
use crate::people::Session;
use crate::private::now_ms;
use crate::problem::Problem;
use crate::rights::Need;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use penstock_engine::api::TenantId;
use penstock_engine::engine::Asker;
use std::marker::PhantomData;

pub use actor::{Actor, SourceQuery, TargetSight};

/// What a 401 asks for.
pub const CHALLENGE: &str = "Bearer realm=\"penstock\"";
/// The session's cookie.
pub const COOKIE: &str = "penstock_session";

/// Why it is not known who asks, or why nobody may ask so.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// No key and no session, or a key not as a bearer token.
    #[error(
        "send an API key as `Authorization: Bearer KEY`, which `penstock key add` makes, or sign in with `POST /api/v1/session`"
    )]
    Missing,
    /// A key that was never made, or was revoked, or whose account is disabled.
    #[error("the API key is not known here, or was revoked, or its account is disabled")]
    Unknown,
    /// A session that never was, or has ended.
    #[error("the session has ended; sign in again with `POST /api/v1/session`")]
    Ended,
    /// A session in which no wallet was chosen.
    #[error("choose the wallet to work for first, with `PUT /api/v1/session/wallet`")]
    NoWallet,
    /// A page of another site uses the session of whoever looks at it.
    #[error("a page of another site may not change anything with a session here; send the request from this site")]
    CrossSite,
    /// Keys or people could not be read.
    #[error("the API keys or people could not be read: {0}")]
    Store(String),
}

impl AuthError {
    pub(crate) fn store(error: impl std::fmt::Debug) -> AuthError {
        AuthError::Store(format!("{error:?}"))
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Problem {
        let detail = error.to_string();
        match error {
            AuthError::Store(cause) => Problem::internal(&cause),
            AuthError::NoWallet => {
                Problem::new(StatusCode::CONFLICT, "no-wallet", "The session is in no wallet yet", detail)
            }
            AuthError::CrossSite => {
                Problem::new(StatusCode::FORBIDDEN, "cross-site", "The request comes from another site", detail)
            }
            AuthError::Missing | AuthError::Unknown | AuthError::Ended => {
                Problem::plain(StatusCode::UNAUTHORIZED, detail)
            }
        }
    }
}

/// Who asks: by the key where there is one, else by the session. The request's log line says it.
pub async fn actor(app: &App, method: &Method, headers: &HeaderMap) -> Result<Actor, AuthError> {
    let actor = known(app, method, headers).await?;
    tracing::Span::current().record("who", actor.name());
    Ok(actor)
}

async fn known(app: &App, method: &Method, headers: &HeaderMap) -> Result<Actor, AuthError> {
    if !headers.contains_key(header::AUTHORIZATION) {
        let (_, session) = session(app, method, headers).await?;
        return session.acting.map(Actor::person).ok_or(AuthError::NoWallet);
    }
    let key = bearer(headers).ok_or(AuthError::Missing)?;
    let holder = app.keys().holder(key).map_err(AuthError::store)?.ok_or(AuthError::Unknown)?;
    match holder.scope.clone() {
        Scope::All | Scope::Content | Scope::Supply => Ok(Actor::key(holder)),
        Scope::Account(account) => {
            let acting = app.people(move |people| people.acting(&account, &holder.tenant.0)).await;
            acting.map_err(AuthError::store)?.map(Actor::person).ok_or(AuthError::Unknown)
        }
    }
}

/// The session that the headers' cookie names, and its secret.
pub async fn session(app: &App, method: &Method, headers: &HeaderMap) -> Result<(String, Session), AuthError> {
    let secret = cookie(headers, COOKIE).ok_or(AuthError::Missing)?;
    same_site(method, headers)?;
    let asked = secret.clone();
    let found = app.people(move |people| people.session(&asked, now_ms())).await.map_err(AuthError::store)?;
    found.map(|session| (secret, session)).ok_or(AuthError::Ended)
}

/// The token of the one `Authorization` header; the scheme in any case.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (all.next()?, all.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// What the cookie of this name holds.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut all = lines.flat_map(cookie::Cookie::split_parse).flatten();
    all.find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_string())
}

/// Refuses what a page of another site sends to change something: browsers add cookies to such requests unasked. Browsers say
/// where a request comes from, in `Sec-Fetch-Site` or, older ones, in `Origin`; what says neither is no browser.
pub fn same_site(method: &Method, headers: &HeaderMap) -> Result<(), AuthError> {
    let text = |name| headers.get(name).map(|value: &header::HeaderValue| value.to_str().unwrap_or_default());
    let same = match (text(header::HeaderName::from_static("sec-fetch-site")), text(header::ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            origin.split_once("://").map(|(_, host)| host) == text(header::HOST).filter(|host| !host.is_empty())
        }
        (None, None) => true,
    };
    if same || method.is_safe() { Ok(()) } else { Err(AuthError::CrossSite) }
}

/// The source wallet that whoever asks acts for, and may do the needed operation on; and who asks, for the log.
pub struct Tenant<N: Need>(pub TenantId, pub Asker, pub PhantomData<N>);

impl<N: Need> FromRequestParts<App> for Tenant<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Allowed(actor, needed) = Allowed::<N>::from_request_parts(parts, app).await?;
        Ok(Tenant(actor.source()?.clone(), actor.asker(), needed))
    }
}

/// Whoever asks, and may do the needed operation; of which content or target is the handler's to ask.
pub struct Allowed<N: Need>(pub Actor, pub PhantomData<N>);

impl<N: Need> FromRequestParts<App> for Allowed<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let actor = actor(app, &parts.method, &parts.headers).await?;
        actor.require(N::OPERATION)?;
        Ok(Allowed(actor, PhantomData))
    }
}

impl FromRequestParts<App> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(actor(app, &parts.method, &parts.headers).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, values: &[&str]) -> HeaderMap {
        values.iter().map(|v| (name.clone(), v.parse().unwrap())).collect()
    }

    #[test]
    fn the_bearer_scheme_is_read_in_any_case_and_once() {
        let headers = |values: &[&str]| headers(header::AUTHORIZATION, values);
        assert_eq!(bearer(&headers(&["Bearer abc"])), Some("abc"));
        assert_eq!(bearer(&headers(&["bEARER  abc "])), Some("abc"));
        for bad in [&[][..], &["abc"], &["Basic abc"], &["Bearer "], &["Bearer a", "Bearer b"]] {
            assert_eq!(bearer(&headers(bad)), None, "{bad:?}");
        }
    }

    #[test]
    fn the_session_is_found_among_cookies() {
        let read = |values: &[&str]| cookie(&headers(header::COOKIE, values), COOKIE);
        assert_eq!(read(&["a=b; penstock_session=ps_1; c"]).as_deref(), Some("ps_1"));
        assert_eq!(read(&["a=b", "penstock_session=ps_2"]).as_deref(), Some("ps_2"));
        assert_eq!(read(&["penstock_session2=x; ;=;"]), None);
    }

    #[test]
    fn another_sites_pages_change_nothing() {
        let host = (header::HOST, "penstock.example:7878");
        let site = header::HeaderName::from_static("sec-fetch-site");
        let may = |method: &Method, extra: Option<(&header::HeaderName, &str)>| {
            let all = [Some((&host.0, host.1)), extra].into_iter().flatten();
            same_site(method, &all.map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()).is_ok()
        };
        assert!(may(&Method::POST, None), "no browser");
        for (name, value, same) in [
            (&site, "same-origin", true),
            (&site, "none", true),
            (&site, "same-site", false),
            (&site, "cross-site", false),
            (&header::ORIGIN, "https://penstock.example:7878", true),
            (&header::ORIGIN, "https://penstock.example", false),
            (&header::ORIGIN, "https://evil.example", false),
            (&header::ORIGIN, "null", false),
        ] {
            assert_eq!(may(&Method::POST, Some((name, value))), same, "{name}: {value}");
            assert!(may(&Method::GET, Some((name, value))), "reading is the browser's to guard");
        }
    }
}
