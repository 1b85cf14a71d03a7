//! Reading GeoJSON (RFC 7946) and TopoJSON. A broken feature never loses the rest.

use crate::{finding::Refusal, import::Limits};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny, SeqAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};
use std::{borrow::Cow, collections::BTreeMap, fmt};

/// A place as written: two numbers, whatever they mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Position(pub f64, pub f64);

pub(crate) type Ring = Vec<Position>;
pub(crate) type Polygon = Vec<Ring>;

/// What a feature looks like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Geometry {
    Areas(Vec<Polygon>),
    Points(Vec<Position>),
    Lines,
    Nothing,
    Unreadable(String),
}

/// One feature.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Feature {
    /// Position in the file, from 1.
    pub number: usize,
    pub properties: Map<String, Value>,
    pub geometry: Geometry,
}

/// The features of a file, or of one object of a TopoJSON file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layer {
    pub name: String,
    pub features: Vec<Feature>,
}

/// What a file holds.
#[derive(Debug)]
pub(crate) struct File {
    pub layers: Vec<Layer>,
    /// What it calls its reference system; empty when it does not say.
    pub crs: String,
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Position, D::Error> {
        struct TwoNumbers;
        impl<'de> Visitor<'de> for TwoNumbers {
            type Value = Position;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("two numbers")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Position, A::Error> {
                let mut number = || {
                    seq.next_element::<f64>()?.ok_or_else(|| A::Error::custom("a place needs two numbers"))
                };
                let position = Position(number()?, number()?);
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(position)
            }
        }
        deserializer.deserialize_seq(TwoNumbers)
    }
}

/// Any object of either format.
#[derive(Deserialize)]
struct Object<'a> {
    #[serde(default, rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default, borrow)]
    features: Option<Vec<Object<'a>>>,
    #[serde(default, borrow)]
    geometry: Option<Box<Object<'a>>>,
    #[serde(default, borrow)]
    geometries: Option<Vec<Object<'a>>>,
    #[serde(default, borrow)]
    coordinates: Option<&'a RawValue>,
    #[serde(default, borrow)]
    arcs: Option<&'a RawValue>,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
    #[serde(default)]
    id: Option<Value>,
    #[serde(default, borrow)]
    objects: Option<BTreeMap<Cow<'a, str>, Object<'a>>>,
    #[serde(default)]
    transform: Option<Transform>,
    #[serde(default)]
    crs: Option<Value>,
}

#[derive(Deserialize)]
struct Transform {
    scale: [f64; 2],
    translate: [f64; 2],
}

/// Reads a file of either format.
pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<File, Refusal> {
    let size = bytes.len() as u64;
    if size > limits.max_bytes {
        return Err(Refusal::TooLarge { mib: size.div_ceil(1 << 20), most: limits.max_bytes >> 20 });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let whole: Object<'_> =
        serde_json::from_slice(bytes).map_err(|error| Refusal::NotJson { why: error.to_string() })?;
    let crs = whole
        .crs
        .as_ref()
        .and_then(|crs| crs.pointer("/properties/name"))
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let layers = match &*whole.kind {
        "Topology" => read_topology(whole)?,
        "FeatureCollection" => {
            vec![layer(String::new(), whole.features.unwrap_or_default(), &[])]
        }
        "Feature" | "Polygon" | "MultiPolygon" | "Point" | "MultiPoint" | "GeometryCollection" => {
            vec![layer(String::new(), vec![whole], &[])]
        }
        other => return Err(Refusal::NotBoundaries { found: other.to_owned() }),
    };
    for layer in &layers {
        check_size(layer, limits)?;
    }
    Ok(File { layers, crs })
}

fn check_size(layer: &Layer, limits: &Limits) -> Result<(), Refusal> {
    let count = layer.features.len();
    if count > limits.max_features {
        return Err(Refusal::TooManyFeatures { count, most: limits.max_features });
    }
    let points: usize = layer
        .features
        .iter()
        .map(|feature| match &feature.geometry {
            Geometry::Areas(polygons) => polygons.iter().flatten().map(Vec::len).sum(),
            Geometry::Points(points) => points.len(),
            _ => 0,
        })
        .sum();
    if points > limits.max_points { Err(Refusal::TooManyPoints { most: limits.max_points }) } else { Ok(()) }
}

fn layer(name: String, objects: Vec<Object<'_>>, arcs: &[Ring]) -> Layer {
    let features =
        objects.into_iter().zip(1..).map(|(object, number)| feature(object, number, arcs)).collect();
    Layer { name, features }
}

fn feature(mut object: Object<'_>, number: usize, arcs: &[Ring]) -> Feature {
    let mut properties = object.properties.take().unwrap_or_default();
    if let Some(id @ (Value::String(_) | Value::Number(_))) = object.id.take() {
        properties.entry("id").or_insert(id);
    }
    let shape = match &object.geometry {
        Some(geometry) => geometry,
        None if object.kind == "Feature" => {
            return Feature { number, properties, geometry: Geometry::Nothing };
        }
        None => &object,
    };
    let geometry = geometry(shape, arcs, 0).unwrap_or_else(Geometry::Unreadable);
    Feature { number, properties, geometry }
}

fn read_topology(whole: Object<'_>) -> Result<Vec<Layer>, Refusal> {
    let wrong = |error: serde_json::Error| Refusal::NotJson { why: error.to_string() };
    let mut arcs: Vec<Ring> = match whole.arcs {
        Some(raw) => serde_json::from_str(raw.get()).map_err(wrong)?,
        None => Vec::new(),
    };
    if let Some(transform) = &whole.transform {
        for arc in &mut arcs {
            let (mut x, mut y) = (0.0, 0.0);
            for position in arc {
                x += position.0;
                y += position.1;
                *position = Position(
                    x * transform.scale[0] + transform.translate[0],
                    y * transform.scale[1] + transform.translate[1],
                );
            }
        }
    }
    let objects = whole.objects.unwrap_or_default();
    let layers = objects.into_iter().map(|(name, mut object)| {
        let objects = match object.geometries.take() {
            Some(geometries) => geometries,
            None => vec![object],
        };
        layer(name.into_owned(), objects, &arcs)
    });
    Ok(layers.collect())
}

/// Collections inside collections deeper than this are not followed.
const DEEPEST: usize = 8;

fn geometry(object: &Object<'_>, arcs: &[Ring], depth: usize) -> Result<Geometry, String> {
    Ok(match &*object.kind {
        "Polygon" => areas(vec![rings(object, arcs)?]),
        "MultiPolygon" => areas(match object.arcs {
            Some(raw) => stitch_all(parse::<Vec<Vec<Vec<i64>>>>(raw)?, arcs)?,
            None => coordinates(object)?.unwrap_or_default(),
        }),
        "Point" => coordinates(object)?.map_or(Geometry::Nothing, |point| Geometry::Points(vec![point])),
        "MultiPoint" => Geometry::Points(coordinates(object)?.unwrap_or_default()),
        "LineString" | "MultiLineString" => Geometry::Lines,
        "GeometryCollection" if depth < DEEPEST => {
            let mut polygons = Vec::new();
            for part in object.geometries.iter().flatten() {
                if let Geometry::Areas(found) = geometry(part, arcs, depth + 1)? {
                    polygons.extend(found);
                }
            }
            areas(polygons)
        }
        "" => Geometry::Nothing,
        other => return Err(format!("`{other}` is no kind of geometry")),
    })
}

fn areas(polygons: Vec<Polygon>) -> Geometry {
    let has_area = polygons.iter().flatten().any(|ring| ring.len() > 2);
    if has_area { Geometry::Areas(polygons) } else { Geometry::Nothing }
}

fn rings(object: &Object<'_>, arcs: &[Ring]) -> Result<Polygon, String> {
    match object.arcs {
        Some(raw) => stitch(parse::<Vec<Vec<i64>>>(raw)?, arcs),
        None => Ok(coordinates(object)?.unwrap_or_default()),
    }
}

fn coordinates<'a, T: Deserialize<'a>>(object: &Object<'a>) -> Result<Option<T>, String> {
    object.coordinates.map(parse).transpose()
}

fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, String> {
    serde_json::from_str(raw.get()).map_err(|error| error.to_string())
}

fn stitch_all(polygons: Vec<Vec<Vec<i64>>>, arcs: &[Ring]) -> Result<Vec<Polygon>, String> {
    polygons.into_iter().map(|rings| stitch(rings, arcs)).collect()
}

/// Rings from numbers of arcs; `!n` is arc `n` backwards.
fn stitch(rings: Vec<Vec<i64>>, arcs: &[Ring]) -> Result<Polygon, String> {
    let stitched = rings.into_iter().map(|numbers| {
        let mut ring = Ring::new();
        for number in numbers {
            let forward = number >= 0;
            let index = usize::try_from(if forward { number } else { !number }).unwrap_or(usize::MAX);
            let arc = arcs.get(index).ok_or_else(|| format!("there is no arc {number}"))?;
            // The end of one arc is the beginning of the next.
            let skip = usize::from(!ring.is_empty());
            if forward {
                ring.extend(arc.iter().skip(skip));
            } else {
                ring.extend(arc.iter().rev().skip(skip));
            }
        }
        Ok(ring)
    });
    stitched.collect()
}
