//! Keeps the table `suppressed` and the marks in `latest` in line with the figures, in the transaction
//! that changes them. What is hidden follows from the revisions alone, so that it can be made anew at
//! any time.

use super::replay::{Place, Slice};
use crate::{
    catalog::{Catalog, input_period},
    db::{DbError, Reader, Tx},
    definitions::period,
    effective::{self, ANY_PERIOD, INPUT_PERIODS, Series},
    rollup::Cell,
};
use pendopo_vocab::{Period, RegionAggregation};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Regions named in one statement.
const NAMED_AT_ONCE: usize = 400;

/// Periods of guarded indicators whose figures changed, inputs first.
#[derive(Default)]
pub(crate) struct Touched(BTreeMap<(usize, i64), BTreeSet<i32>>);

impl Touched {
    /// These cells of an indicator changed.
    pub(crate) fn add(&mut self, catalog: &Catalog, indicator_id: i64, cells: &[Cell]) {
        if catalog.is_guarded(indicator_id) {
            let key = (catalog.rank(indicator_id), indicator_id);
            self.0.entry(key).or_default().extend(cells.iter().map(|cell| cell.0));
        }
    }

    /// Decides anew what is hidden of all that changed and of what is made from it.
    pub(crate) fn settle(mut self, tx: &mut Tx<'_>, catalog: &Catalog) -> Result<(), DbError> {
        while let Some(((_, id), periods)) = self.0.pop_first() {
            let parts = breakdowns(tx, catalog, id)?;
            for at in periods {
                let forced = forced(tx, catalog, id, at, &parts)?;
                let hidden = if catalog.get(id)?.region_aggregation == RegionAggregation::Ratio {
                    possible(tx, catalog, id, at, forced)?
                } else {
                    Slice { catalog, indicator_id: id, period: at, parts: &parts }.hidden(tx, &forced)?
                };
                if write(tx, id, at, &hidden)? {
                    self.follow(tx, catalog, id, at)?;
                }
            }
            mark_latest(tx, id)?;
        }
        Ok(())
    }

    /// What is hidden of an indicator changed in a period: notes the periods of what is made from it.
    fn follow(&mut self, tx: &mut Tx<'_>, catalog: &Catalog, id: i64, at: i32) -> Result<(), DbError> {
        let changed = period(at)?;
        for dependent in catalog.dependents(id) {
            let made = catalog.get(*dependent)?;
            let mut periods: BTreeSet<i32> = BTreeSet::new();
            if changed.cadence() <= made.cadence {
                periods.insert(changed.coarsen(made.cadence).id());
            }
            for (breakdown_id, _) in breakdowns(tx, catalog, *dependent)? {
                let series = Series { indicator_id: *dependent, breakdown_id };
                for own in periods_told(tx, catalog, series)? {
                    if reads(catalog, *dependent, period(own)?, id, changed)? {
                        periods.insert(own);
                    }
                }
            }
            self.0.entry((catalog.rank(*dependent), *dependent)).or_default().extend(periods);
        }
        Ok(())
    }
}

/// Hides nothing any more of indicators that no longer count anybody.
pub(crate) fn show_unguarded(tx: &mut Tx<'_>, catalog: &Catalog) -> Result<(), DbError> {
    let kept: Vec<i64> = tx.query("select distinct indicator_id from suppressed", &[], |row| row.get(0))?;
    for id in kept.into_iter().filter(|id| !catalog.is_guarded(*id)) {
        tx.execute("delete from suppressed where indicator_id = $1", &[id.into()])?;
        mark_latest(tx, id)?;
    }
    Ok(())
}

/// Whether a figure of `made` in `own` may be made from one of `input` in `from`.
fn reads(catalog: &Catalog, made: i64, own: Period, input: i64, from: Period) -> Result<bool, DbError> {
    let row = catalog.get(made)?;
    if row.sql.is_some() {
        return Ok(own.first_day() <= from.last_day() && from.first_day() <= own.last_day());
    }
    let stock = row.region_aggregation == RegionAggregation::WeightedMean;
    let (newest, exact) = input_period(own, row.cadence, catalog.get(input)?.cadence, stock);
    Ok(if exact { from.id() == newest } else { from.id() <= newest })
}

/// The breakdowns that an indicator has, id and key.
fn breakdowns(reader: &mut Reader<'_>, catalog: &Catalog, id: i64) -> Result<Vec<(i64, String)>, DbError> {
    let row = catalog.get(id)?;
    let reported = match (row.region_aggregation, row.numerator_id) {
        (RegionAggregation::Ratio, Some(numerator)) => numerator,
        _ => id,
    };
    // From breakdown to breakdown instead of over all figures.
    reader.query(
        "with recursive step (id) as ( \
         select min(o.breakdown_id) from observation o where o.indicator_id = $1 \
         union all \
         select (select min(n.breakdown_id) from observation n where n.indicator_id = $1 \
         and n.breakdown_id > step.id) from step where step.id is not null) \
         select b.breakdown_id, b.key from step join breakdown b on b.breakdown_id = step.id order by b.breakdown_id",
        &[reported.into()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// What must be hidden of an indicator in a period because what it is made from is hidden.
fn forced(
    reader: &mut Reader<'_>,
    catalog: &Catalog,
    id: i64,
    at: i32,
    parts: &[(i64, String)],
) -> Result<BTreeSet<Place>, DbError> {
    let (made, own) = (catalog.get(id)?, period(at)?);
    let mut places = BTreeSet::new();
    for input in catalog.inputs(id).iter().filter(|input| catalog.is_guarded(**input)) {
        let cadence = catalog.get(*input)?.cadence;
        if made.sql.is_some() {
            // Whatever the formula does with a place: what it reads there is hidden.
            for (_, region) in overlapping(reader, *input, own)? {
                places.extend(parts.iter().map(|(breakdown, _)| (*breakdown, region)));
            }
            continue;
        }
        let stock = made.region_aggregation == RegionAggregation::WeightedMean;
        let (newest, exact) = input_period(own, made.cadence, cadence, stock);
        for from in if exact { vec![newest] } else { periods_up_to(reader, *input, newest)? } {
            for (breakdown, region) in read(reader, *input, from)? {
                if stock && breakdown == 0 {
                    // A weight is taken from the total whatever the breakdown.
                    places.extend(parts.iter().map(|(breakdown, _)| (*breakdown, region)));
                } else if !stock {
                    places.insert((breakdown, region));
                }
            }
        }
    }
    Ok(places)
}

/// Those of the places of a ratio that have a figure or had one: where a denominator was corrected to zero
/// the ratio is gone, but not from what was known before.
fn possible(
    reader: &mut Reader<'_>,
    catalog: &Catalog,
    id: i64,
    at: i32,
    mut places: BTreeSet<Place>,
) -> Result<BTreeSet<Place>, DbError> {
    let breakdowns: BTreeSet<i64> = places.iter().map(|place| place.0).collect();
    for breakdown_id in breakdowns {
        let series = Series { indicator_id: id, breakdown_id };
        if !periods_told(reader, catalog, series)?.contains(&at) {
            places.retain(|place| place.0 != breakdown_id);
        }
    }
    Ok(places)
}

/// The periods in which a series has a figure or had one; a ratio's are those of its numerator.
fn periods_told(
    reader: &mut Reader<'_>,
    catalog: &Catalog,
    series: Series,
) -> Result<BTreeSet<i32>, DbError> {
    let row = catalog.get(series.indicator_id)?;
    let (RegionAggregation::Ratio, Some(numerator)) = (row.region_aggregation, row.numerator_id) else {
        return Ok(effective::periods(reader, series, ANY_PERIOD.0, ANY_PERIOD.1)?.into_iter().collect());
    };
    let told = periods_told(reader, catalog, Series { indicator_id: numerator, ..series })?;
    told.into_iter().map(|at| Ok(period(at)?.coarsen(row.cadence).id())).collect()
}

/// The newest periods up to `newest` of which something is hidden.
fn periods_up_to(reader: &mut Reader<'_>, id: i64, newest: i32) -> Result<Vec<i32>, DbError> {
    let mut periods = Vec::new();
    let mut before = newest.saturating_add(1);
    while periods.len() < INPUT_PERIODS {
        let found: Option<i32> = reader.query_one(
            "select max(period) from suppressed where indicator_id = $1 and period < $2",
            &[id.into(), before.into()],
            |row| row.get(0),
        )?;
        let Some(found) = found else { break };
        periods.push(found);
        before = found;
    }
    Ok(periods)
}

/// What is hidden of an indicator in the periods that share a day with `own`.
fn overlapping(reader: &mut Reader<'_>, id: i64, own: Period) -> Result<BTreeSet<Place>, DbError> {
    let (first, last) = (own.first_day(), own.last_day());
    // Periods are kept by their first day; the longest is a year.
    let low = (i32::from(first.year()) - 1) * 100_000;
    let high = (i32::from(last.year()) + 1) * 100_000;
    let mut places = BTreeSet::new();
    reader.for_each(
        "select period, breakdown_id, region_id from suppressed where indicator_id = $1 and period between $2 and $3",
        &[id.into(), low.into(), high.into()],
        |row| {
            let from = period(row.get(0)?)?;
            if from.first_day() <= last && first <= from.last_day() {
                places.insert((row.get(1)?, row.get(2)?));
            }
            Ok(())
        },
    )?;
    Ok(places)
}

/// What is hidden of an indicator in a period.
fn read(reader: &mut Reader<'_>, id: i64, at: i32) -> Result<BTreeSet<Place>, DbError> {
    let rows = reader.query(
        "select breakdown_id, region_id from suppressed where indicator_id = $1 and period = $2",
        &[id.into(), at.into()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(rows.into_iter().collect())
}

/// Brings the table in line; says whether anything changed.
fn write(tx: &mut Tx<'_>, id: i64, at: i32, hidden: &BTreeSet<Place>) -> Result<bool, DbError> {
    let before = read(tx, id, at)?;
    for (breakdown, region) in before.difference(hidden) {
        tx.execute(
            "delete from suppressed where indicator_id = $1 and period = $2 and breakdown_id = $3 and region_id = $4",
            &[id.into(), at.into(), (*breakdown).into(), (*region).into()],
        )?;
    }
    let added = hidden.difference(&before);
    tx.bulk_insert(
        "suppressed",
        ["indicator_id", "period", "breakdown_id", "region_id"],
        added.map(|(breakdown, region)| [id.into(), at.into(), (*breakdown).into(), (*region).into()]),
    )?;
    Ok(before != *hidden)
}

/// Marks in `latest` what is hidden of an indicator.
fn mark_latest(tx: &mut Tx<'_>, id: i64) -> Result<(), DbError> {
    let any = |tx: &mut Tx<'_>, sql: &str| tx.query_opt(sql, &[id.into()], |_| Ok(()));
    if any(tx, "select 1 from suppressed where indicator_id = $1 limit 1")?.is_none()
        && any(tx, "select 1 from latest where indicator_id = $1 and hidden <> 0 limit 1")?.is_none()
    {
        return Ok(());
    }
    let mut hidden: HashSet<(i64, i64, i32)> = HashSet::new();
    let mut runs: BTreeSet<(i64, i64, i32)> = BTreeSet::new();
    tx.for_each(
        "select breakdown_id, region_id, period from suppressed where indicator_id = $1",
        &[id.into()],
        |row| {
            let place = (row.get(0)?, row.get(1)?, row.get(2)?);
            hidden.insert(place);
            runs.insert(place);
            Ok(())
        },
    )?;
    let mut changes: BTreeMap<(i64, i64), Vec<i64>> = BTreeMap::new();
    tx.for_each(
        "select breakdown_id, region_id, period, off_since, hidden from latest where indicator_id = $1",
        &[id.into()],
        |row| {
            let (breakdown, region, at): (i64, i64, i32) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let newest = period(at)?;
            let is = |at: i32| hidden.contains(&(breakdown, region, at));
            let off: Option<i32> = row.get(3)?;
            let in_run = off.is_some_and(|off| {
                runs.range((breakdown, region, off)..(breakdown, region, at)).next().is_some()
            });
            let marks = i64::from(is(at))
                | i64::from(is(newest.shift(-1).id())) << 1
                | i64::from(is(newest.last_year().id())) << 2
                | i64::from(in_run) << 3;
            if marks != row.get::<i64>(4)? {
                changes.entry((marks, breakdown)).or_default().push(region);
            }
            Ok(())
        },
    )?;
    for ((marks, breakdown), regions) in changes {
        for regions in regions.chunks(NAMED_AT_ONCE) {
            let places: Vec<String> = (4..4 + regions.len()).map(|number| format!("${number}")).collect();
            let sql = format!(
                "update latest set hidden = $1 where indicator_id = $2 and breakdown_id = $3 and region_id in ({})",
                places.join(", ")
            );
            let head = [marks.into(), id.into(), breakdown.into()];
            let params: Vec<_> =
                head.into_iter().chain(regions.iter().map(|region| (*region).into())).collect();
            tx.execute(&sql, &params)?;
        }
    }
    Ok(())
}
