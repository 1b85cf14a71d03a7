//! What was built against what was paid: two bars a row on one scale, and the gap in words.

use super::scale::{Px, Scale};
use crate::web::{Tr, change, figure};
use askama::Template;
use pendopo_paper::{Cell, Column, Row, Strokes, Table, Tone};

/// One region.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Name shown.
    pub name: String,
    /// Where it leads.
    pub href: Option<String>,
    /// Physical progress, in per cent.
    pub physical: Option<f64>,
    /// Money spent, in per cent.
    pub financial: Option<f64>,
}

/// How much the two may differ before it is said, in points.
const EVEN: f64 = 5.0;

impl Progress {
    /// Physical less financial, in points.
    fn gap(&self) -> Option<f64> {
        self.physical.zip(self.financial).map(|(physical, financial)| physical - financial)
    }

    /// The gap in words.
    pub fn words(&self, t: Tr, decimals: u8) -> String {
        let Some(gap) = self.gap() else { return t.tr("no-value").into_owned() };
        let points = change(gap.abs(), decimals, t.lang()).trim_start_matches('+').to_owned();
        match gap {
            gap if gap.abs() < EVEN => t.tr("absorption-even").into_owned(),
            gap if gap < 0.0 => t.tr1("absorption-behind", points),
            _ => t.tr1("absorption-ahead", points),
        }
    }
}

/// A row as drawn: physical and financial bar, and the gap.
#[derive(Debug, Clone, PartialEq)]
struct Drawn {
    row: Progress,
    physical: Option<Px>,
    financial: Option<Px>,
    gap: String,
    class: &'static str,
}

/// The table.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/absorption.html")]
pub struct Absorption {
    t: Tr,
    caption: String,
    decimals: u8,
    rows: Vec<Drawn>,
}

impl Absorption {
    /// Rows in the order given; values are per cent with `decimals` places.
    pub fn new(t: Tr, caption: String, decimals: u8, rows: Vec<Progress>) -> Absorption {
        let all = rows.iter().flat_map(|row| [row.physical, row.financial]).flatten().chain([100.0]);
        let x = Scale::nice(all, true, 4, 0.0, 100.0);
        let width = |value: Option<f64>| value.map(|value| Px((x.at(value.max(0.0)) - x.at(0.0)).max(0.0)));
        let rows = rows
            .into_iter()
            .map(|row| Drawn {
                physical: width(row.physical),
                financial: width(row.financial),
                gap: row.words(t, decimals),
                class: match row.gap() {
                    Some(gap) if gap <= -EVEN => "risk",
                    _ => "plain",
                },
                row,
            })
            .collect();
        Absorption { t, caption, decimals, rows }
    }

    /// The same as a table.
    pub fn table(&self) -> Table {
        let t = self.t;
        let share = |value: Option<f64>| Cell::number(value, Some(self.decimals), self.write(&value));
        let pair = |drawn: &Drawn| {
            let bar = |width: Option<Px>, tone| (0.0, width.map_or(0.0, |width| width.0), tone);
            let bars = vec![bar(drawn.physical, Tone::One), bar(drawn.financial, Tone::Other)];
            Cell::Drawn { drawn: Strokes { bars, ..Strokes::default() } }
        };
        Table {
            caption: self.caption.clone(),
            columns: vec![
                Column::short(t.tr("region")),
                Column::number(t.tr("absorption-physical"), "%"),
                Column::number(t.tr("absorption-financial"), "%"),
                Column::drawn(),
                Column::words(t.tr("absorption-gap")),
            ],
            rows: self
                .rows
                .iter()
                .map(|drawn| Row {
                    cells: vec![
                        Cell::words(&drawn.row.name),
                        share(drawn.row.physical),
                        share(drawn.row.financial),
                        pair(drawn),
                        Cell::words(&drawn.gap),
                    ],
                })
                .collect(),
            notes: Vec::new(),
        }
    }

    /// What its bars stand for: each tone with its words.
    pub fn key(&self) -> Vec<(Tone, String)> {
        [(Tone::One, "absorption-physical"), (Tone::Other, "absorption-financial")]
            .map(|(tone, key)| (tone, self.t.tr(key).into_owned()))
            .to_vec()
    }

    fn write(&self, value: &Option<f64>) -> String {
        value.map_or_else(
            || "–".to_owned(),
            |value| figure(value, "%", self.decimals, false, self.t.lang()).text(),
        )
    }
}
