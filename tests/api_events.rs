//! Over HTTP: a standing set's changes as server-sent events.

mod support;

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::time::Duration;
use support::{Server, store, tombstone};

const SET: &str = "/api/v1/sets/hotels";
/// A stream on which nothing comes for so long is broken.
const PATIENCE: Duration = Duration::from_secs(60);
/// As many as a tenant may have.
const STREAMS_MAX: usize = 32;

/// An open stream.
struct Events(Box<dyn BufRead>);

#[derive(Debug, Default, PartialEq)]
struct Event {
    kind: String,
    id: Option<u64>,
    data: Value,
}

impl Events {
    fn open(server: &Server, query: &str, last: Option<u64>) -> Result<Events, u16> {
        let config =
            ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false).proxy(None);
        let agent: ureq::Agent = config.build().into();
        let mut request =
            agent.get(format!("{}{SET}/events{query}", server.url)).header("authorization", server.bearer());
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let response = request.call().unwrap();
        match response.status().as_u16() {
            200 => {
                assert_eq!(response.headers()["content-type"], "text/event-stream");
                Ok(Events(Box::new(BufReader::new(response.into_body().into_reader()))))
            }
            status => Err(status),
        }
    }

    /// The next event; `None` where the stream has ended.
    fn next(&mut self) -> Option<Event> {
        let (mut event, mut line) = (Event::default(), String::new());
        while self.0.read_line(&mut line).unwrap() > 0 {
            match line.trim_end().split_once(": ") {
                Some(("event", kind)) => event.kind = kind.into(),
                Some(("id", id)) => event.id = Some(id.parse().unwrap()),
                Some(("data", data)) => event.data = serde_json::from_str(data).unwrap(),
                Some((field, _)) => assert_eq!(field, "", "{line}"),
                None if event.kind.is_empty() => {}
                None => return Some(event),
            }
            line.clear();
        }
        None
    }

    /// `ENTERED s1` of the next event, and its id.
    fn told(&mut self) -> (String, Option<u64>) {
        let event = self.next().unwrap();
        assert_eq!(event.kind, "change");
        let text = |name: &str| event.data[name].as_str().unwrap().to_owned();
        (format!("{} {}", text("change"), text("contentId")), event.id)
    }
}

fn hotels(ids: &[&str], version: i64) -> Vec<Value> {
    ids.iter().map(|id| store(id, version, &json!({ "storeName": "Harbour Hotel" }))).collect()
}

fn make(server: &Server) {
    let body = json!({ "rules": "STORE { storeName ~ \"hotel\" }", "targetWallet": "GCASH" });
    assert_eq!(server.put(SET, &body).status, 201);
}

#[test]
fn changes_come_as_they_happen_and_a_stream_resumes_where_it_broke_off() {
    let server = Server::start();
    assert_eq!(Events::open(&server, "", None).err(), Some(404));
    server.sync(&hotels(&["s1", "s2"], 1));
    make(&server);
    let mut events = Events::open(&server, "", None).unwrap();
    assert_eq!(events.told(), ("ENTERED s1".into(), None), "inside a record there is nothing to resume after");
    let (second, id) = events.told();
    assert_eq!((second.as_str(), id.is_some()), ("ENTERED s2", true));
    server.sync(&hotels(&["s3"], 1));
    assert_eq!(events.told().0, "ENTERED s3");
    drop(events);
    server.sync(&[tombstone("STORE", "s1", 2)]);
    let server = server.kill_and_restart();

    let mut resumed = Events::open(&server, "?after=0", id).unwrap();
    assert_eq!([resumed.told().0, resumed.told().0], ["ENTERED s3", "LEFT s1"]);
    let mut after = Events::open(&server, &format!("?after={}", id.unwrap()), None).unwrap();
    let event = after.next().unwrap();
    let page = server.get(&format!("{SET}/changes?after={}", id.unwrap())).json();
    assert_eq!((&event.data, event.id), (&page["changes"][0], page["changes"][0]["seq"].as_u64()));
    let mut deliverable = Events::open(&server, "?of=deliverable", None).unwrap();
    server.put("/api/v1/wallets/GCASH/policies/STORE", &json!({ "required": [], "version": 1 }));
    assert_eq!([deliverable.told().0, deliverable.told().0], ["ENTERED s2", "ENTERED s3"]);
    // A set made again by the name is another set.
    server.delete(SET);
    make(&server);
    for stream in [&mut resumed, &mut deliverable] {
        assert_eq!(stream.next().unwrap().kind, "gone");
        assert_eq!(stream.next(), None);
    }
}

#[test]
fn a_large_set_comes_whole() {
    let server = Server::start();
    let items: Vec<Value> = (0..5_000).flat_map(|n| hotels(&[&format!("s{n}")], 1)).collect();
    items.chunks(50).for_each(|batch| drop(server.sync(batch)));
    make(&server);
    let mut events = Events::open(&server, "", None).unwrap();
    let told: Vec<_> = (0..5_000).map(|_| events.told()).collect();
    assert_eq!(told.iter().filter(|(_, id)| id.is_some()).count(), 1, "one record, one id");
    assert!(told[4_999].1.is_some());
}

#[test]
fn streams_are_bounded_and_end_when_the_server_stops() {
    let mut server = Server::start();
    server.sync(&hotels(&["s1"], 1));
    make(&server);
    let mut open: Vec<Events> = (0..STREAMS_MAX).map(|_| Events::open(&server, "", None).unwrap()).collect();
    assert_eq!(Events::open(&server, "", None).err(), Some(429));
    open.truncate(1);
    // The server notices a client that has gone, sooner or later.
    let mut again = loop {
        match Events::open(&server, "", None) {
            Ok(events) => break events,
            Err(status) => assert_eq!(status, 429),
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(again.told().0, "ENTERED s1");
    assert!(server.stop().success());
    assert_eq!(again.next(), None);
}
