//! What follows from changed figures: roll-ups, ratios, weighted means, computed indicators and latest,
//! inputs before what is made from them.

use crate::{
    catalog::{Catalog, input_period},
    computed,
    db::{DbError, Tx},
    definitions::period,
    disclosure::Touched,
    effective::{self, ANY_PERIOD, Series},
    latest,
    rollup::{self, Cell},
    write::{StagedRow, record_computed},
};
use pendopo_vocab::{Period, RegionAggregation};
use std::collections::{BTreeMap, BTreeSet};

/// What is still to be done, by rank: inputs first.
pub(crate) struct Work<'c> {
    catalog: &'c Catalog,
    cells: BTreeMap<(usize, Series), Vec<Cell>>,
    computed: BTreeSet<(usize, i64)>,
    touched: Touched,
}

impl<'c> Work<'c> {
    pub(crate) fn new(catalog: &'c Catalog) -> Work<'c> {
        Work { catalog, cells: BTreeMap::new(), computed: BTreeSet::new(), touched: Touched::default() }
    }

    /// These cells of a series changed.
    pub(crate) fn add(&mut self, series: Series, cells: impl IntoIterator<Item = Cell>) {
        let rank = self.catalog.rank(series.indicator_id);
        self.cells.entry((rank, series)).or_default().extend(cells);
    }

    /// These rows changed.
    pub(crate) fn add_rows(&mut self, rows: &[StagedRow]) {
        for group in
            rows.chunk_by(|a, b| (a.indicator_id, a.breakdown_id) == (b.indicator_id, b.breakdown_id))
        {
            let series = Series { indicator_id: group[0].indicator_id, breakdown_id: group[0].breakdown_id };
            self.add(series, group.iter().map(|row| (row.period, row.region_id)));
        }
    }

    /// An indicator's definition changed: whatever is made from inputs is made anew.
    pub(crate) fn rebuild(&mut self, tx: &mut Tx<'_>, id: i64) -> Result<(), DbError> {
        let indicator = self.catalog.get(id)?;
        if indicator.sql.is_some() {
            self.computed.insert((self.catalog.rank(id), id));
        }
        if indicator.region_aggregation == RegionAggregation::Ratio
            && let Some(numerator) = indicator.numerator_id
        {
            let breakdowns = tx.query(
                "select distinct breakdown_id from observation where indicator_id = $1",
                &[numerator.into()],
                |row| row.get(0),
            )?;
            for breakdown_id in breakdowns {
                let input = Series { indicator_id: numerator, breakdown_id };
                let made = Series { indicator_id: id, breakdown_id };
                for at in effective::periods(tx, input, ANY_PERIOD.0, ANY_PERIOD.1)? {
                    let slots = effective::range(tx, input, at, 0, i64::MAX)?;
                    let at = period(at)?.coarsen(indicator.cadence).id();
                    self.add(made, slots.into_iter().map(|(region, _)| (at, region)));
                }
            }
        }
        Ok(())
    }

    /// Does it all.
    pub(crate) fn finish(self, tx: &mut Tx<'_>, commit_no: i64, now: i64) -> Result<(), DbError> {
        self.finish_telling(tx, commit_no, now, &mut |_, _| {})
    }

    /// Does it all, and says from time to time how many figures are done, of how many that are known by then.
    pub(crate) fn finish_telling(
        mut self,
        tx: &mut Tx<'_>,
        commit_no: i64,
        now: i64,
        tell: &mut dyn FnMut(u64, u64),
    ) -> Result<(), DbError> {
        let (mut commit_no, mut done) = (commit_no, 0);
        loop {
            let open: usize = self.cells.values().map(Vec::len).sum();
            tell(done, done + open as u64);
            let next_cells = self.cells.keys().next().copied();
            let next_computed = self.computed.first().copied();
            match (next_cells, next_computed) {
                // A computed indicator's own figures first, then those made from them.
                (cells, Some((rank, id))) if cells.is_none_or(|(other, _)| rank <= other) => {
                    self.computed.pop_first();
                    let staged = computed::evaluate(tx, id, self.catalog.get(id)?)?;
                    let (newest, changed) = record_computed(tx, staged, now)?;
                    commit_no = newest;
                    self.add_rows(&changed);
                }
                (Some(key), _) => {
                    let cells = self.cells.remove(&key).unwrap_or_default();
                    done += cells.len() as u64;
                    self.refresh(tx, key.1, cells, commit_no)?;
                }
                (None, _) => return self.touched.settle(tx, self.catalog),
            }
        }
    }

    fn refresh(
        &mut self,
        tx: &mut Tx<'_>,
        series: Series,
        mut cells: Vec<Cell>,
        commit_no: i64,
    ) -> Result<(), DbError> {
        cells.sort_unstable();
        cells.dedup();
        let indicator = self.catalog.get(series.indicator_id)?;
        if indicator.region_aggregation == RegionAggregation::Ratio {
            rollup::refresh_ratio(tx, self.catalog, series, &cells, commit_no)?;
        } else {
            cells.extend(rollup::refresh(tx, self.catalog, series, &cells, commit_no)?);
        }
        latest::refresh(tx, self.catalog, series, &cells)?;
        self.touched.add(self.catalog, series.indicator_id, &cells);
        for dependent in self.catalog.dependents(series.indicator_id).to_vec() {
            self.follow(tx, series, dependent, &cells)?;
        }
        Ok(())
    }

    /// Notes what of `dependent` follows from the changed `cells` of its input.
    fn follow(
        &mut self,
        tx: &mut Tx<'_>,
        input: Series,
        dependent: i64,
        cells: &[Cell],
    ) -> Result<(), DbError> {
        let made = self.catalog.get(dependent)?;
        let is = |id: Option<i64>| id == Some(input.indicator_id);
        if made.sql.is_some() {
            self.computed.insert((self.catalog.rank(dependent), dependent));
        }
        let series = Series { indicator_id: dependent, breakdown_id: input.breakdown_id };
        match made.region_aggregation {
            RegionAggregation::Ratio if is(made.numerator_id) => {
                let mut own = Vec::with_capacity(cells.len());
                for (at, region) in cells {
                    own.push((period(*at)?.coarsen(made.cadence).id(), *region));
                }
                self.add(series, own);
            }
            RegionAggregation::Ratio if is(made.denominator_id) => {
                if let Some(numerator) = made.numerator_id {
                    let driver = Series { indicator_id: numerator, breakdown_id: input.breakdown_id };
                    self.follow_input(tx, input, series, driver, false, cells)?;
                }
            }
            RegionAggregation::WeightedMean if is(made.weight_id) && input.breakdown_id == 0 => {
                let breakdowns = tx.query(
                    "select distinct breakdown_id from observation where indicator_id = $1",
                    &[dependent.into()],
                    |row| row.get(0),
                )?;
                for breakdown_id in breakdowns {
                    let own = Series { indicator_id: dependent, breakdown_id };
                    self.follow_input(tx, input, own, own, true, cells)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A denominator or weight changed in `cells`: all periods of `driver` for which it counts.
    fn follow_input(
        &mut self,
        tx: &mut Tx<'_>,
        input: Series,
        made: Series,
        driver: Series,
        stock: bool,
        cells: &[Cell],
    ) -> Result<(), DbError> {
        let cadence = self.catalog.get(input.indicator_id)?.cadence;
        let made_cadence = self.catalog.get(made.indicator_id)?.cadence;
        let driven = effective::periods(tx, driver, ANY_PERIOD.0, ANY_PERIOD.1)?;
        for group in cells.chunk_by(|a, b| a.0 == b.0) {
            let changed = group[0].0;
            for at in &driven {
                let own: Period = period(*at)?.coarsen(made_cadence);
                let (newest, exact) = input_period(own, made_cadence, cadence, stock);
                if if exact { newest == changed } else { newest >= changed } {
                    self.add(made, group.iter().map(|cell| (own.id(), cell.1)));
                }
            }
        }
        Ok(())
    }
}
