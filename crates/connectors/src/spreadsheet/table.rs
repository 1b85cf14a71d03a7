//! From a stream of cells to header and rows, holding one row at a time.

use crate::{
    AnswerProblem, Cell, LimitKind, Limits, ParseSummary, Row, RowSink,
    cell::EXACT_DIGITS,
    connection::SpreadsheetOptions,
    header::{HeaderSearch, compose, filled_columns},
};
use std::ops::ControlFlow;

/// A merged area; both ends belong to it. Rows and columns count from 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Merge {
    pub first: (u32, u32),
    pub last: (u32, u32),
}

/// Takes cells in the order of the sheet.
pub(super) struct Table<'k, 's> {
    limits: &'k Limits,
    sink: &'k mut dyn RowSink,
    header_row: Option<u32>,
    header_rows: u32,
    fill_down: &'k [String],
    merges: Vec<Merge>,
    /// Texts of the header rows: row, column, text.
    header: Vec<(u32, u32, String)>,
    /// Empty until the header is complete.
    columns: Vec<String>,
    filled: Vec<(usize, Cell<'s>)>,
    /// Row of the cells at hand.
    current: Option<u32>,
    cells: Vec<Cell<'s>>,
    touched: bool,
    count: u64,
    summary: ParseSummary,
    done: bool,
    /// The columns are not those of the mapping: the header is looked for in the rows that follow, of
    /// which the texts at hand are kept.
    search: Option<(HeaderSearch, Vec<String>)>,
}

impl<'k, 's> Table<'k, 's> {
    pub(super) fn new(
        options: &'k SpreadsheetOptions,
        limits: &'k Limits,
        merges: Vec<Merge>,
        sink: &'k mut dyn RowSink,
    ) -> Table<'k, 's> {
        Table {
            limits,
            sink,
            header_row: options.header_row.map(|row| row.max(1) - 1),
            header_rows: options.header_rows.clamp(1, 20),
            fill_down: &options.fill_down,
            merges,
            header: Vec::new(),
            columns: Vec::new(),
            filled: Vec::new(),
            current: None,
            cells: Vec::new(),
            touched: false,
            count: 0,
            summary: ParseSummary::default(),
            done: false,
            search: None,
        }
    }

    /// Takes one cell; `value` is only made when it is needed.
    pub(super) fn cell(
        &mut self,
        row: u32,
        column: u32,
        value: impl FnOnce() -> Cell<'s>,
    ) -> Result<ControlFlow<()>, AnswerProblem> {
        self.count += 1;
        if self.count > self.limits.cells {
            return Err(AnswerProblem::TooLarge { kind: LimitKind::Cells, limit: self.limits.cells });
        }
        match self.current {
            Some(current) if row < current => {
                return Err(AnswerProblem::Malformed {
                    detail: "rows are not in order".to_owned(),
                    at: format!("row {}", u64::from(row) + 1),
                });
            }
            Some(current) if row == current => {}
            _ => {
                self.end_row()?;
                self.current = Some(row);
            }
        }
        if self.done {
            return Ok(ControlFlow::Break(()));
        }
        if self.columns.is_empty() {
            self.header_cell(row, column, &value())?;
        } else if self.search.is_some() {
            self.searched_cell(column, &value());
        } else if (column as usize) < self.columns.len() {
            let value = value();
            self.touched |= !value.is_blank();
            if matches!(value, Cell::Number(number) if number.abs() >= EXACT_DIGITS) {
                self.summary.note("digits_lost");
            }
            self.cells[column as usize] = value;
        } else if !self.summary.notes.contains(&"cells_beside_the_table") && !value().is_blank() {
            // Remarks beside the table are of no concern.
            self.summary.note("cells_beside_the_table");
        }
        Ok(ControlFlow::Continue(()))
    }

    fn header_cell(&mut self, row: u32, column: u32, value: &Cell<'s>) -> Result<(), AnswerProblem> {
        if value.is_blank() {
            return Ok(());
        }
        // Without a declared row the first row with content is the header.
        let last = *self.header_row.get_or_insert_with(|| row + self.header_rows - 1);
        let first = (last + 1).saturating_sub(self.header_rows);
        if row < first || row > last {
            return Ok(());
        }
        if column as usize >= self.limits.fields {
            return Err(AnswerProblem::TooLarge {
                kind: LimitKind::Columns,
                limit: self.limits.fields as u64,
            });
        }
        self.header.push((row, column, value.text().into_owned()));
        Ok(())
    }

    /// Ends the row at hand.
    fn end_row(&mut self) -> Result<(), AnswerProblem> {
        let Some(row) = self.current else {
            return Ok(());
        };
        if self.columns.is_empty() {
            if self.header_row.is_some_and(|last| row >= last) {
                self.end_header()?;
            }
            return Ok(());
        }
        if self.search.is_some() {
            return self.end_searched_row(row);
        }
        if self.touched {
            self.touched = false;
            for (column, above) in &mut self.filled {
                if self.cells[*column].is_blank() {
                    self.cells[*column] = above.clone();
                } else {
                    *above = self.cells[*column].clone();
                }
            }
            self.summary.rows += 1;
            if self.summary.rows > self.limits.rows {
                return Err(AnswerProblem::TooLarge { kind: LimitKind::Rows, limit: self.limits.rows });
            }
            let seen = self.sink.row(&Row { number: u64::from(row) + 1, cells: &self.cells });
            if let ControlFlow::Break(()) = seen {
                self.done = true;
                self.summary.note("stopped_early");
            }
        } else {
            self.summary.blank += 1;
        }
        self.cells.fill(Cell::Empty);
        Ok(())
    }

    /// Composes the column names from the header rows.
    fn end_header(&mut self) -> Result<(), AnswerProblem> {
        let Some(last) = self.header_row else {
            return Ok(());
        };
        let first = (last + 1).saturating_sub(self.header_rows);
        let width = self.header.iter().map(|(_, column, _)| column + 1).max();
        let mut width = width.unwrap_or(0) as usize;
        let rows = (last - first + 1) as usize;
        let merged = self
            .merges
            .iter()
            .filter(|area| area.first.0 >= first && area.first.0 <= last)
            .copied()
            .collect::<Vec<_>>();
        for area in &merged {
            width = width.max((area.last.1 as usize + 1).min(self.limits.fields));
        }
        let mut grid = vec![vec![String::new(); width]; rows];
        for (row, column, text) in std::mem::take(&mut self.header) {
            grid[(row - first) as usize][column as usize] = text;
        }
        for area in merged.iter().filter(|area| (area.first.1 as usize) < width) {
            let line = &mut grid[(area.first.0 - first) as usize];
            let text = line[area.first.1 as usize].clone();
            let end = (area.last.1 as usize).min(width - 1);
            for cell in &mut line[area.first.1 as usize..=end] {
                cell.clone_from(&text);
            }
        }
        // Text centred across cells looks merged without being so.
        self.columns = compose(grid, merged.is_empty());
        if self.columns.is_empty() {
            return Err(AnswerProblem::Malformed {
                detail: "the header row is empty".to_owned(),
                at: format!("row {}", u64::from(last) + 1),
            });
        }
        self.cells = vec![Cell::Empty; self.columns.len()];
        if let Err(problem) = self.sink.columns(&self.columns) {
            self.search = Some((HeaderSearch::new(problem)?, Vec::new()));
            return Ok(());
        }
        for column in filled_columns(self.fill_down, &self.columns)? {
            self.filled.push((column, Cell::Empty));
        }
        Ok(())
    }

    /// Takes a cell of a row that may be the header.
    fn searched_cell(&mut self, column: u32, value: &Cell<'s>) {
        let column = column as usize;
        if let Some((_, texts)) = &mut self.search
            && column < self.limits.fields
        {
            if texts.len() <= column {
                texts.resize(column + 1, String::new());
            }
            texts[column] = value.text().into_owned();
        }
    }

    /// Ends a row that may be the header; the problem comes back when the search is over.
    fn end_searched_row(&mut self, row: u32) -> Result<(), AnswerProblem> {
        let Some((mut search, texts)) = self.search.take() else { return Ok(()) };
        if search.look(u64::from(row) + 1, texts) {
            return Err(search.problem());
        }
        self.search = Some((search, Vec::new()));
        Ok(())
    }

    /// Takes a merged area that becomes known while the cells come.
    pub(super) fn merge(&mut self, area: Merge) {
        if self.columns.is_empty() && self.merges.len() < 10_000 {
            self.merges.push(area);
        }
    }

    /// Ends the sheet.
    pub(super) fn finish(mut self) -> Result<ParseSummary, AnswerProblem> {
        if !self.done {
            self.end_row()?;
        }
        if self.columns.is_empty() {
            return Err(AnswerProblem::Empty);
        }
        match self.search {
            Some((search, _)) => Err(search.problem()),
            None => Ok(self.summary),
        }
    }
}
