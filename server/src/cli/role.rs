//! `penstock role`: who is what at which wallet, whether or not a server runs on the folder.

use super::user::existing;
use super::{Verdict, terminal};
use crate::people::{EVERYWHERE, Held};
use crate::rights::Role;
use std::io::Write;
use std::path::PathBuf;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Give an account a role at a wallet.
    Grant(Which),
    /// Take a role away; counts from the next request on.
    Revoke(Which),
    /// List all roles that are held.
    List {
        /// The server's data folder.
        #[arg(long, value_name = "DIR", env = "PENSTOCK_DATA")]
        data: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// One role of one account.
#[derive(clap::Args)]
pub struct Which {
    /// The server's data folder.
    #[arg(long, value_name = "DIR", env = "PENSTOCK_DATA")]
    data: PathBuf,
    /// The account.
    account: String,
    /// The role.
    #[arg(value_enum, ignore_case = true)]
    role: Role,
    /// The wallet; none for ASAP_OPERATOR and AUDITOR, which hold at all wallets.
    wallet: Option<String>,
}

impl Which {
    fn wallet(&self) -> &str {
        self.wallet.as_deref().unwrap_or(EVERYWHERE)
    }
}

pub fn run(command: Command) -> anyhow::Result<Verdict> {
    match command {
        Command::Grant(which) => {
            existing(&which.data)?.grant(&which.account, which.role, which.wallet())?;
        }
        Command::Revoke(which) => {
            if !existing(&which.data)?.revoke(&which.account, which.role, which.wallet())? {
                eprintln!("penstock: nobody has that role there; see `penstock role list`");
                return Ok(Verdict::No);
            }
        }
        Command::List { data, json } => {
            let held = existing(&data)?.roles()?;
            let text = if json { serde_json::to_string_pretty(&held)? + "\n" } else { rendered(&held) };
            std::io::stdout().write_all(text.as_bytes())?;
        }
    }
    Ok(Verdict::Done)
}

fn rendered(held: &[Held]) -> String {
    let mut rows = vec![["ACCOUNT", "ROLE", "WALLET"].map(String::from).to_vec()];
    rows.extend(held.iter().map(|held| vec![held.account.clone(), held.role.name().to_string(), held.wallet.clone()]));
    terminal::table(&rows, &[])
}
