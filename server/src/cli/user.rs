//! `penstock user`: people's accounts, whether or not a server runs on the folder.
//!
//! A password is never an argument: others on the machine can read those.

use super::{Verdict, terminal};
use crate::people::{Account, NewAccount, Notice, Notifications, People, password};
use anyhow::{Context, ensure};
use std::io::{BufRead, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Make an account; asks for its password.
    Add {
        /// The server's data folder.
        #[arg(long, value_name = "DIR", env = "PENSTOCK_DATA")]
        data: PathBuf,
        /// Its id: lower-case ASCII letters, digits, `.`, `_`, `-` and `@`.
        id: String,
        /// As people call it; its id if not given.
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
        /// Where it is told of what waits for it.
        #[arg(long, value_name = "ADDRESS")]
        email: Option<String>,
        /// Its employee id, for messengers that know employees.
        #[arg(long, value_name = "ID")]
        employee_id: Option<String>,
        #[command(flatten)]
        password: PasswordSource,
        /// Make it without a password: it signs in at the provider of `serve --oidc-issuer`, if at all, and acts by keys.
        #[arg(long, conflicts_with = "password_stdin")]
        no_password: bool,
    },
    /// List all accounts.
    List {
        /// The server's data folder.
        #[arg(long, value_name = "DIR", env = "PENSTOCK_DATA")]
        data: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Let an account do nothing; its sessions end, and its keys are refused.
    Disable {
        /// The server's data folder.
        #[arg(long, value_name = "DIR", env = "PENSTOCK_DATA")]
        data: PathBuf,
        /// Its id.
        id: String,
    },
    /// Let a disabled account work again.
    Enable {
        /// The server's data folder.
        #[arg(long, value_name = "DIR", env = "PENSTOCK_DATA")]
        data: PathBuf,
        /// Its id.
        id: String,
    },
    /// Give an account another password; its sessions end.
    Password {
        /// The server's data folder.
        #[arg(long, value_name = "DIR", env = "PENSTOCK_DATA")]
        data: PathBuf,
        /// Its id.
        id: String,
        #[command(flatten)]
        password: PasswordSource,
    },
}

/// Where a password comes from.
#[derive(clap::Args)]
pub struct PasswordSource {
    /// Read the password from standard input, up to the end of its first line, instead of asking for it.
    #[arg(long)]
    password_stdin: bool,
}

impl PasswordSource {
    /// The hash of the password.
    fn hash(&self) -> anyhow::Result<String> {
        Ok(password::hash(&if self.password_stdin { piped()? } else { asked()? })?)
    }
}

fn piped() -> anyhow::Result<String> {
    let mut line = String::new();
    // One more than the longest shows that it is too long, whatever is piped in.
    let bounded = std::io::stdin().lock().take(password::BYTES_MAX as u64 + 3);
    std::io::BufReader::new(bounded).read_line(&mut line).context("cannot read the password")?;
    Ok(line.trim_end_matches(['\n', '\r']).to_string())
}

fn asked() -> anyhow::Result<String> {
    ensure!(std::io::stdin().is_terminal(), "there is no terminal to ask for a password; use --password-stdin");
    let password = rpassword::prompt_password("Password: ").context("cannot read the password")?;
    let again = rpassword::prompt_password("Once more: ").context("cannot read the password")?;
    ensure!(password == again, "the two are not the same; nothing was changed");
    Ok(password)
}

/// People of a folder that has some: reading must not make folders.
pub fn existing(data: &Path) -> anyhow::Result<People> {
    let path = data.join(crate::people::FILE);
    ensure!(path.exists(), "there are no people in {}; `penstock wallet add` begins", data.display());
    Ok(People::open(data)?)
}

pub fn run(command: Command) -> anyhow::Result<Verdict> {
    match command {
        Command::Add { data, id, name, email, employee_id, password, no_password } => {
            let people = People::open(&data)?;
            let password = if no_password { None } else { Some(password.hash()?) };
            people.add_account(&NewAccount {
                id: &id,
                display_name: name.as_deref().unwrap_or(&id),
                password: password.as_deref(),
                notifications: &Notifications { email, employee_id, kinds: Notice::ALL.to_vec() },
            })?;
        }
        Command::List { data, json } => {
            let accounts = existing(&data)?.accounts()?;
            let text = if json { serde_json::to_string_pretty(&accounts)? + "\n" } else { rendered(&accounts) };
            std::io::stdout().write_all(text.as_bytes())?;
        }
        Command::Disable { data, id } => existing(&data)?.disable(&id, true)?,
        Command::Enable { data, id } => existing(&data)?.disable(&id, false)?,
        Command::Password { data, id, password } => {
            let people = existing(&data)?;
            people.set_password(&id, &password.hash()?, None)?;
        }
    }
    Ok(Verdict::Done)
}

fn rendered(accounts: &[Account]) -> String {
    let mut rows = vec![["ACCOUNT", "STATE", "PASSWORD", "E-MAIL", "EMPLOYEE", "NAME"].map(String::from).to_vec()];
    let shown = |text: &Option<String>| terminal::safe(text.as_deref().unwrap_or("-")).into_owned();
    for account in accounts {
        rows.push(vec![
            account.id.clone(),
            (if account.disabled { "disabled" } else { "enabled" }).to_string(),
            (if account.has_password { "yes" } else { "no" }).to_string(),
            shown(&account.notifications.email),
            shown(&account.notifications.employee_id),
            terminal::safe(&account.display_name).into_owned(),
        ]);
    }
    terminal::table(&rows, &[])
}
