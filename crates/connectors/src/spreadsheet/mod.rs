//! Spreadsheets: XLSX, XLS, XLSB and ODS. Whatever the file says, nothing is allocated by its say-so:
//! the packed file is measured before it is opened, cells are streamed, and a cell far outside the
//! table costs nothing.

mod ahead;
mod guard;
mod ods;
mod table;
mod xls;

use crate::{
    AnswerProblem, Cell, Limits, ParseSummary, ReadSeek, RowSink, cell::EXACT_DIGITS,
    connection::SpreadsheetOptions,
};
use ahead::parse_ahead;
use calamine::{
    CellErrorType, DataRef, ExcelDateTime, Reader, SheetVisible, Xlsb, XlsbError, Xlsx, XlsxError,
};
use guard::Container;
use jiff::civil::{Date, DateTime, Time};
use std::{
    borrow::Cow,
    io::{BufReader, SeekFrom},
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
};
use table::{Merge, Table};

/// Reads a spreadsheet into `sink`.
pub(crate) fn parse(
    options: &SpreadsheetOptions,
    body: &mut dyn ReadSeek,
    limits: &Limits,
    sink: &mut dyn RowSink,
) -> Result<ParseSummary, AnswerProblem> {
    body.seek(SeekFrom::Start(0))?;
    let mut magic = [0u8; 4];
    let mut read = 0;
    while read < magic.len() {
        match body.read(&mut magic[read..])? {
            0 => break,
            more => read += more,
        }
    }
    body.seek(SeekFrom::Start(0))?;
    let compound = magic == [0xd0, 0xcf, 0x11, 0xe0];
    let container = if compound { None } else { Some(guard::measure(body, limits)?) };
    parse_ahead(sink, |sink| match container {
        None => xls::parse(options, body, limits, sink),
        Some(Container::Xlsx) => parse_xlsx(options, body, limits, sink),
        Some(Container::Xlsb) => parse_xlsb(options, body, limits, sink),
        Some(Container::Ods) => ods::parse(options, body, limits, sink),
    })
}

/// Runs a library call that may panic on a hostile file; the panic becomes an error.
pub(crate) fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, AnswerProblem> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| AnswerProblem::Malformed {
        detail: "the spreadsheet's structure contradicts itself".to_owned(),
        at: "workbook".to_owned(),
    })
}

/// The sheet asked for, or the first visible one.
fn choose_sheet(options: &SpreadsheetOptions, sheets: &[(String, bool)]) -> Result<String, AnswerProblem> {
    let visible = || sheets.iter().filter(|(_, visible)| *visible);
    match &options.sheet {
        None => visible().next().map(|(name, _)| name.clone()).ok_or(AnswerProblem::Empty),
        Some(wanted) => {
            let same = |name: &str| name.trim().to_lowercase() == wanted.trim().to_lowercase();
            let exact = sheets.iter().find(|(name, _)| name == wanted);
            let found = exact.or_else(|| sheets.iter().find(|(name, _)| same(name)));
            found.map(|(name, _)| name.clone()).ok_or_else(|| AnswerProblem::NoSheet {
                sheet: wanted.clone(),
                sheets: visible().map(|(name, _)| name.clone()).collect(),
            })
        }
    }
}

fn visible_sheets(metadata: &[calamine::Sheet]) -> Vec<(String, bool)> {
    metadata
        .iter()
        .filter(|sheet| sheet.typ == calamine::SheetType::WorkSheet)
        .map(|sheet| (sheet.name.clone(), sheet.visible == SheetVisible::Visible))
        .collect()
}

fn parse_xlsx(
    options: &SpreadsheetOptions,
    body: &mut dyn ReadSeek,
    limits: &Limits,
    sink: &mut dyn RowSink,
) -> Result<ParseSummary, AnswerProblem> {
    body.seek(SeekFrom::Start(0))?;
    let mut book: Xlsx<_> =
        guarded(|| Xlsx::new(BufReader::new(body)))?.map_err(|error| xlsx_problem(&error, ""))?;
    let sheet = choose_sheet(options, &visible_sheets(book.sheets_metadata()))?;
    let mut merges = Vec::new();
    if options.header_rows > 1 {
        let found = guarded(|| book.merge_cells_by_sheet_name(&sheet))?
            .map_err(|error| xlsx_problem(&error, &sheet))?;
        merges.extend(found.iter().map(|area| Merge { first: area.start, last: area.end }));
    }
    let mut cells =
        guarded(|| book.worksheet_cells_reader(&sheet))?.map_err(|error| xlsx_problem(&error, &sheet))?;
    let mut table = Table::new(options, limits, merges, sink);
    while let Some(cell) = guarded(|| cells.next_cell())?.map_err(|error| xlsx_problem(&error, &sheet))? {
        let (row, column) = cell.get_position();
        if let ControlFlow::Break(()) = table.cell(row, column, || cell_of(cell.get_value()))? {
            break;
        }
    }
    table.finish()
}

fn parse_xlsb(
    options: &SpreadsheetOptions,
    body: &mut dyn ReadSeek,
    limits: &Limits,
    sink: &mut dyn RowSink,
) -> Result<ParseSummary, AnswerProblem> {
    body.seek(SeekFrom::Start(0))?;
    let mut book: Xlsb<_> =
        guarded(|| Xlsb::new(BufReader::new(body)))?.map_err(|error| xlsb_problem(&error, ""))?;
    let sheet = choose_sheet(options, &visible_sheets(book.sheets_metadata()))?;
    let mut cells =
        guarded(|| book.worksheet_cells_reader(&sheet))?.map_err(|error| xlsb_problem(&error, &sheet))?;
    let mut table = Table::new(options, limits, Vec::new(), sink);
    while let Some(cell) = guarded(|| cells.next_cell())?.map_err(|error| xlsb_problem(&error, &sheet))? {
        let (row, column) = cell.get_position();
        if let ControlFlow::Break(()) = table.cell(row, column, || cell_of(cell.get_value()))? {
            break;
        }
    }
    table.finish()
}

/// A file whose inside is not as it should be.
fn malformed_sheet(error: &dyn std::fmt::Display, at: &str) -> AnswerProblem {
    AnswerProblem::Malformed { detail: error.to_string(), at: at.to_owned() }
}

fn at_sheet(sheet: &str) -> String {
    if sheet.is_empty() { "workbook".to_owned() } else { format!("“{sheet}”") }
}

fn xlsx_problem(error: &XlsxError, sheet: &str) -> AnswerProblem {
    match error {
        XlsxError::Password => AnswerProblem::Encrypted,
        XlsxError::XmlEof(_) => AnswerProblem::Truncated { at: at_sheet(sheet) },
        other => AnswerProblem::Malformed { detail: other.to_string(), at: at_sheet(sheet) },
    }
}

fn xlsb_problem(error: &XlsbError, sheet: &str) -> AnswerProblem {
    match error {
        XlsbError::Password => AnswerProblem::Encrypted,
        other => AnswerProblem::Malformed { detail: other.to_string(), at: at_sheet(sheet) },
    }
}

fn cell_of<'s>(value: &DataRef<'s>) -> Cell<'s> {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::Int(value) => Cell::Int(*value),
        DataRef::Float(value) => number(*value),
        DataRef::String(text) if text.is_empty() => Cell::Empty,
        DataRef::String(text) => Cell::Text(Cow::Owned(text.clone())),
        DataRef::SharedString("") => Cell::Empty,
        DataRef::SharedString(text) => Cell::Text(Cow::Borrowed(text)),
        DataRef::Bool(value) => Cell::Bool(*value),
        DataRef::DateTime(at) => date(at),
        DataRef::DateTimeIso(text) => iso_date(text),
        DataRef::DurationIso(text) => Cell::Text(Cow::Owned(text.clone())),
        DataRef::Error(error) => Cell::Error(error_text(error)),
    }
}

/// Spreadsheets keep every number as a float; whole ones are whole as long as every digit is known.
fn number<'s>(value: f64) -> Cell<'s> {
    if value.fract() == 0.0 && value.abs() < EXACT_DIGITS {
        Cell::Int(value as i64)
    } else if value.is_finite() {
        Cell::Number(value)
    } else {
        Cell::Error("#NUM!")
    }
}

/// A serial date of the file's epoch, 1900 or 1904, to the second.
fn date<'s>(at: &ExcelDateTime) -> Cell<'s> {
    if at.is_duration() {
        return number(at.as_f64());
    }
    let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
    let (Ok(year), Ok(month), Ok(day), Ok(hour), Ok(minute), Ok(second)) = (
        i16::try_from(year),
        i8::try_from(month),
        i8::try_from(day),
        i8::try_from(hour),
        i8::try_from(minute),
        i8::try_from(second),
    ) else {
        return number(at.as_f64());
    };
    match (Date::new(year, month, day), Time::new(hour, minute, second, 0)) {
        // A serial below one is a time of day without a date.
        (Ok(_), Ok(time)) if (0.0..1.0).contains(&at.as_f64()) => Cell::Text(Cow::Owned(time.to_string())),
        (Ok(date), Ok(time)) => Cell::DateTime(date.to_datetime(time)),
        _ => number(at.as_f64()),
    }
}

fn iso_date<'s>(text: &str) -> Cell<'s> {
    match (text.parse::<DateTime>(), text.parse::<Date>()) {
        (Ok(at), _) => Cell::DateTime(at),
        (_, Ok(date)) => Cell::DateTime(date.at(0, 0, 0, 0)),
        _ => Cell::Text(Cow::Owned(text.to_owned())),
    }
}

fn error_text(error: &CellErrorType) -> &'static str {
    match error {
        CellErrorType::Div0 => "#DIV/0!",
        CellErrorType::NA => "#N/A",
        CellErrorType::Name => "#NAME?",
        CellErrorType::Null => "#NULL!",
        CellErrorType::Num => "#NUM!",
        CellErrorType::Ref => "#REF!",
        CellErrorType::Value => "#VALUE!",
        CellErrorType::GettingData => "#GETTING_DATA",
    }
}
