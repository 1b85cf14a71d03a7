//! What stands around every widget: its heading, what it shows in a sentence, and where that comes from.

use super::{
    Absorption, Bars, Bullets, Camera, Countdown, Earthquake, Feed, Funnel, Heat, Instead, Mark, Pyramid,
    Ranking, RegionMap, Statuses, Text, Tile, Trend, Weather,
};
use crate::web::Tr;
use askama::Template;
use std::fmt;

/// Where a widget's figures come from, in words; what is not known is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Unit, where it does not stand at every figure.
    pub unit: String,
    /// Period of the newest figure.
    pub period: String,
    /// The agency that answers for it.
    pub source: String,
    /// How old it is, such as `12 menit lalu`.
    pub age: String,
}

/// In what the numbers of a widget are measured, where all of them share it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measure {
    /// Their unit.
    pub unit: String,
    /// Their decimal places.
    pub decimals: Option<u8>,
}

/// A widget in its frame.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "widgets/frame.html")]
pub struct Framed {
    /// The reader's language.
    pub t: Tr,
    /// Word of its kind, as packs write it.
    pub kind: &'static str,
    /// Heading.
    pub title: String,
    /// Where the heading leads.
    pub href: Option<String>,
    /// What it shows, in a sentence: the whole widget for those who do not see the drawing.
    pub summary: String,
    /// Where it comes from.
    pub origin: Origin,
    /// The state of its source, when it is not fresh.
    pub freshness: Option<Mark>,
    /// What can be opened from it: address and words.
    pub actions: Vec<(String, String)>,
    /// The files that can be made of it: address and words.
    pub files: Vec<(String, String)>,
    /// Unit and places of its numbers.
    pub measure: Measure,
    /// Width, in columns of twelve.
    pub span: u8,
    /// What is in the frame.
    pub piece: Piece,
}

impl Framed {
    /// Period, agency, age and unit in one line.
    fn from(&self) -> String {
        let Origin { unit, period, source, age } = &self.origin;
        joined([period, source, unit, age])
    }

    /// The same without its age, which changes while the paper lies on the table.
    pub(super) fn origin_on_paper(&self) -> String {
        let Origin { unit, period, source, .. } = &self.origin;
        joined([period, source, unit, ""])
    }
}

fn joined(parts: [&str; 4]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// Every kind of widget.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// One figure; it brings its own frame.
    Tile(Box<Tile>),
    /// A line over time.
    Trend(Box<Trend>),
    /// Values against their targets.
    Bullets(Bullets),
    /// Bars from zero.
    Bars(Bars),
    /// Places with their uncertainty.
    Ranking(Ranking),
    /// A coloured table over time.
    Heat(Heat),
    /// Regions, coloured.
    Map(RegionMap),
    /// A matrix of states.
    Statuses(Statuses),
    /// What happened last.
    Feed(Feed),
    /// Days left.
    Countdown(Countdown),
    /// Words.
    Text(Text),
    /// A camera elsewhere.
    Camera(Camera),
    /// Weather by days.
    Weather(Weather),
    /// The latest earthquakes.
    Earthquake(Earthquake),
    /// Built against paid.
    Absorption(Absorption),
    /// Steps of which fewer and fewer are left.
    Funnel(Funnel),
    /// People by sex and age.
    Pyramid(Pyramid),
    /// Why there is nothing, and what to do.
    Instead(Instead),
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let piece: &dyn fmt::Display = match self {
            Piece::Tile(piece) => piece,
            Piece::Trend(piece) => piece,
            Piece::Bullets(piece) => piece,
            Piece::Bars(piece) => piece,
            Piece::Ranking(piece) => piece,
            Piece::Heat(piece) => piece,
            Piece::Map(piece) => piece,
            Piece::Statuses(piece) => piece,
            Piece::Feed(piece) => piece,
            Piece::Countdown(piece) => piece,
            Piece::Text(piece) => piece,
            Piece::Camera(piece) => piece,
            Piece::Weather(piece) => piece,
            Piece::Earthquake(piece) => piece,
            Piece::Absorption(piece) => piece,
            Piece::Funnel(piece) => piece,
            Piece::Pyramid(piece) => piece,
            Piece::Instead(piece) => piece,
        };
        piece.fmt(f)
    }
}
