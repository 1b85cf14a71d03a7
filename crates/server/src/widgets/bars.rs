//! Regions or groups in order, each with a bar from zero. The chart is its own table.

use super::{
    Mark,
    scale::{Px, Scale},
};
use crate::web::Tr;
use askama::Template;

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

/// Bars in the order given.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/bars.html")]
pub struct Bars {
    t: Tr,
    caption: String,
    head: String,
    numbered: bool,
    notes: bool,
    rows: Vec<(Bar, Option<(Px, Px)>)>,
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
}
