//! `penstock key`: API keys, whether or not a server runs on the folder.

use super::{Verdict, terminal};
use crate::keys::{FILE, KeyInfo, Keys, Scope};
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Make a key for a tenant, or one that acts as an account, and print it: the only time that it is to be seen.
    Add {
        /// The server's data folder.
        #[arg(long, value_name = "DIR", env = "PENSTOCK_DATA")]
        data: PathBuf,
        /// The tenant that the key stands for; with --scope supply, the target wallet.
        #[arg(long, value_name = "NAME", required_unless_present = "account", conflicts_with = "account")]
        tenant: Option<String>,
        /// What the key is for: all that the tenant may do but decide about approvals, synchronizeContent alone, or a target
        /// wallet's feed and reports alone.
        #[arg(long, value_enum, default_value_t = ForWhat::All, conflicts_with = "account")]
        scope: ForWhat,
        /// The account that the key acts as, with its roles at --wallet.
        #[arg(long, value_name = "ID", requires = "wallet")]
        account: Option<String>,
        /// The wallet that the account acts for.
        #[arg(long, value_name = "NAME", requires = "account")]
        wallet: Option<String>,
        /// A note for `key list`.
        #[arg(long)]
        label: Option<String>,
    },
    /// List all keys, by how they begin.
    List {
        /// The server's data folder.
        #[arg(long, value_name = "DIR", env = "PENSTOCK_DATA")]
        data: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key; the next request with it is refused.
    Revoke {
        /// The server's data folder.
        #[arg(long, value_name = "DIR", env = "PENSTOCK_DATA")]
        data: PathBuf,
        /// Its number or beginning in `key list`, or the key itself.
        key: String,
    },
}

/// What a tenant's key is for.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum ForWhat {
    All,
    Content,
    Supply,
}

impl From<ForWhat> for Scope {
    fn from(what: ForWhat) -> Scope {
        match what {
            ForWhat::All => Scope::All,
            ForWhat::Content => Scope::Content,
            ForWhat::Supply => Scope::Supply,
        }
    }
}

pub fn run(command: Command) -> anyhow::Result<Verdict> {
    match command {
        Command::Add { data, tenant, scope, account, wallet, label } => {
            let (tenant, scope) = match (account, wallet, tenant) {
                (Some(account), Some(wallet), _) => {
                    super::user::existing(&data)?.check_workplace(&account, &wallet)?;
                    (wallet, Scope::Account(account))
                }
                (_, _, tenant) => {
                    let tenant = tenant.unwrap_or_default();
                    if matches!(scope, ForWhat::Supply) {
                        check_target(&data, &tenant)?;
                    }
                    (tenant, scope.into())
                }
            };
            let key = Keys::open(&data)?.add(&tenant, label.as_deref(), &scope)?;
            writeln!(std::io::stdout(), "{key}")?;
            Ok(Verdict::Done)
        }
        Command::List { data, json } => list(&data, json),
        Command::Revoke { data, key } => match existing(&data)?.revoke(&key)? {
            0 => {
                eprintln!("penstock: there is no such key that is not revoked already; see `penstock key list`");
                Ok(Verdict::No)
            }
            _ => Ok(Verdict::Done),
        },
    }
}

/// Refuses what is no target wallet: nothing is delivered to it.
fn check_target(data: &Path, wallet: &str) -> anyhow::Result<()> {
    let found = super::user::existing(data)?.wallet(wallet)?;
    let hint = "`penstock wallet add NAME --kind target` makes one";
    anyhow::ensure!(found.is_some_and(|wallet| wallet.target), "there is no target wallet {wallet:?}; {hint}");
    Ok(())
}

/// Keys of a folder that has some: reading must not make folders.
fn existing(data: &Path) -> anyhow::Result<Keys> {
    anyhow::ensure!(data.join(FILE).exists(), "there are no keys in {}", data.display());
    Ok(Keys::open(data)?)
}

fn list(data: &Path, json: bool) -> anyhow::Result<Verdict> {
    let keys = existing(data)?.list()?;
    let text = if json { serde_json::to_string_pretty(&keys)? + "\n" } else { rendered(&keys) };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(Verdict::Done)
}

fn rendered(keys: &[KeyInfo]) -> String {
    let mut rows = vec![["ID", "KEY", "TENANT", "FOR", "CREATED", "REVOKED", "LABEL"].map(String::from).to_vec()];
    for key in keys {
        rows.push(vec![
            key.id.to_string(),
            format!("{}...", key.begins_with),
            key.tenant.clone(),
            key.account.clone().unwrap_or_else(|| key.scope.to_string()),
            time(key.created_ms),
            key.revoked_ms.map_or_else(|| "-".to_string(), time),
            terminal::safe(key.label.as_deref().unwrap_or("")).into_owned(),
        ]);
    }
    terminal::table(&rows, &[0])
}

fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |t| t.strftime("%Y-%m-%d %H:%MZ").to_string())
}
