//! Header rows: names composed of several rows, columns that are filled from above, and where the header
//! may be when the columns of the mapping are not in the row that was read.

use crate::{
    AnswerProblem, Drift, MissingColumn,
    cell::name_columns,
    mapping::{column_position, likely_name},
};

/// Rows after the header that are looked at.
const ROWS_LOOKED_AT: u32 = 20;

/// Joins the rows of a header into one name per column. `spread`: text stands over all empty cells to its
/// right, as merged cells do once a file has forgotten that they were merged; never in the last row.
pub(crate) fn compose(mut grid: Vec<Vec<String>>, spread: bool) -> Vec<String> {
    let width = grid.iter().map(Vec::len).max().unwrap_or(0);
    let last = grid.len().saturating_sub(1);
    for (index, line) in grid.iter_mut().enumerate() {
        line.resize(width, String::new());
        if spread && index < last {
            let mut above = String::new();
            for cell in line {
                if cell.trim().is_empty() {
                    cell.clone_from(&above);
                } else {
                    above.clone_from(cell);
                }
            }
        }
    }
    let names = (0..width).map(|column| {
        let mut parts: Vec<&str> = Vec::new();
        for line in &grid {
            let part = line[column].trim();
            if !part.is_empty() && parts.last() != Some(&part) {
                parts.push(part);
            }
        }
        parts.join(" ")
    });
    name_columns(names.collect())
}

/// Positions of the columns whose empty cells take the value above.
///
/// # Errors
/// [`AnswerProblem::Changed`] when one of them is not there.
pub(crate) fn filled_columns(wanted: &[String], columns: &[String]) -> Result<Vec<usize>, AnswerProblem> {
    let mut found = Vec::with_capacity(wanted.len());
    for name in wanted {
        match column_position(columns, name) {
            Some(at) => found.push(at),
            None => {
                return Err(AnswerProblem::Changed(Drift {
                    missing: vec![MissingColumn { column: name.clone(), likely: likely_name(name, columns) }],
                    found: columns.to_vec(),
                    ..Drift::default()
                }));
            }
        }
    }
    Ok(found)
}

/// The search for the header among the rows that follow the one that was read, such as a title.
pub(crate) struct HeaderSearch {
    drift: Drift,
    looked_at: u32,
}

impl HeaderSearch {
    /// Begins where columns are missing; any other problem comes back.
    pub(crate) fn new(problem: AnswerProblem) -> Result<HeaderSearch, AnswerProblem> {
        match problem {
            AnswerProblem::Changed(drift) if !drift.missing.is_empty() => {
                Ok(HeaderSearch { drift, looked_at: 0 })
            }
            other => Err(other),
        }
    }

    /// Looks at a row; true when the search is over. Half of the missing columns make a header.
    pub(crate) fn look(&mut self, row: u64, texts: Vec<String>) -> bool {
        self.looked_at += 1;
        let names = name_columns(texts);
        let missing = &self.drift.missing;
        let found = missing.iter().filter(|gone| column_position(&names, &gone.column).is_some()).count();
        if found > 0 && found * 2 >= missing.len() {
            self.drift.header_row = Some(row);
        }
        self.drift.header_row.is_some() || self.looked_at >= ROWS_LOOKED_AT
    }

    /// The problem, with the row where one was found.
    pub(crate) fn problem(self) -> AnswerProblem {
        AnswerProblem::Changed(self.drift)
    }
}
