//! One batch to the server and its answers back: trying again when it is busy, halving what it refuses whole.

use super::super::client::{Client, Reply};
use super::feed::Line;
use serde::Deserialize;
use std::time::{Duration, Instant};

/// The first pause before trying again; each next one is twice as long.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// The longest pause that a server may ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);

/// What a line came to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Told {
    /// Canonical content type, if there is one.
    pub content_type: Option<String>,
    /// `APPLIED` ...
    pub outcome: String,
    /// Findings.
    pub issues: Vec<Issue>,
}

/// A finding.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Issue {
    /// Stable code.
    pub code: String,
    /// `ERROR` ...
    pub severity: String,
    /// Into the item.
    pub pointer: String,
    /// What was found.
    pub message: String,
}

impl Told {
    /// A line that never got to be an item.
    pub fn refused(code: &str, message: &str) -> Told {
        let (code, severity, pointer, message) = (code.into(), "ERROR".into(), String::new(), message.into());
        let issues = vec![Issue { code, severity, pointer, message }];
        Told { content_type: None, outcome: "INVALID".into(), issues }
    }

    /// Whether the item is not in the store for a reason that is the item's.
    pub fn is_refused(&self) -> bool {
        !matches!(self.outcome.as_str(), "APPLIED" | "DUPLICATE" | "STALE_IGNORED")
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    result: ResultInfo,
    #[serde(default)]
    item_results: Vec<Told>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResultInfo {
    result_code: String,
    result_status: String,
    #[serde(default)]
    result_message: String,
}

/// The server stayed busy or gone; the same lines may go through later.
#[derive(Debug, thiserror::Error)]
#[error("gave up after {seconds} s: {words}")]
pub struct GaveUp {
    seconds: u64,
    words: String,
}

/// What to do with a reply.
enum Step {
    Told(Vec<Told>),
    Again(String, Option<Duration>),
    /// Refused whole: code and words.
    Refused(String, String),
    Abort(String),
}

/// Sends lines by one key.
pub struct Sender<'a> {
    /// The server.
    pub client: &'a Client,
    /// The key.
    pub key: &'a str,
    /// How long to try again.
    pub patience: Duration,
}

impl Sender<'_> {
    /// Sends lines until each has its answer, in order. An error is a reason to stop loading.
    pub fn send(&self, lines: &[Line]) -> anyhow::Result<Vec<Told>> {
        let body = body(lines);
        let (mut pause, mut since) = (PAUSE_FIRST, None);
        loop {
            let step = match self.client.post(crate::sync::PATH, self.key, body.as_bytes()) {
                Ok(reply) => step(&reply, lines.len()),
                Err(error) => Step::Again(error.to_string(), None),
            };
            match step {
                Step::Told(told) => return Ok(told),
                Step::Abort(words) => anyhow::bail!(words),
                Step::Refused(code, words) if lines.len() == 1 => return Ok(vec![Told::refused(&code, &words)]),
                Step::Refused(..) => {
                    let (left, right) = lines.split_at(lines.len() / 2);
                    let mut told = self.send(left)?;
                    told.extend(self.send(right)?);
                    return Ok(told);
                }
                Step::Again(words, retry_after) => {
                    let first: Instant = *since.get_or_insert_with(Instant::now);
                    if first.elapsed() >= self.patience {
                        return Err(GaveUp { seconds: self.patience.as_secs(), words }.into());
                    }
                    std::thread::sleep(retry_after.map_or(pause, |asked| asked.min(RETRY_AFTER_MAX)));
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
    }
}

fn step(reply: &Reply, lines: usize) -> Step {
    match reply.status {
        401 | 403 => return Step::Abort(reply.words()),
        408 | 429 | 500.. => return Step::Again(reply.words(), reply.retry_after),
        _ => {}
    }
    let Ok(answer) = serde_json::from_slice::<Answer>(&reply.body) else {
        return Step::Abort(format!("this is no answer of a Penstock server: HTTP {}", reply.status));
    };
    match answer.result.result_status.as_str() {
        "U" => Step::Again(answer.result.result_message, None),
        _ if answer.item_results.len() == lines => Step::Told(answer.item_results),
        _ => Step::Refused(answer.result.result_code, answer.result.result_message),
    }
}

fn body(lines: &[Line]) -> String {
    let bytes: usize = lines.iter().map(|line| line.json.len() + 1).sum();
    let mut body = String::with_capacity(bytes + 16);
    body.push_str("{\"contents\":[");
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            body.push(',');
        }
        body.push_str(&line.json);
    }
    body.push_str("]}");
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, body: &str) -> &'static str {
        let reply = Reply { status, retry_after: None, body: body.into() };
        match step(&reply, 2) {
            Step::Told(_) => "told",
            Step::Again(..) => "again",
            Step::Refused(..) => "refused",
            Step::Abort(_) => "abort",
        }
    }

    #[test]
    fn a_reply_is_taken_tried_again_halved_or_the_end() {
        let result = |status: &str, items: &str| {
            let info = format!(r#"{{"resultCode":"X","resultStatus":"{status}","resultMessage":"m"}}"#);
            format!(r#"{{"result":{info},"itemResults":{items}}}"#)
        };
        let two = r#"[{"outcome":"APPLIED","issues":[]},{"outcome":"INVALID","issues":[]}]"#;
        assert_eq!(told(200, &result("S", two)), "told");
        assert_eq!(told(200, &result("F", two)), "told");
        assert_eq!(told(200, &result("U", "[]")), "again");
        assert_eq!(told(200, &result("F", "[]")), "refused");
        assert_eq!(told(413, &result("F", "[]")), "refused");
        assert_eq!(told(400, &result("F", "[]")), "refused");
        for status in [408, 429, 500, 502, 503] {
            assert_eq!(told(status, "busy"), "again");
        }
        assert_eq!(told(401, "{}"), "abort");
        assert_eq!(told(404, "<html>"), "abort");
        assert_eq!(told(200, "<html>"), "abort");
    }
}
