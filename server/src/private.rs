//! Small SQLite files beside the log that only their owner may read: keys, people and notices.
//!
//! A file's schema is a list of steps, and `PRAGMA user_version` counts those that were taken, so that files of older versions
//! go on to work. The command line and a running server may use a file at the same time.

use rusqlite::{Connection, TransactionBehavior};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How long to wait for another process that writes.
const BUSY_TIME_MAX: Duration = Duration::from_secs(5);
/// Random bytes of a secret.
const SECRET_BYTES: usize = 32;

/// Why a private file could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateError {
    /// The folder or file cannot be made or opened.
    #[error("{0} cannot be made or opened: {1}")]
    Io(String, #[source] std::io::Error),
    /// SQLite says no.
    #[error("a file of the data folder cannot be used: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A later version wrote it.
    #[error("{0} was written by a later version of penstock; use that one")]
    Newer(String),
    /// The system has no random numbers.
    #[error("no random numbers from the system: {0}")]
    Random(getrandom::Error),
}

/// Opens a file of a data folder, making both if need be, and brings its schema up to date.
pub fn open(dir: &Path, file: &str, steps: &[&str]) -> Result<Connection, PrivateError> {
    std::fs::create_dir_all(dir).map_err(|e| PrivateError::Io(dir.display().to_string(), e))?;
    let path = dir.join(file);
    make_private(&path).map_err(|e| PrivateError::Io(path.display().to_string(), e))?;
    let mut connection = Connection::open(&path)?;
    connection.busy_timeout(BUSY_TIME_MAX)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    match taken(&connection)? {
        n if n == steps.len() => Ok(connection),
        n if n > steps.len() => Err(PrivateError::Newer(path.display().to_string())),
        _ => {
            migrate(&mut connection, steps)?;
            Ok(connection)
        }
    }
}

/// Takes the steps that are missing, all or none; another process may have taken them meanwhile.
fn migrate(connection: &mut Connection, steps: &[&str]) -> Result<(), PrivateError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in steps.iter().skip(taken(&transaction)?) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", steps.len() as u32)?;
    Ok(transaction.commit()?)
}

fn taken(connection: &Connection) -> rusqlite::Result<usize> {
    connection.pragma_query_value(None, "user_version", |row| Ok(row.get::<_, u32>(0)? as usize))
}

/// Makes the file, for its owner's eyes only, if there is none; SQLite's side files take after it.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// A secret of 256 random bits, as text after a prefix.
pub fn secret(prefix: &str) -> Result<String, PrivateError> {
    let mut random = [0; SECRET_BYTES];
    getrandom::fill(&mut random).map_err(PrivateError::Random)?;
    Ok(format!("{prefix}{}", base32(&random)))
}

/// What of a secret is stored: with so many random bits a plain hash is enough.
pub fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// The time, epoch milliseconds.
pub fn now_ms() -> i64 {
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
    fn base32_keeps_every_bit() {
        assert_eq!(base32(&[0xff; SECRET_BYTES]).len(), 52);
        assert_eq!(base32(&[0b0000_1000, 0b0100_0000]), "1100");
    }

    #[test]
    fn steps_are_taken_once_and_a_later_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let steps = ["CREATE TABLE a (x INTEGER) STRICT", "ALTER TABLE a ADD COLUMN y TEXT"];
        open(folder.path(), "a.db", &steps[..1]).unwrap().execute("INSERT INTO a VALUES (1)", []).unwrap();
        for _ in 0..2 {
            let connection = open(folder.path(), "a.db", &steps).unwrap();
            let found: (i64, Option<String>) =
                connection.query_row("SELECT x, y FROM a", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            assert_eq!(found, (1, None));
        }
        assert!(matches!(open(folder.path(), "a.db", &steps[..1]), Err(PrivateError::Newer(_))));
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_a_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        open(folder.path(), "a.db", &["CREATE TABLE a (x INTEGER) STRICT"]).unwrap();
        for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
        }
    }
}
