//! Wallets: where content comes from, and where it goes.

use super::{People, PeopleError, check_display_name, refused};
use crate::keys::is_tenant_name;
use crate::parameters::is_wallet;
use crate::rights::{Role, Side};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

/// The most that a wallet's drift limits can say, in per cent.
const DRIFT_PERCENT_MAX: u32 = 1_000_000;

/// Names that a refusal lists.
const NAMES_SHOWN_MAX: usize = 10;

/// How the two sides of a wallet review a task (D-51).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[clap(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Review {
    /// The source first, then the target.
    #[default]
    Sequential,
    /// Both at once.
    Parallel,
}

impl Review {
    /// As the wire spells it.
    pub fn name(self) -> &'static str {
        match self {
            Review::Sequential => "SEQUENTIAL",
            Review::Parallel => "PARALLEL",
        }
    }
}

/// By how much an approved task may grow before somebody is asked; none is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// Per cent of what was approved.
    pub percent: Option<u32>,
    /// Items.
    pub count: Option<u32>,
}

/// A wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wallet {
    /// As in rules, keys and tasks.
    pub name: String,
    /// As people call it.
    pub display_name: String,
    /// Whether content comes from it: it is a tenant.
    pub source: bool,
    /// Whether content goes to it.
    pub target: bool,
    /// IANA name.
    pub time_zone: String,
    /// Whether its reviews are one after the other.
    pub review: Review,
    /// Its limits of growth.
    pub drift: Drift,
}

impl Wallet {
    /// A wallet with defaults.
    pub fn new(name: &str, source: bool, target: bool) -> Wallet {
        Wallet {
            name: name.to_string(),
            display_name: name.to_string(),
            source,
            target,
            time_zone: "UTC".to_string(),
            review: Review::default(),
            drift: Drift::default(),
        }
    }

    /// Whether roles of this side can be held at it.
    pub fn has(&self, side: Side) -> bool {
        match side {
            Side::Source => self.source,
            Side::Target => self.target,
            Side::Everywhere => false,
        }
    }

    fn check(&self) -> Result<(), PeopleError> {
        let Wallet { name, source, target, time_zone, drift, .. } = self;
        if !(*source || *target) {
            return refused("a wallet is a source, a target or both");
        }
        if *source && !is_tenant_name(name) {
            let rule = "1 to 64 ASCII letters, digits, `_`, `-` and `.`, the first a letter or digit";
            return refused(format!("{name:?} is no name of a source wallet: use {rule}"));
        }
        if *target && !is_wallet(name) {
            return refused(format!(
                "{name:?} is no name of a target wallet: use 1 to 64 ASCII letters, digits, `_` and `-`"
            ));
        }
        check_display_name(&self.display_name)?;
        if jiff::tz::TimeZone::get(time_zone).is_err() {
            return refused(format!("{time_zone:?} is no time zone known here; name one as Asia/Hong_Kong"));
        }
        if drift.percent.is_some_and(|percent| percent > DRIFT_PERCENT_MAX) {
            return refused(format!("a drift limit is at most {DRIFT_PERCENT_MAX} per cent"));
        }
        Ok(())
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Wallet> {
        let parallel = row.get_ref("review")?.as_str()? == Review::Parallel.name();
        Ok(Wallet {
            name: row.get("name")?,
            display_name: row.get("display_name")?,
            source: row.get("source")?,
            target: row.get("target")?,
            time_zone: row.get("time_zone")?,
            review: if parallel { Review::Parallel } else { Review::Sequential },
            drift: Drift { percent: row.get("drift_percent")?, count: row.get("drift_count")? },
        })
    }
}

impl People {
    /// Makes a wallet.
    pub fn add_wallet(&self, wallet: &Wallet) -> Result<(), PeopleError> {
        wallet.check()?;
        if find(&self.lock(), &wallet.name)?.is_some() {
            return refused(format!("there is a wallet {} already; `penstock wallet set` changes it", wallet.name));
        }
        self.write_wallet(wallet)
    }

    /// Changes a wallet. Roles that are held at it stay possible.
    pub fn set_wallet(&self, wallet: &Wallet) -> Result<(), PeopleError> {
        wallet.check()?;
        for role in Role::ALL.into_iter().filter(|role| role.side() != Side::Everywhere && !wallet.has(role.side())) {
            if let Some(held) = self.roles()?.into_iter().find(|held| held.wallet == wallet.name && held.role == role) {
                return refused(format!(
                    "{} is {} of {}; revoke the role first",
                    held.account,
                    role.name(),
                    wallet.name
                ));
            }
        }
        self.write_wallet(wallet)
    }

    fn write_wallet(&self, wallet: &Wallet) -> Result<(), PeopleError> {
        let Wallet { name, display_name, source, target, time_zone, review, drift } = wallet;
        self.lock().execute(
            "INSERT INTO wallets VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET
                display_name = ?2, source = ?3, target = ?4, time_zone = ?5, review = ?6, drift_percent = ?7, drift_count = ?8",
            params![name, display_name, source, target, time_zone, review.name(), drift.percent, drift.count],
        )?;
        Ok(())
    }

    /// A wallet by its name.
    pub fn wallet(&self, name: &str) -> Result<Option<Wallet>, PeopleError> {
        Ok(find(&self.lock(), name)?)
    }

    /// Why nothing can be meant for a target wallet, in a sentence that names those that there are; `None` where it can. While no
    /// target wallet was ever made, any name will do: nobody could approve anything for it anyway.
    pub fn no_target(&self, name: &str) -> Result<Option<String>, PeopleError> {
        let targets: Vec<String> = self.wallets()?.into_iter().filter(|w| w.target).map(|w| w.name).collect();
        let known = targets.is_empty() || targets.iter().any(|target| target == name);
        Ok((!known).then(|| format!("there is no target wallet {name:?}; there are {}", some_of(&targets))))
    }

    /// All wallets, by name.
    pub fn wallets(&self) -> Result<Vec<Wallet>, PeopleError> {
        Ok(all(&self.lock())?)
    }
}

/// The first names of a list, in words.
pub fn some_of(names: &[String]) -> String {
    let shown = names.iter().take(NAMES_SHOWN_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES_SHOWN_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

pub(super) fn find(connection: &Connection, name: &str) -> rusqlite::Result<Option<Wallet>> {
    connection.prepare_cached("SELECT * FROM wallets WHERE name = ?1")?.query_row([name], Wallet::read).optional()
}

pub(super) fn all(connection: &Connection) -> rusqlite::Result<Vec<Wallet>> {
    connection.prepare_cached("SELECT * FROM wallets ORDER BY name")?.query_map([], Wallet::read)?.collect()
}
