//! From pieces that cross nothing to regions with shared borders.
//!
//! The pieces part the plane into faces. A face lies inside an outline when a way from outside to it crosses
//! that outline's pieces an odd number of times. A face inside one region belongs to it; one inside several is
//! an overlap; one inside none that is closed in by regions is a gap. Overlaps and slivers of gaps go to the region
//! they border on most, so that afterwards there is neither.

use crate::{
    finding::Finding,
    noding::Piece,
    point::{METRES, Point, difference, doubled_area, square_metres},
    topology::{ALWAYS, Arc, Topology, by_angle},
};
use pendopo_vocab::RegionCode;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// A gap smaller than this is a sliver, square metres.
const SLIVER_SQUARE_METRES: f64 = 10_000.0;
/// A gap narrower than this is a sliver, metres, unless it is a square kilometre or more.
const SLIVER_METRES: f64 = 20.0;
const NEVER_SLIVER_SQUARE_METRES: f64 = 1e6;

/// The planar map that the pieces form. Half-edge `2e` runs along edge `e` from `a` to `b`, `2e + 1` back.
struct Plane {
    /// Ends of each edge.
    edges: Vec<(Point, Point)>,
    /// Outlines that each edge is a piece of.
    outlines: Vec<Vec<u32>>,
    /// The half-edge that follows each, keeping the same face on the left.
    next: Vec<u32>,
    /// The face on the left of each half-edge.
    face: Vec<u32>,
    /// Twice the signed area of each face; the one outside all has none that counts.
    doubled_area: Vec<i128>,
    /// The face outside.
    outside: u32,
}

impl Plane {
    fn new(pieces: &[Piece]) -> Plane {
        let mut edges = Vec::new();
        let mut outlines = Vec::new();
        for chunk in pieces.chunk_by(|one, other| (one.a, one.b) == (other.a, other.b)) {
            edges.push((chunk[0].a, chunk[0].b));
            outlines.push(chunk.iter().map(|piece| piece.of).collect());
        }
        let next = follow(&edges);
        let mut plane =
            Plane { edges, outlines, next, face: Vec::new(), doubled_area: Vec::new(), outside: 0 };
        plane.find_faces();
        plane
    }

    fn start(&self, half: u32) -> Point {
        let (a, b) = self.edges[half as usize / 2];
        if half.is_multiple_of(2) { a } else { b }
    }

    /// Cycles of half-edges are faces, or holes in faces.
    fn find_faces(&mut self) {
        let mut cycle = vec![u32::MAX; self.next.len()];
        let mut areas: Vec<i128> = Vec::new();
        // The westernmost half-edge start of each cycle.
        let mut west: Vec<(Point, u32)> = Vec::new();
        for first in 0..u32::try_from(self.next.len()).unwrap_or(u32::MAX) {
            if cycle[first as usize] != u32::MAX {
                continue;
            }
            let number = u32::try_from(areas.len()).unwrap_or(u32::MAX);
            let mut ring = Vec::new();
            let mut half = first;
            while cycle[half as usize] == u32::MAX {
                cycle[half as usize] = number;
                ring.push(self.start(half));
                half = self.next[half as usize];
            }
            areas.push(doubled_area(&ring));
            west.push((ring.iter().copied().min().unwrap_or(self.start(first)), number));
        }
        // A cycle without positive area is the outer side of a group of borders: it belongs to the face that
        // the group lies in.
        let rows = Rows::new(&self.edges);
        let mut parent: Vec<u32> = (0..u32::try_from(areas.len()).unwrap_or(u32::MAX)).collect();
        let outside = u32::try_from(areas.len()).unwrap_or(u32::MAX);
        parent.push(outside);
        areas.push(0);
        for (at, number) in west {
            if areas[number as usize] <= 0 {
                let around = rows.nearest_west(&self.edges, at).map_or(outside, |half| cycle[half as usize]);
                let (one, other) = (root(&mut parent, number), root(&mut parent, around));
                parent[one as usize] = other;
            }
        }
        self.outside = root(&mut parent, outside);
        self.face = cycle.iter().map(|cycle| root(&mut parent, *cycle)).collect();
        self.doubled_area = vec![0; areas.len()];
        for (number, area) in areas.iter().enumerate() {
            let face = root(&mut parent, u32::try_from(number).unwrap_or(0));
            self.doubled_area[face as usize] += area;
        }
    }

    /// The outlines that each face lies inside of.
    fn cover(&self) -> HashMap<u32, Vec<u32>> {
        let mut by_face: HashMap<u32, Vec<u32>> = HashMap::new();
        for half in 0..u32::try_from(self.face.len()).unwrap_or(u32::MAX) {
            by_face.entry(self.face[half as usize]).or_default().push(half);
        }
        let mut cover = HashMap::from([(self.outside, Vec::new())]);
        let mut queue = VecDeque::from([self.outside]);
        while let Some(face) = queue.pop_front() {
            let here = cover.get(&face).cloned().unwrap_or_default();
            for half in by_face.get(&face).into_iter().flatten() {
                let over = self.face[(half ^ 1) as usize];
                if let std::collections::hash_map::Entry::Vacant(slot) = cover.entry(over) {
                    slot.insert(toggled(&here, &self.outlines[*half as usize / 2]));
                    queue.push_back(over);
                }
            }
        }
        cover
    }
}

fn toggled(here: &[u32], crossed: &[u32]) -> Vec<u32> {
    let mut there: Vec<u32> = here.iter().copied().filter(|one| !crossed.contains(one)).collect();
    there.extend(crossed.iter().filter(|one| !here.contains(one)));
    there.sort_unstable();
    there
}

fn root(parent: &mut [u32], mut at: u32) -> u32 {
    while parent[at as usize] != at {
        parent[at as usize] = parent[parent[at as usize] as usize];
        at = parent[at as usize];
    }
    at
}

/// The half-edge that follows each around the face on its left.
fn follow(edges: &[(Point, Point)]) -> Vec<u32> {
    let mut out: Vec<(Point, Point, u32)> = Vec::with_capacity(edges.len() * 2);
    for (edge, (a, b)) in (0u32..).zip(edges) {
        out.push((*a, *b, edge * 2));
        out.push((*b, *a, edge * 2 + 1));
    }
    out.sort_unstable_by(|one, other| one.0.cmp(&other.0).then_with(|| by_angle(one.0, one.1, other.1)));
    let mut next = vec![0; out.len()];
    for fan in out.chunk_by(|one, other| one.0 == other.0) {
        for (nth, (_, _, leaving)) in fan.iter().enumerate() {
            // Who arrives against `leaving` goes on by the next one clockwise.
            next[(leaving ^ 1) as usize] = fan[(nth + fan.len() - 1) % fan.len()].2;
        }
    }
    next
}

/// Edges by the rows they pass through, to look west from a place.
struct Rows {
    height: i64,
    rows: HashMap<i64, Vec<u32>>,
}

impl Rows {
    fn new(edges: &[(Point, Point)]) -> Rows {
        let sum: i64 = edges.iter().map(|(a, b)| difference(*a, *b).1.abs()).sum();
        let height = (sum / i64::try_from(edges.len().max(1)).unwrap_or(1)).clamp(64, 1 << 20);
        let mut rows: HashMap<i64, Vec<u32>> = HashMap::new();
        for (edge, (a, b)) in (0u32..).zip(edges) {
            let (low, high) = (i64::from(a.y.min(b.y)), i64::from(a.y.max(b.y)));
            if low < high {
                for row in low.div_euclid(height)..=high.div_euclid(height) {
                    rows.entry(row).or_default().push(edge);
                }
            }
        }
        Rows { height, rows }
    }

    /// The half-edge next to the west of a place that has the place on its left.
    fn nearest_west(&self, edges: &[(Point, Point)], at: Point) -> Option<u32> {
        let row = self.rows.get(&i64::from(at.y).div_euclid(self.height))?;
        let mut nearest: Option<(f64, u32)> = None;
        for edge in row {
            let (a, b) = edges[*edge as usize];
            let (low, high) = if a.y < b.y { (a, b) } else { (b, a) };
            if !(low.y <= at.y && at.y < high.y) {
                continue;
            }
            let (dx, dy) = difference(low, high);
            let (_, up) = difference(low, at);
            #[expect(clippy::cast_precision_loss, reason = "compared with places a unit apart")]
            let x = f64::from(low.x) + dx as f64 * up as f64 / dy as f64;
            if x < f64::from(at.x) && nearest.is_none_or(|(best, _)| x > best) {
                // What runs down has the east on its left.
                let half = if a == high { edge * 2 } else { edge * 2 + 1 };
                nearest = Some((x, half));
            }
        }
        nearest.map(|(_, half)| half)
    }
}

/// Parts the plane among regions. `region_of` gives the region of each outline, by position in `regions`.
pub(crate) fn part(
    pieces: &[Piece],
    regions: Vec<RegionCode>,
    region_of: &[u32],
    findings: &mut Vec<Finding>,
) -> Topology {
    let plane = Plane::new(pieces);
    let owner = settle(&plane, region_of, findings);
    let arcs = borders(&plane, &owner);
    let mut has_border = vec![false; regions.len()];
    for side in arcs.iter().flat_map(|arc| [arc.left, arc.right]).flatten() {
        has_border[side as usize] = true;
    }
    for (region, has_border) in regions.iter().zip(has_border) {
        if !has_border {
            findings.push(Finding::Vanished { region: *region });
        }
    }
    Topology { regions, arcs }
}

/// A face that belongs to none or to several.
struct Unsettled {
    face: u32,
    overlap: bool,
    square_metres: f64,
    at: Point,
}

/// The region of every face, by face.
fn settle(plane: &Plane, region_of: &[u32], findings: &mut Vec<Finding>) -> Vec<Option<u32>> {
    let mut owner: Vec<Option<u32>> = vec![None; plane.doubled_area.len()];
    let mut allowed: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut unsettled = Vec::new();
    let places = places(plane);
    for (face, outlines) in plane.cover() {
        let mut inside: Vec<u32> =
            outlines.iter().filter_map(|of| region_of.get(*of as usize).copied()).collect();
        inside.sort_unstable();
        inside.dedup();
        if let [one] = inside[..] {
            owner[face as usize] = Some(one);
        } else if face != plane.outside {
            let (at, perimeter) = places.get(&face).copied().unwrap_or((Point { x: 0, y: 0 }, 0.0));
            let area = square_metres(plane.doubled_area[face as usize], at.y);
            let overlap = !inside.is_empty();
            let sliver = area < SLIVER_SQUARE_METRES
                || (area < NEVER_SLIVER_SQUARE_METRES && 2.0 * area / perimeter < SLIVER_METRES);
            if overlap || sliver {
                unsettled.push(Unsettled { face, overlap, square_metres: area, at });
                allowed.insert(face, inside);
            } else {
                findings.push(Finding::Hole { at, square_metres: area });
            }
        }
    }
    report(&unsettled, findings);
    give_away(plane, unsettled, &allowed, &mut owner);
    owner
}

/// A place on the border of each face, and the border's length in metres.
fn places(plane: &Plane) -> HashMap<u32, (Point, f64)> {
    let mut places: HashMap<u32, (Point, f64)> = HashMap::new();
    for half in 0..u32::try_from(plane.face.len()).unwrap_or(u32::MAX) {
        let (a, b) = plane.edges[half as usize / 2];
        let place = places.entry(plane.face[half as usize]).or_insert((a, 0.0));
        place.0 = place.0.min(a);
        place.1 += length(a, b) * METRES;
    }
    places
}

#[expect(clippy::cast_precision_loss, reason = "a length for comparing")]
fn length(a: Point, b: Point) -> f64 {
    let (dx, dy) = difference(a, b);
    (dx as f64).hypot(dy as f64)
}

fn report(unsettled: &[Unsettled], findings: &mut Vec<Finding>) {
    let of_kind = |overlap: bool| unsettled.iter().filter(move |one| one.overlap == overlap);
    let sum = |overlap: bool| of_kind(overlap).map(|one| one.square_metres).sum::<f64>();
    if let Some(most) = of_kind(true).max_by(|a, b| a.square_metres.total_cmp(&b.square_metres)) {
        let pieces = of_kind(true).count();
        findings.push(Finding::Overlaps { pieces, square_metres: sum(true), at: most.at });
    }
    if of_kind(false).next().is_some() {
        findings.push(Finding::Gaps { pieces: of_kind(false).count(), square_metres: sum(false) });
    }
}

/// Gives each unsettled face to the region it borders on most; an overlap to one of those that claim it.
fn give_away(
    plane: &Plane,
    mut unsettled: Vec<Unsettled>,
    allowed: &HashMap<u32, Vec<u32>>,
    owner: &mut [Option<u32>],
) {
    let mut borders: HashMap<u32, Vec<(u32, f64)>> = HashMap::new();
    for half in 0..u32::try_from(plane.face.len()).unwrap_or(u32::MAX) {
        let face = plane.face[half as usize];
        if allowed.contains_key(&face) {
            let (a, b) = plane.edges[half as usize / 2];
            borders.entry(face).or_default().push((plane.face[(half ^ 1) as usize], length(a, b)));
        }
    }
    unsettled.sort_by(|a, b| a.square_metres.total_cmp(&b.square_metres).then(a.face.cmp(&b.face)));
    loop {
        let mut progress = false;
        unsettled.retain(|one| {
            let claims = &allowed[&one.face];
            let mut most: BTreeMap<u32, f64> = BTreeMap::new();
            for (face, length) in borders.get(&one.face).into_iter().flatten() {
                if let Some(region) = owner[*face as usize]
                    && (claims.is_empty() || claims.contains(&region))
                {
                    *most.entry(region).or_default() += length;
                }
            }
            let best = most.iter().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0)));
            let Some((region, _)) = best else { return true };
            owner[one.face as usize] = Some(*region);
            progress = true;
            false
        });
        if !progress {
            break;
        }
    }
    // Overlaps that border on none of those that claim them: two outlines that are the same.
    for one in unsettled {
        owner[one.face as usize] = allowed[&one.face].first().copied();
    }
}

/// Joins the edges between different regions to borders, from junction to junction.
fn borders(plane: &Plane, owner: &[Option<u32>]) -> Vec<Arc> {
    let side = |half: u32| owner[plane.face[half as usize] as usize];
    let count = u32::try_from(plane.edges.len()).unwrap_or(u32::MAX);
    let kept: Vec<bool> = (0..count).map(|edge| side(edge * 2) != side(edge * 2 + 1)).collect();
    let mut leaving: HashMap<Point, Vec<u32>> = HashMap::new();
    for edge in (0..count).filter(|edge| kept[*edge as usize]) {
        for half in [edge * 2, edge * 2 + 1] {
            leaving.entry(plane.start(half)).or_default().push(half);
        }
    }
    let is_junction = |at: Point| leaving.get(&at).is_none_or(|halves| halves.len() != 2);
    let mut used = vec![false; plane.edges.len()];
    let mut arcs = Vec::new();
    let mut walk = |first: u32, used: &mut Vec<bool>| {
        let mut points = vec![plane.start(first)];
        let mut half = first;
        loop {
            used[half as usize / 2] = true;
            let end = plane.start(half ^ 1);
            points.push(end);
            if is_junction(end) || end == points[0] {
                break;
            }
            let on = leaving.get(&end).and_then(|halves| halves.iter().find(|other| **other != half ^ 1));
            match on {
                Some(on) => half = *on,
                None => break,
            }
        }
        let ranks = vec![ALWAYS; points.len()];
        arcs.push(Arc { left: side(first), right: side(first ^ 1), points, ranks });
    };
    let halves = |edge: u32| [edge * 2, edge * 2 + 1];
    for first in (0..count).filter(|edge| kept[*edge as usize]).flat_map(halves) {
        if !used[first as usize / 2] && is_junction(plane.start(first)) {
            walk(first, &mut used);
        }
    }
    // What is left are rings without junctions.
    for edge in (0..count).filter(|edge| kept[*edge as usize]) {
        if !used[edge as usize] {
            walk(edge * 2, &mut used);
        }
    }
    arcs
}
