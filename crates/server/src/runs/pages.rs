//! Pages of runs: the ledger, one run with its progress, and the rows it refused.

use crate::{
    web::Chrome,
    widgets::{Empty, Mark},
};
use askama::Template;

/// The ledger, newest first.
#[derive(Template)]
#[template(path = "runs/list.html")]
pub struct RunListPage {
    /// The frame.
    pub chrome: Chrome,
    /// Filters: address, words, chosen.
    pub filters: Vec<(String, String, bool)>,
    /// The runs of this page.
    pub runs: Vec<RunItem>,
    /// Address of older runs.
    pub older: Option<String>,
    /// Instead of the list.
    pub empty: Option<Empty>,
}

/// One run of a list.
pub struct RunItem {
    /// Number.
    pub run_id: i64,
    /// Source or kind.
    pub source: String,
    /// Its state.
    pub mark: Mark,
    /// Began when.
    pub started: String,
    /// Took how long.
    pub took: String,
    /// Accepted rows.
    pub accepted: String,
    /// Refused rows; a link when there are some.
    pub refused: Option<String>,
    /// New and revised figures in words.
    pub effect: String,
    /// Begun by.
    pub author: String,
}

/// One run.
#[derive(Template)]
#[template(path = "runs/run.html")]
pub struct RunPage {
    /// The frame; it asks for a reload while the run lasts.
    pub chrome: Chrome,
    /// The run.
    pub run: RunItem,
    /// Address of its source, if it has one.
    pub source_href: Option<String>,
    /// The rows that it read again: address and words.
    pub read_again: Option<(String, String)>,
    /// What happened in a sentence.
    pub sentence: String,
    /// Progress while it lasts.
    pub progress: Option<Progress>,
    /// What it had to say besides its figures.
    pub notes: Vec<String>,
    /// Counts and times: word and explanation.
    pub facts: Vec<(String, String)>,
}

/// How far a run is.
pub struct Progress {
    /// Steps done.
    pub done: i64,
    /// All steps, when known.
    pub total: Option<i64>,
    /// In words.
    pub words: String,
}

/// The rows a run refused.
#[derive(Template)]
#[template(path = "runs/refused.html")]
pub struct RefusedPage {
    /// The frame.
    pub chrome: Chrome,
    /// Number of the run.
    pub run_id: i64,
    /// Name of its source.
    pub source: String,
    /// How many and what for, in a sentence.
    pub summary: String,
    /// That there were more than are kept.
    pub not_kept: Option<String>,
    /// Reasons with counts: address, words, chosen.
    pub reasons: Vec<(String, String, bool)>,
    /// The rows of this page.
    pub rows: Vec<RefusedItem>,
    /// Address of the next rows.
    pub next: Option<String>,
    /// Address of the export.
    pub export: String,
    /// They can be tried again.
    pub retry: bool,
    /// Instead of the list.
    pub empty: Option<Empty>,
}

/// One refused row.
pub struct RefusedItem {
    /// Row number as its owner counts.
    pub row_no: i64,
    /// Column at fault.
    pub column: String,
    /// Why, in words.
    pub message: String,
    /// The row as it came.
    pub raw: String,
    /// Open, retried or dismissed, in words.
    pub state: String,
    /// Why nothing or not all of it was used when it was read again: words, and the newer run.
    pub overtaken: Option<(String, i64)>,
}
