//! Pages of personal data: the record of processing, incidents, one incident.

use crate::{
    web::Chrome,
    widgets::{Empty, Mark},
};
use askama::Template;

/// The record of processing, what needs a look first.
#[derive(Template)]
#[template(path = "privacy/record.html")]
pub struct RecordPage {
    /// The frame.
    pub chrome: Chrome,
    /// The state in one sentence.
    pub summary: String,
    /// Open incidents in words, if there are any.
    pub incidents: Option<String>,
    /// Values met in columns that nobody declared.
    pub undeclared: Vec<MetItem>,
    /// One line per source.
    pub sources: Vec<RecordItem>,
    /// What was taken away lately.
    pub erasures: Vec<ErasureItem>,
    /// Instead of the table.
    pub empty: Option<Empty>,
}

/// Values met in one column.
pub struct MetItem {
    /// Code of the source.
    pub code: String,
    /// Name of the source.
    pub source: String,
    /// The column.
    pub column: String,
    /// What kind of value.
    pub kind: String,
    /// How many.
    pub cells: String,
    /// The run.
    pub run_id: i64,
    /// When.
    pub at: String,
}

/// One source of the record.
pub struct RecordItem {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Agency.
    pub agency: String,
    /// Its personal columns: name, class, handling, reason.
    pub columns: Vec<ColumnItem>,
    /// What the data are for.
    pub purpose: String,
    /// On which basis.
    pub basis: String,
    /// How long answers and refused rows are kept.
    pub keeping: String,
    /// Who sees what.
    pub recipients: String,
    /// An impact assessment is due, or something is missing.
    pub marks: Vec<Mark>,
}

/// A personal column.
pub struct ColumnItem {
    /// Its name.
    pub name: String,
    /// Class and handling in words.
    pub words: String,
    /// Why it is kept.
    pub reason: String,
}

/// Something that was taken away.
pub struct ErasureItem {
    /// When.
    pub at: String,
    /// What and how much.
    pub what: String,
    /// Of which source.
    pub source: String,
    /// Who.
    pub author: String,
}

/// All incidents.
#[derive(Template)]
#[template(path = "privacy/incidents.html")]
pub struct IncidentListPage {
    /// The frame.
    pub chrome: Chrome,
    /// The incidents, open ones first.
    pub incidents: Vec<IncidentItem>,
    /// Instead of the list.
    pub empty: Option<Empty>,
    /// The present for the form, local, `2026-11-24T08:15`.
    pub now: String,
}

/// One incident of the list.
pub struct IncidentItem {
    /// Its number.
    pub incident_id: i64,
    /// In a few words.
    pub title: String,
    /// Its state.
    pub mark: Mark,
    /// When it was noticed.
    pub noticed: String,
    /// The deadline, and how far it is.
    pub deadline: String,
    /// Steps done of all.
    pub steps: String,
}

/// One incident.
#[derive(Template)]
#[template(path = "privacy/incident.html")]
pub struct IncidentPage {
    /// The frame.
    pub chrome: Chrome,
    /// As in the list.
    pub item: IncidentItem,
    /// What is known of it.
    pub incident: super::store::Incident,
    /// The number of persons as written in the form.
    pub subjects: String,
    /// It is closed.
    pub closed: bool,
    /// The reader may change it; others read.
    pub may_change: bool,
    /// The steps.
    pub steps: Vec<StepItem>,
    /// Drafts: title and text.
    pub notices: Vec<(String, String)>,
    /// What was done: when, who, what.
    pub log: Vec<(String, String, String)>,
}

/// One step.
pub struct StepItem {
    /// Its word.
    pub step: &'static str,
    /// What has to be done.
    pub title: String,
    /// Why and how.
    pub advice: String,
    /// It is done: by whom and when, with the note.
    pub done: Option<String>,
}
