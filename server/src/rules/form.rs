//! `POST /api/v1/rules/form` and `/text`: a rule text as a form to draw, and changes of the form as edits of the text.

use crate::app::App;
use crate::auth::Allowed;
use crate::body::ApiJson;
use crate::problem::Problem;
use crate::rights::need;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use penstock_dsl::form::{Change, ChangeError, Changed, Form, change, form};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A rule text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormRequest {
    /// The rule text.
    #[schema(example = "STORE { storeName ~ \"ramen\" }")]
    rules: String,
}

/// Draw a rule set
///
/// The form of a text: blocks, groups and rules as plain data, each with its place and its comments. Places are byte offsets.
#[utoipa::path(post, path = "/api/v1/rules/form", tag = "rules", request_body = FormRequest, responses(
    (status = 200, description = "The form; of a text with errors of syntax, what could be read", body = Form),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn form_of_rules(
    State(app): State<App>,
    _allowed: Allowed<need::ReadTasks>,
    ApiJson(request): ApiJson<FormRequest>,
) -> Json<Form> {
    Json(app.decode(move || form(&request.rules)).await)
}

/// A rule text and changes of its form.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TextRequest {
    /// The rule text.
    #[schema(example = "STORE { storeName ~ \"ramen\" }")]
    rules: String,
    /// At most 50, made one after the other.
    changes: Vec<Change>,
}

/// The text with the changes made.
#[derive(Debug, Serialize, ToSchema)]
pub struct TextResponse {
    /// The new text.
    rules: String,
    /// The way there from the old text: by place, not overlapping.
    edits: Vec<penstock_dsl::diagnostic::Edit>,
    /// The new text's form.
    form: Form,
}

/// Change a rule set by its form
///
/// An edit touches what it changes and nothing else: comments, order and white space stay. All changes are made, or none.
#[utoipa::path(post, path = "/api/v1/rules/text", tag = "rules", request_body = TextRequest, responses(
    (status = 200, description = "The text with the changes made", body = TextResponse),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "A change cannot be made in this text", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn text_of_form(
    State(app): State<App>,
    _allowed: Allowed<need::ReadTasks>,
    ApiJson(request): ApiJson<TextRequest>,
) -> Result<Json<TextResponse>, Problem> {
    let work = move || {
        let Changed { text, edits } = change(&request.rules, &request.changes)?;
        let form = form(&text);
        Ok(TextResponse { rules: text, edits, form })
    };
    let changed = app.decode(work).await;
    Ok(Json(changed.map_err(|error: ChangeError| {
        Problem::new(StatusCode::CONFLICT, "change-refused", "The change cannot be made", error.to_string())
    })?))
}
