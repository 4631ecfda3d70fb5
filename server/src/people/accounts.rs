//! Accounts: people, and scripts that act as one.

use super::{People, PeopleError, check_display_name, is_line, refused};
use crate::private::now_ms;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest account id, characters.
const ID_CHARS_MAX: usize = 64;
/// The longest e-mail address, characters (RFC 5321).
const EMAIL_CHARS_MAX: usize = 254;
/// The longest employee id, characters.
const EMPLOYEE_ID_CHARS_MAX: usize = 64;

/// What an account can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Notice {
    /// A ticket waits for its decision.
    ApprovalRequested,
    /// A ticket that it opened was decided.
    ApprovalDecided,
    /// An approved task grew beyond the wallet's limits.
    SupplyDrift,
    /// Deliveries fail.
    DeliveryFailed,
    /// What a task delivers is all active, was fixed, or has ended.
    DeliveryProgress,
}

impl Notice {
    /// Every kind; a new account is told of all.
    pub const ALL: [Notice; 5] = [
        Notice::ApprovalRequested,
        Notice::ApprovalDecided,
        Notice::SupplyDrift,
        Notice::DeliveryFailed,
        Notice::DeliveryProgress,
    ];
}

/// Where and of what an account is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Notifications {
    /// At most 254 characters; null for none.
    pub email: Option<String>,
    /// For messengers that know employees; at most 64 characters, null for none.
    pub employee_id: Option<String>,
    /// The kinds that are wanted.
    pub kinds: Vec<Notice>,
}

impl Notifications {
    /// Refuses what cannot be an address.
    pub fn check(&self) -> Result<(), PeopleError> {
        if self.email.as_deref().is_some_and(|email| !is_email(email)) {
            return refused(format!(
                "an e-mail address is name@host, at most {EMAIL_CHARS_MAX} characters without spaces"
            ));
        }
        if self.employee_id.as_deref().is_some_and(|id| !is_line(id, EMPLOYEE_ID_CHARS_MAX)) {
            return refused(format!(
                "an employee id has 1 to {EMPLOYEE_ID_CHARS_MAX} characters, no space at its ends"
            ));
        }
        Ok(())
    }
}

/// Whether mail could go there; whether it arrives only mail can tell.
fn is_email(text: &str) -> bool {
    let parts = text.rsplit_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    parts
        && is_line(text, EMAIL_CHARS_MAX)
        && !text.contains(char::is_whitespace)
        && !text.contains(['<', '>', ',', ';'])
}

/// An account to be made.
pub struct NewAccount<'a> {
    /// Lower case.
    pub id: &'a str,
    /// As people call it.
    pub display_name: &'a str,
    /// Its password's hash; without one it signs in at a provider, if at all, and acts by keys.
    pub password: Option<&'a str>,
    /// Where it is told.
    pub notifications: &'a Notifications,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Lower case.
    pub id: String,
    /// As people call it.
    pub display_name: String,
    /// Whether it can sign in by a password.
    pub has_password: bool,
    /// Whether it can do nothing for now.
    pub disabled: bool,
    /// Where and of what it is told.
    pub notifications: Notifications,
    /// Epoch milliseconds.
    pub created_ms: i64,
}

impl Account {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Account> {
        let kinds = serde_json::from_str(row.get_ref("notices")?.as_str()?).unwrap_or_else(|_| Notice::ALL.to_vec());
        let notifications = Notifications { email: row.get("email")?, employee_id: row.get("employee_id")?, kinds };
        Ok(Account {
            id: row.get("id")?,
            display_name: row.get("display_name")?,
            has_password: row.get::<_, Option<String>>("password")?.is_some(),
            disabled: row.get("disabled")?,
            notifications,
            created_ms: row.get("created_ms")?,
        })
    }
}

/// Whether an account may be called so.
pub fn is_account_id(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-@".contains(&b);
    (1..=ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(plain)
}

fn unknown<T>(id: &str) -> Result<T, PeopleError> {
    refused(format!("there is no account {id:?}; see `penstock user list`"))
}

impl People {
    /// Makes an account.
    pub fn add_account(&self, new: &NewAccount<'_>) -> Result<(), PeopleError> {
        if !is_account_id(new.id) {
            let rule = format!("1 to {ID_CHARS_MAX} lower-case ASCII letters, digits, `.`, `_`, `-` and `@`");
            return refused(format!("{:?} is no account id: use {rule}", new.id));
        }
        check_display_name(new.display_name)?;
        new.notifications.check()?;
        let Notifications { email, employee_id, kinds } = new.notifications;
        let made = self.lock().execute(
            "INSERT INTO accounts (id, display_name, password, email, employee_id, notices, created_ms)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            params![new.id, new.display_name, new.password, email, employee_id, json(kinds), now_ms()],
        )?;
        if made == 0 { refused(format!("there is an account {} already", new.id)) } else { Ok(()) }
    }

    /// An account by its id.
    pub fn account(&self, id: &str) -> Result<Option<Account>, PeopleError> {
        Ok(find(&self.lock(), id)?)
    }

    /// All accounts, by id.
    pub fn accounts(&self) -> Result<Vec<Account>, PeopleError> {
        let connection = self.lock();
        let mut all = connection.prepare("SELECT * FROM accounts ORDER BY id")?;
        Ok(all.query_map([], Account::read)?.collect::<Result<_, _>>()?)
    }

    /// Lets an account do nothing from the next request on, or work again. Its sessions end.
    pub fn disable(&self, id: &str, disabled: bool) -> Result<(), PeopleError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let changed = transaction.execute("UPDATE accounts SET disabled = ?2 WHERE id = ?1", params![id, disabled])?;
        transaction.execute("DELETE FROM sessions WHERE account = ?1", [id])?;
        transaction.commit()?;
        if changed == 0 { unknown(id) } else { Ok(()) }
    }

    /// The hash that an account signs in by; none where there is no such account, it has no password, or is disabled.
    pub fn password_hash(&self, id: &str) -> Result<Option<String>, PeopleError> {
        let connection = self.lock();
        let mut find = connection.prepare_cached("SELECT password FROM accounts WHERE id = ?1 AND disabled = 0")?;
        Ok(find.query_row([id], |row| row.get(0)).optional()?.flatten())
    }

    /// Gives an account another password, by its hash. Its sessions end, but for the one of this token.
    pub fn set_password(&self, id: &str, hash: &str, except: Option<&str>) -> Result<(), PeopleError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let changed = transaction.execute("UPDATE accounts SET password = ?2 WHERE id = ?1", [id, hash])?;
        transaction.execute(
            "DELETE FROM sessions WHERE account = ?1 AND hash IS NOT ?2",
            params![id, except.map(crate::private::hash)],
        )?;
        transaction.commit()?;
        if changed == 0 { unknown(id) } else { Ok(()) }
    }

    /// Changes where and of what an account is told.
    pub fn set_notifications(&self, id: &str, wanted: &Notifications) -> Result<(), PeopleError> {
        wanted.check()?;
        let changed = self.lock().execute(
            "UPDATE accounts SET email = ?2, employee_id = ?3, notices = ?4 WHERE id = ?1",
            params![id, wanted.email, wanted.employee_id, json(&wanted.kinds)],
        )?;
        if changed == 0 { unknown(id) } else { Ok(()) }
    }
}

/// Kinds as stored: each once, in a fixed order.
fn json(kinds: &[Notice]) -> String {
    let once: Vec<Notice> = Notice::ALL.into_iter().filter(|kind| kinds.contains(kind)).collect();
    // A list of words cannot fail to be written.
    serde_json::to_string(&once).unwrap_or_default()
}

pub(super) fn find(connection: &Connection, id: &str) -> rusqlite::Result<Option<Account>> {
    connection.prepare_cached("SELECT * FROM accounts WHERE id = ?1")?.query_row([id], Account::read).optional()
}

/// The account of this id, or that there is none.
pub(super) fn existing(connection: &Connection, id: &str) -> Result<Account, PeopleError> {
    find(connection, id)?.map_or_else(|| unknown(id), Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_addresses_are_bounded() {
        for good in ["a", "maria.lee@example.com", "0-_", &"x".repeat(64)] {
            assert!(is_account_id(good), "{good}");
        }
        for bad in ["", "Maria", "a b", "é", "key:1", &"x".repeat(65)] {
            assert!(!is_account_id(bad), "{bad}");
        }
        assert!(is_email("maria@example.com"));
        for bad in ["maria", "@example.com", "maria@", "a b@c", "a@b\n", "a@b,c@d", &format!("{}@b", "x".repeat(253))] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
