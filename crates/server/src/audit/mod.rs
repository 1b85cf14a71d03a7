//! The audit log: who did what, to what, when, from where, with what outcome. Append-only; every entry
//! holds the hash of the one before, the end is signed, and heads are kept outside the database, so that
//! changes, gaps and a cut-off end are found by `pendopo audit verify`.
//!
//! A change records itself in its own transaction ([`Audit::record`]); what has none (views, failed
//! sign-ins, exports) goes through a queue ([`Audit::queue`]). Names no feature.

mod anchor;
mod build;
mod chain;
mod entry;
mod export;
pub mod jobs;
mod ledger;
mod once;
pub mod outward;
mod pages;
pub mod sent;
mod signed;
pub mod store;
#[cfg(test)]
mod tests;
mod verify;
mod words;

pub use anchor::Reason;
pub use entry::{Action, Actor, ActorKind, Entry, Outcome};
pub use export::{Form, write_entries};
pub use ledger::{Audit, AuditConfig};
pub use once::Every;
pub use outward::OutwardConfig;
pub use verify::{count_entries, verify};
pub use words::finding_sentence;

use crate::{
    app::App,
    error::{AppError, AppResult},
    web::{Asked, Chrome, NavItem, PageRequest, Routes, attachment},
};
use axum::{
    body::Body,
    extract::{Query, State},
    response::Response,
};
use build::ListQuery;
use pendopo_figures::Reader;
use tokio_util::io::ReaderStream;

/// The routes of this module.
pub fn routes() -> Routes {
    Routes::new()
        .get("/audit", list_entries)
        .get("/audit.csv", export_csv)
        .get("/audit.jsonl", export_json_lines)
}

async fn list_entries(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
    request: PageRequest,
) -> AppResult<Response> {
    let key = app.audit().public_key();
    let build = move |reader: &mut Reader<'_>, asked: &Asked, chrome: Chrome| {
        build::list(reader, asked, chrome, &query, &key)
    };
    request.live(NavItem::None, build).await
}

async fn export_csv(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
    request: PageRequest,
) -> AppResult<Response> {
    export_entries(app, query, request, Form::Csv).await
}

async fn export_json_lines(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
    request: PageRequest,
) -> AppResult<Response> {
    export_entries(app, query, request, Form::JsonLines).await
}

/// Writes into a file without a name first: a slow reader then holds no snapshot of the database open.
async fn export_entries(app: App, query: ListQuery, request: PageRequest, form: Form) -> AppResult<Response> {
    let filter = build::filter(&query, &request.asked)?;
    let zone = app.identity().time_zone.clone();
    let actor = Actor::from(&*request.asked.who);
    let work = move || -> anyhow::Result<(std::fs::File, u64)> {
        let mut file = tempfile::tempfile()?;
        let count = app.db().read(|reader| write_entries(reader, &filter, form, &zone, &mut file))?;
        std::io::Seek::rewind(&mut file)?;
        let entry = Entry::new(actor, Action::AuditExported).on("audit", form.extension());
        app.audit().queue(entry.noting("entries", count));
        Ok((file, count))
    };
    let (file, _) = tokio::task::spawn_blocking(work).await.map_err(anyhow::Error::from)??;
    let body = Body::from_stream(ReaderStream::new(tokio::fs::File::from_std(file)));
    Ok(attachment(form.media_type(), &format!("audit.{}", form.extension()), body))
}

impl From<build::BadFilter> for AppError {
    fn from(wrong: build::BadFilter) -> AppError {
        AppError::Invalid(wrong.0)
    }
}
