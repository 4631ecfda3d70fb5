//! `GET /api/v1/items/{contentType}/{contentId}`: one item as it stands.

use crate::app::App;
use crate::auth::Tenant;
use crate::preview::PreviewItem;
use crate::problem::Problem;
use crate::properties::content_type;
use crate::rights::need;
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};

/// Read an item
///
/// The latest version that was applied.
#[utoipa::path(get, path = "/api/v1/items/{contentType}/{contentId}", tag = "content",
    params(("contentType" = String, Path, example = "STORE"), ("contentId" = String, Path)),
    responses(
        (status = 200, description = "The item", body = PreviewItem),
        (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such item, or deleted", body = Problem, content_type = "application/problem+json"),
    ), security(("apiKey" = [])))]
pub async fn item(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Json<PreviewItem>, Problem> {
    let Path((type_name, content_id)) = path.map_err(|e| Problem::bad_request(e.body_text()))?;
    let content_type = content_type(Some(&type_name))?.ok_or_else(|| Problem::not_found("no content type"))?;
    let missing = format!("there is no {content_type} {content_id:?}");
    let found = app.ask(move |engine| engine.item(&tenant, content_type, &content_id)).await?;
    match found {
        Ok(Some(item)) => Ok(Json(item.into())),
        Ok(None) => Err(Problem::not_found(missing)),
        Err(cause) => Err(Problem::internal(&cause)),
    }
}
