//! API keys at rest: a small SQLite file in the data folder, apart from the log.
//!
//! Only a key's SHA-256 is stored. The command line and a running server may use the file at the same time, and a change
//! counts from the next request on.

use crate::private::{self, PrivateError, hash, now_ms};
use parking_lot::Mutex;
use penstock_engine::api::TenantId;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::path::Path;
use std::sync::Arc;

/// The file in a data folder.
pub const FILE: &str = "keys.db";
/// What every key begins with.
const PREFIX: &str = "pk_";
/// How much of a key `key list` shows.
const SHOWN: usize = PREFIX.len() + 8;
/// The longest tenant name, bytes.
pub const TENANT_NAME_MAX: usize = 64;

const SCHEMA: [&str; 2] = [
    // Files of before there were steps have this table, and count none.
    "CREATE TABLE IF NOT EXISTS keys (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        hash BLOB NOT NULL UNIQUE,
        shown TEXT NOT NULL,
        tenant TEXT NOT NULL,
        label TEXT,
        created_ms INTEGER NOT NULL,
        revoked_ms INTEGER
    ) STRICT",
    // Keys of before there were scopes are for everything. `tenant` is the wallet of a key that acts as an account.
    "ALTER TABLE keys ADD COLUMN scope TEXT NOT NULL DEFAULT 'all';
     ALTER TABLE keys ADD COLUMN account TEXT",
];

/// The keys of one data folder.
pub struct Keys {
    connection: Mutex<Connection>,
}

/// Why the keys could not be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] PrivateError),
    /// Not a tenant's name.
    #[error(
        "{0:?} is not a tenant name: use 1 to {TENANT_NAME_MAX} ASCII letters, digits, `_`, `-` and `.`, the first a letter or digit"
    )]
    TenantName(String),
}

impl From<rusqlite::Error> for KeysError {
    fn from(error: rusqlite::Error) -> KeysError {
        KeysError::File(error.into())
    }
}

/// What a key is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All that its tenant may do, but no decision about approvals.
    All,
    /// `synchronizeContent` alone.
    Content,
    /// A target wallet's feed and its reports alone.
    Supply,
    /// What this account may do at the key's wallet.
    Account(String),
}

impl Scope {
    /// As stored and shown.
    pub fn name(&self) -> &'static str {
        match self {
            Scope::All => "all",
            Scope::Content => "content",
            Scope::Supply => "supply",
            Scope::Account(_) => "account",
        }
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Scope> {
        Ok(match row.get::<_, Option<String>>("account")? {
            Some(account) => Scope::Account(account),
            None => match row.get_ref("scope")?.as_str()? {
                "all" => Scope::All,
                "supply" => Scope::Supply,
                // A scope that is not known here allows the least.
                _ => Scope::Content,
            },
        })
    }
}

/// Whom a key that stands stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The tenant, or the wallet that the account acts for.
    pub tenant: TenantId,
    /// `key:` and its label, or its number.
    pub name: String,
    /// What it is for.
    pub scope: Scope,
}

/// A key as `key list` shows it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyInfo {
    /// Number, for `key revoke`.
    pub id: i64,
    /// How the key begins.
    pub begins_with: String,
    /// The tenant that it stands for, or the wallet that its account acts for.
    pub tenant: String,
    /// `all`, `content`, `supply` or `account`.
    pub scope: &'static str,
    /// The account that it acts as.
    pub account: Option<String>,
    /// The operator's note.
    pub label: Option<String>,
    /// Epoch milliseconds.
    pub created_ms: i64,
    /// Epoch milliseconds, if it was revoked.
    pub revoked_ms: Option<i64>,
}

impl Keys {
    /// Opens the keys of a data folder, making both if need be.
    pub fn open(dir: &Path) -> Result<Keys, KeysError> {
        Ok(Keys { connection: Mutex::new(private::open(dir, FILE, &SCHEMA)?) })
    }

    /// Makes a key for a tenant; the key itself is not to be had again. Whether an account is there is the caller's to ask.
    pub fn add(&self, tenant: &str, label: Option<&str>, scope: &Scope) -> Result<String, KeysError> {
        if !is_tenant_name(tenant) {
            return Err(KeysError::TenantName(tenant.to_string()));
        }
        let key = private::secret(PREFIX)?;
        let account = match scope {
            Scope::Account(account) => Some(account),
            Scope::All | Scope::Content | Scope::Supply => None,
        };
        self.connection.lock().execute(
            "INSERT INTO keys (hash, shown, tenant, label, created_ms, scope, account) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![hash(&key), &key[..SHOWN], tenant, label, now_ms(), scope.name(), account],
        )?;
        Ok(key)
    }

    /// Whom a key stands for, if it stands.
    pub fn holder(&self, key: &str) -> Result<Option<Holder>, KeysError> {
        let connection = self.connection.lock();
        let mut find = connection.prepare_cached(
            "SELECT id, tenant, label, scope, account FROM keys WHERE hash = ?1 AND revoked_ms IS NULL",
        )?;
        let read = |row: &Row<'_>| {
            let label: Option<String> = row.get("label")?;
            let name = label
                .filter(|label| !label.is_empty())
                .map_or_else(|| row.get::<_, i64>("id").map(|id| id.to_string()), Ok)?;
            let tenant = TenantId(Arc::from(row.get::<_, String>("tenant")?));
            Ok(Holder { tenant, name: format!("key:{name}"), scope: Scope::read(row)? })
        };
        Ok(find.query_row([hash(key)], read).optional()?)
    }

    /// All keys, revoked ones too, oldest first.
    pub fn list(&self) -> Result<Vec<KeyInfo>, KeysError> {
        let connection = self.connection.lock();
        let mut all = connection
            .prepare("SELECT id, shown, tenant, label, created_ms, revoked_ms, scope, account FROM keys ORDER BY id")?;
        let rows = all.query_map([], |row| {
            Ok(KeyInfo {
                id: row.get("id")?,
                begins_with: row.get("shown")?,
                tenant: row.get("tenant")?,
                scope: Scope::read(row)?.name(),
                account: row.get("account")?,
                label: row.get("label")?,
                created_ms: row.get("created_ms")?,
                revoked_ms: row.get("revoked_ms")?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Revokes a key, named by its number, its beginning as `key list` shows it, or itself. Returns how many were revoked: 0 or 1.
    pub fn revoke(&self, which: &str) -> Result<usize, KeysError> {
        let revoked = self.connection.lock().execute(
            "UPDATE keys SET revoked_ms = ?1 WHERE revoked_ms IS NULL AND id = (
                SELECT id FROM keys WHERE revoked_ms IS NULL AND (id = ?2 OR shown = ?3 OR hash = ?4) LIMIT 1)",
            params![now_ms(), which.parse::<i64>().ok(), which, hash(which)],
        )?;
        Ok(revoked)
    }
}

/// Whether a tenant may be called so; the name is also safe as a file name.
pub fn is_tenant_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    (1..=TENANT_NAME_MAX).contains(&bytes.len())
        && bytes[0].is_ascii_alphanumeric()
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenant_names_are_safe_as_file_names() {
        for good in ["GCASH", "a", "DEMO_JP", "a.b-c", &"x".repeat(64)] {
            assert!(is_tenant_name(good), "{good}");
        }
        for bad in ["", ".", "..", "-a", "a/b", "a b", "é", &"x".repeat(65)] {
            assert!(!is_tenant_name(bad), "{bad}");
        }
    }

    #[test]
    fn keys_of_an_older_file_go_on_to_work() {
        let folder = tempfile::tempdir().unwrap();
        let old = Connection::open(folder.path().join(FILE)).unwrap();
        old.execute_batch(SCHEMA[0]).unwrap();
        old.execute(
            "INSERT INTO keys (hash, shown, tenant, label, created_ms) VALUES (?1, 'pk_old', 'T', NULL, 1)",
            [hash("pk_old_key")],
        )
        .unwrap();
        drop(old);
        let keys = Keys::open(folder.path()).unwrap();
        let tenant = TenantId(Arc::from("T"));
        let holder = Holder { tenant, name: "key:1".to_string(), scope: Scope::All };
        assert_eq!(keys.holder("pk_old_key").unwrap(), Some(holder));
        let key = keys.add("T", Some("feed"), &Scope::Content).unwrap();
        let holder = Keys::open(folder.path()).unwrap().holder(&key).unwrap().unwrap();
        assert_eq!((holder.name.as_str(), holder.scope), ("key:feed", Scope::Content));
        assert_eq!(keys.list().unwrap()[0].scope, "all");
    }
}
