//! Plain lists for programs: regions and figures in key order, cut into pages by the last key.

mod then;

pub use then::{LatestPage, ListedRevision, RevisionFilter, list_latest_then, list_revisions};

use super::{
    as_of::commit_at,
    scoped::{Params, hidden_from, indicator_visible, visible_part},
};
use crate::{
    db::{DbError, Reader, Row},
    definitions::{IndicatorRow, list_indicators},
};
use pendopo_vocab::{RegionCode, RegionLevel, Scope};
use std::collections::HashMap;

/// A region as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRegion {
    /// Integer code.
    pub region_id: i64,
    /// Dotted code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Kind, such as `desa`.
    pub kind: String,
    /// Depth in the tree, 1 to 4.
    pub level: i64,
    /// Integer code of the region one level up.
    pub parent_id: Option<i64>,
    /// BPS code where known.
    pub bps_code: Option<String>,
    /// First day on which the code held, `YYYY-MM-DD`.
    pub valid_from: Option<String>,
    /// Last day on which it held.
    pub valid_to: Option<String>,
    /// The decree that lists it.
    pub legal_basis: Option<String>,
}

/// Regions at or below `within`, after the integer code `after`, in order of their codes.
pub fn list_regions(
    reader: &mut Reader<'_>,
    within: RegionCode,
    level: Option<RegionLevel>,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<ListedRegion>, DbError> {
    let mut params = Params::default();
    let inside = params.within("region_id", within);
    let beyond = params.add(after.unwrap_or(i64::MIN));
    let most = params.add(limit);
    let by_level = match level {
        Some(level) => format!(" and level = {}", params.add(level.depth())),
        None => String::new(),
    };
    let sql = format!(
        "select region_id, code, name, kind, level, parent_id, bps_code, valid_from, valid_to, legal_basis \
         from region where {inside} and region_id > {beyond}{by_level} order by region_id limit {most}"
    );
    reader.query(&sql, &params.0, |row| {
        Ok(ListedRegion {
            region_id: row.get(0)?,
            code: row.get(1)?,
            name: row.get(2)?,
            kind: row.get(3)?,
            level: row.get(4)?,
            parent_id: row.get(5)?,
            bps_code: row.get(6)?,
            valid_from: row.get(7)?,
            valid_to: row.get(8)?,
            legal_basis: row.get(9)?,
        })
    })
}

/// A figure as listed.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedFigure {
    /// The region.
    pub region_id: i64,
    /// The breakdown's id; 0 is the total.
    pub breakdown_id: i64,
    /// The breakdown's key; empty for the total.
    pub breakdown: String,
    /// The period.
    pub period: i32,
    /// The value; `None` when it is hidden from the scope.
    pub value: Option<f64>,
    /// The run that recorded it; for rolled-up figures the newest run among those below. `None` when a
    /// change of definitions made it.
    pub run_id: Option<i64>,
    /// When that run was recorded, Unix milliseconds.
    pub recorded_at: Option<i64>,
    /// Row of the run's answer; `None` for rolled-up figures.
    pub row_no: Option<i64>,
}

/// Which figures are listed.
#[derive(Debug, Clone)]
pub struct FigureFilter {
    /// The indicator.
    pub indicator_id: i64,
    /// The region and all that lies in it.
    pub within: RegionCode,
    /// First and last period, as integers.
    pub periods: (i32, i32),
    /// What the regions below come to, instead of what was reported.
    pub rolled_up: bool,
    /// `within` itself and nothing in it.
    pub exact: bool,
    /// Only regions of this level.
    pub level: Option<RegionLevel>,
    /// Only this breakdown; 0 is the total.
    pub breakdown_id: Option<i64>,
    /// As known then, Unix milliseconds; `None` is now.
    pub known_at: Option<i64>,
}

impl FigureFilter {
    /// All reported figures of an indicator in a region, as known now.
    pub fn of(indicator_id: i64, within: RegionCode) -> FigureFilter {
        FigureFilter {
            indicator_id,
            within,
            periods: (i32::MIN, i32::MAX),
            rolled_up: false,
            exact: false,
            level: None,
            breakdown_id: None,
            known_at: None,
        }
    }
}

/// Place in the list: breakdown, period, region.
pub type FigureKey = (i64, i32, i64);

/// The newest revision of each figure, in order of breakdown, period and region, after `after`.
pub fn list_figures(
    reader: &mut Reader<'_>,
    scope: &Scope,
    filter: &FigureFilter,
    after: Option<FigureKey>,
    limit: i64,
) -> Result<Vec<ListedFigure>, DbError> {
    let visible = visible_part(scope, filter.within);
    let Some(within) = visible.filter(|part| !filter.exact || *part == filter.within) else {
        return Ok(Vec::new());
    };
    if let (true, Some(known_at)) = (filter.rolled_up, filter.known_at) {
        return then::rolled_up(
            reader,
            scope,
            &FigureFilter { within, ..filter.clone() },
            known_at,
            after,
            limit,
        );
    }
    let (table, row_no) = match (filter.rolled_up, filter.known_at) {
        (true, _) => ("rollup", "null"),
        (false, None) => ("current_value", "f.row_no"),
        (false, Some(_)) => ("observation", "f.row_no"),
    };
    let mut params = Params::default();
    let indicator = params.add(filter.indicator_id);
    let mut inside = match filter.exact {
        true => format!("f.region_id = {}", params.add(within.id())),
        false => params.within("f.region_id", within),
    };
    if let Some(level) = filter.level {
        let depth = params.add(level.depth());
        inside += &format!(
            " and exists (select 1 from region g where g.region_id = f.region_id and g.level = {depth})"
        );
    }
    if let Some(breakdown) = filter.breakdown_id {
        inside += &format!(" and f.breakdown_id = {}", params.add(breakdown));
    }
    if let Some(known_at) = filter.known_at {
        let commit = params.add(commit_at(reader, known_at)?);
        inside += &format!(
            " and f.commit_no <= {commit} and not exists (select 1 from observation n \
             where n.indicator_id = f.indicator_id and n.breakdown_id = f.breakdown_id and n.period = f.period \
             and n.region_id = f.region_id and n.commit_no > f.commit_no and n.commit_no <= {commit})"
        );
    }
    let (from, to) = (params.add(filter.periods.0), params.add(filter.periods.1));
    let visible = indicator_visible(scope, "i", &mut params);
    let beyond = match after {
        Some((breakdown, period, region)) => format!(
            " and (f.breakdown_id, f.period, f.region_id) > ({}, {}, {})",
            params.add(breakdown),
            params.add(period),
            params.add(region)
        ),
        None => String::new(),
    };
    let most = params.add(limit);
    let hidden = hidden_from(scope, "i", "f");
    let sql = format!(
        "select f.region_id, f.breakdown_id, b.key, f.period, case when {hidden} then null else f.value end, r.run_id, r.finished_at, {row_no} \
         from {table} f join indicator i on i.indicator_id = f.indicator_id \
         join breakdown b on b.breakdown_id = f.breakdown_id \
         left join run r on r.commit_no = f.commit_no \
         where f.indicator_id = {indicator} and {inside} and f.period between {from} and {to} and {visible}{beyond} \
         order by f.breakdown_id, f.period, f.region_id limit {most}"
    );
    reader.query(&sql, &params.0, read_figure)
}

fn read_figure(row: &Row<'_>) -> Result<ListedFigure, DbError> {
    Ok(ListedFigure {
        region_id: row.get(0)?,
        breakdown_id: row.get(1)?,
        breakdown: row.get(2)?,
        period: row.get(3)?,
        value: row.get(4)?,
        run_id: row.get(5)?,
        recorded_at: row.get(6)?,
        row_no: row.get(7)?,
    })
}

/// Which newest figures are listed.
#[derive(Debug, Clone)]
pub struct LatestFilter {
    /// The region and all that lies in it.
    pub within: RegionCode,
    /// Only regions of this level.
    pub level: RegionLevel,
    /// Only this indicator.
    pub indicator_id: Option<i64>,
}

/// A newest figure as listed: the total, judged against its target.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedLatest {
    /// The region.
    pub region_id: i64,
    /// The indicator.
    pub indicator_id: i64,
    /// The indicator's code.
    pub indicator: String,
    /// The newest period.
    pub period: i32,
    /// The value; `None` when it is hidden from the scope.
    pub value: Option<f64>,
    /// Rolled up from the regions below rather than reported.
    pub rolled_up: bool,
    /// Regions below that reported, when rolled up.
    pub reported: Option<i64>,
    /// Regions below that should have.
    pub expected: Option<i64>,
    /// The value one period before.
    pub previous: Option<f64>,
    /// The value one year before.
    pub last_year: Option<f64>,
    /// The target.
    pub target: Option<f64>,
    /// Upper bound of the target.
    pub target_high: Option<f64>,
    /// `TargetStatus::rank`.
    pub status: i64,
    /// Periods in a row that missed the target.
    pub off_periods: i64,
}

/// Newest totals in order of region and indicator, after `after`.
pub fn list_latest(
    reader: &mut Reader<'_>,
    scope: &Scope,
    filter: &LatestFilter,
    after: Option<(i64, i64)>,
    limit: i64,
) -> Result<Vec<ListedLatest>, DbError> {
    let Some(within) = visible_part(scope, filter.within) else { return Ok(Vec::new()) };
    let mut params = Params::default();
    let inside = params.within("l.region_id", within);
    let level = params.add(filter.level.depth());
    let visible = indicator_visible(scope, "i", &mut params);
    let by_indicator = match filter.indicator_id {
        Some(id) => format!(" and l.indicator_id = {}", params.add(id)),
        None => String::new(),
    };
    let beyond = match after {
        Some((region, indicator)) => {
            format!(
                " and (l.region_id, l.indicator_id) > ({}, {})",
                params.add(region),
                params.add(indicator)
            )
        }
        None => String::new(),
    };
    let most = params.add(limit);
    let columns = super::boards::columns(scope);
    let sql = format!(
        "select i.code, {columns} \
         from latest l join indicator i on i.indicator_id = l.indicator_id \
         where l.breakdown_id = 0 and {inside} and l.level = {level} and i.retired_at is null and {visible}\
         {by_indicator}{beyond} order by l.region_id, l.indicator_id limit {most}"
    );
    reader.query(&sql, &params.0, |row| {
        Ok(ListedLatest {
            indicator: row.get(0)?,
            indicator_id: row.get(1)?,
            region_id: row.get(2)?,
            period: row.get(3)?,
            value: row.get(4)?,
            rolled_up: row.get(5)?,
            reported: row.get(6)?,
            expected: row.get(7)?,
            previous: row.get(9)?,
            last_year: row.get(10)?,
            target: row.get(11)?,
            target_high: row.get(12)?,
            status: row.get(13)?,
            off_periods: row.get(16)?,
        })
    })
}

/// An indicator that a scope shows.
#[derive(Debug, Clone)]
pub struct VisibleIndicator {
    /// Its id.
    pub id: i64,
    /// Its definition.
    pub row: IndicatorRow,
    /// Code of the agency that answers for it.
    pub agency_code: String,
}

/// The indicators in force that the scope shows, in the order of the pack.
pub fn list_visible_indicators(
    reader: &mut Reader<'_>,
    scope: &Scope,
) -> Result<Vec<VisibleIndicator>, DbError> {
    let mut params = Params::default();
    let visible = indicator_visible(scope, "i", &mut params);
    let sql = format!(
        "select i.indicator_id, a.code from indicator i join agency a on a.agency_id = i.agency_id \
         where i.retired_at is null and {visible}"
    );
    let shown = reader.query(&sql, &params.0, |row| Ok((row.get::<i64>(0)?, row.get::<String>(1)?)))?;
    let mut agencies: HashMap<i64, String> = shown.into_iter().collect();
    Ok(list_indicators(reader)?
        .into_iter()
        .filter_map(|stored| {
            let agency_code = agencies.remove(&stored.id)?;
            Some(VisibleIndicator { id: stored.id, row: stored.row, agency_code })
        })
        .collect())
}

/// The indicator with this code, if the scope shows it.
pub fn find_visible_indicator(
    reader: &mut Reader<'_>,
    scope: &Scope,
    code: &str,
) -> Result<Option<VisibleIndicator>, DbError> {
    Ok(list_visible_indicators(reader, scope)?.into_iter().find(|indicator| indicator.row.code == code))
}
