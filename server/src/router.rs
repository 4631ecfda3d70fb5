//! All routes, and what stands around them.

use crate::app::App;
use crate::openapi::{Document, with_common_answers};
use crate::{audit, inbox, pull, supply, target, tasks, tickets, webhooks};
use crate::{fx, health, items, landing, memberships, metrics, onboarding, policies, preview, properties, request};
use crate::{reports, risk, rules, session, sets, sync, tags, values};
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

/// The whole service.
pub fn router(app: App) -> Router {
    let (documented, document) = documented().split_for_parts();
    let docs = SwaggerUi::new("/docs").url("/openapi.json", with_common_answers(document));
    documented
        .route("/", get(landing::page))
        .route("/metrics", get(metrics::render))
        .merge(docs)
        .fallback(request::no_route)
        .method_not_allowed_fallback(request::no_method)
        .layer(CatchPanicLayer::custom(request::panicked))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(axum::middleware::from_fn(request::observe))
        .with_state(app)
}

fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(sync::synchronize))
        .routes(routes!(items::item))
        .routes(routes!(preview::preview))
        .routes(routes!(rules::check_rules))
        .routes(routes!(rules::format::format_rules))
        .routes(routes!(rules::format::echo_rules))
        .routes(routes!(rules::form::form_of_rules))
        .routes(routes!(rules::form::text_of_form))
        .routes(routes!(rules::lint::lint_rules))
        .routes(routes!(rules::complete::complete))
        .routes(routes!(rules::hover::hover))
        .routes(routes!(fx::send, fx::list))
        .routes(routes!(sets::list))
        .routes(routes!(sets::put, sets::get, sets::delete))
        .routes(routes!(sets::items::items))
        .routes(routes!(sets::changes::changes))
        .routes(routes!(sets::events::events))
        .routes(routes!(sets::take_out::take_out))
        .routes(routes!(sets::take_out::take_in))
        .routes(routes!(memberships::memberships))
        .routes(routes!(reports::cost::cost))
        .routes(routes!(reports::cost::costly))
        .routes(routes!(reports::explain::explain))
        .routes(routes!(reports::difference::diff))
        .routes(routes!(reports::unlock::unlock))
        .routes(routes!(reports::unlock::onboarding_gain))
        .routes(routes!(reports::simulate::simulate))
        .routes(routes!(tags::send))
        .routes(routes!(onboarding::send))
        .routes(routes!(onboarding::merchants))
        .routes(routes!(policies::list))
        .routes(routes!(policies::put))
        .routes(routes!(risk::send))
        .routes(routes!(tasks::drafts::create, tasks::list::list))
        .routes(routes!(tasks::drafts::get, tasks::drafts::save))
        .routes(routes!(tasks::moves::submit))
        .routes(routes!(tasks::moves::withdraw))
        .routes(routes!(tasks::moves::revise))
        .routes(routes!(tasks::moves::drop_revision))
        .routes(routes!(tasks::moves::terminate))
        .routes(routes!(tasks::moves::discard))
        .routes(routes!(tasks::moves::archive))
        .routes(routes!(tasks::moves::restore))
        .routes(routes!(tasks::moves::release))
        .routes(routes!(tasks::moves::retry))
        .routes(routes!(tasks::items::items))
        .routes(routes!(tasks::items::taken_out))
        .routes(routes!(tasks::items::take_out))
        .routes(routes!(tasks::items::take_in))
        .routes(routes!(tasks::ineligible::summary))
        .routes(routes!(tasks::ineligible::items))
        .routes(routes!(tasks::ineligible::download))
        .routes(routes!(tasks::clone::clone))
        .routes(routes!(tasks::clone::check))
        .routes(routes!(tickets::list))
        .routes(routes!(tickets::get))
        .routes(routes!(tickets::approve))
        .routes(routes!(tickets::reject))
        .routes(routes!(supply::feed))
        .routes(routes!(supply::report))
        .routes(routes!(pull::pull))
        .routes(routes!(pull::let_go))
        .routes(routes!(pull::pulled))
        .routes(routes!(target::reviews::reviews))
        .routes(routes!(target::requests::ask, target::requests::list))
        .routes(routes!(target::requests::approve))
        .routes(routes!(target::requests::reject))
        .routes(routes!(target::hub::merchants))
        .routes(routes!(target::hub::supply_of_merchant))
        .routes(routes!(target::list::tree))
        .routes(routes!(target::list::items))
        .routes(routes!(target::item::item))
        .routes(routes!(audit::list))
        .routes(routes!(inbox::list))
        .routes(routes!(inbox::read))
        .routes(routes!(webhooks::list, webhooks::add))
        .routes(routes!(webhooks::remove))
        .routes(routes!(webhooks::replay))
        .routes(routes!(audit::export))
        .routes(routes!(values::values))
        .routes(routes!(properties::properties))
        .routes(routes!(session::sign_in, session::me, session::sign_out))
        .routes(routes!(session::ways))
        .routes(routes!(session::oidc::begin))
        .routes(routes!(session::oidc::callback))
        .routes(routes!(session::choose_wallet))
        .routes(routes!(session::settings::set_password))
        .routes(routes!(session::settings::notifications, session::settings::set_notifications))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_openapi_3_1_and_names_every_operation() {
        let document = serde_json::to_value(with_common_answers(documented().into_openapi())).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        let paths = document["paths"].as_object().unwrap();
        assert_eq!(paths.len(), 90);
        assert!(paths["/api/v1/rules/check"]["post"]["responses"]["413"].is_object());
        assert!(paths["/api/v1/preview"]["post"]["responses"]["403"].is_object());
        assert_eq!(
            paths["/api/v1/preview"]["post"]["security"],
            serde_json::json!([{ "apiKey": [] }, { "session": [] }])
        );
        assert!(paths[sync::PATH]["post"]["responses"]["429"].is_object());
    }
}
