//! `penstock demo`: a server on bundled real content, with three previews to try.
//!
//! The content goes in through HTTP like anybody's. A folder that has the demo's content already is served as it is.

use super::client::Client;
use super::load::{self, Keys, Plan};
use super::preview::Preview;
use super::serve::LogArgs;
use super::{Verdict, terminal};
use crate::app::Settings;
use crate::keys::{Keys as ApiKeys, Scope};
use crate::serve::{Hooks, ServeOptions, serve};
use anyhow::Context;
use std::fs::File;
use std::io::{Cursor, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

include!(concat!(env!("OUT_DIR"), "/demo_files.rs"));

/// The tenant of the demo's content.
const TENANT: &str = "DEMO";
/// Where the demo keeps its key.
const KEY_FILE: &str = "demo.key";
const CONNECTIONS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(60);

/// Previews to try: what it shows, and the rule text.
const EXAMPLES: [(&str, &str); 3] = [
    (
        "Latin, with typing errors",
        r#"MERCHANT { merchantName ~ "coffe" } STORE { storeName ~ "internatonal airport" and merchantId in ("BESTBUY") }"#,
    ),
    ("Japanese", r#"STORE { storeName contains "ラーメン" or externalCategories in ("ラーメン") }"#),
    ("Money", r#"LOCAL_SKU { "Mid-price": salePrice in HKD 100..500 or salePrice in PHP 500..2500 }"#),
];

#[derive(clap::Args)]
pub struct Args {
    /// The data folder; made if there is none.
    #[arg(long, value_name = "DIR", default_value = "data", env = "PENSTOCK_DATA")]
    data: PathBuf,
    /// The address to listen on.
    #[arg(long, value_name = "HOST:PORT", default_value = super::LISTEN, env = "PENSTOCK_LISTEN")]
    listen: String,
    #[command(flatten)]
    log: LogArgs,
}

pub fn run(args: Args) -> anyhow::Result<Verdict> {
    args.log.start()?;
    let (data, listen) = (args.data.clone(), args.listen);
    let options = ServeOptions { data, listen, settings: Settings::default(), notices: Default::default() };
    let (tell, told) = std::sync::mpsc::channel();
    let bound = move |address: SocketAddr| {
        super::serve::announce(address);
        // The receiver lives as long as the process.
        let _ = tell.send(address);
    };
    let opened = move || {
        std::thread::spawn(move || {
            let shown = told.recv().context("no address").and_then(|address| show(address, &args.data));
            if let Err(error) = shown {
                eprintln!("penstock: the demo's content: {}", terminal::safe(&format!("{error:#}")));
            }
        });
    };
    serve(options, Hooks { bound: Box::new(bound), opened: Box::new(opened) })?;
    Ok(Verdict::Done)
}

/// Loads what is not there yet and prints what to try.
fn show(address: SocketAddr, data: &Path) -> anyhow::Result<()> {
    let client = Client::new(&format!("http://{}", reachable(address)), CONNECTIONS);
    let key = key(data)?;
    client.wait_ready(PATIENCE)?;
    if count(&client, &key, "MERCHANT { all } STORE { all } BENEFIT { all } LOCAL_SKU { all }")? == 0 {
        load_all(&client, &key)?;
    }
    let text = guide(&client, &key)?;
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(std::io::stdout().flush()?)
}

/// The address as a client on this machine reaches it.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// The demo's key: the one that lies in the folder while it stands, else a new one.
fn key(data: &Path) -> anyhow::Result<String> {
    let keys = ApiKeys::open(data)?;
    let path = data.join(KEY_FILE);
    let kept = std::fs::read_to_string(&path).unwrap_or_default().trim().to_string();
    if keys.holder(&kept)?.is_some_and(|holder| &*holder.tenant.0 == TENANT && holder.scope == Scope::All) {
        private(&path).with_context(|| path.display().to_string())?;
        return Ok(kept);
    }
    let key = keys.add(TENANT, Some("made by penstock demo"), &Scope::All)?;
    let write = |mut file: File| file.set_len(0).and_then(|()| writeln!(file, "{key}"));
    private(&path).and_then(write).with_context(|| path.display().to_string())?;
    Ok(key)
}

/// The file, made if there is none, for its owner's eyes only.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

fn load_all(client: &Client, key: &str) -> anyhow::Result<()> {
    let plan = Plan {
        client: client.clone(),
        keys: Keys { all: vec![(None, key.to_string())] },
        connections: CONNECTIONS,
        strip_tenant: true,
        patience: PATIENCE,
    };
    let mut summary = load::Summary::default();
    for (name, bytes) in DEMO_FILES {
        let bar = load::bar(name, bytes.len() as u64);
        let lines = load::Lines::open(Box::new(Cursor::new(*bytes)), bar.clone())?;
        load::load(&plan, name, lines, None, &bar, &mut summary)?;
        bar.finish_and_clear();
    }
    println!("loaded {} items", terminal::thousands(summary.lines() - summary.refused()));
    Ok(())
}

fn count(client: &Client, key: &str, rules: &str) -> anyhow::Result<u64> {
    let request = serde_json::json!({ "rules": rules, "limit": 0, "facets": false }).to_string();
    let reply = client.post("/api/v1/preview", key, request.as_bytes())?;
    anyhow::ensure!(reply.status == 200, reply.words());
    Ok(serde_json::from_slice::<Preview>(&reply.body)?.matched())
}

/// Where to look and what to try, to be copied into a shell.
fn guide(client: &Client, key: &str) -> anyhow::Result<String> {
    let (url, program) = (client.url(), program());
    let mut text =
        format!("\nPenstock is at {url} (API to read and try: {url}/docs)\nAPI key of tenant {TENANT}: {key}\n");
    for (what, rules) in EXAMPLES {
        let matched = terminal::thousands(count(client, key, rules)?);
        let body = serde_json::json!({ "rules": rules, "limit": 5 }).to_string();
        let (rules, body) = (quoted(rules), quoted(&body));
        text.push_str(&format!(
            "\n{what}: {matched} items\n  {program} preview {rules} --url {url} --key {key}\n  \
             curl -s {url}/api/v1/preview -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d {body}\n"
        ));
    }
    text.push_str("\nCtrl-C stops it; the same command goes on with the same content.\n");
    Ok(text)
}

/// How a shell in this folder runs this program.
fn program() -> String {
    let Ok(path) = std::env::current_exe() else { return "penstock".to_string() };
    called(&path, &std::env::current_dir().unwrap_or_default())
}

fn called(program: &Path, here: &Path) -> String {
    let name = match program.strip_prefix(here) {
        Ok(below) if !here.as_os_str().is_empty() => format!("./{}", below.display()),
        _ => program.display().to_string(),
    };
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b));
    if plain { name } else { quoted(&name) }
}

/// For a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_check() {
        for (_, rules) in EXAMPLES {
            let checked = penstock_dsl::check::check(rules, &Default::default());
            assert!(checked.expr.is_some(), "{rules}: {:?}", checked.diagnostics);
        }
    }

    #[test]
    fn the_program_is_called_by_its_path() {
        assert_eq!(called(Path::new("/a/b/penstock"), Path::new("/a")), "./b/penstock");
        assert_eq!(called(Path::new("/a b/penstock"), Path::new("/c")), "'/a b/penstock'");
    }

    #[test]
    fn shell_words_are_quoted() {
        assert_eq!(quoted("a 'b'"), r"'a '\''b'\'''");
    }
}
