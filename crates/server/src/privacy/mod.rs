//! Slice: personal data. The record of processing, what was met at the door, what was taken away, and
//! failures to protect it.

mod build;
pub mod jobs;
pub mod pages;
pub mod record;
pub mod rules;
pub mod store;
#[cfg(test)]
mod tests;

use crate::{
    app::App,
    audit::{self, Action, Actor},
    error::{AppError, AppResult},
    web::{Asked, Chrome, NavItem, PageRequest, Routes, Who, attachment},
};
use axum::{
    Form,
    extract::{Path, State},
    response::{Redirect, Response},
};
use jiff::{Timestamp, civil::DateTime};
use pendopo_connectors::personal::mask_all;
use pendopo_figures::Reader;
use serde::Deserialize;
use store::{Entry, Incident};

/// The routes of this slice.
pub fn routes() -> Routes {
    Routes::new()
        .get("/data-pribadi", show_record)
        .get("/data-pribadi/catatan.csv", export_csv)
        .get("/data-pribadi/catatan.md", export_markdown)
        .get("/data-pribadi/insiden", list_incidents)
        .post("/data-pribadi/insiden", open_incident)
        .get("/data-pribadi/insiden/{id}", show_incident)
        .post("/data-pribadi/insiden/{id}", change_incident)
        .post("/data-pribadi/insiden/{id}/langkah", note_step)
        .post("/data-pribadi/insiden/{id}/tutup", close_incident)
}

async fn show_record(State(app): State<App>, request: PageRequest) -> AppResult<Response> {
    let config = app.config().privacy.clone();
    let build = move |reader: &mut Reader<'_>, asked: &Asked, chrome: Chrome| {
        build::record(reader, asked, chrome, &config)
    };
    request.live(NavItem::None, build).await
}

async fn export_csv(State(app): State<App>, request: PageRequest) -> AppResult<Response> {
    export(app, request, "text/csv; charset=utf-8", "csv", record::to_csv).await
}

async fn export_markdown(State(app): State<App>, request: PageRequest) -> AppResult<Response> {
    export(app, request, "text/markdown; charset=utf-8", "md", record::to_markdown).await
}

async fn export(
    app: App,
    request: PageRequest,
    media_type: &'static str,
    ending: &str,
    write: fn(&record::Record) -> AppResult<String>,
) -> AppResult<Response> {
    let (asked, config) = (request.asked, app.config().privacy.clone());
    let actor = Actor::from(&*asked.who);
    let text = app
        .blocking(move |db| {
            db.read(|reader| Ok(build::read_record(reader, &asked, &config).and_then(|r| write(&r))))
        })
        .await??;
    app.audit().queue(
        audit::Entry::new(actor, Action::Exported).on("record-of-processing", ending).noting("file", ending),
    );
    Ok(attachment(media_type, &format!("catatan-pemrosesan.{ending}"), text))
}

async fn list_incidents(request: PageRequest) -> AppResult<Response> {
    request.live(NavItem::None, build::incidents).await
}

async fn show_incident(Path(incident_id): Path<i64>, request: PageRequest) -> AppResult<Response> {
    let build = move |reader: &mut Reader<'_>, asked: &Asked, chrome: Chrome| {
        build::incident(reader, asked, chrome, incident_id)
    };
    request.live(NavItem::None, build).await
}

/// What is written about an incident.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IncidentForm {
    /// Local date and time as the browser writes it; empty: now.
    noticed: String,
    title: String,
    what: String,
    data: String,
    sources: String,
    subjects: String,
    cause: String,
    measures: String,
}

impl IncidentForm {
    /// The incident as it may be stored: what people copy into it may hold numbers of persons.
    fn incident(&self) -> AppResult<Incident> {
        let text = |text: &str, most: usize| {
            let kept: String = text.trim().chars().filter(|c| *c != '\r').take(most).collect();
            mask_all(&kept).into_owned()
        };
        let subjects: String = self.subjects.chars().filter(|c| !matches!(c, '.' | ' ')).collect();
        let subjects = match subjects.is_empty() {
            true => None,
            false => {
                Some(subjects.parse::<u32>().map_err(|_| AppError::Invalid(format!("“{}”", self.subjects)))?)
            }
        };
        if self.title.trim().is_empty() {
            return Err(AppError::Invalid("judul/title".to_owned()));
        }
        Ok(Incident {
            title: text(&self.title, 120),
            what: text(&self.what, 4_000),
            data: text(&self.data, 1_000),
            sources: text(&self.sources, 1_000),
            subjects: subjects.map(i64::from),
            cause: text(&self.cause, 4_000),
            measures: text(&self.measures, 4_000),
            ..Incident::default()
        })
    }

    fn noticed_at(&self, app: &App) -> AppResult<Timestamp> {
        let now = app.clock().now();
        if self.noticed.trim().is_empty() {
            return Ok(now);
        }
        let wrong = || AppError::Invalid(format!("“{}”", self.noticed));
        let local: DateTime = self.noticed.trim().parse().map_err(|_| wrong())?;
        let at = app.identity().time_zone.to_timestamp(local).map_err(|_| wrong())?;
        if at > now { Err(wrong()) } else { Ok(at) }
    }
}

/// What is recorded of an incident: that something was done about it, not what stands in it.
fn noted(who: &Who, incident_id: i64, what: &str) -> audit::Entry {
    audit::Entry::new(Actor::from(&*who.0), Action::IncidentChanged)
        .on("incident", incident_id)
        .noting("what", what)
}

async fn open_incident(
    State(app): State<App>,
    who: Who,
    Form(form): Form<IncidentForm>,
) -> AppResult<Redirect> {
    let noticed_at = form.noticed_at(&app)?.as_millisecond();
    let now = app.clock().now().as_millisecond();
    let new = Incident { noticed_at, opened_at: now, author: who.0.name.clone(), ..form.incident()? };
    let audit = app.audit().clone();
    let incident_id = app
        .blocking(move |db| {
            db.write(|tx| {
                let incident_id = store::open_incident(tx, &new)?;
                store::put_entry(tx, incident_id, &entry(&who, now, None, true, "opened"))?;
                audit.record(tx, &noted(&who, incident_id, "opened"))?;
                Ok(incident_id)
            })
        })
        .await?;
    Ok(Redirect::to(&format!("/data-pribadi/insiden/{incident_id}")))
}

fn entry(who: &Who, at: i64, step: Option<String>, done: bool, note: &str) -> Entry {
    Entry { at, author: who.0.name.clone(), step, done, note: note.to_owned() }
}

async fn change_incident(
    State(app): State<App>,
    who: Who,
    Path(incident_id): Path<i64>,
    Form(form): Form<IncidentForm>,
) -> AppResult<Redirect> {
    let changed = Incident { incident_id, ..form.incident()? };
    let now = app.clock().now().as_millisecond();
    let audit = app.audit().clone();
    let found = app
        .blocking(move |db| {
            db.write(|tx| {
                let Some(before) = store::find_incident(tx, incident_id)? else { return Ok(false) };
                let note = rules::difference(&before, &changed);
                let found = store::change_incident(tx, &changed)?;
                if found && !note.is_empty() {
                    store::put_entry(tx, incident_id, &entry(&who, now, None, true, &note))?;
                    audit.record(tx, &noted(&who, incident_id, &note))?;
                }
                Ok(found)
            })
        })
        .await?;
    answer(found, incident_id)
}

fn answer(found: bool, incident_id: i64) -> AppResult<Redirect> {
    match found {
        true => Ok(Redirect::to(&format!("/data-pribadi/insiden/{incident_id}"))),
        false => Err(AppError::NotFound(format!("{incident_id}"))),
    }
}

/// A step done, or opened again.
#[derive(Debug, Deserialize)]
struct StepForm {
    step: String,
    done: u8,
    #[serde(default)]
    note: String,
}

async fn note_step(
    State(app): State<App>,
    who: Who,
    Path(incident_id): Path<i64>,
    Form(form): Form<StepForm>,
) -> AppResult<Redirect> {
    if !rules::is_step(&form.step) {
        return Err(AppError::Invalid(form.step));
    }
    let now = app.clock().now().as_millisecond();
    let note: String = form.note.trim().chars().take(1_000).collect();
    let done = entry(&who, now, Some(form.step), form.done == 1, &mask_all(&note));
    let audit = app.audit().clone();
    let found = app
        .blocking(move |db| {
            db.write(|tx| {
                let open = store::find_incident(tx, incident_id)?.is_some_and(|one| one.closed_at.is_none());
                if open {
                    store::put_entry(tx, incident_id, &done)?;
                    audit.record(tx, &noted(&who, incident_id, done.step.as_deref().unwrap_or_default()))?;
                }
                Ok(open)
            })
        })
        .await?;
    answer(found, incident_id)
}

/// Closes an incident, or opens it again.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CloseForm {
    again: Option<u8>,
}

async fn close_incident(
    State(app): State<App>,
    who: Who,
    Path(incident_id): Path<i64>,
    Form(form): Form<CloseForm>,
) -> AppResult<Redirect> {
    let now = app.clock().now().as_millisecond();
    let closes = form.again.is_none();
    let audit = app.audit().clone();
    let found = app
        .blocking(move |db| {
            db.write(|tx| {
                let changed = store::set_closed(tx, incident_id, closes.then_some(now))?;
                if changed {
                    let note = if closes { "closed" } else { "reopened" };
                    store::put_entry(tx, incident_id, &entry(&who, now, None, closes, note))?;
                    audit.record(tx, &noted(&who, incident_id, note))?;
                }
                Ok(changed || store::find_incident(tx, incident_id)?.is_some())
            })
        })
        .await?;
    answer(found, incident_id)
}
