//! The definitions a page needs, read once per page.

use crate::{
    error::{AppError, AppResult},
    web::{Asked, Tr},
};
use pendopo_figures::{AgencyRow, DbError, IndicatorRow, Reader, Stored, list_agencies, list_indicators};
use pendopo_vocab::{RegionCode, RegionLevel, Scope, region_tree::RegionTree};
use std::collections::HashMap;

/// The indicators a reader may see and all agencies.
pub struct Catalog {
    /// In the order of the pack.
    pub indicators: Vec<Stored<IndicatorRow>>,
    /// By id.
    pub agencies: HashMap<i64, AgencyRow>,
}

impl Catalog {
    /// Reads both. Retired indicators are left out.
    ///
    /// # Errors
    /// The database's.
    pub fn read(reader: &mut Reader<'_>, scope: &Scope) -> Result<Catalog, DbError> {
        let sees = |row: &IndicatorRow| scope.sees(row.agency_id, row.sensitivity);
        let mut indicators = list_indicators(reader)?;
        indicators.retain(|indicator| indicator.retired_at.is_none() && sees(&indicator.row));
        indicators.sort_by_key(|indicator| indicator.row.position);
        let agencies = list_agencies(reader)?.into_iter().map(|agency| (agency.id, agency.row)).collect();
        Ok(Catalog { indicators, agencies })
    }

    /// The indicator with this code.
    pub fn by_code(&self, code: &str) -> Option<&Stored<IndicatorRow>> {
        self.indicators.iter().find(|indicator| indicator.row.code == code)
    }

    /// The indicator with this id.
    pub fn by_id(&self, id: i64) -> Option<&Stored<IndicatorRow>> {
        self.indicators.iter().find(|indicator| indicator.id == id)
    }

    /// The same, or the error of a request that names none.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub fn expect_code(&self, code: &str) -> AppResult<&Stored<IndicatorRow>> {
        self.by_code(code).ok_or_else(|| AppError::NotFound(code.to_owned()))
    }

    /// The abbreviation of an indicator's agency.
    pub fn agency_short(&self, row: &IndicatorRow) -> &str {
        self.agencies.get(&row.agency_id).map_or("–", |agency| &agency.short_name)
    }
}

/// The name in the reader's language.
pub fn indicator_name(row: &IndicatorRow, t: Tr) -> &str {
    match &row.name_en {
        Some(name) if !t.is_id() => name,
        _ => &row.name,
    }
}

/// The name of a sector in the reader's language; its code when the pack does not name it.
pub fn sector_name(asked: &Asked, code: &str) -> String {
    let sector = asked.identity.sectors.iter().find(|(sector, _, _)| sector == code);
    sector
        .map_or_else(|| code.to_owned(), |(_, id, en)| if asked.t.is_id() { id.clone() } else { en.clone() })
}

/// The name of a region with its kind, such as `Kecamatan Cepu`.
pub fn region_name(region: RegionCode, t: Tr) -> String {
    if region == RegionCode::COUNTRY {
        return t.tr("country").into_owned();
    }
    RegionTree::embedded().get(region).map_or_else(|| region.to_string(), |found| found.full_name())
}

/// The regions above `region` that the reader may see, from the top; address by `href`, and name.
pub fn region_crumbs(
    region: RegionCode,
    asked: &Asked,
    href: impl Fn(RegionCode) -> String,
) -> Vec<(String, String)> {
    let mut crumbs = Vec::new();
    let mut place = region.parent();
    while let Some(at) = place {
        if !asked.scope.region.contains(at) {
            break;
        }
        crumbs.push((href(at), region_name(at, asked.t)));
        place = at.parent();
    }
    crumbs.reverse();
    crumbs
}

/// A region named in an address, which the reader may see.
///
/// # Errors
/// [`AppError::Invalid`] when it is no code, [`AppError::NotFound`] when there is no such region in reach.
pub fn region_in_reach(text: &str, asked: &Asked) -> AppResult<RegionCode> {
    let region: RegionCode = text.parse().map_err(|error| AppError::Invalid(format!("{text}: {error}")))?;
    let known = region == RegionCode::COUNTRY || RegionTree::embedded().get(region).is_some();
    if known && asked.scope.region.contains(region) {
        Ok(region)
    } else {
        Err(AppError::NotFound(text.to_owned()))
    }
}

/// Key of the heading over the regions of a level.
pub fn below_key(level: RegionLevel) -> &'static str {
    match level {
        RegionLevel::Country | RegionLevel::Province => "below-province",
        RegionLevel::Regency => "below-regency",
        RegionLevel::District => "below-district",
        RegionLevel::Village => "below-village",
    }
}
