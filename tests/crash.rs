//! kill -9 of the server while merchants push, again and again: nothing acknowledged is lost, nothing older wins.

mod support;

use serde_json::json;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use support::{Server, item, tombstone};

/// Kills in one run.
const KILLS: usize = 50;
const CLIENTS: usize = 3;
/// Items that each client owns, so that what it acknowledged is what must be there.
const ITEMS_A_CLIENT: usize = 60;

/// What a client knows of its items: the highest version acknowledged, and the highest sent.
#[derive(Clone, Copy, Default)]
struct Known {
    acknowledged: i64,
    sent: i64,
}

fn content(id: &str, version: i64) -> serde_json::Value {
    if version % 17 == 0 {
        return tombstone("STORE", id, version);
    }
    item("STORE", id, version, &json!({ "storeName": format!("Store {id}"), "ext": version, "city": "x" }))
}

/// Pushes until the server goes away. Now and then an old version is sent again, which must never win.
fn push(server: &Server, client: usize, known: &mut HashMap<String, Known>, until: Instant) {
    let mut turn = 0;
    while Instant::now() < until {
        turn += 1;
        let mut batch = Vec::new();
        let mut sent = Vec::new();
        for n in 0..10 {
            let id = format!("c{client}-{}", (turn * 7 + n * 3) % ITEMS_A_CLIENT);
            let state = known.entry(id.clone()).or_default();
            let version = if (turn + n) % 5 == 0 && state.sent > 1 { state.sent - 1 } else { state.sent + 1 };
            state.sent = state.sent.max(version);
            batch.push(content(&id, version));
            sent.push((id, version));
        }
        let Some(answer) = server.try_sync(&batch) else { return };
        for ((id, version), result) in sent.iter().zip(answer["itemResults"].as_array().unwrap()) {
            match result["outcome"].as_str().unwrap() {
                "APPLIED" | "DUPLICATE" | "STALE_IGNORED" => {
                    let state = known.get_mut(id).unwrap();
                    state.acknowledged = state.acknowledged.max(*version);
                }
                outcome => panic!("{id} {version}: {outcome}"),
            }
        }
    }
}

/// Every item is at a version that was sent and is not below what was acknowledged.
fn check(server: &Server, known: &HashMap<String, Known>, kill: usize) {
    let mut found = HashMap::new();
    let mut after = None;
    loop {
        let page = server.preview("STORE { all }", 1_000, after.as_deref());
        for item in page["items"].as_array().unwrap() {
            found.insert(item["contentId"].as_str().unwrap().to_string(), item["contentVersion"].as_i64().unwrap());
        }
        after = page["next"].as_str().map(str::to_owned);
        if after.is_none() {
            break;
        }
    }
    for (id, state) in known {
        match found.get(id) {
            Some(version) => assert!(
                (state.acknowledged..=state.sent).contains(version) && version % 17 != 0,
                "kill {kill}: {id} is at {version}, acknowledged {}, sent {}",
                state.acknowledged,
                state.sent
            ),
            // Gone: only where a tombstone at or after what was acknowledged was sent.
            None => assert!(
                state.acknowledged == 0 || (state.acknowledged..=state.sent).any(|v| v % 17 == 0),
                "kill {kill}: {id} is missing, acknowledged {}, sent {}",
                state.acknowledged,
                state.sent
            ),
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_older_wins_over_fifty_kills() {
    let mut server = Server::start();
    let mut known: Vec<HashMap<String, Known>> = vec![HashMap::new(); CLIENTS];
    for kill in 0..KILLS {
        // From some milliseconds to beyond an index commit, so that kills fall into every stage.
        let load = Duration::from_millis(30 + (kill as u64 * 97) % 1_400);
        std::thread::scope(|scope| {
            let shared = &server;
            for (client, known) in known.iter_mut().enumerate() {
                scope.spawn(move || push(shared, client, known, Instant::now() + load + Duration::from_secs(1)));
            }
            std::thread::sleep(load);
            shared.kill();
        });
        server = server.kill_and_restart();
        known.iter().for_each(|known| check(&server, known, kill));
    }
    let acknowledged: i64 = known.iter().flat_map(HashMap::values).map(|k| k.acknowledged).sum();
    assert!(acknowledged > 1_000, "the load was no load: {acknowledged} versions");
}
