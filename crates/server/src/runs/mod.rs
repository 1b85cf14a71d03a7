//! Slice: the ledger of runs and the rows they refused.

mod build;
pub mod pages;
pub mod store;

pub use build::item;

use crate::{
    app::App,
    audit::{Action, Actor, Entry},
    error::{AppError, AppResult},
    sources::jobs::{self, RunOptions},
    web::{Asked, Chrome, NavItem, PageRequest, Principal, Routes, Who, attachment},
};
use axum::{
    extract::{Path, Query, State},
    response::{Redirect, Response},
};
use build::{ListQuery, RowsQuery};
use pendopo_figures::Reader;
use pendopo_vocab::Sensitivity;

/// The routes of this slice.
pub fn routes() -> Routes {
    Routes::new()
        .get("/penarikan", list_runs)
        .get("/penarikan/{id}", show_run)
        .get("/penarikan/{id}/ditolak", list_refused_rows)
        .get("/penarikan/{id}/ditolak.csv", export_refused_rows)
        .post("/penarikan/{id}/ditolak/ulang", retry_refused_rows)
        .post("/penarikan/{id}/ditolak/abaikan", dismiss_refused_rows)
}

async fn list_runs(Query(query): Query<ListQuery>, request: PageRequest) -> AppResult<Response> {
    let build = move |reader: &mut Reader<'_>, asked: &Asked, chrome: Chrome| {
        build::list(reader, asked, chrome, &query)
    };
    request.live(NavItem::Runs, build).await
}

async fn show_run(
    State(app): State<App>,
    Path(run_id): Path<i64>,
    request: PageRequest,
) -> AppResult<Response> {
    let step = app.progress().of(run_id);
    let build = move |reader: &mut Reader<'_>, asked: &Asked, chrome: Chrome| {
        build::one(reader, asked, chrome, run_id, step)
    };
    request.live(NavItem::Runs, build).await
}

/// Rows as they came are not sorted by place: whoever sees a part of the center's region alone (a narrowed
/// token) sees and decides on none of them.
///
/// # Errors
/// Forbidden, for them.
pub fn sees_raw_rows(app: &App, who: &Principal) -> AppResult<()> {
    match who.scope.region.contains(app.identity().region) {
        true => Ok(()),
        false => Err(AppError::Forbidden),
    }
}

/// Records that somebody looks at rows of a restricted source. Asks nothing of the database for readers who
/// see none.
///
/// # Errors
/// The database's.
pub async fn note_rows_view(app: &App, who: &Principal, run_id: i64) -> AppResult<()> {
    if who.scope.sensitivity < Sensitivity::Restricted {
        return Ok(());
    }
    let scope = who.scope.clone();
    let restricted =
        app.blocking(move |db| db.read(|reader| store::is_restricted(reader, &scope, run_id))).await?;
    if restricted {
        app.audit().note_view(who, "run", &run_id.to_string());
    }
    Ok(())
}

async fn list_refused_rows(
    Path(run_id): Path<i64>,
    Query(query): Query<RowsQuery>,
    request: PageRequest,
) -> AppResult<Response> {
    sees_raw_rows(&request.app, &request.asked.who)?;
    note_rows_view(&request.app, &request.asked.who, run_id).await?;
    let build = move |reader: &mut Reader<'_>, asked: &Asked, chrome: Chrome| {
        build::refused(reader, asked, chrome, run_id, &query)
    };
    request.live(NavItem::Runs, build).await
}

async fn export_refused_rows(
    State(app): State<App>,
    who: Who,
    Path(run_id): Path<i64>,
) -> AppResult<Response> {
    sees_raw_rows(&app, &who.0)?;
    let (scope, audit, actor) = (who.scope(), app.audit().clone(), Actor::from(&*who.0));
    let text = app
        .blocking(move |db| {
            db.read(|reader| {
                if store::read_run(reader, &scope, run_id)?.is_none() {
                    return Ok(None);
                }
                let mut text = Vec::new();
                store::export_refused_rows(reader, run_id, &store::RowFilter::default(), &mut text)?;
                let entry = Entry::new(actor, Action::Exported);
                audit.queue(entry.on("run", run_id).noting("file", "csv"));
                Ok(Some(text))
            })
        })
        .await?
        .ok_or_else(|| AppError::NotFound(format!("{run_id}")))?;
    Ok(attachment("text/csv; charset=utf-8", &format!("ditolak-{run_id}.csv"), text))
}

async fn retry_refused_rows(
    State(app): State<App>,
    who: Who,
    Path(run_id): Path<i64>,
) -> AppResult<Redirect> {
    find_visible(&app, &who, run_id).await?;
    let options = RunOptions::by(Actor::from(&*who.0));
    let report = jobs::retry_run(&app, run_id, &options).await?;
    app.bump_data_version();
    Ok(Redirect::to(&format!("/penarikan/{}", report.run_id.unwrap_or(run_id))))
}

/// The run, if who asks sees it.
async fn find_visible(app: &App, who: &Who, run_id: i64) -> AppResult<()> {
    sees_raw_rows(app, &who.0)?;
    let scope = who.scope();
    let found = app.blocking(move |db| store::find_run(db, &scope, run_id)).await?;
    found.map(drop).ok_or_else(|| AppError::NotFound(format!("{run_id}")))
}

async fn dismiss_refused_rows(
    State(app): State<App>,
    who: Who,
    Path(run_id): Path<i64>,
) -> AppResult<Redirect> {
    find_visible(&app, &who, run_id).await?;
    jobs::dismiss_rows(&app, run_id, Actor::from(&*who.0)).await?;
    Ok(Redirect::to(&format!("/penarikan/{run_id}/ditolak")))
}
