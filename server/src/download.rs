//! Downloads: tables of any length as CSV, XLSX or JSON, written as their rows are read.
//!
//! A download has a thread of its own, which waits for its client; what is not yet sent is bounded. Where it breaks off, for the
//! store or for a client that takes nothing for a minute, the connection is closed before the answer's end.

mod cells;
mod sheet;
mod table;

pub use table::{Cell, Format, Table};

use crate::app::{App, DOWNLOADS_OF_A_TENANT};
use crate::pieces::Pieces;
use crate::problem::Problem;
use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use penstock_engine::Engine;
use penstock_engine::api::TenantId;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Sender, channel};

/// The rows that come, known before the first of them.
const TOTAL: HeaderName = HeaderName::from_static("x-total-count");
/// Bytes that are handed over at a time.
const PIECE_BYTES: usize = 32 * 1024;
/// Pieces that wait for a slow client.
const PIECES_MAX: usize = 4;
/// A client that takes nothing for so long is given up.
const STALL_MAX: Duration = Duration::from_secs(60);

/// What a download is called and how much there is of it.
pub struct Head {
    /// Of the file, without its ending.
    pub name: String,
    /// How it is written.
    pub format: Format,
    /// Its columns.
    pub columns: &'static [&'static str],
    /// Its rows, without a header's.
    pub rows: u64,
}

/// Where a download is written to.
pub struct Sink {
    sender: Sender<Bytes>,
    runtime: Handle,
}

/// A table that goes to a client.
pub type Rows = Table<BufWriter<Sink>>;

/// Answers with a table whose rows `write` writes.
pub fn answer(
    app: &App,
    tenant: &TenantId,
    head: Head,
    write: impl FnOnce(&Engine, &mut Rows) -> io::Result<()> + Send + 'static,
) -> Result<Response, Problem> {
    let engine = app.ready_engine()?.clone();
    let permit = app.download(tenant).ok_or_else(too_many)?;
    let Head { name, format, columns, rows } = head;
    let (sender, receiver) = channel(PIECES_MAX);
    let (whole, done) = {
        let whole = Arc::new(AtomicBool::new(false));
        (whole.clone(), whole)
    };
    // The sink's own end is not the download's: that is told when it is known whether all was written.
    let sink = Sink { sender: sender.clone(), runtime: Handle::current() };
    tokio::task::spawn_blocking(move || {
        let _permit = permit;
        let written =
            Table::begin(format, columns, BufWriter::with_capacity(PIECE_BYTES, sink)).and_then(|mut table| {
                write(&engine, &mut table)?;
                table.end()?.flush()
            });
        match written {
            Ok(()) => done.store(true, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "a download breaks off"),
        }
        drop(sender);
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.media_type())),
        (header::CONTENT_DISPOSITION, disposition(&name, format)?),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (TOTAL, HeaderValue::from(rows)),
    ];
    Ok((headers, Body::new(Pieces::until(receiver, whole))).into_response())
}

/// A file name of characters that no header, shell or file system reads otherwise.
fn disposition(name: &str, format: Format) -> Result<HeaderValue, Problem> {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' };
    let name: String = name.chars().map(safe).collect();
    let value = format!("attachment; filename=\"{name}.{}\"", format.ending());
    HeaderValue::from_str(&value).map_err(|e| Problem::internal(&e.to_string()))
}

fn too_many() -> Problem {
    let detail = format!("{DOWNLOADS_OF_A_TENANT} downloads of this wallet are under way already; wait for one to end");
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-downloads", "There are too many downloads", detail)
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Bytes::copy_from_slice(bytes);
        let sent = self.runtime.block_on(async { tokio::time::timeout(STALL_MAX, self.sender.send(piece)).await });
        match sent {
            Ok(Ok(())) => Ok(bytes.len()),
            Ok(Err(_)) => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the client has gone")),
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_plain() {
        let value = disposition("GO\"F/é-12\r\n", Format::Csv).unwrap();
        assert_eq!(value, "attachment; filename=\"GO_F__-12__.csv\"");
    }
}
