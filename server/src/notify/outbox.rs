//! The outbox: letters on their way out, each waiting, sent or dead.
//!
//! A lane is a line of letters of one channel that wait for each other; every webhook's endpoint has its own. A letter is sent
//! at least once: it is marked after it has gone, and keeps its message's id when it goes again.

use super::inbox::read_told;
use super::store::{Notices, NoticesError};
use super::told::Told;
use rusqlite::params;

/// For so long the outbox remembers what was sent.
const SENT_KEPT_MS: i64 = 7 * 24 * 3_600_000;
/// And for so long what could not be sent.
const DEAD_KEPT_MS: i64 = 30 * 24 * 3_600_000;
/// The longest error that is kept, characters.
const ERROR_CHARS_MAX: usize = 500;

/// A channel's name and a lane of it.
pub type Lane = (String, String);

/// A letter that is due.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Its number.
    pub id: i64,
    /// To whom; what it means the channel knows.
    pub address: String,
    /// What it says.
    pub told: Told,
    /// How often it was tried.
    pub tries: u32,
}

impl Notices {
    /// Lanes with letters that are due.
    pub fn due_lanes(&self, now_ms: i64) -> Result<Vec<Lane>, NoticesError> {
        let connection = self.lock();
        let mut due = connection.prepare_cached(
            "SELECT channel, lane FROM outbox WHERE state = 'WAITING' AND due_ms <= ?1 GROUP BY channel, lane",
        )?;
        let lanes = due.query_map([now_ms], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(lanes.collect::<Result<_, _>>()?)
    }

    /// Letters of a lane that are due: those that are due longest first.
    pub fn due_letters(&self, lane: &Lane, now_ms: i64, limit: usize) -> Result<Vec<Letter>, NoticesError> {
        let connection = self.lock();
        let mut due = connection.prepare_cached(
            "SELECT id, address, told, tries FROM outbox
                WHERE state = 'WAITING' AND channel = ?1 AND lane = ?2 AND due_ms <= ?3 ORDER BY due_ms, id LIMIT ?4",
        )?;
        let rows = due.query_map(params![lane.0, lane.1, now_ms, limit as i64], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get(3)?))
        })?;
        let letter = |row: rusqlite::Result<(i64, String, String, u32)>| {
            let (id, address, told, tries) = row?;
            Ok(Letter { id, address, told: read_told(&told)?, tries })
        };
        rows.map(letter).collect()
    }

    /// Marks letters as sent.
    pub fn sent(&self, letters: &[Letter], now_ms: i64) -> Result<(), NoticesError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        for letter in letters {
            transaction.execute(
                "UPDATE outbox SET state = 'SENT', tries = tries + 1, error = NULL, changed_ms = ?2 WHERE id = ?1",
                [letter.id, now_ms],
            )?;
        }
        Ok(transaction.commit()?)
    }

    /// Notes that letters could not be sent. They are tried again at a time, or are dead.
    pub fn failed(
        &self,
        letters: &[Letter],
        error: &str,
        again_ms: Option<i64>,
        now_ms: i64,
    ) -> Result<(), NoticesError> {
        let error: String = error.chars().take(ERROR_CHARS_MAX).collect();
        let state = if again_ms.is_some() { "WAITING" } else { "DEAD" };
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        for letter in letters {
            transaction.execute(
                "UPDATE outbox SET state = ?2, tries = tries + 1, error = ?3, due_ms = ?4, changed_ms = ?5 WHERE id = ?1",
                params![letter.id, state, error, again_ms.unwrap_or(now_ms), now_ms],
            )?;
        }
        Ok(transaction.commit()?)
    }

    /// Letters that wait and that are dead, by channel.
    pub fn depths(&self) -> Result<Vec<(String, u64, u64)>, NoticesError> {
        let connection = self.lock();
        let mut count = connection.prepare_cached(
            "SELECT channel, SUM(state = 'WAITING'), SUM(state = 'DEAD') FROM outbox
                WHERE state IN ('WAITING', 'DEAD') GROUP BY channel ORDER BY channel",
        )?;
        let number = |row: &rusqlite::Row<'_>, at| row.get::<_, i64>(at).map(|n| n as u64);
        let rows = count.query_map([], |row| Ok((row.get(0)?, number(row, 1)?, number(row, 2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Forgets what was sent or died long ago.
    pub fn forget_old(&self, now_ms: i64) -> Result<usize, NoticesError> {
        let forgotten = self.lock().execute(
            "DELETE FROM outbox WHERE (state = 'SENT' AND changed_ms < ?1) OR (state = 'DEAD' AND changed_ms < ?2)",
            [now_ms - SENT_KEPT_MS, now_ms - DEAD_KEPT_MS],
        )?;
        Ok(forgotten)
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::WAITING_MAX;
    use super::super::store::tests::{take, telling};
    use super::*;

    fn mail() -> Lane {
        ("mail".to_string(), String::new())
    }

    #[test]
    fn a_letter_waits_goes_or_dies_and_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let notices = Notices::open(folder.path()).unwrap();
        take(&notices, &[telling(1, &["anna"]), telling(2, &["anna"]), telling(3, &["anna"])]);
        let due = |now_ms| -> Vec<i64> {
            notices.due_letters(&mail(), now_ms, 10).unwrap().iter().map(|letter| letter.told.at).collect()
        };
        assert_eq!(due(0), [1, 2, 3]);
        let letters = notices.due_letters(&mail(), 0, 10).unwrap();
        notices.sent(&letters[..1], 5).unwrap();
        notices.failed(&letters[1..2], &"x".repeat(9_999), Some(50), 5).unwrap();
        assert_eq!((due(49), due(50)), (vec![3], vec![3, 2]));
        notices.failed(&letters[1..2], "no", None, 60).unwrap();
        assert_eq!(due(i64::MAX), [3]);
        assert_eq!(notices.depths().unwrap()[2], ("mail".to_string(), 1, 1));
        assert_eq!(notices.forget_old(5 + SENT_KEPT_MS).unwrap(), 0);
        assert_eq!(notices.forget_old(6 + SENT_KEPT_MS).unwrap(), 1);
        assert_eq!(notices.forget_old(61 + DEAD_KEPT_MS).unwrap(), 1);
    }

    #[test]
    fn a_lane_has_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let notices = Notices::open(folder.path()).unwrap();
        let tellings: Vec<_> = (1..=u64::from(WAITING_MAX) + 2).map(|at| telling(at, &["anna"])).collect();
        take(&notices, &tellings);
        assert_eq!(notices.depths().unwrap()[2], ("mail".to_string(), u64::from(WAITING_MAX), 2));
    }
}
