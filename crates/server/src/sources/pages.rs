//! Pages of sources: their health in words, and one source.

use crate::{
    web::Chrome,
    widgets::{Empty, Mark},
};
use askama::Template;

/// All sources, the ill ones first.
#[derive(Template)]
#[template(path = "sources/list.html")]
pub struct SourceListPage {
    /// The frame.
    pub chrome: Chrome,
    /// The state of all in one sentence.
    pub summary: String,
    /// The sources.
    pub sources: Vec<SourceItem>,
    /// Instead of the list.
    pub empty: Option<Empty>,
}

/// One source of the list.
pub struct SourceItem {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Agency.
    pub agency: String,
    /// Its state.
    pub mark: Mark,
    /// What is wrong, since when, who must act; or that all is well.
    pub sentence: String,
    /// Last good run in words.
    pub last_good: String,
    /// The promise in words.
    pub promise: String,
    /// Rows of the last run in words.
    pub rows: String,
    /// Refused rows of the last run: address and words.
    pub refused: Option<(String, String)>,
    /// It is running now: address of the run.
    pub running: Option<String>,
}

/// One source.
#[derive(Template)]
#[template(path = "sources/source.html")]
pub struct SourcePage {
    /// The frame.
    pub chrome: Chrome,
    /// The source.
    pub source: SourceItem,
    /// Its rows are sent; nobody asks for them.
    pub pushed: bool,
    /// How it is reached, when, by which promise: word and explanation.
    pub facts: Vec<(String, String)>,
    /// The indicators it feeds: address and name.
    pub indicators: Vec<(String, String)>,
    /// What its last good run had to say.
    pub notes: Vec<String>,
    /// Its last runs.
    pub runs: Vec<crate::runs::pages::RunItem>,
}

/// What a trial run of a source would have changed.
#[derive(Template)]
#[template(path = "sources/trial.html")]
pub struct TrialPage {
    /// The frame.
    pub chrome: Chrome,
    /// Code of the source.
    pub code: String,
    /// The report, as on the command line.
    pub text: String,
}
