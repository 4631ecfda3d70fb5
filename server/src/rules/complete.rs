//! `POST /api/v1/rules/complete`: what may stand at a cursor of a rule text, for editors and for a form's drop-downs.

use crate::app::App;
use crate::auth::Tenant;
use crate::body::ApiJson;
use crate::problem::{Problem, Span};
use crate::rights::need;
use axum::Json;
use axum::extract::State;
use penstock_dsl::complete::Thing;
use penstock_engine::complete as engine;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most candidates of an answer (D-35).
const LIMIT_MAX: usize = 200;

/// A cursor in a rule text.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteRequest {
    /// The rule text, which may be broken.
    #[schema(example = "STORE { stdCategories in (\"ho")]
    rules: String,
    /// The cursor, in bytes of the UTF-8 text, as spans are; inside a character it is its start, beyond the text its end.
    #[schema(example = 29)]
    offset: usize,
    /// 1 to 200; 200 if not given.
    #[schema(minimum = 1, maximum = 200, default = 200)]
    limit: Option<usize>,
}

/// What may stand at the cursor.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompleteResponse {
    /// What each candidate replaces, in bytes of the UTF-8 text.
    span: Span,
    /// Best first: by how they fit what was typed, then by number of items. A list has the most frequent ones.
    candidates: Vec<Candidate>,
    /// Whether there may be more.
    truncated: bool,
}

/// Something that may stand at a cursor.
#[derive(Debug, Serialize, ToSchema)]
pub struct Candidate {
    /// How to show it.
    #[schema(example = "hotel")]
    label: String,
    /// `contentType`, `property`, `locale`, `operator`, `value`, `currency`, `date` or `keyword`.
    #[schema(example = "value")]
    kind: &'static str,
    /// What to write in place of the span, quotes and brackets included.
    #[schema(example = "\"hotel\"")]
    insert: String,
    /// Where the cursor goes then, in bytes from the insert's start.
    cursor: usize,
    /// A few words about it; perhaps none.
    detail: String,
    /// Items of the content type that have the property or value; null where nothing is counted. A value of a `merchant.`
    /// property is counted in merchants.
    items: Option<u64>,
    /// Items of the content type in all.
    of: Option<u64>,
}

/// Complete a rule set
#[utoipa::path(post, path = "/api/v1/rules/complete", tag = "rules", request_body = CompleteRequest, responses(
    (status = 200, description = "What may stand at the cursor, perhaps nothing", body = CompleteResponse),
    (status = 400, description = "A bad limit", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn complete(
    State(app): State<App>,
    Tenant(tenant, ..): Tenant<need::Preview>,
    ApiJson(request): ApiJson<CompleteRequest>,
) -> Result<Json<CompleteResponse>, Problem> {
    let limit = request.limit.unwrap_or(LIMIT_MAX);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::bad_request(format!("limit must be from 1 to {LIMIT_MAX}, not {limit}")));
    }
    let request = engine::CompleteRequest { rules: request.rules, offset: request.offset, limit };
    let found = app.ask(move |engine| engine.complete(&tenant, &request)).await?;
    let found = found.map_err(|error| Problem::internal(&error))?;
    let candidates = found.candidates.into_iter().map(Candidate::from).collect();
    Ok(Json(CompleteResponse { span: found.span.into(), candidates, truncated: found.truncated }))
}

impl From<engine::Offer> for Candidate {
    fn from(offer: engine::Offer) -> Self {
        let engine::Offer { candidate, items, of } = offer;
        Candidate {
            kind: match candidate.thing {
                Thing::ContentType => "contentType",
                Thing::Property => "property",
                Thing::Locale => "locale",
                Thing::Operator => "operator",
                Thing::Value => "value",
                Thing::Currency => "currency",
                Thing::Date => "date",
                Thing::Keyword => "keyword",
            },
            label: candidate.label,
            insert: candidate.insert,
            cursor: candidate.cursor,
            detail: candidate.detail,
            items,
            of,
        }
    }
}
