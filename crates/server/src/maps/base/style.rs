//! With which ink a feature of a vector tile is drawn, by the names that the usual schemas give: Protomaps,
//! OpenMapTiles and Shortbread. A base map is there to find one's way, so little is drawn and nothing is loud.

/// What is drawn alike, in the order in which it is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ink {
    /// Forests and parks.
    Green,
    /// Built-up land.
    Town,
    /// Lakes and seas.
    Water,
    /// Rivers and canals.
    Stream,
    /// Houses.
    Building,
    /// Areas of a layer that nobody knows: their edges.
    Edge,
    /// Lines of a layer that nobody knows.
    Thin,
    /// Streets.
    Minor,
    /// Roads between places.
    Medium,
    /// Roads between towns.
    Major,
    /// Railways.
    Rail,
}

impl Ink {
    /// All of them, in the order in which they are painted.
    pub const ALL: [Ink; 11] = [
        Ink::Green,
        Ink::Town,
        Ink::Water,
        Ink::Stream,
        Ink::Building,
        Ink::Edge,
        Ink::Thin,
        Ink::Minor,
        Ink::Medium,
        Ink::Major,
        Ink::Rail,
    ];

    /// Waters are painted together: a river is drawn as an area and as a line, and must not be darker in its middle.
    pub fn is_water(self) -> bool {
        matches!(self, Ink::Water | Ink::Stream)
    }

    /// How it is painted, as attributes of SVG: greys that stand between the light and the dark paper, since a
    /// picture does not know which of them it lies on; land so faintly that no class of the map looks like another.
    /// Widths are in units of which a tile has [`super::vector::SIDE`], about three to a pixel of the screen.
    pub fn attributes(self) -> &'static str {
        match self {
            Ink::Green => "fill=\"#7d8f6e\" fill-opacity=\".08\"",
            Ink::Town => "fill=\"#8f8474\" fill-opacity=\".1\"",
            Ink::Water => "fill=\"#6f93a6\" stroke=\"none\"",
            Ink::Stream => "fill=\"none\" stroke=\"#6f93a6\" stroke-width=\"3\"",
            Ink::Building => "fill=\"#8f8474\" fill-opacity=\".4\"",
            Ink::Edge | Ink::Thin => {
                "fill=\"none\" stroke=\"#8f8474\" stroke-opacity=\".4\" stroke-width=\"1.5\""
            }
            Ink::Minor => "fill=\"none\" stroke=\"#85796a\" stroke-opacity=\".55\" stroke-width=\"2\"",
            Ink::Medium => "fill=\"none\" stroke=\"#85796a\" stroke-opacity=\".75\" stroke-width=\"4\"",
            Ink::Major => "fill=\"none\" stroke=\"#85796a\" stroke-opacity=\".9\" stroke-width=\"6.5\"",
            Ink::Rail => {
                "fill=\"none\" stroke=\"#776c5d\" stroke-opacity=\".9\" stroke-width=\"3\" stroke-dasharray=\"10 6\""
            }
        }
    }
}

/// What a feature is said to be.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kind<'a> {
    /// Such as `highway` or `forest`.
    pub kind: &'a str,
    /// More exactly, such as `primary`.
    pub detail: &'a str,
    /// A railway, whatever its kind.
    pub rail: bool,
}

/// The ink of a feature, or `None` when it is left out at this zoom.
pub fn ink_of(layer: &str, kind: Kind<'_>, area: bool, zoom: u8) -> Option<Ink> {
    match layer {
        "water" | "ocean" | "waterway" | "water_polygons" | "water_lines" | "rivers" | "physical_line" => {
            water(kind, area, zoom)
        }
        "landuse" | "landcover" | "land" | "park" | "natural" | "sites" => land(kind, layer).filter(|_| area),
        "roads" | "transportation" | "streets" | "road" | "transit" | "railway" => {
            road(kind, layer).filter(|(_, from)| !area && zoom >= *from).map(|(ink, _)| ink)
        }
        "buildings" | "building" => Some(Ink::Building).filter(|_| area && zoom >= 14),
        // The ground, what has names alone, and borders: those of the center are drawn by the center.
        "earth" | "mask" | "background" | "boundary" | "boundaries" | "place" | "places" | "poi" | "pois"
        | "housenumber" | "addresses" | "street_polygons" | "aeroway" | "aerialways" | "ferries"
        | "mountain_peak" | "globallandcover" => None,
        other if is_lettering(other) => None,
        _ if area => Some(Ink::Edge),
        _ => Some(Ink::Thin),
    }
}

fn is_lettering(layer: &str) -> bool {
    ["_label", "_labels", "_name", "_names", "_point", "_points"].iter().any(|end| layer.ends_with(end))
}

fn water(kind: Kind<'_>, area: bool, zoom: u8) -> Option<Ink> {
    let small = matches!(kind.kind, "stream" | "ditch" | "drain");
    match area {
        true => Some(Ink::Water),
        false => Some(Ink::Stream).filter(|_| zoom >= if small { 13 } else { 8 }),
    }
}

const GREENS: [&str; 9] = [
    "forest",
    "wood",
    "park",
    "national_park",
    "nature_reserve",
    "protected_area",
    "scrub",
    "tree",
    "mangrove",
];
const TOWNS: [&str; 8] =
    ["residential", "urban_area", "commercial", "industrial", "retail", "suburb", "neighbourhood", "quarter"];

fn land(kind: Kind<'_>, layer: &str) -> Option<Ink> {
    let is = |words: &[&str]| words.contains(&kind.kind) || words.contains(&kind.detail);
    match layer {
        "park" => Some(Ink::Green),
        _ if is(&GREENS) => Some(Ink::Green),
        _ if is(&TOWNS) => Some(Ink::Town),
        _ => None,
    }
}

/// Ink of a road, and the zoom from which it is drawn.
fn road(kind: Kind<'_>, layer: &str) -> Option<(Ink, u8)> {
    if kind.rail || matches!(layer, "transit" | "railway") {
        return Some((Ink::Rail, 9));
    }
    // What is said more exactly counts more.
    [kind.detail, kind.kind].into_iter().find_map(|word| match word {
        "motorway" | "trunk" | "primary" | "motorway_link" | "trunk_link" | "primary_link" | "highway" => {
            Some((Ink::Major, 5))
        }
        "secondary" | "tertiary" | "secondary_link" | "tertiary_link" | "major_road" | "medium_road" => {
            Some((Ink::Medium, 9))
        }
        "minor" | "minor_road" | "residential" | "unclassified" | "living_street" | "street" => {
            Some((Ink::Minor, 12))
        }
        "service" | "track" | "pedestrian" => Some((Ink::Minor, 14)),
        "rail" | "narrow_gauge" | "light_rail" => Some((Ink::Rail, 9)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(layer: &str, kind: &str, detail: &str, area: bool, zoom: u8, wanted: Option<Ink>) {
        let kind = Kind { kind, detail, rail: false };
        assert_eq!(ink_of(layer, kind, area, zoom), wanted, "{layer} {kind:?} {zoom}");
    }

    #[test]
    fn the_usual_schemas_are_known() {
        // Protomaps
        check("water", "lake", "", true, 6, Some(Ink::Water));
        check("water", "river", "", false, 10, Some(Ink::Stream));
        check("roads", "highway", "motorway", false, 7, Some(Ink::Major));
        check("roads", "major_road", "primary", false, 7, Some(Ink::Major));
        check("roads", "major_road", "tertiary", false, 7, None);
        check("roads", "minor_road", "service", false, 13, None);
        check("roads", "path", "footway", false, 15, None);
        check("earth", "earth", "", true, 10, None);
        // OpenMapTiles
        check("transportation", "secondary", "", false, 10, Some(Ink::Medium));
        check("transportation", "rail", "", false, 10, Some(Ink::Rail));
        check("landcover", "wood", "forest", true, 9, Some(Ink::Green));
        check("landuse", "residential", "", true, 11, Some(Ink::Town));
        check("transportation_name", "primary", "", false, 12, None);
        check("building", "", "", true, 13, None);
        check("building", "", "", true, 14, Some(Ink::Building));
        // Shortbread
        check("ocean", "", "", true, 3, Some(Ink::Water));
        check("water_lines", "stream", "", false, 12, None);
        check("streets", "residential", "", false, 12, Some(Ink::Minor));
        check("street_labels", "residential", "", false, 14, None);
        let rail = Kind { kind: "rail", detail: "", rail: true };
        assert_eq!(ink_of("streets", rail, false, 10), Some(Ink::Rail));
        // Nobody's
        check("irigasi", "", "", false, 10, Some(Ink::Thin));
        check("irigasi", "", "", true, 10, Some(Ink::Edge));
    }
}
