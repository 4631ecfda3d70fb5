//! The OpenAPI document: made from the handlers, so that it cannot lag behind them.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
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
        (name = "operations", description = "For operators; without an API key"),
    ),
    modifiers(&ApiKey)
)]
pub struct Document;

struct ApiKey;

impl Modify for ApiKey {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key, which decides the tenant; `penstock key add` makes one."))
            .build();
        let components = openapi.components.get_or_insert_with(Default::default);
        components.add_security_scheme("apiKey", SecurityScheme::Http(scheme));
    }
}
