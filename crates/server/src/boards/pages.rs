//! The leader's board: what needs you, who has not moved, the sectors, the map.

use crate::{
    web::{Chrome, Figure},
    widgets::{Empty, Framed, Mark, RegionMap, Shape},
};
use askama::Template;

/// The board.
#[derive(Template)]
#[template(path = "boards/board.html")]
pub struct BoardPage {
    /// The frame.
    pub chrome: Chrome,
    /// Title of the board.
    pub title: String,
    /// The state of the government in one sentence.
    pub summary: String,
    /// What needs a look, worst first.
    pub exceptions: Vec<ExceptionItem>,
    /// Exceptions that are not listed.
    pub more: usize,
    /// What needs a look and the agencies stand above the groups.
    pub leads: bool,
    /// The agencies that own figures.
    pub agencies: Vec<AgencyItem>,
    /// The groups.
    pub sections: Vec<SectionItem>,
    /// The regions below, for the board's indicator.
    pub map: Option<MapItem>,
    /// Where the board is had on paper, for those who may.
    pub paper: Option<String>,
    /// Where the board is edited, for those who may.
    pub edit: Option<String>,
    /// The other boards: address and title.
    pub others: Vec<(String, String)>,
    /// Instead of everything, when there is nothing yet.
    pub empty: Option<Empty>,
}

/// One thing that needs a look.
pub struct ExceptionItem {
    /// The indicator, where it is a figure.
    pub indicator_id: Option<i64>,
    /// Its state.
    pub mark: Mark,
    /// Name of the indicator or source.
    pub name: String,
    /// Its page.
    pub href: String,
    /// The value, where it is a figure.
    pub figure: Option<Figure>,
    /// What is wrong, since when, in a sentence.
    pub what: String,
    /// Period and agency.
    pub from: String,
    /// The lineage of the figure, or the source that is silent: address and words.
    pub link: (String, String),
}

/// One agency.
pub struct AgencyItem {
    /// Abbreviation.
    pub short: String,
    /// Full name.
    pub name: String,
    /// Its figures.
    pub href: String,
    /// How many of its figures are in which state, worst first; states without figures are left out.
    pub counts: Vec<Mark>,
    /// Its sources that do not keep their promise: state, name, address.
    pub ill: Vec<(Mark, String, String)>,
    /// It has sources at all.
    pub sends: bool,
}

impl BoardPage {
    /// The reader sees how the agencies' sources do.
    fn sends(&self) -> bool {
        self.agencies.iter().any(|agency| agency.sends)
    }
}

/// One group.
pub struct SectionItem {
    /// Its heading.
    pub name: String,
    /// Its tiles.
    pub tiles: Vec<Framed>,
    /// Its other widgets, in order.
    pub widgets: Vec<Framed>,
    /// The files that can be made of its tiles: address and words.
    pub files: Vec<(String, String)>,
}

/// The map and what it shows.
pub struct MapItem {
    /// Heading.
    pub title: String,
    /// The indicator's page.
    pub href: String,
    /// The files that can be made of it: address and words.
    pub files: Vec<(String, String)>,
    /// The map.
    pub map: RegionMap,
}

impl BoardPage {
    /// The exceptions' count with the shape of the worst.
    fn worst(&self) -> Shape {
        self.exceptions.first().map_or(Shape::On, |item| item.mark.shape)
    }
}
