//! A database's answer: JSON lines, the columns first, then one array per row.

use crate::{
    AnswerProblem, Cell, LimitKind, Limits, ParseSummary, ReadSeek, Refusal, RefusalCode, Row, RowSink,
    cell::{name_columns, recycle},
    refusal::cut,
};
use encoding_rs::WINDOWS_1252;
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    io::{BufRead, BufReader, Read, SeekFrom},
    ops::ControlFlow,
};

/// One value of a database row, as recorded. Decimals, dates and times are text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SqlValue<'a> {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating-point number; not-a-number and infinities become `null` when recorded.
    Number(f64),
    /// Anything else.
    #[serde(borrow)]
    Text(Cow<'a, str>),
}

/// Reads a recorded result into `sink`. The nth row has number n.
pub(crate) fn parse(
    repair: bool,
    body: &mut dyn ReadSeek,
    limits: &Limits,
    sink: &mut dyn RowSink,
) -> Result<ParseSummary, AnswerProblem> {
    body.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::with_capacity(64 << 10, body);
    let mut line = Vec::new();
    let mut summary = ParseSummary::default();
    if !read_line(&mut reader, &mut line, limits)? {
        return Err(AnswerProblem::Empty);
    }
    let malformed = |number: u64| AnswerProblem::Malformed {
        detail: "not a recorded database row".to_owned(),
        at: format!("line {number}"),
    };
    let names: Vec<String> = serde_json::from_slice(&line).map_err(|_| malformed(1))?;
    let width = names.len();
    if width > limits.fields {
        return Err(AnswerProblem::TooLarge { kind: LimitKind::Columns, limit: limits.fields as u64 });
    }
    let columns = name_columns(names);
    sink.columns(&columns)?;
    let mut cells: Vec<Cell<'_>> = Vec::with_capacity(columns.len());
    let mut number = 0;
    while read_line(&mut reader, &mut line, limits)? {
        number += 1;
        let values: Vec<SqlValue<'_>> = serde_json::from_slice(&line).map_err(|_| malformed(number + 1))?;
        if values.len() != width {
            let text = String::from_utf8_lossy(&line);
            let mut refusal = Refusal::new(number, RefusalCode::NotARow, &text);
            refusal.raw = cut(&text, 4_000);
            sink.problem(refusal);
            continue;
        }
        let mut row = recycle(cells);
        row.extend(values.into_iter().take(columns.len()).map(|value| cell_of(value, repair)));
        summary.rows += 1;
        if summary.rows > limits.rows {
            return Err(AnswerProblem::TooLarge { kind: LimitKind::Rows, limit: limits.rows });
        }
        let seen = sink.row(&Row { number, cells: &row });
        cells = recycle(row);
        if let ControlFlow::Break(()) = seen {
            summary.note("stopped_early");
            break;
        }
    }
    Ok(summary)
}

/// Reads one line without its end; false at the end of the body.
fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>, limits: &Limits) -> Result<bool, AnswerProblem> {
    line.clear();
    let read = reader.by_ref().take(limits.line_bytes as u64 + 1).read_until(b'\n', line)?;
    if line.len() > limits.line_bytes {
        return Err(AnswerProblem::TooLarge { kind: LimitKind::LineBytes, limit: limits.line_bytes as u64 });
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if read > 0 {
        return Err(AnswerProblem::Truncated { at: "the last row".to_owned() });
    }
    Ok(read > 0)
}

fn cell_of(value: SqlValue<'_>, repair: bool) -> Cell<'_> {
    match value {
        SqlValue::Null => Cell::Empty,
        SqlValue::Bool(value) => Cell::Bool(value),
        SqlValue::Int(value) => Cell::Int(value),
        SqlValue::Number(value) => Cell::Number(value),
        SqlValue::Text(text) if text.is_empty() => Cell::Empty,
        SqlValue::Text(text) if repair => Cell::Text(repair_double_encoding(text)),
        SqlValue::Text(text) => Cell::Text(text),
    }
}

/// UTF-8 that was read as Latin-1 and encoded again ("Ã©") becomes what it was ("é"). Text that is not
/// of this kind stays.
fn repair_double_encoding(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.is_ascii() {
        return text;
    }
    let (bytes, _, unmappable) = WINDOWS_1252.encode(&text);
    if unmappable {
        return text;
    }
    match String::from_utf8(bytes.into_owned()) {
        Ok(repaired) => Cow::Owned(repaired),
        Err(_) => text,
    }
}
