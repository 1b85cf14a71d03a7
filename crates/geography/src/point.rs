//! A place in whole millionths of a degree.

use serde::{Deserialize, Serialize};

/// Units per degree.
pub const PER_DEGREE: f64 = 1e6;
/// Metres per unit from south to north, on the ellipsoid near the equator.
pub const METRES: f64 = 0.110_6;
/// Metres per unit from west to east at the equator.
pub const METRES_EAST: f64 = 0.111_32;

/// A place, WGS 84: `x` is the longitude and `y` the latitude in millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Point {
    /// Longitude × 1,000,000.
    pub x: i32,
    /// Latitude × 1,000,000.
    pub y: i32,
}

impl Point {
    /// From degrees; `None` outside −180…180 and −90…90.
    pub fn from_degrees(longitude: f64, latitude: f64) -> Option<Point> {
        let fits = longitude.abs() <= 180.0 && latitude.abs() <= 90.0;
        #[expect(clippy::cast_possible_truncation, reason = "at most 180 million")]
        fits.then(|| Point {
            x: (longitude * PER_DEGREE).round() as i32,
            y: (latitude * PER_DEGREE).round() as i32,
        })
    }

    /// Longitude and latitude in degrees.
    pub fn degrees(self) -> (f64, f64) {
        (f64::from(self.x) / PER_DEGREE, f64::from(self.y) / PER_DEGREE)
    }
}

/// Twice the area of the triangle, positive when it turns left.
pub(crate) fn turn(a: Point, b: Point, c: Point) -> i64 {
    let (abx, aby) = difference(a, b);
    let (acx, acy) = difference(a, c);
    abx * acy - aby * acx
}

/// From `a` to `b`.
pub(crate) fn difference(a: Point, b: Point) -> (i64, i64) {
    (i64::from(b.x) - i64::from(a.x), i64::from(b.y) - i64::from(a.y))
}

/// Twice the signed area of a closed ring (first point not repeated), positive when it runs anticlockwise.
pub(crate) fn doubled_area(ring: &[Point]) -> i128 {
    let next = ring.iter().cycle().skip(1);
    ring.iter()
        .zip(next)
        .map(|(a, b)| i128::from(a.x) * i128::from(b.y) - i128::from(b.x) * i128::from(a.y))
        .sum()
}

/// Square metres of so many doubled square units at a latitude in units.
#[expect(clippy::cast_precision_loss, reason = "an area for reports and thresholds")]
pub(crate) fn square_metres(doubled_units: i128, latitude: i32) -> f64 {
    let narrowing = (f64::from(latitude) / PER_DEGREE).to_radians().cos();
    doubled_units as f64 / 2.0 * METRES * METRES_EAST * narrowing
}
