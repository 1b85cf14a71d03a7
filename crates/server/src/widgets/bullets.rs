//! Several figures, each a bar against its target: a list that is its own table. Every bar has a scale of
//! its own, since the figures have different units.

use super::{
    Bullet, Mark,
    on_paper::{state_cell, tone},
};
use crate::web::Tr;
use askama::Template;
use pendopo_paper::{Cell, Column, Row, Table};

/// One figure.
#[derive(Debug, Clone, PartialEq)]
pub struct BulletRow {
    /// Name of the indicator.
    pub name: String,
    /// Where it leads.
    pub href: String,
    /// The value; `None` when nothing was reported or it is hidden.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: String,
    /// Its decimal places.
    pub decimals: u8,
    /// The value in words, or the words in its place.
    pub text: String,
    /// Where the value leads: its lineage.
    pub value_href: Option<String>,
    /// Its state.
    pub mark: Mark,
    /// The target in words.
    pub target: String,
    /// The bar; none without a value.
    pub bullet: Option<Bullet>,
}

/// The list.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/bullets.html")]
pub struct Bullets {
    t: Tr,
    caption: String,
    rows: Vec<BulletRow>,
}

impl Bullets {
    /// The rows in the order given.
    pub fn new(t: Tr, caption: String, rows: Vec<BulletRow>) -> Bullets {
        Bullets { t, caption, rows }
    }

    /// The same as a table.
    pub fn table(&self) -> Table {
        let t = self.t;
        let row = |row: &BulletRow| {
            let mark = Some(&row.mark);
            let drawn = row.bullet.as_ref().map(|bullet| Cell::Drawn { drawn: bullet.strokes(tone(mark)) });
            Row {
                cells: vec![
                    Cell::words(&row.name),
                    Cell::number(row.value, Some(row.decimals), &row.text),
                    Cell::words(&row.unit),
                    drawn.unwrap_or(Cell::Empty),
                    state_cell(mark),
                    Cell::words(&row.target),
                ],
            }
        };
        Table {
            caption: self.caption.clone(),
            columns: vec![
                Column::words(t.tr("indicator")),
                Column::number(t.tr("value"), ""),
                Column::aside(t.tr("unit")),
                Column::drawn(),
                Column::short(t.tr("state")),
                Column::short(t.tr("target")),
            ],
            rows: self.rows.iter().map(row).collect(),
            notes: Vec::new(),
        }
    }
}
