//! The conditions by which a scope hides figures, as SQL.

use crate::db::{DbError, Reader, Value};
use pendopo_vocab::{AgencyScope, RegionCode, Scope, Sensitivity};
use std::collections::HashSet;

/// The condition that no row meets.
const NEVER: &str = "1 = 0";

/// `column`, or `instead` where the condition `hidden` holds. A scope that sees all reads the bare column: a case
/// costs as much as reading it does, which is half the time of a board of thousands of figures.
pub(super) fn unless(hidden: &str, instead: &str, column: &str) -> String {
    match hidden {
        NEVER => column.to_owned(),
        hidden => format!("case when {hidden} then {instead} else {column} end"),
    }
}

/// One condition or the other.
pub(super) fn either(one: &str, other: &str) -> String {
    match (one, other) {
        (NEVER, condition) | (condition, NEVER) => condition.to_owned(),
        (one, other) => format!("({one} or {other})"),
    }
}

/// Parameters gathered while a statement is put together.
#[derive(Default)]
pub(super) struct Params(pub Vec<Value>);

impl Params {
    /// Adds a parameter; gives its placeholder.
    pub(super) fn add(&mut self, value: impl Into<Value>) -> String {
        self.0.push(value.into());
        format!("${}", self.0.len())
    }

    /// `column in (...)`; nothing is in an empty list.
    pub(super) fn one_of(&mut self, column: &str, ids: &[i64]) -> String {
        if ids.is_empty() {
            return NEVER.to_owned();
        }
        let marks: Vec<String> = ids.iter().map(|id| self.add(*id)).collect();
        format!("{column} in ({})", marks.join(", "))
    }

    /// `column between` the ends of a region's subtree.
    pub(super) fn within(&mut self, column: &str, region: RegionCode) -> String {
        let subtree = region.subtree();
        let (low, high) = (self.add(*subtree.start()), self.add(*subtree.end()));
        format!("{column} between {low} and {high}")
    }
}

/// The indicators (table or alias `indicator`) that the scope shows.
pub(super) fn indicator_visible(scope: &Scope, indicator: &str, params: &mut Params) -> String {
    let most = params.add(scope.sensitivity.rank());
    let sensitivity = format!("{indicator}.sensitivity <= {most}");
    match &scope.agencies {
        AgencyScope::All => sensitivity,
        AgencyScope::Only(agencies) => {
            let agency = params.one_of(&format!("{indicator}.agency_id"), agencies);
            // What is public may be seen of every agency.
            format!("({indicator}.sensitivity = 0 or ({sensitivity} and {agency}))")
        }
    }
}

/// The indicators (table or alias `indicator`) of which the scope sees small figures as they are not;
/// `None`: it sees all. The rule is [`Scope::clears`].
fn uncleared(scope: &Scope, indicator: &str) -> Option<String> {
    match &scope.agencies {
        _ if scope.sensitivity < Sensitivity::Internal => Some("1 = 1".to_owned()),
        AgencyScope::All => None,
        AgencyScope::Only(agencies) if agencies.is_empty() => Some("1 = 1".to_owned()),
        AgencyScope::Only(agencies) => {
            let ids: Vec<String> = agencies.iter().map(i64::to_string).collect();
            Some(format!("{indicator}.agency_id not in ({})", ids.join(", ")))
        }
    }
}

/// The condition under which the scope must not see a figure: it is suppressed, and the scope has no
/// internal clearance for the indicator's agency. `indicator` and `figure` are aliases; the figure's
/// table has `indicator_id`, `breakdown_id`, `period` and `region_id`. Needs no parameters.
pub fn hidden_from(scope: &Scope, indicator: &str, figure: &str) -> String {
    match uncleared(scope, indicator) {
        None => NEVER.to_owned(),
        Some(uncleared) => format!(
            "({uncleared} and exists (select 1 from suppressed hs where hs.indicator_id = {figure}.indicator_id \
             and hs.period = {figure}.period and hs.breakdown_id = {figure}.breakdown_id \
             and hs.region_id = {figure}.region_id))"
        ),
    }
}

/// What of a row of `latest` may be hidden.
#[derive(Debug, Clone, Copy)]
pub enum Mark {
    /// The value itself.
    Value = 1,
    /// The value one period before.
    Previous = 2,
    /// The value a year before.
    LastYear = 4,
    /// One of the periods off target before it.
    OffRun = 8,
}

/// The same condition for a row of `latest` (alias `l`), which carries its marks.
pub fn latest_hidden_from(scope: &Scope, indicator: &str, mark: Mark) -> String {
    match uncleared(scope, indicator) {
        None => NEVER.to_owned(),
        Some(uncleared) => format!("({uncleared} and (l.hidden & {}) <> 0)", mark as i64),
    }
}

/// Whether the scope sees small figures of this indicator as they are.
pub(super) fn is_cleared(reader: &mut Reader<'_>, scope: &Scope, indicator_id: i64) -> Result<bool, DbError> {
    let Some(uncleared) = uncleared(scope, "i") else { return Ok(true) };
    let sql = format!("select 1 from indicator i where i.indicator_id = $1 and {uncleared}");
    Ok(reader.query_opt(&sql, &[indicator_id.into()], |_| Ok(()))?.is_none())
}

/// The periods of a series that are hidden from the scope.
pub(super) fn hidden_periods(
    reader: &mut Reader<'_>,
    scope: &Scope,
    of: super::SeriesOf,
) -> Result<HashSet<i32>, DbError> {
    let sql = format!(
        "select s.period from suppressed s join indicator i on i.indicator_id = s.indicator_id \
         where s.indicator_id = $1 and s.breakdown_id = $2 and s.region_id = $3 and {}",
        hidden_from(scope, "i", "s")
    );
    let params = [of.indicator_id.into(), of.breakdown_id.into(), of.region.id().into()];
    Ok(reader.query(&sql, &params, |row| row.get(0))?.into_iter().collect())
}

/// The regions in which an indicator's figure of a period is hidden from the scope.
pub(super) fn hidden_regions(
    reader: &mut Reader<'_>,
    scope: &Scope,
    (indicator_id, breakdown_id): (i64, i64),
    period: i32,
) -> Result<HashSet<i64>, DbError> {
    let sql = format!(
        "select s.region_id from suppressed s join indicator i on i.indicator_id = s.indicator_id \
         where s.indicator_id = $1 and s.breakdown_id = $2 and s.period = $3 and {}",
        hidden_from(scope, "i", "s")
    );
    let params = [indicator_id.into(), breakdown_id.into(), period.into()];
    Ok(reader.query(&sql, &params, |row| row.get(0))?.into_iter().collect())
}

/// Whether the scope shows this indicator in any place.
pub(super) fn admits_indicator(
    reader: &mut Reader<'_>,
    scope: &Scope,
    indicator_id: i64,
) -> Result<bool, DbError> {
    let mut params = Params::default();
    let id = params.add(indicator_id);
    let visible = indicator_visible(scope, "indicator", &mut params);
    let sql = format!("select 1 from indicator where indicator_id = {id} and {visible}");
    Ok(reader.query_opt(&sql, &params.0, |_| Ok(()))?.is_some())
}

/// The part of `region` that the scope shows: the smaller of the two when one lies in the other.
pub(super) fn visible_part(scope: &Scope, region: RegionCode) -> Option<RegionCode> {
    if scope.region.contains(region) {
        Some(region)
    } else if region.contains(scope.region) {
        Some(scope.region)
    } else {
        None
    }
}
