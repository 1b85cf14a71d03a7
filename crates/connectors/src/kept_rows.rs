//! An answer kept as rows: what passed the door, with the row numbers of the answer itself. JSON lines:
//! the columns, then `[number, cell, cell, …]` for each row and an object for each row that could not be
//! read. Spreadsheets, and answers that held personal values, are kept in this form.

use crate::{
    AnswerProblem, Cell, LimitKind, Limits, ParseSummary, ReadSeek, Refusal, Row, RowSink, cell::recycle,
    json::cell_of,
};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize, ser::SerializeSeq};
use serde_json::value::RawValue;
use std::{
    io::{self, BufRead, BufReader, Read, SeekFrom, Write},
    ops::ControlFlow,
};

/// Content type of a page in this form.
pub(crate) const CONTENT_TYPE: &str = "application/x-pendopo-rows";
/// Formulas' errors that spreadsheets know.
const ERRORS: [&str; 9] =
    ["#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA", "#ERR!"];

/// What JSON has no word for.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Special {
    At(DateTime),
    Error(String),
}

struct Written<'r, 'c>(&'r Row<'c>);

impl Serialize for Written<'_, '_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_seq(Some(self.0.cells.len() + 1))?;
        line.serialize_element(&self.0.number)?;
        for cell in self.0.cells {
            match cell {
                Cell::Empty => line.serialize_element(&())?,
                Cell::Text(text) => line.serialize_element(text)?,
                Cell::Int(value) => line.serialize_element(value)?,
                Cell::Number(value) => line.serialize_element(value)?,
                Cell::Bool(value) => line.serialize_element(value)?,
                Cell::DateTime(at) => line.serialize_element(&Special::At(*at))?,
                Cell::Error(error) => line.serialize_element(&Special::Error((*error).to_owned()))?,
            }
        }
        line.end()
    }
}

/// Writes rows.
pub struct RowsRecorder<W: Write> {
    out: W,
}

impl<W: Write> RowsRecorder<W> {
    /// Writes to `out`, which should be buffered.
    pub fn new(out: W) -> RowsRecorder<W> {
        RowsRecorder { out }
    }

    /// The columns' names, first.
    ///
    /// # Errors
    /// The writer's.
    pub fn columns(&mut self, columns: &[String]) -> io::Result<()> {
        self.line(columns)
    }

    /// A row.
    ///
    /// # Errors
    /// The writer's.
    pub fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        self.line(&Written(row))
    }

    /// A row that could not be read.
    ///
    /// # Errors
    /// The writer's.
    pub fn problem(&mut self, refusal: &Refusal) -> io::Result<()> {
        self.line(refusal)
    }

    fn line<T: Serialize + ?Sized>(&mut self, value: &T) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, value)?;
        self.out.write_all(b"\n")
    }

    /// Ends and gives the writer back.
    ///
    /// # Errors
    /// The writer's.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Reads rows in this form into `sink`.
pub(crate) fn parse(
    body: &mut dyn ReadSeek,
    limits: &Limits,
    sink: &mut dyn RowSink,
) -> Result<ParseSummary, AnswerProblem> {
    body.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::with_capacity(64 << 10, body);
    let mut summary = ParseSummary::default();
    let mut line = Vec::new();
    let mut number = 0u64;
    let mut cells: Vec<Cell<'_>> = Vec::new();
    loop {
        line.clear();
        // A cell's text may take six bytes for one when written.
        let most = (limits.line_bytes as u64).saturating_mul(8);
        reader.by_ref().take(most).read_until(b'\n', &mut line)?;
        if line.pop().is_none() {
            return Ok(summary);
        }
        number += 1;
        let malformed = |_| AnswerProblem::Malformed {
            detail: "not a kept row".to_owned(),
            at: format!("line {number}"),
        };
        if number == 1 {
            let columns: Vec<String> = serde_json::from_slice(&line).map_err(malformed)?;
            sink.columns(&columns)?;
            continue;
        }
        if line.first() == Some(&b'{') {
            sink.problem(serde_json::from_slice(&line).map_err(malformed)?);
            continue;
        }
        let values: Vec<&RawValue> = serde_json::from_slice(&line).map_err(malformed)?;
        let Some((first, values)) = values.split_first() else { continue };
        let row_no = first.get().parse().unwrap_or(number);
        let mut row = recycle(cells);
        row.extend(values.iter().map(|value| kept_cell(value.get())));
        summary.rows += 1;
        if summary.rows > limits.rows {
            return Err(AnswerProblem::TooLarge { kind: LimitKind::Rows, limit: limits.rows });
        }
        let seen = sink.row(&Row { number: row_no, cells: &row });
        cells = recycle(row);
        if let ControlFlow::Break(()) = seen {
            summary.note("stopped_early");
            return Ok(summary);
        }
    }
}

fn kept_cell(raw: &str) -> Cell<'_> {
    match raw.as_bytes().first() {
        Some(b'{') => match serde_json::from_str(raw) {
            Ok(Special::At(at)) => Cell::DateTime(at),
            Ok(Special::Error(error)) => {
                Cell::Error(ERRORS.into_iter().find(|known| *known == error).unwrap_or("#ERR!"))
            }
            Err(_) => Cell::Text(raw.into()),
        },
        _ => cell_of(raw),
    }
}
