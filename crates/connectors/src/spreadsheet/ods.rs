//! ODS, the format of LibreOffice, read as a stream: repeated rows and columns are not unrolled beyond
//! what a table may hold.

use super::{
    choose_sheet, iso_date, malformed_sheet, number,
    table::{Merge, Table},
};
use crate::{AnswerProblem, Cell, Limits, ParseSummary, ReadSeek, RowSink, connection::SpreadsheetOptions};
use hashbrown::HashSet;
use quick_xml::{
    Reader,
    escape::unescape,
    events::{BytesStart, Event},
};
use std::{
    borrow::Cow,
    io::{BufReader, Read, SeekFrom},
    ops::ControlFlow,
};
use zip::ZipArchive;

pub(super) fn parse(
    options: &SpreadsheetOptions,
    body: &mut dyn ReadSeek,
    limits: &Limits,
    sink: &mut dyn RowSink,
) -> Result<ParseSummary, AnswerProblem> {
    body.seek(SeekFrom::Start(0))?;
    let mut archive =
        ZipArchive::new(BufReader::new(body)).map_err(|error| malformed_sheet(&error, "ZIP"))?;
    refuse_encrypted(&mut archive)?;
    let sheets = list_sheets(open_content(&mut archive)?)?;
    let wanted = choose_sheet(options, &sheets)?;
    let mut cells = Cells {
        xml: open_content(&mut archive)?,
        buffer: Vec::new(),
        table: Table::new(options, limits, Vec::new(), sink),
        limits,
    };
    cells.find_sheet(&wanted)?;
    cells.read_sheet()?;
    cells.table.finish()
}

type Content<'a> = Reader<BufReader<Box<dyn Read + 'a>>>;

fn open_content<'a, R: Read + std::io::Seek>(
    archive: &'a mut ZipArchive<R>,
) -> Result<Content<'a>, AnswerProblem> {
    let file = archive.by_name("content.xml").map_err(|error| malformed_sheet(&error, "content.xml"))?;
    Ok(Reader::from_reader(BufReader::new(Box::new(file))))
}

fn refuse_encrypted<R: Read + std::io::Seek>(archive: &mut ZipArchive<R>) -> Result<(), AnswerProblem> {
    let Ok(manifest) = archive.by_name("META-INF/manifest.xml") else {
        return Ok(());
    };
    let mut text = Vec::new();
    manifest.take(1 << 20).read_to_end(&mut text)?;
    if String::from_utf8_lossy(&text).contains("encryption-data") {
        return Err(AnswerProblem::Encrypted);
    }
    Ok(())
}

/// The attribute with this local name.
fn attribute(tag: &BytesStart<'_>, wanted: &str) -> Option<String> {
    tag.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == wanted).map(
        |attribute| match unescape(&attribute.value) {
            Ok(text) => text.into_owned(),
            Err(_) => attribute.value.into_owned(),
        },
    )
}

fn count(tag: &BytesStart<'_>, wanted: &str) -> u32 {
    attribute(tag, wanted).and_then(|text| text.parse::<u32>().ok()).unwrap_or(1).max(1)
}

/// Names of the sheets, and whether each is visible.
fn list_sheets(mut xml: Content<'_>) -> Result<Vec<(String, bool)>, AnswerProblem> {
    let mut buffer = Vec::new();
    let mut hidden: HashSet<String> = HashSet::new();
    let mut style = String::new();
    let mut sheets = Vec::new();
    loop {
        buffer.clear();
        let event =
            xml.read_event_into(&mut buffer).map_err(|error| malformed_sheet(&error, "content.xml"))?;
        match event {
            Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                "style" => style = attribute(&tag, "name").unwrap_or_default(),
                "table-properties" if attribute(&tag, "display").as_deref() == Some("false") => {
                    hidden.insert(style.clone());
                }
                "table" if sheets.len() < 1_000 => {
                    let name = attribute(&tag, "name").unwrap_or_default();
                    let style = attribute(&tag, "style-name").unwrap_or_default();
                    sheets.push((name, !hidden.contains(&style)));
                }
                _ => {}
            },
            Event::Eof => return Ok(sheets),
            _ => {}
        }
    }
}

/// The cells of one sheet.
struct Cells<'a, 'k, 's> {
    xml: Content<'a>,
    buffer: Vec<u8>,
    table: Table<'k, 's>,
    limits: &'k Limits,
}

impl Cells<'_, '_, '_> {
    fn next(&mut self) -> Result<Event<'_>, AnswerProblem> {
        self.buffer.clear();
        let event = self
            .xml
            .read_event_into(&mut self.buffer)
            .map_err(|error| malformed_sheet(&error, "content.xml"))?;
        if matches!(event, Event::Eof) {
            return Err(AnswerProblem::Truncated { at: "content.xml".to_owned() });
        }
        Ok(event)
    }

    fn find_sheet(&mut self, wanted: &str) -> Result<(), AnswerProblem> {
        loop {
            if let Event::Start(tag) = self.next()?
                && tag.local_name().as_ref() == "table"
                && attribute(&tag, "name").as_deref().unwrap_or_default() == wanted
            {
                return Ok(());
            }
        }
    }

    fn read_sheet(&mut self) -> Result<(), AnswerProblem> {
        let mut row = 0u32;
        loop {
            let (repeat, open) = match self.next()? {
                Event::Start(tag) if tag.local_name().as_ref() == "table-row" => {
                    (count(&tag, "number-rows-repeated"), true)
                }
                Event::Empty(tag) if tag.local_name().as_ref() == "table-row" => {
                    (count(&tag, "number-rows-repeated"), false)
                }
                Event::End(tag) if tag.local_name().as_ref() == "table" => return Ok(()),
                _ => continue,
            };
            if open {
                let cells = self.read_row(row)?;
                if !cells.is_empty() {
                    for copy in 0..repeat {
                        for (column, cell) in &cells {
                            let at = row.saturating_add(copy);
                            let seen = self.table.cell(at, *column, || cell.clone())?;
                            if let ControlFlow::Break(()) = seen {
                                return Ok(());
                            }
                        }
                    }
                }
            }
            row = row.saturating_add(repeat);
        }
    }

    /// The cells of one row that have content and lie within the columns that a table may have.
    fn read_row(&mut self, row: u32) -> Result<Vec<(u32, Cell<'static>)>, AnswerProblem> {
        let mut cells = Vec::new();
        let mut column = 0u32;
        let most = u32::try_from(self.limits.fields).unwrap_or(u32::MAX) + 1;
        loop {
            let (head, open) = match self.next()? {
                Event::Start(tag) if is_cell(&tag) => (CellHead::read(&tag), true),
                Event::Empty(tag) if is_cell(&tag) => (CellHead::read(&tag), false),
                Event::End(tag) if tag.local_name().as_ref() == "table-row" => return Ok(cells),
                _ => continue,
            };
            let text = if open { self.read_text()? } else { String::new() };
            if head.columns > 1 || head.rows > 1 {
                self.table.merge(Merge {
                    first: (row, column),
                    last: (row.saturating_add(head.rows - 1), column.saturating_add(head.columns - 1)),
                });
            }
            let value = head.value(text);
            if value != Cell::Empty {
                for at in column..column.saturating_add(head.repeat).min(most) {
                    cells.push((at, value.clone()));
                }
            }
            column = column.saturating_add(head.repeat);
        }
    }

    /// The text of a cell: its paragraphs, without the remarks pinned to it.
    fn read_text(&mut self) -> Result<String, AnswerProblem> {
        let mut text = String::new();
        let mut remark = 0u32;
        let mut depth = 0u32;
        loop {
            match self.next()? {
                Event::Start(tag) => {
                    depth += 1;
                    match tag.local_name().as_ref() {
                        "annotation" => remark += 1,
                        "p" if remark == 0 && !text.is_empty() => text.push('\n'),
                        _ => {}
                    }
                }
                Event::Empty(tag) if remark == 0 => match tag.local_name().as_ref() {
                    "s" => {
                        let spaces = count(&tag, "c").min(100) as usize;
                        text.extend(std::iter::repeat_n(' ', spaces));
                    }
                    "tab" => text.push('\t'),
                    "line-break" => text.push('\n'),
                    _ => {}
                },
                Event::Text(part) if remark == 0 => text.push_str(&part.xml10_content()),
                Event::CData(part) if remark == 0 => text.push_str(&part),
                Event::GeneralRef(part) if remark == 0 => {
                    let entity = format!("&{};", &*part);
                    text.push_str(&unescape(&entity).unwrap_or(Cow::Borrowed("?")));
                }
                Event::End(tag) => {
                    if depth == 0 {
                        return Ok(text);
                    }
                    depth -= 1;
                    if tag.local_name().as_ref() == "annotation" {
                        remark = remark.saturating_sub(1);
                    }
                }
                _ => {}
            }
            if text.len() > self.limits.line_bytes {
                return Err(AnswerProblem::TooLarge {
                    kind: crate::LimitKind::LineBytes,
                    limit: self.limits.line_bytes as u64,
                });
            }
        }
    }
}

fn is_cell(tag: &BytesStart<'_>) -> bool {
    matches!(tag.local_name().as_ref(), "table-cell" | "covered-table-cell")
}

/// A cell's attributes.
struct CellHead {
    kind: String,
    value: Option<String>,
    repeat: u32,
    rows: u32,
    columns: u32,
    failed: bool,
}

impl CellHead {
    fn read(tag: &BytesStart<'_>) -> CellHead {
        let mut types = tag
            .attributes()
            .flatten()
            .filter(|attribute| attribute.key.local_name().as_ref() == "value-type")
            .map(|attribute| attribute.value.into_owned())
            .collect::<Vec<_>>();
        let failed = types.iter().any(|kind| kind == "error");
        types.retain(|kind| kind != "error");
        let value = ["value", "date-value", "boolean-value", "string-value", "time-value"]
            .iter()
            .find_map(|name| attribute(tag, name));
        CellHead {
            kind: types.into_iter().next().unwrap_or_default(),
            value,
            repeat: count(tag, "number-columns-repeated"),
            rows: count(tag, "number-rows-spanned"),
            columns: count(tag, "number-columns-spanned"),
            failed,
        }
    }

    fn value(&self, text: String) -> Cell<'static> {
        if self.failed || text.starts_with("Err:") {
            return Cell::Error("#ERR!");
        }
        let value = self.value.as_deref().unwrap_or("");
        match self.kind.as_str() {
            "float" | "percentage" | "currency" => match value.parse::<f64>() {
                Ok(value) => number(value),
                Err(_) => text_cell(text),
            },
            "date" if !value.is_empty() => iso_date(value),
            "boolean" => Cell::Bool(value == "true"),
            "string" if text.is_empty() => text_cell(value.to_owned()),
            _ => text_cell(text),
        }
    }
}

fn text_cell(text: String) -> Cell<'static> {
    if text.is_empty() { Cell::Empty } else { Cell::Text(Cow::Owned(text)) }
}
