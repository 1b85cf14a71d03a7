//! The shape of one indicator in one period: a tree of regions by a lattice of parts, in which every
//! whole is the sum of what lies below it. Knows no database and no words.

use std::collections::{BTreeMap, BTreeSet};

/// A part and the sign with which it moves.
pub(super) type Move = (usize, i8);

/// Ways to move one part that are kept at most.
const MOST_WAYS: usize = 64;
/// Parts that move together at most.
const WIDEST_WAY: usize = 9;
/// Steps of the search for ways at most.
const SEARCH_STEPS: usize = 4_000;

/// The cells of a table: regions by parts. A cell's number is `region * parts + part`.
#[derive(Debug, Clone)]
pub struct Grid {
    pub(super) parent: Vec<Option<usize>>,
    pub(super) children: Vec<Vec<usize>>,
    pub(super) parts: usize,
    sums: Vec<(usize, Vec<usize>)>,
    /// For each part, the sets of parts that can move together without touching any sum of parts.
    pub(super) ways: Vec<Vec<Vec<Move>>>,
}

impl Grid {
    /// `parents` of the regions, by number; `keys` of the parts, written `dimension=value;dimension=value`
    /// with dimensions in alphabetical order, the empty key being the total.
    pub fn new(parents: Vec<Option<usize>>, keys: &[&str]) -> Grid {
        let mut children = vec![Vec::new(); parents.len()];
        for (region, parent) in parents.iter().enumerate() {
            if let Some(parent) = parent {
                children[*parent].push(region);
            }
        }
        let sums = sums_of(keys);
        let ways = (0..keys.len()).map(|part| ways_of(part, &sums)).collect();
        Grid { parent: parents, children, parts: keys.len(), sums, ways }
    }

    /// The number of cells.
    pub fn cells(&self) -> usize {
        self.parent.len() * self.parts
    }

    /// The number of a cell.
    pub fn cell(&self, region: usize, part: usize) -> usize {
        region * self.parts + part
    }

    /// The region above a region.
    pub fn above(&self, region: usize) -> Option<usize> {
        self.parent[region]
    }

    /// The sums that a cell belongs to, as the whole or as a part, present or not.
    pub(super) fn sums_with(&self, cell: usize) -> Vec<(usize, Vec<usize>)> {
        let (region, part) = (cell / self.parts, cell % self.parts);
        let below = |region: usize| {
            let parts = self.children[region].iter().map(|child| self.cell(*child, part)).collect();
            (self.cell(region, part), parts)
        };
        let across = self.sums.iter().filter(|(whole, parts)| *whole == part || parts.contains(&part)).map(
            |(whole, parts)| {
                let parts = parts.iter().map(|part| self.cell(region, *part)).collect();
                (self.cell(region, *whole), parts)
            },
        );
        std::iter::once(below(region)).chain(self.parent[region].map(below)).chain(across).collect()
    }

    /// Every sum that holds among the cells of which `present` says that they have a value: the whole and
    /// its parts.
    pub fn sums(&self, present: impl Fn(usize) -> bool) -> Vec<(usize, Vec<usize>)> {
        let mut found = Vec::new();
        let mut add = |whole: usize, parts: Vec<usize>| {
            let parts: Vec<usize> = parts.into_iter().filter(|cell| present(*cell)).collect();
            if present(whole) && !parts.is_empty() {
                found.push((whole, parts));
            }
        };
        for region in 0..self.parent.len() {
            for part in 0..self.parts {
                let below = self.children[region].iter().map(|child| self.cell(*child, part));
                add(self.cell(region, part), below.collect());
            }
            for (whole, parts) in &self.sums {
                let below = parts.iter().map(|part| self.cell(region, *part));
                add(self.cell(region, *whole), below.collect());
            }
        }
        found
    }
}

/// Which parts add up to which.
fn sums_of(keys: &[&str]) -> Vec<(usize, Vec<usize>)> {
    let maps: Vec<BTreeMap<&str, &str>> =
        keys.iter().map(|key| key.split(';').filter_map(|pair| pair.split_once('=')).collect()).collect();
    let mut sums: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
    for (part, map) in maps.iter().enumerate() {
        for dimension in map.keys() {
            let mut above = map.clone();
            above.remove(dimension);
            if let Some(whole) = maps.iter().position(|other| *other == above) {
                sums.entry((whole, dimension)).or_default().push(part);
            }
        }
    }
    sums.into_iter().map(|((whole, _), parts)| (whole, parts)).collect()
}

/// The sets of signed parts, `part` among them with a plus, that leave every sum as it is.
fn ways_of(part: usize, sums: &[(usize, Vec<usize>)]) -> Vec<Vec<Move>> {
    let mut found: BTreeSet<Vec<Move>> = BTreeSet::new();
    let mut open: Vec<Vec<Move>> = vec![vec![(part, 1)]];
    let mut steps = 0;
    while let Some(way) = open.pop() {
        steps += 1;
        if steps > SEARCH_STEPS || found.len() >= MOST_WAYS {
            break;
        }
        let of = |part: usize| way.iter().find(|(other, _)| *other == part).map_or(0, |(_, sign)| *sign);
        let broken = sums.iter().find_map(|(whole, parts)| {
            let rest = of(*whole) - parts.iter().map(|part| of(*part)).sum::<i8>();
            (rest != 0).then_some((*whole, parts, rest))
        });
        let Some((whole, parts, rest)) = broken else {
            let mut way = way;
            way.sort_unstable();
            found.insert(way);
            continue;
        };
        if rest.abs() > 1 || way.len() >= WIDEST_WAY {
            continue;
        }
        // The last one pushed is tried first: another part rather than the whole.
        let options = std::iter::once((whole, -rest)).chain(parts.iter().rev().map(|part| (*part, rest)));
        for (other, sign) in options.filter(|(other, _)| of(*other) == 0) {
            let mut next = way.clone();
            next.push((other, sign));
            open.push(next);
        }
    }
    let mut ways: Vec<Vec<Move>> = found.into_iter().collect();
    ways.sort_by_key(Vec::len);
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_along_each_dimension() {
        let keys =
            ["", "sex=f", "sex=m", "age=0;sex=f", "age=0;sex=m", "age=1;sex=f", "age=1;sex=m", "age=0"];
        let sums = sums_of(&keys);
        assert!(sums.contains(&(0, vec![1, 2])), "{sums:?}");
        assert!(sums.contains(&(1, vec![3, 5])), "{sums:?}");
        assert!(sums.contains(&(7, vec![3, 4])), "{sums:?}");
    }

    #[test]
    fn a_part_moves_with_another_or_with_the_whole() {
        let ways = Grid::new(vec![None], &["", "sex=f", "sex=m"]).ways;
        assert_eq!(ways[1], [vec![(0, 1), (1, 1)], vec![(1, 1), (2, -1)]]);
        assert_eq!(Grid::new(vec![None], &[""]).ways[0], [vec![(0, 1)]]);
        // Two groupings of one total: the total takes a part of each along.
        let two = Grid::new(vec![None], &["", "sex=f", "sex=m", "age=0", "age=1"]).ways;
        assert!(two[0].iter().all(|way| way.len() >= 3), "{:?}", two[0]);
    }
}
