//! `/api/v1/session`: a person signs in, chooses the wallet to work for, and signs out.
//!
//! A session is of one account in one wallet at a time, so everything it asks for is of that wallet. An account that is not
//! there is answered like a wrong password, in the same time. Failed sign-ins slow the account down.

pub mod oidc;
pub mod settings;
mod wire;

use crate::app::App;
use crate::auth::{self, AuthError, COOKIE};
use crate::body::ApiJson;
use crate::people::{LIFE_TIME_MAX, People, PeopleError, Session, is_account_id, password};
use crate::private::now_ms;
use crate::problem::Problem;
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::IntoResponse;
use cookie::{Cookie, CookieBuilder, SameSite};
use std::time::Instant;

pub use wire::{SessionResponse, SignInRequest, WalletRequest, WaysResponse};

/// The session that a request's cookie names.
pub struct Signed {
    secret: String,
    session: Session,
}

impl FromRequestParts<App> for Signed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let (secret, session) = auth::session(app, &parts.method, &parts.headers).await?;
        Ok(Signed { secret, session })
    }
}

/// Sign in
///
/// Sets the session's cookie. The session is in the wallet that is named, else in the account's only one, else in none until one
/// is chosen.
#[utoipa::path(post, path = "/api/v1/session", tag = "people", request_body = SignInRequest, responses(
    (status = 200, description = "Signed in", body = SessionResponse),
    (status = 400, description = "The account has no role at the wallet", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "The account or the password is wrong", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "A page of another site asks", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many sign-ins failed; Retry-After says when to come again", body = Problem, content_type = "application/problem+json"),
))]
pub async fn sign_in(
    State(app): State<App>,
    headers: HeaderMap,
    ApiJson(request): ApiJson<SignInRequest>,
) -> Result<impl IntoResponse, Problem> {
    auth::same_site(&Method::POST, &headers)?;
    let SignInRequest { account, password, wallet } = request;
    check_password(&app, &account, password).await?;
    let (cookie, response) = start(&app, account, wallet).await?.ok_or_else(wrong)?;
    Ok(([cookie], [NEVER_STORED], Json(response)))
}

/// Starts a session of an account that has shown who it is; the cookie for it. None if it was disabled since.
async fn start(app: &App, account: String, wallet: Option<String>) -> Result<Option<Started>, Problem> {
    let start = move |people: &People| {
        let wallet = match wallet {
            Some(wallet) => people.check_workplace(&account, &wallet).map(|()| Some(wallet))?,
            None => only(people, &account)?,
        };
        let secret = people.start_session(&account, wallet.as_deref(), now_ms())?;
        let session = people.session(&secret, now_ms())?;
        let choices = people.workplaces(&account)?;
        Ok((secret, session.map(|session| SessionResponse::new(session, choices))))
    };
    let (secret, response) = app.people(start).await.map_err(|e: PeopleError| Problem::people(&e))?;
    let Some(response) = response else { return Ok(None) };
    tracing::info!(account = response.account(), "signed in");
    let cookie = cookie(secret, app.settings().secure_cookies)
        .max_age(cookie::time::Duration::seconds(LIFE_TIME_MAX.as_secs() as i64));
    Ok(Some((set(&cookie)?, response)))
}

/// The header that sets a session's cookie, and what it is.
type Started = ((HeaderName, HeaderValue), SessionResponse);

/// Answers with a session are nobody else's to keep.
const NEVER_STORED: (HeaderName, HeaderValue) = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// The wallet of an account that has one alone.
fn only(people: &People, account: &str) -> Result<Option<String>, PeopleError> {
    let mut all = people.workplaces(account)?;
    Ok(if all.len() == 1 { all.pop().map(|at| at.wallet.name) } else { None })
}

/// Answers 401 unless the password is the account's, and 429 when its turn has not come yet.
pub async fn check_password(app: &App, account: &str, password: String) -> Result<(), Problem> {
    // Names that nobody can have share one count, so that none of any length is remembered.
    let name = if is_account_id(account) { account } else { "" };
    let begun = app.throttle().lock().begin(name, Instant::now());
    begun.map_err(|wait| Problem::wait("too many sign-ins of this account failed", wait))?;
    let id = account.to_string();
    let hash = app.people(move |people| people.password_hash(&id)).await.map_err(|e| Problem::people(&e))?;
    match app.hash(move || password::verify(&password, hash.as_deref())).await? {
        true => {
            app.throttle().lock().succeeded(name);
            Ok(())
        }
        false => {
            tracing::warn!(account = name, "a password was wrong");
            Err(wrong())
        }
    }
}

fn wrong() -> Problem {
    let detail = "the account or the password is wrong, or the account is disabled";
    Problem::new(StatusCode::UNAUTHORIZED, "sign-in-refused", "The sign-in was refused", detail)
}

/// The session's cookie: for this site's own requests alone, and out of scripts' reach.
fn cookie(secret: String, secure: bool) -> CookieBuilder<'static> {
    Cookie::build((COOKIE, secret)).http_only(true).same_site(SameSite::Strict).path("/").secure(secure)
}

fn set(cookie: &CookieBuilder<'static>) -> Result<(HeaderName, HeaderValue), Problem> {
    let value = HeaderValue::try_from(cookie.clone().build().to_string());
    Ok((header::SET_COOKIE, value.map_err(|e| Problem::internal(&e.to_string()))?))
}

/// How one can sign in
#[utoipa::path(get, path = "/api/v1/session/ways", tag = "people", responses(
    (status = 200, description = "What there is", body = WaysResponse),
))]
pub async fn ways(State(app): State<App>) -> Json<WaysResponse> {
    Json(WaysResponse { password: true, oidc: app.oidc().is_some() })
}

/// Who is signed in
///
/// The account, the session's wallet, its roles and operations there, and the wallets to choose from.
#[utoipa::path(get, path = "/api/v1/session", tag = "people", responses(
    (status = 200, description = "The session", body = SessionResponse),
    (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
), security(("session" = [])))]
pub async fn me(State(app): State<App>, signed: Signed) -> Result<impl IntoResponse, Problem> {
    Ok(([NEVER_STORED], Json(described(&app, signed.session).await?)))
}

async fn described(app: &App, session: Session) -> Result<SessionResponse, Problem> {
    let account = session.account.id.clone();
    let choices = app.people(move |people| people.workplaces(&account)).await.map_err(|e| Problem::people(&e))?;
    Ok(SessionResponse::new(session, choices))
}

/// Choose the wallet to work for
#[utoipa::path(put, path = "/api/v1/session/wallet", tag = "people", request_body = WalletRequest, responses(
    (status = 200, description = "The session is in that wallet", body = SessionResponse),
    (status = 400, description = "The account has no role at the wallet", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "A page of another site asks", body = Problem, content_type = "application/problem+json"),
), security(("session" = [])))]
pub async fn choose_wallet(
    State(app): State<App>,
    Signed { secret, session }: Signed,
    ApiJson(request): ApiJson<WalletRequest>,
) -> Result<impl IntoResponse, Problem> {
    let choose = move |people: &People| {
        people.choose_wallet(&secret, &session.account.id, &request.wallet)?;
        people.session(&secret, now_ms())
    };
    let session = app.people(choose).await.map_err(|e| Problem::people(&e))?.ok_or(AuthError::Ended)?;
    Ok(([NEVER_STORED], Json(described(&app, session).await?)))
}

/// Sign out
#[utoipa::path(delete, path = "/api/v1/session", tag = "people", responses(
    (status = 204, description = "The session has ended"),
    (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "A page of another site asks", body = Problem, content_type = "application/problem+json"),
), security(("session" = [])))]
pub async fn sign_out(State(app): State<App>, signed: Signed) -> Result<impl IntoResponse, Problem> {
    app.people(move |people| people.end_session(&signed.secret)).await.map_err(|e| Problem::people(&e))?;
    let gone = cookie(String::new(), app.settings().secure_cookies).removal();
    Ok((StatusCode::NO_CONTENT, [set(&gone)?]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_this_sites_alone() {
        let built = |secure| cookie("ps_1".to_string(), secure).build().to_string();
        assert_eq!(built(true), "penstock_session=ps_1; HttpOnly; SameSite=Strict; Secure; Path=/");
        assert_eq!(built(false), "penstock_session=ps_1; HttpOnly; SameSite=Strict; Path=/");
    }
}
