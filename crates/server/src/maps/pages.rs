//! The map of an indicator.

use crate::{
    web::Chrome,
    widgets::{Empty, RegionMap},
};
use askama::Template;

/// Value, words and whether it is chosen.
pub type Choice = (String, String, bool);

/// The map of an indicator.
#[derive(Template)]
#[template(path = "maps/map.html")]
pub struct MapPage {
    /// The frame.
    pub chrome: Chrome,
    /// The regions above: address and name.
    pub crumbs: Vec<(String, String)>,
    /// Name of the indicator, or of the page when none is chosen.
    pub name: String,
    /// Name of the region.
    pub region: String,
    /// Code of the region.
    pub region_code: String,
    /// Address of the indicator's page in this region.
    pub indicator_href: Option<String>,
    /// Indicators by sector.
    pub indicators: Vec<(String, Vec<Choice>)>,
    /// Periods, newest first.
    pub periods: Vec<Choice>,
    /// Levels below the region.
    pub levels: Vec<Choice>,
    /// Ways to make classes.
    pub methods: Vec<Choice>,
    /// Own limits, as written.
    pub limits: String,
    /// The map.
    pub map: Option<RegionMap>,
    /// Instead of it.
    pub empty: Option<Empty>,
}

impl MapPage {
    /// The reader chose how classes are made.
    fn chose_classes(&self) -> bool {
        self.methods.iter().skip(1).any(|(_, _, chosen)| *chosen)
    }
}
