//! Agencies by sectors: in each cell how many figures are in which state, the worst first.

use super::{Mark, on_paper::paper_mark};
use crate::web::Tr;
use askama::Template;
use pendopo_paper::{Cell, Column, Row, Table};

/// How many figures are in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateCount {
    /// The state, its word quiet.
    pub mark: Mark,
    /// How many.
    pub count: usize,
}

/// One agency.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusRow {
    /// Abbreviation.
    pub short: String,
    /// Full name.
    pub name: String,
    /// Its figures.
    pub href: String,
    /// Per sector its states, worst first; empty where the agency has no figure in the sector.
    pub cells: Vec<Vec<StateCount>>,
}

/// The matrix.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/statuses.html")]
pub struct Statuses {
    t: Tr,
    caption: String,
    columns: Vec<String>,
    rows: Vec<StatusRow>,
    key: Vec<Mark>,
}

impl Statuses {
    /// `columns` names the sectors.
    pub fn new(t: Tr, caption: String, columns: Vec<String>, rows: Vec<StatusRow>) -> Statuses {
        let mut key: Vec<Mark> = Vec::new();
        for state in rows.iter().flat_map(|row| row.cells.iter().flatten()) {
            if !key.iter().any(|mark| mark.word == state.mark.word) {
                key.push(Mark { quiet: false, ..state.mark.clone() });
            }
        }
        Statuses { t, caption, columns, rows, key }
    }

    /// The same as a table.
    pub fn table(&self) -> Table {
        let mut columns = vec![Column::short(self.t.tr("agency"))];
        columns.extend(self.columns.iter().map(|head| Column::words(head.clone())));
        let cell = |states: &Vec<StateCount>| match states.is_empty() {
            true => Cell::quiet("·"),
            false => Cell::Counts {
                counts: states.iter().map(|state| (paper_mark(&state.mark), state.count)).collect(),
            },
        };
        let row = |row: &StatusRow| Row {
            cells: std::iter::once(Cell::words(&row.short)).chain(row.cells.iter().map(cell)).collect(),
        };
        let rows = self.rows.iter().map(row).collect();
        Table { caption: self.caption.clone(), columns, rows, notes: Vec::new() }
    }

    /// The states that stand in it.
    pub fn key(&self) -> &[Mark] {
        &self.key
    }

    fn column(&self, index: &usize) -> &str {
        self.columns.get(*index).map_or("", String::as_str)
    }
}
