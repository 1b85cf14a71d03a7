//! Borders that cross, touch or run along each other are cut into pieces that meet at their ends only.
//!
//! This is snap rounding: where two segments cross, the crossing is rounded to a whole unit and both bend
//! to it; a segment that passes within half a unit of an end of another bends to that end. Bending can bring new
//! crossings, so it is repeated until nothing changes.

use crate::{
    finding::Refusal,
    grid::Grid,
    point::{Point, difference, turn},
};

/// A piece of the border of one outline; `a < b`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Piece {
    pub a: Point,
    pub b: Point,
    /// Which outline.
    pub of: u32,
}

/// A place where the border of one outline crosses itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crossing {
    pub of: u32,
    pub at: Point,
}

/// Pieces that cross nothing, sorted; pieces with equal ends follow each other.
pub(crate) struct Noded {
    pub pieces: Vec<Piece>,
    /// Where outlines crossed themselves.
    pub crossings: Vec<Crossing>,
}

/// Rounds after which borders count as too tangled. Real files need three to five.
const ROUNDS: usize = 40;

/// Cuts rings, each of one outline, into pieces that cross nothing.
pub(crate) fn node<'r>(rings: impl Iterator<Item = (u32, &'r [Point])>) -> Result<Noded, Refusal> {
    let mut pieces = Vec::new();
    for (of, ring) in rings {
        for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            pieces.extend(piece(*a, *b, of));
        }
    }
    let mut crossings = Vec::new();
    cancel_pairs(&mut pieces);
    let mut fresh: Vec<(Point, Point)> = pieces.iter().map(|piece| (piece.a, piece.b)).collect();
    for round in 0..ROUNDS {
        let cuts = find_cuts(&pieces, &fresh, (round == 0).then_some(&mut crossings));
        if cuts.is_empty() {
            return Ok(Noded { pieces, crossings });
        }
        fresh = cut(&mut pieces, cuts);
        cancel_pairs(&mut pieces);
    }
    Err(Refusal::Tangled { at: fresh.first().map_or(Point { x: 0, y: 0 }, |(a, _)| *a) })
}

fn piece(a: Point, b: Point, of: u32) -> Option<Piece> {
    (a != b).then(|| Piece { a: a.min(b), b: a.max(b), of })
}

/// Sorts, and takes away what an outline runs along twice: it comes to nothing.
fn cancel_pairs(pieces: &mut Vec<Piece>) {
    pieces.sort_unstable();
    let mut kept: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces.drain(..) {
        if kept.last() == Some(&piece) {
            kept.pop();
        } else {
            kept.push(piece);
        }
    }
    *pieces = kept;
}

/// Segments (pieces with equal ends are one) as ranges of `pieces`.
fn segments(pieces: &[Piece]) -> Vec<(Point, Point, std::ops::Range<usize>)> {
    let mut segments = Vec::new();
    let mut start = 0;
    for chunk in pieces.chunk_by(|one, other| (one.a, one.b) == (other.a, other.b)) {
        segments.push((chunk[0].a, chunk[0].b, start..start + chunk.len()));
        start += chunk.len();
    }
    segments
}

/// Where segments must be cut: their ends and the place.
type Cut = (Point, Point, Point);

fn find_cuts(
    pieces: &[Piece],
    fresh: &[(Point, Point)],
    mut crossings: Option<&mut Vec<Crossing>>,
) -> Vec<Cut> {
    let segments = segments(pieces);
    let is_fresh: Vec<bool> =
        segments.iter().map(|(a, b, _)| fresh.binary_search(&(*a, *b)).is_ok()).collect();
    let grid = Grid::for_segments(segments.iter().map(|(a, b, _)| (*a, *b)));
    let mut cells: Vec<((i64, i64), u32)> = Vec::with_capacity(segments.len() * 4);
    for (number, (a, b, _)) in (0u32..).zip(&segments) {
        grid.along(*a, *b, |cell| cells.push((cell, number)));
    }
    cells.sort_unstable();
    let mut cuts = Vec::new();
    for cell in cells.chunk_by(|one, other| one.0 == other.0) {
        for (nth, (_, one)) in cell.iter().enumerate() {
            for (_, other) in &cell[nth + 1..] {
                let (one, other) = (*one as usize, *other as usize);
                if !(is_fresh[one] || is_fresh[other]) {
                    continue;
                }
                let (first, second) = (&segments[one], &segments[other]);
                let found = meet((first.0, first.1), (second.0, second.1), &mut cuts);
                if let (Some(at), Some(crossings)) = (found, crossings.as_deref_mut()) {
                    let shared = pieces[first.2.clone()]
                        .iter()
                        .filter(|piece| pieces[second.2.clone()].iter().any(|other| other.of == piece.of));
                    crossings.extend(shared.map(|piece| Crossing { of: piece.of, at }));
                }
            }
        }
    }
    cuts.sort_unstable();
    cuts.dedup();
    if let Some(crossings) = crossings {
        crossings.sort_unstable_by_key(|crossing| (crossing.of, crossing.at));
        crossings.dedup();
    }
    cuts
}

/// Adds where two segments must be cut; gives the place where they properly cross.
fn meet(one: (Point, Point), other: (Point, Point), cuts: &mut Vec<Cut>) -> Option<Point> {
    let apart = |low: i32, high: i32, from: i32, to: i32| {
        i64::from(low.max(high)) + 1 < i64::from(from.min(to))
            || i64::from(from.max(to)) + 1 < i64::from(low.min(high))
    };
    if apart(one.0.x, one.1.x, other.0.x, other.1.x) || apart(one.0.y, one.1.y, other.0.y, other.1.y) {
        return None;
    }
    let before = cuts.len();
    for (segment, ends) in [(one, other), (other, one)] {
        for end in [ends.0, ends.1] {
            if passes(segment, end) {
                cuts.push((segment.0, segment.1, end));
            }
        }
    }
    let crossing = crossing(one, other)?;
    // Bending to the ends comes first: most crossings next to an end are gone then.
    if cuts.len() == before {
        for segment in [one, other] {
            if crossing != segment.0 && crossing != segment.1 {
                cuts.push((segment.0, segment.1, crossing));
            }
        }
    }
    Some(crossing)
}

/// Whether a segment passes within half a unit of a place that is not one of its ends.
fn passes(segment: (Point, Point), at: Point) -> bool {
    let (a, b) = segment;
    if at == a || at == b {
        return false;
    }
    let (dx, dy) = difference(a, b);
    let (from_a, from_b) = (difference(a, at), difference(b, at));
    2 * turn(a, b, at).abs() <= dx.abs() + dy.abs()
        && from_a.0 * dx + from_a.1 * dy > 0
        && from_b.0 * dx + from_b.1 * dy < 0
}

/// Where two segments cross inside both, rounded.
fn crossing(one: (Point, Point), other: (Point, Point)) -> Option<Point> {
    let (a, b) = one;
    let (from, to) = (turn(other.0, other.1, a), turn(other.0, other.1, b));
    let (left, right) = (turn(a, b, other.0), turn(a, b, other.1));
    let opposite = |one: i64, other: i64| (one < 0 && other > 0) || (one > 0 && other < 0);
    if !(opposite(from, to) && opposite(left, right)) {
        return None;
    }
    let (dx, dy) = difference(a, b);
    let whole = i128::from(from) - i128::from(to);
    let along = |step: i64| {
        let doubled = 2 * i128::from(step) * i128::from(from);
        // Rounded to the nearest.
        (doubled + whole.abs() * doubled.signum()) / (2 * whole)
    };
    let shifted = |at: i32, by: i128| i32::try_from(i128::from(at) + by).unwrap_or(at);
    Some(Point { x: shifted(a.x, along(dx)), y: shifted(a.y, along(dy)) })
}

/// Cuts pieces; gives the ends of the new ones, sorted.
fn cut(pieces: &mut Vec<Piece>, cuts: Vec<Cut>) -> Vec<(Point, Point)> {
    let mut fresh = Vec::new();
    let mut whole = Vec::with_capacity(pieces.len() + cuts.len() * 2);
    let mut next = 0;
    for segment in pieces.chunk_by(|one, other| (one.a, one.b) == (other.a, other.b)) {
        let (a, b) = (segment[0].a, segment[0].b);
        let start = next;
        while next < cuts.len() && (cuts[next].0, cuts[next].1) == (a, b) {
            next += 1;
        }
        if start == next {
            whole.extend_from_slice(segment);
            continue;
        }
        let mut places: Vec<Point> = cuts[start..next].iter().map(|cut| cut.2).collect();
        let (dx, dy) = difference(a, b);
        places.sort_by_key(|place| {
            let (x, y) = difference(a, *place);
            (x * dx + y * dy, *place)
        });
        places.push(b);
        let mut from = a;
        for to in places {
            whole.extend(segment.iter().filter_map(|old| piece(from, to, old.of)));
            fresh.extend(piece(from, to, 0).map(|piece| (piece.a, piece.b)));
            from = to;
        }
    }
    *pieces = whole;
    fresh.sort_unstable();
    fresh.dedup();
    fresh
}

/// Where lines meet other than at their ends, for tests: none, if they are noded.
#[cfg(test)]
pub(crate) fn node_lines(lines: &[(u32, [Point; 2])]) -> Vec<Cut> {
    let mut pieces: Vec<Piece> = lines.iter().filter_map(|(of, [a, b])| piece(*a, *b, *of)).collect();
    pieces.sort_unstable();
    let fresh: Vec<(Point, Point)> = pieces.iter().map(|piece| (piece.a, piece.b)).collect();
    let mut cuts = find_cuts(&pieces, &fresh, None);
    // Within half a unit is apart, as long as it does not cross.
    cuts.retain(|(a, b, at)| turn(*a, *b, *at) == 0 || lines.iter().all(|(_, ends)| !ends.contains(at)));
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(x: i32, y: i32) -> Point {
        Point { x, y }
    }

    #[test]
    fn a_bow_tie_is_cut_where_it_crosses() {
        let ring = [p(0, 0), p(100, 100), p(100, 0), p(0, 100)];
        let noded = node([(7, ring.as_slice())].into_iter()).unwrap();
        assert_eq!(noded.crossings, [Crossing { of: 7, at: p(50, 50) }]);
        assert_eq!(noded.pieces.len(), 6);
        assert!(
            noded.pieces.iter().filter(|piece| piece.a == p(50, 50) || piece.b == p(50, 50)).count() == 4
        );
    }

    #[test]
    fn a_neighbour_with_more_points_on_the_border_is_matched() {
        let left = [p(0, 0), p(100, 0), p(100, 100), p(0, 100)];
        let right = [p(100, 0), p(200, 0), p(200, 100), p(100, 100), p(100, 50)];
        let noded = node([(0, left.as_slice()), (1, right.as_slice())].into_iter()).unwrap();
        let shared = |a, b| noded.pieces.iter().filter(|piece| (piece.a, piece.b) == (a, b)).count();
        assert_eq!((shared(p(100, 0), p(100, 50)), shared(p(100, 50), p(100, 100))), (2, 2));
        assert!(noded.crossings.is_empty());
    }

    #[test]
    fn what_is_run_along_twice_is_nothing() {
        let spike = [p(0, 0), p(100, 0), p(100, 50), p(180, 50), p(100, 50), p(100, 100), p(0, 100)];
        let noded = node([(0, spike.as_slice())].into_iter()).unwrap();
        assert!(noded.pieces.iter().all(|piece| piece.b.x <= 100), "{:?}", noded.pieces);
    }

    #[test]
    fn crossings_are_rounded_to_the_nearest_unit() {
        assert_eq!(crossing((p(0, 0), p(10, 3)), (p(5, -5), p(5, 5))), Some(p(5, 2)));
        assert_eq!(crossing((p(0, 0), p(10, -3)), (p(5, -5), p(5, 5))), Some(p(5, -2)));
        assert_eq!(crossing((p(0, 0), p(10, 2)), (p(4, 5), p(4, -5))), Some(p(4, 1)));
        assert_eq!(crossing((p(0, 0), p(10, 0)), (p(3, 0), p(3, 5))), None);
    }
}
