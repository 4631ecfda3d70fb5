//! The file of notices: a line of JSON each, for those who have no other channel, and for machines on the same host.

use super::channel::{Channel, Failure};
use super::outbox::Letter;
use crate::cli::terminal::safe_json;
use serde_json::json;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file in a data folder.
pub const FILE: &str = "notices.ndjson";
/// The one before it.
const OLD: &str = "notices.1.ndjson";
/// A file that is as large as this is set aside, bytes.
const BYTES_MAX: u64 = 64 << 20;

/// The file of notices of one data folder.
pub struct NoticeFile {
    folder: PathBuf,
    bytes_max: u64,
}

impl NoticeFile {
    /// The file in a data folder; made with its first line.
    pub fn new(folder: &Path) -> NoticeFile {
        NoticeFile { folder: folder.to_path_buf(), bytes_max: BYTES_MAX }
    }

    fn write(&self, letters: &[Letter]) -> std::io::Result<()> {
        let path = self.folder.join(FILE);
        let mut file = open(&path)?;
        if file.metadata()?.len() >= self.bytes_max {
            std::fs::rename(&path, self.folder.join(OLD))?;
            file = open(&path)?;
        }
        let lines: String = letters.iter().map(line).collect();
        file.write_all(lines.as_bytes())?;
        file.sync_data()
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A letter as one line without control characters: nothing in it can harm a terminal.
fn line(letter: &Letter) -> String {
    let to: serde_json::Value = serde_json::from_str(&letter.address).unwrap_or_default();
    let mut line = json!({ "text": letter.told.line(), "to": to });
    if let (Some(line), Ok(serde_json::Value::Object(told))) =
        (line.as_object_mut(), serde_json::to_value(&letter.told))
    {
        line.extend(told);
    }
    format!("{}\n", safe_json(&line.to_string()))
}

impl Channel for NoticeFile {
    fn send(&self, _: &str, letters: &[Letter]) -> (usize, Result<(), Failure>) {
        let path = self.folder.join(FILE);
        let written = self.write(letters).map_err(|e| Failure::Again(format!("{}: {e}", path.display())));
        (letters.len(), written)
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::tests::telling;
    use super::*;

    fn letter(name: &str) -> Letter {
        let mut told = telling(1, &[]).told;
        told.task_name = name.into();
        Letter { id: 1, address: r#"["anna"]"#.to_string(), told, tries: 0 }
    }

    #[test]
    fn a_line_is_a_line_whatever_people_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let file = NoticeFile::new(folder.path());
        let name = "a\n\"b\"\u{1b}[2J\u{9b}1m\u{202e}\u{2028}ラ";
        assert_eq!(file.send("", &[letter(name), letter("second")]), (2, Ok(())));
        let text = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        let read: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
        assert_eq!((&read["taskName"], &read["to"], &read["id"]), (&json!(name), &json!(["anna"]), &json!("msg_1")));
        assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{2028}')));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_large_file_is_set_aside_and_a_folder_that_is_gone_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = NoticeFile { folder: folder.path().to_path_buf(), bytes_max: 10 };
        for name in ["first", "second", "third"] {
            assert_eq!(file.send("", &[letter(name)]).1, Ok(()));
        }
        let read = |name| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(read(OLD).contains("second") && read(FILE).contains("third") && !read(FILE).contains("second"));
        let gone = NoticeFile::new(&folder.path().join("none"));
        assert!(matches!(gone.send("", &[letter("x")]), (1, Err(Failure::Again(why))) if why.contains(FILE)));
    }
}
