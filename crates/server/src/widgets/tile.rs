//! One figure of a board: value, unit, target, change, course, and where it comes from.

use super::{Mark, Sparkline};
use crate::web::{Figure, Tr};
use askama::Template;

/// How a value moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The difference with its sign, such as `−1,2`.
    pub text: String,
    /// Against what, such as `dari Agu 2026`.
    pub against: String,
    /// For better, for worse, or neither.
    pub better: Option<bool>,
}

/// A tile.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/tile.html")]
pub struct Tile {
    /// The reader's language.
    pub t: Tr,
    /// Name of the indicator.
    pub name: String,
    /// Its page.
    pub href: String,
    /// The value; `None` when nothing was ever reported or it is hidden.
    pub figure: Option<Figure>,
    /// Words in place of the value.
    pub instead: String,
    /// Its state.
    pub mark: Mark,
    /// The target in words, such as `target ≤ 14 %`.
    pub target: Option<String>,
    /// Its period.
    pub period: String,
    /// The agency that answers for it.
    pub agency: String,
    /// How old it is, such as `12 menit lalu`; empty when nobody knows.
    pub age: String,
    /// How it moved.
    pub change: Option<Change>,
    /// Its course.
    pub spark: Option<Sparkline>,
    /// The state of its source, when it is not fresh.
    pub freshness: Option<Mark>,
}
