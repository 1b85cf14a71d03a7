//! The indicators and their dependence on one another, as the write path needs them.

use crate::{
    db::{DbError, Reader},
    definitions::{IndicatorRow, Stored, list_indicators, rollup_root},
};
use pendopo_vocab::{Cadence, Period, RegionAggregation, RegionCode};
use std::collections::{HashMap, HashSet};

/// Longer chains of indicators than this are a circle.
const DEEPEST_CHAIN: usize = 32;

pub(crate) struct Catalog {
    indicators: HashMap<i64, Stored<IndicatorRow>>,
    /// Which indicators must be brought up to date after one, by its id.
    dependents: HashMap<i64, Vec<i64>>,
    inputs: HashMap<i64, Vec<i64>>,
    ranks: HashMap<i64, usize>,
    /// Indicators of which some figures may have to be hidden.
    guarded: HashSet<i64>,
    pub root: RegionCode,
}

impl Catalog {
    pub(crate) fn load(reader: &mut Reader<'_>) -> Result<Catalog, DbError> {
        let root = rollup_root(reader)?;
        let all = list_indicators(reader)?;
        let mut dependents: HashMap<i64, Vec<i64>> = HashMap::new();
        let mut inputs_of: HashMap<i64, Vec<i64>> = HashMap::new();
        for indicator in all.iter().filter(|i| i.retired_at.is_none()) {
            let inputs = inputs(indicator, &all);
            for input in &inputs {
                dependents.entry(*input).or_default().push(indicator.id);
            }
            inputs_of.insert(indicator.id, inputs);
        }
        let ranks = all
            .iter()
            .map(|indicator| Ok((indicator.id, rank(indicator.id, &inputs_of, 0)?)))
            .collect::<Result<HashMap<i64, usize>, DbError>>()?;
        let guarded = guarded(&all, &inputs_of, &ranks);
        let indicators = all.into_iter().map(|i| (i.id, i)).collect();
        Ok(Catalog { indicators, dependents, inputs: inputs_of, ranks, guarded, root })
    }

    /// What a live indicator is made from.
    pub(crate) fn inputs(&self, id: i64) -> &[i64] {
        self.inputs.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Whether figures of this indicator may have to be hidden: it counts people, or is made from one
    /// that does.
    pub(crate) fn is_guarded(&self, id: i64) -> bool {
        self.guarded.contains(&id)
    }

    pub(crate) fn get(&self, id: i64) -> Result<&IndicatorRow, DbError> {
        self.indicators
            .get(&id)
            .map(|indicator| &indicator.row)
            .ok_or_else(|| DbError::Conflict(format!("there is no indicator {id}")))
    }

    /// Live indicators made from `id`.
    pub(crate) fn dependents(&self, id: i64) -> &[i64] {
        self.dependents.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Inputs have smaller ranks than what is made from them.
    pub(crate) fn rank(&self, id: i64) -> usize {
        self.ranks.get(&id).copied().unwrap_or(0)
    }
}

/// Inputs come before what is made from them, so that one pass suffices.
fn guarded(
    all: &[Stored<IndicatorRow>],
    inputs_of: &HashMap<i64, Vec<i64>>,
    ranks: &HashMap<i64, usize>,
) -> HashSet<i64> {
    let mut ordered: Vec<&Stored<IndicatorRow>> = all.iter().collect();
    ordered.sort_by_key(|indicator| ranks.get(&indicator.id).copied().unwrap_or(0));
    let mut guarded = HashSet::new();
    for indicator in ordered {
        let own = indicator.row.region_aggregation != RegionAggregation::Ratio
            && indicator.row.least_shown().is_some();
        let inputs = inputs_of.get(&indicator.id).map_or(&[][..], Vec::as_slice);
        if own || inputs.iter().any(|input| guarded.contains(input)) {
            guarded.insert(indicator.id);
        }
    }
    guarded
}

fn inputs(indicator: &Stored<IndicatorRow>, all: &[Stored<IndicatorRow>]) -> Vec<i64> {
    let row = &indicator.row;
    let mut inputs: Vec<i64> = match row.region_aggregation {
        RegionAggregation::Ratio => row.numerator_id.into_iter().chain(row.denominator_id).collect(),
        RegionAggregation::WeightedMean => row.weight_id.into_iter().collect(),
        _ => Vec::new(),
    };
    if let Some(sql) = &row.sql {
        // The SQL names its inputs by code, as text literals; one that names none may read them all.
        let named = |code: &str| sql.contains(&format!("'{code}'"));
        let others = || all.iter().filter(|other| other.id != indicator.id);
        let any = others().any(|other| named(&other.row.code));
        inputs.extend(
            others()
                .filter(|other| if any { named(&other.row.code) } else { other.row.sql.is_none() })
                .map(|other| other.id),
        );
    }
    inputs
}

fn rank(id: i64, inputs_of: &HashMap<i64, Vec<i64>>, depth: usize) -> Result<usize, DbError> {
    if depth > DEEPEST_CHAIN {
        return Err(DbError::Conflict(format!("indicator {id} is made from itself, in a circle")));
    }
    let mut rank = 0;
    for input in inputs_of.get(&id).map_or(&[][..], Vec::as_slice) {
        rank = rank.max(self::rank(*input, inputs_of, depth + 1)? + 1);
    }
    Ok(rank)
}

/// The last `period` of an input that counts for `period` of what is made from it, as an upper bound;
/// the flag says that only that very period counts.
pub(crate) fn input_period(period: Period, own: Cadence, input: Cadence, stock: bool) -> (i32, bool) {
    if own == input {
        (period.id(), !stock)
    } else {
        // Of another cadence: the newest that has begun by the end of this one.
        (Period::containing(period.last_day(), input).id(), false)
    }
}
