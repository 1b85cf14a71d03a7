//! Slice: sources, their health and their runs.

mod build;
pub mod jobs;
pub mod pages;
pub mod problem;
pub mod rules;
pub mod store;

use crate::{
    app::App,
    audit::Actor,
    error::AppResult,
    web::{Asked, Chrome, NavItem, PageRequest},
};
use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jobs::RunOptions;
use pendopo_figures::Reader;
use serde::Deserialize;

/// The routes of this slice.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/sumber", get(list_sources))
        .route("/sumber/{code}", get(show_source))
        .route("/sumber/{code}/tarik", post(run_source))
}

async fn list_sources(request: PageRequest) -> AppResult<Response> {
    request.live(NavItem::Sources, build::list).await
}

async fn show_source(Path(code): Path<String>, request: PageRequest) -> AppResult<Response> {
    let build = move |reader: &mut Reader<'_>, asked: &Asked, chrome: Chrome| {
        build::one(reader, asked, chrome, &code)
    };
    request.live(NavItem::Sources, build).await
}

/// How a source is read from its page.
#[derive(Debug, Default, Deserialize)]
struct RunQuery {
    /// Keep nothing: show what would change.
    uji: Option<u8>,
}

async fn run_source(
    State(app): State<App>,
    Path(code): Path<String>,
    Query(query): Query<RunQuery>,
    request: PageRequest,
) -> AppResult<Response> {
    let actor = Actor::visitor("halaman");
    if query.uji.is_none() {
        let run_id = jobs::start_run(&app, &code, actor, String::new()).await?;
        return Ok(Redirect::to(&format!("/penarikan/{run_id}")).into_response());
    }
    let options = RunOptions { dry_run: true, ..RunOptions::by(actor) };
    let report = jobs::run_source(&app, &code, &options).await?;
    let build = move |_: &mut Reader<'_>, asked: &Asked, chrome: Chrome| {
        Ok(pages::TrialPage { chrome, code, text: report.text(asked.t.lang()) })
    };
    request.live(NavItem::Sources, build).await
}
