//! Slice: paper and files. The morning brief and any board as PDF, the table of any widget for a spreadsheet, any
//! widget as a picture: what its reader sees on the page, and nothing more.

mod build;
mod document;
pub mod jobs;
mod pages;
mod press;
mod rules;
mod store;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub use document::blank_for_testing;

use crate::{
    app::App,
    audit::{Action, Actor, Entry, Every},
    error::{AppError, AppResult},
    indicators::watch,
    spreadsheet::harmless,
    web::{Asked, NavItem, PageRequest, Routes, Tr, Who, attachment},
};
use axum::{
    extract::{Path, Query, State},
    response::{Redirect, Response},
};
use pendopo_figures::Reader;
use pendopo_paper::{Document, PaperError};
use rules::{BoardQuery, CsvQuery, Place};

/// The routes of this slice.
pub fn routes() -> Routes {
    Routes::new()
        .get("/hari-ini/laporan.pdf", print_brief)
        .get("/papan/{code}/papan.pdf", print_board)
        .get("/papan/{code}/widget/{widget}/tabel.csv", export_csv)
        .get("/papan/{code}/widget/{widget}/tabel.xlsx", export_xlsx)
        .get("/papan/{code}/widget/{widget}/gambar.png", draw_widget)
        .get("/cetak", show_schedule)
        .post("/cetak/{name}/kirim", send_now)
}

async fn print_brief(request: PageRequest) -> AppResult<Response> {
    note_export(&request, "today", "pdf").await?;
    let name = rules::file_name("laporan-pagi", &request.asked, "pdf");
    let t = request.asked.t;
    let document = read(request, build::brief).await?;
    print(document, t, &name).await
}

async fn print_board(
    Path(code): Path<String>,
    Query(query): Query<BoardQuery>,
    request: PageRequest,
) -> AppResult<Response> {
    let (t, appendix) = (request.asked.t, query.appendix());
    let name = rules::file_name(&format!("papan-{code}"), &request.asked, "pdf");
    let of = code.clone();
    let (document, request) =
        read_for(request, move |reader, asked| build::board(reader, asked, &of, appendix)).await?;
    note_export(&request, &code, "pdf").await?;
    print(document, t, &name).await
}

async fn export_csv(
    Path((code, widget)): Path<(String, String)>,
    Query(query): Query<CsvQuery>,
    request: PageRequest,
) -> AppResult<Response> {
    let style = query.style(request.asked.t.lang()).map_err(AppError::Invalid)?;
    let name = rules::file_name(&format!("{code}-{widget}"), &request.asked, "csv");
    let place = Place::parse(&widget)?;
    let of = code.clone();
    let (sheet, request) =
        read_for(request, move |reader, asked| build::sheet(reader, asked, &of, place)).await?;
    note_export(&request, &format!("{code}/{widget}"), "csv").await?;
    Ok(attachment("text/csv; charset=utf-8", &name, pendopo_paper::csv(&sheet.table, style, harmless)))
}

async fn export_xlsx(
    Path((code, widget)): Path<(String, String)>,
    request: PageRequest,
) -> AppResult<Response> {
    let name = rules::file_name(&format!("{code}-{widget}"), &request.asked, "xlsx");
    let place = Place::parse(&widget)?;
    let of = code.clone();
    let (sheet, request) =
        read_for(request, move |reader, asked| build::sheet(reader, asked, &of, place)).await?;
    note_export(&request, &format!("{code}/{widget}"), "xlsx").await?;
    let t = request.asked.t;
    let bytes = press::work(t, move || pendopo_paper::xlsx(&sheet.table, &sheet.about, harmless)).await?;
    Ok(attachment("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &name, bytes))
}

/// Points of width of a picture, and pixels a point: twice 640 pixels, for presentations and messages.
const PICTURE_WIDTH: f64 = 480.0;
const PICTURE_SCALE: f64 = 8.0 / 3.0;

async fn draw_widget(
    Path((code, widget)): Path<(String, String)>,
    request: PageRequest,
) -> AppResult<Response> {
    let name = rules::file_name(&format!("{code}-{widget}"), &request.asked, "png");
    let place = Place::parse(&widget)?;
    let of = code.clone();
    let (document, request) =
        read_for(request, move |reader, asked| build::picture(reader, asked, &of, place)).await?;
    note_export(&request, &format!("{code}/{widget}"), "png").await?;
    let draw = move || pendopo_paper::png(&document, PICTURE_WIDTH, PICTURE_SCALE, press::LIMITS);
    Ok(attachment("image/png", &name, press::work(request.asked.t, draw).await?))
}

async fn show_schedule(request: PageRequest) -> AppResult<Response> {
    let app = request.app.clone();
    request.live(NavItem::Paper, move |reader, asked, chrome| pages::build(reader, &app, asked, chrome)).await
}

async fn send_now(State(app): State<App>, who: Who, Path(name): Path<String>) -> AppResult<Redirect> {
    let scheduled = app.config().paper.schedule.iter().find(|scheduled| scheduled.name == name).cloned();
    let scheduled = scheduled.ok_or_else(|| AppError::NotFound(name.clone()))?;
    let (audit, actor, now) = (app.audit().clone(), Actor::from(&*who.0), app.clock().now());
    app.blocking(move |db| {
        db.write(|tx| {
            jobs::plan_now(tx, &scheduled, now)?;
            audit.record(
                tx,
                &Entry::new(actor, Action::Exported).on("report", &name).noting("why", "send-now"),
            )
        })
    })
    .await?;
    Ok(Redirect::to("/cetak"))
}

async fn read<T: Send + 'static>(
    request: PageRequest,
    make: impl FnOnce(&mut Reader<'_>, &Asked) -> AppResult<T> + Send + 'static,
) -> AppResult<T> {
    read_for(request, make).await.map(|(made, _)| made)
}

/// Reads what a file is made of, in one read transaction.
async fn read_for<T: Send + 'static>(
    request: PageRequest,
    make: impl FnOnce(&mut Reader<'_>, &Asked) -> AppResult<T> + Send + 'static,
) -> AppResult<(T, PageRequest)> {
    let asked = request.asked.clone();
    let made = request.app.blocking(move |db| db.read(|reader| Ok(make(reader, &asked)))).await??;
    Ok((made, request))
}

async fn print(document: Document, t: Tr, name: &str) -> AppResult<Response> {
    let bytes = press::work(t, move || pendopo_paper::pdf(&document, press::LIMITS)).await?;
    Ok(attachment("application/pdf", name, bytes))
}

/// Records that figures leave the center as a file; and, as the page does, that restricted ones may be among them.
/// What anybody may take is recorded once an hour: nobody is behind it who could be asked.
async fn note_export(request: &PageRequest, code: &str, kind: &'static str) -> AppResult<()> {
    let who = &request.asked.who;
    watch::note_view(&request.app, who, "board", code, None).await?;
    let entry = Entry::new(Actor::from(&**who), Action::Exported).on("board", code).noting("file", kind);
    match who.is_known() {
        true => request.app.audit().queue(entry),
        false => request.app.audit().queue_once(Every::Hour, &format!("export {code} {kind}"), entry),
    }
    Ok(())
}

/// Why nothing was set, as its reader is told.
fn told(error: &PaperError, t: Tr) -> AppError {
    match error {
        PaperError::TooMuch { .. } | PaperError::TooManyPages { .. } => {
            AppError::Unusable(t.tr("paper-too-long").into_owned())
        }
        PaperError::Broken(_) => AppError::Internal(anyhow::Error::new(error.clone())),
    }
}
