//! Worked examples: given these figures, that value. Run on a database in memory by the same code that
//! runs a center, so that a case proves the definition and not a copy of it.

use crate::{
    AgencyRow, IndicatorRow, MIGRATIONS, NewRun, RegionRow, RunCounters, RunKind, StagedRow, begin_run,
    commit_run,
    db::{Db, DbError},
    load_regions, put_agency, put_indicator,
    questions::{Questions, SeriesOf, Span},
};
use pendopo_vocab::{Author, Period, RegionCode, Scope};
use std::collections::{BTreeSet, HashMap};

/// An indicator as a pack writes it: others are referred to by code.
#[derive(Debug, Clone)]
pub struct CaseIndicator {
    /// The definition; its ids (agency, weight, numerator, denominator) are ignored.
    pub row: IndicatorRow,
    /// Code of the indicator that weighs.
    pub weight: Option<String>,
    /// Code of the numerator.
    pub numerator: Option<String>,
    /// Code of the denominator.
    pub denominator: Option<String>,
}

/// A figure at hand.
#[derive(Debug, Clone)]
pub struct GivenFigure {
    /// Code of the indicator.
    pub indicator: String,
    /// The region.
    pub region: RegionCode,
    /// The period.
    pub period: Period,
    /// The value.
    pub value: f64,
}

/// The figure asked for.
#[derive(Debug, Clone)]
pub struct AskedFigure {
    /// Code of the indicator.
    pub indicator: String,
    /// The region.
    pub region: RegionCode,
    /// The period; of a coarser cadence than the indicator's it asks for the aggregation over time.
    pub period: Period,
}

/// What the asked figure comes to, given the figures at hand; `None` when it has no value.
/// `indicators` are all that the case involves; more do no harm.
pub fn evaluate_case(
    indicators: &[CaseIndicator],
    given: &[GivenFigure],
    asked: &AskedFigure,
) -> Result<Option<f64>, DbError> {
    let db = Db::open_in_memory()?;
    db.migrate(MIGRATIONS)?;
    let ids = db.write(|tx| {
        load_regions(tx, regions(given, asked))?;
        let agency = AgencyRow {
            code: "case".to_owned(),
            name: "case".to_owned(),
            short_name: "case".to_owned(),
            contact: None,
            position: 0,
        };
        let agency_id = put_agency(tx, &agency)?;
        let mut ids: HashMap<&str, i64> = HashMap::new();
        // Once without and once with references, which may go in any order.
        for indicator in indicators {
            let row = IndicatorRow {
                agency_id,
                weight_id: None,
                numerator_id: None,
                denominator_id: None,
                ..indicator.row.clone()
            };
            ids.insert(&indicator.row.code, put_indicator(tx, &row)?);
        }
        for indicator in indicators {
            let id = |code: &Option<String>| match code {
                None => Ok(None),
                Some(code) => find(&ids, code).map(Some),
            };
            let row = IndicatorRow {
                agency_id,
                weight_id: id(&indicator.weight)?,
                numerator_id: id(&indicator.numerator)?,
                denominator_id: id(&indicator.denominator)?,
                ..indicator.row.clone()
            };
            put_indicator(tx, &row)?;
        }
        Ok(ids)
    })?;
    let staged = given
        .iter()
        .zip(1..)
        .map(|(figure, row_no)| {
            Ok(StagedRow {
                indicator_id: find(&ids, &figure.indicator)?,
                region_id: figure.region.id(),
                breakdown_id: 0,
                period: figure.period.id(),
                value: figure.value,
                row_no,
            })
        })
        .collect::<Result<Vec<_>, DbError>>()?;
    let run = NewRun {
        source_id: None,
        kind: RunKind::Import,
        author: Author::named("case"),
        reason: None,
        trigger: "case".to_owned(),
        started_at: 0,
        lease_ms: i64::from(i32::MAX),
        retry_of: None,
    };
    let run_id = begin_run(&db, &run)?;
    commit_run(&db, run_id, staged, &[], None, RunCounters::default(), 0)?;
    answer(&db, indicators, &ids, asked)
}

fn answer(
    db: &Db,
    indicators: &[CaseIndicator],
    ids: &HashMap<&str, i64>,
    asked: &AskedFigure,
) -> Result<Option<f64>, DbError> {
    let of = SeriesOf { indicator_id: find(ids, &asked.indicator)?, region: asked.region, breakdown_id: 0 };
    let cadence = indicators.iter().find(|i| i.row.code == asked.indicator).map(|i| i.row.cadence);
    let everything = Scope::everything();
    db.read(|reader| {
        let at = asked.period.id();
        if cadence == Some(asked.period.cadence()) {
            let points = reader.trend(&everything, of, Span { from: at, to: at }, None)?;
            return Ok(points.first().and_then(|point| point.value));
        }
        let points = reader.over_time(&everything, of, asked.period.cadence(), Span::ALWAYS, None)?;
        Ok(points.iter().find(|point| point.period == at).and_then(|point| point.value))
    })
}

fn find(ids: &HashMap<&str, i64>, code: &str) -> Result<i64, DbError> {
    ids.get(code).copied().ok_or_else(|| DbError::Conflict(format!("there is no indicator `{code}`")))
}

/// The regions of the figures and all above them.
fn regions(given: &[GivenFigure], asked: &AskedFigure) -> Vec<RegionRow> {
    let mut codes: BTreeSet<RegionCode> = BTreeSet::new();
    for code in given.iter().map(|figure| figure.region).chain([asked.region]) {
        let mut next = Some(code);
        while let Some(code) = next {
            codes.insert(code);
            next = code.parent();
        }
    }
    codes
        .into_iter()
        .map(|code| RegionRow {
            code,
            name: code.to_string(),
            kind: String::new(),
            bps_code: None,
            valid_from: None,
            valid_to: None,
            legal_basis: None,
        })
        .collect()
}
