//! What was known at a time: the same values in force as `effective` gives, made from the revisions up
//! to a commit instead of from the maintained tables.

use crate::{
    catalog::{Catalog, input_period},
    db::{DbError, Reader},
    definitions::{IndicatorRow, period, region_code},
    effective::{self, INPUT_PERIODS, Series, Slot},
    rollup::{Roster, Sum},
};
use pendopo_vocab::{RegionAggregation, RegionLevel};
use std::collections::{BTreeMap, HashMap};

/// The last commit that was visible at `known_at`, 0 when none was.
pub(super) fn commit_at(reader: &mut Reader<'_>, known_at: i64) -> Result<i64, DbError> {
    let found = reader.query_opt(
        "select commit_no from run where commit_no > 0 and finished_at <= $1 order by commit_no desc limit 1",
        &[known_at.into()],
        |row| row.get(0),
    )?;
    Ok(found.unwrap_or(0))
}

/// Looks at the figures as of one commit.
pub(super) struct AsOf<'c> {
    pub catalog: &'c Catalog,
    pub commit_no: i64,
}

impl AsOf<'_> {
    /// Periods, newest first, in which any region may have had a value. A ratio that has none today, because
    /// its denominator was corrected to zero, may have had one then: its numerator's periods count.
    pub(super) fn periods(
        &self,
        reader: &mut Reader<'_>,
        series: Series,
        oldest: i32,
        newest: i32,
    ) -> Result<Vec<i32>, DbError> {
        let mut periods = effective::periods(reader, series, oldest, newest)?;
        let indicator = self.catalog.get(series.indicator_id)?;
        if let (RegionAggregation::Ratio, Some(numerator)) =
            (indicator.region_aggregation, indicator.numerator_id)
        {
            let numerator = Series { indicator_id: numerator, ..series };
            for at in self.periods(reader, numerator, 0, i32::MAX - 1)? {
                periods.push(period(at)?.coarsen(indicator.cadence).id());
            }
            periods.retain(|at| (oldest..=newest).contains(at));
            periods.sort_unstable_by(|a, b| b.cmp(a));
            periods.dedup();
        }
        Ok(periods)
    }

    /// All values in force of one period in a range of regions (whole subtrees), by region.
    pub(super) fn range(
        &self,
        reader: &mut Reader<'_>,
        series: Series,
        at: i32,
        low: i64,
        high: i64,
    ) -> Result<Vec<(i64, Slot)>, DbError> {
        let own = self.reported(reader, series, at, low, high)?;
        let mut slots = self.made(reader, series, at, &own, (low, high))?;
        for (region, slot) in own {
            let rolled = slots.get(&region);
            let (reported, expected) = (rolled.and_then(|r| r.reported), rolled.and_then(|r| r.expected));
            slots.insert(region, Slot { reported, expected, ..slot });
        }
        Ok(slots.into_iter().collect())
    }

    /// What is made of other figures: of the regions below, or of numerator and denominator.
    fn made(
        &self,
        reader: &mut Reader<'_>,
        series: Series,
        at: i32,
        own: &BTreeMap<i64, Slot>,
        (low, high): (i64, i64),
    ) -> Result<BTreeMap<i64, Slot>, DbError> {
        let indicator = self.catalog.get(series.indicator_id)?;
        match indicator.region_aggregation {
            RegionAggregation::None => Ok(BTreeMap::new()),
            RegionAggregation::Ratio => self.ratio(reader, indicator, series, at, low, high),
            _ => self.rolled(reader, indicator, series, at, own, (low, high)),
        }
    }

    /// What is made of other figures for a range of regions (whole subtrees), whatever they say themselves; by
    /// region.
    pub(super) fn made_range(
        &self,
        reader: &mut Reader<'_>,
        series: Series,
        at: i32,
        (low, high): (i64, i64),
    ) -> Result<BTreeMap<i64, Slot>, DbError> {
        let own = self.reported(reader, series, at, low, high)?;
        self.made(reader, series, at, &own, (low, high))
    }

    /// The same for one region.
    pub(super) fn made_one(
        &self,
        reader: &mut Reader<'_>,
        series: Series,
        at: i32,
        region: i64,
    ) -> Result<Option<Slot>, DbError> {
        let end = *region_code(region)?.subtree().end();
        Ok(self.made_range(reader, series, at, (region, end))?.remove(&region))
    }

    /// The value in force of one region.
    pub(super) fn one(
        &self,
        reader: &mut Reader<'_>,
        series: Series,
        at: i32,
        region: i64,
    ) -> Result<Option<Slot>, DbError> {
        let end = *region_code(region)?.subtree().end();
        let slots = self.range(reader, series, at, region, end)?;
        Ok(slots.into_iter().find(|slot| slot.0 == region).map(|slot| slot.1))
    }

    /// Own figures.
    fn reported(
        &self,
        reader: &mut Reader<'_>,
        series: Series,
        at: i32,
        low: i64,
        high: i64,
    ) -> Result<BTreeMap<i64, Slot>, DbError> {
        let mut slots = BTreeMap::new();
        effective::reported(reader, series, at, (low, high), self.commit_no, |region, value, commit_no| {
            slots.insert(region, effective::own_slot(value, commit_no));
        })?;
        Ok(slots)
    }

    /// Roll-ups of every region in the range, level by level as the maintained ones are.
    fn rolled(
        &self,
        reader: &mut Reader<'_>,
        indicator: &IndicatorRow,
        series: Series,
        at: i32,
        own: &BTreeMap<i64, Slot>,
        (low, high): (i64, i64),
    ) -> Result<BTreeMap<i64, Slot>, DbError> {
        let weights = match (indicator.region_aggregation, indicator.weight_id) {
            (RegionAggregation::WeightedMean, Some(weight_id)) => {
                let weight = Series { indicator_id: weight_id, breakdown_id: 0 };
                Some(self.input(reader, indicator, weight, at, true, low, high)?)
            }
            _ => None,
        };
        let mut sums: BTreeMap<i64, (Sum, i64)> = BTreeMap::new();
        for (region, slot) in own {
            if region_code(*region)?.level() != indicator.level {
                continue;
            }
            let weight = match &weights {
                None => 1.0,
                Some(weights) => match weights.get(region) {
                    Some(weight) => weight.value,
                    None => continue,
                },
            };
            let mut sum = Sum::default();
            sum.add(slot.value, weight);
            sums.insert(*region, (sum, slot.commit_no));
        }
        let roster = Roster::load(reader, indicator.level, self.catalog.root)?;
        let mut slots = BTreeMap::new();
        let mut level = indicator.level;
        while level > self.catalog.root.level() {
            level = RegionLevel::from_depth(level.depth() - 1).unwrap_or(RegionLevel::Country);
            let mut parents: BTreeMap<i64, (Sum, i64)> = BTreeMap::new();
            for (region, (sum, commit_no)) in &sums {
                let parent = parents.entry(region - region % level.span()).or_default();
                parent.0.total += sum.total;
                parent.0.weight += sum.weight;
                parent.0.reported += sum.reported;
                parent.1 = parent.1.max(*commit_no);
            }
            for (region, (sum, commit_no)) in &parents {
                let place = region_code(*region)?;
                let whole = (low..=high).contains(region) && *place.subtree().end() <= high;
                let inside = whole && self.catalog.root.contains(place);
                if let (true, Some(value)) = (inside, sum.value(indicator.region_aggregation)) {
                    let slot = Slot {
                        value,
                        rolled: true,
                        reported: Some(sum.reported),
                        expected: Some(roster.expected(place, at)?),
                        commit_no: *commit_no,
                    };
                    slots.insert(*region, slot);
                }
            }
            sums = parents;
        }
        let _ = series;
        Ok(slots)
    }

    fn ratio(
        &self,
        reader: &mut Reader<'_>,
        indicator: &IndicatorRow,
        series: Series,
        at: i32,
        low: i64,
        high: i64,
    ) -> Result<BTreeMap<i64, Slot>, DbError> {
        let (Some(numerator), Some(denominator)) = (indicator.numerator_id, indicator.denominator_id) else {
            return Ok(BTreeMap::new());
        };
        let of = |indicator_id| Series { indicator_id, ..series };
        let above = self.input(reader, indicator, of(numerator), at, false, low, high)?;
        let below = self.input(reader, indicator, of(denominator), at, false, low, high)?;
        let scale = indicator.scale.unwrap_or(1.0);
        let mut slots = BTreeMap::new();
        for (region, above) in above {
            if let Some(below) = below.get(&region)
                && below.value != 0.0
            {
                let slot = Slot {
                    value: scale * above.value / below.value,
                    rolled: true,
                    reported: Some(above.reported.unwrap_or(1)),
                    expected: Some(above.expected.unwrap_or(1)),
                    commit_no: above.commit_no.max(below.commit_no),
                };
                slots.insert(region, slot);
            }
        }
        Ok(slots)
    }

    /// The values of an input that count for period `at` of `made`.
    #[expect(clippy::too_many_arguments, reason = "one private step of one calculation")]
    fn input(
        &self,
        reader: &mut Reader<'_>,
        made: &IndicatorRow,
        input: Series,
        at: i32,
        stock: bool,
        low: i64,
        high: i64,
    ) -> Result<HashMap<i64, Slot>, DbError> {
        let cadence = self.catalog.get(input.indicator_id)?.cadence;
        let (newest, exact) = input_period(period(at)?, made.cadence, cadence, stock);
        let periods = if exact { vec![newest] } else { self.periods(reader, input, 0, newest)? };
        let mut values = HashMap::new();
        for at in periods.into_iter().take(INPUT_PERIODS) {
            for (region, slot) in self.range(reader, input, at, low, high)? {
                values.entry(region).or_insert(slot);
            }
        }
        Ok(values)
    }
}
