//! Passwords as Argon2id hashes. Hashing takes tens of milliseconds and [`MEMORY_KIB`]: it is never done on an async thread.

use super::{PeopleError, refused};
use crate::private::PrivateError;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

/// Memory of one hash; with the two below what OWASP recommends at least.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over the memory.
const PASSES: u32 = 2;
/// Lanes that could be filled at the same time.
const LANES: u32 = 1;
/// Bytes of salt.
const SALT_BYTES: usize = 16;
/// The shortest password, characters.
const CHARS_MIN: usize = 12;
/// The longest password, bytes; a longer one would only be a way to keep the server busy.
pub const BYTES_MAX: usize = 1_024;

fn argon2() -> Argon2<'static> {
    // The constants are within Argon2's bounds; a test hashes with them.
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The hash of a new password, with its salt and parameters.
pub fn hash(password: &str) -> Result<String, PeopleError> {
    if password.chars().count() < CHARS_MIN || password.len() > BYTES_MAX {
        return refused(format!("a password has at least {CHARS_MIN} characters and at most {BYTES_MAX} bytes"));
    }
    let mut random = [0; SALT_BYTES];
    getrandom::fill(&mut random).map_err(PrivateError::Random)?;
    let salt = SaltString::encode_b64(&random);
    match salt.and_then(|salt| argon2().hash_password(password.as_bytes(), &salt).map(|hash| hash.to_string())) {
        Ok(hash) => Ok(hash),
        Err(error) => refused(format!("the password cannot be hashed: {error}")),
    }
}

/// Whether the password is the hashed one. Without a hash the answer is no, and takes as long.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    if password.len() > BYTES_MAX {
        return false;
    }
    let Some(hash) = hash else {
        let mut unused = [0; 32];
        // Only its time counts.
        let _ = argon2().hash_password_into(password.as_bytes(), &[0; SALT_BYTES], &mut unused);
        return false;
    };
    PasswordHash::new(hash).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_alone() {
        let first = hash("correct horse battery").unwrap();
        assert!(first.starts_with(&format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$")), "{first}");
        assert!(verify("correct horse battery", Some(&first)) && !verify("correct horse batters", Some(&first)));
        assert_ne!(first, hash("correct horse battery").unwrap(), "salted");
        assert!(!verify("correct horse battery", None) && !verify("", Some("no hash")));
        assert!(hash("eleven char").is_err() && hash(&"x".repeat(BYTES_MAX + 1)).is_err());
    }
}
