//! Regions as SVG paths in whole units: equirectangular, true at the middle latitude, which in a regency is
//! right within a pixel.

use crate::{
    point::{METRES, METRES_EAST, PER_DEGREE, Point},
    simplify::rank_of,
    topology::Topology,
};
use pendopo_vocab::RegionCode;
use std::fmt::Write;

/// The part of the plane that a drawing shows, and its size in whole units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    pub(crate) west: f64,
    pub(crate) north: f64,
    /// Drawing units per unit of longitude and latitude.
    pub(crate) scale: (f64, f64),
    /// Width in drawing units.
    pub width: u32,
    /// Height in drawing units.
    pub height: u32,
}

/// Units left free around.
const MARGIN: f64 = 4.0;

impl Frame {
    /// The frame in which these regions fill `longest` units in the larger direction; `None` without borders.
    pub fn around(topology: &Topology, longest: u32) -> Option<Frame> {
        let mut points = topology.arcs.iter().flat_map(|arc| &arc.points);
        let first = *points.next()?;
        let (mut low, mut high) = (first, first);
        for point in points {
            low = Point { x: low.x.min(point.x), y: low.y.min(point.y) };
            high = Point { x: high.x.max(point.x), y: high.y.max(point.y) };
        }
        let middle = f64::midpoint(f64::from(low.y), f64::from(high.y)) / PER_DEGREE;
        let narrowing = (middle.to_radians().cos() * METRES_EAST / METRES).max(0.01);
        let (wide, tall) =
            ((f64::from(high.x) - f64::from(low.x)) * narrowing, f64::from(high.y) - f64::from(low.y));
        let scale = (f64::from(longest) - 2.0 * MARGIN) / wide.max(tall).max(1.0);
        let size = |extent: f64| whole(extent * scale + 2.0 * MARGIN).unsigned_abs().max(1);
        Some(Frame {
            west: f64::from(low.x) - MARGIN / (scale * narrowing),
            north: f64::from(high.y) + MARGIN / scale,
            scale: (scale * narrowing, scale),
            width: size(wide),
            height: size(tall),
        })
    }

    /// Where a place is drawn.
    pub fn place(&self, point: Point) -> (i32, i32) {
        let (x, y) = (f64::from(point.x) - self.west, self.north - f64::from(point.y));
        (whole(x * self.scale.0), whole(y * self.scale.1))
    }

    /// Whether a place lies in the frame.
    pub fn shows(&self, point: Point) -> bool {
        let (x, y) = self.place(point);
        let within = |at: i32, size: u32| u32::try_from(at).is_ok_and(|at| at <= size);
        within(x, self.width) && within(y, self.height)
    }

    /// Metres per drawing unit.
    pub fn metres(&self) -> f64 {
        METRES / self.scale.1
    }
}

#[expect(clippy::cast_possible_truncation, reason = "drawings are some thousand units wide")]
fn whole(at: f64) -> i32 {
    at.round() as i32
}

/// A region as drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Which.
    pub region: RegionCode,
    /// `d` of an SVG path; rings that are too small to be seen are left out.
    pub path: String,
    /// A place well inside, for its name.
    pub label: (i32, i32),
    /// Units free for a name to the left and right of the place together.
    pub label_width: u32,
}

/// Regions as drawn in one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// The frame.
    pub frame: Frame,
    /// In the order of the topology's regions.
    pub outlines: Vec<Outline>,
}

impl Drawing {
    /// Draws all regions. A point is left out when it changes fewer than `coarseness` square units.
    pub fn new(topology: &Topology, frame: Frame, coarseness: f64) -> Drawing {
        let rank = rank_of(frame.metres() * frame.metres() * coarseness);
        let rings = topology.rings(rank);
        let outlines = topology.regions.iter().zip(rings).map(|(region, rings)| {
            let rings: Vec<Vec<(i32, i32)>> = rings.iter().map(|ring| draw_ring(ring, &frame)).collect();
            let mut path = String::new();
            for ring in rings.iter().filter(|ring| ring.len() > 2) {
                write_ring(ring, &mut path);
            }
            if path.is_empty() {
                // Too small to be seen: a speck, so that it can be found and chosen.
                let (x, y) = rings.first().and_then(|ring| ring.first()).copied().unwrap_or_default();
                path = format!("M{x} {y}h1v1h-1z");
            }
            let (label, label_width) = roomiest(&rings);
            Outline { region: *region, path, label, label_width }
        });
        Drawing { frame, outlines: outlines.collect() }
    }
}

/// `d` of all borders, each once. As coarse as [`Drawing::new`] draws them.
pub fn draw_borders(topology: &Topology, frame: Frame, coarseness: f64) -> String {
    let rank = rank_of(frame.metres() * frame.metres() * coarseness);
    let mut path = String::new();
    for arc in &topology.arcs {
        let kept = arc.points.iter().zip(&arc.ranks).filter(|(_, own)| **own >= rank);
        let mut drawn: Vec<(i32, i32)> = kept.map(|(point, _)| frame.place(*point)).collect();
        drawn.dedup();
        if drawn.len() > 1 {
            write_line(&drawn, &mut path);
        }
    }
    path
}

fn draw_ring(ring: &[Point], frame: &Frame) -> Vec<(i32, i32)> {
    let mut drawn: Vec<(i32, i32)> = ring.iter().map(|point| frame.place(*point)).collect();
    drawn.dedup();
    while drawn.len() > 1 && drawn.first() == drawn.last() {
        drawn.pop();
    }
    drawn
}

/// A closed line as part of `d`: differences from point to point with as few characters as SVG allows. Nothing for
/// no points.
pub fn write_ring(ring: &[(i32, i32)], path: &mut String) {
    write_line(ring, path);
    if !ring.is_empty() {
        path.push('z');
    }
}

/// The same for an open line.
pub fn write_line(line: &[(i32, i32)], path: &mut String) {
    let Some(mut last) = line.first().copied() else { return };
    let _ = write!(path, "M{} {}l", last.0, last.1);
    for (nth, (x, y)) in line.iter().enumerate().skip(1) {
        let (dx, dy) = (x - last.0, y - last.1);
        let space = if nth > 1 && dx >= 0 { " " } else { "" };
        let comma = if dy >= 0 { " " } else { "" };
        let _ = write!(path, "{space}{dx}{comma}{dy}");
        last = (*x, *y);
    }
}

/// The middle of the widest of some level lines through a region, and its width: room for a name.
fn roomiest(rings: &[Vec<(i32, i32)>]) -> ((i32, i32), u32) {
    const LINES: i32 = 12;
    let points = || rings.iter().flatten();
    let (Some(top), Some(bottom)) = (points().map(|p| p.1).min(), points().map(|p| p.1).max()) else {
        return ((0, 0), 0);
    };
    let mut best = (points().next().copied().unwrap_or_default(), 0u32, 0.0f64);
    for line in 1..LINES {
        let y = f64::from(top) + f64::from((bottom - top) * line) / f64::from(LINES) + 0.25;
        let mut crossings: Vec<f64> = rings
            .iter()
            .flat_map(|ring| ring.iter().zip(ring.iter().cycle().skip(1)))
            .filter(|(a, b)| (f64::from(a.1) <= y) != (f64::from(b.1) <= y))
            .map(|(a, b)| {
                let along = (y - f64::from(a.1)) / f64::from(b.1 - a.1);
                f64::from(a.0) + along * f64::from(b.0 - a.0)
            })
            .collect();
        crossings.sort_by(f64::total_cmp);
        for pair in crossings.chunks_exact(2) {
            let width = pair[1] - pair[0];
            // Lines near the middle are a little better.
            let off = (f64::from(line) / f64::from(LINES) - 0.5).abs();
            let worth = width * (1.0 - 0.4 * off);
            if worth > best.2 {
                best =
                    ((whole(f64::midpoint(pair[0], pair[1])), whole(y)), whole(width).unsigned_abs(), worth);
            }
        }
    }
    (best.0, best.1)
}
