//! What all of a board is made of, read once: definitions, the latest figures of one region, sources; and
//! what they say of a figure's age.

use crate::{
    error::AppResult,
    indicators::store::Catalog,
    sources::store::{SourceHealth, read_sources},
    web::{Asked, how_long},
    widgets::Mark,
};
use pendopo_figures::{
    IndicatorRow, Reader, Stored,
    questions::{LatestFigure, Questions, SeriesOf},
};
use pendopo_vocab::{AgencyScope, FreshnessState, RegionCode, Sensitivity};
use std::collections::HashMap;

/// All that a board is made of.
pub struct Material {
    /// The indicators that the reader may see, and all agencies.
    pub catalog: Catalog,
    /// The latest figures of the board's region, by indicator.
    pub latest: HashMap<i64, LatestFigure>,
    /// The sources that the reader may see.
    pub sources: Vec<SourceHealth>,
    /// The region that the board is about.
    pub region: RegionCode,
}

impl Material {
    /// Reads it for the region that the reader sees.
    ///
    /// # Errors
    /// The database's.
    pub fn read(reader: &mut Reader<'_>, asked: &Asked) -> AppResult<Material> {
        let region = asked.scope.region;
        let latest = reader.latest_of_region(&asked.scope, region)?;
        Ok(Material {
            catalog: Catalog::read(reader, &asked.scope)?,
            latest: latest.into_iter().map(|figure| (figure.indicator_id, figure)).collect(),
            sources: read_sources(reader, &asked.scope, asked.now)?,
            region,
        })
    }

    /// The latest figure of an indicator in a region.
    ///
    /// # Errors
    /// The database's.
    pub fn latest_in(
        &self,
        reader: &mut Reader<'_>,
        asked: &Asked,
        indicator_id: i64,
        region: RegionCode,
    ) -> AppResult<Option<LatestFigure>> {
        if region == self.region {
            return Ok(self.latest.get(&indicator_id).cloned());
        }
        Ok(reader.latest_of_series(&asked.scope, SeriesOf { indicator_id, region, breakdown_id: 0 })?)
    }

    /// The sources that bring an indicator, or what it is computed from, as far as the reader may see them.
    pub fn feeding(&self, indicator: &IndicatorRow) -> Vec<&SourceHealth> {
        let mut codes: Vec<&str> = Vec::new();
        let mut open = vec![indicator];
        while let Some(row) = open.pop() {
            if codes.contains(&row.code.as_str()) {
                continue;
            }
            codes.push(&row.code);
            let inputs = [row.numerator_id, row.denominator_id, row.weight_id];
            open.extend(
                inputs.into_iter().flatten().filter_map(|id| self.catalog.by_id(id)).map(|one| &one.row),
            );
        }
        let feeds = |source: &&SourceHealth| {
            let mapping = source.definition.as_ref().map(|definition| &definition.mapping);
            mapping.is_some_and(|mapping| {
                mapping.value.iter().any(|value| codes.contains(&value.indicator.as_str()))
            })
        };
        self.sources.iter().filter(feeds).collect()
    }

    /// How long ago the sources of an indicator were last read well: the oldest of them. Empty when nobody knows.
    pub fn age(&self, asked: &Asked, indicator: &IndicatorRow) -> String {
        let oldest = self.feeding(indicator).iter().filter_map(|source| source.last_good).min();
        oldest.map_or_else(String::new, |at| {
            asked.t.tr1("age-ago", how_long(asked.now.as_second() - at.as_second(), asked.t))
        })
    }

    /// The worst state among the sources of an indicator, when it is not fresh.
    pub fn freshness(&self, asked: &Asked, indicator: &IndicatorRow) -> Option<Mark> {
        let worst = self.feeding(indicator).iter().map(|source| source.state).min()?;
        (worst != FreshnessState::Fresh).then(|| Mark::freshness(worst, asked.t))
    }
}

/// Whether the reader sees all that the pack defines: what such a reader does not find is gone, and may be named.
pub fn sees_all(asked: &Asked) -> bool {
    asked.scope.agencies == AgencyScope::All && asked.scope.sensitivity == Sensitivity::Restricted
}

/// A stored indicator.
pub type Indicator = Stored<IndicatorRow>;
