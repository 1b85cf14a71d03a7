//! Slice: the leader's board. Exceptions first, then who owns them, then the sectors and the map.

mod build;
pub mod pages;
mod store;

use crate::{
    app::App,
    error::AppResult,
    web::{NavItem, PageRequest},
};
use axum::{Router, extract::Path, response::Response, routing::get};

/// The routes of this slice.
pub fn routes() -> Router<App> {
    Router::new().route("/", get(show_home)).route("/papan/{code}", get(show_board))
}

async fn show_home(request: PageRequest) -> AppResult<Response> {
    request.cached(NavItem::Board, |reader, asked, chrome| build::build(reader, asked, chrome, None)).await
}

async fn show_board(Path(code): Path<String>, request: PageRequest) -> AppResult<Response> {
    request
        .cached(NavItem::Board, move |reader, asked, chrome| build::build(reader, asked, chrome, Some(&code)))
        .await
}
