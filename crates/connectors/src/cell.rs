//! Rows and cells as they come out of a source, before anything is understood about them.

use crate::{AnswerProblem, Refusal};
use jiff::civil::DateTime;
use std::{borrow::Cow, fmt, ops::ControlFlow};

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// Nothing, an empty text or JSON's `null`.
    Empty,
    /// Text, as written.
    Text(Cow<'a, str>),
    /// A whole number that the source itself calls a number.
    Int(i64),
    /// A number that the source itself calls a number. Finite.
    Number(f64),
    /// True or false.
    Bool(bool),
    /// A date or time that the source itself calls so; no time zone.
    DateTime(DateTime),
    /// A formula that failed, such as `#REF!`.
    Error(&'static str),
}

impl Cell<'_> {
    /// Whether there is nothing in it, spaces aside.
    pub fn is_blank(&self) -> bool {
        match self {
            Cell::Empty => true,
            Cell::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }

    /// The text of the cell as people would type it. Whole numbers lose the `.0` that spreadsheets
    /// give them, dates are ISO.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Cell::Empty => Cow::Borrowed(""),
            Cell::Text(text) => Cow::Borrowed(text),
            Cell::Error(text) => Cow::Borrowed(text),
            other => Cow::Owned(other.to_string()),
        }
    }
}

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Empty => Ok(()),
            Cell::Text(text) => f.write_str(text),
            Cell::Int(value) => write!(f, "{value}"),
            Cell::Number(value) => write!(f, "{value}"),
            Cell::Bool(value) => write!(f, "{value}"),
            Cell::DateTime(at) if at.time() == jiff::civil::Time::midnight() => {
                write!(f, "{}", at.date())
            }
            Cell::DateTime(at) => write!(f, "{} {}", at.date(), at.time()),
            Cell::Error(text) => f.write_str(text),
        }
    }
}

/// Spreadsheets keep 15 digits of a number: from here on the last ones of an identifier are lost.
pub(crate) const EXACT_DIGITS: f64 = 1e15;

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Where the operator finds it, from 1: the line of a text file, the row of a sheet, or the nth
    /// record of the run.
    pub number: u64,
    /// As many cells as there are columns.
    pub cells: &'a [Cell<'a>],
}

/// Takes what a parser finds.
pub trait RowSink {
    /// The columns' names, once, before the first row. Names are unique; a repeated name has ` (2)`
    /// after it, a missing one is `#` and its position.
    fn columns(&mut self, columns: &[String]) -> Result<(), AnswerProblem>;

    /// A row. `Break` ends the reading early and without a complaint.
    fn row(&mut self, row: &Row<'_>) -> ControlFlow<()>;

    /// A row in which the cells of these columns held values that name a person and now hold a marker.
    fn masked_row(&mut self, row: &Row<'_>, masked: &[usize]) -> ControlFlow<()> {
        let _ = masked;
        self.row(row)
    }

    /// A row that could not be read; the rest goes on.
    fn problem(&mut self, refusal: Refusal);
}

/// What a parser saw.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ParseSummary {
    /// Rows given to the sink.
    pub rows: u64,
    /// Rows without any content, left out.
    pub blank: u64,
    /// Things that did not hinder, but that somebody should repair, in short English phrases such as
    /// `php_notice_before_json`.
    pub notes: Vec<&'static str>,
}

impl ParseSummary {
    /// Adds a note once.
    pub(crate) fn note(&mut self, note: &'static str) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// Gives a vector's memory to cells of another lifetime, so that a million rows need one allocation.
pub(crate) fn recycle<'b>(mut cells: Vec<Cell<'_>>) -> Vec<Cell<'b>> {
    cells.clear();
    cells.into_iter().map(|_| Cell::Empty).collect()
}

/// Makes names unique and fills in missing ones; names at the end that are all empty are dropped.
pub(crate) fn name_columns(raw: Vec<String>) -> Vec<String> {
    let mut columns: Vec<String> = Vec::with_capacity(raw.len());
    let width = raw.iter().rposition(|name| !name.trim().is_empty()).map_or(0, |last| last + 1);
    let mut seen: hashbrown::HashMap<String, u32> = hashbrown::HashMap::new();
    for (index, name) in raw.into_iter().take(width).enumerate() {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let name = if name.is_empty() { format!("#{}", index + 1) } else { name };
        let count = seen.entry(name.clone()).or_insert(0);
        *count += 1;
        columns.push(if *count == 1 { name } else { format!("{name} ({count})") });
    }
    columns
}
