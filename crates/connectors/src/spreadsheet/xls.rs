//! XLS, the binary format of Excel 97–2003. The library reads it into a dense grid, so the grid's size
//! is measured first by walking the records.

use super::{
    choose_sheet, date, error_text, guarded, iso_date, number,
    table::{Merge, Table},
    visible_sheets,
};
use crate::{
    AnswerProblem, Cell, LimitKind, Limits, ParseSummary, ReadSeek, RowSink, connection::SpreadsheetOptions,
};
use calamine::{Data, Reader, Xls, XlsError};
use std::{
    borrow::Cow,
    io::{BufReader, Read, SeekFrom},
    ops::ControlFlow,
};

pub(super) fn parse(
    options: &SpreadsheetOptions,
    body: &mut dyn ReadSeek,
    limits: &Limits,
    sink: &mut dyn RowSink,
) -> Result<ParseSummary, AnswerProblem> {
    measure(body, limits)?;
    body.seek(SeekFrom::Start(0))?;
    let mut book: Xls<_> =
        guarded(|| Xls::new(BufReader::new(body)))?.map_err(|error| xls_problem(&error))?;
    let sheet = choose_sheet(options, &visible_sheets(book.sheets_metadata()))?;
    let merges = book
        .merge_cells_by_sheet_name(&sheet)
        .unwrap_or_default()
        .iter()
        .map(|area| Merge { first: area.start, last: area.end })
        .collect();
    let range = guarded(|| book.worksheet_range(&sheet))?.map_err(|error| xls_problem(&error))?;
    let (top, left) = range.start().unwrap_or((0, 0));
    let mut table = Table::new(options, limits, merges, sink);
    for (row, column, value) in range.used_cells() {
        let position = (top + row as u32, left + column as u32);
        if let ControlFlow::Break(()) = table.cell(position.0, position.1, || owned_cell(value))? {
            break;
        }
    }
    table.finish()
}

fn owned_cell(value: &Data) -> Cell<'_> {
    match value {
        Data::String(text) if text.is_empty() => Cell::Empty,
        Data::String(text) => Cell::Text(Cow::Borrowed(text)),
        Data::Empty => Cell::Empty,
        Data::Int(value) => Cell::Int(*value),
        Data::Float(value) => number(*value),
        Data::Bool(value) => Cell::Bool(*value),
        Data::DateTime(at) => date(at),
        Data::DateTimeIso(text) => iso_date(text),
        Data::DurationIso(text) => Cell::Text(Cow::Borrowed(text)),
        Data::Error(error) => Cell::Error(error_text(error)),
    }
}

fn xls_problem(error: &XlsError) -> AnswerProblem {
    match error {
        XlsError::Password => AnswerProblem::Encrypted,
        other => AnswerProblem::Malformed { detail: other.to_string(), at: "workbook".to_owned() },
    }
}

/// Bytes of a workbook that are looked at; a full sheet of Excel 2003 is smaller.
const MAX_STREAM: u64 = 64 << 20;

/// Refuses workbooks with a password, and those whose cells span a grid that is too large.
fn measure(body: &mut dyn ReadSeek, limits: &Limits) -> Result<(), AnswerProblem> {
    body.seek(SeekFrom::Start(0))?;
    let stream = guarded(|| workbook_stream(body))??;
    let mut grid = Grid::new(limits);
    let mut at = 0usize;
    while let Some(head) = stream.get(at..at + 4) {
        let kind = u16::from_le_bytes([head[0], head[1]]);
        let length = usize::from(u16::from_le_bytes([head[2], head[3]]));
        let end = stream.len().min(at + 4 + length);
        grid.record(kind, &stream[at + 4..end])?;
        at += 4 + length;
    }
    grid.end_sheet()
}

fn workbook_stream(body: &mut dyn ReadSeek) -> Result<Vec<u8>, AnswerProblem> {
    let malformed = |error: std::io::Error| AnswerProblem::Malformed {
        detail: error.to_string(),
        at: "workbook".to_owned(),
    };
    let mut file = cfb::CompoundFile::open(body).map_err(malformed)?;
    if file.exists("/EncryptedPackage") {
        return Err(AnswerProblem::Encrypted);
    }
    let name = ["/Workbook", "/Book", "/WORKBOOK", "/BOOK"]
        .into_iter()
        .find(|name| file.is_stream(name))
        .ok_or_else(|| AnswerProblem::WrongKind {
            expected: "XLSX, XLS, XLSB or ODS".to_owned(),
            found: "DOC/PPT".to_owned(),
        })?;
    let mut bytes = Vec::new();
    file.open_stream(name)
        .map_err(malformed)?
        .take(MAX_STREAM + 1)
        .read_to_end(&mut bytes)
        .map_err(malformed)?;
    if bytes.len() as u64 > MAX_STREAM {
        return Err(AnswerProblem::TooLarge { kind: LimitKind::Bytes, limit: MAX_STREAM });
    }
    Ok(bytes)
}

/// Places of the grids of a workbook: all 65,536 rows with 30 columns.
const MOST_PLACES: u64 = 65_536 * 30;

/// The area that the cells of each sheet span.
struct Grid {
    limit: u64,
    total: u64,
    rows: Option<(u16, u16)>,
    columns: (u16, u16),
}

impl Grid {
    fn new(limits: &Limits) -> Grid {
        Grid {
            // The library keeps two dense grids, values and formulas, some 60 bytes for each place. However
            // much an import by hand may hold, a sheet of this format with more places is an attack.
            limit: (limits.cells / 2).min(MOST_PLACES),
            total: 0,
            rows: None,
            columns: (0, 0),
        }
    }

    fn record(&mut self, kind: u16, data: &[u8]) -> Result<(), AnswerProblem> {
        let word = |at: usize| data.get(at..at + 2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let long = |at: usize| {
            data.get(at..at + 4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
        };
        match kind {
            0x002f => return Err(AnswerProblem::Encrypted),
            0x0809 => self.end_sheet()?,
            // The declared area is reserved by the library, whatever the cells say.
            0x0200 if data.len() >= 14 => {
                let rows = u64::from(long(4).unwrap_or(0).saturating_sub(long(0).unwrap_or(0)));
                let columns = u64::from(word(10).unwrap_or(0).saturating_sub(word(8).unwrap_or(0)));
                if rows.saturating_mul(columns) > 65_536 * 256 {
                    return Err(self.too_large());
                }
            }
            0x0006 | 0x0203 | 0x0204 | 0x00d6 | 0x0205 | 0x027e | 0x00fd => {
                if let (Some(row), Some(column)) = (word(0), word(2)) {
                    self.stretch(row, column);
                }
            }
            0x00bd => {
                let last = data.len().checked_sub(2).and_then(word);
                if let (Some(row), Some(first), Some(last)) = (word(0), word(2), last) {
                    self.stretch(row, first);
                    self.stretch(row, last);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn stretch(&mut self, row: u16, column: u16) {
        let (columns, rows) = match self.rows {
            None => ((column, column), (row, row)),
            Some((top, bottom)) => {
                ((self.columns.0.min(column), self.columns.1.max(column)), (top.min(row), bottom.max(row)))
            }
        };
        self.columns = columns;
        self.rows = Some(rows);
    }

    fn end_sheet(&mut self) -> Result<(), AnswerProblem> {
        if let Some((top, bottom)) = self.rows.take() {
            let rows = u64::from(bottom - top) + 1;
            let columns = u64::from(self.columns.1 - self.columns.0) + 1;
            self.total += rows * columns;
            if self.total > self.limit {
                return Err(self.too_large());
            }
        }
        Ok(())
    }

    fn too_large(&self) -> AnswerProblem {
        AnswerProblem::TooLarge { kind: LimitKind::Cells, limit: self.limit }
    }
}
