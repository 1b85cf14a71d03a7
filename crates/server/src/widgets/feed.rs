//! What happened last, newest first.

use super::{Mark, on_paper::state_cell};
use crate::web::Tr;
use askama::Template;
use pendopo_paper::{Cell, Column, Row, Table};

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedItem {
    /// When, in words.
    pub at: String,
    /// Its state.
    pub mark: Mark,
    /// What it is about.
    pub name: String,
    /// Where it leads.
    pub href: Option<String>,
    /// What happened, in a sentence.
    pub what: String,
}

/// The list.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "widgets/feed.html")]
pub struct Feed {
    t: Tr,
    items: Vec<FeedItem>,
}

impl Feed {
    /// The items in the order given, newest first.
    pub fn new(t: Tr, items: Vec<FeedItem>) -> Feed {
        Feed { t, items }
    }

    /// The same as a table.
    pub fn table(&self) -> Table {
        let t = self.t;
        let row = |item: &FeedItem| Row {
            cells: vec![
                Cell::quiet(&item.at),
                state_cell(Some(&item.mark)),
                Cell::words(&item.name),
                Cell::words(&item.what),
            ],
        };
        Table {
            caption: t.tr("feed-label").into_owned(),
            columns: vec![
                Column::short(t.tr("feed-at")),
                Column::short(t.tr("state")),
                Column::words(t.tr("source")),
                Column::words(t.tr("feed-what")),
            ],
            rows: self.items.iter().map(row).collect(),
            notes: Vec::new(),
        }
    }
}
