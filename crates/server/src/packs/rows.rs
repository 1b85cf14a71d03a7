//! From a pack's definitions to the rows of the figures store.

use super::{
    check::{Pack, Placed},
    schema::{Agency, Indicator, SourceFile, Target},
    spans::parse_span,
};
use pendopo_figures::{AgencyRow, CaseIndicator, DbError, IndicatorRow, RegionRow, SourceRow, TargetRow};
use pendopo_vocab::{RegionCode, region_tree::Region};
use std::collections::HashMap;

/// A miss of up to this fraction of a target is "at risk" unless the indicator says otherwise.
const USUAL_TOLERANCE: f64 = 0.1;

/// Database ids by code.
pub type Ids = HashMap<String, i64>;

/// A region of the official list.
pub fn region_row(region: Region<'_>) -> RegionRow {
    RegionRow {
        code: region.code,
        name: region.name.to_owned(),
        kind: region.kind.word().to_lowercase(),
        bps_code: region.bps_code.map(|code| code.to_string()),
        valid_from: region.valid_from.map(|date| date.to_string()),
        valid_to: region.valid_to.map(|date| date.to_string()),
        legal_basis: Some(region.legal_basis.to_owned()),
    }
}

/// An agency.
pub fn agency_row(agency: &Agency, position: usize) -> AgencyRow {
    AgencyRow {
        code: agency.code.clone(),
        name: agency.name.clone(),
        short_name: agency.short.clone(),
        contact: agency.contact.clone(),
        position: index(position),
    }
}

/// A source; its definition is kept as JSON, from which runs are made.
pub fn source_row(source: &SourceFile, agencies: &Ids, position: usize) -> Result<SourceRow, DbError> {
    let every = seconds(&source.fresh_every)?;
    Ok(SourceRow {
        code: source.code.clone(),
        agency_id: id(agencies, &source.agency)?,
        name: source.name.clone(),
        sensitivity: source.sensitivity,
        definition: serde_json::to_string(source).map_err(|error| DbError::Other(error.to_string()))?,
        fresh_every_secs: every,
        grace_secs: match &source.grace {
            Some(grace) => seconds(grace)?,
            None => every / 2,
        },
        position: index(position),
    })
}

/// An indicator. `indicators` holds the ids known so far: in a first pass none, so that indicators may
/// refer to each other in any order.
pub fn indicator_row(
    indicator: &Indicator,
    agencies: &Ids,
    indicators: &Ids,
    position: usize,
) -> Result<IndicatorRow, DbError> {
    Ok(definition(indicator, id(agencies, &indicator.agency)?, indicators, position))
}

fn definition(indicator: &Indicator, agency_id: i64, indicators: &Ids, position: usize) -> IndicatorRow {
    let other = |code: &Option<String>| code.as_ref().and_then(|code| indicators.get(code)).copied();
    IndicatorRow {
        code: indicator.code.clone(),
        name: indicator.name.clone(),
        name_en: indicator.name_en.clone(),
        definition: indicator.definition.clone(),
        sector: indicator.sector.clone(),
        agency_id,
        unit: indicator.unit.clone(),
        decimals: indicator.decimals,
        direction: indicator.direction,
        cadence: indicator.cadence,
        level: indicator.level,
        sensitivity: indicator.sensitivity,
        region_aggregation: indicator.region_aggregation,
        time_aggregation: indicator.time_aggregation,
        weight_id: other(&indicator.weight),
        numerator_id: other(&indicator.numerator),
        denominator_id: other(&indicator.denominator),
        scale: indicator.scale,
        sql: indicator.sql.clone(),
        tolerance: indicator.tolerance.unwrap_or(USUAL_TOLERANCE),
        min: indicator.min,
        max: indicator.max,
        position: index(position),
        counts: indicator.counted(),
        least: indicator.small_cells.as_ref().map(|small| i64::from(small.least)),
    }
}

/// An indicator as worked examples see it.
pub fn case_indicator(indicator: &Indicator) -> CaseIndicator {
    CaseIndicator {
        row: definition(indicator, 0, &Ids::new(), 0),
        weight: indicator.weight.clone(),
        numerator: indicator.numerator.clone(),
        denominator: indicator.denominator.clone(),
    }
}

/// The targets of each indicator, by its code.
pub fn target_rows(pack: &Pack, indicators: &Ids) -> Result<HashMap<String, Vec<TargetRow>>, DbError> {
    let mut rows: HashMap<String, Vec<TargetRow>> = HashMap::new();
    for Placed { item, .. } in &pack.targets {
        let row = target_row(item, pack.identity.region, id(indicators, &item.indicator)?);
        rows.entry(item.indicator.clone()).or_default().push(row);
    }
    Ok(rows)
}

fn target_row(target: &Target, center: RegionCode, indicator_id: i64) -> TargetRow {
    TargetRow {
        indicator_id,
        region: target.region.unwrap_or(center),
        period: target.period,
        value: target.value,
        high: target.high,
        basis: target.basis.clone(),
    }
}

fn id(ids: &Ids, code: &str) -> Result<i64, DbError> {
    ids.get(code).copied().ok_or_else(|| DbError::Other(format!("`{code}` is not defined")))
}

fn seconds(text: &str) -> Result<i64, DbError> {
    parse_span(text).map(|span| span.as_secs()).map_err(DbError::Other)
}

fn index(position: usize) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}
