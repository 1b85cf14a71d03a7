//! Which points of the borders matter how much, so that any map takes only those that it can show.
//!
//! Visvalingam's method on whole borders: the point whose triangle with its neighbours is smallest goes first. A
//! point stays while another point lies in its triangle, or while its neighbours have a border between them
//! already: so no border ever crosses another and no region is lost. Points are ranked in the order in which they
//! go, and what is left after any number of them is sound; leaving out all below some rank is therefore sound,
//! too. Neighbours share borders, so there is never a gap.

use crate::{
    grid::Grid,
    point::{Point, square_metres, turn},
    topology::{ALWAYS, Topology},
};
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, HashSet},
};

/// The rank of so many square metres: twice the binary logarithm, at most 254.
pub(crate) fn rank_of(square_metres: f64) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
    let rank = (2.0 * (square_metres + 1.0).log2()).clamp(0.0, 254.0) as u8;
    rank
}

/// A point of a border that may go: its border and position.
type Spot = (u32, u32);

struct Lines<'t> {
    topology: &'t Topology,
    /// Neighbours still there, by border and position.
    before: Vec<Vec<u32>>,
    after: Vec<Vec<u32>>,
    gone: Vec<Vec<bool>>,
}

impl Lines<'_> {
    fn new(topology: &Topology) -> Lines<'_> {
        let numbers = |arc: &crate::topology::Arc| 0..u32::try_from(arc.points.len()).unwrap_or(u32::MAX);
        Lines {
            topology,
            before: topology
                .arcs
                .iter()
                .map(|arc| numbers(arc).map(|at| at.saturating_sub(1)).collect())
                .collect(),
            after: topology.arcs.iter().map(|arc| numbers(arc).map(|at| at + 1).collect()).collect(),
            gone: topology.arcs.iter().map(|arc| vec![false; arc.points.len()]).collect(),
        }
    }

    fn point(&self, (arc, at): Spot) -> Point {
        self.topology.arcs[arc as usize].points[at as usize]
    }

    fn is_inner(&self, (arc, at): Spot) -> bool {
        at > 0 && (at as usize) < self.gone[arc as usize].len() - 1
    }

    fn neighbours(&self, (arc, at): Spot) -> [Spot; 2] {
        [(arc, self.before[arc as usize][at as usize]), (arc, self.after[arc as usize][at as usize])]
    }

    /// Twice the area of the triangle of a point and its neighbours, in square units.
    fn doubled(&self, spot: Spot) -> u64 {
        let [before, after] = self.neighbours(spot);
        turn(self.point(before), self.point(spot), self.point(after)).unsigned_abs()
    }

    fn remove(&mut self, spot: Spot) -> [Spot; 2] {
        let [before, after] = self.neighbours(spot);
        self.after[spot.0 as usize][before.1 as usize] = after.1;
        self.before[spot.0 as usize][after.1 as usize] = before.1;
        self.gone[spot.0 as usize][spot.1 as usize] = true;
        [before, after]
    }
}

fn in_triangle(at: Point, [a, b, c]: [Point; 3]) -> bool {
    let turns = [turn(a, b, at), turn(b, c, at), turn(c, a, at)];
    turns.iter().all(|turn| *turn >= 0) || turns.iter().all(|turn| *turn <= 0)
}

fn edge(a: Point, b: Point) -> (Point, Point) {
    (a.min(b), a.max(b))
}

/// Ranks the points of all borders.
pub(crate) fn rank(topology: &mut Topology) {
    let ranks = ranks(topology);
    for (arc, ranks) in topology.arcs.iter_mut().zip(ranks) {
        arc.ranks = ranks;
    }
}

fn ranks(topology: &Topology) -> Vec<Vec<u8>> {
    let segments =
        || topology.arcs.iter().flat_map(|arc| arc.points.windows(2).map(|pair| (pair[0], pair[1])));
    let grid = Grid::for_segments(segments());
    let mut there: HashMap<(i64, i64), Vec<Point>> = HashMap::new();
    let all = topology.arcs.iter().flat_map(|arc| &arc.points);
    for point in all.copied().collect::<HashSet<Point>>() {
        there.entry(grid.cell(point)).or_default().push(point);
    }
    let mut edges: HashSet<(Point, Point)> = segments().map(|(a, b)| edge(a, b)).collect();
    let mut lines = Lines::new(topology);
    let mut ranks: Vec<Vec<u8>> = topology.arcs.iter().map(|arc| vec![ALWAYS; arc.points.len()]).collect();
    let mut queue: BinaryHeap<Reverse<(u64, Spot)>> = BinaryHeap::new();
    for (number, arc) in (0u32..).zip(&topology.arcs) {
        for at in 1..u32::try_from(arc.points.len() - 1).unwrap_or(0) {
            queue.push(Reverse((lines.doubled((number, at)), (number, at))));
        }
    }
    let mut rank = 0;
    while let Some(Reverse((doubled, spot))) = queue.pop() {
        if lines.gone[spot.0 as usize][spot.1 as usize] || lines.doubled(spot) != doubled {
            continue;
        }
        let [before, after] = lines.neighbours(spot);
        let triangle = [before, spot, after].map(|spot| lines.point(spot));
        let straight = edge(triangle[0], triangle[2]);
        if edges.contains(&straight) || triangle[0] == triangle[2] || is_occupied(&there, grid, triangle) {
            // It is looked at again when a neighbour of it has gone.
            continue;
        }
        let at = lines.point(spot);
        edges.remove(&edge(triangle[0], at));
        edges.remove(&edge(at, triangle[2]));
        edges.insert(straight);
        if let Some(cell) = there.get_mut(&grid.cell(at)) {
            cell.retain(|other| *other != at);
        }
        // A point never ranks below one that went before it.
        rank = rank_of(square_metres(i128::from(doubled), at.y)).max(rank);
        ranks[spot.0 as usize][spot.1 as usize] = rank;
        for neighbour in lines.remove(spot) {
            if lines.is_inner(neighbour) {
                queue.push(Reverse((lines.doubled(neighbour), neighbour)));
            }
        }
    }
    ranks
}

/// Whether a point still there lies in a triangle, other than its corners.
fn is_occupied(there: &HashMap<(i64, i64), Vec<Point>>, grid: Grid, triangle: [Point; 3]) -> bool {
    let [a, b, c] = triangle;
    let low = Point { x: a.x.min(b.x).min(c.x), y: a.y.min(b.y).min(c.y) };
    let high = Point { x: a.x.max(b.x).max(c.x), y: a.y.max(b.y).max(c.y) };
    let (from, to) = (grid.cell(low), grid.cell(high));
    let hit = |point: &Point| !triangle.contains(point) && in_triangle(*point, triangle);
    let cells = (to.0 - from.0 + 1) * (to.1 - from.1 + 1);
    if cells > i64::try_from(there.len()).unwrap_or(i64::MAX) {
        return there.values().flatten().any(hit);
    }
    (from.0..=to.0)
        .any(|x| (from.1..=to.1).any(|y| there.get(&(x, y)).is_some_and(|points| points.iter().any(hit))))
}
