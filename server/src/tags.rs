//! `POST /api/v1/tags`: what models and wallets say of items, beside the items' own content (D-45).

use crate::app::App;
use crate::auth::Allowed;
use crate::body::ApiJson;
use crate::entries::{Entry, Fields, Read, WriteResponse, write};
use crate::problem::Problem;
use crate::rights::{Operation, need};
use axum::Json;
use axum::extract::State;
use penstock_engine::command::{Command, TagWrite};
use penstock_engine::supply::tags::{TagKind, TagName};
use serde::Deserialize;
use utoipa::ToSchema;

/// The longest name of a tag, bytes.
const NAME_BYTES_MAX: usize = 64;
/// Values of one tag of one item.
const VALUES_MAX: usize = 200;
/// The longest value, bytes.
const VALUE_BYTES_MAX: usize = 256;

/// Tags of items.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagsRequest {
    /// 1 to 1,000.
    #[schema(value_type = Vec<TagEntry>, min_items = 1, max_items = 1000)]
    tags: Vec<Read<TagWrite>>,
}

/// An item's values of a tag. Written down for the documentation; entries are read member by member.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[allow(dead_code)]
pub struct TagEntry {
    /// `algo` for a model's, `custom` for a wallet's.
    #[schema(example = "algo")]
    kind: String,
    /// As in rules, `tag.algo.<name>`; 1 to 64 bytes.
    #[schema(example = "scene")]
    name: String,
    #[schema(example = "STORE")]
    content_type: String,
    /// The item; it need not be there yet.
    content_id: String,
    /// All of its values, at most 200 of 1 to 256 bytes; none take the tag away.
    #[schema(max_items = 200)]
    values: Vec<String>,
    /// Grows with each change of this tag of this item.
    #[schema(minimum = 0)]
    version: i64,
}

impl Entry for TagWrite {
    fn read(fields: &mut Fields) -> Option<Self> {
        let kind = fields.word("kind", &[("algo", TagKind::Algo), ("custom", TagKind::Custom)]);
        let name = fields.text("name", NAME_BYTES_MAX);
        let (item, values) = (fields.item(), fields.texts("values", VALUES_MAX, VALUE_BYTES_MAX));
        let version = fields.version()?;
        Some(TagWrite { tag: TagName { kind: kind?, name: name? }, item: item?, values: values?, version })
    }
}

/// Tag items
///
/// Rules read tags as `tag.algo.<name>` and `tag.custom.<name>`. Every standing set has followed when this is answered.
#[utoipa::path(post, path = "/api/v1/tags", tag = "supply", request_body = TagsRequest, responses(
    (status = 200, description = "What became of each entry", body = WriteResponse),
    (status = 401, description = "No API key, or a wrong one", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Try again later", body = Problem, content_type = "application/problem+json"),
), security(("apiKey" = [])))]
pub async fn send(
    State(app): State<App>,
    Allowed(actor, ..): Allowed<need::CustomTags>,
    ApiJson(request): ApiJson<TagsRequest>,
) -> Result<Json<WriteResponse>, Problem> {
    let sent = request.tags.iter().filter_map(|Read(entry)| entry.as_ref().ok());
    if sent.into_iter().any(|entry| entry.tag.kind == TagKind::Algo) {
        actor.require(Operation::ModelTags)?;
    }
    write(&app, actor.source()?, actor.asker(), ("tags", request.tags), Command::Tags).await
}
