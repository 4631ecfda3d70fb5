//! A table as a workbook. Rows go to a file beside as they come, so that one of any length takes little memory; a sheet that
//! is full is followed by another.

use super::cells::in_sheet;
use super::table::Cell;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use std::io::{self, Write};

/// Rows of a sheet, its header's included: what Excel takes.
const SHEET_ROWS_MAX: u32 = 1_048_576;

/// A workbook under way.
pub struct Sheets {
    book: Workbook,
    columns: &'static [&'static str],
    /// Rows of the last sheet.
    rows: u32,
    rows_max: u32,
}

impl Sheets {
    /// A workbook with a first sheet.
    pub fn begin(columns: &'static [&'static str]) -> io::Result<Sheets> {
        Sheets::with_rows(columns, SHEET_ROWS_MAX)
    }

    fn with_rows(columns: &'static [&'static str], rows_max: u32) -> io::Result<Sheets> {
        let mut sheets = Sheets { book: Workbook::new(), columns, rows: 0, rows_max };
        sheets.begin_sheet()?;
        Ok(sheets)
    }

    fn begin_sheet(&mut self) -> io::Result<()> {
        let bold = Format::new().set_bold();
        let sheet = self.book.add_worksheet_with_constant_memory().map_err(failed)?;
        sheet.set_freeze_panes(1, 0).map_err(failed)?;
        for (column, name) in (0..).zip(self.columns) {
            sheet.write_string_with_format(0, column, *name, &bold).map_err(failed)?;
        }
        self.rows = 1;
        Ok(())
    }

    /// Adds a row. Every cell is a text: a version has more digits than a sheet's numbers.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        if self.rows == self.rows_max {
            self.begin_sheet()?;
        }
        let row = self.rows;
        let sheet = self.last()?;
        for (column, cell) in (0..).zip(cells) {
            let written = match cell {
                Cell::Text(text) => sheet.write_string(row, column, in_sheet(text)),
                Cell::Number(number) => sheet.write_string(row, column, number.to_string()),
                Cell::Nothing => continue,
            };
            written.map_err(failed)?;
        }
        self.rows += 1;
        Ok(())
    }

    fn last(&mut self) -> io::Result<&mut Worksheet> {
        self.book.worksheets_mut().last_mut().ok_or_else(|| io::Error::other("the workbook has no sheet"))
    }

    /// Writes the workbook.
    pub fn end(mut self, sink: &mut (impl Write + Send)) -> io::Result<()> {
        self.book.save_to_writer(sink).map_err(failed)
    }
}

fn failed(error: XlsxError) -> io::Error {
    io::Error::other(format!("writing the workbook failed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_sheet_is_followed_by_another() {
        let mut sheets = Sheets::with_rows(&["a"], 3).unwrap();
        for n in 0..5 {
            sheets.row(&[Cell::Number(n)]).unwrap();
        }
        assert_eq!((sheets.book.worksheets().len(), sheets.rows), (3, 2));
        let mut bytes = Vec::new();
        sheets.end(&mut bytes).unwrap();
        assert!(bytes.starts_with(b"PK"));
    }
}
