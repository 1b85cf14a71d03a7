//! What new definitions do to figures already recorded: every roll-up of every period and every newest
//! verdict, before and after.

use crate::{
    catalog::Catalog,
    db::{DbError, Reader},
};
use std::collections::BTreeSet;

/// Changes listed per indicator.
const LISTED: usize = 10;
/// Sums made in another order differ by less, relative to their size.
const ROUNDING: f64 = 1e-12;

/// A figure that is made from others, and what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FigureChange {
    /// The indicator.
    pub indicator_id: i64,
    /// The breakdown; 0 is the total.
    pub breakdown_id: i64,
    /// The region.
    pub region_id: i64,
    /// The period.
    pub period: i32,
    /// The value until now, if it had one.
    pub before: Option<f64>,
    /// The value from now on, if it has one.
    pub after: Option<f64>,
}

impl FigureChange {
    /// The size of the change relative to the larger of both values; of what appears or goes, 0: there is
    /// nothing to compare it to.
    fn size(&self) -> f64 {
        let (Some(before), Some(after)) = (self.before, self.after) else { return 0.0 };
        (after - before).abs() / before.abs().max(after.abs()).max(f64::MIN_POSITIVE)
    }
}

/// What becomes of the figures of one indicator, over all periods.
#[derive(Debug, Clone, PartialEq)]
pub struct IndicatorEffect {
    /// The indicator.
    pub indicator_id: i64,
    /// Figures with another value.
    pub changed: i64,
    /// Figures that there were not.
    pub appeared: i64,
    /// Figures that there are no more.
    pub gone: i64,
    /// First and last period in which something differs.
    pub periods: Option<(i32, i32)>,
    /// Newest figures that are judged differently against their targets.
    pub verdicts: i64,
    /// The largest changes, largest first; at most ten.
    pub largest: Vec<FigureChange>,
}

impl IndicatorEffect {
    fn of(indicator_id: i64) -> IndicatorEffect {
        IndicatorEffect {
            indicator_id,
            changed: 0,
            appeared: 0,
            gone: 0,
            periods: None,
            verdicts: 0,
            largest: Vec::new(),
        }
    }

    /// Nothing differs.
    pub fn is_nothing(&self) -> bool {
        self.changed + self.appeared + self.gone + self.verdicts == 0
    }

    fn note(&mut self, change: FigureChange) {
        match (change.before, change.after) {
            (Some(_), Some(_)) => self.changed += 1,
            (None, _) => self.appeared += 1,
            (_, None) => self.gone += 1,
        }
        let (first, last) = self.periods.unwrap_or((change.period, change.period));
        self.periods = Some((first.min(change.period), last.max(change.period)));
        self.largest.push(change);
        if self.largest.len() >= 4096 {
            keep_largest(&mut self.largest, LISTED);
        }
    }
}

/// Sorts changes, largest first, of equal ones the wider region and the newer period, and cuts them to `most`.
pub fn keep_largest(changes: &mut Vec<FigureChange>, most: usize) {
    changes.sort_by(|a, b| {
        let place = |one: &FigureChange| (one.region_id, std::cmp::Reverse(one.period), one.breakdown_id);
        b.size().total_cmp(&a.size()).then_with(|| place(a).cmp(&place(b)))
    });
    changes.truncate(most);
}

type Key = (i64, i32, i64);

/// The made figures of one indicator and its verdicts, as they are now, in key order.
pub(crate) struct Snapshot {
    indicator_id: i64,
    computed: bool,
    rolled: Vec<(Key, f64)>,
    own: Vec<(Key, f64)>,
    verdicts: Vec<(Key, f64)>,
}

const ROLLED: &str = "select breakdown_id, period, region_id, value from rollup where indicator_id = $1 \
    order by breakdown_id, period, region_id";
const OWN: &str = "select breakdown_id, period, region_id, value from current_value where indicator_id = $1 \
    order by breakdown_id, period, region_id";
/// The period is left out: a verdict on a newer period is another verdict on the same figure.
const VERDICTS: &str = "select breakdown_id, 0, region_id, cast(status as double precision) from latest where indicator_id = $1 \
    order by breakdown_id, region_id";

impl Snapshot {
    /// Reads what there is of an indicator.
    pub(crate) fn take(
        reader: &mut Reader<'_>,
        catalog: &Catalog,
        indicator_id: i64,
    ) -> Result<Snapshot, DbError> {
        let mut read = |sql: &str| {
            reader.query(sql, &[indicator_id.into()], |row| {
                Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get(3)?))
            })
        };
        let computed = catalog.get(indicator_id)?.sql.is_some();
        // What was reported does not follow from definitions.
        let own = if computed { read(OWN)? } else { Vec::new() };
        Ok(Snapshot { indicator_id, computed, rolled: read(ROLLED)?, own, verdicts: read(VERDICTS)? })
    }

    /// What differs by now.
    pub(crate) fn compare(&self, reader: &mut Reader<'_>) -> Result<IndicatorEffect, DbError> {
        let indicator_id = self.indicator_id;
        let mut effect = IndicatorEffect::of(indicator_id);
        let mut note = |(breakdown_id, period, region_id): Key, before, after| {
            effect.note(FigureChange { indicator_id, breakdown_id, region_id, period, before, after });
        };
        differences(reader, ROLLED, indicator_id, &self.rolled, &mut note)?;
        if self.computed {
            differences(reader, OWN, indicator_id, &self.own, &mut note)?;
        }
        differences(reader, VERDICTS, indicator_id, &self.verdicts, |_, before, after| {
            effect.verdicts += i64::from(before.is_some() && after.is_some());
        })?;
        keep_largest(&mut effect.largest, LISTED);
        Ok(effect)
    }
}

/// Walks along `before` and what `sql` gives now, both in key order, and calls `each` where they differ.
fn differences(
    reader: &mut Reader<'_>,
    sql: &str,
    indicator_id: i64,
    before: &[(Key, f64)],
    mut each: impl FnMut(Key, Option<f64>, Option<f64>),
) -> Result<(), DbError> {
    let mut at = 0;
    reader.for_each(sql, &[indicator_id.into()], |row| {
        let key: Key = (row.get(0)?, row.get(1)?, row.get(2)?);
        let value: f64 = row.get(3)?;
        while let Some((old, was)) = before.get(at).filter(|old| old.0 < key) {
            each(*old, Some(*was), None);
            at += 1;
        }
        match before.get(at).filter(|old| old.0 == key) {
            Some((_, was)) => {
                at += 1;
                if (value - was).abs() > ROUNDING * value.abs().max(was.abs()) {
                    each(key, Some(*was), Some(value));
                }
            }
            None => each(key, None, Some(value)),
        }
        Ok(())
    })?;
    for (old, was) in &before[at..] {
        each(*old, Some(*was), None);
    }
    Ok(())
}

/// These indicators and all that are made from them.
pub(crate) fn affected(catalog: &Catalog, indicators: &[i64]) -> BTreeSet<i64> {
    let mut found: BTreeSet<i64> = BTreeSet::new();
    let mut open = indicators.to_vec();
    while let Some(id) = open.pop() {
        if found.insert(id) {
            open.extend(catalog.dependents(id));
        }
    }
    found
}
