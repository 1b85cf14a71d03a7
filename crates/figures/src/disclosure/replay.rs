//! One indicator in one period, published again release by release from its revisions.

use super::{Grid, Pattern, Rule};
use crate::{
    catalog::Catalog,
    db::{DbError, Reader},
    definitions::{IndicatorRow, region_code},
};
use pendopo_vocab::{RegionAggregation, RegionCode};
use std::collections::BTreeSet;

/// A place in a slice: breakdown and region.
pub(super) type Place = (i64, i64);

/// A breakdown: its id and its key.
pub(super) type Part = (i64, String);

/// A revision as it was recorded.
struct Told {
    commit_no: i64,
    part: usize,
    region: i64,
    value: f64,
}

/// One indicator in one period.
pub(super) struct Slice<'a> {
    pub catalog: &'a Catalog,
    pub indicator_id: i64,
    pub period: i32,
    /// Breakdowns that the indicator has, id and key.
    pub parts: &'a [Part],
}

impl Slice<'_> {
    /// What is hidden of it. `forced`: what is hidden whatever its value.
    pub(super) fn hidden(
        &self,
        reader: &mut Reader<'_>,
        forced: &BTreeSet<Place>,
    ) -> Result<BTreeSet<Place>, DbError> {
        let indicator = self.catalog.get(self.indicator_id)?;
        let rule = rule_of(indicator);
        if forced.is_empty() && !self.has_small(reader, rule)? {
            return Ok(BTreeSet::new());
        }
        let (parts, told) = self.revisions(reader)?;
        let levels = self.levels(indicator, &told)?;
        let keys: Vec<&str> = parts.iter().map(|(_, key)| key.as_str()).collect();
        let place = |region: i64| levels.binary_search(&region).ok();
        let parents = levels
            .iter()
            .map(|region| {
                let parent = RegionCode::from_id(*region).and_then(RegionCode::parent);
                parent.and_then(|parent| place(parent.id()))
            })
            .collect();
        let grid = Grid::new(parents, &keys);
        let cell_of = |(breakdown, region): &Place| {
            let part = parts.iter().position(|(id, _)| id == breakdown)?;
            Some(grid.cell(place(*region)?, part))
        };
        let forced: Vec<usize> = forced.iter().filter_map(cell_of).collect();
        let mut release = Release {
            rolls_up: rolls_up(indicator),
            touched: vec![false; grid.cells()],
            own: vec![f64::NAN; grid.cells()],
            sums: vec![(0.0, 0.0); grid.cells()],
            grid: &grid,
            rule,
        };
        let mut pattern = Pattern::new(&grid);
        for commit in told.chunk_by(|a, b| a.commit_no == b.commit_no) {
            let said = commit.iter().filter_map(|told| {
                Some((place(told.region)?, told.part, told.value, self.reports(indicator, told.region)))
            });
            let (changes, small) = release.take(said.collect());
            let forced: Vec<usize> =
                if small.is_empty() { forced.clone() } else { forced.iter().copied().chain(small).collect() };
            pattern.publish(&grid, rule, &changes, &forced);
        }
        let hidden = (0..grid.cells()).filter(|cell| pattern.is_hidden(*cell));
        Ok(hidden.map(|cell| (parts[cell % keys.len()].0, levels[cell / keys.len()])).collect())
    }

    /// Whether anything small was ever reported: most tables have nothing to hide.
    fn has_small(&self, reader: &mut Reader<'_>, rule: Rule) -> Result<bool, DbError> {
        let zero = if rule.zeros { "" } else { " and value <> 0" };
        let sql = format!(
            "select 1 from observation where indicator_id = $1 and breakdown_id = $2 and period = $3 \
             and value < $4{zero} limit 1"
        );
        for (breakdown_id, _) in self.parts {
            let least = rule.least as f64;
            let params = [self.indicator_id.into(), (*breakdown_id).into(), self.period.into(), least.into()];
            let found = reader.query_opt(&sql, &params, |_| Ok(()))?;
            if found.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The breakdowns that were told of this period, and all revisions in the order in which they became
    /// visible. What other periods are told by says nothing of this one: it neither adds to a sum here nor
    /// stands in the way of a swap.
    fn revisions(&self, reader: &mut Reader<'_>) -> Result<(Vec<&Part>, Vec<Told>), DbError> {
        let (mut parts, mut told) = (Vec::new(), Vec::new());
        for breakdown in self.parts {
            let (part, before) = (parts.len(), told.len());
            reader.for_each(
                "select commit_no, region_id, value from observation \
                 where indicator_id = $1 and breakdown_id = $2 and period = $3",
                &[self.indicator_id.into(), breakdown.0.into(), self.period.into()],
                |row| {
                    told.push(Told { commit_no: row.get(0)?, part, region: row.get(1)?, value: row.get(2)? });
                    Ok(())
                },
            )?;
            if told.len() > before {
                parts.push(breakdown);
            }
        }
        told.sort_by_key(|told| (told.commit_no, told.part, told.region));
        Ok((parts, told))
    }

    /// Whether figures of this region are what roll-ups are made from.
    fn reports(&self, indicator: &IndicatorRow, region: i64) -> bool {
        RegionCode::from_id(region)
            .is_some_and(|region| region.level() == indicator.level && self.catalog.root.contains(region))
    }

    /// Every region that has a figure at some time, roll-ups included, in order.
    fn levels(&self, indicator: &IndicatorRow, told: &[Told]) -> Result<Vec<i64>, DbError> {
        let mut regions: Vec<i64> = told.iter().map(|told| told.region).collect();
        regions.sort_unstable();
        regions.dedup();
        if rolls_up(indicator).is_some() {
            let mut above: BTreeSet<i64> = BTreeSet::new();
            for region in regions.iter().filter(|region| self.reports(indicator, **region)) {
                let mut next = region_code(*region)?.parent();
                while let Some(region) = next.filter(|region| self.catalog.root.contains(*region)) {
                    if !above.insert(region.id()) {
                        break;
                    }
                    next = region.parent();
                }
            }
            regions.extend(above);
            regions.sort_unstable();
            regions.dedup();
        }
        Ok(regions)
    }
}

/// How the regions below become the region above, where they do.
fn rolls_up(indicator: &IndicatorRow) -> Option<RegionAggregation> {
    match indicator.region_aggregation {
        RegionAggregation::None | RegionAggregation::Ratio => None,
        how => Some(how),
    }
}

/// The rule by which an indicator's own figures are hidden. One that counts nobody has none: it hides
/// only what its inputs make it hide.
pub(super) fn rule_of(indicator: &IndicatorRow) -> Rule {
    Rule {
        least: indicator.least_shown().unwrap_or(i64::MIN / 2),
        zeros: indicator.counts.hides_zero(),
        adds_up: matches!(indicator.region_aggregation, RegionAggregation::Sum | RegionAggregation::None),
        complementary: true,
    }
}

/// Turns what one run reported into the cells that it changed.
struct Release<'a> {
    grid: &'a Grid,
    rule: Rule,
    rolls_up: Option<RegionAggregation>,
    /// Cells that this release changes.
    touched: Vec<bool>,
    own: Vec<f64>,
    /// Total and number of the reporting regions below.
    sums: Vec<(f64, f64)>,
}

impl Release<'_> {
    /// `said`: region, part, value, and whether roll-ups are made from it. Gives the cells changed with
    /// their values, and those whose own figure is small although the roll-up is not.
    fn take(&mut self, said: Vec<(usize, usize, f64, bool)>) -> (Vec<(usize, f64)>, Vec<usize>) {
        let mut changed: Vec<usize> = Vec::with_capacity(said.len() + said.len() / 8);
        for (region, part, value, reports) in said {
            let cell = self.grid.cell(region, part);
            let before = std::mem::replace(&mut self.own[cell], value);
            self.touch(cell, &mut changed);
            if !reports || self.rolls_up.is_none() {
                continue;
            }
            let mut at = self.grid.above(region);
            while let Some(above) = at {
                let cell = self.grid.cell(above, part);
                let (total, count) = &mut self.sums[cell];
                *total += value - if before.is_nan() { 0.0 } else { before };
                *count += if before.is_nan() { 1.0 } else { 0.0 };
                self.touch(cell, &mut changed);
                at = self.grid.above(above);
            }
        }
        changed.sort_unstable();
        let mut small = Vec::new();
        let mut values = Vec::with_capacity(changed.len());
        for cell in changed {
            self.touched[cell] = false;
            let ((total, count), own) = (self.sums[cell], self.own[cell]);
            if count == 0.0 {
                values.push((cell, own));
                continue;
            }
            values.push((
                cell,
                if self.rolls_up == Some(RegionAggregation::Sum) { total } else { total / count },
            ));
            if own < self.rule.least as f64 && (own != 0.0 || self.rule.zeros) {
                small.push(cell);
            }
        }
        (values, small)
    }

    fn touch(&mut self, cell: usize, changed: &mut Vec<usize>) {
        if !std::mem::replace(&mut self.touched[cell], true) {
            changed.push(cell);
        }
    }
}
