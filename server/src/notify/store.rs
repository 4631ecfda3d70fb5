//! Notices at rest: `notices.db` in the data folder, apart from the log.
//!
//! What an event leads to is written in one transaction with how far the audit trail was read: notices in inboxes and letters
//! in the outbox come exactly once, whatever happens between. The command line and a running server may use the file at the
//! same time.

use super::kind::Kind;
use super::told::Told;
use crate::people::Contact;
use crate::private::{self, PrivateError};
use parking_lot::{Mutex, MutexGuard};
use penstock_engine::api::TenantId;
use penstock_engine::supply::journal::EntryPlace;
use penstock_engine::task::TaskId;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::collections::BTreeMap;
use std::path::Path;

/// The file in a data folder.
pub const FILE: &str = "notices.db";
/// Notices in one inbox; of more the oldest is forgotten.
pub const INBOX_MAX: u32 = 2_000;
/// Letters that wait in one lane of the outbox; what comes then is dead at once.
pub const WAITING_MAX: u32 = 5_000;

const SCHEMA: [&str; 3] = [
    "
    CREATE TABLE begun (at_ms INTEGER NOT NULL) STRICT;
    CREATE TABLE cursors (tenant TEXT PRIMARY KEY, seq INTEGER NOT NULL, n INTEGER NOT NULL) STRICT;
    CREATE TABLE digests (
        tenant TEXT NOT NULL,
        task INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        n INTEGER NOT NULL,
        items INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        due_ms INTEGER NOT NULL,
        PRIMARY KEY (tenant, task)
    ) STRICT;
    CREATE TABLE notices (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        account TEXT NOT NULL,
        message TEXT NOT NULL,
        told TEXT NOT NULL,
        read_ms INTEGER,
        UNIQUE (account, message)
    ) STRICT;
    CREATE INDEX notices_of ON notices (account, id);
    CREATE INDEX notices_unread ON notices (account) WHERE read_ms IS NULL;
    CREATE TABLE endpoints (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        wallet TEXT NOT NULL,
        url TEXT NOT NULL,
        kinds TEXT,
        secret TEXT NOT NULL,
        created_by TEXT NOT NULL,
        created_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX endpoints_of ON endpoints (wallet);
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        channel TEXT NOT NULL,
        lane TEXT NOT NULL,
        address TEXT NOT NULL,
        message TEXT NOT NULL,
        told TEXT NOT NULL,
        state TEXT NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        due_ms INTEGER NOT NULL,
        changed_ms INTEGER NOT NULL,
        error TEXT,
        UNIQUE (channel, lane, address, message)
    ) STRICT;
    CREATE INDEX outbox_due ON outbox (state, channel, lane, due_ms);
",
    "ALTER TABLE endpoints ADD COLUMN stopped_ms INTEGER",
    "CREATE TABLE supply_told (
        tenant TEXT NOT NULL,
        wallet TEXT NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (tenant, wallet)
    ) STRICT",
];

/// Why notices could not be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoticesError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] PrivateError),
    /// What was asked for cannot be; the text says why and what to do.
    #[error("{0}")]
    Refused(String),
}

impl From<rusqlite::Error> for NoticesError {
    fn from(error: rusqlite::Error) -> NoticesError {
        NoticesError::File(error.into())
    }
}

/// The notices of one data folder.
pub struct Notices {
    connection: Mutex<Connection>,
}

/// The ways out that are set up, beside inboxes and webhooks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Routes {
    /// The file of notices.
    pub file: bool,
    /// Mail to those who have an address.
    pub mail: bool,
    /// The robot, which names those who have an employee id.
    pub dingtalk: bool,
}

/// Something to tell, and whom.
#[derive(Clone, Debug)]
pub struct Telling {
    /// What.
    pub told: Told,
    /// Whom; may be nobody, and is told to wallets all the same.
    pub to: Vec<Contact>,
}

/// Items fixed, to be told together with those of the next minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Of this task.
    pub task: TaskId,
    /// The first event.
    pub place: EntryPlace,
    /// Items until now.
    pub items: u64,
    /// When the first event was, epoch milliseconds.
    pub at_ms: i64,
    /// When to tell, epoch milliseconds.
    pub due_ms: i64,
}

impl Notices {
    /// Opens the notices of a data folder, making both if need be.
    pub fn open(dir: &Path) -> Result<Notices, NoticesError> {
        Ok(Notices { connection: Mutex::new(private::open(dir, FILE, &SCHEMA)?) })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock()
    }

    /// Whether the audit trails have been followed before.
    pub fn has_begun(&self) -> Result<bool, NoticesError> {
        Ok(self.lock().query_row("SELECT EXISTS (SELECT 1 FROM begun)", [], |row| row.get(0))?)
    }

    /// Begins to follow the audit trails where they end: nobody is told what happened long ago.
    pub fn begin(&self, ends: &[(TenantId, EntryPlace)], now_ms: i64) -> Result<(), NoticesError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        ends.iter().try_for_each(|(tenant, end)| advance(&transaction, tenant, *end))?;
        transaction.execute("INSERT INTO begun VALUES (?1)", [now_ms])?;
        Ok(transaction.commit()?)
    }

    /// How far a tenant's audit trail was read.
    pub fn cursor(&self, tenant: &TenantId) -> Result<EntryPlace, NoticesError> {
        let connection = self.lock();
        let mut find = connection.prepare_cached("SELECT seq, n FROM cursors WHERE tenant = ?1")?;
        let found = find.query_row([&*tenant.0], |row| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?))).optional()?;
        Ok(found.unwrap_or((0, 0)))
    }

    /// Tells what the entries of a tenant's audit trail up to a place lead to. All or nothing.
    pub fn take(
        &self,
        tenant: &TenantId,
        to: EntryPlace,
        (tellings, digests): (&[Telling], &[Digest]),
        routes: Routes,
        now_ms: i64,
    ) -> Result<(), NoticesError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tellings.iter().try_for_each(|telling| tell(&transaction, telling, routes, now_ms))?;
        for Digest { task, place: (seq, n), items, at_ms, due_ms } in digests {
            transaction.execute(
                "INSERT INTO digests VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                    ON CONFLICT DO UPDATE SET items = items + excluded.items",
                params![&*tenant.0, task, *seq as i64, n, *items as i64, at_ms, due_ms],
            )?;
        }
        advance(&transaction, tenant, to)?;
        Ok(transaction.commit()?)
    }

    /// Digests that are due.
    pub fn due_digests(&self, now_ms: i64) -> Result<Vec<(String, Digest)>, NoticesError> {
        let connection = self.lock();
        let mut due = connection
            .prepare_cached("SELECT tenant, task, seq, n, items, at_ms, due_ms FROM digests WHERE due_ms <= ?1")?;
        let rows = due.query_map([now_ms], |row| {
            let place = (row.get::<_, i64>(2)? as u64, row.get(3)?);
            let items = row.get::<_, i64>(4)? as u64;
            let (task, at_ms, due_ms) = (row.get(1)?, row.get(5)?, row.get(6)?);
            Ok((row.get(0)?, Digest { task, place, items, at_ms, due_ms }))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Tells a digest, or nobody where there is nothing to tell any more. All or nothing.
    pub fn take_digest(
        &self,
        tenant: &str,
        task: TaskId,
        telling: Option<&Telling>,
        routes: Routes,
        now_ms: i64,
    ) -> Result<(), NoticesError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        telling.map_or(Ok(()), |telling| tell(&transaction, telling, routes, now_ms))?;
        transaction.execute("DELETE FROM digests WHERE tenant = ?1 AND task = ?2", params![tenant, task])?;
        Ok(transaction.commit()?)
    }
}

impl Notices {
    /// Wallets whose webhooks name [`Kind::SupplyChanged`], and up to which record they were told of a tenant's items.
    pub fn supply_told(&self, tenant: &TenantId) -> Result<BTreeMap<String, Option<u64>>, NoticesError> {
        let connection = self.lock();
        let mut find = connection.prepare_cached(
            "SELECT endpoints.wallet, kinds, seq FROM endpoints
                LEFT JOIN supply_told ON supply_told.wallet = endpoints.wallet AND tenant = ?1
                WHERE stopped_ms IS NULL AND kinds IS NOT NULL",
        )?;
        let rows = find.query_map([&*tenant.0], |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, Option<i64>>(2)?.map(|seq| seq as u64)))
        })?;
        let all: Vec<(String, String, Option<u64>)> = rows.collect::<Result<_, _>>()?;
        let wanting = all.into_iter().filter(|(_, kinds, _)| read_kinds(kinds).contains(&Kind::SupplyChanged));
        Ok(wanting.map(|(wallet, _, seq)| (wallet, seq)).collect())
    }

    /// Tells a wallet that its feed of a tenant's items goes on up to a record, or nothing of it. All or nothing.
    pub fn take_supply(
        &self,
        tenant: &TenantId,
        wallet: &str,
        to: u64,
        told: Option<Told>,
        now_ms: i64,
    ) -> Result<(), NoticesError> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let Some(told) = told {
            tell(&transaction, &Telling { told, to: Vec::new() }, Routes::default(), now_ms)?;
        }
        transaction.execute(
            "INSERT INTO supply_told VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET seq = ?3",
            params![&*tenant.0, wallet, to as i64],
        )?;
        Ok(transaction.commit()?)
    }
}

fn advance(transaction: &Transaction<'_>, tenant: &TenantId, (seq, n): EntryPlace) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO cursors VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET seq = ?2, n = ?3",
        params![&*tenant.0, seq as i64, n],
    )?;
    Ok(())
}

/// Puts a notice into every inbox, and letters into the outbox.
fn tell(transaction: &Transaction<'_>, telling: &Telling, routes: Routes, now_ms: i64) -> rusqlite::Result<()> {
    let Telling { told, to } = telling;
    let body = json(told);
    for contact in to {
        transaction.execute(
            "INSERT INTO notices (account, message, told) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            [&contact.account, &told.id, &body],
        )?;
        transaction.execute(
            "DELETE FROM notices WHERE account = ?1 AND id <=
                (SELECT id FROM notices WHERE account = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            params![contact.account, INBOX_MAX],
        )?;
        crate::metrics::notice("inbox", "kept", 1);
    }
    let post = |channel: &str, lane: &str, address: &str| post(transaction, (channel, lane, address), told, now_ms);
    if routes.file {
        post("file", "", &json(&to.iter().map(|contact| &contact.account).collect::<Vec<_>>()))?;
    }
    let wanting = || to.iter().filter(|contact| contact.notifications.kinds.contains(&told.kind.notice()));
    if routes.mail {
        wanting()
            .filter_map(|contact| contact.notifications.email.as_deref())
            .try_for_each(|to| post("mail", "", to))?;
    }
    let employees: Vec<_> = wanting().filter_map(|contact| contact.notifications.employee_id.as_deref()).collect();
    if routes.dingtalk && !employees.is_empty() {
        post("dingtalk", "", &json(&employees))?;
    }
    for endpoint in endpoints_for(transaction, told)? {
        post("webhook", &endpoint.to_string(), "")?;
    }
    Ok(())
}

/// Puts a letter into the outbox.
fn post(
    transaction: &Transaction<'_>,
    (channel, lane, address): (&str, &str, &str),
    told: &Told,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let waiting: u32 = transaction.query_row(
        "SELECT COUNT(*) FROM outbox WHERE state = 'WAITING' AND channel = ?1 AND lane = ?2",
        [channel, lane],
        |row| row.get(0),
    )?;
    let (state, error) = match waiting < WAITING_MAX {
        true => ("WAITING", None),
        false => ("DEAD", Some(format!("{WAITING_MAX} letters waited already"))),
    };
    transaction.execute(
        "INSERT INTO outbox (channel, lane, address, message, told, state, due_ms, changed_ms, error)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8) ON CONFLICT DO NOTHING",
        params![channel, lane, address, told.id, json(told), state, now_ms, error],
    )?;
    Ok(())
}

/// The endpoints of the two wallets that want to be told of this.
fn endpoints_for(transaction: &Transaction<'_>, told: &Told) -> rusqlite::Result<Vec<i64>> {
    let mut find = transaction.prepare_cached(
        "SELECT id, kinds FROM endpoints WHERE wallet IN (?1, ?2) AND stopped_ms IS NULL ORDER BY id",
    )?;
    let rows = find.query_map([&told.source_wallet, &*told.target_wallet], |row| {
        Ok((row.get(0)?, row.get::<_, Option<String>>(1)?))
    })?;
    let all: Vec<(i64, Option<String>)> = rows.collect::<rusqlite::Result<_>>()?;
    let wants = |kinds: &Option<String>| match kinds {
        Some(kinds) => read_kinds(kinds).contains(&told.kind),
        None => !told.kind.is_by_name_only(),
    };
    Ok(all.into_iter().filter(|(_, kinds)| wants(kinds)).map(|(id, _)| id).collect())
}

/// Kinds as stored; those of a later version are none that can come.
pub(super) fn read_kinds(kinds: &str) -> Vec<Kind> {
    let names: Vec<String> = serde_json::from_str(kinds).unwrap_or_default();
    names.iter().filter_map(|name| Kind::of_name(name)).collect()
}

/// Plain data as stored: writing it cannot fail.
pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::people::{Notice, Notifications};
    use std::sync::Arc;

    pub fn telling(at: u64, to: &[&str]) -> Telling {
        let contact = |account: &&str| Contact {
            account: account.to_string(),
            display_name: account.to_string(),
            notifications: Notifications {
                email: Some(format!("{account}@example.com")),
                employee_id: Some(format!("E-{account}")),
                kinds: vec![Notice::ApprovalRequested],
            },
        };
        let told = Told {
            id: format!("msg_{at}"),
            kind: Kind::TicketOpened,
            at: at as i64,
            by: "maria".into(),
            source_wallet: "HK".into(),
            target_wallet: "GCASH".into(),
            task: "HK-1".into(),
            task_name: "hotels".into(),
            ticket: None,
            asks: None,
            reason: None,
            items: None,
        };
        Telling { told, to: to.iter().map(contact).collect() }
    }

    pub const ALL: Routes = Routes { file: true, mail: true, dingtalk: true };

    pub fn take(notices: &Notices, tellings: &[Telling]) {
        let to = (tellings.len() as u64, 0);
        notices.take(&TenantId(Arc::from("HK")), to, (tellings, &[]), ALL, 0).unwrap();
    }

    #[test]
    fn an_event_is_told_once_with_its_cursor() {
        let folder = tempfile::tempdir().unwrap();
        let notices = Notices::open(folder.path()).unwrap();
        let tenant = TenantId(Arc::from("HK"));
        assert!(!notices.has_begun().unwrap());
        notices.begin(&[(tenant.clone(), (7, 1))], 1).unwrap();
        assert!(notices.has_begun().unwrap());
        assert_eq!(notices.cursor(&tenant).unwrap(), (7, 1));
        // Twice the same, as it comes when a folder is copied back: still once.
        for _ in 0..2 {
            take(&notices, &[telling(1, &["anna", "ben"])]);
        }
        assert_eq!(notices.cursor(&tenant).unwrap(), (1, 0));
        assert_eq!(notices.unread("anna").unwrap(), 1);
        let depths: Vec<(String, u64, u64)> = notices.depths().unwrap();
        assert_eq!(depths, [("dingtalk".into(), 1, 0), ("file".into(), 1, 0), ("mail".into(), 2, 0)]);
    }

    #[test]
    fn who_does_not_want_a_kind_has_it_in_the_inbox_alone() {
        let folder = tempfile::tempdir().unwrap();
        let notices = Notices::open(folder.path()).unwrap();
        let mut telling = telling(1, &["anna"]);
        telling.told.kind = Kind::TaskEmpty;
        take(&notices, &[telling]);
        assert_eq!(notices.unread("anna").unwrap(), 1);
        assert_eq!(notices.depths().unwrap(), [("file".to_string(), 1, 0)]);
    }

    #[test]
    fn digests_add_up_until_they_are_due() {
        let folder = tempfile::tempdir().unwrap();
        let notices = Notices::open(folder.path()).unwrap();
        let tenant = TenantId(Arc::from("HK"));
        for (seq, items) in [(1, 30), (2, 7)] {
            let digest = Digest { task: 1, place: (seq, 0), items, at_ms: seq as i64, due_ms: 100 * seq as i64 };
            notices.take(&tenant, (seq, 0), (&[], &[digest]), ALL, 0).unwrap();
        }
        assert!(notices.due_digests(99).unwrap().is_empty());
        let first = Digest { task: 1, place: (1, 0), items: 37, at_ms: 1, due_ms: 100 };
        assert_eq!(notices.due_digests(100).unwrap(), [("HK".to_string(), first)]);
        notices.take_digest("HK", 1, Some(&telling(1, &["anna"])), ALL, 100).unwrap();
        assert!(notices.due_digests(100).unwrap().is_empty());
        assert_eq!(notices.unread("anna").unwrap(), 1);
    }
}
