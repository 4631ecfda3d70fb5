//! `/api/v1/session/oidc`: a person signs in at the organisation's own provider, by OpenID Connect.
//!
//! The account is the one whose id is the e-mail address that the provider has verified; people cannot change their account's
//! id, so nobody can claim another's. A sign-in is finished by the browser that began it, once. An account that is not there is
//! answered like a disabled one.

mod options;
mod page;
mod provider;
mod waiting;

use super::{NEVER_STORED, set, start};
use crate::app::App;
use crate::auth;
use crate::cli::terminal::safe;
use crate::keys::is_tenant_name;
use crate::parameters::is_wallet;
use crate::people::is_account_id;
use crate::private;
use crate::problem::Problem;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use cookie::{Cookie, CookieBuilder, SameSite};
use openidconnect::url::Url;
use parking_lot::Mutex;
use provider::{ExchangeError, Proof, Provider};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;
use utoipa::IntoParams;
use waiting::{Begun, TIME_MAX, Waiting};

pub use options::{OidcOptions, OidcOptionsError};

/// The cookie that ties a sign-in to its browser; of several begun at once the last can be finished.
const COOKIE: &str = "penstock_oidc";
/// Where that cookie is sent to.
const PATH: &str = "/api/v1/session/oidc";
/// Codes exchanged at once; more wait.
const EXCHANGES: usize = 8;

/// The provider, and the sign-ins under way.
pub struct Oidc {
    provider: Arc<Provider>,
    waiting: Mutex<Waiting>,
    exchanging: Arc<Semaphore>,
}

impl Oidc {
    /// A provider that is not known yet; [`Oidc::watch`] gets to know it.
    pub fn new(options: OidcOptions) -> Oidc {
        let exchanging = Arc::new(Semaphore::new(EXCHANGES));
        Oidc { provider: Arc::new(Provider::new(options)), waiting: Mutex::default(), exchanging }
    }

    /// Keeps the provider's documents up to date, for ever.
    pub fn watch(&self) -> impl Future<Output = ()> + use<> {
        self.provider.clone().watch()
    }

    /// The e-mail address that a code stands for, asked off the async threads.
    async fn email(&self, app: &App, code: String, proof: Proof) -> Result<String, Problem> {
        let permit = tokio::time::timeout(app.settings().query_timeout, self.exchanging.clone().acquire_owned()).await;
        let permit = permit.map_err(|_| Problem::timeout())?;
        let provider = self.provider.clone();
        let exchange = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            provider.email(code, proof)
        });
        Ok(exchange.await.map_err(|e| Problem::internal(&e.to_string()))??)
    }
}

impl From<ExchangeError> for Problem {
    fn from(error: ExchangeError) -> Problem {
        let detail = error.to_string();
        match error {
            ExchangeError::NotYet => unavailable(detail),
            ExchangeError::Provider(cause) => {
                tracing::warn!(cause = format!("{cause:#}"), "the provider of sign-ins failed");
                unavailable(detail)
            }
            ExchangeError::Token(cause) => {
                tracing::warn!(cause = format!("{:#}", anyhow::Error::from(cause)), "an ID token is not valid");
                refused(detail)
            }
            ExchangeError::Code(_) | ExchangeError::Unverified => refused(detail),
        }
    }
}

fn unavailable(detail: String) -> Problem {
    let title = "The provider of sign-ins is not available";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "provider-unavailable", title, detail)
}

fn refused(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "sign-in-refused", "The sign-in was refused", detail)
}

fn oidc(app: &App) -> Result<&Oidc, Problem> {
    let none = || Problem::not_found("there is no provider of sign-ins here; `penstock serve --oidc-issuer` names one");
    app.oidc().ok_or_else(none)
}

/// Where to go once signed in.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct BeginQuery {
    /// The wallet to work for; the account's only one if not given, else none until one is chosen.
    #[param(example = "ALIPAYHK")]
    wallet: Option<String>,
    /// A path of this server, at most 2,000 bytes.
    #[param(default = "/", example = "/console")]
    r#return: Option<String>,
}

/// Sign in at the provider
///
/// For browsers: leads to the organisation's own provider, which leads back to `/api/v1/session/oidc/callback` within 10 minutes.
/// What goes wrong is a page where the request accepts `text/html`.
#[utoipa::path(get, path = "/api/v1/session/oidc", tag = "people", params(BeginQuery), responses(
    (status = 303, description = "On to the provider", headers(("Location" = String), ("Set-Cookie" = String))),
    (status = 400, description = "`return` is no path of this server, or `wallet` no name", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no provider here", body = Problem, content_type = "application/problem+json"),
))]
pub async fn begin(
    State(app): State<App>,
    headers: HeaderMap,
    query: Result<Query<BeginQuery>, QueryRejection>,
) -> Response {
    let led = || {
        let Query(query) = query.map_err(|e| Problem::query(&e))?;
        lead_there(&app, query)
    };
    led().unwrap_or_else(|problem| page::answer(&headers, problem))
}

fn lead_there(app: &App, BeginQuery { wallet, r#return }: BeginQuery) -> Result<Response, Problem> {
    let oidc = oidc(app)?;
    let back = oidc.provider.options().back(r#return.as_deref().unwrap_or("/"));
    let back = back.ok_or_else(|| Problem::bad_request("return must be a path of this server, as /console"))?;
    if wallet.as_deref().is_some_and(|name| !is_wallet(name) && !is_tenant_name(name)) {
        return Err(Problem::bad_request("wallet is no name of a wallet"));
    }
    let (url, state, proof) = oidc.provider.begin()?;
    let browser = private::secret("").map_err(|e| Problem::internal(&e.to_string()))?;
    oidc.waiting.lock().add(state.secret(), &browser, Begun { proof, wallet, back }, Instant::now());
    let cookie = cookie(browser, app.settings().secure_cookies)
        .max_age(cookie::time::Duration::seconds(TIME_MAX.as_secs() as i64));
    Ok(led([set(&cookie)?], &url))
}

/// On to another address, with cookies.
fn led<const N: usize>(cookies: [(HeaderName, HeaderValue); N], to: &Url) -> Response {
    let to = [(header::LOCATION, to.to_string())];
    (StatusCode::SEE_OTHER, AppendHeaders(cookies), [NEVER_STORED], to).into_response()
}

/// The cookie of a sign-in. The provider's redirect is another site's, so a strict one would not come back.
fn cookie(browser: String, secure: bool) -> CookieBuilder<'static> {
    Cookie::build((COOKIE, browser)).http_only(true).same_site(SameSite::Lax).path(PATH).secure(secure)
}

/// What the provider sends a browser back with; it may say more.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CallbackQuery {
    /// As it was sent there.
    state: Option<String>,
    /// Good for one ID token.
    code: Option<String>,
    /// Why there is no code.
    error: Option<String>,
}

/// Come back from the provider
///
/// For browsers: exchanges the code, sets the session's cookie as `POST /api/v1/session` does, and leads to where the sign-in was to
/// return. What goes wrong is a page where the request accepts `text/html`.
#[utoipa::path(get, path = "/api/v1/session/oidc/callback", tag = "people", params(CallbackQuery), responses(
    (status = 303, description = "Signed in; on to where to return", headers(("Location" = String), ("Set-Cookie" = String))),
    (status = 400, description = "This browser did not begin it, or too long ago, or has ended it already; or the account has no role at the wallet", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The provider refused, or does not vouch for an address that is an account here", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no provider here", body = Problem, content_type = "application/problem+json"),
))]
pub async fn callback(
    State(app): State<App>,
    headers: HeaderMap,
    query: Result<Query<CallbackQuery>, QueryRejection>,
) -> Response {
    let led = async {
        let Query(query) = query.map_err(|e| Problem::query(&e))?;
        lead_back(&app, &headers, query).await
    };
    led.await.unwrap_or_else(|problem| page::answer(&headers, problem))
}

async fn lead_back(
    app: &App,
    headers: &HeaderMap,
    CallbackQuery { state, code, error }: CallbackQuery,
) -> Result<Response, Problem> {
    let oidc = oidc(app)?;
    let known = state.as_deref().zip(auth::cookie(headers, COOKIE));
    let begun = known.and_then(|(state, browser)| oidc.waiting.lock().take(state, &browser, Instant::now()));
    let Begun { proof, wallet, back } = begun.ok_or_else(stale)?;
    if let Some(error) = error {
        return Err(ExchangeError::code(&error).into());
    }
    let code = code.ok_or_else(|| Problem::bad_request("the provider sent neither a code nor an error"))?;
    let email = oidc.email(app, code, proof).await?;
    let account = account(app, &email).await?.ok_or_else(unknown)?;
    let (session, _) = start(app, account, wallet).await?.ok_or_else(unknown)?;
    let gone = cookie(String::new(), app.settings().secure_cookies).removal();
    Ok(led([session, set(&gone)?], &back))
}

fn stale() -> Problem {
    let detail = "this browser did not begin the sign-in, or more than 10 minutes ago, or has ended it; begin again";
    Problem::new(StatusCode::BAD_REQUEST, "sign-in-over", "There is no such sign-in under way", detail)
}

fn unknown() -> Problem {
    refused("there is no account here by your e-mail address, or it is disabled; ask who runs this server")
}

/// The account by an e-mail address, unless it is disabled. Only ASCII is made lower case: other letters are in no account's id,
/// and must not become ones that are (the Kelvin sign would be a k).
async fn account(app: &App, email: &str) -> Result<Option<String>, Problem> {
    let id = email.to_ascii_lowercase();
    if !is_account_id(&id) || !id.contains('@') {
        return Ok(None);
    }
    let found = app.people(move |people| people.account(&id)).await.map_err(|e| Problem::people(&e))?;
    let able = found.filter(|account| !account.disabled);
    if able.is_none() {
        tracing::warn!(email = %safe(email), "no account for a verified e-mail address");
    }
    Ok(able.map(|account| account.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_comes_back_from_another_site_and_goes_nowhere_else() {
        let built = |secure| cookie("1".to_string(), secure).build().to_string();
        assert_eq!(built(true), "penstock_oidc=1; HttpOnly; SameSite=Lax; Secure; Path=/api/v1/session/oidc");
        assert_eq!(built(false), "penstock_oidc=1; HttpOnly; SameSite=Lax; Path=/api/v1/session/oidc");
    }
}
