//! What became of all lines, on one screen.

use super::super::terminal::{cut, safe, table, thousands};
use super::send::Told;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

const OUTCOMES: [&str; 5] = ["APPLIED", "DUPLICATE", "STALE_IGNORED", "VERSION_CONFLICT", "INVALID"];
/// Columns of an issue's first example.
const EXAMPLE_COLUMNS: usize = 110;

/// Outcomes by type, issues by code.
pub struct Summary {
    started: Instant,
    lines: u64,
    refused: u64,
    /// Lines and refused ones of runs that broke off before.
    earlier: (u64, u64),
    outcomes: BTreeMap<String, BTreeMap<String, u64>>,
    issues: BTreeMap<String, Finding>,
}

struct Finding {
    count: u64,
    severity: String,
    /// File and line of the first example; answers come in any order.
    place: (String, u64),
    first: String,
}

impl Default for Summary {
    fn default() -> Self {
        let (outcomes, issues) = (BTreeMap::new(), BTreeMap::new());
        Summary { started: Instant::now(), lines: 0, refused: 0, earlier: (0, 0), outcomes, issues }
    }
}

impl Summary {
    /// Adds a line's answer.
    pub fn add(&mut self, file: &str, line: u64, told: Told) {
        self.lines += 1;
        self.refused += u64::from(told.is_refused());
        let file = file.rsplit('/').next().unwrap_or(file);
        let content_type = told.content_type.unwrap_or_else(|| "-".to_string());
        *self.outcomes.entry(content_type).or_default().entry(told.outcome).or_default() += 1;
        for issue in told.issues {
            let first = format!("{file}:{line} {} {}", issue.pointer, issue.message);
            let place = (file.to_string(), line);
            match self.issues.get_mut(&issue.code) {
                None => {
                    let finding = Finding { count: 1, severity: issue.severity, place, first };
                    self.issues.insert(issue.code, finding);
                }
                Some(finding) => {
                    finding.count += 1;
                    // Files come one after the other.
                    if finding.place.0 == place.0 && line < finding.place.1 {
                        (finding.place, finding.first) = (place, first);
                    }
                }
            }
        }
    }

    /// Counts lines of a run that broke off before this one.
    pub fn add_earlier(&mut self, lines: u64, refused: u64) {
        self.earlier.0 += lines;
        self.earlier.1 += refused;
    }

    /// Lines whose item is not in the store for a reason of its own; those of earlier runs too.
    pub fn refused(&self) -> u64 {
        self.refused + self.earlier.1
    }

    /// Lines that were answered.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    fn outcome_rows(&self) -> Vec<Vec<String>> {
        let mut rows = vec![std::iter::once("TYPE").chain(OUTCOMES).map(String::from).collect::<Vec<_>>()];
        for (content_type, counts) in &self.outcomes {
            let count = |outcome: &str| thousands(counts.get(outcome).copied().unwrap_or(0));
            let cells = OUTCOMES.iter().map(|outcome| count(outcome));
            rows.push(std::iter::once(cut(content_type, 20)).chain(cells).collect());
        }
        rows
    }

    fn issue_rows(&self) -> Vec<Vec<String>> {
        let mut rows = vec![["ISSUE", "SEVERITY", "COUNT", "FIRST"].map(String::from).to_vec()];
        for (code, finding) in &self.issues {
            let (severity, count) = (safe(&finding.severity).into_owned(), thousands(finding.count));
            rows.push(vec![cut(code, 40), severity, count, cut(&finding.first, EXAMPLE_COLUMNS)]);
        }
        rows
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.started.elapsed().as_secs_f64();
        let rate = thousands((self.lines as f64 / seconds.max(1e-3)) as u64);
        let (lines, refused) = (thousands(self.lines), thousands(self.refused));
        writeln!(f, "{lines} lines in {seconds:.1} s ({rate}/s), {refused} refused")?;
        if self.earlier.0 > 0 {
            let (lines, refused) = (thousands(self.earlier.0), thousands(self.earlier.1));
            writeln!(f, "before it went on: {lines} lines, {refused} refused")?;
        }
        if self.lines > 0 {
            write!(f, "\n{}", table(&self.outcome_rows(), &[1, 2, 3, 4, 5]))?;
        }
        if !self.issues.is_empty() {
            write!(f, "\n{}", table(&self.issue_rows(), &[2]))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_example_is_the_lowest_line_of_the_first_file() {
        let mut summary = Summary::default();
        for (file, line) in [("a", 9), ("a", 3), ("a", 7), ("b", 1)] {
            summary.add(file, line, Told::refused("NOT_JSON", "no"));
        }
        summary.add_earlier(10, 2);
        let text = summary.to_string();
        assert!(text.contains("a:3 ") && !text.contains("b:1"), "{text}");
        assert!(text.contains("before it went on: 10 lines, 2 refused"), "{text}");
        assert_eq!((summary.lines(), summary.refused()), (4, 6));
    }
}
