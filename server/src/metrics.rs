//! What `/metrics` tells Prometheus.
//!
//! Names and labels stand here alone; labels come from closed sets or from the tenants that have keys, never from content.

use crate::app::App;
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::IntoResponse;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use penstock_dsl::registry::ContentType;
use penstock_engine::api::{Outcome, TenantId, TenantStatus};
use std::collections::HashMap;
use std::time::Duration;

const REQUESTS: &str = "penstock_http_requests_total";
const LATENCY: &str = "penstock_http_request_seconds";
const ITEMS: &str = "penstock_sync_items_total";
const ISSUES: &str = "penstock_sync_issues_total";
const BATCHES: &str = "penstock_sync_batches_total";
const CLIENT_LAG: &str = "penstock_sync_client_lag_seconds";
const SEQ: &str = "penstock_seq";
const INDEXED_SEQ: &str = "penstock_indexed_seq";
const LAG: &str = "penstock_index_lag_items";
const LIVE: &str = "penstock_items";
const TOMBSTONES: &str = "penstock_tombstones";
const CATALOG_BYTES: &str = "penstock_catalog_bytes";
const CHECKED: &str = "penstock_self_check_sets_total";
const DIFFERING: &str = "penstock_self_check_differing_total";
const NOTICES: &str = "penstock_notices_total";
const WAITING: &str = "penstock_outbox_letters";
const DEAD: &str = "penstock_outbox_dead_letters";
const UNCHECKED: &str = "penstock_self_check_failed_total";

/// Installs the recorder of this process; call once.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    const LATENCIES_S: [f64; 14] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.06, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];
    const CLIENT_LAGS_S: [f64; 8] = [0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, 21600.0, 86400.0];
    let handle = PrometheusBuilder::new()
        .set_buckets(&LATENCIES_S)?
        .set_buckets_for_metric(Matcher::Full(CLIENT_LAG.to_string()), &CLIENT_LAGS_S)?
        .install_recorder()?;
    describe();
    Ok(handle)
}

fn describe() {
    describe_counter!(REQUESTS, "HTTP requests by route, method and status");
    describe_histogram!(LATENCY, "Time from a request's headers to its answer, seconds");
    describe_counter!(BATCHES, "synchronizeContent requests by resultStatus");
    describe_counter!(ITEMS, "Submitted items by tenant, content type and outcome");
    describe_counter!(
        ISSUES,
        "Issues of submitted items by tenant and code; alias codes count who still sends aliases"
    );
    describe_histogram!(CLIENT_LAG, "From a request's requestTime to its arrival, seconds");
    describe_gauge!(SEQ, "The last folded record of a tenant's log");
    describe_gauge!(INDEXED_SEQ, "The last record that the index has committed");
    describe_gauge!(LAG, "Items acknowledged and not yet in the index");
    describe_gauge!(LIVE, "Live items by content type");
    describe_gauge!(TOMBSTONES, "Deleted items whose version is kept");
    describe_gauge!(CATALOG_BYTES, "Estimated heap of the catalog, bytes");
    describe_counter!(CHECKED, "Standing sets that the self-check has compared with their rules");
    describe_counter!(DIFFERING, "Of them those that differ: alarm at any");
    describe_counter!(
        NOTICES,
        "Notices by channel and outcome: kept in inboxes; letters sent, failed (and tried again) or dead"
    );
    describe_gauge!(WAITING, "Letters that wait in the outbox, by channel");
    describe_gauge!(DEAD, "Letters that could not be sent, by channel");
    describe_counter!(UNCHECKED, "Of them those that could not be compared: alarm at any");
}

/// Counts a request.
pub fn request(method: &Method, route: &str, status: StatusCode, elapsed: Duration) {
    let method = match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        _ => "other",
    };
    let (route, status) = (route.to_owned(), status.as_u16().to_string());
    counter!(REQUESTS, "method" => method, "route" => route.clone(), "status" => status.clone()).increment(1);
    histogram!(LATENCY, "route" => route, "status" => status).record(elapsed.as_secs_f64());
}

/// Counts one answered batch by its `resultStatus`.
pub fn batch(status: &'static str) {
    counter!(BATCHES, "status" => status).increment(1);
}

/// Records how long a batch took to arrive; clocks that disagree by more than a year are no clocks.
pub fn client_lag(request_time_ms: i64, received_ms: i64) {
    const YEAR_MS: i64 = 366 * 86_400_000;
    let lag_ms = received_ms.saturating_sub(request_time_ms);
    if (-YEAR_MS..YEAR_MS).contains(&lag_ms) {
        histogram!(CLIENT_LAG).record(lag_ms.max(0) as f64 / 1e3);
    }
}

/// Adds up a batch's outcomes and issues, so that counters are touched once a batch.
#[derive(Default)]
pub struct Tally {
    items: HashMap<(&'static str, &'static str), u64>,
    issues: HashMap<&'static str, u64>,
}

impl Tally {
    /// Counts an item; `None` is a content type that could not be read.
    pub fn item(
        &mut self,
        content_type: Option<ContentType>,
        outcome: Outcome,
        codes: impl Iterator<Item = &'static str>,
    ) {
        let content_type = content_type.map_or("unknown", ContentType::name);
        *self.items.entry((content_type, crate::sync::outcome_name(outcome))).or_default() += 1;
        for code in codes {
            *self.issues.entry(code).or_default() += 1;
        }
    }

    /// Adds the counts to the process's.
    pub fn publish(self, tenant: &TenantId) {
        let tenant = tenant.0.to_string();
        for ((content_type, outcome), count) in self.items {
            let labels = [("tenant", tenant.clone()), ("type", content_type.into()), ("outcome", outcome.into())];
            counter!(ITEMS, &labels).increment(count);
        }
        for (code, count) in self.issues {
            counter!(ISSUES, "tenant" => tenant.clone(), "code" => code).increment(count);
        }
    }
}

/// Counts notices of a channel.
pub fn notice(channel: &str, outcome: &'static str, count: u64) {
    counter!(NOTICES, "channel" => channel.to_owned(), "outcome" => outcome).increment(count);
}

/// The ways out of the outbox.
const CHANNELS: [&str; 4] = ["dingtalk", "file", "mail", "webhook"];

/// `GET /metrics`
pub async fn render(State(app): State<App>) -> impl IntoResponse {
    if let Some(engine) = app.engine() {
        engine.status().iter().for_each(publish_status);
        let check = engine.self_check();
        counter!(CHECKED).absolute(check.sets);
        counter!(DIFFERING).absolute(check.differing);
        counter!(UNCHECKED).absolute(check.failed);
    }
    match app.notices(|notices| notices.depths()).await {
        Ok(depths) => CHANNELS.into_iter().for_each(|channel| {
            // A channel whose letters have all gone is at nought.
            let (_, waiting, dead) = depths.iter().find(|depth| depth.0 == channel).cloned().unwrap_or_default();
            gauge!(WAITING, "channel" => channel).set(waiting as f64);
            gauge!(DEAD, "channel" => channel).set(dead as f64);
        }),
        Err(error) => tracing::warn!(%error, "the outbox cannot be counted"),
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics().render())
}

fn publish_status(status: &TenantStatus) {
    let tenant = status.tenant.0.to_string();
    gauge!(SEQ, "tenant" => tenant.clone()).set(status.seq as f64);
    gauge!(INDEXED_SEQ, "tenant" => tenant.clone()).set(status.indexed_seq as f64);
    gauge!(LAG, "tenant" => tenant.clone()).set(status.overlay_items as f64);
    gauge!(TOMBSTONES, "tenant" => tenant.clone()).set(status.tombstones as f64);
    gauge!(CATALOG_BYTES, "tenant" => tenant.clone()).set(status.catalog_bytes as f64);
    for content_type in ContentType::ALL {
        let live = status.items[content_type.index()];
        gauge!(LIVE, "tenant" => tenant.clone(), "type" => content_type.name()).set(live as f64);
    }
}
