//! Slice: the map of an indicator: choose indicator, period, level and classes; from kabupaten to kecamatan to desa.

mod build;
pub mod pages;

use crate::{
    error::AppResult,
    indicators::watch,
    web::{Asked, Chrome, NavItem, PageRequest, Routes},
};
use axum::{extract::Query, response::Response};
use build::MapQuery;
use pendopo_figures::Reader;

/// The routes of this slice.
pub fn routes() -> Routes {
    Routes::new().get("/peta", show_map)
}

async fn show_map(Query(query): Query<MapQuery>, request: PageRequest) -> AppResult<Response> {
    let code = query.indicator();
    let asked = (!code.is_empty()).then_some(code);
    let restricted = watch::note_view(&request.app, &request.asked.who, "map", code, asked).await?;
    let build = move |reader: &mut Reader<'_>, asked: &Asked, chrome: Chrome| {
        build::build(reader, asked, chrome, &query)
    };
    request.kept_by_nobody(restricted).with_script("map.js").cached(NavItem::Map, build).await
}
