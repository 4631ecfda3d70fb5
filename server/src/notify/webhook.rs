//! Webhooks: a CloudEvents 1.0 envelope in JSON, signed as Standard Webhooks says.

use super::address::Guard;
use super::channel::{Channel, Failure};
use super::endpoints::SECRET_PREFIX;
use super::kind::Kind;
use super::outbox::Letter;
use super::store::Notices;
use super::told::Told;
use crate::private::now_ms;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;
use std::sync::Arc;
use std::time::Duration;
use ureq::unversioned::transport::DefaultConnector;

/// How long an endpoint may take to answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(15);
/// An endpoint that is gone says so.
const GONE: u16 = 410;

/// The channel to all endpoints; a lane is an endpoint's number.
pub struct Webhooks {
    notices: Arc<Notices>,
    agent: ureq::Agent,
}

impl Webhooks {
    /// The endpoints that are in the file; on this machine too if `loopback` says so.
    pub fn new(notices: Arc<Notices>, loopback: bool) -> Webhooks {
        // No redirects: they would lead where nobody has looked. No proxy: it would resolve names by itself. No connection is
        // kept, so that every letter's way is looked at.
        let config = ureq::config::Config::builder()
            .proxy(None)
            .max_redirects(0)
            .max_idle_connections(0)
            .https_only(!loopback)
            .http_status_as_error(false)
            .timeout_global(Some(ANSWER_TIME_MAX))
            .user_agent(concat!("penstock/", env!("CARGO_PKG_VERSION")))
            .build();
        let agent = ureq::Agent::with_parts(config, DefaultConnector::default(), Guard { loopback });
        Webhooks { notices, agent }
    }

    fn send_one(&self, lane: &str, letter: &Letter) -> Result<(), Failure> {
        let endpoint = self.notices.endpoint(lane).map_err(|e| Failure::Again(e.to_string()))?;
        let (url, secret) = endpoint.ok_or_else(|| Failure::Never("the webhook was removed".to_string()))?;
        let body = body(&letter.told);
        let timestamp = now_ms() / 1_000;
        let signature = sign(&secret, &letter.told.id, timestamp, &body)
            .ok_or_else(|| Failure::Never("the webhook's secret cannot be read; make it anew".to_string()))?;
        let sent = self
            .agent
            .post(url)
            .header("content-type", "application/cloudevents+json")
            .header("webhook-id", &letter.told.id)
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", signature)
            .send(body);
        match sent {
            Err(error) => Err(Failure::Again(error.to_string())),
            Ok(response) => match response.status().as_u16() {
                200..300 => Ok(()),
                GONE => Err(self.stop(lane)),
                status => Err(Failure::Again(format!("it answered {status}"))),
            },
        }
    }
}

impl Webhooks {
    /// Who wants no more letters gets none, also not those that wait.
    fn stop(&self, lane: &str) -> Failure {
        let why = "it answered 410: it wants no more letters; a replay begins anew";
        if let Err(error) = self.notices.stop_endpoint(lane, why, now_ms()) {
            tracing::warn!(%error, lane, "a webhook that wants no more letters cannot be stopped");
        }
        Failure::Never(why.to_string())
    }
}

impl Channel for Webhooks {
    fn send(&self, lane: &str, letters: &[Letter]) -> (usize, Result<(), Failure>) {
        (1, letters.first().map_or(Ok(()), |letter| self.send_one(lane, letter)))
    }
}

/// The envelope (CloudEvents 1.0, structured JSON).
#[derive(Serialize)]
struct Envelope<'a> {
    specversion: &'static str,
    id: &'a str,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    subject: String,
    time: Option<String>,
    datacontenttype: &'static str,
    data: &'a Told,
}

/// What is sent; the same each time.
fn body(told: &Told) -> String {
    super::store::json(&Envelope {
        specversion: "1.0",
        id: &told.id,
        source: format!("/wallets/{}", told.source_wallet),
        kind: type_of(told.kind),
        subject: match told.task.is_empty() {
            true => format!("/wallets/{}/supply", told.target_wallet),
            false => told.task.clone(),
        },
        time: jiff::Timestamp::from_millisecond(told.at).ok().map(|time| time.to_string()),
        datacontenttype: "application/json",
        data: told,
    })
}

/// The `type` of an envelope.
fn type_of(kind: Kind) -> String {
    format!("penstock.{}", kind.name())
}

/// The `webhook-signature` of a body (Standard Webhooks 1.0.0); none where the secret is none.
fn sign(secret: &str, id: &str, timestamp: i64, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(SECRET_PREFIX)?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::super::store::tests::telling;
    use super::*;
    use serde_json::Value;

    /// The vector of the standard's own libraries.
    #[test]
    fn signatures_are_the_standards() {
        let signed = sign(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
        assert_eq!(sign("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "a", 1, ""), None);
        assert_eq!(sign("whsec_~", "a", 1, ""), None);
    }

    #[test]
    fn the_envelope_has_what_cloudevents_asks_for() {
        let told = Told { at: 1_577_262_236_757, ..telling(1, &[]).told };
        let read: Value = serde_json::from_str(&body(&told)).unwrap();
        for (name, wanted) in [
            ("specversion", "1.0"),
            ("id", "msg_1"),
            ("source", "/wallets/HK"),
            ("type", "penstock.ticket.opened"),
            ("subject", "HK-1"),
            ("time", "2019-12-25T08:23:56.757Z"),
            ("datacontenttype", "application/json"),
        ] {
            assert_eq!(read[name], wanted, "{name}");
        }
        assert_eq!(read["data"]["kind"], "ticket.opened");
    }
}
