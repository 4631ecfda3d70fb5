//! Inboxes: what each account was told, and what of it was read.

use super::store::{Notices, NoticesError};
use super::told::Told;
use rusqlite::params;

/// A notice in an inbox.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Its number: later ones are greater.
    pub id: i64,
    /// What it says.
    pub told: Told,
    /// When it was read, epoch milliseconds.
    pub read_ms: Option<i64>,
}

/// What to mark as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// These notices.
    These(Vec<i64>),
    /// All up to one.
    UpTo(i64),
}

impl Notices {
    /// An account's notices before one, newest first.
    pub fn inbox(
        &self,
        account: &str,
        before: Option<i64>,
        unread: bool,
        limit: usize,
    ) -> Result<Vec<Notice>, NoticesError> {
        let connection = self.lock();
        let mut page = connection.prepare_cached(
            "SELECT id, told, read_ms FROM notices
                WHERE account = ?1 AND id < ?2 AND (NOT ?3 OR read_ms IS NULL) ORDER BY id DESC LIMIT ?4",
        )?;
        let rows = page.query_map(params![account, before.unwrap_or(i64::MAX), unread, limit as i64], |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?))
        })?;
        let notice = |row: rusqlite::Result<(i64, String, Option<i64>)>| {
            let (id, told, read_ms) = row?;
            Ok(Notice { id, told: read_told(&told)?, read_ms })
        };
        rows.map(notice).collect()
    }

    /// How many notices an account has not read.
    pub fn unread(&self, account: &str) -> Result<u64, NoticesError> {
        let connection = self.lock();
        let mut count =
            connection.prepare_cached("SELECT COUNT(*) FROM notices WHERE account = ?1 AND read_ms IS NULL")?;
        Ok(count.query_row([account], |row| row.get::<_, i64>(0))? as u64)
    }

    /// Marks notices of an account as read; those of others are left alone. How many were unread.
    pub fn mark_read(&self, account: &str, which: &Which, now_ms: i64) -> Result<usize, NoticesError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let marked = match which {
            Which::UpTo(last) => transaction.execute(
                "UPDATE notices SET read_ms = ?3 WHERE account = ?1 AND id <= ?2 AND read_ms IS NULL",
                params![account, last, now_ms],
            )?,
            Which::These(ids) => {
                let sql = "UPDATE notices SET read_ms = ?3 WHERE account = ?1 AND id = ?2 AND read_ms IS NULL";
                let mut mark = transaction.prepare_cached(sql)?;
                let marks = ids.iter().map(|id| mark.execute(params![account, id, now_ms]));
                marks.sum::<rusqlite::Result<usize>>()?
            }
        };
        transaction.commit()?;
        Ok(marked)
    }
}

/// What was stored, which a later version may have written with more.
pub(super) fn read_told(text: &str) -> Result<Told, NoticesError> {
    serde_json::from_str(text).map_err(|e| NoticesError::Refused(format!("a notice cannot be read: {e}")))
}

#[cfg(test)]
mod tests {
    use super::super::store::INBOX_MAX;
    use super::super::store::tests::{take, telling};
    use super::*;

    #[test]
    fn an_inbox_is_read_by_pages_and_marked() {
        let folder = tempfile::tempdir().unwrap();
        let notices = Notices::open(folder.path()).unwrap();
        let tellings: Vec<_> = (1..=5).map(|at| telling(at, &["anna", "ben"])).collect();
        take(&notices, &tellings);
        let at = |before, unread| -> Vec<(i64, i64)> {
            let page = notices.inbox("anna", before, unread, 2).unwrap();
            page.iter().map(|notice| (notice.id, notice.told.at)).collect()
        };
        assert_eq!(at(None, false), [(9, 5), (7, 4)]);
        assert_eq!(at(Some(7), false), [(5, 3), (3, 2)]);
        assert_eq!(notices.mark_read("anna", &Which::These(vec![9, 9, 10, 999]), 1).unwrap(), 1, "10 is Ben's");
        assert_eq!(at(None, true), [(7, 4), (5, 3)]);
        assert_eq!(notices.mark_read("anna", &Which::UpTo(5), 1).unwrap(), 3);
        assert_eq!((notices.unread("anna").unwrap(), notices.unread("ben").unwrap()), (1, 5));
    }

    #[test]
    fn an_inbox_forgets_its_oldest() {
        let folder = tempfile::tempdir().unwrap();
        let notices = Notices::open(folder.path()).unwrap();
        let tellings: Vec<_> = (1..=u64::from(INBOX_MAX) + 3).map(|at| telling(at, &["anna"])).collect();
        take(&notices, &tellings);
        assert_eq!(notices.unread("anna").unwrap(), u64::from(INBOX_MAX));
        assert_eq!(notices.inbox("anna", None, false, 1).unwrap()[0].told.at, i64::from(INBOX_MAX) + 3);
    }
}
