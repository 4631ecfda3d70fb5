//! The membership journal equals the list of what was appended, whatever was written, cut off, reopened or lost meanwhile.

use penstock_engine::supply::change::{Cause, Change, Changes, JournalId, Ordinal, Stream};
use penstock_engine::supply::journal::{Entry, ItemChange, Journal, JournalError, Opened, Page, Range, Wanted};
use proptest::prelude::*;
use std::cmp::Reverse;
use std::fs;
use std::path::Path;

const ALL: u64 = u64::MAX;

fn open(dir: &Path, derived: u64) -> (Journal, Opened) {
    Journal::open(dir, derived, |what| panic!("{what}")).unwrap()
}

fn ready(dir: &Path, derived: u64) -> Journal {
    let (journal, opened) = open(dir, derived);
    assert_eq!(opened, Opened::Ready);
    journal
}

fn enters(stream: Stream, ordinal: Ordinal) -> Change {
    Change { stream, entered: true, ordinal, version: 1_700_000_000_000 + i64::from(ordinal), cause: Cause::Content }
}

fn matched(ordinals: impl IntoIterator<Item = Ordinal>) -> Vec<Change> {
    ordinals.into_iter().map(|ordinal| enters(Stream::Matched, ordinal)).collect()
}

fn append(journal: &Journal, seq: u64, of: JournalId, changes: Vec<Change>) {
    journal.append(Changes::new(seq, changes.into_iter().map(|change| (of, change)).collect()), vec![]);
}

fn seqs(page: &Page) -> Vec<u64> {
    page.changes.iter().map(|(seq, _)| *seq).collect()
}

/// The rows of journal 1, one change of item 7 a record.
fn of_records(records: impl IntoIterator<Item = u64>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let journal = ready(dir.path(), 0);
    records.into_iter().for_each(|seq| append(&journal, seq, 1, matched([7])));
    journal.close().unwrap();
    dir
}

/// The same files as after a kill: what is in the page cache is there.
fn as_killed(dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in ["journal.db", "journal.db-wal"] {
        fs::copy(dir.join(name), copy.path().join(name)).unwrap();
    }
    copy
}

fn sql(dir: &Path, sql: &str) {
    rusqlite::Connection::open(dir.join("journal.db")).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_page_goes_over_from_the_file_to_memory_and_never_ends_inside_a_record() {
    let dir = tempfile::tempdir().unwrap();
    let journal = ready(dir.path(), 0);
    append(&journal, 1, 1, matched([1, 2]));
    append(&journal, 2, 1, vec![enters(Stream::Deliverable, 1)]);
    append(&journal, 3, 1, matched([3, 4, 5]));
    journal.flush().unwrap();
    append(&journal, 4, 2, matched([1]));
    append(&journal, 5, 1, matched([6, 7]));
    journal.append(Changes::new(6, vec![]), vec![]);
    append(&journal, 7, 1, matched([8]));

    let read = |after, limit, up_to| journal.read(1, Stream::Matched, after, limit, up_to).unwrap();
    let all = read(0, 100, ALL);
    assert_eq!((seqs(&all), all.next, all.more), (vec![1, 1, 3, 3, 3, 5, 5, 7], 7, false));
    assert_eq!(all.changes[3].1, enters(Stream::Matched, 4));
    let first = read(0, 3, ALL);
    assert_eq!((seqs(&first), first.next, first.more), (vec![1, 1, 3, 3, 3], 3, true));
    let second = read(first.next, 1, ALL);
    assert_eq!((seqs(&second), second.next, second.more), (vec![5, 5], 5, true));
    let until_six = read(3, 2, 6);
    assert_eq!((seqs(&until_six), until_six.next, until_six.more), (vec![5, 5], 5, false));
    let none = read(7, 2, ALL);
    assert_eq!((seqs(&none), none.next, none.more), (vec![], 7, false));
    let deliverable = journal.read(1, Stream::Deliverable, 0, 9, ALL).unwrap();
    assert_eq!((seqs(&deliverable), deliverable.next), (vec![2], 2));
}

#[test]
fn rows_after_the_checkpoint_are_cut_off_and_backfills_are_not() {
    let dir = of_records(1..=9);
    let journal = ready(dir.path(), 9);
    journal.put_backfill(8, 3, b"found").unwrap();
    drop(journal);
    let journal = ready(dir.path(), 5);
    assert_eq!(seqs(&journal.read(1, Stream::Matched, 0, 99, ALL).unwrap()), [1, 2, 3, 4, 5]);
    assert_eq!(journal.by_item(7, ALL, 99).unwrap().len(), 5);
    assert_eq!(journal.backfill(8, 3).unwrap().as_deref(), Some(&b"found"[..]));
    append(&journal, 6, 1, matched([8]));
    assert_eq!(seqs(&journal.read(1, Stream::Matched, 3, 99, ALL).unwrap()), [4, 5, 6]);
}

#[test]
fn a_journal_that_does_not_reach_the_checkpoint_is_emptied() {
    let dir = of_records(1..=9);
    ready(dir.path(), 9).put_backfill(4, 0, b"found").unwrap();
    let (journal, opened) = open(dir.path(), 10);
    assert_eq!(opened, Opened::Behind { flushed: 9 });
    assert!(journal.read(1, Stream::Matched, 0, 99, ALL).unwrap().changes.is_empty());
    assert!(journal.by_item(7, ALL, 99).unwrap().is_empty());
    assert!(journal.backfill(4, 0).unwrap().is_some());
    append(&journal, 1, 1, matched([7]));
    assert_eq!(journal.by_item(7, ALL, 99).unwrap().len(), 1);
}

#[test]
fn a_missing_journal_is_told_unless_nothing_was_derived() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(open(dir.path(), 0).1, Opened::Ready);
    fs::remove_file(dir.path().join("journal.db")).unwrap();
    assert_eq!(open(dir.path(), 3).1, Opened::Missing);
}

#[test]
fn a_journal_of_another_version_is_made_anew() {
    let dir = of_records(1..=3);
    sql(dir.path(), "PRAGMA user_version = 77");
    let (journal, opened) = open(dir.path(), 3);
    assert_eq!(opened, Opened::Behind { flushed: 0 });
    assert!(journal.read(1, Stream::Matched, 0, 99, ALL).unwrap().changes.is_empty());
}

#[test]
fn a_file_that_is_none_is_moved_aside() {
    let dir = of_records(1..=3);
    fs::write(dir.path().join("journal.db"), b"no database, and long enough to look like one".repeat(100)).unwrap();
    let (journal, opened) = open(dir.path(), 3);
    assert_eq!(opened, Opened::Damaged);
    assert!(dir.path().join("journal.db.damaged").exists());
    append(&journal, 1, 1, matched([7]));
    journal.close().unwrap();
    ready(dir.path(), 1);
}

#[test]
fn a_damaged_row_is_an_error_that_names_it() {
    let dir = of_records(1..=3);
    let journal = ready(dir.path(), 3);
    sql(dir.path(), "UPDATE changes SET body = x'000000' WHERE seq = 2");
    let error = journal.read(1, Stream::Matched, 0, 99, ALL).unwrap_err();
    assert!(matches!(error, JournalError::Damaged { .. }));
    let told = error.to_string();
    assert!(told.contains("record 2 of journal 1, part 0") && told.contains("journal.db"), "{told}");
    assert!(told.contains("delete this file to have it rebuilt from the log"), "{told}");
    assert!(journal.by_item(7, ALL, 99).unwrap_err().is_damage());
    assert_eq!(seqs(&journal.read(1, Stream::Matched, 2, 99, ALL).unwrap()), [3]);
    drop(journal);
    assert_eq!(open(dir.path(), 3).1, Opened::Damaged);
}

#[test]
fn a_row_under_another_key_is_damage() {
    let dir = of_records([1, 3]);
    let journal = ready(dir.path(), 3);
    sql(dir.path(), "UPDATE changes SET seq = 2 WHERE seq = 3");
    assert!(journal.read(1, Stream::Matched, 0, 99, ALL).unwrap_err().is_damage());
}

#[test]
fn what_was_flushed_is_there_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let journal = ready(dir.path(), 0);
    append(&journal, 1, 1, matched([7]));
    journal.append(Changes::new(2, vec![]), vec![]);
    journal.flush().unwrap();
    journal.put_backfill(3, 0, b"found").unwrap();
    let killed = as_killed(dir.path());
    let journal = ready(killed.path(), 2);
    assert_eq!(seqs(&journal.read(1, Stream::Matched, 0, 99, ALL).unwrap()), [1]);
    assert!(journal.backfill(3, 0).unwrap().is_some());
}

#[test]
fn backfills_are_kept_until_they_are_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let journal = ready(dir.path(), 0);
    let large = b"0123456789".repeat(10_000);
    journal.put_backfill(1, 0, b"").unwrap();
    journal.put_backfill(2, 0, &large).unwrap();
    journal.put_backfill(2, 1, b"first").unwrap();
    journal.put_backfill(2, 1, b"second").unwrap();
    assert_eq!(journal.backfill(1, 0).unwrap(), Some(vec![]));
    assert_eq!(journal.backfill(2, 0).unwrap(), Some(large));
    assert_eq!(journal.backfill(2, 1).unwrap().as_deref(), Some(&b"second"[..]));
    assert_eq!(journal.backfill(2, 2).unwrap(), None);
    journal.forget_backfills(1);
    journal.flush().unwrap();
    assert_eq!(journal.backfill(1, 0).unwrap(), None);
    assert!(journal.backfill(2, 1).unwrap().is_some());
}

#[test]
fn a_dropped_journal_is_gone_at_once_and_its_rows_at_last() {
    let dir = tempfile::tempdir().unwrap();
    let journal = ready(dir.path(), 0);
    for seq in 1..=25_000 {
        let both = [1, 2].into_iter().zip(matched([7, 7])).collect();
        journal.append(Changes::new(seq, both), vec![]);
    }
    journal.flush().unwrap();
    append(&journal, 25_001, 1, matched([7]));
    journal.drop_journal(1);
    assert!(journal.read(1, Stream::Matched, 0, 9, ALL).unwrap().changes.is_empty());
    assert!(journal.by_item(7, ALL, 9).unwrap().iter().all(|&(_, of, _)| of == 2));
    journal.flush().unwrap();
    // It goes on where it was stopped.
    drop(journal);
    let journal = ready(dir.path(), 25_001);
    for _ in 0..5 {
        journal.flush().unwrap();
    }
    let rows = |of: u32| {
        let file = rusqlite::Connection::open(dir.path().join("journal.db")).unwrap();
        file.query_row("SELECT count(*) FROM changes WHERE journal = ?1", [of], |row| row.get::<_, u32>(0)).unwrap()
    };
    assert_eq!((rows(1), rows(2)), (0, 25_000));
    assert_eq!(journal.by_item(7, ALL, usize::MAX).unwrap().len(), 25_000);
}

#[test]
fn a_backfill_is_read_whole_and_an_item_of_it_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let journal = ready(dir.path(), 0);
    let rules = |ordinal| Change { cause: Cause::Rules { revision: 3 }, ..enters(Stream::Matched, ordinal) };
    let backfill: Vec<Change> = (0..100_000).map(|n| rules(n * 3)).collect();
    append(&journal, 1, 1, matched([30, 31]));
    append(&journal, 2, 9, backfill.clone());
    append(&journal, 3, 1, matched([30]));
    let check = |journal: &Journal| {
        let page = journal.read(9, Stream::Matched, 0, 10, ALL).unwrap();
        assert!(page.changes.into_iter().map(|(_, change)| change).eq(backfill.iter().cloned()));
        let history = journal.by_item(30, ALL, 99).unwrap();
        assert_eq!(history, [(3, 1, matched([30])[0].clone()), (2, 9, rules(30)), (1, 1, matched([30])[0].clone())]);
        assert_eq!(journal.by_item(31, ALL, 99).unwrap().len(), 1);
        assert_eq!(journal.by_item(299_997, ALL, 99).unwrap(), [(2, 9, rules(299_997))]);
    };
    check(&journal);
    journal.close().unwrap();
    let journal = ready(dir.path(), 3);
    check(&journal);
    let bytes = fs::metadata(dir.path().join("journal.db")).unwrap().len();
    assert!(bytes < 1_000_000, "{bytes} bytes for 100,000 changes");
}

/// 200,000 changes make several blocks of places; a cut goes through one.
#[test]
fn an_item_is_found_in_every_block_after_cuts_anywhere() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = ready(dir.path(), 0);
    let mut model = Model::default();
    let mut ordinal = 1_u32;
    let mut random = || {
        ordinal = ordinal.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ordinal >> 20
    };
    for back in [0, 1, 17, 40] {
        model.take(&Step::Reopen(back), &mut journal, dir.path());
        for n in 0..50 {
            let record = (0..4).map(|set| (set, matched((0..250).map(|_| random())))).collect();
            model.take(&Step::Append(record), &mut journal, dir.path());
            if n % 7 == 0 {
                journal.flush().unwrap();
            }
        }
        for (before, limit) in [(ALL, usize::MAX), (ALL, 10), (90, 30), (3, 5)] {
            for ordinal in [0, 1, 1_023, 1_024, 4_095] {
                assert_eq!(journal.by_item(ordinal, before, limit).unwrap(), model.by_item(ordinal, before, limit));
            }
        }
    }
    journal.close().unwrap();
    let file = rusqlite::Connection::open(dir.path().join("journal.db")).unwrap();
    let blocks = file.query_row("SELECT count(DISTINCT last) FROM places", [], |row| row.get::<_, u32>(0)).unwrap();
    assert!(blocks > 1, "{blocks} blocks");
}

#[test]
fn a_write_that_fails_is_told_and_nothing_is_taken_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let (told, failures) = std::sync::mpsc::channel();
    let (journal, _) = Journal::open(dir.path(), 0, move |what| told.send(what).unwrap()).unwrap();
    sql(dir.path(), "CREATE TRIGGER full BEFORE INSERT ON changes BEGIN SELECT raise(ABORT, 'disk full'); END");
    append(&journal, 1, 1, matched([7]));
    assert!(matches!(journal.flush(), Err(JournalError::Closed)));
    assert!(failures.recv().unwrap().contains("disk full"));
    append(&journal, 2, 1, matched([7]));
    assert!(matches!(journal.flush(), Err(JournalError::Closed)));
    assert!(journal.close().is_err());
}

/// What happens to a journal, and to the list of what was appended.
#[derive(Clone, Debug)]
enum Step {
    Append(Vec<(JournalId, Vec<Change>)>),
    Flush,
    /// Closed, and opened so many records before the last.
    Reopen(u64),
    Drop(JournalId),
}

fn change() -> impl Strategy<Value = Change> {
    let stream = prop_oneof![Just(Stream::Matched), Just(Stream::Deliverable)];
    let cause = prop_oneof![
        Just(Cause::Content),
        (0..3_u32).prop_map(|revision| Cause::Rules { revision }),
        "[a-z]{0,3}".prop_map(|name| Cause::Tag { name: name.into() }),
        Just(Cause::Clock),
    ];
    let ordinal = prop_oneof![0..5_u32, Just(1_023), Just(1_024), any::<u32>()];
    (stream, any::<bool>(), ordinal, any::<i64>(), cause)
        .prop_map(|(stream, entered, ordinal, version, cause)| Change { stream, entered, ordinal, version, cause })
}

fn step() -> impl Strategy<Value = Step> {
    let record = proptest::collection::btree_map(0..4_u32, proptest::collection::vec(change(), 1..6), 0..4);
    prop_oneof![
        20 => record.prop_map(|record| Step::Append(record.into_iter().collect())),
        3 => Just(Step::Flush),
        2 => (0..6_u64).prop_map(Step::Reopen),
        1 => (0..4_u32).prop_map(Step::Drop),
    ]
}

/// The list of what was appended.
#[derive(Default)]
struct Model {
    seq: u64,
    rows: Vec<ItemChange>,
    /// The number that each of the four sets has now.
    journals: [JournalId; 4],
}

impl Model {
    fn read(&self, journal: JournalId, stream: Stream, after: u64, limit: usize, up_to: u64) -> Page {
        let wanted = |row: &&ItemChange| row.1 == journal && row.2.stream == stream && row.0 > after && row.0 <= up_to;
        let all: Vec<_> = self.rows.iter().filter(wanted).map(|(seq, _, change)| (*seq, change.clone())).collect();
        let full = limit.checked_sub(1).map_or(after, |last| all.get(last).map_or(up_to, |(seq, _)| *seq));
        let changes: Vec<_> = all.iter().take_while(|(seq, _)| *seq <= full).cloned().collect();
        let next = changes.last().map_or(after, |(seq, _)| *seq);
        Page { more: changes.len() < all.len(), changes, next }
    }

    fn by_item(&self, ordinal: Ordinal, before: u64, limit: usize) -> Vec<ItemChange> {
        let wanted = |row: &&ItemChange| row.2.ordinal == ordinal && row.0 < before;
        let mut all: Vec<_> = self.rows.iter().filter(wanted).cloned().collect();
        all.sort_by_key(|&(seq, journal, _)| (Reverse(seq), journal));
        let full = limit.checked_sub(1).map_or(u64::MAX, |last| all.get(last).map_or(0, |(seq, ..)| *seq));
        all.into_iter().take_while(|(seq, ..)| *seq >= full).collect()
    }

    fn take(&mut self, step: &Step, journal: &mut Journal, dir: &Path) {
        match step {
            Step::Append(record) => {
                self.seq += 1;
                let seq = self.seq;
                let journal_of = |set: u32| self.journals[set as usize] * 4 + set;
                let told = |(set, changes): &(u32, Vec<Change>)| {
                    let journal = journal_of(*set);
                    changes.clone().into_iter().map(move |change| (journal, change))
                };
                let record: Vec<_> = record.iter().flat_map(told).collect();
                self.rows.extend(record.iter().map(|(journal, change)| (seq, *journal, change.clone())));
                journal.append(Changes::new(seq, record), vec![]);
            }
            Step::Flush => journal.flush().unwrap(),
            Step::Reopen(back) => {
                journal.close().unwrap();
                self.seq = self.seq.saturating_sub(*back);
                self.rows.retain(|&(seq, ..)| seq <= self.seq);
                *journal = ready(dir, self.seq);
            }
            Step::Drop(set) => {
                let dropped = self.journals[*set as usize] * 4 + set;
                self.journals[*set as usize] += 1;
                self.rows.retain(|&(_, journal, _)| journal != dropped);
                journal.drop_journal(dropped);
            }
        }
    }

    fn check(&self, journal: &Journal, (after, limit, up_to): (u64, usize, u64)) {
        for of in 0..8 {
            for stream in [Stream::Matched, Stream::Deliverable] {
                let page = journal.read(of, stream, after, limit, up_to).unwrap();
                assert_eq!(page, self.read(of, stream, after, limit, up_to));
            }
        }
        for ordinal in [0, 1, 4, 1_023, 1_024, u32::MAX] {
            assert_eq!(journal.by_item(ordinal, up_to, limit).unwrap(), self.by_item(ordinal, up_to, limit));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn the_journal_equals_the_list_of_what_was_appended(
        steps in proptest::collection::vec((step(), (0..20_u64, 0..12_usize, 0..40_u64)), 1..60),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = ready(dir.path(), 0);
        let mut model = Model::default();
        for (step, question) in steps {
            model.take(&step, &mut journal, dir.path());
            model.check(&journal, question);
        }
        model.check(&journal, (0, usize::MAX, ALL));
    }
}

fn told(subject: u32, body: &str) -> Entry {
    Entry { subject, body: body.as_bytes().into() }
}

#[test]
fn the_audit_trail_is_read_both_ways_by_subject_or_whole_and_is_cut_back_with_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(dir.path(), 0, |what| panic!("{what}")).unwrap();
    journal.append(Changes::new(1, vec![]), vec![told(7, "a"), told(8, "b")]);
    journal.append(Changes::new(2, vec![]), vec![]);
    journal.flush().unwrap();
    journal.append(Changes::new(3, vec![]), vec![told(7, "c")]);
    let read = |journal: &Journal, subject, range, limit| -> String {
        let entries = journal.entries(Wanted { subject, range }, limit).unwrap();
        entries.iter().map(|(_, entry)| std::str::from_utf8(&entry.body).unwrap()).collect()
    };
    for _ in 0..2 {
        assert_eq!(read(&journal, None, Range::After((0, 0)), 9), "abc");
        assert_eq!(read(&journal, None, Range::After((1, 0)), 9), "bc");
        assert_eq!(read(&journal, Some(7), Range::After((0, 0)), 9), "ac");
        assert_eq!(read(&journal, None, Range::Before((u64::MAX, 0)), 2), "cb");
        assert_eq!(read(&journal, Some(7), Range::Before((3, 0)), 9), "a");
        journal.flush().unwrap();
    }
    drop(journal);
    let (journal, _) = Journal::open(dir.path(), 2, |what| panic!("{what}")).unwrap();
    assert_eq!(read(&journal, None, Range::After((0, 0)), 9), "ab");
}
