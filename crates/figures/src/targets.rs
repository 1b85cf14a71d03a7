//! Which target holds where and when.

use crate::{
    db::{DbError, Reader, Tx, Value},
    definitions::{IndicatorRow, TargetRow, period, region_code},
};
use pendopo_vocab::{RegionAggregation, RegionCode, TargetStatus};
use std::collections::HashMap;

/// What is laid down for a region and period: bound, upper bound, since when.
type LaidDown = HashMap<(i64, i32), (f64, Option<f64>, i64)>;

/// Replaces all targets of one indicator at `at` (Unix milliseconds). What was laid down until then is kept, for
/// whoever asks what was known earlier. Call [`crate::recompute`] afterwards.
///
/// # Errors
/// The database's.
pub fn put_targets(
    tx: &mut Tx<'_>,
    indicator_id: i64,
    targets: &[TargetRow],
    at: i64,
) -> Result<(), DbError> {
    let sql = "select region_id, period, value, high, since from target where indicator_id = $1";
    let rows = tx.query(sql, &[indicator_id.into()], |row| {
        Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?, row.get(4)?)))
    })?;
    let mut before: LaidDown = rows.into_iter().collect();
    tx.execute("delete from target where indicator_id = $1", &[indicator_id.into()])?;
    for target in targets {
        let key = (target.region.id(), target.period.id());
        let kept = before.remove(&key);
        let same = kept.filter(|(value, high, _)| (*value, *high) == (target.value, target.high));
        if let (None, Some(changed)) = (same, kept) {
            before.insert(key, changed);
        }
        let row: [Value; 7] = [
            indicator_id.into(),
            key.0.into(),
            key.1.into(),
            target.value.into(),
            target.high.into(),
            target.basis.as_deref().into(),
            same.map_or(at, |(.., since)| since).into(),
        ];
        let sql = "insert into target (indicator_id, region_id, period, value, high, basis, since) \
                   values ($1, $2, $3, $4, $5, $6, $7)";
        tx.execute(sql, &row)?;
    }
    // What was in force for no time at all nobody has known.
    for ((region, in_period), (value, high, since)) in before.into_iter().filter(|(_, was)| was.2 < at) {
        let row: [Value; 7] = [
            indicator_id.into(),
            region.into(),
            in_period.into(),
            value.into(),
            high.into(),
            since.into(),
            at.into(),
        ];
        let sql = "insert into target_past (indicator_id, region_id, period, value, high, since, until) \
                   values ($1, $2, $3, $4, $5, $6, $7)";
        tx.execute(sql, &row)?;
    }
    Ok(())
}

/// Targets of one indicator, those of now or those in force at `known_at`: region, period, bounds.
fn laid_down(
    reader: &mut Reader<'_>,
    indicator_id: i64,
    known_at: Option<i64>,
) -> Result<Vec<(i64, i32, Bounds)>, DbError> {
    let mut sql = "select region_id, period, value, high from target where indicator_id = $1 and since <= $2"
        .to_owned();
    if known_at.is_some() {
        sql += " union all select region_id, period, value, high from target_past \
                where indicator_id = $1 and since <= $2 and until > $2";
    }
    let params = [indicator_id.into(), known_at.unwrap_or(i64::MAX).into()];
    reader.query(&sql, &params, |row| Ok((row.get(0)?, row.get(1)?, (row.get(2)?, row.get(3)?))))
}

/// The targets of one indicator.
pub(crate) struct TargetBook {
    /// By region: period, bound, upper bound.
    laid_down: HashMap<RegionCode, Vec<(i32, f64, Option<f64>)>>,
    /// What of it holds in a period, by period, as far as asked.
    in_force: HashMap<i32, HashMap<RegionCode, Bounds>>,
    inherited: bool,
}

/// A target in force.
pub type Bounds = (f64, Option<f64>);

impl TargetBook {
    pub(crate) fn load(
        reader: &mut Reader<'_>,
        id: i64,
        indicator: &IndicatorRow,
        known_at: Option<i64>,
    ) -> Result<TargetBook, DbError> {
        let mut by_region: HashMap<_, Vec<_>> = HashMap::new();
        for (region, in_period, (value, high)) in laid_down(reader, id, known_at)? {
            by_region.entry(region_code(region)?).or_default().push((in_period, value, high));
        }
        Ok(TargetBook {
            laid_down: by_region,
            in_force: HashMap::new(),
            // A total that a regency must reach is not what each of its villages must reach.
            inherited: indicator.region_aggregation != RegionAggregation::Sum,
        })
    }

    /// The target of a region in a period: its own, else that of the nearest region above; the very
    /// period's, else that of the shortest longer period around it.
    pub(crate) fn bounds(&mut self, region: RegionCode, in_period: i32) -> Result<Option<Bounds>, DbError> {
        if self.laid_down.is_empty() {
            return Ok(None);
        }
        if !self.in_force.contains_key(&in_period) {
            let found = self.holding_in(in_period)?;
            self.in_force.insert(in_period, found);
        }
        let Some(holding) = self.in_force.get(&in_period) else {
            return Ok(None);
        };
        let mut place = Some(region);
        while let Some(at) = place {
            if let Some(bounds) = holding.get(&at) {
                return Ok(Some(*bounds));
            }
            place = if self.inherited { at.parent() } else { None };
        }
        Ok(None)
    }

    fn holding_in(&self, in_period: i32) -> Result<HashMap<RegionCode, Bounds>, DbError> {
        let asked = period(in_period)?;
        let mut holding = HashMap::new();
        for (region, targets) in &self.laid_down {
            let mut best: Option<(i32, Bounds)> = None;
            for (target_period, value, high) in targets {
                let cadence = period(*target_period)?.cadence();
                let covers = cadence >= asked.cadence() && asked.coarsen(cadence).id() == *target_period;
                let length = cadence as i32;
                if covers && best.is_none_or(|(shortest, _)| length < shortest) {
                    best = Some((length, (*value, *high)));
                }
            }
            if let Some((_, bounds)) = best {
                holding.insert(*region, bounds);
            }
        }
        Ok(holding)
    }
}

/// The targets of a region in each of `periods`, its own or the nearest above: bound, upper bound. `known_at`
/// (Unix milliseconds) asks for those in force then; `None` is now.
///
/// # Errors
/// The database's.
pub fn targets_in_force(
    reader: &mut Reader<'_>,
    indicator_id: i64,
    indicator: &IndicatorRow,
    region: RegionCode,
    periods: &[i32],
    known_at: Option<i64>,
) -> Result<Vec<Option<Bounds>>, DbError> {
    let mut book = TargetBook::load(reader, indicator_id, indicator, known_at)?;
    periods.iter().map(|period| book.bounds(region, *period)).collect()
}

/// Judges a value; the miss is relative to the bound, 0 when it is met.
pub(crate) fn judge(indicator: &IndicatorRow, value: f64, bounds: Option<Bounds>) -> (TargetStatus, f64) {
    let (target, high) = (bounds.map(|b| b.0), bounds.and_then(|b| b.1));
    let status = TargetStatus::judge(indicator.direction, Some(value), target, high, indicator.tolerance);
    let Some(target) = target else {
        return (status, 0.0);
    };
    let bound = match (indicator.direction, high) {
        (pendopo_vocab::Direction::Range, Some(high)) if value > high => high,
        _ => target,
    };
    let miss = match status {
        TargetStatus::OffTrack | TargetStatus::AtRisk => (value - bound).abs() / bound.abs().max(1e-9),
        _ => 0.0,
    };
    (status, miss)
}
