//! Regions whose borders are shared: each border is stored once and knows what lies on either side.

use crate::{
    finding::Refusal,
    point::{Point, difference, doubled_area, square_metres},
};
use pendopo_vocab::{RegionCode, RegionLevel};
use std::{cmp::Ordering, collections::BTreeMap, ops::RangeInclusive};

/// The rank of a point that is never left out.
pub(crate) const ALWAYS: u8 = u8::MAX;

/// A border: a line of points with at most one region on either side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arc {
    /// The region on the left, by its position in [`Topology::regions`]; `None` outside.
    pub left: Option<u32>,
    /// The region on the right.
    pub right: Option<u32>,
    /// From end to end; a closed border ends where it begins.
    pub points: Vec<Point>,
    /// How much each point matters: twice the binary logarithm of the square metres that it carries. The ends
    /// are always kept.
    pub ranks: Vec<u8>,
}

/// Regions and their borders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Topology {
    /// The regions, by code.
    pub regions: Vec<RegionCode>,
    /// The borders.
    pub arcs: Vec<Arc>,
}

/// An arc in one direction: its number, and whether it is run backwards.
type Step = (u32, bool);

impl Topology {
    /// The level of its regions; `None` without any.
    pub fn level(&self) -> Option<RegionLevel> {
        self.regions.first().map(|region| region.level())
    }

    /// Points in all borders, each border once.
    pub fn points(&self) -> usize {
        self.arcs.iter().map(|arc| arc.points.len()).sum()
    }

    /// The same places under the regions above: borders between regions of one parent are gone.
    #[must_use]
    pub fn dissolve(&self, level: RegionLevel) -> Topology {
        self.regroup(|region| Some(region.ancestor(level)))
    }

    /// Only the regions in these codes; the others count as outside.
    #[must_use]
    pub fn within(&self, codes: &RangeInclusive<i64>) -> Topology {
        self.regroup(|region| codes.contains(&region.id()).then_some(region))
    }

    fn regroup(&self, group: impl Fn(RegionCode) -> Option<RegionCode>) -> Topology {
        let mut regions: Vec<RegionCode> = self.regions.iter().filter_map(|region| group(*region)).collect();
        regions.sort_unstable();
        regions.dedup();
        let of: Vec<Option<u32>> = self
            .regions
            .iter()
            .map(|region| {
                let at = regions.binary_search(&group(*region)?).ok()?;
                u32::try_from(at).ok()
            })
            .collect();
        let side = |side: Option<u32>| of.get(side? as usize).copied().flatten();
        let arcs =
            self.arcs.iter().map(|arc| Arc { left: side(arc.left), right: side(arc.right), ..arc.clone() });
        Topology { regions, arcs: arcs.filter(|arc| arc.left != arc.right).collect() }
    }

    /// The closed outlines of every region, in the order of `regions`: outer borders anticlockwise, holes
    /// clockwise, the last point not repeated. Only points of at least this rank.
    pub fn rings(&self, least_rank: u8) -> Vec<Vec<Vec<Point>>> {
        let mut rings = vec![Vec::new(); self.regions.len()];
        for (region, steps) in self.walks() {
            let mut ring = Vec::new();
            for (number, backwards) in steps {
                let arc = &self.arcs[number as usize];
                let last = arc.points.len() - 1;
                let kept = |at: &usize| *at == 0 || *at == last || arc.ranks[*at] >= least_rank;
                let points: Vec<Point> = (0..=last).filter(kept).map(|at| arc.points[at]).collect();
                // The end of one border is the beginning of the next.
                if backwards {
                    ring.extend(points.iter().rev().take(points.len() - 1));
                } else {
                    ring.extend(&points[..points.len() - 1]);
                }
            }
            if let Some(rings) = rings.get_mut(region as usize) {
                rings.push(ring);
            }
        }
        rings
    }

    /// Area of each region in square metres, of all its points.
    pub fn areas(&self) -> Vec<f64> {
        let area = |rings: &Vec<Vec<Point>>| {
            let doubled: i128 = rings.iter().map(|ring| doubled_area(ring)).sum();
            let latitude = rings.first().and_then(|ring| ring.first()).map_or(0, |point| point.y);
            square_metres(doubled, latitude)
        };
        self.rings(0).iter().map(area).collect()
    }

    /// Every outline as a walk along arcs with the region on the left.
    fn walks(&self) -> Vec<(u32, Vec<Step>)> {
        let around = self.ends();
        let mut walked = vec![[false; 2]; self.arcs.len()];
        let mut walks = Vec::new();
        for (number, arc) in (0u32..).zip(&self.arcs) {
            for (backwards, region) in [(false, arc.left), (true, arc.right)] {
                let Some(region) = region else { continue };
                let mut steps = Vec::new();
                let mut step = (number, backwards);
                while !std::mem::replace(&mut walked[step.0 as usize][usize::from(step.1)], true) {
                    steps.push(step);
                    let Some(next) = self.next(&around, step) else { break };
                    step = next;
                }
                if !steps.is_empty() {
                    walks.push((region, steps));
                }
            }
        }
        walks
    }

    /// The steps that begin at each end of a border, anticlockwise from the west.
    fn ends(&self) -> BTreeMap<Point, Vec<Step>> {
        let mut around: BTreeMap<Point, Vec<Step>> = BTreeMap::new();
        for (number, arc) in (0u32..).zip(&self.arcs) {
            if let (Some(first), Some(last)) = (arc.points.first(), arc.points.last()) {
                around.entry(*first).or_default().push((number, false));
                around.entry(*last).or_default().push((number, true));
            }
        }
        for (at, steps) in &mut around {
            steps.sort_by(|one, other| by_angle(*at, self.second(*one), self.second(*other)));
        }
        around
    }

    fn second(&self, (number, backwards): Step) -> Point {
        let points = &self.arcs[number as usize].points;
        if backwards { points[points.len() - 2] } else { points[1] }
    }

    /// The step that goes on around the same region: the next one clockwise from where we come.
    fn next(&self, around: &BTreeMap<Point, Vec<Step>>, (number, backwards): Step) -> Option<Step> {
        let points = &self.arcs[number as usize].points;
        let end = if backwards { points.first() } else { points.last() };
        let steps = around.get(end?)?;
        let back = steps.iter().position(|step| *step == (number, !backwards))?;
        Some(steps[(back + steps.len() - 1) % steps.len()])
    }
}

/// Orders directions from one place anticlockwise, beginning after the west.
pub(crate) fn by_angle(from: Point, one: Point, other: Point) -> Ordering {
    let half = |(x, y): (i64, i64)| y > 0 || (y == 0 && x > 0);
    let (a, b) = (difference(from, one), difference(from, other));
    half(a).cmp(&half(b)).then_with(|| (b.0 * a.1).cmp(&(a.0 * b.1)))
}

/// What a topology must be: for tests and for what was read from a store.
///
/// # Errors
/// [`Refusal::Tangled`] where it is not.
pub(crate) fn check_shape(topology: &Topology) -> Result<(), Refusal> {
    let regions = topology.regions.len();
    for arc in &topology.arcs {
        let known = [arc.left, arc.right].into_iter().flatten().all(|side| (side as usize) < regions);
        if !known || arc.points.len() < 2 || arc.points.len() != arc.ranks.len() {
            let at = arc.points.first().copied().unwrap_or(Point { x: 0, y: 0 });
            return Err(Refusal::Tangled { at });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_ordered_anticlockwise() {
        let p = |x, y| Point { x, y };
        let wanted = [p(-5, -1), p(0, -5), p(5, -1), p(5, 0), p(5, 5), p(0, 5), p(-5, 5)];
        let mut sorted = wanted;
        sorted.reverse();
        sorted.sort_by(|a, b| by_angle(p(0, 0), *a, *b));
        assert_eq!(sorted, wanted);
    }
}
