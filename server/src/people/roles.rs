//! Who is what where.

use super::wallets::{self, Wallet};
use super::{People, PeopleError, accounts, refused};
use crate::people::{Account, Notifications};
use crate::rights::{Role, Side};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, params};
use serde::Serialize;

/// The wallet of roles that hold at all of them.
pub const EVERYWHERE: &str = "*";

/// A role that somebody holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Who.
    pub account: String,
    /// What.
    pub role: Role,
    /// Where; [`EVERYWHERE`] for all wallets.
    pub wallet: String,
}

/// An account at work for a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acting {
    /// Its id.
    pub account: String,
    /// The wallet that it works for.
    pub wallet: Wallet,
    /// What it is there; may be nothing.
    pub roles: Vec<Role>,
}

/// Somebody to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The account's id.
    pub account: String,
    /// As people call it.
    pub display_name: String,
    /// Where and of what it wants to be told.
    pub notifications: Notifications,
}

impl FromSql for Role {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Role> {
        Role::of_name(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

impl People {
    /// Gives an account a role; true if it did not have it.
    pub fn grant(&self, account: &str, role: Role, wallet: &str) -> Result<bool, PeopleError> {
        let connection = self.lock();
        accounts::existing(&connection, account)?;
        match (role.side(), wallet) {
            (Side::Everywhere, EVERYWHERE) => {}
            (Side::Everywhere, _) => return refused(format!("{} holds at all wallets: name none", role.name())),
            (side, wallet) => match wallets::find(&connection, wallet)? {
                None => {
                    let add = "`penstock wallet add` makes one";
                    return refused(format!(
                        "{} is held at a wallet, and there is no wallet {wallet:?}; {add}",
                        role.name()
                    ));
                }
                Some(found) if !found.has(side) => {
                    let side = if side == Side::Source { "source" } else { "target" };
                    let set = "`penstock wallet set` changes it";
                    return refused(format!("{} is held at {side} wallets, and {wallet} is none; {set}", role.name()));
                }
                Some(_) => {}
            },
        }
        let given = connection.execute(
            "INSERT INTO roles VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            params![account, role.name(), wallet],
        )?;
        Ok(given > 0)
    }

    /// Takes a role away; true if the account had it.
    pub fn revoke(&self, account: &str, role: Role, wallet: &str) -> Result<bool, PeopleError> {
        let taken = self.lock().execute(
            "DELETE FROM roles WHERE account = ?1 AND role = ?2 AND wallet = ?3",
            params![account, role.name(), wallet],
        )?;
        Ok(taken > 0)
    }

    /// All roles that are held, by account.
    pub fn roles(&self) -> Result<Vec<Held>, PeopleError> {
        let connection = self.lock();
        let mut all =
            connection.prepare_cached("SELECT account, role, wallet FROM roles ORDER BY account, wallet, role")?;
        let held =
            all.query_map([], |row| Ok(Held { account: row.get(0)?, role: row.get(1)?, wallet: row.get(2)? }))?;
        Ok(held.collect::<Result<_, _>>()?)
    }

    /// An account at work for a wallet; none where it is disabled, or one of the two is not there.
    pub fn acting(&self, account: &str, wallet: &str) -> Result<Option<Acting>, PeopleError> {
        Ok(acting(&self.lock(), account, wallet)?)
    }

    /// The wallets that an account can work for, with what it is there.
    pub fn workplaces(&self, account: &str) -> Result<Vec<Acting>, PeopleError> {
        let connection = self.lock();
        let all = wallets::all(&connection)?.into_iter();
        let at = all.map(|wallet| {
            let roles = roles_at(&connection, account, &wallet.name)?;
            Ok(Acting { account: account.to_string(), wallet, roles })
        });
        let at: Vec<Acting> = at.collect::<rusqlite::Result<_>>()?;
        Ok(at.into_iter().filter(|acting| !acting.roles.is_empty()).collect())
    }

    /// Whether somebody who is not disabled holds a role at a wallet, or everywhere.
    pub fn staffed(&self, role: Role, wallet: &str) -> Result<bool, PeopleError> {
        Ok(!self.holders(role, wallet)?.is_empty())
    }

    /// Who holds a role at a wallet, or everywhere, and is not disabled; by id.
    pub fn holders(&self, role: Role, wallet: &str) -> Result<Vec<Contact>, PeopleError> {
        let connection = self.lock();
        let mut find = connection.prepare_cached(
            "SELECT DISTINCT accounts.* FROM accounts JOIN roles ON roles.account = accounts.id
                WHERE roles.role = ?1 AND roles.wallet IN (?2, ?3) AND accounts.disabled = 0 ORDER BY accounts.id",
        )?;
        let found = find.query_map(params![role.name(), wallet, EVERYWHERE], Account::read)?;
        let contact = |account: Account| Contact {
            account: account.id,
            display_name: account.display_name,
            notifications: account.notifications,
        };
        Ok(found.map(|account| account.map(contact)).collect::<Result<_, _>>()?)
    }
}

pub(super) fn acting(connection: &Connection, account: &str, wallet: &str) -> rusqlite::Result<Option<Acting>> {
    let enabled = accounts::find(connection, account)?.is_some_and(|account| !account.disabled);
    let Some(wallet) = wallets::find(connection, wallet)?.filter(|_| enabled) else { return Ok(None) };
    let roles = roles_at(connection, account, &wallet.name)?;
    Ok(Some(Acting { account: account.to_string(), wallet, roles }))
}

fn roles_at(connection: &Connection, account: &str, wallet: &str) -> rusqlite::Result<Vec<Role>> {
    let mut find =
        connection.prepare_cached("SELECT role FROM roles WHERE account = ?1 AND wallet IN (?2, ?3) ORDER BY role")?;
    find.query_map([account, wallet, EVERYWHERE], |row| row.get(0))?.collect()
}
