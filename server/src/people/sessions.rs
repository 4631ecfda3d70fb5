//! Sessions: an account at work for one wallet at a time, for as long as it goes on asking.

use super::roles::{self, Acting};
use super::{Account, People, PeopleError, accounts, refused};
use crate::private::{self, hash};
use rusqlite::{OptionalExtension, params};
use std::time::Duration;

/// How long a session lives without a request.
pub const IDLE_TIME_MAX: Duration = Duration::from_secs(2 * 60 * 60);
/// How long a session lives whatever is asked: a working day.
pub const LIFE_TIME_MAX: Duration = Duration::from_secs(12 * 60 * 60);
/// How old the last sign of life may become before a request writes a new one.
const SEEN_EVERY: Duration = Duration::from_secs(60);
/// Sessions of one account; of more the oldest ends.
const SESSIONS_MAX: u32 = 20;
/// What every session's secret begins with.
const PREFIX: &str = "ps_";

/// A session that lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose it is.
    pub account: Account,
    /// The wallet that it is in, once one is chosen.
    pub acting: Option<Acting>,
    /// When it ends unless something is asked before, epoch milliseconds.
    pub expires_ms: i64,
}

impl People {
    /// Starts a session and returns its secret, which is not to be had again. Sessions that have ended are forgotten.
    pub fn start_session(&self, account: &str, wallet: Option<&str>, now_ms: i64) -> Result<String, PeopleError> {
        let secret = private::secret(PREFIX)?;
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        transaction.execute(
            "DELETE FROM sessions WHERE seen_ms <= ?1 OR created_ms <= ?2",
            [now_ms - ms(IDLE_TIME_MAX), now_ms - ms(LIFE_TIME_MAX)],
        )?;
        transaction.execute(
            "INSERT INTO sessions VALUES (?1, ?2, ?3, ?4, ?4)",
            params![hash(&secret), account, wallet, now_ms],
        )?;
        transaction.execute(
            "DELETE FROM sessions WHERE account = ?1 AND hash NOT IN
                (SELECT hash FROM sessions WHERE account = ?1 ORDER BY created_ms DESC, hash = ?2 DESC LIMIT ?3)",
            params![account, hash(&secret), SESSIONS_MAX],
        )?;
        transaction.commit()?;
        Ok(secret)
    }

    /// The session of a secret, if it lives; a sign of life.
    pub fn session(&self, secret: &str, now_ms: i64) -> Result<Option<Session>, PeopleError> {
        let connection = self.lock();
        let mut find =
            connection.prepare_cached("SELECT account, wallet, created_ms, seen_ms FROM sessions WHERE hash = ?1")?;
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
        let found: Option<(String, Option<String>, i64, i64)> = find.query_row([hash(secret)], row).optional()?;
        let Some((account, wallet, created_ms, seen_ms)) = found else { return Ok(None) };
        let end_ms = created_ms + ms(LIFE_TIME_MAX);
        if now_ms >= end_ms || now_ms - seen_ms >= ms(IDLE_TIME_MAX) {
            return Ok(None);
        }
        let account = accounts::existing(&connection, &account)?;
        if account.disabled {
            return Ok(None);
        }
        if now_ms - seen_ms >= ms(SEEN_EVERY) {
            connection.execute("UPDATE sessions SET seen_ms = ?2 WHERE hash = ?1", params![hash(secret), now_ms])?;
        }
        let acting = wallet.map(|wallet| roles::acting(&connection, &account.id, &wallet)).transpose()?.flatten();
        Ok(Some(Session { account, acting, expires_ms: end_ms.min(now_ms + ms(IDLE_TIME_MAX)) }))
    }

    /// Takes a session to another wallet, at which its account has a role.
    pub fn choose_wallet(&self, secret: &str, account: &str, wallet: &str) -> Result<(), PeopleError> {
        self.check_workplace(account, wallet)?;
        self.lock().execute("UPDATE sessions SET wallet = ?2 WHERE hash = ?1", params![hash(secret), wallet])?;
        Ok(())
    }

    /// Refuses a wallet at which an account has no role.
    pub fn check_workplace(&self, account: &str, wallet: &str) -> Result<(), PeopleError> {
        match self.acting(account, wallet)? {
            Some(acting) if !acting.roles.is_empty() => Ok(()),
            _ => refused(format!("{account} has no role at {wallet:?}; `penstock role grant` gives one")),
        }
    }

    /// Ends a session.
    pub fn end_session(&self, secret: &str) -> Result<(), PeopleError> {
        self.lock().execute("DELETE FROM sessions WHERE hash = ?1", [hash(secret)])?;
        Ok(())
    }
}

fn ms(duration: Duration) -> i64 {
    duration.as_millis() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::{NewAccount, Notice, Notifications, Wallet};
    use crate::rights::Role;

    fn people(folder: &std::path::Path) -> People {
        let people = People::open(folder).unwrap();
        let notifications = Notifications { email: None, employee_id: None, kinds: Notice::ALL.to_vec() };
        let new = NewAccount { id: "maria", display_name: "Maria", password: None, notifications: &notifications };
        people.add_account(&new).unwrap();
        people.add_wallet(&Wallet::new("HK", true, false)).unwrap();
        people.add_wallet(&Wallet::new("GCASH", false, true)).unwrap();
        people
    }

    #[test]
    fn a_session_slides_and_ends_after_a_day_whatever_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let people = people(folder.path());
        let (idle, life) = (ms(IDLE_TIME_MAX), ms(LIFE_TIME_MAX));
        let secret = people.start_session("maria", None, 0).unwrap();
        let lives = |now| people.session(&secret, now).unwrap().map(|session| session.expires_ms);
        assert_eq!(lives(idle - 1), Some(2 * idle - 1));
        assert_eq!(lives(2 * idle - 2), Some(3 * idle - 2));
        for hour in 2..life / idle * 2 {
            assert!(lives(hour * idle / 2).is_some(), "{hour}");
        }
        assert_eq!(lives(life - 1), Some(life));
        assert_eq!(lives(life), None);
        let other = people.start_session("maria", None, 0).unwrap();
        assert!(people.session(&other, idle).unwrap().is_none(), "nothing was asked");
        assert!(people.session("ps_nothing", 0).unwrap().is_none());
    }

    #[test]
    fn a_session_ends_when_it_is_ended_and_with_its_account() {
        let folder = tempfile::tempdir().unwrap();
        let people = people(folder.path());
        let start = || people.start_session("maria", None, 0).unwrap();
        let lives = |secret: &str| people.session(secret, 1).unwrap().is_some();
        let (first, second) = (start(), start());
        people.end_session(&first).unwrap();
        assert!(!lives(&first) && lives(&second));
        let third = start();
        people.set_password("maria", "hash", Some(&third)).unwrap();
        assert!(!lives(&second) && lives(&third));
        people.disable("maria", true).unwrap();
        people.disable("maria", false).unwrap();
        assert!(!lives(&third));
        let many: Vec<String> = (0..=SESSIONS_MAX).map(|_| start()).collect();
        assert_eq!(many.iter().filter(|secret| lives(secret)).count(), SESSIONS_MAX as usize);
        assert!(lives(&many[SESSIONS_MAX as usize]), "the newest lives");
        let stored =
            [super::super::FILE, "people.db-wal"].map(|n| std::fs::read(folder.path().join(n)).unwrap()).concat();
        assert!(!stored.windows(20).any(|bytes| bytes == &many[0].as_bytes()[..20]), "a secret is nowhere");
    }

    #[test]
    fn roles_are_held_where_they_can_be() {
        let folder = tempfile::tempdir().unwrap();
        let people = people(folder.path());
        let refused = |account, role, wallet| people.grant(account, role, wallet).unwrap_err().to_string();
        assert!(refused("maria", Role::SourceOperator, "GCASH").contains("source wallets"));
        assert!(refused("maria", Role::SourceOperator, "*").contains("no wallet"));
        assert!(refused("maria", Role::Auditor, "HK").contains("all wallets"));
        assert!(refused("mario", Role::SourceOperator, "HK").contains("no account"));
        assert!(people.grant("maria", Role::SourceOperator, "HK").unwrap());
        assert!(!people.grant("maria", Role::SourceOperator, "HK").unwrap(), "had it");
        assert!(people.set_wallet(&Wallet::new("HK", false, true)).is_err(), "a source operator needs a source");

        assert!(people.check_workplace("maria", "HK").is_ok() && people.check_workplace("maria", "GCASH").is_err());
        let staffed = |role, wallet| people.staffed(role, wallet).unwrap();
        assert!(staffed(Role::SourceOperator, "HK") && !staffed(Role::SourceOperator, "GCASH"));
        assert!(!staffed(Role::Auditor, "HK"));
        people.grant("maria", Role::Auditor, "*").unwrap();
        assert!(staffed(Role::Auditor, "HK"));
        let at: Vec<String> = people.workplaces("maria").unwrap().into_iter().map(|at| at.wallet.name).collect();
        assert_eq!(at, ["GCASH", "HK"]);
        assert_eq!(people.holders(Role::SourceOperator, "HK").unwrap()[0].account, "maria");
        people.disable("maria", true).unwrap();
        assert!(!staffed(Role::SourceOperator, "HK") && people.acting("maria", "HK").unwrap().is_none());
        assert!(people.revoke("maria", Role::SourceOperator, "HK").unwrap());
        assert!(!people.revoke("maria", Role::SourceOperator, "HK").unwrap());
    }
}
