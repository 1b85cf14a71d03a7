//! Which tiles of a base map lie under a drawing, and where. The tiles are those of Web Mercator, the drawing is
//! equirectangular: each tile is placed by its own corners, which in a regency is right within a pixel.

use crate::{draw::Frame, point::PER_DEGREE};

/// The tiles that there are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TileSet {
    /// The least and the greatest zoom.
    pub zooms: (u8, u8),
    /// Degrees: west, south, east, north.
    pub bounds: [f64; 4],
}

/// A tile under a drawing. Places are whole hundredths of drawing units, so that neighbours meet exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacedTile {
    /// Zoom.
    pub z: u8,
    /// Column from the west.
    pub x: u32,
    /// Row from the north.
    pub y: u32,
    /// Western edge, hundredths of units.
    pub left: i32,
    /// Northern edge.
    pub top: i32,
    /// To the eastern edge.
    pub width: i32,
    /// To the southern edge.
    pub height: i32,
}

/// No map is drawn finer than this, whatever a file says that it has.
const DEEPEST: u8 = 22;
/// Where Web Mercator ends, degrees of latitude.
const POLE: f64 = 85.051_128;

/// The tiles that cover what the frame and the set have in common, at the greatest zoom at which they are at most
/// `most`; none when there is no such zoom.
pub fn cover(frame: &Frame, set: &TileSet, most: usize) -> Vec<PlacedTile> {
    let Some(shown) = common(frame.degrees(), set.bounds) else { return Vec::new() };
    let zooms = set.zooms.0..=set.zooms.1.min(DEEPEST);
    let grids = zooms.rev().map(|z| Grid::under(shown, z));
    let Some(grid) = grids.into_iter().find(|grid| grid.count() <= most) else { return Vec::new() };
    grid.tiles().map(|(x, y)| grid.place(frame, x, y)).collect()
}

fn common(a: [f64; 4], b: [f64; 4]) -> Option<[f64; 4]> {
    let [west, south, east, north] = [a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])];
    (west < east && south < north).then_some([west, south, east, north])
}

/// Neighbouring tiles of one zoom: the first and last column and row.
struct Grid {
    z: u8,
    columns: (u32, u32),
    rows: (u32, u32),
}

impl Grid {
    fn under([west, south, east, north]: [f64; 4], z: u8) -> Grid {
        let span = |low: f64, high: f64| {
            let last = (high.ceil() - 1.0).max(low.floor());
            (whole(low.floor(), z), whole(last, z))
        };
        Grid { z, columns: span(column(west, z), column(east, z)), rows: span(row(north, z), row(south, z)) }
    }

    fn count(&self) -> usize {
        let along = |(first, last): (u32, u32)| (last - first) as usize + 1;
        along(self.columns).saturating_mul(along(self.rows))
    }

    fn tiles(&self) -> impl Iterator<Item = (u32, u32)> + use<> {
        let (columns, rows) = (self.columns, self.rows);
        (rows.0..=rows.1).flat_map(move |y| (columns.0..=columns.1).map(move |x| (x, y)))
    }

    fn place(&self, frame: &Frame, x: u32, y: u32) -> PlacedTile {
        let edge = |x, y| frame.hundredths(longitude(x, self.z), latitude(y, self.z));
        let ((left, top), (right, bottom)) = (edge(x, y), edge(x + 1, y + 1));
        PlacedTile { z: self.z, x, y, left, top, width: right - left, height: bottom - top }
    }
}

fn side(z: u8) -> f64 {
    f64::from(1_u32 << z.min(DEEPEST))
}

/// A column or row as there is one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the last tile")]
fn whole(at: f64, z: u8) -> u32 {
    at.clamp(0.0, side(z) - 1.0) as u32
}

fn column(longitude: f64, z: u8) -> f64 {
    (longitude + 180.0) / 360.0 * side(z)
}

fn row(latitude: f64, z: u8) -> f64 {
    let latitude = latitude.clamp(-POLE, POLE).to_radians();
    (1.0 - latitude.tan().asinh() / std::f64::consts::PI) / 2.0 * side(z)
}

fn longitude(column: u32, z: u8) -> f64 {
    f64::from(column) / side(z) * 360.0 - 180.0
}

fn latitude(row: u32, z: u8) -> f64 {
    (std::f64::consts::PI * (1.0 - 2.0 * f64::from(row) / side(z))).sinh().atan().to_degrees()
}

impl Frame {
    /// What the frame shows, in degrees: west, south, east, north.
    pub fn degrees(&self) -> [f64; 4] {
        let (wide, tall) = (f64::from(self.width) / self.scale.0, f64::from(self.height) / self.scale.1);
        [self.west, self.north - tall, self.west + wide, self.north].map(|at| at / PER_DEGREE)
    }

    /// Where a place is drawn, in hundredths of units.
    #[expect(clippy::cast_possible_truncation, reason = "a tile is at most some million units wide")]
    fn hundredths(&self, longitude: f64, latitude: f64) -> (i32, i32) {
        let (x, y) = (longitude * PER_DEGREE - self.west, self.north - latitude * PER_DEGREE);
        ((x * self.scale.0 * 100.0).round() as i32, (y * self.scale.1 * 100.0).round() as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{collection, feature, read, square};

    const WORLD: TileSet = TileSet { zooms: (0, 15), bounds: [-180.0, -85.0, 180.0, 85.0] };

    /// A frame of 1000 units around squares of a hundredth of a degree from 111.2 E, 7.2 S.
    fn frame(columns: i32, rows: i32) -> Frame {
        let squares = [(0, 0), (columns - 1, rows - 1)].map(|(column, row)| square(column, row));
        let codes = ["33.16.01.2001", "33.16.01.2002"];
        let features: Vec<String> =
            codes.iter().zip(&squares).map(|(code, ring)| feature(code, ring)).collect();
        let topology = read(&collection(&features)).unwrap().topology;
        Frame::around(&topology, 1000).unwrap()
    }

    #[test]
    fn tiles_cover_the_frame_without_gaps() {
        for (columns, rows) in [(60, 60), (90, 20), (3, 2), (2, 40)] {
            let frame = frame(columns, rows);
            let tiles = cover(&frame, &WORLD, 16);
            assert!((4..=16).contains(&tiles.len()), "{columns} × {rows}: {}", tiles.len());
            for tile in &tiles {
                let beside = tiles.iter().find(|other| (other.x, other.y) == (tile.x + 1, tile.y));
                assert!(beside.is_none_or(|other| other.left == tile.left + tile.width), "{tile:?}");
                let below = tiles.iter().find(|other| (other.x, other.y) == (tile.x, tile.y + 1));
                assert!(below.is_none_or(|other| other.top == tile.top + tile.height), "{tile:?}");
            }
            let (left, top) = (tiles.iter().map(|t| t.left).min(), tiles.iter().map(|t| t.top).min());
            let right = tiles.iter().map(|t| t.left + t.width).max().unwrap();
            let bottom = tiles.iter().map(|t| t.top + t.height).max().unwrap();
            let size = |units: u32| i32::try_from(units * 100).unwrap();
            assert!(left.unwrap() <= 0 && top.unwrap() <= 0, "{left:?} {top:?}");
            assert!(right >= size(frame.width) && bottom >= size(frame.height), "{right} {bottom}");
        }
    }

    #[test]
    fn a_tile_lies_where_its_corners_lie() {
        let frame = frame(60, 60);
        // The known corner of tile 10/828/530: 111.09375 E, about 6.3153 S.
        assert!((longitude(828, 10) - 111.093_75).abs() < 1e-9);
        assert!((latitude(530, 10) + 6.315_298).abs() < 1e-5, "{}", latitude(530, 10));
        for tile in cover(&frame, &WORLD, 16) {
            let (longitude, latitude) = (longitude(tile.x, tile.z), latitude(tile.y, tile.z));
            let at = frame.place(crate::Point::from_degrees(longitude, latitude).unwrap());
            assert!((at.0 * 100 - tile.left).abs() <= 51 && (at.1 * 100 - tile.top).abs() <= 51, "{tile:?}");
        }
    }

    #[test]
    fn the_file_sets_zooms_and_bounds() {
        let frame = frame(60, 60);
        let deepest = |set: &TileSet, most| cover(&frame, set, most).first().map(|tile| tile.z);
        assert_eq!(deepest(&TileSet { zooms: (0, 5), ..WORLD }, 16), Some(5));
        assert!(deepest(&WORLD, 64) > deepest(&WORLD, 16));
        assert_eq!(
            deepest(&TileSet { zooms: (15, 15), ..WORLD }, 16),
            None,
            "thousands of tiles are not shown"
        );
        assert!(deepest(&TileSet { zooms: (0, 255), ..WORLD }, 16).is_some(), "a zoom that there is none of");
        let elsewhere = TileSet { bounds: [95.0, 1.0, 96.0, 2.0], ..WORLD };
        assert_eq!(cover(&frame, &elsewhere, 16), []);
        let inside_out = TileSet { bounds: [180.0, 85.0, -180.0, -85.0], ..WORLD };
        assert_eq!(cover(&frame, &inside_out, 16), []);
        let corner = TileSet { bounds: [111.0, -7.21, 111.25, -7.15], ..WORLD };
        let part = cover(&frame, &corner, 16);
        assert!(part[0].z > deepest(&WORLD, 16).unwrap(), "a part of the frame is covered more finely");
    }
}
