//! Rows in, figures and refusals out. A row is accepted as a whole or refused as a whole.

use super::{
    BreakdownMapping, Mapping, MappingContext, MappingProblem, RowAggregation, check_mapping,
    columns::{Finder, find},
    condition::CompiledCondition,
    keys::{FigureKey, Keys, Standing, escape_into},
    period::{PeriodFrom, PeriodReader},
    region::RegionReader,
    value::{ValueReader, refuse},
};
use crate::{AnswerProblem, Cell, Drift, Refusal, RefusalCode, Row, cell, recording};
use hashbrown::HashMap;
use pendopo_vocab::{Cadence, Period, RegionCode, RegionLevel};
use std::sync::Arc;

/// What a mapping must know of an indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct IndicatorShape {
    /// Its code.
    pub code: String,
    /// How often it is reported; dates are placed in periods of this cadence.
    pub cadence: Cadence,
    /// The finest level that reports it.
    pub level: RegionLevel,
    /// Smaller values are refused.
    pub min: Option<f64>,
    /// Larger values are refused.
    pub max: Option<f64>,
}

/// A figure read from a source.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// The value, finite, scaled.
    pub value: f64,
    /// Row it comes from; of several rows the last one.
    pub row_no: u64,
    /// The region.
    pub region: RegionCode,
    /// The breakdown, `dimension=value;dimension=value` with dimensions in alphabetical order; empty for
    /// the figure as a whole. `%`, `;` and `=` inside are written `%25`, `%3B` and `%3D`.
    pub breakdown: Arc<str>,
    /// The period, of the indicator's cadence.
    pub period: Period,
    /// The indicator: its position in [`MappingContext::indicators`].
    pub indicator: u32,
}

/// What became of a row that was not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowVerdict {
    /// Accepted. It may hold no figure where cells are empty.
    Mapped,
    /// Left out by a `skip` condition.
    Skipped,
    /// Says what an earlier row of the run said.
    Repeated,
}

/// One figure per row, or per dated column of a row.
struct Emit {
    value: usize,
    column: Option<usize>,
    /// The period, where the column's name is a date.
    period: Option<Period>,
}

/// One of the mapping's values, compiled.
struct Figure {
    indicator: u32,
    /// Number of the indicator within this mapping.
    slot: usize,
    level: RegionLevel,
    period: usize,
    aggregate: RowAggregation,
    broken_down: bool,
    when: Vec<CompiledCondition>,
    /// Some row met the conditions.
    met: bool,
    /// Some row gave a figure.
    told: bool,
    reader: ValueReader,
}

/// A value of the mapping that got no figure from any row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SilentValue {
    /// Its position in [`Mapping::value`].
    pub value: usize,
    /// Rows met its conditions, and had nothing to read.
    pub met: bool,
}

#[derive(Default)]
struct Gathered {
    value: f64,
    count: u32,
    row_no: u32,
}

/// Turns the rows of one run into figures.
pub struct Mapper<'t> {
    mapping: Mapping,
    region: RegionReader<'t>,
    periods: Vec<PeriodReader>,
    figures: Vec<Figure>,
    emits: Vec<Emit>,
    skip: Vec<CompiledCondition>,
    key: Vec<usize>,
    /// Columns whose text is read, not only looked at.
    read: Vec<usize>,
    breakdown: Vec<(usize, BreakdownMapping)>,
    columns: Vec<String>,
    keys: Keys,
    gathered: HashMap<FigureKey, Gathered>,
    row_periods: Vec<Option<Period>>,
    pending: Vec<(usize, FigureKey, Fact)>,
    scratch: String,
}

impl<'t> Mapper<'t> {
    /// Prepares a mapping, or says every mistake in it.
    pub fn new(
        mapping: &Mapping,
        context: &MappingContext<'t, '_>,
    ) -> Result<Mapper<'t>, Vec<MappingProblem>> {
        let problems = check_mapping(mapping, context);
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut periods: Vec<PeriodReader> = Vec::new();
        let mut figures: Vec<Figure> = Vec::new();
        for value in &mapping.value {
            let found = context.indicators.iter().position(|shape| shape.code == value.indicator);
            // `check_mapping` refused unknown indicators.
            let Some(indicator) = found else { continue };
            let shape = &context.indicators[indicator];
            let known = periods.iter().position(|reader| reader.cadence() == shape.cadence);
            let period = known.unwrap_or_else(|| {
                periods.push(PeriodReader::new(&mapping.period, shape.cadence, context.today));
                periods.len() - 1
            });
            let same = figures.iter().find(|figure| figure.indicator == indicator as u32);
            figures.push(Figure {
                indicator: indicator as u32,
                slot: same.map_or(figures.len(), |figure| figure.slot),
                level: shape.level,
                period,
                aggregate: value.aggregate,
                broken_down: value.broken_down,
                when: Vec::new(),
                met: false,
                told: false,
                reader: ValueReader::new(value, mapping.number_format, shape),
            });
        }
        Ok(Mapper {
            region: RegionReader::new(&mapping.region, context.tree, context.center),
            mapping: mapping.clone(),
            periods,
            figures,
            emits: Vec::new(),
            skip: Vec::new(),
            key: Vec::new(),
            read: Vec::new(),
            breakdown: Vec::new(),
            columns: Vec::new(),
            keys: Keys::new(),
            gathered: HashMap::new(),
            row_periods: Vec::new(),
            pending: Vec::new(),
            scratch: String::new(),
        })
    }

    /// Finds the mapping's columns among those of the answer. Names may differ in case and spaces. A
    /// column that is gone stops the run: every one is named, with its likely new name.
    pub fn columns(&mut self, columns: &[String]) -> Result<(), AnswerProblem> {
        let mut finder = Finder::new(columns);
        let mapping = &self.mapping;
        if let Some(name) = &mapping.region.column {
            let column = finder.find(name);
            let parent = mapping.region.parent_column.as_ref();
            let parent = parent.map(|name| finder.find(name));
            self.region.set_columns(column, name, parent);
        }
        let from = match (&mapping.period.column, &mapping.period.year_column) {
            (Some(name), _) => Some((PeriodFrom::Column(finder.find(name)), name)),
            (None, Some(name)) => {
                let year = finder.find(name);
                let month = mapping.period.month_column.as_ref();
                let month = month.map(|name| finder.find(name));
                Some((PeriodFrom::YearMonth { year, month }, name))
            }
            _ => None,
        };
        if let Some((from, name)) = from {
            for period in &mut self.periods {
                period.set_columns(from, name);
            }
        }
        self.skip = finder.conditions(&mapping.skip);
        self.key = mapping.key.iter().map(|name| finder.find(name)).collect();
        self.breakdown = mapping
            .breakdown
            .iter()
            .map(|breakdown| (finder.find(&breakdown.column), breakdown.clone()))
            .collect();
        self.breakdown.sort_by(|left, right| left.1.dimension.cmp(&right.1.dimension));
        self.emits.clear();
        for (index, (value, figure)) in mapping.value.iter().zip(&mut self.figures).enumerate() {
            figure.when = finder.conditions(&value.when);
            if mapping.period.header {
                let cadence = self.periods[figure.period].cadence();
                let format = mapping.period.format;
                let dated = columns.iter().enumerate().filter_map(|(column, name)| {
                    let period = Period::read(name, format, cadence).ok()?;
                    Some(Emit { value: index, column: Some(column), period: Some(period) })
                });
                let before = self.emits.len();
                self.emits.extend(dated);
                if self.emits.len() == before {
                    finder.miss(format!("<{format:?}>"));
                }
            } else {
                self.emits.push(Emit {
                    value: index,
                    column: value.column.as_ref().map(|name| finder.find(name)),
                    period: None,
                });
            }
        }
        finder.finish()?;
        self.columns = columns.to_vec();
        self.read = self.read_columns();
        Ok(())
    }

    /// Where a value that names a person refuses the row: its text would become a figure, a label or a
    /// place. Counting and conditions only look whether something stands there.
    fn read_columns(&self) -> Vec<usize> {
        let mapping = &self.mapping;
        let named = [
            &mapping.region.column,
            &mapping.region.parent_column,
            &mapping.period.column,
            &mapping.period.year_column,
            &mapping.period.month_column,
        ];
        let figures = self
            .emits
            .iter()
            .filter(|emit| !matches!(self.figures[emit.value].aggregate, RowAggregation::Count));
        named
            .into_iter()
            .flatten()
            .filter_map(|name| find(&self.columns, name))
            .chain(self.key.iter().copied())
            .chain(self.breakdown.iter().map(|(column, _)| *column))
            .chain(figures.filter_map(|emit| emit.column))
            .collect()
    }

    /// Columns of the answer that the mapping does not use.
    pub fn unused_columns(&self) -> Vec<&str> {
        let used = self.mapping_columns();
        self.columns
            .iter()
            .enumerate()
            .filter(|(at, name)| {
                !used.iter().any(|wanted| find(&self.columns, wanted) == Some(*at))
                    && !self.emits.iter().any(|emit| emit.column == Some(*at))
                    && !name.starts_with('#')
            })
            .map(|(_, name)| name.as_str())
            .collect()
    }

    fn mapping_columns(&self) -> Vec<&str> {
        let mapping = &self.mapping;
        let conditions = mapping.skip.iter().chain(mapping.value.iter().flat_map(|value| &value.when));
        [
            &mapping.region.column,
            &mapping.region.parent_column,
            &mapping.period.column,
            &mapping.period.year_column,
            &mapping.period.month_column,
        ]
        .into_iter()
        .flatten()
        .chain(&mapping.key)
        .chain(mapping.breakdown.iter().map(|breakdown| &breakdown.column))
        .chain(conditions.map(|condition| &condition.column))
        .map(String::as_str)
        .collect()
    }

    /// Reads one row. Figures that need only this row are pushed to `facts`; those gathered from several
    /// rows come with [`Mapper::finish`]. `row.cells` has as many cells as [`Mapper::columns`] was given.
    pub fn map(&mut self, row: &Row<'_>, facts: &mut Vec<Fact>) -> Result<RowVerdict, Box<Refusal>> {
        self.map_masked(row, &[], facts)
    }

    /// Reads a row in which the cells of `masked` hold markers in the place of personal values. The row is
    /// accepted for its figures, unless one of these cells is itself read.
    pub fn map_masked(
        &mut self,
        row: &Row<'_>,
        masked: &[usize],
        facts: &mut Vec<Fact>,
    ) -> Result<RowVerdict, Box<Refusal>> {
        self.try_map(row, masked, facts).map_err(|mut refusal| {
            refusal.raw = recording::render(&self.columns, row.cells);
            refusal
        })
    }

    fn try_map(
        &mut self,
        row: &Row<'_>,
        masked: &[usize],
        facts: &mut Vec<Fact>,
    ) -> Result<RowVerdict, Box<Refusal>> {
        let cells = row.cells;
        if self.skip.iter().any(|condition| condition.holds(cells)) {
            return Ok(RowVerdict::Skipped);
        }
        if let Some(at) = masked.iter().find(|at| self.read.contains(at)) {
            let found = cells[*at].text();
            return Err(refuse(row.number, &self.columns[*at], RefusalCode::PersonalValue, &found, ""));
        }
        let row_hash = self.row_key(row)?;
        if row_hash.is_some_and(|hash| self.keys.has_row(hash)) {
            return Ok(RowVerdict::Repeated);
        }
        let region = self.region.read(row.number, cells)?;
        self.row_periods.clear();
        for period in &mut self.periods {
            self.row_periods.push(period.read(row.number, cells)?);
        }
        let breakdown = self.row_breakdown(row)?;
        self.read_figures(row, region, breakdown)?;
        let verdict = self.settle(facts)?;
        if let Some(hash) = row_hash {
            self.keys.add_row(hash);
        }
        Ok(verdict)
    }

    /// The hash of the row's own key, where the mapping names one.
    fn row_key(&mut self, row: &Row<'_>) -> Result<Option<u128>, Box<Refusal>> {
        if self.key.is_empty() {
            return Ok(None);
        }
        self.scratch.clear();
        let mut blank = true;
        for column in &self.key {
            let cell = &row.cells[*column];
            // Different identifiers are the same once their last digits are gone.
            if let Cell::Number(number) = cell
                && number.abs() >= cell::EXACT_DIGITS
            {
                let (name, found) = (&self.columns[*column], cell.text());
                return Err(refuse(row.number, name, RefusalCode::KeyDigits, &found, ""));
            }
            blank &= cell.is_blank();
            self.scratch.push_str(cell.text().trim());
            self.scratch.push('\u{1f}');
        }
        if blank {
            let column = &self.columns[self.key[0]];
            return Err(refuse(row.number, column, RefusalCode::KeyEmpty, "", ""));
        }
        Ok(Some(self.keys.row_hash(&self.scratch)))
    }

    /// The number of the row's breakdown.
    fn row_breakdown(&mut self, row: &Row<'_>) -> Result<u32, Box<Refusal>> {
        if self.breakdown.is_empty() {
            return Ok(0);
        }
        self.scratch.clear();
        for (column, breakdown) in &self.breakdown {
            let cell = &row.cells[*column];
            if let Cell::Error(error) = cell {
                let column = &breakdown.column;
                return Err(refuse(row.number, column, RefusalCode::CellError, error, ""));
            }
            if cell.is_blank() {
                if !self.figures.iter().any(|figure| figure.broken_down) {
                    return Ok(0);
                }
                let column = &breakdown.column;
                return Err(refuse(row.number, column, RefusalCode::BreakdownEmpty, "", ""));
            }
            if !self.scratch.is_empty() {
                self.scratch.push(';');
            }
            escape_into(&mut self.scratch, &breakdown.dimension);
            self.scratch.push('=');
            escape_into(&mut self.scratch, &cell.text());
        }
        self.keys.breakdown(&self.scratch).ok_or_else(|| {
            let column = &self.breakdown[0].1.column;
            refuse(row.number, column, RefusalCode::NotARow, &self.scratch, "")
        })
    }

    /// Reads the row's figures into `pending`.
    fn read_figures(
        &mut self,
        row: &Row<'_>,
        region: RegionCode,
        breakdown: u32,
    ) -> Result<(), Box<Refusal>> {
        self.pending.clear();
        for emit in &self.emits {
            let figure = &mut self.figures[emit.value];
            if !figure.when.iter().all(|condition| condition.holds(row.cells)) {
                continue;
            }
            figure.met = true;
            let gathers = figure.aggregate != RowAggregation::None;
            let region = if region.level() <= figure.level {
                region
            } else if gathers {
                region.ancestor(figure.level)
            } else {
                let code = &self.mapping.value[emit.value].indicator;
                let column = self.mapping.region.column.as_deref().unwrap_or("");
                let found = region.to_string();
                let reason = RefusalCode::RegionTooFine;
                return Err(refuse(row.number, column, reason, &found, code));
            };
            let value = match (emit.column, figure.aggregate) {
                (None, _) => Some(1.0),
                (Some(column), RowAggregation::Count) => (!row.cells[column].is_blank()).then_some(1.0),
                (Some(column), _) => {
                    let name = &self.columns[column];
                    figure.reader.read(row.number, name, &row.cells[column])?
                }
            };
            let period = emit.period.or(self.row_periods[figure.period]);
            let (Some(value), Some(period)) = (value, period) else {
                continue;
            };
            let breakdown = if figure.broken_down { breakdown } else { 0 };
            let key = self.keys.figure(figure.slot, region, period, breakdown);
            let Some(key) = key else {
                let found = region.to_string();
                return Err(refuse(row.number, "", RefusalCode::NotARow, &found, ""));
            };
            figure.told = true;
            let fact = Fact {
                value,
                row_no: row.number,
                region,
                breakdown: self.keys.breakdown_name(breakdown),
                period,
                indicator: figure.indicator,
            };
            self.pending.push((emit.value, key, fact));
        }
        Ok(())
    }

    /// Takes the pending figures over, all or none.
    fn settle(&mut self, facts: &mut Vec<Fact>) -> Result<RowVerdict, Box<Refusal>> {
        let gathers = |figures: &[Figure], at: usize| figures[at].aggregate != RowAggregation::None;
        let start = facts.len();
        let (mut same, mut fresh) = (0, 0);
        for at in 0..self.pending.len() {
            let (value, key, fact) = &self.pending[at];
            if gathers(&self.figures, *value) {
                fresh += 1;
                continue;
            }
            match self.keys.standing(*key, fact.value) {
                Standing::Same => same += 1,
                Standing::New => {
                    fresh += 1;
                    self.keys.say(*key, fact.value, fact.row_no);
                    facts.push(fact.clone());
                }
                Standing::Contradicts(earlier) => {
                    let column = self.mapping.value[*value].column.clone().unwrap_or_default();
                    let refusal = refuse(
                        fact.row_no,
                        &column,
                        RefusalCode::Duplicate,
                        &fact.value.to_string(),
                        &earlier.to_string(),
                    );
                    facts.truncate(start);
                    self.take_back(at);
                    return Err(refusal);
                }
            }
        }
        for (value, key, fact) in &self.pending {
            let figure = &self.figures[*value];
            if figure.aggregate == RowAggregation::None {
                continue;
            }
            let gathered = self.gathered.entry(*key).or_default();
            gathered.value = match figure.aggregate {
                RowAggregation::Last => fact.value,
                _ => gathered.value + fact.value,
            };
            gathered.count = gathered.count.saturating_add(1);
            gathered.row_no = u32::try_from(fact.row_no).unwrap_or(u32::MAX);
        }
        Ok(if fresh == 0 && same > 0 { RowVerdict::Repeated } else { RowVerdict::Mapped })
    }

    /// Forgets what a refused row said before the figure `until`.
    fn take_back(&mut self, until: usize) {
        for (value, key, fact) in &self.pending[..until] {
            if self.figures[*value].aggregate == RowAggregation::None {
                self.keys.unsay(*key, fact.row_no);
            }
        }
    }

    /// Columns in which many cells hold something and not one can be read as declared: the type has
    /// changed, and the run must not be applied. Ask before [`Mapper::finish`].
    pub fn type_drift(&self) -> Option<Drift> {
        let unreadable: Vec<String> = self
            .figures
            .iter()
            .zip(&self.mapping.value)
            .filter(|(figure, _)| figure.reader.is_unreadable())
            .map(|(_, value)| value.column.clone().unwrap_or_else(|| "*".to_owned()))
            .collect();
        (!unreadable.is_empty()).then(|| Drift {
            unreadable,
            found: self.columns.clone(),
            ..Drift::default()
        })
    }

    /// The values of the mapping that got no figure from the rows so far.
    pub fn silent_values(&self) -> Vec<SilentValue> {
        let silent = self.figures.iter().enumerate().filter(|(_, figure)| !figure.told);
        silent.map(|(value, figure)| SilentValue { value, met: figure.met }).collect()
    }

    /// The figures that are gathered from several rows, by their last row, and those of them that are
    /// out of bounds.
    pub fn finish(self) -> (Vec<Fact>, Vec<Refusal>) {
        let mut facts = Vec::with_capacity(self.gathered.len());
        let mut refusals = Vec::new();
        let mut gathered: Vec<(FigureKey, Gathered)> = self.gathered.into_iter().collect();
        gathered.sort_unstable_by_key(|(key, gathered)| (gathered.row_no, *key));
        for (key, sum) in gathered {
            let parts = self.keys.parts(key);
            let found = self.figures.iter().position(|figure| figure.slot == parts.slot);
            let Some((at, region)) = found.zip(parts.region) else {
                continue;
            };
            let figure = &self.figures[at];
            let value = match figure.aggregate {
                RowAggregation::Mean => sum.value / f64::from(sum.count),
                _ => sum.value,
            };
            let period = Period::containing(parts.day, self.periods[figure.period].cadence());
            let column = self.mapping.value[at].column.as_deref().unwrap_or("");
            if let Err(mut refusal) = figure.reader.check_total(column, value) {
                refusal.raw = format!("{region} | {period} | {}", parts.breakdown);
                refusals.push(*refusal);
                continue;
            }
            facts.push(Fact {
                value,
                row_no: u64::from(sum.row_no),
                region,
                breakdown: parts.breakdown,
                period,
                indicator: figure.indicator,
            });
        }
        (facts, refusals)
    }
}
