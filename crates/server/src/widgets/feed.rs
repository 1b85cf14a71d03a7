//! What happened last, newest first.

use super::Mark;
use crate::web::Tr;
use askama::Template;

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
}
