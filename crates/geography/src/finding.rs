//! What is wrong with a file, in words: what was repaired or kept aside, and why a whole file is refused.

use crate::point::Point;
use pendopo_vocab::{RegionCode, RegionLevel};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A feature of a file as it can be found again: its number and what it calls itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureName {
    /// Position in the file, from 1.
    pub number: usize,
    /// A name or code from its properties.
    pub name: String,
}

impl fmt::Display for FeatureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.as_str() {
            "" => write!(f, "feature {}", self.number),
            name => write!(f, "feature {} ({name})", self.number),
        }
    }
}

/// Something that was repaired, or kept aside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    /// No geometry, or one without an area. Kept aside.
    Empty {
        /// Which.
        feature: FeatureName,
    },
    /// A geometry that cannot be read. Kept aside.
    Unreadable {
        /// Which.
        feature: FeatureName,
        /// What the reader stumbled over.
        why: String,
    },
    /// A point or line where areas are wanted. Kept aside.
    NotAnArea {
        /// Which.
        feature: FeatureName,
    },
    /// Lies outside Indonesia in either order of axes. Kept aside.
    Elsewhere {
        /// Which.
        feature: FeatureName,
        /// First number of the first place outside.
        x: f64,
        /// Second number.
        y: f64,
    },
    /// Latitude stood before longitude. Put right.
    AxesSwapped {
        /// How many features.
        features: usize,
    },
    /// Outer rings ran clockwise, against RFC 7946. Put right.
    Winding {
        /// How many features.
        features: usize,
    },
    /// A border crosses itself. Repaired: what is inside an odd number of times is inside.
    SelfIntersection {
        /// Which.
        feature: FeatureName,
        /// Where, the first time.
        at: Point,
        /// How many times.
        times: usize,
    },
    /// Neighbours overlap. Each piece was given to the one it borders on most.
    Overlaps {
        /// How many pieces.
        pieces: usize,
        /// Square metres in all.
        square_metres: f64,
        /// The largest piece: where.
        at: Point,
    },
    /// Slivers between neighbours belong to none. Each was given to the one it borders on most.
    Gaps {
        /// How many pieces.
        pieces: usize,
        /// Square metres in all.
        square_metres: f64,
    },
    /// A larger place inside that belongs to none. Left open.
    Hole {
        /// Where.
        at: Point,
        /// Its size.
        square_metres: f64,
    },
    /// Several features name the same region, as islands do. Joined into one.
    Repeated {
        /// How many regions.
        regions: usize,
        /// How many features name them.
        features: usize,
    },
    /// Nothing is left of a region after the repairs: another covers it.
    Vanished {
        /// Which region.
        region: RegionCode,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |at: &Point| {
            let (longitude, latitude) = at.degrees();
            format!("longitude {longitude:.5}, latitude {latitude:.5}")
        };
        match self {
            Finding::Empty { feature } => write!(f, "{feature} has no area; kept aside"),
            Finding::Unreadable { feature, why } => write!(f, "{feature} cannot be read: {why}; kept aside"),
            Finding::NotAnArea { feature } => {
                write!(f, "{feature} is a point or a line, not an area; kept aside")
            }
            Finding::Elsewhere { feature, x, y } => {
                write!(f, "{feature} lies at {x}, {y}, outside Indonesia; kept aside")
            }
            Finding::AxesSwapped { features } => {
                write!(f, "latitude stood before longitude in {features} features; put right")
            }
            Finding::Winding { features } => {
                write!(f, "outer rings of {features} features ran clockwise; put right")
            }
            Finding::SelfIntersection { feature, at, times } => {
                write!(f, "the border of {feature} crosses itself at {}", place(at))?;
                if *times > 1 {
                    write!(f, " and {} more times; repaired", times - 1)
                } else {
                    f.write_str("; repaired")
                }
            }
            Finding::Overlaps { pieces, square_metres, at } => write!(
                f,
                "neighbours overlap in {pieces} pieces, {square_metres:.0} m² in all, most at {}; each piece was given to one",
                place(at)
            ),
            Finding::Gaps { pieces, square_metres } => {
                write!(f, "{pieces} slivers between neighbours, {square_metres:.0} m² in all, were closed")
            }
            Finding::Hole { at, square_metres } => {
                write!(f, "{square_metres:.0} m² at {} belong to no region; left open", place(at))
            }
            Finding::Repeated { regions, features } => {
                write!(f, "{features} features name {regions} regions; joined into one each")
            }
            Finding::Vanished { region } => write!(f, "nothing is left of {region}: others cover it"),
        }
    }
}

/// Why a whole file is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// More bytes than are read.
    #[error(
        "the file has {mib} MiB; at most {most} are read. Simplify it first, or take one kabupaten of it"
    )]
    TooLarge {
        /// Its size.
        mib: u64,
        /// What is read.
        most: u64,
    },
    /// More places than are read.
    #[error("the file has more than {most} points. Simplify it first, or take one kabupaten of it")]
    TooManyPoints {
        /// What is read.
        most: usize,
    },
    /// More features than are read.
    #[error("the file has {count} features; at most {most} are read")]
    TooManyFeatures {
        /// Its count.
        count: usize,
        /// What is read.
        most: usize,
    },
    /// Not JSON at all.
    #[error("the file is not JSON: {why}")]
    NotJson {
        /// What the reader stumbled over, and where.
        why: String,
    },
    /// JSON, but something else.
    #[error("the file is neither GeoJSON nor TopoJSON: its `type` is `{found}`")]
    NotBoundaries {
        /// The `type` found.
        found: String,
    },
    /// Features, but nothing in them.
    #[error("no feature of the file has an area")]
    NoAreas,
    /// Features, but no points in them.
    #[error("no feature of the file is a point")]
    NoPoints,
    /// A layer that is not there.
    #[error("the file has no layer `{wanted}`; it has {}", .names.join(", "))]
    NoLayer {
        /// As asked for.
        wanted: String,
        /// What there is.
        names: Vec<String>,
    },
    /// Several layers and no word which.
    #[error("the file has the layers {}; name one with --layer, or the level with --level", .names.join(", "))]
    WhichLayer {
        /// What there is.
        names: Vec<String>,
    },
    /// Metres instead of degrees.
    #[error(
        "the coordinates ({x}, {y}) are not degrees: the file is in a projection{}. Export it again in EPSG:4326 (WGS 84, longitude and latitude)",
        named(.crs)
    )]
    Projected {
        /// First number of a place.
        x: f64,
        /// Second number.
        y: f64,
        /// What the file calls its projection, if it does.
        crs: String,
    },
    /// All of it elsewhere.
    #[error("all features lie outside Indonesia, the first at {x}, {y}")]
    Elsewhere {
        /// First number of a place.
        x: f64,
        /// Second number.
        y: f64,
    },
    /// No property names regions.
    #[error(
        "no property names regions{}; the properties are {}. Name the one with codes (--code) or names (--name, --parent)",
        of(*.level), .properties.join(", ")
    )]
    NoKey {
        /// The level asked for.
        level: Option<RegionLevel>,
        /// What there is.
        properties: Vec<String>,
    },
    /// All features lie elsewhere than the center.
    #[error("the file has {matched} known regions, but none of them lies in {center}")]
    NotHere {
        /// Features that name regions.
        matched: usize,
        /// The center's region.
        center: RegionCode,
    },
    /// Borders that no repair disentangles.
    #[error("the borders are too tangled to be repaired, near longitude {}, latitude {}", .at.degrees().0, .at.degrees().1)]
    Tangled {
        /// Where.
        at: Point,
    },
}

fn named(crs: &str) -> String {
    if crs.is_empty() { String::new() } else { format!(" ({crs})") }
}

fn of(level: Option<RegionLevel>) -> &'static str {
    match level {
        None | Some(RegionLevel::Country) => "",
        Some(RegionLevel::Province) => " of the level of provinces",
        Some(RegionLevel::Regency) => " of the level of kabupaten",
        Some(RegionLevel::District) => " of the level of kecamatan",
        Some(RegionLevel::Village) => " of the level of desa",
    }
}
