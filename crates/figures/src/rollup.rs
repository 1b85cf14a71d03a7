//! Roll-ups: what the regions below come to, kept for every level up to the center's own region.
//!
//! Sums, means and weighted means are made from the regions at the indicator's reporting level, one
//! level at a time: each level keeps total and weight, so that the next is their sum and one village's
//! figure touches four short ranges. Ratios are made at every level from their two inputs.

use crate::{
    catalog::{Catalog, input_period},
    db::{DbError, Reader, Tx, Value},
    definitions::{IndicatorRow, period},
    effective::{self, Series},
};
use pendopo_vocab::{RegionAggregation, RegionCode, RegionLevel};
use std::collections::{BTreeMap, HashMap};

/// A figure that changed: period and region.
pub(crate) type Cell = (i32, i64);

/// Up to this many parents are read one by one; more are read as one range.
const FEW: usize = 8;
/// How many earlier periods of a weight are searched for regions that it misses.
const WEIGHT_PERIODS: usize = 6;

const COLUMNS: [&str; 10] = [
    "indicator_id",
    "breakdown_id",
    "period",
    "region_id",
    "value",
    "total",
    "weight",
    "reported",
    "expected",
    "commit_no",
];

/// What a parent's children come to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sum {
    pub total: f64,
    pub weight: f64,
    pub reported: i64,
}

impl Sum {
    /// The parent's value; `None` when nothing reported or nothing weighs.
    pub(crate) fn value(self, aggregation: RegionAggregation) -> Option<f64> {
        match aggregation {
            _ if self.reported == 0 => None,
            RegionAggregation::Sum => Some(self.total),
            _ if self.weight == 0.0 => None,
            _ => Some(self.total / self.weight),
        }
    }

    pub(crate) fn add(&mut self, value: f64, weight: f64) {
        self.total += value * weight;
        self.weight += weight;
        self.reported += 1;
    }
}

/// The regions of one level under the root, to know how many should report.
pub(crate) struct Roster {
    regions: Vec<(i64, Option<String>, Option<String>)>,
    dated: bool,
}

impl Roster {
    pub(crate) fn load(
        reader: &mut Reader<'_>,
        level: RegionLevel,
        within: RegionCode,
    ) -> Result<Roster, DbError> {
        let subtree = within.subtree();
        let regions = reader.query(
            "select region_id, valid_from, valid_to from region \
             where level = $1 and region_id between $2 and $3 order by region_id",
            &[level.depth().into(), (*subtree.start()).into(), (*subtree.end()).into()],
            |row| Ok((row.get(0)?, row.get(1)?, row.get::<Option<String>>(2)?)),
        )?;
        let dated = regions
            .iter()
            .any(|(_, from, to): &(i64, Option<String>, Option<String>)| from.is_some() || to.is_some());
        Ok(Roster { regions, dated })
    }

    /// Regions of the level in `parent` that existed in `period`.
    pub(crate) fn expected(&self, parent: RegionCode, in_period: i32) -> Result<i64, DbError> {
        let subtree = parent.subtree();
        let first = self.regions.partition_point(|region| region.0 < *subtree.start());
        let end = self.regions.partition_point(|region| region.0 <= *subtree.end());
        let regions = &self.regions[first..end];
        if !self.dated {
            return Ok(regions.len() as i64);
        }
        let in_period = period(in_period)?;
        let (first, last) = (in_period.first_day().to_string(), in_period.last_day().to_string());
        let alive = |from: &Option<String>, to: &Option<String>| {
            from.as_ref().is_none_or(|from| *from <= last) && to.as_ref().is_none_or(|to| *to >= first)
        };
        Ok(regions.iter().filter(|(_, from, to)| alive(from, to)).count() as i64)
    }
}

/// Brings the roll-ups over `cells` (sorted) up to date; gives the cells above them, with a roll-up or
/// without.
pub(crate) fn refresh(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    series: Series,
    cells: &[Cell],
    commit_no: i64,
) -> Result<Vec<Cell>, DbError> {
    let indicator = catalog.get(series.indicator_id)?;
    let root_level = catalog.root.level();
    if matches!(indicator.region_aggregation, RegionAggregation::None | RegionAggregation::Ratio)
        || indicator.level <= root_level
    {
        return Ok(Vec::new());
    }
    let roster = Roster::load(tx, indicator.level, catalog.root)?;
    let mut rolled = Vec::new();
    let mut rows: Vec<[Value; 10]> = Vec::new();
    for group in cells.chunk_by(|a, b| a.0 == b.0) {
        let in_period = group[0].0;
        let mut parents = parents_of(group.iter().map(|cell| cell.1), indicator.level, catalog.root);
        let mut below: Option<BTreeMap<i64, Sum>> = None;
        while let Some(parent_level) = parents.first().map(|parent| parent.level()) {
            let sums = sum_children(tx, catalog, indicator, series, in_period, &parents, below.as_ref())?;
            for parent in &parents {
                let sum = sums.get(&parent.id()).copied().unwrap_or_default();
                rolled.push((in_period, parent.id()));
                match sum.value(indicator.region_aggregation) {
                    Some(value) => {
                        let expected = roster.expected(*parent, in_period)?;
                        rows.push(row(series, in_period, parent.id(), value, sum, expected, commit_no));
                    }
                    // It may have had one before: a weight can become zero.
                    None => forget(tx, series, in_period, parent.id())?,
                }
            }
            if parent_level <= root_level {
                break;
            }
            parents = parents_of(parents.iter().map(|parent| parent.id()), parent_level, catalog.root);
            below = Some(sums);
        }
    }
    tx.bulk_upsert("rollup", 4, COLUMNS, rows)?;
    Ok(rolled)
}

fn forget(tx: &mut Tx<'_>, series: Series, in_period: i32, region: i64) -> Result<(), DbError> {
    tx.execute(
        "delete from rollup where indicator_id = $1 and breakdown_id = $2 and period = $3 and region_id = $4",
        &[series.indicator_id.into(), series.breakdown_id.into(), in_period.into(), region.into()],
    )?;
    Ok(())
}

fn row(
    series: Series,
    in_period: i32,
    region: i64,
    value: f64,
    sum: Sum,
    expected: i64,
    commit_no: i64,
) -> [Value; 10] {
    [
        series.indicator_id.into(),
        series.breakdown_id.into(),
        in_period.into(),
        region.into(),
        value.into(),
        sum.total.into(),
        sum.weight.into(),
        sum.reported.into(),
        expected.into(),
        commit_no.into(),
    ]
}

/// The parents, once each and in order, of those `regions` that are at `level` and under the root.
fn parents_of(regions: impl Iterator<Item = i64>, level: RegionLevel, root: RegionCode) -> Vec<RegionCode> {
    let mut parents: Vec<RegionCode> = regions
        .filter_map(RegionCode::from_id)
        .filter(|region| region.level() == level)
        .filter_map(RegionCode::parent)
        .filter(|parent| root.contains(*parent))
        .collect();
    parents.sort_unstable();
    parents.dedup();
    parents
}

/// Sums up the children of `parents` (all of one level). `below` holds the children's own sums just
/// made and not yet written; what it lacks is read.
fn sum_children(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    indicator: &IndicatorRow,
    series: Series,
    in_period: i32,
    parents: &[RegionCode],
    below: Option<&BTreeMap<i64, Sum>>,
) -> Result<BTreeMap<i64, Sum>, DbError> {
    let mut sums = BTreeMap::new();
    let ranges: Vec<(i64, i64)> = match parents {
        [first, .., last] if parents.len() > FEW => vec![(first.id(), *last.subtree().end())],
        few => few.iter().map(|parent| (*parent.subtree().start(), *parent.subtree().end())).collect(),
    };
    let level = parents.first().map_or(RegionLevel::Country, |parent| parent.level());
    for (low, high) in ranges {
        match below {
            None => sum_reported(tx, catalog, indicator, series, in_period, (low, high), level, &mut sums)?,
            Some(below) => sum_sums(tx, series, in_period, (low, high), level, below, &mut sums)?,
        }
    }
    if parents.len() > FEW {
        sums.retain(|region, _| parents.binary_search_by_key(region, |parent| parent.id()).is_ok());
    }
    Ok(sums)
}

#[expect(clippy::too_many_arguments, reason = "one private step of one calculation")]
fn sum_reported(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    indicator: &IndicatorRow,
    series: Series,
    in_period: i32,
    (low, high): (i64, i64),
    parent_level: RegionLevel,
    sums: &mut BTreeMap<i64, Sum>,
) -> Result<(), DbError> {
    let weights = match (indicator.region_aggregation, indicator.weight_id) {
        (RegionAggregation::WeightedMean, Some(weight)) => {
            Some(weights_at(tx, catalog, indicator, weight, in_period, low, high)?)
        }
        _ => None,
    };
    let (own_span, wider_span) = (indicator.level.span(), level_above(indicator.level).span());
    let parent_span = parent_level.span();
    let mut last: Option<(i64, Sum)> = None;
    effective::reported(tx, series, in_period, (low, high), i64::MAX, |region, value, _| {
        // Other levels' own figures lie in the same range; they are not part of the sum.
        if region % own_span != 0 || region % wider_span == 0 {
            return;
        }
        let weight = match &weights {
            None => Some(1.0),
            Some(weights) => weights.get(&region).copied(),
        };
        let Some(weight) = weight else {
            return;
        };
        let parent = region - region % parent_span;
        match &mut last {
            Some((current, sum)) if *current == parent => sum.add(value, weight),
            slot => {
                if let Some((done, sum)) = slot.take() {
                    sums.insert(done, sum);
                }
                let mut sum = Sum::default();
                sum.add(value, weight);
                *slot = Some((parent, sum));
            }
        }
    })?;
    if let Some((done, sum)) = last {
        sums.insert(done, sum);
    }
    Ok(())
}

fn sum_sums(
    tx: &mut Tx<'_>,
    series: Series,
    in_period: i32,
    (low, high): (i64, i64),
    parent_level: RegionLevel,
    below: &BTreeMap<i64, Sum>,
    sums: &mut BTreeMap<i64, Sum>,
) -> Result<(), DbError> {
    let Some(child_level) = parent_level.child() else {
        return Ok(());
    };
    let (child_span, parent_span) = (child_level.span(), parent_level.span());
    let mut children: BTreeMap<i64, Sum> = BTreeMap::new();
    tx.for_each(
        "select region_id, total, weight, reported from rollup \
         where indicator_id = $1 and breakdown_id = $2 and period = $3 and region_id between $4 and $5",
        &[series.indicator_id.into(), series.breakdown_id.into(), in_period.into(), low.into(), high.into()],
        |row| {
            let region: i64 = row.get(0)?;
            if region % child_span == 0 && region % parent_span != 0 {
                let sum = Sum { total: row.get(1)?, weight: row.get(2)?, reported: row.get(3)? };
                children.insert(region, sum);
            }
            Ok(())
        },
    )?;
    children.extend(below.range(low..=high).map(|(region, sum)| (*region, *sum)));
    for (region, child) in children {
        let sum: &mut Sum = sums.entry(region - region % parent_span).or_default();
        sum.total += child.total;
        sum.weight += child.weight;
        sum.reported += child.reported;
    }
    Ok(())
}

/// The level above; the country is above itself.
pub(crate) fn level_above(level: RegionLevel) -> RegionLevel {
    RegionLevel::from_depth(level.depth() - 1).unwrap_or(RegionLevel::Country)
}

/// Weights of the regions in a range: for each the newest value not after the period. A weight is a
/// stock, such as a population, and is taken from the total whatever the breakdown.
fn weights_at(
    reader: &mut Reader<'_>,
    catalog: &Catalog,
    indicator: &IndicatorRow,
    weight_id: i64,
    in_period: i32,
    low: i64,
    high: i64,
) -> Result<HashMap<i64, f64>, DbError> {
    let weight = Series { indicator_id: weight_id, breakdown_id: 0 };
    let cadence = catalog.get(weight_id)?.cadence;
    let (newest, _) = input_period(period(in_period)?, indicator.cadence, cadence, true);
    let mut weights = HashMap::new();
    let mut before = newest.saturating_add(1);
    for _ in 0..WEIGHT_PERIODS {
        let Some(at) = effective::period_before(reader, weight, before)? else {
            break;
        };
        for (region, slot) in effective::range(reader, weight, at, low, high)? {
            weights.entry(region).or_insert(slot.value);
        }
        before = at;
    }
    Ok(weights)
}

/// Brings a ratio up to date at `cells` (sorted; periods of the ratio).
pub(crate) fn refresh_ratio(
    tx: &mut Tx<'_>,
    catalog: &Catalog,
    series: Series,
    cells: &[Cell],
    commit_no: i64,
) -> Result<(), DbError> {
    let ratio = catalog.get(series.indicator_id)?;
    let (Some(numerator_id), Some(denominator_id)) = (ratio.numerator_id, ratio.denominator_id) else {
        return Ok(());
    };
    let scale = ratio.scale.unwrap_or(1.0);
    let mut rows: Vec<[Value; 10]> = Vec::new();
    for group in cells.chunk_by(|a, b| a.0 == b.0) {
        let in_period = group[0].0;
        let regions: Vec<i64> = group.iter().map(|cell| cell.1).collect();
        let above = input_values(tx, catalog, ratio, numerator_id, series.breakdown_id, in_period, &regions)?;
        let below =
            input_values(tx, catalog, ratio, denominator_id, series.breakdown_id, in_period, &regions)?;
        for ((region, above), below) in regions.iter().zip(above).zip(below) {
            let (Some(above), Some(below)) = (above, below.filter(|below| below.value != 0.0)) else {
                // It may have had a value before: a denominator can become zero.
                forget(tx, series, in_period, *region)?;
                continue;
            };
            let sum = Sum {
                total: above.value * scale,
                weight: below.value,
                reported: above.reported.unwrap_or(1),
            };
            let expected = above.expected.unwrap_or(1);
            let value = scale * above.value / below.value;
            rows.push(row(series, in_period, *region, value, sum, expected, commit_no));
        }
    }
    tx.bulk_upsert("rollup", 4, COLUMNS, rows)?;
    Ok(())
}

/// The values of an input that count in `in_period` of what is made from it, region by region.
fn input_values(
    reader: &mut Reader<'_>,
    catalog: &Catalog,
    made: &IndicatorRow,
    input_id: i64,
    breakdown_id: i64,
    in_period: i32,
    regions: &[i64],
) -> Result<Vec<Option<effective::Slot>>, DbError> {
    let input = Series { indicator_id: input_id, breakdown_id };
    let cadence = catalog.get(input_id)?.cadence;
    let (newest, exact) = input_period(period(in_period)?, made.cadence, cadence, false);
    let mut values = vec![None; regions.len()];
    let mut at =
        if exact { Some(newest) } else { effective::period_before(reader, input, newest.saturating_add(1))? };
    for _ in 0..WEIGHT_PERIODS {
        let Some(input_period) = at else {
            break;
        };
        effective::of_regions(reader, input, input_period, regions, |index, slot| {
            values[index].get_or_insert(slot);
        })?;
        if exact || values.iter().all(Option::is_some) {
            break;
        }
        at = effective::period_before(reader, input, input_period)?;
    }
    Ok(values)
}
