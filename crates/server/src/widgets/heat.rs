//! Rows by periods, each cell coloured by class: where and when at once.

use super::Measure;
use crate::web::Tr;
use askama::Template;
use pendopo_paper::{Cell, Column, Ground, Row, Table};

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum HeatCell {
    /// A value and its words.
    Value(f64, String),
    /// There is a value that the reader may not see: the words in its place.
    Hidden(String),
    /// Nothing was reported.
    Missing,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatRow {
    /// Name shown.
    pub name: String,
    /// Where it leads.
    pub href: Option<String>,
    /// One cell per column.
    pub cells: Vec<HeatCell>,
}

/// Which end of the values has the strongest colour: the one that wants to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stronger {
    /// The high values.
    High,
    /// The low values.
    Low,
}

/// A row as drawn: name, address, and per cell its CSS class and words.
type Drawn = (String, Option<String>, Vec<(String, String)>);

/// The value behind each cell of a row, where there is one that may be seen.
type Values = Vec<Option<f64>>;

/// A heat table.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/heat.html")]
pub struct Heat {
    t: Tr,
    caption: String,
    head: String,
    columns: Vec<String>,
    rows: Vec<Drawn>,
    values: Vec<Values>,
    /// The key of the shades, when there are several.
    scale: Option<String>,
}

impl Heat {
    /// `head` names the first column. Classes divide the range from lowest to highest evenly.
    pub fn new(
        t: Tr,
        caption: String,
        head: String,
        columns: Vec<String>,
        rows: Vec<HeatRow>,
        stronger: Stronger,
    ) -> Heat {
        let values = || {
            rows.iter().flat_map(|row| &row.cells).filter_map(|cell| match cell {
                HeatCell::Value(value, _) if value.is_finite() => Some(*value),
                _ => None,
            })
        };
        let (low, high) =
            values().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        let class = |value: f64| {
            // Halves keep the range finite even between the ends of what a number can hold.
            let share = (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
            let class = if high > low && share.is_finite() { ((share * 5.0) as usize).min(4) } else { 2 };
            if stronger == Stronger::High { class } else { 4 - class }
        };
        let drawn = rows
            .iter()
            .map(|row| {
                let cells = row.cells.iter().map(|cell| match cell {
                    HeatCell::Value(value, text) => (format!("q{}", class(*value)), text.clone()),
                    HeatCell::Hidden(words) => ("dotted".to_owned(), words.clone()),
                    HeatCell::Missing => ("hatched".to_owned(), String::new()),
                });
                (row.name.clone(), row.href.clone(), cells.collect())
            })
            .collect();
        let key = if stronger == Stronger::High { "heat-scale-high" } else { "heat-scale-low" };
        let scale = (high > low).then(|| t.tr(key).into_owned());
        let value = |cell: &HeatCell| match cell {
            HeatCell::Value(value, _) => Some(*value),
            HeatCell::Hidden(_) | HeatCell::Missing => None,
        };
        let values = rows.iter().map(|row| row.cells.iter().map(value).collect()).collect();
        Heat { t, caption, head, columns, rows: drawn, values, scale }
    }

    /// The same as a table.
    pub fn table(&self, measure: &Measure) -> Table {
        let mut columns = vec![Column::short(self.head.clone())];
        columns.extend(self.columns.iter().map(|head| Column::number(head.clone(), measure.unit.clone())));
        let cell = |((class, words), value): (&(String, String), &Option<f64>)| Cell::Shaded {
            ground: ground(class),
            value: *value,
            decimals: measure.decimals,
            words: words.clone(),
        };
        let row = |((name, _, cells), values): (&Drawn, &Values)| Row {
            cells: std::iter::once(Cell::words(name)).chain(cells.iter().zip(values).map(cell)).collect(),
        };
        Table {
            caption: self.caption.clone(),
            columns,
            rows: self.rows.iter().zip(&self.values).map(row).collect(),
            notes: Vec::new(),
        }
    }

    /// What its grounds stand for.
    pub fn key(&self) -> Vec<(Vec<Ground>, String)> {
        let shades = self.scale.iter().map(|words| (vec![Ground::Q0, Ground::Q2, Ground::Q4], words.clone()));
        let others = [(Ground::Hatched, "no-value"), (Ground::Dotted, "hidden")]
            .map(|(ground, key)| (vec![ground], self.t.tr(key).into_owned()));
        shades.chain(others).collect()
    }
}

/// The ground of a CSS class.
fn ground(class: &str) -> Ground {
    match class {
        "hatched" => Ground::Hatched,
        "dotted" => Ground::Dotted,
        shade => Ground::shade(shade.trim_start_matches('q').parse().unwrap_or(0)),
    }
}
