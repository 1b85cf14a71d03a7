//! Slice: the map of an indicator: choose indicator, period, level and classes; from kabupaten to kecamatan to desa,
//! over a base map where the center has one.

mod base;
mod build;
pub mod pages;

pub use base::Base;

use crate::{
    error::AppResult,
    indicators::watch,
    web::{Asked, Chrome, NavItem, PageRequest, Routes},
};
use axum::{Extension, extract::Query, response::Response};
use build::MapQuery;
use pendopo_figures::Reader;

/// The routes of this slice.
pub fn routes() -> Routes {
    Routes::new().get("/peta", show_map).get(base::ROUTE, base::show_tile)
}

async fn show_map(
    Query(query): Query<MapQuery>,
    Extension(base): Extension<Base>,
    request: PageRequest,
) -> AppResult<Response> {
    let code = query.indicator();
    let asked = (!code.is_empty()).then_some(code);
    let restricted = watch::note_view(&request.app, &request.asked.who, "map", code, asked).await?;
    let build = move |reader: &mut Reader<'_>, asked: &Asked, chrome: Chrome| {
        build::build(reader, asked, chrome, (&query, &base))
    };
    request.kept_by_nobody(restricted).with_script("map.js").cached(NavItem::Map, build).await
}
