//! Webhook endpoints: where a wallet's systems want to be told.

use super::address::check_url;
use super::kind::Kind;
use super::store::{Notices, NoticesError, json, read_kinds};
use crate::private::PrivateError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rusqlite::{OptionalExtension, params};
use serde::Serialize;

/// Endpoints of one wallet.
pub const ENDPOINTS_MAX: u32 = 20;
/// What every secret begins with, as Standard Webhooks wants it.
pub const SECRET_PREFIX: &str = "whsec_";
/// Random bytes of a secret; Standard Webhooks asks for 24 to 64.
const SECRET_BYTES: usize = 32;

/// An endpoint, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub wallet: String,
    /// Where letters go.
    pub url: String,
    /// What it is told of; `None` for everything.
    pub kinds: Option<Vec<Kind>>,
    /// Who made it.
    pub created_by: String,
    /// Epoch milliseconds.
    pub created_ms: i64,
    /// When it said that it wants no more letters, epoch milliseconds; a replay begins anew.
    pub stopped_ms: Option<i64>,
    /// Letters that wait.
    pub waiting: u64,
    /// Letters that could not be sent.
    pub dead: u64,
    /// What went wrong last with a letter that is not sent.
    pub error: Option<String>,
}

impl Notices {
    /// Makes an endpoint; its number and its secret, which is not to be had again.
    pub fn add_endpoint(
        &self,
        wallet: &str,
        url: &str,
        kinds: Option<&[Kind]>,
        by: &str,
        now_ms: i64,
    ) -> Result<(i64, String), NoticesError> {
        check_url(url).map_err(NoticesError::Refused)?;
        if kinds.is_some_and(<[Kind]>::is_empty) {
            let why = "kinds is empty, so nothing would be sent; name some, or leave it away for all";
            return Err(NoticesError::Refused(why.to_string()));
        }
        let secret = secret()?;
        let made = self.lock().execute(
            "INSERT INTO endpoints (wallet, url, kinds, secret, created_by, created_ms)
                SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE (SELECT COUNT(*) FROM endpoints WHERE wallet = ?1) < ?7",
            params![wallet, url, kinds.map(|kinds| json(&kinds)), secret, by, now_ms, ENDPOINTS_MAX],
        )?;
        if made == 0 {
            let why = format!("{wallet} has {ENDPOINTS_MAX} webhooks already; remove one first");
            return Err(NoticesError::Refused(why));
        }
        let id = self.lock().query_row("SELECT id FROM endpoints WHERE secret = ?1", [&secret], |row| row.get(0))?;
        Ok((id, secret))
    }

    /// A wallet's endpoints, oldest first.
    pub fn endpoints(&self, wallet: &str) -> Result<Vec<Endpoint>, NoticesError> {
        let connection = self.lock();
        let mut all = connection.prepare_cached(
            "SELECT id, wallet, url, kinds, created_by, created_ms,
                    COALESCE(SUM(state = 'WAITING'), 0), COALESCE(SUM(state = 'DEAD'), 0),
                    (SELECT error FROM outbox WHERE channel = 'webhook' AND lane = CAST(endpoints.id AS TEXT)
                        AND error IS NOT NULL ORDER BY changed_ms DESC LIMIT 1), stopped_ms
                FROM endpoints LEFT JOIN (SELECT lane, state FROM outbox WHERE channel = 'webhook')
                    ON lane = CAST(endpoints.id AS TEXT)
                WHERE wallet = ?1 GROUP BY id ORDER BY id",
        )?;
        let rows = all.query_map([wallet], |row| {
            let kinds: Option<String> = row.get(3)?;
            Ok(Endpoint {
                id: row.get(0)?,
                wallet: row.get(1)?,
                url: row.get(2)?,
                kinds: kinds.as_deref().map(read_kinds),
                created_by: row.get(4)?,
                created_ms: row.get(5)?,
                waiting: row.get::<_, i64>(6)? as u64,
                dead: row.get::<_, i64>(7)? as u64,
                error: row.get(8)?,
                stopped_ms: row.get(9)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Removes a wallet's endpoint and its letters; whether there was one.
    pub fn remove_endpoint(&self, wallet: &str, id: i64) -> Result<bool, NoticesError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let removed =
            transaction.execute("DELETE FROM endpoints WHERE wallet = ?1 AND id = ?2", params![wallet, id])?;
        if removed > 0 {
            transaction.execute("DELETE FROM outbox WHERE channel = 'webhook' AND lane = ?1", [id.to_string()])?;
        }
        transaction.commit()?;
        Ok(removed > 0)
    }

    /// Lets the dead letters of a wallet's endpoint be tried again, with their ids; how many. `None` where there is no such
    /// endpoint.
    pub fn replay(&self, wallet: &str, id: i64, now_ms: i64) -> Result<Option<usize>, NoticesError> {
        let connection = self.lock();
        let sql = "SELECT EXISTS (SELECT 1 FROM endpoints WHERE wallet = ?1 AND id = ?2)";
        if !connection.query_row(sql, params![wallet, id], |row| row.get::<_, bool>(0))? {
            return Ok(None);
        }
        connection.execute("UPDATE endpoints SET stopped_ms = NULL WHERE id = ?1", [id])?;
        let again = connection.execute(
            "UPDATE outbox SET state = 'WAITING', tries = 0, due_ms = ?2, changed_ms = ?2
                WHERE channel = 'webhook' AND lane = ?1 AND state = 'DEAD'",
            params![id.to_string(), now_ms],
        )?;
        Ok(Some(again))
    }

    /// Sends an endpoint no more letters, not even those that wait, until they are replayed.
    pub fn stop_endpoint(&self, lane: &str, why: &str, now_ms: i64) -> Result<(), NoticesError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let id = lane.parse::<i64>().ok();
        transaction.execute("UPDATE endpoints SET stopped_ms = ?2 WHERE id = ?1", params![id, now_ms])?;
        transaction.execute(
            "UPDATE outbox SET state = 'DEAD', error = ?2, changed_ms = ?3
                WHERE channel = 'webhook' AND lane = ?1 AND state = 'WAITING'",
            params![lane, why, now_ms],
        )?;
        Ok(transaction.commit()?)
    }

    /// Where an endpoint's letters go, and its secret.
    pub fn endpoint(&self, lane: &str) -> Result<Option<(String, String)>, NoticesError> {
        let connection = self.lock();
        let mut find = connection.prepare_cached("SELECT url, secret FROM endpoints WHERE id = ?1")?;
        Ok(find.query_row([lane.parse::<i64>().ok()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }
}

fn secret() -> Result<String, PrivateError> {
    let mut random = [0; SECRET_BYTES];
    getrandom::fill(&mut random).map_err(PrivateError::Random)?;
    Ok(format!("{SECRET_PREFIX}{}", STANDARD.encode(random)))
}

#[cfg(test)]
mod tests {
    use super::super::store::tests::{take, telling};
    use super::*;

    const URL: &str = "https://example.com/hook";

    #[test]
    fn a_wallet_has_its_own_endpoints_and_not_too_many() {
        let folder = tempfile::tempdir().unwrap();
        let notices = Notices::open(folder.path()).unwrap();
        let add = |wallet: &str, url: &str| notices.add_endpoint(wallet, url, None, "maria", 1);
        let (id, secret) = add("GCASH", URL).unwrap();
        assert_eq!(STANDARD.decode(secret.strip_prefix(SECRET_PREFIX).unwrap()).unwrap().len(), SECRET_BYTES);
        assert_eq!(notices.endpoint(&id.to_string()).unwrap(), Some((URL.to_string(), secret)));
        assert!(!notices.remove_endpoint("HK", id).unwrap() && notices.replay("HK", id, 1).unwrap().is_none());
        assert!(notices.remove_endpoint("GCASH", id).unwrap() && notices.endpoints("GCASH").unwrap().is_empty());
        (0..ENDPOINTS_MAX).for_each(|_| drop(add("HK", URL).unwrap()));
        assert!(add("HK", URL).unwrap_err().to_string().contains("remove one first"));
        assert!(notices.add_endpoint("MAYA", URL, Some(&[]), "maria", 1).is_err(), "nothing would be sent");
        assert!(add("MAYA", URL).is_ok() && add("MAYA", "ftp://example.com").is_err());
    }

    #[test]
    fn an_endpoint_gets_what_its_wallet_and_its_kinds_say_and_replays_what_died() {
        let folder = tempfile::tempdir().unwrap();
        let notices = Notices::open(folder.path()).unwrap();
        let add =
            |wallet: &str, kinds: Option<&[Kind]>| notices.add_endpoint(wallet, URL, kinds, "maria", 1).unwrap().0;
        let all = add("HK", None);
        let other_kind = add("GCASH", Some(&[Kind::TaskEmpty]));
        let other_wallet = add("MAYA", None);
        take(&notices, &[telling(1, &[]), telling(2, &[])]);
        let lane = |id: i64| ("webhook".to_string(), id.to_string());
        let due = |id| notices.due_letters(&lane(id), i64::MAX, 9).unwrap();
        assert_eq!((due(all).len(), due(other_kind).len(), due(other_wallet).len()), (2, 0, 0));
        notices.failed(&due(all), "no", None, 3).unwrap();
        let shown = notices.endpoints("HK").unwrap().remove(0);
        assert_eq!((shown.waiting, shown.dead, shown.error.as_deref()), (0, 2, Some("no")));
        assert_eq!(notices.replay("HK", all, 4).unwrap(), Some(2));
        notices.stop_endpoint(&all.to_string(), "no more", 4).unwrap();
        take(&notices, &[telling(3, &[])]);
        let stopped = notices.endpoints("HK").unwrap().remove(0);
        assert_eq!(
            (stopped.waiting, stopped.dead, stopped.stopped_ms),
            (0, 2, Some(4)),
            "nothing new is written to it"
        );
        assert_eq!(notices.replay("HK", all, 5).unwrap(), Some(2));
        assert_eq!(notices.endpoints("HK").unwrap().remove(0).stopped_ms, None);
        let again = due(all);
        assert_eq!((again[0].told.id.as_str(), again[0].tries), ("msg_1", 0));
        assert!(notices.remove_endpoint("HK", all).unwrap() && due(all).is_empty());
    }
}
