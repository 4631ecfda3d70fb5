//! Where a file that was broken off goes on: a small note beside it.

use serde::{Deserialize, Serialize};
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

/// What is noted; it counts only for the same file and server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    url: String,
    file_bytes: u64,
    modified_ms: u64,
    /// Lines from the file's start that all have their answers.
    lines: u64,
}

impl Mark {
    /// Reads the note of a file, if there is one that fits.
    pub fn of(file: &Path, url: &str) -> std::io::Result<Mark> {
        let metadata = file.metadata()?;
        let modified = metadata.modified()?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let mut name = OsString::from(file);
        name.push(".penstock-progress");
        let path = PathBuf::from(name);
        let (file_bytes, modified_ms) = (metadata.len(), modified.as_millis() as u64);
        let mut note = Note { url: url.to_string(), file_bytes, modified_ms, lines: 0 };
        let found = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice::<Note>(&bytes).ok());
        if let Some(found) = found.filter(|found| Note { lines: 0, ..found.clone() } == note) {
            note = found;
        }
        Ok(Mark { path, note, written: Instant::now(), warned: false })
    }

    /// Lines that are done with.
    pub fn lines(&self) -> u64 {
        self.note.lines
    }

    /// Begins anew.
    pub fn forget(&mut self) {
        self.note.lines = 0;
    }

    /// Notes that all lines up to this one have their answers; writes from time to time.
    pub fn reached(&mut self, lines: u64) {
        self.note.lines = lines;
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

#[cfg(test)]
mod tests {
    use super::Mark;

    #[test]
    fn a_note_counts_for_the_same_file_and_server_only() {
        let file = std::env::temp_dir().join(format!("penstock-mark-{}", std::process::id()));
        std::fs::write(&file, "1\n2\n").unwrap();
        let mut mark = Mark::of(&file, "http://a").unwrap();
        assert_eq!(mark.lines(), 0);
        mark.reached(1);
        mark.write();
        assert_eq!(Mark::of(&file, "http://a").unwrap().lines(), 1);
        assert_eq!(Mark::of(&file, "http://b").unwrap().lines(), 0);
        std::fs::write(&file, "1\n2\n3\n").unwrap();
        assert_eq!(Mark::of(&file, "http://a").unwrap().lines(), 0);
        mark.done();
        std::fs::remove_file(&file).unwrap();
    }
}
