//! The page at `/`: what this is and where to go on.

use axum::response::Html;

/// `GET /`
pub async fn page() -> Html<&'static str> {
    Html(include_str!("landing.html"))
}
