//! A state as shape, colour and word together, so that none of the three is needed alone.

use crate::web::Tr;
use askama::Template;
use pendopo_vocab::{FreshnessState, Shape, TargetStatus};

/// A state with its word.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "widgets/mark.html")]
pub struct Mark {
    /// Its shape.
    pub shape: Shape,
    /// Its word.
    pub word: String,
    /// The word is for screen readers and tooltips only, where space is short.
    pub quiet: bool,
}

impl Mark {
    /// The state of a value against its target.
    pub fn status(status: TargetStatus, t: Tr) -> Mark {
        let key = match status {
            TargetStatus::OffTrack => "status-off",
            TargetStatus::AtRisk => "status-risk",
            TargetStatus::OnTrack => "status-on",
            TargetStatus::NoTarget => "status-no-target",
            TargetStatus::NoData => "status-no-data",
        };
        Mark { shape: status.into(), word: t.tr(key).into_owned(), quiet: false }
    }

    /// A figure that the reader may not see.
    pub fn hidden(t: Tr) -> Mark {
        Mark { shape: Shape::Plain, word: t.tr("hidden").into_owned(), quiet: false }
    }

    /// The freshness of a source.
    pub fn freshness(state: FreshnessState, t: Tr) -> Mark {
        let word = t.tr(&format!("fresh-{}", state.as_str())).into_owned();
        Mark { shape: state.into(), word, quiet: false }
    }

    /// Any state, with a word that is already in the reader's language.
    pub fn new(shape: Shape, word: &str) -> Mark {
        Mark { shape, word: word.to_owned(), quiet: false }
    }

    /// The same with its word hidden from sight.
    pub fn quiet(self) -> Mark {
        Mark { quiet: true, ..self }
    }
}
