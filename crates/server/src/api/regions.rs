//! `/api/v1/regions`: the official tree.

use super::page::{Page, PageQuery, cut};
use crate::{
    app::App,
    error::{AppError, AppResult},
    web::Who,
};
use axum::{
    Json,
    extract::{Path, Query, State},
};
use pendopo_figures::questions::listing::{ListedRegion, list_regions};
use pendopo_vocab::{RegionCode, RegionLevel};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A region.
#[derive(Debug, Serialize, ToSchema)]
pub struct Region {
    /// Kemendagri code, dotted.
    #[schema(example = "33.16.09")]
    pub code: String,
    /// Name.
    pub name: String,
    /// provinsi, kabupaten, kota, kecamatan, desa or kelurahan.
    pub kind: String,
    /// province, regency, district or village.
    pub level: RegionLevelName,
    /// Code of the region one level up.
    pub parent: Option<String>,
    /// BPS code where known.
    pub bps_code: Option<String>,
    /// First day on which the code held.
    pub valid_from: Option<String>,
    /// Last day on which the code held; absent while it does.
    pub valid_to: Option<String>,
    /// The decree that lists it.
    pub legal_basis: Option<String>,
}

/// A level of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegionLevelName {
    /// The whole country.
    Country,
    /// Provinsi.
    Province,
    /// Kabupaten or kota.
    Regency,
    /// Kecamatan.
    District,
    /// Desa or kelurahan.
    Village,
}

impl From<RegionLevelName> for RegionLevel {
    fn from(name: RegionLevelName) -> RegionLevel {
        match name {
            RegionLevelName::Country => RegionLevel::Country,
            RegionLevelName::Province => RegionLevel::Province,
            RegionLevelName::Regency => RegionLevel::Regency,
            RegionLevelName::District => RegionLevel::District,
            RegionLevelName::Village => RegionLevel::Village,
        }
    }
}

impl From<RegionLevel> for RegionLevelName {
    fn from(level: RegionLevel) -> RegionLevelName {
        match level {
            RegionLevel::Country => RegionLevelName::Country,
            RegionLevel::Province => RegionLevelName::Province,
            RegionLevel::Regency => RegionLevelName::Regency,
            RegionLevel::District => RegionLevelName::District,
            RegionLevel::Village => RegionLevelName::Village,
        }
    }
}

impl From<ListedRegion> for Region {
    fn from(row: ListedRegion) -> Region {
        Region {
            code: row.code,
            name: row.name,
            kind: row.kind,
            level: RegionLevel::from_depth(row.level).unwrap_or(RegionLevel::Village).into(),
            parent: row
                .parent_id
                .and_then(RegionCode::from_id)
                .filter(|c| *c != RegionCode::COUNTRY)
                .map(|c| c.to_string()),
            bps_code: row.bps_code,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            legal_basis: row.legal_basis,
        }
    }
}

/// Which regions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RegionQuery {
    /// This region and all that lies in it; default: the center's own.
    #[param(
        pattern = "^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{10}|[0-9]{2}([.][0-9]{2}){1,2}|[0-9]{2}([.][0-9]{2}){2}[.][0-9]{4})$"
    )]
    pub within: Option<String>,
    /// Only this level.
    pub level: Option<RegionLevelName>,
}

/// Regions in order of their codes.
#[utoipa::path(get, path = "/api/v1/regions", tag = "regions", params(RegionQuery, PageQuery),
    responses((status = 200, body = Page<Region>), (status = 400, body = super::Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(app): State<App>,
    who: Who,
    Query(query): Query<RegionQuery>,
    Query(page): Query<PageQuery>,
) -> AppResult<Json<Page<Region>>> {
    let within = region_or_own(&who, query.within.as_deref())?;
    let (limit, after) = (page.limit()?, page.after::<1>()?);
    let level = query.level.map(RegionLevel::from);
    let rows = app
        .blocking(move |db| db.read(|r| list_regions(r, within, level, after.map(|[id]| id), limit + 1)))
        .await?;
    Ok(Json(cut(rows, limit, |row| [row.region_id], Region::from)))
}

/// One region.
#[utoipa::path(get, path = "/api/v1/regions/{code}", tag = "regions", params(("code" = String, Path, description = "Kemendagri code", pattern = "^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{10}|[0-9]{2}([.][0-9]{2}){1,2}|[0-9]{2}([.][0-9]{2}){2}[.][0-9]{4})$")),
    responses((status = 200, body = Region), (status = 400, body = super::Problem, content_type = "application/problem+json"), (status = 404, body = super::Problem, content_type = "application/problem+json")))]
pub async fn show(State(app): State<App>, Path(code): Path<String>) -> AppResult<Json<Region>> {
    let code = parse_region(&code)?;
    let found =
        app.blocking(move |db| db.read(|r| list_regions(r, code, Some(code.level()), None, 1))).await?;
    let row = found.into_iter().next().ok_or_else(|| AppError::NotFound(format!("region {code}")))?;
    Ok(Json(row.into()))
}

/// A region code from a request.
///
/// # Errors
/// When it is not well formed.
pub fn parse_region(text: &str) -> AppResult<RegionCode> {
    // The code itself is read leniently where people write it; programs keep to the form of the document.
    let groups: Vec<usize> = text.split('.').map(str::len).collect();
    let shaped = matches!(groups[..], [2 | 4 | 6 | 10] | [2, 2] | [2, 2, 2] | [2, 2, 2, 4]);
    if !shaped || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Err(AppError::Invalid(format!("region is `{text}`; a code such as 33.16.09 is expected")));
    }
    text.parse().map_err(|error| AppError::Invalid(format!("region: {error}")))
}

/// The region asked for, or the one that the caller sees: the center's own for most.
///
/// # Errors
/// When it is not well formed.
pub fn region_or_own(who: &Who, text: Option<&str>) -> AppResult<RegionCode> {
    text.map_or_else(|| Ok(who.0.scope.region), parse_region)
}

/// The same, as long as the caller may ask about it.
///
/// # Errors
/// [`AppError::Invalid`], or [`AppError::NotFound`] beyond the caller's own region.
pub fn region_in_scope(who: &Who, text: Option<&str>) -> AppResult<RegionCode> {
    let region = region_or_own(who, text)?;
    match who.0.scope.region.contains(region) {
        true => Ok(region),
        false => Err(AppError::NotFound(format!("region {region}"))),
    }
}
