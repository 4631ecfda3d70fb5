//! API keys at rest: a small SQLite file in the data folder, apart from the log.
//!
//! Only a key's SHA-256 is stored; a key has 256 random bits, so a plain hash is enough. The command line and a running
//! server may use the file at the same time, and a change counts from the next request on.

use parking_lot::Mutex;
use penstock_engine::api::TenantId;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// What every key begins with.
const PREFIX: &str = "pk_";
/// How much of a key `key list` shows.
const SHOWN: usize = PREFIX.len() + 8;
/// The longest tenant name, bytes.
pub const TENANT_NAME_MAX: usize = 64;

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE,
    shown TEXT NOT NULL,
    tenant TEXT NOT NULL,
    label TEXT,
    created_ms INTEGER NOT NULL,
    revoked_ms INTEGER
) STRICT";

/// The keys of one data folder.
pub struct Keys {
    connection: Mutex<Connection>,
}

/// Why the keys could not be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The folder or file cannot be made or opened.
    #[error("the data folder or its key file cannot be used: {0}")]
    Io(String, #[source] std::io::Error),
    /// SQLite says no.
    #[error("the API keys (keys.db) cannot be used")]
    Sqlite(#[from] rusqlite::Error),
    /// The system has no random numbers.
    #[error("no random numbers from the system: {0}")]
    Random(getrandom::Error),
    /// Not a tenant's name.
    #[error(
        "{0:?} is not a tenant name: use 1 to {TENANT_NAME_MAX} ASCII letters, digits, `_`, `-` and `.`, the first a letter or digit"
    )]
    TenantName(String),
}

/// A key as `key list` shows it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyInfo {
    /// Number, for `key revoke`.
    pub id: i64,
    /// How the key begins.
    pub begins_with: String,
    /// The tenant that it stands for.
    pub tenant: String,
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
        std::fs::create_dir_all(dir).map_err(|e| KeysError::Io(dir.display().to_string(), e))?;
        let path = dir.join("keys.db");
        make_private(&path).map_err(|e| KeysError::Io(path.display().to_string(), e))?;
        let connection = Connection::open(&path)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(SCHEMA)?;
        Ok(Keys { connection: Mutex::new(connection) })
    }

    /// Makes a key for a tenant; the key itself is not to be had again.
    pub fn add(&self, tenant: &str, label: Option<&str>) -> Result<String, KeysError> {
        if !is_tenant_name(tenant) {
            return Err(KeysError::TenantName(tenant.to_string()));
        }
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(KeysError::Random)?;
        let key = format!("{PREFIX}{}", base32(&random));
        self.connection.lock().execute(
            "INSERT INTO keys (hash, shown, tenant, label, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![hash(&key), &key[..SHOWN], tenant, label, now_ms()],
        )?;
        Ok(key)
    }

    /// The tenant of a key that stands.
    pub fn tenant(&self, key: &str) -> Result<Option<TenantId>, KeysError> {
        let connection = self.connection.lock();
        let mut find = connection.prepare_cached("SELECT tenant FROM keys WHERE hash = ?1 AND revoked_ms IS NULL")?;
        let found: Option<String> = find.query_row([hash(key)], |row| row.get(0)).optional()?;
        Ok(found.map(|name| TenantId(Arc::from(name))))
    }

    /// All keys, revoked ones too, oldest first.
    pub fn list(&self) -> Result<Vec<KeyInfo>, KeysError> {
        let connection = self.connection.lock();
        let mut all =
            connection.prepare("SELECT id, shown, tenant, label, created_ms, revoked_ms FROM keys ORDER BY id")?;
        let rows = all.query_map([], |row| {
            Ok(KeyInfo {
                id: row.get(0)?,
                begins_with: row.get(1)?,
                tenant: row.get(2)?,
                label: row.get(3)?,
                created_ms: row.get(4)?,
                revoked_ms: row.get(5)?,
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

/// Makes the file, for its owner's eyes only, if there is none; SQLite's side files take after it.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn hash(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes()).to_vec()
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}

/// Lower-case base 32 without look-alikes (no i, l, o, u).
fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut bits, mut held) = (0u32, 0);
    for byte in bytes {
        bits = (bits << 8) | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            text.push(char::from(DIGITS[(bits >> held) as usize & 31]));
        }
    }
    if held > 0 {
        text.push(char::from(DIGITS[(bits << (5 - held)) as usize & 31]));
    }
    text
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
    fn base32_keeps_every_bit() {
        assert_eq!(base32(&[0xff; 32]).len(), 52);
        assert_eq!(base32(&[0b0000_1000, 0b0100_0000]), "1100");
    }
}
