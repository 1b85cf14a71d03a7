//! What boards read: the maintained table `latest`, never history.

use super::{
    LatestFigure, LatestValue, SeriesOf, TargetCount,
    scoped::{Mark, Params, either, indicator_visible, latest_hidden_from, unless, visible_part},
};
use crate::{
    db::{DbError, Reader, Row},
    definitions::region_code,
};
use pendopo_vocab::{RegionCode, RegionLevel, Scope, TargetStatus};

/// The columns of a figure, what the scope may not see left out. The marks are kept in `latest`, so that
/// this costs a board nothing.
pub(super) fn columns(scope: &Scope) -> String {
    let hidden = &latest_hidden_from(scope, "i", Mark::Value);
    let run = &latest_hidden_from(scope, "i", Mark::OffRun);
    let or = |mark: Mark| either(hidden, &latest_hidden_from(scope, "i", mark));
    [
        // The indicator's own row is at hand: nothing of the figure's need be decoded.
        "i.indicator_id",
        "l.region_id",
        "l.period",
        &unless(hidden, "null", "l.value"),
        "l.rolled",
        &unless(hidden, "null", "l.reported"),
        &unless(hidden, "null", "l.expected"),
        "l.commit_no",
        &unless(&or(Mark::Previous), "null", "l.previous"),
        &unless(&or(Mark::LastYear), "null", "l.last_year"),
        "l.target",
        "l.target_high",
        &status(scope),
        &unless(hidden, "0.0", "l.miss"),
        &unless(hidden, "null", &unless(run, "l.period", "l.off_since")),
        &unless(hidden, "0", &unless(run, "1", "l.off_periods")),
    ]
    .join(", ")
}

/// The verdict; a hidden figure has none.
fn status(scope: &Scope) -> String {
    let none = TargetStatus::NoData.rank().to_string();
    unless(&latest_hidden_from(scope, "i", Mark::Value), &none, "l.status")
}

fn read_figure(row: &Row<'_>) -> Result<LatestFigure, DbError> {
    Ok(LatestFigure {
        indicator_id: row.get(0)?,
        region: region_code(row.get(1)?)?,
        period: row.get(2)?,
        value: row.get(3)?,
        rolled: row.get(4)?,
        reported: row.get(5)?,
        expected: row.get(6)?,
        commit_no: row.get(7)?,
        previous: row.get(8)?,
        last_year: row.get(9)?,
        target: row.get(10)?,
        target_high: row.get(11)?,
        status: TargetStatus::from_rank(row.get(12)?),
        miss: row.get(13)?,
        off_since: row.get(14)?,
        off_periods: row.get(15)?,
    })
}

/// `latest` behind the live indicators that the scope shows. The cross join keeps SQLite on this order:
/// a short range of the key per indicator, and none where an indicator is hidden.
fn shown(scope: &Scope, params: &mut Params) -> String {
    let visible = indicator_visible(scope, "i", params);
    format!(
        "indicator i cross join latest l where i.retired_at is null and {visible} and l.indicator_id = i.indicator_id"
    )
}

pub(super) fn latest_of_region(
    reader: &mut Reader<'_>,
    scope: &Scope,
    region: RegionCode,
) -> Result<Vec<LatestFigure>, DbError> {
    let mut params = Params::default();
    let shown = shown(scope, &mut params);
    let id = params.add(region.id());
    let within = params.within("+l.region_id", scope.region);
    let columns = columns(scope);
    let sql = format!(
        "select {columns} from {shown} and l.breakdown_id = 0 and l.region_id = {id} and {within} \
         order by i.indicator_id"
    );
    reader.query(&sql, &params.0, read_figure)
}

pub(super) fn latest_in_subtree(
    reader: &mut Reader<'_>,
    scope: &Scope,
    region: RegionCode,
    level: Option<RegionLevel>,
    indicators: &[i64],
) -> Result<Vec<LatestFigure>, DbError> {
    in_subtree(reader, scope, region, level, indicators, &columns(scope), read_figure)
}

pub(super) fn values_in_subtree(
    reader: &mut Reader<'_>,
    scope: &Scope,
    region: RegionCode,
    level: Option<RegionLevel>,
    indicators: &[i64],
) -> Result<Vec<LatestValue>, DbError> {
    let hidden = latest_hidden_from(scope, "i", Mark::Value);
    let value = unless(&hidden, "null", "l.value");
    let columns = format!("i.indicator_id, l.region_id, l.period, {value}, {}", status(scope));
    in_subtree(reader, scope, region, level, indicators, &columns, |row| {
        Ok(LatestValue {
            indicator_id: row.get(0)?,
            region: region_code(row.get(1)?)?,
            period: row.get(2)?,
            value: row.get(3)?,
            status: TargetStatus::from_rank(row.get(4)?),
        })
    })
}

/// A region and everything in it, by indicator and region.
fn in_subtree<T>(
    reader: &mut Reader<'_>,
    scope: &Scope,
    region: RegionCode,
    level: Option<RegionLevel>,
    indicators: &[i64],
    columns: &str,
    read: fn(&Row<'_>) -> Result<T, DbError>,
) -> Result<Vec<T>, DbError> {
    let Some(part) = visible_part(scope, region) else {
        return Ok(Vec::new());
    };
    let mut params = Params::default();
    let shown = shown(scope, &mut params);
    let inside = params.within("l.region_id", part);
    let mut sql = format!("select {columns} from {shown} and l.breakdown_id = 0 and {inside}");
    if let Some(level) = level {
        // The plus keeps SQLite on the key's range.
        sql += &format!(" and +l.level = {}", params.add(level.depth()));
    }
    if !indicators.is_empty() {
        sql += &format!(" and {}", params.one_of("i.indicator_id", indicators));
    }
    sql += " order by i.indicator_id, l.region_id";
    reader.query(&sql, &params.0, read)
}

pub(super) fn latest_of_series(
    reader: &mut Reader<'_>,
    scope: &Scope,
    of: SeriesOf,
) -> Result<Option<LatestFigure>, DbError> {
    let mut params = Params::default();
    let (breakdown, region) = (params.add(of.breakdown_id), params.add(of.region.id()));
    let indicator = params.add(of.indicator_id);
    let within = params.within("l.region_id", scope.region);
    let visible = indicator_visible(scope, "i", &mut params);
    let columns = columns(scope);
    let sql = format!(
        "select {columns} from latest l join indicator i on i.indicator_id = l.indicator_id \
         where l.breakdown_id = {breakdown} and l.region_id = {region} and l.indicator_id = {indicator} \
         and {within} and {visible}"
    );
    reader.query_opt(&sql, &params.0, read_figure)
}

pub(super) fn exceptions(
    reader: &mut Reader<'_>,
    scope: &Scope,
    region: RegionCode,
    level: Option<RegionLevel>,
    limit: i64,
) -> Result<Vec<LatestFigure>, DbError> {
    let levels: Vec<RegionLevel> = match level {
        Some(level) => vec![level],
        None => (region.level().depth()..=RegionLevel::Village.depth())
            .filter_map(RegionLevel::from_depth)
            .collect(),
    };
    let mut worst: Vec<LatestFigure> = Vec::new();
    for level in levels {
        // Level by level, so that each is a walk along the index of misses that ends at the limit.
        let mut params = Params::default();
        let depth = params.add(level.depth());
        let inside = params.within("l.region_id", region);
        let within = params.within("l.region_id", scope.region);
        let visible = indicator_visible(scope, "i", &mut params);
        let limit = params.add(limit);
        let (columns, hidden) = (columns(scope), latest_hidden_from(scope, "i", Mark::Value));
        let sql = format!(
            "select {columns} from latest l cross join indicator i where l.status = 0 and l.level = {depth} \
             and l.breakdown_id = 0 and {inside} and {within} and i.indicator_id = l.indicator_id \
             and i.retired_at is null and {visible} and not {hidden} \
             order by l.miss desc, l.region_id desc, l.indicator_id desc limit {limit}"
        );
        worst.extend(reader.query(&sql, &params.0, read_figure)?);
    }
    worst.sort_by(|a, b| b.miss.total_cmp(&a.miss));
    worst.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(worst)
}

pub(super) fn against_target(
    reader: &mut Reader<'_>,
    scope: &Scope,
    region: RegionCode,
    level: RegionLevel,
) -> Result<Vec<TargetCount>, DbError> {
    let Some(part) = visible_part(scope, region) else {
        return Ok(Vec::new());
    };
    let mut params = Params::default();
    let shown = shown(scope, &mut params);
    let depth = params.add(level.depth());
    let inside = params.within("l.region_id", part);
    let hidden = latest_hidden_from(scope, "i", Mark::Value);
    let sql = format!(
        "select i.indicator_id, sum(case when l.status = 0 then 1 else 0 end), \
         sum(case when l.status = 1 then 1 else 0 end), sum(case when l.status = 2 then 1 else 0 end), \
         sum(case when l.status > 2 then 1 else 0 end) \
         from {shown} and l.breakdown_id = 0 and +l.level = {depth} and {inside} and not {hidden} \
         group by i.indicator_id order by i.indicator_id"
    );
    reader.query(&sql, &params.0, |row| {
        Ok(TargetCount {
            indicator_id: row.get(0)?,
            off_track: row.get(1)?,
            at_risk: row.get(2)?,
            on_track: row.get(3)?,
            no_target: row.get(4)?,
        })
    })
}
