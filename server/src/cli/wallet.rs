//! `penstock wallet`: the wallets that people work for, whether or not a server runs on the folder.

use super::{Verdict, terminal};
use crate::people::{Drift, People, Review, Wallet};
use std::io::Write;
use std::path::PathBuf;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Make a wallet.
    Add {
        /// The server's data folder.
        #[arg(long, value_name = "DIR", env = "PENSTOCK_DATA")]
        data: PathBuf,
        /// Its name, as keys, tasks and sets name it.
        name: String,
        /// Where content comes from (a tenant), where it goes to, or both.
        #[arg(long, value_enum)]
        kind: Kind,
        #[command(flatten)]
        settings: Settings,
    },
    /// Change a wallet; what is not named stays.
    Set {
        /// The server's data folder.
        #[arg(long, value_name = "DIR", env = "PENSTOCK_DATA")]
        data: PathBuf,
        /// Its name.
        name: String,
        /// Where content comes from (a tenant), where it goes to, or both.
        #[arg(long, value_enum)]
        kind: Option<Kind>,
        #[command(flatten)]
        settings: Settings,
    },
    /// List all wallets.
    List {
        /// The server's data folder.
        #[arg(long, value_name = "DIR", env = "PENSTOCK_DATA")]
        data: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Kind {
    Source,
    Target,
    Both,
}

impl Kind {
    fn sides(self) -> (bool, bool) {
        (!matches!(self, Kind::Target), !matches!(self, Kind::Source))
    }

    fn name(wallet: &Wallet) -> &'static str {
        match (wallet.source, wallet.target) {
            (true, true) => "both",
            (true, false) => "source",
            (false, _) => "target",
        }
    }
}

/// What can be set of a wallet.
#[derive(clap::Args)]
pub struct Settings {
    /// As people call it; its name if not given.
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// Its time zone, as `Asia/Hong_Kong`; UTC if not given.
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Whether source and target review one after the other.
    #[arg(long, value_enum, ignore_case = true)]
    review: Option<Review>,
    /// The most per cent that an approved task may grow by before somebody is asked, or `none`.
    #[arg(long, value_name = "PERCENT", value_parser = limit)]
    drift_percent: Option<Limit>,
    /// The most items that an approved task may grow by before somebody is asked, or `none`.
    #[arg(long, value_name = "ITEMS", value_parser = limit)]
    drift_count: Option<Limit>,
}

#[derive(Clone, Copy)]
struct Limit(Option<u32>);

fn limit(text: &str) -> Result<Limit, String> {
    match text {
        "none" => Ok(Limit(None)),
        text => text.parse().map(|limit| Limit(Some(limit))).map_err(|_| "a whole number from 0, or none".to_string()),
    }
}

impl Settings {
    fn on(self, wallet: Wallet) -> Wallet {
        let Settings { display_name, time_zone, review, drift_percent, drift_count } = self;
        Wallet {
            display_name: display_name.unwrap_or(wallet.display_name),
            time_zone: time_zone.unwrap_or(wallet.time_zone),
            review: review.unwrap_or(wallet.review),
            drift: Drift {
                percent: drift_percent.map_or(wallet.drift.percent, |limit| limit.0),
                count: drift_count.map_or(wallet.drift.count, |limit| limit.0),
            },
            ..wallet
        }
    }
}

pub fn run(command: Command) -> anyhow::Result<Verdict> {
    match command {
        Command::Add { data, name, kind, settings } => {
            let (source, target) = kind.sides();
            People::open(&data)?.add_wallet(&settings.on(Wallet::new(&name, source, target)))?;
        }
        Command::Set { data, name, kind, settings } => {
            let people = super::user::existing(&data)?;
            let Some(wallet) = people.wallet(&name)? else {
                eprintln!("penstock: there is no wallet {name:?}; see `penstock wallet list`");
                return Ok(Verdict::No);
            };
            let (source, target) = kind.map_or((wallet.source, wallet.target), Kind::sides);
            people.set_wallet(&settings.on(Wallet { source, target, ..wallet }))?;
        }
        Command::List { data, json } => {
            let wallets = super::user::existing(&data)?.wallets()?;
            let text = if json { serde_json::to_string_pretty(&wallets)? + "\n" } else { rendered(&wallets) };
            std::io::stdout().write_all(text.as_bytes())?;
        }
    }
    Ok(Verdict::Done)
}

fn rendered(wallets: &[Wallet]) -> String {
    let heads = ["WALLET", "KIND", "TIME ZONE", "REVIEW", "DRIFT %", "DRIFT ITEMS", "NAME"];
    let mut rows = vec![heads.map(String::from).to_vec()];
    let shown = |limit: Option<u32>| limit.map_or_else(|| "-".to_string(), |limit| limit.to_string());
    for wallet in wallets {
        rows.push(vec![
            wallet.name.clone(),
            Kind::name(wallet).to_string(),
            wallet.time_zone.clone(),
            wallet.review.name().to_string(),
            shown(wallet.drift.percent),
            shown(wallet.drift.count),
            terminal::safe(&wallet.display_name).into_owned(),
        ]);
    }
    terminal::table(&rows, &[4, 5])
}
