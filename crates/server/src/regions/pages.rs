//! One region: where it lies, what lies below it, and all its figures.

use crate::{indicators::pages::IndicatorItem, web::Chrome, widgets::Empty};
use askama::Template;

/// One region.
#[derive(Template)]
#[template(path = "regions/region.html")]
pub struct RegionPage {
    /// The frame.
    pub chrome: Chrome,
    /// The regions above: address and name.
    pub crumbs: Vec<(String, String)>,
    /// Name with its kind, such as `Kecamatan Cepu`.
    pub name: String,
    /// Code, kind and what lies below, in a sentence.
    pub lead: String,
    /// All its figures, by sector.
    pub sectors: Vec<(String, Vec<IndicatorItem>)>,
    /// Heading of the regions below.
    pub below: String,
    /// The regions below: address, name, code.
    pub children: Vec<(String, String, String)>,
    /// Instead of the figures.
    pub empty: Option<Empty>,
}
