//! Regions or groups in order, each with a bar from zero. The chart is its own table.

use super::{
    Mark, Measure,
    on_paper::{state_cell, tone},
    scale::{Px, Scale},
};
use crate::web::Tr;
use askama::Template;
use pendopo_paper::{Cell, Column, Row, Strokes, Table};

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Name shown.
    pub name: String,
    /// Where the name leads.
    pub href: Option<String>,
    /// The value; `None` when nothing was reported.
    pub value: Option<f64>,
    /// The value in words.
    pub text: String,
    /// Where the value leads: its lineage.
    pub value_href: Option<String>,
    /// Its state.
    pub mark: Option<Mark>,
    /// A remark, such as `18 dari 20 desa melapor`.
    pub note: String,
}

/// A bar with where it begins and how long it is.
type Drawn = (Bar, Option<(Px, Px)>);

/// Bars in the order given.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/bars.html")]
pub struct Bars {
    t: Tr,
    caption: String,
    head: String,
    numbered: bool,
    notes: bool,
    rows: Vec<Drawn>,
    target: Option<Px>,
    target_text: String,
}

impl Bars {
    /// `head` names the first column; `numbered` shows ranks; `target` is a stroke through all bars.
    pub fn new(
        t: Tr,
        caption: String,
        head: String,
        numbered: bool,
        rows: Vec<Bar>,
        target: Option<(f64, String)>,
    ) -> Bars {
        let values = rows.iter().filter_map(|row| row.value);
        let x = Scale::nice(values.chain(target.as_ref().map(|(value, _)| *value)), true, 4, 0.0, 100.0);
        let extent = |value: f64| {
            let (from, to) = (x.at(value.min(0.0)), x.at(value.max(0.0)));
            (Px(from), Px(to - from))
        };
        let (target, target_text) = match target {
            Some((value, text)) => (Some(Px(x.at(value))), text),
            None => (None, String::new()),
        };
        Bars {
            t,
            caption,
            head,
            numbered,
            notes: rows.iter().any(|row| !row.note.is_empty()),
            rows: rows.into_iter().map(|row| (row.clone(), row.value.map(extent))).collect(),
            target,
            target_text,
        }
    }

    /// The same as a table.
    pub fn table(&self, measure: &Measure) -> Table {
        let t = self.t;
        let marked = self.rows.iter().any(|(row, _)| row.mark.is_some());
        let mut columns = Vec::new();
        columns.extend(self.numbered.then(|| Column::number(t.tr("rank"), "")));
        columns.push(Column::short(self.head.clone()));
        columns.extend(marked.then(|| Column::short(t.tr("state"))));
        columns.push(Column::number(t.tr("value"), measure.unit.clone()));
        columns.push(Column::drawn());
        columns.extend(self.notes.then(|| Column::words(t.tr("note"))));
        let row = |(place, (row, extent)): (usize, &Drawn)| {
            let mut cells = Vec::new();
            if self.numbered {
                cells.push(if row.value.is_some() { Cell::words(place.to_string()) } else { Cell::Empty });
            }
            cells.push(Cell::words(&row.name));
            if marked {
                cells.push(state_cell(row.mark.as_ref()));
            }
            cells.push(Cell::number(row.value, measure.decimals, &row.text));
            let bars = extent.iter().map(|(x, width)| (x.0, x.0 + width.0, tone(row.mark.as_ref())));
            let target = self.target.map(|target| target.0);
            cells.push(Cell::Drawn { drawn: Strokes { bars: bars.collect(), target, ..Strokes::default() } });
            if self.notes {
                cells.push(Cell::quiet(&row.note));
            }
            Row { cells }
        };
        Table {
            caption: self.caption.clone(),
            columns,
            rows: (1..).zip(&self.rows).map(row).collect(),
            notes: Some(self.target_text.clone()).filter(|text| !text.is_empty()).into_iter().collect(),
        }
    }
}
