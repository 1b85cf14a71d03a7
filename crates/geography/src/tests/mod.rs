//! Tests over whole imports.

mod bad_input;
mod real;
mod sound;

use crate::{ImportOptions, Imported, Refusal, Topology, import, point::Point};
use pendopo_vocab::RegionCode;
use std::collections::{HashMap, HashSet};

pub(super) fn code(text: &str) -> RegionCode {
    text.parse().unwrap()
}

/// Imports as the center of kabupaten 33.16.
pub(super) fn read(text: &str) -> Result<Imported, Refusal> {
    import(text.as_bytes(), &ImportOptions::within(code("33.16")))
}

/// A square of a hundredth of a degree, `column` and `row` hundredths from a corner.
pub(super) fn square(column: i32, row: i32) -> String {
    let (west, south) = (111.2 + f64::from(column) / 100.0, -7.2 + f64::from(row) / 100.0);
    let (east, north) = (west + 0.01, south + 0.01);
    format!(
        "[[{west:.5},{south:.5}],[{east:.5},{south:.5}],[{east:.5},{north:.5}],[{west:.5},{north:.5}],[{west:.5},{south:.5}]]"
    )
}

/// A feature with a code and a ring.
pub(super) fn feature(kode: &str, ring: &str) -> String {
    format!(
        "{{\"type\":\"Feature\",\"properties\":{{\"kode\":\"{kode}\"}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[{ring}]}}}}"
    )
}

pub(super) fn collection(features: &[String]) -> String {
    format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","))
}

/// Codes of desa of kecamatan 33.16.01.
pub(super) const DESA: [&str; 4] = ["33.16.01.2001", "33.16.01.2002", "33.16.01.2003", "33.16.01.2004"];

/// Asserts what makes a topology sound when only points of at least `rank` are kept: no border meets another but at
/// its ends, every region still has an outline with area, and every piece of border has exactly the sides that it
/// says, so that there are neither gaps nor overlaps. Gives how many pieces there are.
pub(super) fn assert_sound(topology: &Topology, rank: u8) -> usize {
    let rings = topology.rings(rank);
    let mut left_of: HashMap<(Point, Point), u32> = HashMap::new();
    for ((number, region), rings) in (0u32..).zip(&topology.regions).zip(&rings) {
        let area: i128 = rings.iter().map(|ring| crate::point::doubled_area(ring)).sum();
        assert!(area > 0, "{region} has no area at rank {rank}: {rings:?}");
        for ring in rings {
            assert!(ring.len() > 2, "{region} has a ring of {} points at rank {rank}", ring.len());
            for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
                assert_eq!(left_of.insert((*a, *b), number), None, "{region} runs along {a:?}-{b:?} twice");
            }
        }
    }
    // Each piece has one region on one side, and another or nothing on the other.
    let mut pieces = HashSet::new();
    for ((a, b), region) in &left_of {
        assert_ne!(left_of.get(&(*b, *a)), Some(region), "both sides of {a:?}-{b:?} are one region");
        pieces.insert((*a.min(b), *a.max(b)));
    }
    let list: Vec<(Point, Point)> = pieces.iter().copied().collect();
    let rings: Vec<(u32, [Point; 2])> =
        (0u32..).zip(&list).map(|(number, (a, b))| (number, [*a, *b])).collect();
    let noded = crate::noding::node_lines(&rings);
    assert!(noded.is_empty(), "borders meet inside at rank {rank}: {:?}", &noded[..noded.len().min(5)]);
    pieces.len()
}
