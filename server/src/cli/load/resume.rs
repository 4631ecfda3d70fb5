//! Where a file that was broken off goes on: a small note beside it.

use super::Plan;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// How often the note is written.
const WRITE_INTERVAL: Duration = Duration::from_secs(2);

/// The note of one file.
pub struct Mark {
    path: PathBuf,
    note: Note,
    written: Instant,
    warned: bool,
}

/// What is noted; it counts only for the same file, server, keys and way of sending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    url: String,
    file_bytes: u64,
    modified_ms: u64,
    /// SHA-256 of the keys and the tenants they are for: another key fills another store.
    keys_sha256: String,
    strip_tenant: bool,
    /// Lines from the file's start that all have their answers.
    lines: u64,
    /// How many of them were refused.
    refused: u64,
}

impl Mark {
    /// Reads the note of a file, if there is one that fits.
    pub fn of(file: &Path, plan: &Plan) -> std::io::Result<Mark> {
        let metadata = file.metadata()?;
        let modified = metadata.modified()?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let mut name = OsString::from(file);
        name.push(".penstock-progress");
        let path = PathBuf::from(name);
        let (file_bytes, modified_ms) = (metadata.len(), modified.as_millis() as u64);
        let mut note = Note {
            url: plan.client.url().to_string(),
            file_bytes,
            modified_ms,
            keys_sha256: digest(&plan.keys.all),
            strip_tenant: plan.strip_tenant,
            lines: 0,
            refused: 0,
        };
        let found = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice::<Note>(&bytes).ok());
        if let Some(found) = found.filter(|found| Note { lines: 0, refused: 0, ..found.clone() } == note) {
            note = found;
        }
        Ok(Mark { path, note, written: Instant::now(), warned: false })
    }

    /// Lines that are done with.
    pub fn lines(&self) -> u64 {
        self.note.lines
    }

    /// How many of them were refused.
    pub fn refused(&self) -> u64 {
        self.note.refused
    }

    /// Begins anew.
    pub fn forget(&mut self) {
        (self.note.lines, self.note.refused) = (0, 0);
    }

    /// Notes that all lines up to this one have their answers, and how many of them were refused; writes from time to time.
    pub fn reached(&mut self, lines: u64, refused: u64) {
        (self.note.lines, self.note.refused) = (lines, refused);
        if self.written.elapsed() >= WRITE_INTERVAL {
            self.write();
        }
    }

    /// Writes the note now. A note that cannot be written costs time at a restart, nothing else: say so once and go on.
    pub fn write(&mut self) {
        self.written = Instant::now();
        let mut temporary = self.path.clone().into_os_string();
        temporary.push(".new");
        let bytes = serde_json::to_vec(&self.note).unwrap_or_default();
        let result = std::fs::write(&temporary, bytes).and_then(|()| std::fs::rename(&temporary, &self.path));
        if let (Err(error), false) = (result, self.warned) {
            self.warned = true;
            eprintln!("penstock: progress cannot be noted beside the file: {error}");
        }
    }

    /// The file is done: no note is needed.
    pub fn done(&mut self) {
        // Most loads never wrote one.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Of keys in whatever order they were given.
fn digest(keys: &[(Option<String>, String)]) -> String {
    let mut lines: Vec<String> =
        keys.iter().map(|(tenant, key)| format!("{}={key}\n", tenant.as_deref().unwrap_or_default())).collect();
    lines.sort_unstable();
    Sha256::digest(lines.concat()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Client, Keys};
    use super::*;

    fn plan(url: &str, keys: &[&str], strip_tenant: bool) -> Plan {
        let keys = Keys::parse(&keys.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
        Plan { client: Client::new(url, 1), keys, connections: 1, strip_tenant, patience: Duration::ZERO }
    }

    #[test]
    fn a_note_counts_for_the_same_file_server_keys_and_stripping_only() {
        let file = std::env::temp_dir().join(format!("penstock-mark-{}", std::process::id()));
        std::fs::write(&file, "1\n2\n").unwrap();
        let same = plan("http://a", &["pk_1", "T=pk_2"], false);
        let mut mark = Mark::of(&file, &same).unwrap();
        assert_eq!((mark.lines(), mark.refused()), (0, 0));
        mark.reached(2, 1);
        mark.write();
        let noted = |plan: &Plan| Mark::of(&file, plan).map(|mark| (mark.lines(), mark.refused())).unwrap();
        assert_eq!(noted(&same), (2, 1));
        assert_eq!(noted(&plan("http://a", &["T=pk_2", "pk_1"], false)), (2, 1), "the order of keys is nothing");
        for other in [
            plan("http://b", &["pk_1", "T=pk_2"], false),
            plan("http://a", &["pk_1"], false),
            plan("http://a", &["pk_1", "U=pk_2"], false),
            plan("http://a", &["pk_1", "T=pk_2"], true),
        ] {
            assert_eq!(noted(&other), (0, 0));
        }
        let text = std::fs::read_to_string(&mark.path).unwrap();
        assert!(!text.contains("pk_"), "no key is noted: {text}");
        std::fs::write(&file, "1\n2\n3\n").unwrap();
        assert_eq!(noted(&same), (0, 0));
        mark.done();
        std::fs::remove_file(&file).unwrap();
    }
}
