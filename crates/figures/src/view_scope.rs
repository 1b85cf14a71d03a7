//! What of the public views a scope shows, as the `select` that stands in for each view. The same rules as
//! in `questions::scoped`, told in the views' own columns: codes instead of ids.

use crate::{
    db::{DbError, Reader},
    definitions::list_agencies,
};
use pendopo_vocab::{AgencyScope, RegionCode, Scope, Sensitivity};

/// A scope in the views' words.
pub(crate) struct ViewScope<'a> {
    scope: &'a Scope,
    /// Codes of the scope's agencies; unused where it sees all.
    agencies: Vec<String>,
    /// How the views are named: `main.api_` or `api.`.
    prefix: &'static str,
}

impl<'a> ViewScope<'a> {
    /// Looks up the codes of the scope's agencies.
    pub(crate) fn read(
        reader: &mut Reader<'_>,
        scope: &'a Scope,
        prefix: &'static str,
    ) -> Result<ViewScope<'a>, DbError> {
        let mut agencies = Vec::new();
        if let AgencyScope::Only(ids) = &scope.agencies {
            let known = list_agencies(reader)?.into_iter().filter(|agency| ids.contains(&agency.id));
            agencies.extend(known.map(|agency| agency.row.code));
        }
        Ok(ViewScope { scope, agencies, prefix })
    }

    /// The `select` that stands in for `view`.
    pub(crate) fn select(&self, view: &str) -> String {
        let prefix = self.prefix;
        let of_indicator = |also: &str| {
            format!("indicator in (select code from {prefix}indicator where {}) and {also}", self.shows())
        };
        match view {
            "indicator" => format!("select * from {prefix}indicator where {}", self.shows()),
            "observation" | "revision" => format!(
                "select * from {prefix}{view} v where {}",
                of_indicator(&format!("{} and {}", self.in_reach(), self.not_suppressed()))
            ),
            "latest" => format!(
                "select {} from {prefix}latest v where {}",
                self.latest_columns(),
                of_indicator(&format!("{} and not {}", self.in_reach(), self.hidden(1)))
            ),
            "run" => format!("select * from {prefix}run where {}", self.of_source()),
            "refused_row" => {
                let staff = self.scope.sensitivity >= Sensitivity::Internal;
                let rows = if staff { self.of_source() } else { "1 = 0".to_owned() };
                format!("select * from {prefix}refused_row where {rows}")
            }
            // The official tree is known to all.
            other => format!("select * from {prefix}{other}"),
        }
    }

    fn own(&self) -> String {
        match self.scope.agencies {
            AgencyScope::All => "1 = 1".to_owned(),
            AgencyScope::Only(_) if self.agencies.is_empty() => "1 = 0".to_owned(),
            AgencyScope::Only(_) => {
                let codes: Vec<String> =
                    self.agencies.iter().map(|code| format!("'{}'", code.replace('\'', "''"))).collect();
                format!("agency in ({})", codes.join(", "))
            }
        }
    }

    /// Of something with columns `sensitivity` and `agency`.
    fn shows(&self) -> String {
        format!("(sensitivity = 0 or (sensitivity <= {} and {}))", self.scope.sensitivity.rank(), self.own())
    }

    fn in_reach(&self) -> String {
        match self.scope.region {
            RegionCode::COUNTRY => "1 = 1".to_owned(),
            region => format!("(v.region = '{region}' or v.region like '{region}.%')"),
        }
    }

    fn of_source(&self) -> String {
        let known =
            format!("source in (select source from {}source_reach where {})", self.prefix, self.shows());
        match self.scope.agencies {
            // Runs without a source belong to the center as a whole.
            AgencyScope::All => format!("(source is null or {known})"),
            AgencyScope::Only(_) => known,
        }
    }

    /// The reader has clearance for small figures of the row's indicator.
    fn cleared(&self) -> String {
        if self.scope.sensitivity < Sensitivity::Internal {
            return "1 = 0".to_owned();
        }
        match self.scope.agencies {
            AgencyScope::All => "1 = 1".to_owned(),
            AgencyScope::Only(_) => {
                format!("v.indicator in (select code from {}indicator where {})", self.prefix, self.own())
            }
        }
    }

    fn not_suppressed(&self) -> String {
        format!(
            "({} or not exists (select 1 from {}suppressed_figure h where h.indicator = v.indicator \
             and h.region = v.region and h.breakdown = v.breakdown and h.period_id = v.period_id))",
            self.cleared(),
            self.prefix
        )
    }

    /// One of the marks of `latest.hidden` keeps something of the row from the reader.
    fn hidden(&self, mark: i64) -> String {
        format!(
            "(not ({}) and exists (select 1 from {}latest_hidden h where h.indicator = v.indicator \
             and h.region = v.region and h.breakdown = v.breakdown and (h.hidden & {mark}) <> 0))",
            self.cleared(),
            self.prefix
        )
    }

    fn latest_columns(&self) -> String {
        let masked = |column: &str, mark| {
            format!("case when {} then null else v.{column} end as {column}", self.hidden(mark))
        };
        [
            "v.indicator, v.region, v.region_name, v.region_level, v.breakdown, v.period, v.period_id, v.value, \
             v.rolled_up, v.reported, v.expected"
                .to_owned(),
            masked("previous", 2),
            masked("last_year", 4),
            "v.target, v.target_high, v.status".to_owned(),
            masked("off_since", 8),
            masked("off_periods", 8),
            "v.run".to_owned(),
        ]
        .join(", ")
    }
}
