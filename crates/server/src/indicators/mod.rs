//! Slice: indicators, their course, the regions below, and the lineage of every figure.

pub mod decline;
mod lineage;
mod list;
mod look;
mod one;
pub mod outlook;
pub mod pages;
mod region_map;
pub mod rules;
pub mod store;
pub mod watch;

pub use lineage::lineage_words;
pub use list::{course, indicators_of_region};
pub use look::{Look, end_of_day};
pub use one::trend_of;
pub use region_map::{MapWords, colour, region_map};

use crate::{
    error::AppResult,
    web::{NavItem, PageRequest, Routes},
};
use axum::{
    extract::{Path, Query},
    response::Response,
};

/// The routes of this slice.
pub fn routes() -> Routes {
    Routes::new()
        .get("/indikator", list_indicators)
        .get("/indikator/{code}", show_indicator)
        .get("/angka/{indicator}/{region}/{period}", show_lineage)
}

async fn list_indicators(Query(query): Query<list::ListQuery>, request: PageRequest) -> AppResult<Response> {
    let restricted = watch::note_view(&request.app, &request.asked.who, "page", "indicators", None).await?;
    request
        .kept_by_nobody(restricted)
        .cached(NavItem::Indicators, move |reader, asked, chrome| list::build(reader, asked, chrome, &query))
        .await
}

async fn show_indicator(
    Path(code): Path<String>,
    Query(query): Query<one::OneQuery>,
    request: PageRequest,
) -> AppResult<Response> {
    let restricted =
        watch::note_view(&request.app, &request.asked.who, "indicator", &code, Some(&code)).await?;
    request
        .kept_by_nobody(restricted)
        .with_script("map.js")
        .cached(NavItem::Indicators, move |reader, asked, chrome| {
            one::build(reader, asked, chrome, &code, &query)
        })
        .await
}

async fn show_lineage(
    Path((indicator, region, period)): Path<(String, String, String)>,
    Query(query): Query<lineage::LineageQuery>,
    request: PageRequest,
) -> AppResult<Response> {
    let figure = format!("{indicator} {region} {period}");
    let restricted =
        watch::note_view(&request.app, &request.asked.who, "figure", &figure, Some(&indicator)).await?;
    // Whoever is signed in may see the rows as they came.
    let kept_by_nobody = restricted || request.asked.who.is_known();
    let build = move |reader: &mut pendopo_figures::Reader<'_>, asked: &crate::web::Asked, chrome| {
        lineage::build(reader, asked, chrome, &lineage::Address { indicator, region, period, query })
    };
    request.kept_by_nobody(kept_by_nobody).cached(NavItem::Indicators, build).await
}
