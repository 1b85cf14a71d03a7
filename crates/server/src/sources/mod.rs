//! Slice: sources, their health and their runs.

mod build;
pub mod clock;
pub mod jobs;
pub mod news;
pub mod note;
pub mod pages;
pub mod problem;
pub mod receipts;
pub mod rules;
pub mod store;

use crate::{
    app::App,
    audit::Actor,
    error::{AppError, AppResult},
    web::{Asked, Chrome, NavItem, PageRequest, Routes},
};
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use jobs::RunOptions;
use pendopo_figures::Reader;
use pendopo_vocab::Scope;
use serde::Deserialize;

/// The routes of this slice.
pub fn routes() -> Routes {
    Routes::new()
        .get("/sumber", list_sources)
        .get("/sumber/{code}", show_source)
        .post("/sumber/{code}/tarik", run_source)
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

/// The source, if who asks sees it.
async fn find_visible(app: &App, scope: &Scope, code: &str) -> AppResult<()> {
    let (scope, wanted, now) = (scope.clone(), code.to_owned(), app.clock().now());
    let found =
        app.blocking(move |db| db.read(|reader| store::find_source(reader, &scope, &wanted, now))).await?;
    found.map(drop).ok_or_else(|| AppError::NotFound(code.to_owned()))
}

async fn run_source(
    State(app): State<App>,
    Path(code): Path<String>,
    Query(query): Query<RunQuery>,
    request: PageRequest,
) -> AppResult<Response> {
    let actor = Actor::from(&*request.asked.who);
    find_visible(&app, &request.asked.scope, &code).await?;
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
