//! The shapes of states: none of them is known by its colour alone, on the screen or on paper.

use crate::{FreshnessState, TargetStatus};
use serde::Serialize;

/// The shapes, one per kind of state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
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
