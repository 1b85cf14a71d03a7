//! Random tables, published release after release, and an attacker who keeps every release, knows every
//! sum, which figures changed, that figures are whole numbers and not negative, and the rule.

use pendopo_figures::disclosure::{Grid, Pattern, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// A small generator of numbers, so that every table can be made again from its number.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn count(&mut self) -> f64 {
        let value = match self.below(10) {
            0..3 => 0,
            3..6 => 1 + self.below(4),
            6..9 => 5 + self.below(16),
            _ => 20 + self.below(180),
        };
        value as f64
    }
}

/// Every version that a figure ever had, and what the attacker reads of them.
#[derive(Default, Clone)]
struct Published {
    /// Value, the smallest value it may have, the largest that the mark allows when it is a small one.
    versions: Vec<(f64, f64, Option<f64>)>,
    /// Versions of a first release.
    first: BTreeSet<usize>,
    shown: BTreeSet<usize>,
    hidden: BTreeSet<usize>,
    /// Sums: the whole and its parts, by version.
    sums: BTreeSet<(usize, Vec<usize>)>,
    /// Sums over time that are shown.
    totals: BTreeSet<Vec<usize>>,
    withheld: u32,
}

impl Published {
    /// The least that a version may be for all that zeros tell, were nothing else shown: a sum of parts
    /// that are not zero is not one.
    fn least_possible(&self, version: usize) -> f64 {
        let zero = |version: &usize| self.versions[*version].0 == 0.0;
        let mut dark = Published { totals: BTreeSet::new(), ..self.clone() };
        dark.hidden.extend(self.shown.iter().filter(|version| !zero(version)));
        dark.shown.retain(zero);
        let puzzles = puzzles(&dark);
        let at = puzzles.iter().find_map(|puzzle| {
            let at = puzzle.unknown.iter().position(|unknown| *unknown == version)?;
            Some(bounds(puzzle, &dark)[at].0)
        });
        at.unwrap_or(0.0)
    }
}

/// The shape of a table: two to four levels, up to three groupings.
fn shape(noise: &mut Noise) -> (Grid, Vec<usize>, Vec<&'static str>) {
    let mut parents = vec![None];
    let mut level = vec![0];
    for _ in 0..1 + noise.below(3) {
        let mut next = Vec::new();
        for above in level {
            for _ in 0..1 + noise.below(if parents.len() > 8 { 2 } else { 4 }) {
                next.push(parents.len());
                parents.push(Some(above));
            }
        }
        level = next;
        if level.len() > 6 {
            break;
        }
    }
    let keys = match noise.below(6) {
        0..2 => vec![""],
        2 => vec!["", "sex=f", "sex=m"],
        3 => vec!["", "age=0", "age=1", "age=2"],
        4 => vec!["", "sex=f", "sex=m", "age=0", "age=1"],
        _ => vec![
            "",
            "sex=f",
            "sex=m",
            "age=0",
            "age=1",
            "age=0;sex=f",
            "age=0;sex=m",
            "age=1;sex=f",
            "age=1;sex=m",
        ],
    };
    (Grid::new(parents, &keys), level, keys)
}

/// The finest parts of which a part consists, as bits of sex and age.
fn finest(key: &str, keys: &[&str]) -> Vec<usize> {
    let ages = if keys.contains(&"age=2") { 3 } else { 2 };
    let fits = |sex: usize, age: usize| {
        key.split(';').filter(|pair| !pair.is_empty()).all(|pair| match pair {
            "sex=f" => sex == 0,
            "sex=m" => sex == 1,
            other => other == format!("age={age}"),
        })
    };
    (0..2 * ages).filter(|atom| fits(atom % 2, atom / 2)).collect()
}

/// One period: figures come in one to three releases, some late, some revised.
fn publish(
    noise: &mut Noise,
    rule: Rule,
    known: &mut Published,
    shape: &(Grid, Vec<usize>, Vec<&str>),
) -> Vec<Option<usize>> {
    let (grid, leaves, keys) = shape;
    let atoms: Vec<Vec<usize>> = keys.iter().map(|key| finest(key, keys)).collect();
    let mut said: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    let mut pattern = Pattern::new(grid);
    let mut current: Vec<Option<usize>> = vec![None; grid.cells()];
    let mut parts_late = noise.one_in(8);
    for release in 0..1 + noise.below(3) {
        for leaf in leaves {
            let comes = match said.get(leaf) {
                None => release == 2 || !noise.one_in(4),
                Some(_) => noise.one_in(3),
            };
            if comes {
                let fresh: Vec<f64> = (0..6).map(|_| noise.count()).collect();
                let values = said.entry(*leaf).or_insert_with(|| fresh.clone());
                let at = noise.below(4) as usize;
                values[at] = fresh[at];
            }
        }
        let mut changes = Vec::new();
        for (part, atoms) in atoms.iter().enumerate().filter(|(part, _)| *part == 0 || !parts_late) {
            let mut sums: BTreeMap<usize, (f64, bool)> = BTreeMap::new();
            for (leaf, values) in &said {
                let value: f64 = atoms.iter().map(|atom| values[*atom]).sum();
                let changed = pattern.value(grid.cell(*leaf, part)) != value;
                let mut at = Some(*leaf);
                while let Some(region) = at {
                    let sum = sums.entry(region).or_default();
                    *sum = (sum.0 + value, sum.1 || changed);
                    at = grid.above(region);
                }
            }
            let changed = sums.into_iter().filter(|(_, (_, changed))| *changed);
            changes.extend(changed.map(|(region, (value, _))| (grid.cell(region, part), value)));
        }
        parts_late = false;
        let hidden_before: Vec<bool> = (0..grid.cells()).map(|cell| pattern.is_hidden(cell)).collect();
        let withheld = pattern.withheld();
        pattern.publish(grid, rule, &changes, &[]);
        // Of a release withheld as a whole less is promised: no more than that nothing can be solved.
        let marked = pattern.withheld() == withheld;
        for (cell, value) in &changes {
            let floor = if rule.zeros || hidden_before[*cell] || *value == 0.0 { 0.0 } else { 1.0 };
            let small = marked && *value < rule.least as f64;
            known.versions.push((*value, floor, small.then_some(rule.least as f64 - 1.0)));
            current[*cell] = Some(known.versions.len() - 1);
            if release == 0 {
                known.first.insert(known.versions.len() - 1);
            }
        }
        for (cell, version) in current.iter().enumerate() {
            let Some(version) = version else { continue };
            if pattern.is_hidden(cell) {
                known.hidden.insert(*version)
            } else {
                known.shown.insert(*version)
            };
        }
        for (whole, parts) in grid.sums(|cell| current[cell].is_some()) {
            let parts: Vec<usize> = parts.iter().filter_map(|cell| current[*cell]).collect();
            known.sums.insert((current[whole].unwrap(), parts));
        }
    }
    known.withheld += pattern.withheld();
    (0..grid.cells()).map(|cell| current[cell].filter(|_| !pattern.is_hidden(cell))).collect()
}

/// A whole table: one to six periods and, of every three of them, the coarser one.
fn table(number: u64, complementary: bool) -> (Published, Rule) {
    let mut noise = Noise(number);
    let shape = shape(&mut noise);
    let zeros = noise.one_in(3);
    let rule = Rule { least: if zeros { 10 } else { 5 }, zeros, adds_up: true, complementary };
    let mut known = Published::default();
    let periods: Vec<Vec<Option<usize>>> =
        (0..1 + noise.below(6)).map(|_| publish(&mut noise, rule, &mut known, &shape)).collect();
    for quarter in periods.chunks(3) {
        for cell in 0..shape.0.cells() {
            // As questions over time do it: shown where every period in it is.
            let shown: Option<Vec<usize>> = quarter.iter().map(|period| period[cell]).collect();
            known.totals.extend(shown);
        }
    }
    (known, rule)
}

/// What an attacker has to solve: unknown versions and the equations among them, apart from each other.
struct Puzzle {
    unknown: Vec<usize>,
    /// Coefficients by unknown, and what they add up to.
    equations: Vec<(Vec<(usize, i64)>, i64)>,
}

fn puzzles(known: &Published) -> Vec<Puzzle> {
    let secret: Vec<usize> = known.hidden.difference(&known.shown).copied().collect();
    let index: BTreeMap<usize, usize> =
        secret.iter().enumerate().map(|(at, version)| (*version, at)).collect();
    let mut equations: BTreeSet<(Vec<(usize, i64)>, i64)> = BTreeSet::new();
    let totals = known.totals.iter().map(|parts| (None, parts));
    let sums = known.sums.iter().map(|(whole, parts)| (Some(*whole), parts));
    for (whole, parts) in sums.chain(totals) {
        let mut row = Vec::new();
        let mut rest: i64 =
            if whole.is_none() { parts.iter().map(|part| known.versions[*part].0 as i64).sum() } else { 0 };
        for (version, sign) in
            whole.iter().map(|whole| (*whole, -1)).chain(parts.iter().map(|part| (*part, 1)))
        {
            match index.get(&version) {
                Some(at) => row.push((*at, sign)),
                None => rest -= sign * known.versions[version].0 as i64,
            }
        }
        row.sort_unstable();
        if !row.is_empty() {
            equations.insert((row, rest));
        }
    }
    let mut group: Vec<usize> = (0..secret.len()).collect();
    fn find(group: &mut [usize], at: usize) -> usize {
        let mut at = at;
        while group[at] != at {
            group[at] = group[group[at]];
            at = group[at];
        }
        at
    }
    for (row, _) in &equations {
        for pair in row.windows(2) {
            let (a, b) = (find(&mut group, pair[0].0), find(&mut group, pair[1].0));
            group[a] = b;
        }
    }
    let mut found: BTreeMap<usize, Puzzle> = BTreeMap::new();
    let mut place = vec![0; secret.len()];
    for at in 0..secret.len() {
        let root = find(&mut group, at);
        let puzzle = found.entry(root).or_insert(Puzzle { unknown: Vec::new(), equations: Vec::new() });
        place[at] = puzzle.unknown.len();
        puzzle.unknown.push(secret[at]);
    }
    for (row, rest) in equations {
        let root = find(&mut group, row[0].0);
        let row = row.into_iter().map(|(at, sign)| (place[at], sign)).collect();
        found.get_mut(&root).unwrap().equations.push((row, rest));
    }
    found.into_values().collect()
}

/// Elimination without fractions: the unknowns that the equations determine.
fn determined(puzzle: &Puzzle) -> usize {
    let width = puzzle.unknown.len();
    let mut rows: Vec<Vec<i128>> = puzzle
        .equations
        .iter()
        .map(|(row, _)| {
            let mut full = vec![0; width];
            row.iter().for_each(|(at, sign)| full[*at] += i128::from(*sign));
            full
        })
        .collect();
    let mut rank = 0;
    for column in 0..width {
        let Some(pivot) = (rank..rows.len()).find(|row| rows[*row][column] != 0) else { continue };
        rows.swap(rank, pivot);
        let chosen = rows[rank].clone();
        for (at, row) in rows.iter_mut().enumerate() {
            if at != rank && row[column] != 0 {
                let (a, b) = (chosen[column], row[column]);
                row.iter_mut().zip(&chosen).for_each(|(x, y)| *x = *x * a - y * b);
                let divisor = row.iter().fold(0, |divisor, x| gcd(divisor, x.abs()));
                if divisor > 1 {
                    row.iter_mut().for_each(|x| *x /= divisor);
                }
            }
        }
        rank += 1;
    }
    rows.iter().filter(|row| row.iter().filter(|x| **x != 0).count() == 1).count()
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Narrows every unknown down until nothing moves any more.
fn bounds(puzzle: &Puzzle, known: &Published) -> Vec<(f64, f64)> {
    let mut bounds: Vec<(f64, f64)> =
        puzzle.unknown.iter().map(|version| (known.versions[*version].1, f64::INFINITY)).collect();
    loop {
        let mut moved = false;
        for (row, rest) in &puzzle.equations {
            let span = |(at, sign): &(usize, i64)| {
                let (low, high): (f64, f64) = bounds[*at];
                if *sign > 0 { (low, high) } else { (-high, -low) }
            };
            let spans: Vec<(f64, f64)> = row.iter().map(span).collect();
            for (index, (at, sign)) in row.iter().enumerate() {
                let others = spans.iter().enumerate().filter(|(other, _)| *other != index);
                let (low, high) = others.fold((0.0, 0.0), |sum, (_, span)| (sum.0 + span.0, sum.1 + span.1));
                let (low, high) = (*rest as f64 - high, *rest as f64 - low);
                let (low, high) = if *sign > 0 { (low, high) } else { (-high, -low) };
                let found = (bounds[*at].0.max(low), bounds[*at].1.min(high));
                moved |= found != bounds[*at];
                bounds[*at] = found;
            }
        }
        if !moved {
            return bounds;
        }
    }
}

/// What an attack found out.
#[derive(Debug, Default)]
struct Found {
    tables: u64,
    hidden: usize,
    small: usize,
    solved: usize,
    narrowed: usize,
    broken: usize,
    withheld: u32,
    tables_broken: usize,
}

fn attack(tables: std::ops::Range<u64>, complementary: bool) -> Found {
    let mut found = Found::default();
    for number in tables {
        let (known, _) = table(number, complementary);
        found.tables += 1;
        found.withheld += known.withheld;
        let before = found.solved + found.narrowed + found.broken;
        for puzzle in puzzles(&known) {
            found.hidden += puzzle.unknown.len();
            found.solved += determined(&puzzle);
            for (version, (low, high)) in puzzle.unknown.iter().zip(bounds(&puzzle, &known)) {
                let (value, floor, most) = known.versions[*version];
                assert!((low..=high).contains(&value), "table {number}: the attacker reckons wrongly");
                found.narrowed += usize::from(high - low < 1.0);
                if let Some(most) = most {
                    found.small += 1;
                    // What was published before may say by itself that a later figure is more than zero.
                    let first = known.first.contains(version);
                    let narrow = first && low > floor && low > known.least_possible(*version);
                    found.broken += usize::from(narrow || high < most);
                }
            }
        }
        found.tables_broken += usize::from(found.solved + found.narrowed + found.broken > before);
    }
    found
}

/// The same by all processors.
fn attack_all(tables: u64, complementary: bool) -> Found {
    let threads = std::thread::available_parallelism().map_or(2, |count| count.get() as u64);
    let parts: Vec<Found> = std::thread::scope(|scope| {
        let part = |n: u64| tables * n / threads..tables * (n + 1) / threads;
        let started: Vec<_> =
            (0..threads).map(|n| scope.spawn(move || attack(part(n), complementary))).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    parts.into_iter().fold(Found::default(), |sum, part| Found {
        tables: sum.tables + part.tables,
        hidden: sum.hidden + part.hidden,
        small: sum.small + part.small,
        solved: sum.solved + part.solved,
        narrowed: sum.narrowed + part.narrowed,
        broken: sum.broken + part.broken,
        withheld: sum.withheld + part.withheld,
        tables_broken: sum.tables_broken + part.tables_broken,
    })
}

#[test]
fn no_hidden_cell_is_recovered() {
    let found = attack_all(10_000, true);
    println!(
        "counted: small cells: {} tables, {} hidden cells, {} recovered ({} by elimination, {} by bounds); {} small ones, {} narrowed \
         within the mark; {} releases withheld",
        found.tables,
        found.hidden,
        found.solved + found.narrowed,
        found.solved,
        found.narrowed,
        found.small,
        found.broken,
        found.withheld
    );
    assert!(found.hidden > 100_000, "{found:?}");
    assert_eq!((found.solved, found.narrowed, found.broken), (0, 0, 0), "{found:?}");
}

#[test]
fn without_complementary_cells_the_attack_succeeds() {
    let found = attack_all(300, false);
    println!(
        "counted: small cells without complementary ones: {} of {} tables broken, {} cells solved",
        found.tables_broken, found.tables, found.solved
    );
    assert!(found.tables_broken > 150, "{found:?}");
}
