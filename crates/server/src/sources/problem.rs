//! Why a run came to nothing, as it is stored and told.

use crate::jobs::fetcher::{FetchFailure, FetchProblem};
use pendopo_connectors::{AnswerProblem, personal::mask_all};
use pendopo_vocab::Lang;
use serde::{Deserialize, Serialize};

/// Why a run came to nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunProblem {
    /// Nothing could be fetched.
    Fetch(FetchProblem),
    /// What came cannot be used.
    Answer(AnswerProblem),
    /// More rows were refused than the source's threshold allows.
    TooManyRefused {
        /// Rows refused.
        refused: u64,
        /// Rows in all.
        total: u64,
        /// The threshold in per cent.
        percent: f64,
    },
    /// The source's definition cannot be carried out.
    Definition {
        /// What is wrong with it, in English.
        detail: String,
    },
    /// The center's own database could not take the figures.
    Storage {
        /// In the database's words.
        detail: String,
    },
    /// The program ended during the run.
    Interrupted,
}

/// Codes of ends for reasons of the center's own, which say nothing about the service or what it sent.
pub const NOT_ITS_FAULT: [&str; 3] = ["cancelled", "storage", "interrupted"];

/// [`NOT_ITS_FAULT`] as a list of SQL.
pub fn not_its_fault() -> String {
    NOT_ITS_FAULT.map(|code| format!("'{code}'")).join(", ")
}

impl From<FetchFailure> for RunProblem {
    fn from(failure: FetchFailure) -> RunProblem {
        match failure {
            FetchFailure::Fetch(problem) => RunProblem::Fetch(problem),
            FetchFailure::Answer(problem) => RunProblem::Answer(problem),
            FetchFailure::Plan(problem) => RunProblem::Definition { detail: problem.to_string() },
        }
    }
}

impl RunProblem {
    /// A stable word: the ledger's `problem_code`.
    pub fn code(&self) -> &'static str {
        match self {
            RunProblem::Fetch(problem) => problem.code(),
            RunProblem::Answer(problem) => problem.code(),
            RunProblem::TooManyRefused { .. } => "too_many_refused",
            RunProblem::Definition { .. } => "definition",
            RunProblem::Storage { .. } => "storage",
            RunProblem::Interrupted => "interrupted",
        }
    }

    /// The form of the data has changed.
    pub fn is_change(&self) -> bool {
        matches!(self, RunProblem::Answer(problem) if problem.is_change())
    }

    /// The other side keeps us out.
    pub fn is_block(&self) -> bool {
        match self {
            RunProblem::Fetch(problem) => problem.is_block(),
            RunProblem::Answer(problem) => problem.is_block(),
            _ => false,
        }
    }

    /// The answer was judged and not used, rather than not obtained: the run is refused, not failed.
    pub fn is_judgement(&self) -> bool {
        self.is_change() || matches!(self, RunProblem::TooManyRefused { .. })
    }

    /// The center's own staff must act, rather than the agency.
    pub fn is_ours(&self) -> bool {
        match self {
            RunProblem::Fetch(problem) => problem.is_ours(),
            RunProblem::Answer(_) | RunProblem::TooManyRefused { .. } => false,
            RunProblem::Definition { .. } | RunProblem::Storage { .. } | RunProblem::Interrupted => true,
        }
    }

    /// What is wrong and what to do, for people.
    pub fn sentence(&self, lang: Lang) -> String {
        match (self, lang) {
            (RunProblem::Fetch(problem), _) => problem.sentence(lang),
            (RunProblem::Answer(problem), _) => problem.sentence(lang),
            (RunProblem::TooManyRefused { refused, total, percent }, Lang::Id) => format!(
                "{refused} dari {total} baris ditolak, lebih dari batas {percent} %. Tidak ada yang disimpan; lihat baris yang ditolak."
            ),
            (RunProblem::TooManyRefused { refused, total, percent }, Lang::En) => format!(
                "{refused} of {total} rows were refused, more than the limit of {percent} %. Nothing is stored; see the refused rows."
            ),
            (RunProblem::Definition { detail }, Lang::Id) => {
                format!("Pengaturan sumber keliru: {detail}. Perbaiki paket.")
            }
            (RunProblem::Definition { detail }, Lang::En) => {
                format!("The source's definition is wrong: {detail}. Repair the pack.")
            }
            (RunProblem::Storage { detail }, Lang::Id) => {
                format!(
                    "Basis data pusat tidak dapat menyimpan: {detail}. Periksa ruang cakram; angka lama tetap utuh."
                )
            }
            (RunProblem::Storage { detail }, Lang::En) => {
                format!(
                    "The center's database cannot store: {detail}. Check the disk's space; earlier figures are intact."
                )
            }
            (RunProblem::Interrupted, Lang::Id) => {
                "Program berhenti saat penarikan berjalan. Tidak ada yang disimpan.".to_owned()
            }
            (RunProblem::Interrupted, Lang::En) => {
                "The program ended during the run. Nothing of it is stored.".to_owned()
            }
        }
    }

    /// The same with markers in the place of personal values: a service's own words, excerpts of its
    /// answer and names of its columns come from outside.
    #[must_use]
    pub fn masked(self) -> RunProblem {
        let Ok(mut value) = serde_json::to_value(&self) else { return self };
        mask_texts(&mut value);
        serde_json::from_value(value).unwrap_or(self)
    }

    /// As stored.
    pub fn to_json(&self) -> String {
        // Strings and finite numbers only: this cannot fail, and an empty text reads back as unknown.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads the stored form; unknown forms of other versions are `None`.
    pub fn from_json(text: &str) -> Option<RunProblem> {
        serde_json::from_str(text).ok()
    }
}

fn mask_texts(value: &mut serde_json::Value) {
    use serde_json::Value;
    match value {
        Value::String(text) => {
            if let std::borrow::Cow::Owned(masked) = mask_all(text) {
                *text = masked;
            }
        }
        Value::Array(all) => all.iter_mut().for_each(mask_texts),
        Value::Object(all) => all.values_mut().for_each(mask_texts),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
