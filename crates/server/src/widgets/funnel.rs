//! Steps of which fewer and fewer are left: each with its share of the first and of the one before.

use super::scale::Px;
use crate::web::{Tr, figure};
use askama::Template;
use pendopo_paper::{Cell, Column, Row, Table, Tone};

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Name of the indicator.
    pub name: String,
    /// Where it leads.
    pub href: String,
    /// How many; `None` when nothing was reported or it is hidden.
    pub value: Option<f64>,
    /// The same in words, or the words in its place.
    pub text: String,
    /// Its lineage.
    pub value_href: Option<String>,
}

/// A step as drawn.
#[derive(Debug, Clone, PartialEq)]
struct Drawn {
    step: Step,
    of_first: String,
    of_previous: String,
    width: Option<Px>,
}

/// The steps.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/funnel.html")]
pub struct Funnel {
    t: Tr,
    caption: String,
    rows: Vec<Drawn>,
}

impl Funnel {
    /// The widest step first. A step wider than the first is drawn as wide as there is room, and its share says
    /// so in numbers.
    pub fn new(t: Tr, caption: String, steps: Vec<Step>) -> Funnel {
        let share = |part: Option<f64>, of: Option<f64>| share(part, of, t);
        let widest = steps.iter().filter_map(|step| step.value).fold(0.0_f64, f64::max);
        let first = steps.first().and_then(|step| step.value);
        let mut previous = None;
        let mut rows = Vec::with_capacity(steps.len());
        for (index, step) in steps.into_iter().enumerate() {
            let value = step.value;
            rows.push(Drawn {
                of_first: if index == 0 { String::new() } else { share(value, first) },
                of_previous: if index == 0 { String::new() } else { share(value, previous) },
                width: value
                    .filter(|_| widest > 0.0)
                    .map(|value| Px((value / widest * 100.0).clamp(0.0, 100.0))),
                step,
            });
            previous = value;
        }
        Funnel { t, caption, rows }
    }

    /// The same as a table.
    pub fn table(&self) -> Table {
        let t = self.t;
        let row = |drawn: &Drawn| {
            let bar = drawn.width.map(|width| Cell::bar(0.0, width.0, Tone::Plain));
            Row {
                cells: vec![
                    Cell::words(&drawn.step.name),
                    bar.unwrap_or(Cell::Empty),
                    Cell::number(drawn.step.value, None, &drawn.step.text),
                    Cell::words(&drawn.of_previous),
                    Cell::words(&drawn.of_first),
                ],
            }
        };
        Table {
            caption: self.caption.clone(),
            columns: vec![
                Column::words(t.tr("funnel-step")),
                Column::drawn(),
                Column::number(t.tr("value"), ""),
                Column::number(t.tr("funnel-of-previous"), ""),
                Column::number(t.tr("funnel-of-first"), ""),
            ],
            rows: self.rows.iter().map(row).collect(),
            notes: Vec::new(),
        }
    }

    /// The last step's share of the first, in words.
    pub fn left(&self) -> Option<&str> {
        self.rows
            .last()
            .map(|drawn| drawn.of_first.as_str())
            .filter(|share| !share.is_empty() && *share != "–")
    }
}

fn share(part: Option<f64>, of: Option<f64>, t: Tr) -> String {
    match part.zip(of) {
        Some((part, of)) if of > 0.0 => figure(part / of * 100.0, "%", 1, false, t.lang()).text(),
        _ => "–".to_owned(),
    }
}
