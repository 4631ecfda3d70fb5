//! The thread that writes: what waits goes into the file in one transaction, again and again.

use super::body::{checksum, encode_changes, streams};
use super::entries;
use super::error::{JournalError, RowKey};
use super::file::File;
use super::places::{PART_CHANGES, Place, Touch, block, touches};
use super::queue::{Done, Queue, Work};
use crate::api::Seq;
use crate::supply::change::JournalId;
use parking_lot::Mutex;
use rusqlite::{Transaction, params};

/// Rows of a deleted journal that are deleted at a time, so that nobody waits long.
const DELETED_ROWS: usize = 10_000;

/// Writes until the queue is stopped.
pub(super) fn run(file: &Mutex<File>, queue: &Queue) -> Result<(), JournalError> {
    loop {
        let work = queue.next();
        let tail = work.makes_block(queue.tail_len()).then(|| queue.tail());
        let durable = work.durable;
        let done = file.lock().commit(durable, |transaction| write(transaction, &work, tail))?;
        queue.done(&work, done);
        if work.stop {
            return Ok(());
        }
    }
}

fn write(transaction: &Transaction<'_>, work: &Work, tail: Option<Vec<Touch>>) -> rusqlite::Result<Done> {
    for journal in &work.drops {
        transaction.execute("INSERT OR IGNORE INTO dropped VALUES (?1)", [journal])?;
    }
    let mut touches = write_rows(transaction, work)?;
    entries::write(transaction, &work.entries)?;
    let in_block = tail.is_some();
    if let Some(mut tail) = tail {
        tail.append(&mut touches);
        write_block(transaction, tail, work.last)?;
    }
    let deleted = match work.delete {
        Some(journal) => delete(transaction, journal)?.then_some(journal),
        None => None,
    };
    if let Some(up_to) = work.forget {
        transaction.execute("DELETE FROM backfills WHERE seq <= ?1", [up_to as i64])?;
    }
    transaction.execute("UPDATE state SET flushed = ?1", [work.last as i64])?;
    Ok(Done { touches, in_block, deleted })
}

/// Writes the changes, by journal, so that neighbours go to one page; returns their places.
fn write_rows(transaction: &Transaction<'_>, work: &Work) -> rusqlite::Result<Vec<Touch>> {
    let rows =
        work.records.iter().flat_map(|record| record.by_journal().map(|(of, changes)| (of, record.seq(), changes)));
    let mut rows: Vec<_> = rows.filter(|(journal, ..)| !work.dropped.contains(journal)).collect();
    rows.sort_unstable_by_key(|(journal, seq, _)| (*journal, *seq));
    let mut insert = transaction.prepare_cached(
        "INSERT INTO changes (journal, seq, part, streams, checksum, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let mut places = Vec::new();
    for (journal, seq, changes) in rows {
        for (part, changes) in (0..).zip(changes.chunks(PART_CHANGES)) {
            let place = Place { journal, seq, part };
            let body = encode_changes(changes);
            let checksum = checksum(RowKey::from(place), &body);
            insert.execute(params![journal, seq as i64, part, streams(changes), checksum, body])?;
            places.extend(touches(place, changes.iter().map(|(_, change)| change)));
        }
    }
    Ok(places)
}

fn write_block(transaction: &Transaction<'_>, touches: Vec<Touch>, last: Seq) -> rusqlite::Result<()> {
    let mut insert =
        transaction.prepare_cached("INSERT INTO places (last, bucket, checksum, body) VALUES (?1, ?2, ?3, ?4)")?;
    for (bucket, body) in block(touches, last) {
        let checksum = checksum(RowKey::Places { last, bucket }, &body);
        insert.execute(params![last as i64, bucket, checksum, body])?;
    }
    Ok(())
}

/// Deletes some rows of a journal; whether none is left.
fn delete(transaction: &Transaction<'_>, journal: JournalId) -> rusqlite::Result<bool> {
    let deleted = transaction.execute(
        "DELETE FROM changes WHERE journal = ?1 AND seq <= coalesce(
            (SELECT seq FROM changes WHERE journal = ?1 ORDER BY seq LIMIT 1 OFFSET ?2), 9223372036854775807)",
        params![journal, DELETED_ROWS as i64],
    )?;
    let none_left = deleted <= DELETED_ROWS;
    if none_left {
        transaction.execute("DELETE FROM dropped WHERE journal = ?1", [journal])?;
    }
    Ok(none_left)
}
