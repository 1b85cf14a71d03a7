//! Tables as files for spreadsheets: XLSX, whose numbers are numbers in any country, and CSV, whose separator and
//! decimal sign are the reader's choice. Drawings are left out.

use crate::{
    PaperError,
    document::Made,
    table::{Cell, ColumnKind, Table},
};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};
use std::borrow::Cow;

/// Makes a text harmless: no spreadsheet may take it for a formula.
pub type Harmless = fn(&str) -> Cow<'_, str>;

/// How a CSV file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvStyle {
    /// Between cells.
    pub separator: char,
    /// Between whole and part of a number.
    pub decimal: char,
}

impl CsvStyle {
    /// As spreadsheets in Indonesia read it.
    pub const INDONESIAN: CsvStyle = CsvStyle { separator: ';', decimal: ',' };
    /// As programs read it.
    pub const PLAIN: CsvStyle = CsvStyle { separator: ',', decimal: '.' };
}

/// What a spreadsheet says of itself, on a sheet of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Name of the sheet with the table.
    pub table_sheet: String,
    /// Name of the sheet that says where it comes from.
    pub about_sheet: String,
    /// Label and value, the title first.
    pub facts: Vec<(String, String)>,
    /// When it was made.
    pub made: Made,
}

/// Longest text of a cell of XLSX.
const LONGEST_TEXT: usize = 32_000;

/// The table as CSV with a byte order mark, so that spreadsheets read it as UTF-8.
pub fn csv(table: &Table, style: CsvStyle, harmless: Harmless) -> String {
    let mut out = String::from("\u{feff}");
    let heads = table.data_columns().map(|(_, column)| escaped(&column.full_head(), style, harmless));
    line(&mut out, heads, style);
    for row in &table.rows {
        let cells = table.data_columns().map(|(index, _)| match row.cells.get(index) {
            Some(cell) => match cell.value() {
                Some((value, _)) => escaped_number(value, style),
                None => escaped(&cell.text(), style, harmless),
            },
            None => String::new(),
        });
        line(&mut out, cells, style);
    }
    out
}

fn line(out: &mut String, cells: impl Iterator<Item = String>, style: CsvStyle) {
    for (nth, cell) in cells.enumerate() {
        if nth > 0 {
            out.push(style.separator);
        }
        out.push_str(&cell);
    }
    out.push_str("\r\n");
}

fn escaped(text: &str, style: CsvStyle, harmless: Harmless) -> String {
    let text = harmless(text);
    let special = |c: char| c == style.separator || matches!(c, '"' | '\n' | '\r' | ';' | ',' | '\t');
    if text.contains(special) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into_owned() }
}

fn escaped_number(value: f64, style: CsvStyle) -> String {
    let text = plain_number(value);
    match style.decimal {
        '.' => text,
        other => {
            let text = text.replace('.', &other.to_string());
            // A decimal sign that is also the separator is quoted.
            if other == style.separator && text.contains(other) { format!("\"{text}\"") } else { text }
        }
    }
}

/// A number as it is, without the dust of binary fractions: at most twelve digits that count.
fn plain_number(value: f64) -> String {
    let rounded: f64 = format!("{value:.11e}").parse().unwrap_or(value);
    format!("{}", rounded + 0.0)
}

/// The table as XLSX: the table on one sheet, from its first cell on, and what it is on another.
///
/// The same table gives the same bytes.
///
/// # Errors
/// When it has more rows or columns than a spreadsheet holds.
pub fn xlsx(table: &Table, about: &About, harmless: Harmless) -> Result<Vec<u8>, PaperError> {
    write_book(table, about, harmless).map_err(|error| PaperError::Broken(error.to_string()))
}

fn write_book(table: &Table, about: &About, harmless: Harmless) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let made = &about.made;
    let at = ExcelDateTime::from_ymd(u16::try_from(made.year).unwrap_or(1900), made.month, made.day)?
        .and_hms(u16::from(made.hour), made.minute, 0)?;
    let title = about.facts.first().map_or("", |(_, value)| value);
    book.set_properties(&DocProperties::new().set_title(title).set_creation_datetime(&at));
    write_table(book.add_worksheet().set_name(&about.table_sheet)?, table, harmless)?;
    write_about(book.add_worksheet().set_name(&about.about_sheet)?, table, about, harmless)?;
    book.save_to_buffer()
}

fn write_table(sheet: &mut Worksheet, table: &Table, harmless: Harmless) -> Result<(), XlsxError> {
    let head = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top);
    let right = head.clone().set_align(FormatAlign::Right);
    for (column, (_, what)) in (0u16..).zip(table.data_columns()) {
        let format = if what.kind == ColumnKind::Number { &right } else { &head };
        sheet.write_string_with_format(0, column, short(&harmless(&what.full_head())), format)?;
    }
    for (line, row) in (1u32..).zip(&table.rows) {
        for (column, (index, _)) in (0u16..).zip(table.data_columns()) {
            if let Some(cell) = row.cells.get(index) {
                write_cell(sheet, line, column, cell, harmless)?;
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_autofit_max_width(360);
    sheet.autofit();
    Ok(())
}

fn write_cell(
    sheet: &mut Worksheet,
    line: u32,
    column: u16,
    cell: &Cell,
    harmless: Harmless,
) -> Result<(), XlsxError> {
    match cell.value() {
        Some((value, decimals)) => {
            let format = Format::new().set_num_format(number_format(decimals));
            sheet.write_number_with_format(line, column, value, &format)?;
        }
        None => {
            let text = cell.text();
            if !text.is_empty() {
                sheet.write_string(line, column, short(&harmless(&text)))?;
            }
        }
    }
    Ok(())
}

/// Grouped, with so many places; the spreadsheet writes point and comma as its country does.
fn number_format(decimals: Option<u8>) -> String {
    match decimals {
        None => "General".to_owned(),
        Some(0) => "#,##0".to_owned(),
        Some(places) => format!("#,##0.{}", "0".repeat(usize::from(places.min(8)))),
    }
}

fn write_about(
    sheet: &mut Worksheet,
    table: &Table,
    about: &About,
    harmless: Harmless,
) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    for (line, (label, value)) in (0u32..).zip(&about.facts) {
        sheet.write_string_with_format(line, 0, short(&harmless(label)), &bold)?;
        sheet.write_string(line, 1, short(&harmless(value)))?;
    }
    let after = u32::try_from(about.facts.len()).unwrap_or(0) + 1;
    for (line, note) in (after..).zip(&table.notes) {
        sheet.write_string(line, 1, short(&harmless(note)))?;
    }
    sheet.set_column_width(0, 24)?.set_column_width(1, 80)?;
    Ok(())
}

fn short(text: &str) -> &str {
    let end = text.char_indices().nth(LONGEST_TEXT).map_or(text.len(), |(at, _)| at);
    &text[..end]
}
