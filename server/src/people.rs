//! People, the wallets that they work for and their roles there, at rest: `people.db` in the data folder, apart from the log.
//!
//! Passwords are kept as slow hashes and sessions as hashes. The command line and a running server may use the file at the same
//! time, and a change counts from the next request on. What a role allows is [`crate::rights`]'s to say.

mod accounts;
pub mod password;
mod roles;
mod sessions;
mod throttle;
mod wallets;

use crate::private::{self, PrivateError};
use parking_lot::{Mutex, MutexGuard};
use rusqlite::Connection;
use std::path::Path;

pub use accounts::{Account, NewAccount, Notice, Notifications, is_account_id};
pub use roles::{Acting, Contact, EVERYWHERE, Held};
pub use sessions::{IDLE_TIME_MAX, LIFE_TIME_MAX, Session};
pub use throttle::Throttle;
pub use wallets::{Drift, Review, Wallet, some_of};

/// The file in a data folder.
pub const FILE: &str = "people.db";
/// The longest display name, characters.
const DISPLAY_NAME_CHARS_MAX: usize = 200;

const SCHEMA: [&str; 2] = [
    "
    CREATE TABLE wallets (
        name TEXT PRIMARY KEY,
        display_name TEXT NOT NULL,
        source INTEGER NOT NULL,
        target INTEGER NOT NULL,
        time_zone TEXT NOT NULL,
        review TEXT NOT NULL,
        drift_percent INTEGER,
        drift_count INTEGER
    ) STRICT;
    CREATE TABLE accounts (
        id TEXT PRIMARY KEY,
        display_name TEXT NOT NULL,
        password TEXT,
        disabled INTEGER NOT NULL DEFAULT 0,
        email TEXT,
        employee_id TEXT,
        notices TEXT NOT NULL,
        created_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE roles (
        account TEXT NOT NULL REFERENCES accounts (id),
        role TEXT NOT NULL,
        wallet TEXT NOT NULL,
        PRIMARY KEY (account, role, wallet)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX roles_at ON roles (wallet, role);
    CREATE TABLE sessions (
        hash BLOB PRIMARY KEY,
        account TEXT NOT NULL REFERENCES accounts (id),
        wallet TEXT REFERENCES wallets (name),
        created_ms INTEGER NOT NULL,
        seen_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX sessions_of ON sessions (account, created_ms);
",
    // Of a kind that is new everybody is told until they say otherwise.
    "UPDATE accounts SET notices = json_insert(notices, '$[#]', 'DELIVERY_PROGRESS')",
];

/// The people of one data folder.
pub struct People {
    connection: Mutex<Connection>,
}

/// Why people could not be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeopleError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] PrivateError),
    /// What was asked for cannot be; the text says why and what to do.
    #[error("{0}")]
    Refused(String),
}

impl From<rusqlite::Error> for PeopleError {
    fn from(error: rusqlite::Error) -> PeopleError {
        PeopleError::File(error.into())
    }
}

fn refused<T>(why: impl Into<String>) -> Result<T, PeopleError> {
    Err(PeopleError::Refused(why.into()))
}

impl People {
    /// Opens the people of a data folder, making both if need be.
    pub fn open(dir: &Path) -> Result<People, PeopleError> {
        Ok(People { connection: Mutex::new(private::open(dir, FILE, &SCHEMA)?) })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock()
    }
}

/// Refuses a display name that is none.
fn check_display_name(name: &str) -> Result<(), PeopleError> {
    if is_line(name, DISPLAY_NAME_CHARS_MAX) {
        return Ok(());
    }
    refused(format!(
        "a display name has 1 to {DISPLAY_NAME_CHARS_MAX} characters, no control characters, no space at its ends"
    ))
}

/// Whether a text is a line of 1 to `chars_max` characters without spaces at its ends.
fn is_line(text: &str, chars_max: usize) -> bool {
    !text.is_empty() && text.trim() == text && !text.chars().any(char::is_control) && text.chars().count() <= chars_max
}
