//! Refusals for people: the provider leads a browser here with nobody's script in between, so a browser gets a page.

use crate::problem::Problem;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// A problem as a page where the request asks for HTML, else as it is.
pub fn answer(headers: &HeaderMap, problem: Problem) -> Response {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    if !accepted.into_iter().any(|types| types.contains("text/html")) {
        return problem.into_response();
    }
    let page = page(problem.title(), problem.detail());
    let mut response = problem.into_response();
    *response.body_mut() = Body::from(page);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn page(title: &str, detail: &str) -> String {
    let [title, detail] = [title, detail].map(escaped);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title} - Penstock</title>\n\
         <h1>{title}</h1>\n<p>{detail}.</p>\n<p><a href=\"/\">To the start</a></p>\n"
    )
}

/// Text that stands between tags.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_a_page_and_others_the_problem() {
        let kind = |accept: &'static str| {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            let response = answer(&headers, Problem::timeout());
            assert_eq!(response.status(), 503);
            assert!(response.headers().contains_key(header::RETRY_AFTER));
            response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_string()
        };
        assert_eq!(kind("text/html,application/xhtml+xml,*/*;q=0.8"), "text/html; charset=utf-8");
        assert_eq!(kind("*/*"), "application/problem+json");
        assert!(page("T", "a <b> & c").contains("<p>a &lt;b&gt; &amp; c.</p>"));
    }
}
