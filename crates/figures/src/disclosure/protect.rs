//! Which cells of a table are hidden so that no small one can be worked out. Pure.
//!
//! A small cell is protected by a *swap*: a set of hidden cells that can move together, some up and some
//! down, without changing anything that is shown. A swap is a path through the tree of regions, from one
//! reporting region to another or up to the top, times a set of parts that moves without touching a sum
//! of parts. For every small cell swaps are chosen, least value lost first, until they carry it over every
//! value from the smallest possible to one below the threshold: each of these values then belongs to a
//! whole table that agrees with everything published.
//!
//! A later release is protected among the cells that it changed: whoever keeps the release before knows
//! the others, so that hiding them again would hide nothing. A cell once hidden stays hidden. Where that
//! does not go, nothing of what the release changed is shown: what is not published tells nothing.

use super::grid::{Grid, Move};

/// The rule of one indicator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Values from one up to below this are small.
    pub least: i64,
    /// Zero is small, too.
    pub zeros: bool,
    /// Regions add up to the region above; else they are only known to determine it (means).
    pub adds_up: bool,
    /// Hide what small cells could be worked out from. Only the tests' control does without.
    pub complementary: bool,
}

/// What is hidden of one table.
#[derive(Debug, Clone)]
pub struct Pattern {
    hidden: Vec<bool>,
    values: Vec<f64>,
    /// Number of the release in which a cell first had a value and last changed.
    born: Vec<u32>,
    changed: Vec<u32>,
    step: u32,
    withheld: u32,
}

/// A way to let one cell move.
#[derive(Debug, Clone)]
struct Swap {
    cells: Vec<(usize, i8)>,
    cost: f64,
    /// How far it can go.
    reach: f64,
}

impl Swap {
    fn with(mut self, other: Swap) -> Swap {
        self.cells.extend(other.cells);
        Swap { cells: self.cells, cost: self.cost + other.cost, reach: self.reach.min(other.reach) }
    }

    /// Whether it serves better than `other` where `wanted` is to be reached.
    fn beats(&self, other: &Swap, wanted: f64) -> bool {
        match (self.reach >= wanted, other.reach >= wanted) {
            (true, true) => self.cost < other.cost,
            (false, false) => {
                self.reach > other.reach || (self.reach == other.reach && self.cost < other.cost)
            }
            (enough, _) => enough,
        }
    }
}

/// Keeps the better of two.
fn keep(best: &mut Option<Swap>, found: Swap, wanted: f64) {
    if found.reach >= 1.0 && best.as_ref().is_none_or(|best| found.beats(best, wanted)) {
        *best = Some(found);
    }
}

impl Pattern {
    /// A table of which nothing is published yet.
    pub fn new(grid: &Grid) -> Pattern {
        let cells = grid.cells();
        Pattern {
            hidden: vec![false; cells],
            values: vec![f64::NAN; cells],
            born: vec![0; cells],
            changed: vec![0; cells],
            step: 0,
            withheld: 0,
        }
    }

    /// Whether a cell is hidden.
    pub fn is_hidden(&self, cell: usize) -> bool {
        self.hidden[cell]
    }

    /// How many releases were withheld as a whole, because no swap was found for some cell.
    pub fn withheld(&self) -> u32 {
        self.withheld
    }

    /// The value of a cell; NaN when it has none.
    pub fn value(&self, cell: usize) -> f64 {
        self.values[cell]
    }

    /// Publishes a release: `changes` are the cells, sums included, that are new or have another value.
    /// `forced` cells are hidden whatever their value, in the release that first gives them one.
    pub fn publish(&mut self, grid: &Grid, rule: Rule, changes: &[(usize, f64)], forced: &[usize]) {
        self.step += 1;
        for (cell, value) in changes {
            if self.values[*cell].is_nan() {
                self.born[*cell] = self.step;
            }
            self.values[*cell] = *value;
            self.changed[*cell] = self.step;
        }
        // What was hidden before may be anything; what is hidden only now is known not to be zero.
        let mut zero_floor: Vec<usize> =
            changes.iter().map(|(cell, _)| *cell).filter(|cell| self.hidden[*cell]).collect();
        let bound = self.binds_hidden(grid, changes);
        let due = |cell: &usize| !self.hidden[*cell] && !self.values[*cell].is_nan();
        let mut forced: Vec<usize> = forced.iter().copied().filter(due).collect();
        forced.sort_unstable();
        forced.dedup();
        zero_floor.extend(&forced);
        zero_floor.sort_unstable();
        let mut targets: Vec<usize> =
            changes.iter().filter(|change| self.is_small(rule, **change)).map(|change| change.0).collect();
        targets.extend(forced.iter().filter(|cell| self.changed[**cell] == self.step));
        targets.sort_unstable();
        targets.dedup();
        for cell in targets.iter().chain(&forced) {
            self.hidden[*cell] = true;
        }
        if !rule.complementary {
            return;
        }
        // Reporting regions first, the smallest first: what they hide serves the wholes above them.
        targets.sort_by_key(|cell| !grid.children[cell / grid.parts].is_empty());
        let mut search = Search { grid, rule, zero_floor, undo: Vec::new() };
        let safe = !bound
            && targets.into_iter().all(|cell| {
                let forced = forced.binary_search(&cell).is_ok();
                search.protect(self, cell, forced)
            });
        if !safe {
            self.withheld += 1;
            for (cell, _) in changes {
                self.hidden[*cell] = true;
            }
        }
    }

    fn is_small(&self, rule: Rule, (cell, value): (usize, f64)) -> bool {
        value < rule.least as f64 && (value != 0.0 || rule.zeros || self.hidden[cell])
    }

    /// Whether this release lets a sum begin to hold that binds a cell which was hidden before: such as
    /// the parts of a hidden total that come in a later run. Asked before this release hides anything.
    fn binds_hidden(&self, grid: &Grid, changes: &[(usize, f64)]) -> bool {
        self.step > 1
            && changes.iter().filter(|(cell, _)| self.born[*cell] == self.step).any(|(cell, _)| {
                grid.sums_with(*cell).into_iter().any(|(whole, parts)| {
                    let present = |cell: &usize| !self.values[*cell].is_nan();
                    let old = |cell: &usize| present(cell) && self.born[*cell] < self.step;
                    let held = old(&whole) && parts.iter().any(old);
                    let holds = present(&whole) && parts.iter().any(present);
                    let bound = |cell: &usize| self.hidden[*cell];
                    holds && !held && std::iter::once(&whole).chain(&parts).any(bound)
                })
            })
    }
}

/// The search for swaps in one release.
struct Search<'a> {
    grid: &'a Grid,
    rule: Rule,
    /// Cells of which nobody can know that they are more than zero; sorted.
    zero_floor: Vec<usize>,
    /// Values moved for the cell at hand, to be put back.
    undo: Vec<(usize, f64)>,
}

impl Search<'_> {
    /// Hides what it takes to carry `cell` over every value that the mark allows. `false`: not possible.
    fn protect(&mut self, pattern: &mut Pattern, cell: usize, forced: bool) -> bool {
        let value = pattern.values[cell];
        let most = self.rule.least as f64 - 1.0;
        let room = value - self.floor(cell);
        let (up, down) = match (self.rule.adds_up, forced && value > most) {
            (false, _) => (1.0, 0.0),
            (true, true) => (most.max(1.0), most.min(room)),
            (true, false) => (most - value, room),
        };
        if self.carry(pattern, cell, 1, up.floor()) < up.floor() {
            return false;
        }
        // A whole goes down no further than its parts, of which each is known not to be zero; where it
        // cannot move at all within the mark, it must be able to pass it.
        let moved = self.carry(pattern, cell, -1, down.floor()).max(up.floor());
        moved >= 1.0 || self.carry(pattern, cell, 1, 1.0) >= 1.0
    }

    /// The smallest value that a hidden cell may have for all that is known.
    fn floor(&self, cell: usize) -> f64 {
        if self.rule.zeros || self.zero_floor.binary_search(&cell).is_ok() { 0.0 } else { 1.0 }
    }

    /// Moves `cell` by up to `wanted` in one direction, swap after swap, and hides what moves along; gives
    /// how far it went. Afterwards all values are put back.
    fn carry(&mut self, pattern: &mut Pattern, cell: usize, direction: i8, wanted: f64) -> f64 {
        let mut left = wanted;
        while left >= 1.0 {
            let Some(swap) = self.best_swap(pattern, cell, direction, left) else { break };
            let far = swap.reach.min(left);
            for (moved, sign) in swap.cells {
                pattern.hidden[moved] = true;
                self.undo.push((moved, pattern.values[moved]));
                pattern.values[moved] += far * f64::from(sign * direction);
            }
            left -= far;
        }
        while let Some((moved, value)) = self.undo.pop() {
            pattern.values[moved] = value;
        }
        wanted - left
    }

    fn best_swap(&self, pattern: &Pattern, cell: usize, direction: i8, wanted: f64) -> Option<Swap> {
        let (region, part) = (cell / self.grid.parts, cell % self.grid.parts);
        let mut best = None;
        for way in &self.grid.ways[part] {
            self.swaps_from(pattern, region, way, direction, wanted, &mut best);
        }
        best
    }

    /// Paths that begin at or below `region`: up some levels, then down to another reporting region; or
    /// up to the top.
    fn swaps_from(
        &self,
        pattern: &Pattern,
        region: usize,
        way: &[Move],
        direction: i8,
        wanted: f64,
        best: &mut Option<Swap>,
    ) {
        let Some(mut path) = self.descend(pattern, region, way, direction, wanted) else { return };
        let mut at = region;
        loop {
            let above = self.grid.parent[at];
            match above.map(|above| self.linked(pattern, above, way)) {
                None | Some(Some(false)) => {
                    keep(best, path, wanted);
                    return;
                }
                Some(None) => return,
                Some(Some(true)) => {}
            }
            let Some(above) = above else { return };
            for sibling in self.grid.children[above].iter().filter(|sibling| **sibling != at) {
                if let Some(down) = self.descend(pattern, *sibling, way, -direction, wanted) {
                    let flipped = down.cells.iter().map(|(cell, sign)| (*cell, -sign)).collect();
                    keep(best, path.clone().with(Swap { cells: flipped, ..down }), wanted);
                }
            }
            let Some(step) = self.node(pattern, above, way, direction) else { return };
            path = path.with(step);
            // Going further up only costs more.
            if best.as_ref().is_some_and(|best| best.reach >= wanted && best.cost <= path.cost) {
                return;
            }
            at = above;
        }
    }

    /// A path from `region` down to a reporting region, all of it moving in `direction`.
    fn descend(
        &self,
        pattern: &Pattern,
        region: usize,
        way: &[Move],
        direction: i8,
        wanted: f64,
    ) -> Option<Swap> {
        let here = self.node(pattern, region, way, direction)?;
        let children = &self.grid.children[region];
        let parts_below =
            |part: usize| children.iter().any(|child| !pattern.values[self.grid.cell(*child, part)].is_nan());
        let below = way.iter().filter(|(part, _)| parts_below(*part)).count();
        if below == 0 {
            return Some(here);
        }
        if below < way.len() {
            return None;
        }
        let mut best: Option<Swap> = None;
        for child in children {
            if let Some(found) = self.descend(pattern, *child, way, direction, wanted) {
                keep(&mut best, found, wanted);
            }
        }
        Some(here.with(best?))
    }

    /// Whether the region above is the sum of this one, for all the parts; `None`: for some of them.
    fn linked(&self, pattern: &Pattern, above: usize, way: &[Move]) -> Option<bool> {
        let present = |part: usize| !pattern.values[self.grid.cell(above, part)].is_nan();
        let count = way.iter().filter(|(part, _)| present(*part)).count();
        match count {
            0 => Some(false),
            all if all == way.len() => Some(true),
            _ => None,
        }
    }

    /// The cells of one region that move together; `None` when one of them cannot.
    fn node(&self, pattern: &Pattern, region: usize, way: &[Move], direction: i8) -> Option<Swap> {
        let mut swap = Swap { cells: Vec::with_capacity(way.len()), cost: 0.0, reach: f64::INFINITY };
        for (part, sign) in way {
            let cell = self.grid.cell(region, *part);
            let value = pattern.values[cell];
            let hidden = pattern.hidden[cell];
            // What did not change is known from the release before; zero is shown.
            if pattern.changed[cell] != pattern.step || (value == 0.0 && !self.rule.zeros && !hidden) {
                return None;
            }
            if !hidden {
                swap.cost += if self.rule.adds_up { value.abs() + 1.0 } else { 1.0 };
            }
            if sign * direction < 0 && self.rule.adds_up {
                swap.reach = swap.reach.min((value - self.floor(cell)).floor());
            }
            swap.cells.push((cell, *sign));
        }
        (swap.reach >= 1.0).then_some(swap)
    }
}
