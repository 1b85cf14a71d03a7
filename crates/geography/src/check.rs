//! What a file's numbers mean: degrees in which order, or metres of some projection. Rings become whole
//! units here.

use crate::{
    file::{Feature, Geometry, Position},
    finding::{FeatureName, Finding, Refusal},
    point::{Point, doubled_area},
};
use serde_json::Value;

/// Indonesia with its seas: longitudes and latitudes. They do not meet, so that swapped axes show.
const LONGITUDES: std::ops::RangeInclusive<f64> = 94.0..=142.0;
const LATITUDES: std::ops::RangeInclusive<f64> = -12.0..=7.0;

/// The outline of one feature: closed rings, first point not repeated. Which are holes is not said: what is
/// inside an odd number of them is inside.
pub(crate) struct Outlines {
    /// Position of the feature in its layer.
    pub index: usize,
    pub rings: Vec<Vec<Point>>,
}

/// Reference systems that are degrees of WGS 84, or equal to it within less than a metre.
fn is_degrees(crs: &str) -> bool {
    let crs = crs.to_ascii_uppercase();
    let known = ["CRS84", "CRS:84", "4326", "4979", "WGS84", "WGS 84", "9470", "4755", "CRS83"];
    crs.is_empty() || known.iter().any(|name| crs.ends_with(name))
}

#[derive(Clone, Copy, PartialEq)]
enum Order {
    Right,
    Swapped,
    Wrong(Position),
}

fn order<'p>(positions: impl Iterator<Item = &'p Position>) -> Order {
    let (mut right, mut swapped, mut wrong) = (true, true, None);
    for &Position(x, y) in positions {
        let (is_right, is_swapped) = (
            LONGITUDES.contains(&x) && LATITUDES.contains(&y),
            LATITUDES.contains(&x) && LONGITUDES.contains(&y),
        );
        right &= is_right;
        swapped &= is_swapped;
        if !is_right && !is_swapped && wrong.is_none() {
            wrong = Some(Position(x, y));
        }
    }
    match (right, swapped, wrong) {
        (true, _, _) => Order::Right,
        (_, true, _) => Order::Swapped,
        (_, _, wrong) => Order::Wrong(wrong.unwrap_or(Position(0.0, 0.0))),
    }
}

/// What a feature calls itself.
pub(crate) fn name_of(feature: &Feature) -> FeatureName {
    let wanted = ["nama", "name", "namobj", "wadmkd", "desa", "kelurahan", "kecamatan", "kode", "id"];
    let text = |value: &Value| match value {
        Value::String(text) if !text.trim().is_empty() => {
            Some(text.trim().chars().take(60).collect::<String>())
        }
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let named = wanted.iter().find_map(|wanted| {
        let found = feature.properties.iter().find(|(key, _)| key.to_lowercase().starts_with(wanted));
        found.and_then(|(_, value)| text(value))
    });
    FeatureName { number: feature.number, name: named.unwrap_or_default() }
}

/// Turns the areas of a layer into units. What has none is kept aside with a word on why.
pub(crate) fn outlines(
    features: &[Feature],
    crs: &str,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Outlines>, Refusal> {
    let mut kept = Vec::new();
    let (mut swapped, mut clockwise) = (0, 0);
    let mut elsewhere: Option<Position> = None;
    for (index, feature) in features.iter().enumerate() {
        let name = || name_of(feature);
        let polygons = match &feature.geometry {
            Geometry::Areas(polygons) => polygons,
            Geometry::Points(_) | Geometry::Lines => {
                findings.push(Finding::NotAnArea { feature: name() });
                continue;
            }
            Geometry::Nothing => {
                findings.push(Finding::Empty { feature: name() });
                continue;
            }
            Geometry::Unreadable(why) => {
                findings.push(Finding::Unreadable { feature: name(), why: why.clone() });
                continue;
            }
        };
        let order = order(polygons.iter().flatten().flatten());
        if let Order::Wrong(Position(x, y)) = order {
            if !is_degrees(crs) || x.abs() > 180.0 || y.abs() > 180.0 {
                return Err(Refusal::Projected { x, y, crs: crs.to_owned() });
            }
            elsewhere.get_or_insert(Position(x, y));
            findings.push(Finding::Elsewhere { feature: name(), x, y });
            continue;
        }
        swapped += usize::from(order == Order::Swapped);
        let mut turned = false;
        let mut rings = Vec::new();
        for polygon in polygons {
            for (nth, ring) in polygon.iter().enumerate() {
                let ring = whole_units(ring, order == Order::Swapped);
                turned |= nth == 0 && doubled_area(&ring) < 0;
                if ring.len() > 2 {
                    rings.push(ring);
                }
            }
        }
        clockwise += usize::from(turned);
        if rings.is_empty() {
            findings.push(Finding::Empty { feature: name() });
        } else {
            kept.push(Outlines { index, rings });
        }
    }
    if swapped > 0 {
        findings.push(Finding::AxesSwapped { features: swapped });
    }
    if clockwise > 0 {
        findings.push(Finding::Winding { features: clockwise });
    }
    match (kept.is_empty(), elsewhere) {
        (true, Some(Position(x, y))) => Err(Refusal::Elsewhere { x, y }),
        (true, None) => Err(Refusal::NoAreas),
        _ => Ok(kept),
    }
}

/// A place in Indonesia, in either order; whether it was swapped.
pub(crate) fn point(position: Position) -> Option<(Point, bool)> {
    match order(std::iter::once(&position)) {
        Order::Right => Point::from_degrees(position.0, position.1).map(|point| (point, false)),
        Order::Swapped => Point::from_degrees(position.1, position.0).map(|point| (point, true)),
        Order::Wrong(_) => None,
    }
}

fn whole_units(ring: &[Position], swapped: bool) -> Vec<Point> {
    let mut points: Vec<Point> = ring
        .iter()
        .filter_map(
            |&Position(x, y)| if swapped { Point::from_degrees(y, x) } else { Point::from_degrees(x, y) },
        )
        .collect();
    points.dedup();
    while points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    points
}
