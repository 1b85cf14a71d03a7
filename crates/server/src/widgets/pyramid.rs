//! People by sex and age group: one row per group, a bar to each side, its numbers beside it.

use super::{Measure, scale::Px};
use crate::web::Tr;
use askama::Template;
use pendopo_paper::{Cell as PaperCell, Column, Row, Table, Tone};

/// One side of an age group.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// How many; `None` when nothing was reported or it is hidden.
    pub value: Option<f64>,
    /// The same in words, or the words in its place.
    pub text: String,
}

/// One age group.
#[derive(Debug, Clone, PartialEq)]
pub struct AgeGroup {
    /// Its name, such as `0–4`.
    pub name: String,
    /// Men and boys.
    pub male: Cell,
    /// Women and girls.
    pub female: Cell,
}

/// A group as drawn: the widths of its bars.
type Drawn = (AgeGroup, Option<Px>, Option<Px>);

/// The pyramid.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/pyramid.html")]
pub struct Pyramid {
    t: Tr,
    caption: String,
    rows: Vec<Drawn>,
}

impl Pyramid {
    /// The oldest group first, as pyramids are drawn. Both sides have one scale.
    pub fn new(t: Tr, caption: String, groups: Vec<AgeGroup>) -> Pyramid {
        let values = groups.iter().flat_map(|group| [group.male.value, group.female.value]).flatten();
        let widest = values.filter(|value| value.is_finite()).fold(0.0_f64, f64::max);
        let width = |cell: &Cell| {
            cell.value.filter(|_| widest > 0.0).map(|value| Px((value / widest * 100.0).clamp(0.0, 100.0)))
        };
        let rows = groups
            .into_iter()
            .map(|group| {
                let (male, female) = (width(&group.male), width(&group.female));
                (group, male, female)
            })
            .collect();
        Pyramid { t, caption, rows }
    }

    /// The same as a table.
    pub fn table(&self, measure: &Measure) -> Table {
        let t = self.t;
        let number = |cell: &Cell| PaperCell::number(cell.value, measure.decimals, &cell.text);
        let bar = |width: Option<Px>, left: bool, tone: Tone| match width {
            Some(width) if left => PaperCell::bar(100.0 - width.0, 100.0, tone),
            Some(width) => PaperCell::bar(0.0, width.0, tone),
            None => PaperCell::Empty,
        };
        let row = |(group, male, female): &Drawn| Row {
            cells: vec![
                number(&group.male),
                bar(*male, true, Tone::One),
                PaperCell::words(&group.name),
                bar(*female, false, Tone::Other),
                number(&group.female),
            ],
        };
        Table {
            caption: self.caption.clone(),
            columns: vec![
                Column::number(t.tr("pyramid-male"), measure.unit.clone()),
                Column::drawn(),
                Column::short(t.tr("pyramid-age")),
                Column::drawn(),
                Column::number(t.tr("pyramid-female"), measure.unit.clone()),
            ],
            rows: self.rows.iter().map(row).collect(),
            notes: Vec::new(),
        }
    }
}
