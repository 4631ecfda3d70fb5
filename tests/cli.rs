//! The command line against a real server.

mod support;

use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use support::{PENSTOCK, Server, given, item, penstock, store};

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs a command that talks to a server, by its key.
fn with(server: &Server, arguments: &[&str]) -> Output {
    let mut all = arguments.to_vec();
    all.extend(["--url", &server.url, "--key", &server.key]);
    penstock(&all)
}

/// A file beside the server's data.
fn file(server: &Server, name: &str, bytes: &[u8]) -> PathBuf {
    let path = server.data().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn lines(count: usize) -> String {
    (0..count)
        .map(|n| store(&format!("s{n}"), 1, &json!({ "storeName": format!("Store {n}") })).to_string() + "\n")
        .collect()
}

#[test]
fn keys_are_made_listed_and_revoked() {
    let server = Server::start();
    let data = server.data().to_str().unwrap();
    let made = penstock(&["key", "add", "--data", data, "--tenant", "GCASH", "--label", "a\u{1b}[31m"]);
    let key = stdout(&made).trim().to_string();
    assert!(key.starts_with("pk_") && key.len() > 50 && stdout(&made).lines().count() == 1, "{key}");
    let list = stdout(&penstock(&["key", "list", "--data", data]));
    assert!(
        list.contains("GCASH") && list.contains(&key[..11]) && !list.contains(&key) && !list.contains('\u{1b}'),
        "{list}"
    );
    let stored =
        ["keys.db", "keys.db-wal"].map(|name| std::fs::read(server.data().join(name)).unwrap_or_default()).concat();
    assert!(!stored.windows(key.len()).any(|window| window == key.as_bytes()), "the key itself is nowhere");
    assert!(penstock(&["key", "revoke", "--data", data, &key[..11]]).status.success());
    assert_eq!(penstock(&["key", "revoke", "--data", data, &key[..11]]).status.code(), Some(1));
    for bad in ["", "../x", "a b"] {
        assert_eq!(penstock(&["key", "add", "--data", data, "--tenant", bad]).status.code(), Some(2), "{bad:?}");
    }
}

#[test]
fn people_wallets_and_roles_are_made_listed_and_changed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let run = |arguments: &[&str], input: &str| {
        let (command, rest) = arguments.split_at(2);
        given(&[command, &["--data", data], rest].concat(), input)
    };
    let done = |arguments: &[&str], input: &str| {
        let output = run(arguments, input);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        stdout(&output)
    };
    let refused = |arguments: &[&str], input: &str, code: i32, words: &str| {
        let output = run(arguments, input);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(stderr(&output).contains(words), "{arguments:?}: {}", stderr(&output));
    };
    refused(&["wallet", "list"], "", 2, "there are no people in");
    assert!(!folder.path().join("people.db").exists(), "reading makes nothing");

    done(&["wallet", "add", "HK", "--kind", "source", "--time-zone", "UTC", "--display-name", "Hong Kong"], "");
    done(&["wallet", "add", "GCASH", "--kind", "target", "--drift-percent", "20"], "");
    done(&["wallet", "set", "GCASH", "--review", "parallel", "--drift-count", "500"], "");
    let wallets: serde_json::Value = serde_json::from_str(&done(&["wallet", "list", "--json"], "")).unwrap();
    let gcash = json!({
        "name": "GCASH", "displayName": "GCASH", "source": false, "target": true, "timeZone": "UTC",
        "review": "PARALLEL", "drift": { "percent": 20, "count": 500 },
    });
    assert_eq!((&wallets[0], &wallets[1]["review"]), (&gcash, &json!("SEQUENTIAL")));
    done(&["wallet", "set", "GCASH", "--drift-percent", "none"], "");
    assert!(done(&["wallet", "list"], "").contains("Hong Kong"));
    refused(&["wallet", "add", "HK", "--kind", "source"], "", 2, "there is a wallet HK already");
    refused(&["wallet", "add", "a.b", "--kind", "both"], "", 2, "no name of a target wallet");
    refused(&["wallet", "add", "X", "--kind", "target", "--time-zone", "Mars/Base"], "", 2, "no time zone");
    refused(&["wallet", "set", "NONE", "--review", "parallel"], "", 1, "there is no wallet");

    let password = "correct horse battery\n";
    done(&["user", "add", "maria", "--name", "Maria \u{202e}Lee", "--email", "m@example.com", "--no-password"], "");
    done(&["user", "add", "juan", "--password-stdin"], password);
    done(&["user", "disable", "juan"], "");
    let list = done(&["user", "list"], "");
    assert!(list.contains("m@example.com") && list.contains("disabled") && !list.contains('\u{202e}'), "{list}");
    refused(&["user", "add", "pat"], "", 2, "--password-stdin");
    refused(&["user", "add", "pat", "--password-stdin"], "short\n", 2, "at least 12 characters");
    refused(&["user", "add", "Pat", "--no-password"], "", 2, "no account id");
    refused(&["user", "add", "juan", "--no-password"], "", 2, "already");
    refused(&["user", "password", "pat", "--password-stdin"], password, 2, "there is no account");
    let stored =
        ["people.db", "people.db-wal"].map(|n| std::fs::read(folder.path().join(n)).unwrap_or_default()).concat();
    assert!(!stored.windows(13).any(|window| window == b"correct horse"), "the password itself is nowhere");

    done(&["role", "grant", "maria", "source_operator", "HK"], "");
    done(&["role", "grant", "maria", "AUDITOR"], "");
    let held: serde_json::Value = serde_json::from_str(&done(&["role", "list", "--json"], "")).unwrap();
    assert_eq!(held[1], json!({ "account": "maria", "role": "SOURCE_OPERATOR", "wallet": "HK" }));
    refused(&["role", "grant", "maria", "SOURCE_OPERATOR", "GCASH"], "", 2, "held at source wallets");
    refused(&["role", "grant", "maria", "KING", "HK"], "", 2, "KING");
    refused(&["wallet", "set", "HK", "--kind", "target"], "", 2, "maria is SOURCE_OPERATOR of HK");
    done(&["role", "revoke", "maria", "AUDITOR"], "");
    refused(&["role", "revoke", "maria", "AUDITOR"], "", 1, "nobody has that role");
}

#[test]
fn files_are_loaded_in_any_compression_and_again() {
    let server = Server::start();
    let text = lines(230);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let files = [
        file(&server, "a.ndjson", text.as_bytes()),
        file(&server, "a.gz", &gzip.finish().unwrap()),
        file(&server, "a.zst", &zstd::encode_all(text.as_bytes(), 1).unwrap()),
    ];
    for (at, path) in files.iter().enumerate() {
        let output = with(&server, &["load", path.to_str().unwrap()]);
        assert!(output.status.success(), "{}", stderr(&output));
        let summary = stdout(&output);
        assert!(summary.contains("230 lines") && summary.contains("0 refused"), "{summary}");
        let counts: Vec<&str> = summary.lines().find(|l| l.starts_with("STORE")).unwrap().split_whitespace().collect();
        let expected =
            if at == 0 { ["STORE", "230", "0", "0", "0", "0"] } else { ["STORE", "0", "230", "0", "0", "0"] };
        assert_eq!(counts, expected);
    }
    assert_eq!(server.matched("STORE { all }"), 230);
    let left = std::fs::read_dir(server.data()).unwrap().flatten();
    assert!(!left.map(|e| e.file_name()).any(|name| name.to_string_lossy().contains("progress")), "no notes are left");
}

#[test]
fn refused_lines_are_named_and_the_rest_is_loaded() {
    let server = Server::start();
    let deep = format!("{{\"contentId\":\"d\",\"x\":{}{}}}", "[".repeat(50), "]".repeat(50));
    let bad_type = "{\"contentType\":\"SHOP\\u001b[2J\",\"contentId\":\"b\"}";
    let text = format!("{}not json\n\n{bad_type}\n[]\n{deep}\n", lines(120));
    let path = file(&server, "mixed.ndjson", text.as_bytes());
    let output = with(&server, &["load", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    for (line, code) in
        [(121, "NOT_JSON"), (123, "CONTENT_TYPE_UNKNOWN"), (124, "ITEM_NOT_OBJECT"), (125, "BODY_TOO_DEEP")]
    {
        let place = format!("mixed.ndjson:{line}: INVALID");
        assert!(said.lines().any(|l| l.contains(&place) && l.contains(code)), "{place} {code} is not in\n{said}");
    }
    assert!(!said.contains('\u{1b}') && !stdout(&output).contains('\u{1b}'), "{said}");
    assert_eq!(server.matched("STORE { all }"), 120);
    assert!(with(&server, &["load", "--allow-refused", path.to_str().unwrap()]).status.success());
}

#[test]
fn of_equal_versions_the_first_line_stands_whatever_the_connections() {
    let server = Server::start();
    let text: String = (0..400)
        .map(|n| {
            store(&format!("s{}", n % 100), 1, &json!({ "storeName": format!("Name {}", n / 100) })).to_string() + "\n"
        })
        .collect();
    let path = file(&server, "twice.ndjson", text.as_bytes());
    let output = with(&server, &["load", "--connections", "16", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "300 conflicts");
    assert!(!stderr(&output).contains("VERSION_CONFLICT VERSION_CONFLICT"), "{}", stderr(&output));
    assert_eq!(server.matched("STORE { storeName = \"Name 0\" }"), 100);
}

#[test]
fn lines_go_to_their_tenants() {
    let server = Server::start();
    let line = |tenant: &str, id: &str| {
        let mut item = store(id, 1, &json!({ "storeName": id }));
        item["tntInstId"] = json!(tenant);
        format!("{item}\n")
    };
    let text = [line("T", "a"), line("OTHER", "b"), line("THIRD", "c")].concat();
    let path = file(&server, "tenants.ndjson", text.as_bytes());
    let path = path.to_str().unwrap();
    let other = server.add_key("OTHER");
    let keys = [format!("T={}", server.key), format!("OTHER={other}")];
    let output = penstock(&["load", path, "--url", &server.url, "--key", &keys[0], "--key", &keys[1]]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("NO_KEY"), "{}", stderr(&output));
    assert_eq!(server.matched("STORE { all }"), 1);
    let output = with(&server, &["load", path]);
    assert!(stdout(&output).contains("TENANT_MISMATCH"), "{}", stdout(&output));
    assert!(with(&server, &["load", "--strip-tenant", path]).status.success());
    assert_eq!(server.matched("STORE { all }"), 3);
}

#[test]
fn a_load_that_broke_off_goes_on() {
    let server = Server::start();
    let gzip = |text: &str| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap()
    };
    let all = lines(2000);
    let at = all.match_indices('\n').nth(1949).unwrap().0 + 1;
    let (first, rest) = (gzip(&format!("not json\n{}", &all[..at])), gzip(&all[at..]));
    // The second part is damaged, and mended without a trace.
    let path = file(&server, "big.gz", &[first.clone(), vec![0; rest.len()]].concat());
    let modified = path.metadata().unwrap().modified().unwrap();
    let name = path.to_str().unwrap();
    let output = with(&server, &["load", "--connections", "1", name]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(said.contains("after line 1,951") && !said.contains("goes on from here"), "{said}");
    std::fs::write(&path, [first, rest].concat()).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    let note = format!("{name}.penstock-progress");
    assert!(std::path::Path::new(&note).exists());

    let output = with(&server, &["load", name]);
    assert_eq!(output.status.code(), Some(1), "the line that was refused before counts: {}", stderr(&output));
    assert!(stderr(&output).contains("going on after line 1,901, 1 refused so far"), "{}", stderr(&output));
    assert!(stdout(&output).contains("100 lines"), "{}", stdout(&output));
    assert!(!std::path::Path::new(&note).exists());
    assert_eq!(server.matched("STORE { all }"), 2000);
    assert!(stdout(&with(&server, &["load", name])).contains("2,001 lines"));
}

#[test]
fn what_stays_wrong_is_not_to_be_tried_again() {
    let server = Server::start();
    let whole = zstd::encode_all(lines(300).as_bytes(), 1).unwrap();
    let cut = file(&server, "cut.zst", &whole[..whole.len() - 4]);
    let good = file(&server, "good.ndjson", lines(3).as_bytes());
    let revoked = server.add_key("T");
    penstock(&["key", "revoke", "--data", server.data().to_str().unwrap(), &revoked]);
    let no_key = penstock(&["load", good.to_str().unwrap(), "--url", &server.url, "--key", &revoked]);
    assert!(stderr(&no_key).contains("revoked"), "{}", stderr(&no_key));
    let outputs = [no_key, with(&server, &["load", cut.to_str().unwrap()]), with(&server, &["load", "/nowhere"])];
    for output in outputs {
        let said = stderr(&output);
        assert!(output.status.code() == Some(2) && !said.contains("goes on from here"), "{said}");
    }
    assert!(!std::path::Path::new(&format!("{}.penstock-progress", good.display())).exists());
}

#[test]
fn no_server_is_said_at_once() {
    let output = penstock(&["preview", "STORE { all }", "--url", "http://127.0.0.1:1", "--key", "pk_x"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("127.0.0.1:1"), "{}", stderr(&output));
    let output = penstock(&["load", "/nowhere.ndjson", "--url", "http://127.0.0.1:1", "--key", "pk_x"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_preview_is_text_or_json() {
    let server = Server::start();
    let price = json!({ "storeName": "Ra\u{1b}]0;men\u{202e} ラーメン", "merchantId": "M" });
    server.sync(&[store("s", 1, &price), item("MERCHANT", "m", 1, &json!({ "merchantName": "M" }))]);
    let rules = "STORE { \"All of them\": storeName is set } MERCHANT { all }";
    let output = with(&server, &["preview", rules]);
    let text = stdout(&output);
    for part in
        ["2 matched", "STORE (of 1)", "\"All of them\"", "storeName is set", "Ra\\u{1b}]0;men\\u{202e} ラーメン"]
    {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
    let output = with(&server, &["preview", rules, "--json", "--limit", "1"]);
    let body: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((body["counts"]["matched"].as_u64(), body["items"].as_array().unwrap().len()), (Some(2), 1));
    let json = stdout(&with(&server, &["preview", rules, "--json"]));
    assert!(json.contains("\\u202e") && !json.contains('\u{202e}'), "{json}");
    let output = with(&server, &["preview", "STORE { storname = \"x\" }"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("storeName") && stderr(&output).contains('^'), "{}", stderr(&output));
    let output = penstock(&["preview", "STORE { all }", "--url", &server.url, "--key", "pk_wrong"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_rule_text_is_checked_without_a_server() {
    let good = given(&["rule", "check", "-"], "STORE { all }");
    let said = stdout(&good);
    let lines: Vec<&str> = said.lines().collect();
    assert!(good.status.success() && lines[0].starts_with("ok ") && lines[0].len() == 35, "{good:?}");
    assert!(lines.len() == 2 && lines[1].starts_with("cost ") && lines[1].ends_with(" look-ups (low)"), "{good:?}");
    let dear = stdout(&given(&["rule", "check", "-"], "STORE { storeName contains \"a coffee shop\" }"));
    assert!(
        dear.lines().any(|line| line.starts_with("cost ") && line.contains(',') && line.ends_with("(high)")),
        "{dear}"
    );
    let bad = given(&["rule", "check", "-"], "STORE {\n  storname = \"x\"\n  and citty = \"y\"\n}");
    assert_eq!(bad.status.code(), Some(1));
    assert_eq!(stderr(&bad).matches("error[").count(), 2, "{}", stderr(&bad));
    let hostile = given(&["rule", "check", "-"], "STORE { \u{1b}[2J }");
    assert!(!stderr(&hostile).contains('\u{1b}'), "{:?}", stderr(&hostile));
    // A pipe gets a text as it is; a file's name is spelled out wherever it goes.
    let comment = "STORE { all } // \u{1b}[2J\n";
    assert_eq!(stdout(&given(&["rule", "fmt", "-"], comment)).matches('\u{1b}').count(), 1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a\u{1b}[2J.rules");
    std::fs::write(&path, "STORE{all}").unwrap();
    for arguments in [["fmt", "--check", path.to_str().unwrap()], ["fmt", "--check", "/nowhere/\u{1b}"]] {
        let output = penstock(&[&["rule"][..], &arguments].concat());
        assert!(!output.status.success() && stderr(&output).contains("\\u{1b}"), "{output:?}");
        assert!(!stderr(&output).contains('\u{1b}'), "{:?}", stderr(&output));
    }
    assert_eq!(given(&["rule", "check", "/nowhere"], "").status.code(), Some(2));
}

#[test]
fn made_up_content_is_the_same_for_the_same_seed() {
    let made = |arguments: &[&str]| stdout(&penstock(&[&["gen", "--seed", "7"], arguments].concat()));
    let all = made(&["--items", "60"]);
    assert_eq!(all.lines().count(), 60);
    assert_eq!(all, made(&["--items", "40"]) + &made(&["--items", "20", "--start", "40"]));
    let server = Server::start();
    let path = file(&server, "gen.ndjson", all.as_bytes());
    let output = with(&server, &["load", "--strip-tenant", path.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
}

/// Runs the demo on a folder until it has told what to try; its words.
fn demo(folder: &std::path::Path) -> String {
    let mut child = Command::new(PENSTOCK)
        .args(["demo", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut told = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    while !told.contains("Ctrl-C stops it") && lines.read_line(&mut told).unwrap() > 0 {}
    // What it says to copy and paste is tried as it stands.
    for command in told.lines().filter(|line| line.contains(" preview ")) {
        let output = Command::new("sh").args(["-c", command]).output().unwrap();
        assert!(output.status.success(), "{command}: {}", stderr(&output));
        assert!(!stdout(&output).starts_with("0 matched"), "{command}: {}", stdout(&output));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    told
}

#[test]
fn the_demo_loads_once_and_its_three_previews_match() {
    let folder = tempfile::tempdir().unwrap();
    let first = demo(folder.path());
    assert_eq!(first.matches(" preview ").count(), 3, "{first}");
    assert!(first.contains("loaded"), "{first}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let key = folder.path().join("demo.key");
        assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let again = demo(folder.path());
    assert!(!again.contains("loaded"), "{again}");
    let key = |told: &str| told.lines().find(|l| l.contains("API key")).unwrap().to_string();
    assert_eq!(key(&first), key(&again), "the key stays");
}

#[test]
fn a_folder_in_use_is_said_before_anything_listens() {
    let server = Server::start();
    let output = penstock(&["serve", "--listen", "127.0.0.1:0", "--data", server.data().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("another penstock runs on the data folder"), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
}
