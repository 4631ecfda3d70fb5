//! A table in one of the formats of downloads, row by row.

use super::cells::inert;
use super::sheet::Sheets;
use crate::problem::Problem;
use serde_json::{Map, Value};
use std::io::{self, Write};

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180, UTF-8 with a byte order mark, which spreadsheets need to read it as such.
    Csv,
    /// Office Open XML.
    Xlsx,
    /// One array of objects.
    Json,
    /// An object a line.
    Ndjson,
}

impl Format {
    /// The format of a name, of those that there are here; the first where none is named.
    pub fn of(name: Option<&str>, here: &[Format]) -> Result<Format, Problem> {
        let named = |name: &str| here.iter().copied().find(|format| format.ending() == name);
        let known = name.map_or(here.first().copied(), named);
        known.ok_or_else(|| {
            let all: Vec<&str> = here.iter().map(|format| format.ending()).collect();
            Problem::bad_request(format!(
                "format must be one of {}, not {:?}",
                all.join(", "),
                name.unwrap_or_default()
            ))
        })
    }

    /// Of its files' names; in `format=` too.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
            Format::Json => "json",
            Format::Ndjson => "ndjson",
        }
    }

    /// Its `Content-Type`.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8; header=present",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Format::Json => "application/json",
            Format::Ndjson => "application/x-ndjson",
        }
    }
}

/// What stands in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Anybody's text.
    Text(&'a str),
    /// A whole number.
    Number(i64),
    /// Nothing.
    Nothing,
}

impl<'a> From<Option<&'a str>> for Cell<'a> {
    fn from(text: Option<&'a str>) -> Cell<'a> {
        text.map_or(Cell::Nothing, Cell::Text)
    }
}

/// A table under way.
pub struct Table<W: Write> {
    columns: &'static [&'static str],
    kind: Kind<W>,
}

enum Kind<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Xlsx(Box<Sheets>, W),
    Json { sink: W, lines: bool, first: bool },
}

impl<W: Write + Send> Table<W> {
    /// Begins a table, with a header where the format has one.
    pub fn begin(format: Format, columns: &'static [&'static str], mut sink: W) -> io::Result<Table<W>> {
        let kind = match format {
            Format::Csv => {
                sink.write_all("\u{feff}".as_bytes())?;
                let mut builder = csv::WriterBuilder::new();
                // Quotes around every cell, so that no separator of another locale splits one.
                builder.terminator(csv::Terminator::CRLF).quote_style(csv::QuoteStyle::Always);
                let mut writer = builder.from_writer(sink);
                writer.write_record(columns)?;
                Kind::Csv(Box::new(writer))
            }
            Format::Xlsx => Kind::Xlsx(Box::new(Sheets::begin(columns)?), sink),
            Format::Json => {
                sink.write_all(b"[")?;
                Kind::Json { sink, lines: false, first: true }
            }
            Format::Ndjson => Kind::Json { sink, lines: true, first: true },
        };
        Ok(Table { columns, kind })
    }

    /// Adds a row: a cell a column.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell a column");
        match &mut self.kind {
            Kind::Csv(writer) => {
                for cell in cells {
                    match cell {
                        Cell::Text(text) => writer.write_field(&*inert(text))?,
                        Cell::Number(number) => writer.write_field(number.to_string())?,
                        Cell::Nothing => writer.write_field("")?,
                    }
                }
                writer.write_record(None::<&[u8]>)?;
                Ok(())
            }
            Kind::Xlsx(sheets, _) => sheets.row(cells),
            Kind::Json { sink, lines, first } => {
                let value = |cell: &Cell<'_>| match cell {
                    Cell::Text(text) => Value::from(*text),
                    Cell::Number(number) => Value::from(*number),
                    Cell::Nothing => Value::Null,
                };
                let row: Map<String, Value> =
                    self.columns.iter().map(|name| (*name).to_owned()).zip(cells.iter().map(value)).collect();
                if !*lines {
                    sink.write_all(if *first { b"\n" } else { b",\n" })?;
                }
                *first = false;
                serde_json::to_writer(&mut *sink, &row)?;
                if *lines { sink.write_all(b"\n") } else { Ok(()) }
            }
        }
    }

    /// Ends it; what it was written to, which may hold back some of it.
    pub fn end(self) -> io::Result<W> {
        match self.kind {
            Kind::Csv(writer) => writer.into_inner().map_err(|e| e.into_error()),
            Kind::Xlsx(sheets, mut sink) => {
                sheets.end(&mut sink)?;
                Ok(sink)
            }
            Kind::Json { mut sink, lines, .. } => {
                if !lines {
                    sink.write_all(b"\n]\n")?;
                }
                Ok(sink)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format, rows: &[[Cell<'_>; 2]]) -> String {
        let mut table = Table::begin(format, &["a", "b"], Vec::new()).unwrap();
        rows.iter().for_each(|row| table.row(row).unwrap());
        String::from_utf8(table.end().unwrap()).unwrap()
    }

    #[test]
    fn csv_is_quoted_and_runs_nothing() {
        let rows = [[Cell::Text("=1\"2\",\r\n;"), Cell::Number(-7)], [Cell::Nothing, Cell::Text("東京")]];
        assert_eq!(
            written(Format::Csv, &rows),
            "\u{feff}\"a\",\"b\"\r\n\"'=1\"\"2\"\",\r\n;\",\"-7\"\r\n\"\",\"東京\"\r\n"
        );
    }

    #[test]
    fn json_is_one_array_or_an_object_a_line() {
        let rows = [[Cell::Text("=\"\u{1}"), Cell::Number(i64::MAX)], [Cell::Nothing, Cell::Text("x")]];
        let array: Value = serde_json::from_str(&written(Format::Json, &rows)).unwrap();
        assert_eq!(array[0], serde_json::json!({ "a": "=\"\u{1}", "b": i64::MAX }));
        let lines = written(Format::Ndjson, &rows);
        assert_eq!(lines.lines().nth(1), Some("{\"a\":null,\"b\":\"x\"}"));
        assert_eq!(serde_json::from_str::<Value>(&written(Format::Json, &[])).unwrap(), serde_json::json!([]));
    }
}
