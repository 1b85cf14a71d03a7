//! A state as shape, colour and word together, so that none of the three is needed alone.

use crate::web::Tr;
use askama::Template;
use pendopo_vocab::{FreshnessState, TargetStatus};

/// The shapes, one per kind of state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// ● as it should be
    On,
    /// ◆ at risk, or late
    Risk,
    /// ▲ off target, or broken
    Off,
    /// ◌ old
    Stale,
    /// ○ nothing there yet
    Nothing,
    /// – nothing to compare with
    Plain,
}

impl Shape {
    /// The CSS class that colours it.
    pub fn class(self) -> &'static str {
        match self {
            Shape::On => "on",
            Shape::Risk => "risk",
            Shape::Off => "off",
            Shape::Stale => "stale",
            Shape::Nothing => "nothing",
            Shape::Plain => "plain",
        }
    }

    /// The outline in a 12 by 12 box.
    pub fn path(self) -> &'static str {
        match self {
            Shape::On | Shape::Nothing | Shape::Stale => "M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9z",
            Shape::Risk => "M6 .6 11.4 6 6 11.4.6 6z",
            Shape::Off => "M6 .9 11.6 11H.4z",
            Shape::Plain => "M2.5 5h7v2h-7z",
        }
    }
}

impl From<TargetStatus> for Shape {
    fn from(status: TargetStatus) -> Shape {
        match status {
            TargetStatus::OffTrack => Shape::Off,
            TargetStatus::AtRisk => Shape::Risk,
            TargetStatus::OnTrack => Shape::On,
            TargetStatus::NoTarget => Shape::Plain,
            TargetStatus::NoData => Shape::Nothing,
        }
    }
}

impl From<FreshnessState> for Shape {
    fn from(state: FreshnessState) -> Shape {
        match state {
            FreshnessState::Fresh => Shape::On,
            FreshnessState::Late => Shape::Risk,
            FreshnessState::Stale => Shape::Stale,
            FreshnessState::Down | FreshnessState::Blocked | FreshnessState::Changed => Shape::Off,
            FreshnessState::Waiting => Shape::Nothing,
        }
    }
}

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
