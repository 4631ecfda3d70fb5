//! The HTTP client of the commands that talk to a server.

use serde::Deserialize;
use std::time::Duration;

/// The largest answer that is read, bytes: 1,000 items of 1 MiB would be more than anyone looks at.
const ANSWER_BYTES_MAX: u64 = 256 * 1024 * 1024;
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// Longer than the server takes for anything.
const CALL_TIME_MAX: Duration = Duration::from_secs(90);

/// A server; clones share its connections.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    url: String,
}

/// An answer, whatever its status.
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// `Retry-After`, if it is in seconds.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Vec<u8>,
}

impl Client {
    /// A client of the server at `url`, for up to `connections` at once.
    pub fn new(url: &str, connections: usize) -> Client {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_TIME_MAX))
            .timeout_per_call(Some(CALL_TIME_MAX))
            .max_idle_connections(connections)
            .max_idle_connections_per_host(connections)
            .proxy(None)
            .build();
        Client { agent: config.into(), url: url.trim_end_matches('/').to_string() }
    }

    /// Where the server is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Posts JSON.
    pub fn post(&self, path: &str, key: &str, json: &[u8]) -> Result<Reply, ureq::Error> {
        let request = self.agent.post(format!("{}{path}", self.url));
        let request = request.header("authorization", format!("Bearer {key}")).content_type("application/json");
        Reply::read(request.send(json)?)
    }

    /// Gets something that needs no key.
    pub fn get(&self, path: &str) -> Result<Reply, ureq::Error> {
        Reply::read(self.agent.get(format!("{}{path}", self.url)).call()?)
    }

    /// Waits until the server is ready; an error if it cannot be reached, or is not ready in time.
    pub fn wait_ready(&self, patience: Duration) -> anyhow::Result<()> {
        let started = std::time::Instant::now();
        loop {
            let reply = self.get("/readyz").map_err(|e| anyhow::anyhow!("no server at {}: {e}", self.url))?;
            match reply.status {
                200 => return Ok(()),
                503 if started.elapsed() < patience => std::thread::sleep(Duration::from_millis(100)),
                _ => anyhow::bail!("the server at {} is not ready: {}", self.url, reply.words()),
            }
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Words {
    detail: Option<String>,
    result_message: Option<String>,
}

impl Reply {
    fn read(mut response: ureq::http::Response<ureq::Body>) -> Result<Reply, ureq::Error> {
        let retry_after = response.headers().get("retry-after").and_then(|v| v.to_str().ok()?.parse().ok());
        Ok(Reply {
            status: response.status().as_u16(),
            retry_after: retry_after.map(Duration::from_secs),
            body: response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?,
        })
    }

    /// What the server says is wrong.
    pub fn words(&self) -> String {
        let words: Words = serde_json::from_slice(&self.body).unwrap_or_default();
        let said = words.detail.or(words.result_message);
        said.map_or_else(|| format!("HTTP {}", self.status), |said| format!("{said} (HTTP {})", self.status))
    }
}
