//! `penstock webhook`: where a wallet's systems are told, whether or not a server runs on the folder.

use super::{Verdict, terminal};
use crate::keys::{self, Keys};
use crate::notify::{Endpoint, FILE, Kind, Notices};
use crate::people::{self, People};
use crate::private::now_ms;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Make a webhook and print its secret: the only time that it is to be seen.
    Add {
        #[command(flatten)]
        of: Of,
        /// Where to send: https://HOST/PATH; http://localhost where the server was started with --webhook-loopback.
        #[arg(long)]
        url: String,
        /// What to send, such as `ticket.opened,task.fixed`; everything if not given.
        #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = kind)]
        kinds: Option<Vec<Kind>>,
    },
    /// List a wallet's webhooks, with what waits and what could not be sent.
    List {
        #[command(flatten)]
        of: Of,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove a webhook, and what waits for it.
    Remove {
        #[command(flatten)]
        of: Of,
        /// Its number in `webhook list`.
        id: i64,
    },
    /// Try again what could not be sent.
    Replay {
        #[command(flatten)]
        of: Of,
        /// Its number in `webhook list`.
        id: i64,
    },
}

/// Whose webhooks.
#[derive(clap::Args)]
pub struct Of {
    /// The server's data folder.
    #[arg(long, value_name = "DIR", env = "PENSTOCK_DATA")]
    data: PathBuf,
    /// The wallet that is told: where the tasks' content comes from, or where it goes.
    #[arg(long, value_name = "NAME")]
    wallet: String,
}

fn kind(name: &str) -> Result<Kind, String> {
    let all = || Kind::all().map(Kind::name).collect::<Vec<_>>().join(", ");
    Kind::of_name(name).ok_or_else(|| format!("use some of {}", all()))
}

pub fn run(command: Command) -> anyhow::Result<Verdict> {
    match command {
        Command::Add { of, url, kinds } => {
            anyhow::ensure!(
                crate::parameters::is_wallet(&of.wallet) || crate::keys::is_tenant_name(&of.wallet),
                "{:?} is no wallet's name",
                of.wallet
            );
            check_wallet(&of)?;
            let by = "the command line";
            let (_, secret) =
                Notices::open(&of.data)?.add_endpoint(&of.wallet, &url, kinds.as_deref(), by, now_ms())?;
            writeln!(std::io::stdout(), "{secret}")?;
        }
        Command::List { of, json } => {
            let all = existing(&of.data)?.endpoints(&of.wallet)?;
            let text = if json { serde_json::to_string_pretty(&all)? + "\n" } else { rendered(&all) };
            std::io::stdout().write_all(text.as_bytes())?;
        }
        Command::Remove { of, id } => {
            if !existing(&of.data)?.remove_endpoint(&of.wallet, id)? {
                return Ok(none(&of.wallet));
            }
        }
        Command::Replay { of, id } => match existing(&of.data)?.replay(&of.wallet, id, now_ms())? {
            Some(replayed) => writeln!(std::io::stdout(), "{replayed} to be sent again")?,
            None => return Ok(none(&of.wallet)),
        },
    }
    Ok(Verdict::Done)
}

/// Refuses a wallet that is none, where wallets were made at all: one for people, or a tenant with a key.
fn check_wallet(of: &Of) -> anyhow::Result<()> {
    let wallets = match of.data.join(people::FILE).exists() {
        true => People::open(&of.data)?.wallets()?.into_iter().map(|wallet| wallet.name).collect(),
        false => Vec::new(),
    };
    let tenants = match of.data.join(keys::FILE).exists() {
        true => Keys::open(&of.data)?.list()?.into_iter().map(|key| key.tenant).collect(),
        false => Vec::new(),
    };
    let known = wallets.is_empty() || wallets.iter().chain(&tenants).any(|name| *name == of.wallet);
    anyhow::ensure!(known, "there is no wallet {:?}; there are {}", of.wallet, people::some_of(&wallets));
    Ok(())
}

fn none(wallet: &str) -> Verdict {
    eprintln!("penstock: {} has no such webhook; see `penstock webhook list`", terminal::safe(wallet));
    Verdict::No
}

/// Notices of a folder that has some: reading must not make folders.
fn existing(data: &Path) -> anyhow::Result<Notices> {
    anyhow::ensure!(data.join(FILE).exists(), "there are no webhooks in {}", data.display());
    Ok(Notices::open(data)?)
}

fn rendered(all: &[Endpoint]) -> String {
    let mut rows = vec![["ID", "URL", "KINDS", "WAITING", "DEAD", "ERROR"].map(String::from).to_vec()];
    for endpoint in all {
        let kinds =
            endpoint.kinds.as_ref().map(|kinds| kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(","));
        rows.push(vec![
            endpoint.id.to_string(),
            terminal::safe(&endpoint.url).into_owned(),
            kinds.unwrap_or_else(|| "all".to_string()),
            endpoint.waiting.to_string(),
            endpoint.dead.to_string(),
            terminal::safe(endpoint.error.as_deref().unwrap_or("-")).into_owned(),
        ]);
    }
    terminal::table(&rows, &[0, 3, 4])
}
