//! Slice: the leader's board. Exceptions first, then who owns them, then the sectors and the map.

pub mod build;
mod editor;
pub mod exceptions;
pub mod material;
pub mod pages;
mod store;
#[cfg(test)]
mod tests;
pub mod today;
pub mod widgets;

use crate::{
    error::{AppError, AppResult},
    indicators::watch,
    web::{NavItem, PageRequest, Routes},
    widgets::Surface,
};
use axum::{
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use pendopo_vocab::Role;

/// The routes of this slice.
pub fn routes() -> Routes {
    Routes::new()
        .get("/", show_first)
        .get("/papan", show_home)
        .get("/papan/{code}", show_board)
        .get("/hari-ini", show_today)
        .merge(editor::routes())
}

/// The board; on a phone the leader's page, which is made for one.
async fn show_first(request: PageRequest) -> AppResult<Response> {
    if request.on_phone() {
        return Ok(Redirect::to("/hari-ini").into_response());
    }
    show_home(request).await
}

async fn show_today(request: PageRequest) -> AppResult<Response> {
    // For when there is no network the browser asks for an edition without restricted figures, and keeps that.
    if request.for_keeping() {
        return request.without_restricted().cached(NavItem::Today, today::build).await;
    }
    let restricted = watch::note_view(&request.app, &request.asked.who, "board", "today", None).await?;
    request.kept_by_nobody(restricted).cached(NavItem::Today, today::build).await
}

async fn show_home(request: PageRequest) -> AppResult<Response> {
    let restricted = watch::note_view(&request.app, &request.asked.who, "board", "home", None).await?;
    request
        .kept_by_nobody(restricted)
        .with_script("map.js")
        .cached(NavItem::Board, |reader, asked, chrome| {
            build::build(reader, asked, chrome, Surface::Desk, None)
        })
        .await
}

async fn show_board(Path(code): Path<String>, request: PageRequest) -> AppResult<Response> {
    // A screen shows the board that it was made for.
    if request.asked.who.role == Role::Wall && request.asked.who.board.as_deref() != Some(code.as_str()) {
        return Err(AppError::NotFound(code));
    }
    let restricted = watch::note_view(&request.app, &request.asked.who, "board", &code, None).await?;
    request
        .kept_by_nobody(restricted)
        .with_script("map.js")
        .cached(NavItem::Board, move |reader, asked, chrome| {
            build::build(reader, asked, chrome, Surface::Desk, Some(&code))
        })
        .await
}
