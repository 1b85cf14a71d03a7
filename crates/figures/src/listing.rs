//! Plain lists for programs: regions and figures in key order, cut into pages by the last key.

use crate::{
    db::{DbError, Reader, Row, Value},
    scope::ScopeClause,
};
use pendopo_vocab::{RegionCode, RegionLevel, Scope};

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
    let range = within.subtree();
    let low = after.map_or(*range.start(), |after| after.saturating_add(1)).max(*range.start());
    let mut params: Vec<Value> = vec![low.into(), (*range.end()).into(), limit.into()];
    let by_level = match level {
        Some(level) => {
            params.push(level.depth().into());
            " and level = $4"
        }
        None => "",
    };
    let sql = format!(
        "select region_id, code, name, kind, level, parent_id, bps_code, valid_from, valid_to, legal_basis \
         from region where region_id between $1 and $2{by_level} order by region_id limit $3"
    );
    reader.query(&sql, &params, |row| {
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
    /// The value.
    pub value: f64,
    /// The run that recorded it; for rolled-up figures the newest run among those below.
    pub run_id: i64,
    /// When that run was recorded, Unix milliseconds.
    pub recorded_at: i64,
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
    let range = filter.within.subtree();
    let (breakdown, period, region) = after.unwrap_or((i64::MIN, i32::MIN, i64::MIN));
    let params: [Value; 9] = [
        filter.indicator_id.into(),
        (*range.start()).into(),
        (*range.end()).into(),
        filter.periods.0.into(),
        filter.periods.1.into(),
        breakdown.into(),
        period.into(),
        region.into(),
        limit.into(),
    ];
    let (table, row_no) = if filter.rolled_up {
        ("rollup", "null")
    } else {
        (
            "current_value",
            "(select o.row_no from observation o where o.indicator_id = f.indicator_id and o.region_id = f.region_id \
              and o.breakdown_id = f.breakdown_id and o.period = f.period and o.commit_no = f.commit_no)",
        )
    };
    let visible = ScopeClause::new(scope, "i", "f.region_id");
    let sql = format!(
        "select f.region_id, f.breakdown_id, b.key, f.period, f.value, r.run_id, r.finished_at, {row_no} \
         from {table} f join indicator i on i.indicator_id = f.indicator_id \
         join breakdown b on b.breakdown_id = f.breakdown_id \
         join run r on r.commit_no = f.commit_no \
         where f.indicator_id = $1 and f.region_id between $2 and $3 and f.period between $4 and $5 \
         and (f.breakdown_id, f.period, f.region_id) > ($6, $7, $8) and {visible} \
         order by f.breakdown_id, f.period, f.region_id limit $9"
    );
    reader.query(&sql, &params, read_figure)
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
    /// The value.
    pub value: f64,
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
    let range = filter.within.subtree();
    let (region, indicator) = after.unwrap_or((*range.start(), i64::MIN));
    let mut params: Vec<Value> = vec![
        region.into(),
        (*range.end()).into(),
        indicator.into(),
        filter.level.depth().into(),
        limit.into(),
    ];
    let by_indicator = match filter.indicator_id {
        Some(id) => {
            params.push(id.into());
            " and l.indicator_id = $6"
        }
        None => "",
    };
    let visible = ScopeClause::new(scope, "i", "l.region_id");
    let sql = format!(
        "select l.region_id, l.indicator_id, i.code, l.period, l.value, l.rolled, l.reported, l.expected, \
         l.previous, l.last_year, l.target, l.target_high, l.status, l.off_periods \
         from latest l join indicator i on i.indicator_id = l.indicator_id \
         where l.breakdown_id = 0 and l.region_id between $1 and $2 and (l.region_id, l.indicator_id) > ($1, $3) \
         and l.level = $4{by_indicator} and i.retired_at is null and {visible} \
         order by l.region_id, l.indicator_id limit $5"
    );
    reader.query(&sql, &params, |row| {
        Ok(ListedLatest {
            region_id: row.get(0)?,
            indicator_id: row.get(1)?,
            indicator: row.get(2)?,
            period: row.get(3)?,
            value: row.get(4)?,
            rolled_up: row.get(5)?,
            reported: row.get(6)?,
            expected: row.get(7)?,
            previous: row.get(8)?,
            last_year: row.get(9)?,
            target: row.get(10)?,
            target_high: row.get(11)?,
            status: row.get(12)?,
            off_periods: row.get(13)?,
        })
    })
}
