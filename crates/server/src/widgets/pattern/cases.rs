//! The kinds of widgets, the states they can be in, and the made-up courses of their figures.

use pendopo_vocab::{FreshnessState, Period};

/// The kinds, as packs write them.
pub const KINDS: [&str; 17] = [
    "tile",
    "line",
    "bullet",
    "bars",
    "ranking",
    "heat",
    "statuses",
    "map",
    "feed",
    "countdown",
    "text",
    "camera",
    "weather",
    "earthquake",
    "absorption",
    "funnel",
    "pyramid",
];

/// A state that a widget can be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// As promised.
    Fresh,
    /// Its source is late.
    Late,
    /// Its source is long overdue.
    Stale,
    /// Some figures are too small to be shown, some were not reported.
    Hidden,
    /// The longest names.
    Long,
    /// Numbers in trillions.
    Huge,
    /// Numbers far below one, and negative ones.
    Tiny,
    /// Nothing was reported yet.
    Empty,
    /// Rows came and were refused.
    Refused,
    /// Gone, or not for this reader.
    Unavailable,
}

impl Case {
    /// All of them.
    pub const ALL: [Case; 10] = [
        Case::Fresh,
        Case::Late,
        Case::Stale,
        Case::Hidden,
        Case::Long,
        Case::Huge,
        Case::Tiny,
        Case::Empty,
        Case::Refused,
        Case::Unavailable,
    ];

    /// Key of its word.
    pub fn key(self) -> &'static str {
        match self {
            Case::Fresh => "fresh-fresh",
            Case::Late => "fresh-late",
            Case::Stale => "fresh-stale",
            Case::Hidden => "pattern-case-hidden",
            Case::Long => "pattern-case-long",
            Case::Huge => "pattern-case-huge",
            Case::Tiny => "pattern-case-tiny",
            Case::Empty => "pattern-empty",
            Case::Refused => "pattern-case-refused",
            Case::Unavailable => "pattern-case-unavailable",
        }
    }

    /// Whether a widget of this kind can be in it.
    pub fn concerns(self, kind: &str) -> bool {
        match kind {
            "countdown" | "text" | "camera" => matches!(self, Case::Fresh | Case::Long),
            "statuses" | "feed" => matches!(self, Case::Fresh | Case::Long | Case::Empty),
            "absorption" | "pyramid" | "funnel" => self != Case::Tiny,
            _ => true,
        }
    }

    pub fn freshness(self) -> Option<FreshnessState> {
        match self {
            Case::Late => Some(FreshnessState::Late),
            Case::Stale => Some(FreshnessState::Stale),
            Case::Refused => Some(FreshnessState::Changed),
            _ => None,
        }
    }

    pub fn age_secs(self) -> i64 {
        match self {
            Case::Late => 5 * 3600,
            Case::Stale => 13 * 86_400,
            _ => 720,
        }
    }

    /// What samples are multiplied by.
    pub fn factor(self) -> f64 {
        match self {
            Case::Huge => 83_000_000_000.0,
            Case::Tiny => -0.000_4,
            _ => 1.0,
        }
    }

    pub fn unit(self) -> &'static str {
        if self == Case::Huge { "Rp" } else { "%" }
    }

    pub fn decimals(self) -> u8 {
        match self {
            Case::Huge => 0,
            Case::Tiny => 4,
            _ => 1,
        }
    }

    /// The sample of this number is one that may not be seen.
    pub fn hides(self, index: usize) -> bool {
        self == Case::Hidden && index % 4 == 2
    }

    /// The sample of this number was not reported.
    pub fn lacks(self, index: usize) -> bool {
        self == Case::Hidden && index % 5 == 3
    }
}

/// A course that wanders around `level`, the same on every call.
pub fn course(count: i32, level: f64, slope: f64) -> impl Iterator<Item = f64> {
    (0..count).map(move |step| {
        let step = f64::from(step);
        level + slope * step + (step * 1.3).sin() * level * 0.03 + (step * 0.52).cos() * level * 0.05
    })
}

/// The last `count` months of a made-up present.
pub fn months(count: i32) -> impl Iterator<Item = Period> {
    let last = Period::from_id(202_609_013);
    (1 - count..=0).filter_map(move |back| last.map(|last| last.shift(back)))
}
