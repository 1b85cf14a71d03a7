//! Slice: walls, the screens of a room. A screen is paired from a phone, follows a playlist of the pack, is steered
//! from a phone, and never shows a login or an error over what can be read.

mod build;
mod control;
mod pages;
mod pairing;
mod rules;
mod signals;
mod store;
mod stream;
#[cfg(test)]
mod tests;

pub use store::read_mark;

use crate::{
    app::App,
    error::{AppError, AppResult},
    web::{NavItem, PageRequest, Routes, Via, Who},
};
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use pendopo_vocab::Role;

/// Where a screen shows its playlist.
pub const SCREEN: &str = "/dinding/layar";

/// The routes of this slice.
pub fn routes() -> Routes {
    Routes::new()
        .get("/dinding", pairing::show)
        .get("/dinding/menunggu", pairing::wait)
        .get("/dinding/pasang", pairing::show_form)
        .post("/dinding/pasang", pairing::pair)
        .get(SCREEN, show_screen)
        .get("/dinding/langsung", follow)
        .get("/dinding/kendali", control::list)
        .get("/dinding/kendali/{wall}", control::show)
        .post("/dinding/kendali/{wall}", control::steer)
}

/// The key by which a screen asks, if it is one that does.
fn token_of(who: &Who) -> Option<i64> {
    match (who.0.role, who.0.via) {
        (Role::Wall, Via::Token(token_id)) => Some(token_id),
        _ => None,
    }
}

/// The screen. Whoever is none is sent to where one becomes a screen, never to sign in.
async fn show_screen(who: Who, mut request: PageRequest) -> AppResult<Response> {
    let Some(token_id) = token_of(&who) else { return Ok(Redirect::to("/dinding").into_response()) };
    let Some(screen) = stream::read_screen(&request.app, token_id).await? else {
        // A screen with a key from a link has one board.
        let board = who.0.board.as_ref().map(|code| format!("/papan/{code}"));
        return Ok(Redirect::to(board.as_deref().unwrap_or("/dinding")).into_response());
    };
    let (now, zone) = (request.asked.now, request.asked.identity.time_zone.clone());
    let playlist = screen.playlist.as_ref();
    let shown = playlist.and_then(|wall| rules::shown(wall, &screen.steering, now, &zone));
    let key =
        shown.as_ref().map_or_else(|| "-".to_owned(), |shown| shown.key(&screen.steering, screen.wall.part));
    // All screens that show the same share one page: what differs stands in its name.
    request.asked.path = format!("{SCREEN}?{}/{key}", screen.wall.playlist);
    request
        .cached(NavItem::None, move |reader, asked, chrome| {
            let playlist = screen.playlist.as_ref();
            let shown = playlist.and_then(|wall| rules::shown(wall, &screen.steering, now, &zone));
            build::build(reader, asked, chrome, &screen, shown.as_ref())
        })
        .await
}

async fn follow(State(app): State<App>, who: Who) -> AppResult<Response> {
    match token_of(&who) {
        Some(token_id) => Ok(stream::follow(app, token_id)),
        None => Err(AppError::NotFound("/dinding/langsung".to_owned())),
    }
}
