//! Which target holds where and when.

use crate::{
    db::{DbError, Reader},
    definitions::{IndicatorRow, list_targets, period},
};
use pendopo_vocab::{RegionAggregation, RegionCode, TargetStatus};
use std::collections::HashMap;

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
    ) -> Result<TargetBook, DbError> {
        let mut laid_down: HashMap<_, Vec<_>> = HashMap::new();
        for target in list_targets(reader, Some(id))? {
            let bounds = (target.period.id(), target.value, target.high);
            laid_down.entry(target.region).or_default().push(bounds);
        }
        Ok(TargetBook {
            laid_down,
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

/// The targets of a region in each of `periods`, its own or the nearest above: bound, upper bound.
pub fn targets_in_force(
    reader: &mut Reader<'_>,
    indicator_id: i64,
    indicator: &IndicatorRow,
    region: RegionCode,
    periods: &[i32],
) -> Result<Vec<Option<Bounds>>, DbError> {
    let mut book = TargetBook::load(reader, indicator_id, indicator)?;
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
