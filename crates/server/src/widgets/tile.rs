//! One figure of a board: value, unit, target, change, course, and where it comes from.

use super::{
    Mark, Sparkline,
    on_paper::{paper_mark, state_cell},
};
use crate::web::{Figure, Tr};
use askama::Template;
use pendopo_paper::{Cell, Column, FigureCard, Row, Table};

/// How a value moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The difference with its sign, such as `−1,2`.
    pub text: String,
    /// Against what, such as `dari Agu 2026`.
    pub against: String,
    /// For better, for worse, or neither.
    pub better: Option<bool>,
}

/// A tile.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/tile.html")]
pub struct Tile {
    /// The reader's language.
    pub t: Tr,
    /// Name of the indicator.
    pub name: String,
    /// Its page.
    pub href: String,
    /// The value; `None` when nothing was ever reported or it is hidden.
    pub figure: Option<Figure>,
    /// The same as a number.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: String,
    /// Its decimal places.
    pub decimals: u8,
    /// Words in place of the value.
    pub instead: String,
    /// Its state.
    pub mark: Mark,
    /// The target in words, such as `target ≤ 14 %`.
    pub target: Option<String>,
    /// Its period.
    pub period: String,
    /// The agency that answers for it.
    pub agency: String,
    /// How old it is, such as `12 menit lalu`; empty when nobody knows.
    pub age: String,
    /// How it moved.
    pub change: Option<Change>,
    /// Its course.
    pub spark: Option<Sparkline>,
    /// The state of its source, when it is not fresh.
    pub freshness: Option<Mark>,
}

impl Tile {
    /// The same on paper.
    pub fn card(&self) -> FigureCard {
        // How long ago it came changes while the paper lies on the table.
        let from = [&self.period, &self.agency];
        let from = from.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>();
        let figure = self.figure.clone().unwrap_or_default();
        FigureCard {
            name: self.name.clone(),
            number: format!("{}{}", figure.prefix, figure.number),
            unit: figure.unit,
            instead: self.instead.clone(),
            mark: paper_mark(&self.mark),
            target: self.target.clone().unwrap_or_default(),
            change: self.change.as_ref().map_or_else(String::new, |it| format!("{} {}", it.text, it.against)),
            worse: self.change.as_ref().is_some_and(|change| change.better == Some(false)),
            from: from.join(" · "),
            freshness: self.freshness.as_ref().map(paper_mark),
            spark: self.spark.as_ref().map_or_else(String::new, Sparkline::drawing),
        }
    }

    /// Several as one table.
    pub fn table<'a>(t: Tr, caption: String, tiles: impl Iterator<Item = &'a Tile>) -> Table {
        let row = |tile: &Tile| {
            let text = tile.figure.as_ref().map_or_else(|| tile.instead.clone(), Figure::text);
            Row {
                cells: vec![
                    Cell::words(&tile.name),
                    Cell::number(tile.value, Some(tile.decimals), text),
                    Cell::words(&tile.unit),
                    state_cell(Some(&tile.mark)),
                    Cell::words(tile.target.clone().unwrap_or_default()),
                    Cell::words(&tile.period),
                    Cell::words(&tile.agency),
                ],
            }
        };
        Table {
            caption,
            columns: vec![
                Column::words(t.tr("indicator")),
                Column::number(t.tr("value"), ""),
                Column::aside(t.tr("unit")),
                Column::short(t.tr("state")),
                Column::short(t.tr("target")),
                Column::short(t.tr("period")),
                Column::short(t.tr("agency")),
            ],
            rows: tiles.map(row).collect(),
            notes: Vec::new(),
        }
    }
}
