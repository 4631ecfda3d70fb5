//! The OpenAPI document: made from the handlers, so that it cannot lag behind them.

use crate::auth::COOKIE;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, Ref, RefOr, Response};
use utoipa::{Modify, OpenApi};

/// What the document says besides the handlers' own descriptions.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Penstock",
        description = "Merchants' content flows in; rules decide which of it is delivered.\n\nErrors are problem details (RFC 9457); \
                       `synchronizeContent` answers every error with a ResultInfo."
    ),
    tags(
        (name = "content", description = "Content in, content out"),
        (name = "rules", description = "What rules match, and what they can name"),
        (name = "sets", description = "Standing sets: what rules match at every record"),
        (name = "supply", description = "What stands between matched items and target wallets"),
        (name = "target wallets", description = "What a target wallet gets, and what its risk control decides"),
        (name = "people", description = "Signing in, and what people set for themselves"),
        (name = "notices", description = "What people and wallets are told of tasks and tickets"),
        (name = "operations", description = "For operators; without an API key"),
    ),
    modifiers(&Credentials)
)]
pub struct Document;

/// Answers that every operation of the console's interface has which takes a body, whatever it does with it.
const OF_BODIES: [(&str, &str); 4] = [
    ("400", "The body is not what the operation takes"),
    ("408", "The body did not arrive in time"),
    ("413", "The body is too large"),
    ("415", "The body is no JSON, or its encoding is not known"),
];
/// And every operation that a session may be used for as well as a key.
const OF_RIGHTS: [(&str, &str); 1] = [("403", "Whoever asks has no right to this")];
/// And every operation that asks the engine.
const OF_ALL: [(&str, &str); 1] =
    [("503", "The server is starting or stopping, or the answer took too long; try again")];

/// Adds the answers that operations have in common.
pub fn with_common_answers(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    for (_, item) in document.paths.paths.iter_mut().filter(|(path, _)| path.starts_with("/api/")) {
        for operation in [&mut item.get, &mut item.post, &mut item.put, &mut item.delete].into_iter().flatten() {
            let takes_body = operation.request_body.is_some();
            let by_key = takes_key(operation);
            let common =
                OF_BODIES.iter().filter(|_| takes_body).chain(OF_RIGHTS.iter().filter(|_| by_key)).chain(&OF_ALL);
            common.for_each(|(status, description)| answer(operation, status, description));
        }
    }
    document
}

/// Whether an operation takes a key; then it takes a session too.
fn takes_key(operation: &mut Operation) -> bool {
    let of = |name| SecurityRequirement::new(name, Vec::<String>::new());
    match &mut operation.security {
        Some(all) if all.contains(&of("apiKey")) => {
            if !all.contains(&of("session")) {
                all.push(of("session"));
            }
            true
        }
        _ => false,
    }
}

fn answer(operation: &mut Operation, status: &str, description: &str) {
    let problem = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
    let mut response = Response::new(description);
    response.content.insert("application/problem+json".to_owned(), RefOr::T(problem));
    operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
}

struct Credentials;

impl Modify for Credentials {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key, which decides the tenant; `penstock key add` makes one."))
            .build();
        let components = openapi.components.get_or_insert_with(Default::default);
        components.add_security_scheme("apiKey", SecurityScheme::Http(scheme));
        let cookie = ApiKeyValue::with_description(COOKIE, "The cookie that `POST /api/v1/session` sets.");
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}
