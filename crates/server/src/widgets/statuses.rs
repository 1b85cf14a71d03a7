//! Agencies by sectors: in each cell how many figures are in which state, the worst first.

use super::Mark;
use crate::web::Tr;
use askama::Template;

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

    fn column(&self, index: &usize) -> &str {
        self.columns.get(*index).map_or("", String::as_str)
    }
}
