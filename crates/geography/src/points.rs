//! Named points, such as facilities: for marks on a map.

use crate::{
    check::{self, name_of},
    file::{self, Geometry},
    finding::{Finding, Refusal},
    import::Limits,
    point::Point,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Points of one layer at most: more would hide the map.
pub const MAX_POINTS: usize = 5_000;
/// Characters of a name that are kept.
const MAX_NAME: usize = 80;

/// A point with its name. Nothing else of a feature is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedPoint {
    /// What stands there.
    pub name: String,
    /// Where.
    pub at: Point,
}

/// The points of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct PointLayer {
    /// The points.
    pub points: Vec<NamedPoint>,
    /// What was repaired or kept aside.
    pub findings: Vec<Finding>,
}

/// Reads points. The name is the property `name`, or the first that looks like one.
///
/// # Errors
/// [`Refusal`], when there are none or too many.
pub fn import_points(bytes: &[u8], layer: Option<&str>, name: Option<&str>) -> Result<PointLayer, Refusal> {
    let file = file::read(bytes, &Limits::default())?;
    let names: Vec<String> = file.layers.iter().map(|layer| layer.name.clone()).collect();
    let mut layers = file.layers.into_iter().filter(|one| layer.is_none_or(|wanted| wanted == one.name));
    let Some(chosen) = layers.next() else {
        return Err(Refusal::NoLayer { wanted: layer.unwrap_or_default().to_owned(), names });
    };
    let mut points = Vec::new();
    let mut findings = Vec::new();
    let (mut swapped, mut elsewhere) = (0, None);
    for feature in &chosen.features {
        let found = match &feature.geometry {
            Geometry::Points(found) => found,
            Geometry::Unreadable(why) => {
                findings.push(Finding::Unreadable { feature: name_of(feature), why: why.clone() });
                continue;
            }
            _ => continue,
        };
        let own = name.and_then(|name| feature.properties.get(name)).and_then(Value::as_str);
        let own = own.map_or_else(|| name_of(feature).name, |own| own.trim().to_owned());
        for position in found {
            match check::point(*position) {
                Some((at, was_swapped)) => {
                    swapped += usize::from(was_swapped);
                    points.push(NamedPoint { name: own.chars().take(MAX_NAME).collect(), at });
                }
                None if position.0.abs() > 180.0 || position.1.abs() > 180.0 => {
                    return Err(Refusal::Projected { x: position.0, y: position.1, crs: file.crs });
                }
                None => {
                    elsewhere.get_or_insert(*position);
                    let (feature, x, y) = (name_of(feature), position.0, position.1);
                    findings.push(Finding::Elsewhere { feature, x, y });
                }
            }
        }
    }
    if swapped > 0 {
        findings.push(Finding::AxesSwapped { features: swapped });
    }
    match (points.len(), elsewhere) {
        (0, Some(position)) => Err(Refusal::Elsewhere { x: position.0, y: position.1 }),
        (0, None) => Err(Refusal::NoPoints),
        (count, _) if count > MAX_POINTS => Err(Refusal::TooManyFeatures { count, most: MAX_POINTS }),
        _ => Ok(PointLayer { points, findings }),
    }
}
