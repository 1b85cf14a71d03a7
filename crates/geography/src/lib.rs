//! Boundaries: read from GeoJSON and TopoJSON, checked and repaired, joined to region codes, turned into
//! borders that neighbours share, simplified without tearing them apart, packed into few bytes, drawn as SVG.
//!
//! No I/O and no clock: bytes in, values out. Places are whole millionths of a degree ([`Point`], about
//! 11 cm), so that two areas have a border in common exactly or not at all.

mod check;
mod codec;
mod draw;
mod faces;
mod file;
mod finding;
mod grid;
mod import;
mod join;
mod noding;
mod point;
mod points;
mod simplify;
#[cfg(test)]
mod tests;
mod tiles;
mod topology;

pub use codec::DecodeError;
pub use draw::{Drawing, Frame, Outline, draw_borders, write_line, write_ring};
pub use finding::{FeatureName, Finding, Refusal};
pub use import::{ImportOptions, Imported, Limits, import};
pub use join::{CodeColumn, JoinedBy, Unmatched};
pub use point::Point;
pub use points::{MAX_POINTS, NamedPoint, PointLayer, import_points};
pub use tiles::{PlacedTile, TileSet, cover};
pub use topology::{Arc, Topology};
