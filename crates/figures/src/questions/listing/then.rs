//! Lists of what was known at a time, and of every revision since.

use super::{
    FigureFilter, FigureKey, LatestFilter, ListedFigure, ListedLatest, list_regions, list_visible_indicators,
};
use crate::{
    catalog::Catalog,
    db::{DbError, Reader},
    definitions::{list_breakdowns, region_code},
    effective::Series,
    questions::{
        LatestFigure, Questions, SeriesOf,
        as_of::{AsOf, commit_at},
        scoped::{Params, admits_indicator, hidden_from, hidden_regions, indicator_visible, visible_part},
    },
};
use pendopo_vocab::{RegionCode, Scope};
use std::collections::HashMap;

/// What the regions below came to, as known then; in the order of `list_figures`.
pub(super) fn rolled_up(
    reader: &mut Reader<'_>,
    scope: &Scope,
    filter: &FigureFilter,
    known_at: i64,
    after: Option<FigureKey>,
    limit: i64,
) -> Result<Vec<ListedFigure>, DbError> {
    let mut listed = Vec::new();
    if !admits_indicator(reader, scope, filter.indicator_id)? {
        return Ok(listed);
    }
    let limit = usize::try_from(limit).unwrap_or(0);
    let catalog = Catalog::load(reader)?;
    let as_of = AsOf { catalog: &catalog, commit_no: commit_at(reader, known_at)? };
    let (low, high) = (*filter.within.subtree().start(), *filter.within.subtree().end());
    let mut runs = HashMap::new();
    for (breakdown_id, breakdown) in list_breakdowns(reader)? {
        let wanted = filter.breakdown_id.is_none_or(|only| only == breakdown_id);
        if !wanted || after.is_some_and(|after| breakdown_id < after.0) {
            continue;
        }
        let series = Series { indicator_id: filter.indicator_id, breakdown_id };
        let mut periods =
            as_of.periods(reader, series, filter.periods.0, filter.periods.1.min(i32::MAX - 1))?;
        periods.reverse();
        for period in periods {
            if after.is_some_and(|after| (breakdown_id, period) < (after.0, after.1)) {
                continue;
            }
            let hidden = hidden_regions(reader, scope, (filter.indicator_id, breakdown_id), period)?;
            for (region_id, slot) in as_of.made_range(reader, series, period, (low, high))? {
                let region = region_code(region_id)?;
                let passed = after.is_some_and(|after| (breakdown_id, period, region_id) <= after);
                let unwanted = filter.level.is_some_and(|level| level != region.level())
                    || (filter.exact && region != filter.within);
                if passed || unwanted {
                    continue;
                }
                if listed.len() == limit {
                    return Ok(listed);
                }
                let (run_id, recorded_at) = run_of(reader, &mut runs, slot.commit_no)?;
                listed.push(ListedFigure {
                    region_id,
                    breakdown_id,
                    breakdown: breakdown.clone(),
                    period,
                    value: (!hidden.contains(&region_id)).then_some(slot.value),
                    run_id,
                    recorded_at,
                    row_no: None,
                });
            }
        }
    }
    Ok(listed)
}

type RunOf = (Option<i64>, Option<i64>);

/// The run of a commit and when it was recorded, asked once per commit.
fn run_of(
    reader: &mut Reader<'_>,
    known: &mut HashMap<i64, RunOf>,
    commit_no: i64,
) -> Result<RunOf, DbError> {
    if let Some(found) = known.get(&commit_no) {
        return Ok(*found);
    }
    let sql = "select run_id, finished_at from run where commit_no = $1";
    let found = reader.query_opt(sql, &[commit_no.into()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found = found.unwrap_or((None, None));
    known.insert(commit_no, found);
    Ok(found)
}

/// A page of newest figures, and the place (region, indicator) after which to go on.
pub type LatestPage = (Vec<ListedLatest>, Option<(i64, i64)>);

/// Newest totals as known and judged at `known_at`, in order of region and indicator, after `after`, and the
/// place where to go on. A page looks at `limit` pairs of region and indicator, of which some may have had no
/// figure then: it may hold fewer than `limit` and still not be the last.
///
/// # Errors
/// The database's.
pub fn list_latest_then(
    reader: &mut Reader<'_>,
    scope: &Scope,
    filter: &LatestFilter,
    known_at: i64,
    after: Option<(i64, i64)>,
    limit: i64,
) -> Result<LatestPage, DbError> {
    let mut listed = Vec::new();
    let Some(within) = visible_part(scope, filter.within) else { return Ok((listed, None)) };
    let mut indicators = list_visible_indicators(reader, scope)?;
    indicators
        .retain(|one| filter.indicator_id.is_none_or(|only| only == one.id) && one.row.level >= filter.level);
    indicators.sort_by_key(|one| one.id);
    if indicators.is_empty() || commit_at(reader, known_at)? == 0 {
        return Ok((listed, None));
    }
    let first = after.map(|(region, _)| region - 1);
    let regions = list_regions(reader, within, Some(filter.level), first, limit.saturating_add(1))?;
    let pairs = regions.iter().flat_map(|region| indicators.iter().map(move |one| (region.region_id, one)));
    let mut pairs = pairs.filter(|(region, one)| after.is_none_or(|after| (*region, one.id) > after));
    let mut last = None;
    for (region_id, one) in pairs.by_ref().take(usize::try_from(limit).unwrap_or(0)) {
        last = Some((region_id, one.id));
        let of = SeriesOf { indicator_id: one.id, region: region_code(region_id)?, breakdown_id: 0 };
        let found = reader.latest_then(scope, of, known_at)?;
        listed.extend(found.map(|figure| listed_latest(figure, &one.row.code)));
    }
    let more = pairs.next().is_some();
    Ok((listed, last.filter(|_| more)))
}

fn listed_latest(figure: LatestFigure, indicator: &str) -> ListedLatest {
    ListedLatest {
        region_id: figure.region.id(),
        indicator_id: figure.indicator_id,
        indicator: indicator.to_owned(),
        period: figure.period,
        value: figure.value,
        rolled_up: figure.rolled,
        reported: figure.reported,
        expected: figure.expected,
        previous: figure.previous,
        last_year: figure.last_year,
        target: figure.target,
        target_high: figure.target_high,
        status: figure.status.rank(),
        off_periods: figure.off_periods,
    }
}

/// Which revisions are listed.
#[derive(Debug, Clone)]
pub struct RevisionFilter {
    /// The indicator.
    pub indicator_id: i64,
    /// The region.
    pub region: RegionCode,
    /// First and last period, as integers.
    pub periods: (i32, i32),
    /// Only this breakdown; 0 is the total.
    pub breakdown_id: Option<i64>,
}

/// One revision of a reported figure, as listed.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedRevision {
    /// The breakdown's id; 0 is the total.
    pub breakdown_id: i64,
    /// The breakdown's key; empty for the total.
    pub breakdown: String,
    /// The period.
    pub period: i32,
    /// Its place in the order of commits.
    pub commit_no: i64,
    /// The value; `None` when it is hidden from the scope.
    pub value: Option<f64>,
    /// The run that recorded it.
    pub run_id: i64,
    /// When it was recorded, Unix milliseconds.
    pub recorded_at: i64,
    /// Row of the run's answer.
    pub row_no: i64,
}

/// Every revision of the reported figures of a region, oldest first, in order of breakdown, period and commit,
/// after `after`.
///
/// # Errors
/// The database's.
pub fn list_revisions(
    reader: &mut Reader<'_>,
    scope: &Scope,
    filter: &RevisionFilter,
    after: Option<(i64, i32, i64)>,
    limit: i64,
) -> Result<Vec<ListedRevision>, DbError> {
    if !scope.region.contains(filter.region) {
        return Ok(Vec::new());
    }
    let mut params = Params::default();
    let (indicator, region) = (params.add(filter.indicator_id), params.add(filter.region.id()));
    let (from, to) = (params.add(filter.periods.0), params.add(filter.periods.1));
    let mut also = indicator_visible(scope, "i", &mut params);
    if let Some(breakdown) = filter.breakdown_id {
        also += &format!(" and o.breakdown_id = {}", params.add(breakdown));
    }
    if let Some((breakdown, period, commit_no)) = after {
        let place = [params.add(breakdown), params.add(period), params.add(commit_no)].join(", ");
        also += &format!(" and (o.breakdown_id, o.period, o.commit_no) > ({place})");
    }
    let (most, hidden) = (params.add(limit), hidden_from(scope, "i", "o"));
    let sql = format!(
        "select o.breakdown_id, b.key, o.period, o.commit_no, case when {hidden} then null else o.value end, \
         n.run_id, n.finished_at, o.row_no from observation o \
         join indicator i on i.indicator_id = o.indicator_id join breakdown b on b.breakdown_id = o.breakdown_id \
         join run n on n.commit_no = o.commit_no \
         where o.indicator_id = {indicator} and o.region_id = {region} and o.period between {from} and {to} \
         and {also} order by o.breakdown_id, o.period, o.commit_no limit {most}"
    );
    reader.query(&sql, &params.0, |row| {
        Ok(ListedRevision {
            breakdown_id: row.get(0)?,
            breakdown: row.get(1)?,
            period: row.get(2)?,
            commit_no: row.get(3)?,
            value: row.get(4)?,
            run_id: row.get(5)?,
            recorded_at: row.get(6)?,
            row_no: row.get(7)?,
        })
    })
}
