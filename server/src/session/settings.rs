//! What a person changes about themselves: the password, and where and of what they are told (R020).

use super::{Signed, check_password};
use crate::app::App;
use crate::body::ApiJson;
use crate::people::{Notifications, PeopleError, password};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// Another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordRequest {
    /// The password until now.
    #[schema(format = Password)]
    password: String,
    /// At least 12 characters, at most 1,024 bytes.
    #[schema(format = Password, min_length = 12)]
    new: String,
}

/// Change the password
///
/// All other sessions of the account end.
#[utoipa::path(put, path = "/api/v1/session/password", tag = "people", request_body = PasswordRequest, responses(
    (status = 204, description = "It is changed"),
    (status = 400, description = "The new password is too short or too long", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "Nobody is signed in, or the old password is wrong", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "A page of another site asks", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many sign-ins failed; Retry-After says when to come again", body = Problem, content_type = "application/problem+json"),
), security(("session" = [])))]
pub async fn set_password(
    State(app): State<App>,
    Signed { secret, session }: Signed,
    ApiJson(request): ApiJson<PasswordRequest>,
) -> Result<StatusCode, Problem> {
    check_password(&app, &session.account.id, request.password).await?;
    let hash = app.hash(move || password::hash(&request.new)).await?.map_err(|e| Problem::people(&e))?;
    let set = app.people(move |people| people.set_password(&session.account.id, &hash, Some(&secret))).await;
    set.map(|()| StatusCode::NO_CONTENT).map_err(|e| Problem::people(&e))
}

/// Where and of what one is told
#[utoipa::path(get, path = "/api/v1/session/notifications", tag = "people", responses(
    (status = 200, description = "As it is set", body = Notifications),
    (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
), security(("session" = [])))]
pub async fn notifications(signed: Signed) -> Json<Notifications> {
    Json(signed.session.account.notifications)
}

/// Set where and of what one is told
#[utoipa::path(put, path = "/api/v1/session/notifications", tag = "people", request_body = Notifications, responses(
    (status = 200, description = "As it is set now", body = Notifications),
    (status = 400, description = "Not an address", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "A page of another site asks", body = Problem, content_type = "application/problem+json"),
), security(("session" = [])))]
pub async fn set_notifications(
    State(app): State<App>,
    signed: Signed,
    ApiJson(wanted): ApiJson<Notifications>,
) -> Result<Json<Notifications>, Problem> {
    let id = signed.session.account.id;
    let set = app.people(move |people| {
        people.set_notifications(&id, &wanted)?;
        people.account(&id)
    });
    let account = set.await.map_err(|e: PeopleError| Problem::people(&e))?;
    account.map(|account| Json(account.notifications)).ok_or_else(|| Problem::not_found("the account is gone"))
}
