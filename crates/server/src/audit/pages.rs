//! The page of the audit log.

use crate::{
    web::Chrome,
    widgets::{Empty, Mark},
};
use askama::Template;

/// The log, newest first, by days.
#[derive(Template)]
#[template(path = "audit/list.html")]
pub struct AuditPage {
    /// The frame.
    pub chrome: Chrome,
    /// What the newest verification came to: state and sentence.
    pub check: (Mark, String),
    /// The end of the chain, to be written down or compared: number and hash in groups of digits.
    pub end: Option<(String, String)>,
    /// The filter as it is set.
    pub filter: FilterForm,
    /// Entries by day.
    pub days: Vec<Day>,
    /// Address of older entries.
    pub older: Option<String>,
    /// Address of the newest entries, when others are shown.
    pub newest: Option<String>,
    /// Addresses of the files with what the filter finds: CSV, JSON Lines.
    pub files: (String, String),
    /// Instead of the list.
    pub empty: Option<Empty>,
}

/// The filter as a form.
pub struct FilterForm {
    /// Actor.
    pub actor: String,
    /// Actions: word, words, chosen.
    pub actions: Vec<(&'static str, String, bool)>,
    /// Outcomes: word, words, chosen.
    pub outcomes: Vec<(&'static str, String, bool)>,
    /// First day.
    pub from: String,
    /// Last day.
    pub until: String,
    /// Text.
    pub text: String,
    /// Any of them is set.
    pub is_set: bool,
}

/// The entries of one day.
pub struct Day {
    /// The day in words.
    pub heading: String,
    /// Its entries, newest first.
    pub entries: Vec<EntryItem>,
}

/// One entry.
pub struct EntryItem {
    /// Number.
    pub number: String,
    /// Time of day.
    pub at: String,
    /// Who.
    pub actor: String,
    /// Kind of actor, or role.
    pub role: String,
    /// What.
    pub action: String,
    /// To what, in words.
    pub object: String,
    /// Where that can be seen.
    pub object_href: Option<String>,
    /// What else is worth knowing.
    pub detail: String,
    /// From where.
    pub address: String,
    /// With what outcome, when it is not the usual one.
    pub trouble: Option<Mark>,
    /// The outcome in words.
    pub outcome: String,
}
