//! The conditions by which a scope hides figures, as SQL.

use crate::db::{DbError, Reader, Value};
use pendopo_vocab::{AgencyScope, RegionCode, Scope};

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
            return "1 = 0".to_owned();
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
            format!("{sensitivity} and {agency}")
        }
    }
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
