//! The OpenAPI document: made from the handlers, so that it cannot lag behind them.

use crate::auth::COOKIE;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, ObjectBuilder, Ref, RefOr, Required, Response};
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

/// And every operation that is not for everybody.
const OF_CREDENTIALS: [(&str, &str); 1] = [("401", "Nobody who is known here asks")];
/// And every operation that takes an `Idempotency-Key`.
const OF_KEYED: [(&str, &str); 1] =
    [("422", "The Idempotency-Key was used for another request, or something in the request cannot be")];
/// Operations that take an `Idempotency-Key` and no `If-Match`.
const KEYED: [&str; 4] =
    ["/api/v1/tasks", "/api/v1/tasks/{id}/clone", "/api/v1/tickets/{id}/approve", "/api/v1/tickets/{id}/reject"];

/// Adds the headers and answers that operations have in common.
pub fn with_common_answers(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    for (path, item) in document.paths.paths.iter_mut().filter(|(path, _)| path.starts_with("/api/")) {
        for operation in [&mut item.get, &mut item.post, &mut item.put, &mut item.delete].into_iter().flatten() {
            let takes_body = operation.request_body.is_some();
            let by_key = takes_key(operation);
            let credentials = operation.security.is_some();
            let versioned = operation.responses.responses.contains_key("428");
            let keyed = versioned || (takes_body && KEYED.contains(&path.as_str()));
            let common = OF_BODIES.iter().filter(|_| takes_body).chain(OF_RIGHTS.iter().filter(|_| by_key));
            let common = common.chain(OF_CREDENTIALS.iter().filter(|_| credentials));
            let common = common.chain(OF_KEYED.iter().filter(|_| keyed)).chain(&OF_ALL);
            common.for_each(|(status, description)| answer(operation, status, description));
            if versioned {
                header(
                    operation,
                    "If-Match",
                    true,
                    "The task's ETag as it was read, such as `\"7\"`, or `*` for any version",
                );
            }
            if keyed {
                header(
                    operation,
                    "Idempotency-Key",
                    false,
                    "1 to 255 visible ASCII characters: carried out once in 24 hours",
                );
            }
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

fn header(operation: &mut Operation, name: &str, required: bool, description: &str) {
    let required = if required { Required::True } else { Required::False };
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
    operation.parameters.get_or_insert_default().push(RefOr::T(parameter.build()));
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
