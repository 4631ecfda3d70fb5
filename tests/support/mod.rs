//! A real server for API tests: the binary, a data folder of its own, a free port, and a client.

// Each test binary uses its own part of it.
#![allow(dead_code)]

pub mod market;
pub mod team;

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The binary under test.
pub const PENSTOCK: &str = env!("CARGO_BIN_EXE_penstock");
/// How long a start may take.
const READY_TIME_MAX: Duration = Duration::from_secs(60);

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    folder: Arc<tempfile::TempDir>,
    arguments: Vec<String>,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// A key of tenant `T`.
    pub key: String,
    agent: ureq::Agent,
}

/// An answer.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Header names are in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

impl Server {
    /// A server on an empty folder.
    pub fn start() -> Server {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Server::on(folder, &[])
    }

    /// A server on an empty folder, with more arguments.
    pub fn start_with(arguments: &[&str]) -> Server {
        Server::on(Arc::new(tempfile::tempdir().unwrap()), arguments)
    }

    fn on(folder: Arc<tempfile::TempDir>, arguments: &[&str]) -> Server {
        let mut child = Command::new(PENSTOCK)
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--data"])
            .arg(folder.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}")).to_string();
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None);
        let arguments = arguments.iter().map(|argument| argument.to_string()).collect();
        let mut server = Server { child, folder, arguments, url, key: String::new(), agent: config.build().into() };
        server.wait_ready();
        server.key = server.add_key("T");
        server
    }

    fn wait_ready(&self) {
        let started = Instant::now();
        while self.get("/readyz").status != 200 {
            assert!(started.elapsed() < READY_TIME_MAX, "not ready in time");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Another key, for a tenant.
    pub fn add_key(&self, tenant: &str) -> String {
        let output = penstock(&["key", "add", "--data", self.data().to_str().unwrap(), "--tenant", tenant]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_string()
    }

    /// Kills the process at once (SIGKILL) and starts another on the same folder, with the same arguments. Keys stand; the port is
    /// another.
    pub fn kill_and_restart(mut self) -> Server {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.another()
    }

    fn another(&self) -> Server {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        Server::on(self.folder.clone(), &arguments)
    }

    /// Kills the process at once (SIGKILL), for clients on other threads to notice.
    pub fn kill(&self) {
        let killed = Command::new("kill").args(["-9", &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
    }

    /// Asks it to stop (SIGTERM), waits for it, and starts another on the same folder.
    pub fn stop_and_restart(mut self) -> Server {
        assert!(self.stop().success());
        self.another()
    }

    /// Asks it to stop (SIGTERM) and waits for it.
    pub fn stop(&mut self) -> std::process::ExitStatus {
        let killed = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(killed.success());
        self.child.wait().unwrap()
    }

    /// Any request: method, path, headers, body.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_request(method, path, headers, body).unwrap_or_else(|| panic!("{method} {path}: the server went away"))
    }

    /// Any request; `None` when the server goes away before it answers.
    pub fn try_request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).unwrap();
        let mut response =
            self.agent.run(self.agent.configure_request(request).allow_non_standard_methods(true).build());
        let response = response.as_mut().ok()?;
        let text = |value: &ureq::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Some(Answer {
            status: response.status().as_u16(),
            headers: response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: response.body_mut().with_config().limit(1 << 30).read_to_vec().ok()?,
        })
    }

    /// GET with the key.
    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[("authorization", &self.bearer())], b"")
    }

    /// POST of JSON with the key.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_bytes(path, &[], body.to_string().as_bytes())
    }

    /// PUT of JSON with the key.
    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.send_bytes("PUT", path, &[], body.to_string().as_bytes())
    }

    /// DELETE with the key.
    pub fn delete(&self, path: &str) -> Answer {
        self.request("DELETE", path, &[("authorization", &self.bearer())], b"")
    }

    /// POST of a JSON body as it is, with the key and more headers.
    pub fn post_bytes(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.send_bytes("POST", path, headers, body)
    }

    fn send_bytes(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let bearer = self.bearer();
        let mut all = vec![("authorization", bearer.as_str())];
        if headers.iter().all(|(name, _)| *name != "content-type") {
            all.push(("content-type", "application/json"));
        }
        all.extend_from_slice(headers);
        self.request(method, path, &all, body)
    }

    /// The `Authorization` header's value.
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.key)
    }

    /// Sends items; the answer's status is 200.
    pub fn sync(&self, items: &[Value]) -> Value {
        let answer = self.post(SYNC, &json!({ "contents": items }));
        assert_eq!(answer.status, 200, "{:?}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    /// Sends items; `None` when the server goes away before it answers.
    pub fn try_sync(&self, items: &[Value]) -> Option<Value> {
        let body = json!({ "contents": items }).to_string();
        let request = self.agent.post(format!("{}{SYNC}", self.url));
        let request = request.header("authorization", self.bearer()).header("content-type", "application/json");
        let mut response = request.send(body).ok()?;
        assert_eq!(response.status().as_u16(), 200);
        let text = response.body_mut().read_to_string().ok()?;
        Some(serde_json::from_str(&text).unwrap())
    }

    /// Sends items; their outcomes.
    pub fn outcomes(&self, items: &[Value]) -> Vec<String> {
        outcomes(&self.sync(items))
    }

    /// A preview; the answer's status is 200.
    pub fn preview(&self, rules: &str, limit: u64, after: Option<&str>) -> Value {
        let answer = self.post("/api/v1/preview", &json!({ "rules": rules, "limit": limit, "after": after }));
        assert_eq!(answer.status, 200, "{rules}: {:?}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    /// How many items match.
    pub fn matched(&self, rules: &str) -> u64 {
        self.preview(rules, 0, None)["counts"]["matched"].as_u64().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have stopped already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Items of the bundled content, without the tenants of their own.
pub fn sample(file: &str) -> Vec<Value> {
    let file = std::fs::File::open(repository("demo").join(file)).unwrap();
    let text = String::from_utf8(zstd::decode_all(file).unwrap()).unwrap();
    let mut items: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    items.iter_mut().for_each(|item| drop(item.as_object_mut().unwrap().remove("tntInstId")));
    items
}

/// The seed's endpoint.
pub const SYNC: &str = "/asap/synchronizeContent";

/// `outcome` of each item of an answer.
pub fn outcomes(answer: &Value) -> Vec<String> {
    let results = answer["itemResults"].as_array().unwrap_or_else(|| panic!("no itemResults: {answer}"));
    results.iter().map(|result| result["outcome"].as_str().unwrap().to_string()).collect()
}

/// A valid STORE.
pub fn store(id: &str, version: i64, info: &Value) -> Value {
    item("STORE", id, version, info)
}

/// A valid item.
pub fn item(content_type: &str, id: &str, version: i64, info: &Value) -> Value {
    json!({
        "contentType": content_type, "contentId": id, "contentVersion": version, "contentStatus": 1,
        "contentInfo": info.to_string(),
    })
}

/// A tombstone.
pub fn tombstone(content_type: &str, id: &str, version: i64) -> Value {
    json!({ "contentType": content_type, "contentId": id, "contentVersion": version, "contentStatus": 0 })
}

/// Runs the binary to its end.
pub fn penstock(arguments: &[&str]) -> Output {
    Command::new(PENSTOCK).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// Runs the binary to its end, with this on its standard input.
pub fn given(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(PENSTOCK);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that reads nothing may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// A path of this repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
