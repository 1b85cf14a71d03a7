//! Slice: boards are arranged in the browser. Changes go into a draft, step by step, each of which can be undone;
//! publishing puts the draft's text into the applied pack, as `pendopo apply` would, so that `export` writes it and
//! the pack stays the one form in which a board is written.

mod build;
mod fields;
mod form;
mod pages;
mod store;
#[cfg(test)]
mod tests;
mod text;

use crate::{
    app::App,
    audit::{Action, Actor, Entry},
    error::{AppError, AppResult},
    packs::{
        self,
        schema::BoardFile,
        store::{Application, identity_of, put_file, read_texts},
    },
    web::{Asked, NavItem, PageRequest, Rendered, Routes, Tr, Who, attachment},
    widgets::Surface,
};
use axum::{
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use form::{Flaw, Sent};
use pendopo_figures::{DbError, Reader, Tx};
use pendopo_vocab::Author;
use store::Draft;
use text::{Change, Wrong};

/// The routes of this slice.
pub fn routes() -> Routes {
    Routes::new()
        .get("/papan-baru", show_new)
        .post("/papan-baru", begin_board)
        .get("/papan/{code}/sunting", show_editor)
        .post("/papan/{code}/sunting", change_draft)
        .get("/papan/{code}/sunting/widget", show_widget)
        .post("/papan/{code}/sunting/widget", put_widget)
        .get("/papan/{code}/sunting/pratinjau", show_preview)
        .get("/papan/{code}/sunting/paket.toml", download_text)
        .post("/papan/{code}/sunting/terbit", publish)
        .get("/papan/{code}/versi", list_versions)
        .post("/papan/{code}/versi", restore_version)
}

/// The script that lets widgets be dragged and the text be copied; the editor works without it.
const SCRIPT: &str = "editor.js";

/// Where a board stands in the pack.
fn path_of(code: &str) -> String {
    format!("boards/{code}.toml")
}

/// A board as it is edited: the text at the step shown, or what is published.
struct Edited {
    code: String,
    published: Option<String>,
    draft: Option<Draft>,
}

impl Edited {
    /// Reads it.
    ///
    /// # Errors
    /// [`AppError::NotFound`] without such a board or draft.
    fn read(reader: &mut Reader<'_>, code: &str) -> AppResult<Edited> {
        let published = read_texts(reader)?.remove(&path_of(code));
        let draft = store::find_draft(reader, code)?;
        if published.is_none() && draft.is_none() {
            return Err(AppError::NotFound(code.to_owned()));
        }
        Ok(Edited { code: code.to_owned(), published, draft })
    }

    fn text(&self) -> &str {
        match &self.draft {
            Some(draft) => &draft.text,
            None => self.published.as_deref().unwrap_or_default(),
        }
    }

    fn board(&self) -> AppResult<BoardFile> {
        toml::from_str(self.text()).map_err(|error| AppError::Invalid(format!("{}: {error}", self.code)))
    }

    /// Its title in the reader's language.
    fn title(&self, t: Tr) -> AppResult<String> {
        let board = self.board()?;
        let english = board.title_en.filter(|_| !t.is_id());
        Ok(english.unwrap_or(board.title))
    }

    /// The step that forms on the page are about.
    fn step(&self) -> i64 {
        self.draft.as_ref().map_or(0, |draft| draft.step)
    }

    /// The board was published by somebody else since the draft began.
    fn is_overtaken(&self) -> bool {
        self.draft.as_ref().is_some_and(|draft| self.published.as_deref().unwrap_or_default() != draft.base)
    }
}

async fn show_new(request: PageRequest) -> AppResult<Response> {
    request.live(NavItem::Board, |reader, asked, chrome| build::new_board(reader, asked, chrome, None)).await
}

/// Begins a board that is not there yet, as a draft with one empty group.
async fn begin_board(
    State(app): State<App>,
    who: Who,
    request: PageRequest,
    body: Bytes,
) -> AppResult<Response> {
    let sent = Sent::parse(&body);
    let code = sent.text("code").unwrap_or_default().to_lowercase();
    let title = sent.text("title").unwrap_or_default().to_owned();
    let well_formed = !code.is_empty()
        && code.len() <= 40
        && code.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-');
    let flaw = match (well_formed, title.is_empty()) {
        (false, _) => Some("editor-code-wrong"),
        (_, true) => Some("editor-needed"),
        _ => None,
    };
    let text = new_text(&code, &title, &request.asked);
    let (author, at, board) = (who.0.name.clone(), app.clock().now().as_millisecond(), code.clone());
    let begun = app
        .blocking(move |db| {
            db.write(|tx| {
                if flaw.is_some() {
                    return Ok(flaw);
                }
                let taken = read_texts(tx)?.contains_key(&path_of(&board));
                if taken || store::find_draft(tx, &board)?.is_some() {
                    return Ok(Some("editor-code-taken"));
                }
                store::begin_draft(tx, &board, "", &text, &author, at)?;
                Ok(None)
            })
        })
        .await?;
    let Some(flaw) = begun else {
        return Ok(Redirect::to(&format!("/papan/{code}/sunting")).into_response());
    };
    let page = move |reader: &mut Reader<'_>, asked: &Asked, chrome| {
        build::new_board(reader, asked, chrome, Some((code, title, flaw)))
    };
    Ok(unprocessable(request.live(NavItem::Board, page).await?))
}

fn new_text(code: &str, title: &str, asked: &Asked) -> String {
    let sector = asked.identity.sectors.first().map(|(code, ..)| code.clone());
    let board = BoardFile {
        code: code.to_owned(),
        title: title.to_owned(),
        title_en: None,
        map: None,
        exceptions: false,
        section: vec![packs::schema::Section { sector, ..Default::default() }],
    };
    // Texts, a truth and a list always have a TOML form.
    toml::to_string(&board).unwrap_or_default()
}

fn unprocessable(mut page: Response) -> Response {
    *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    page.extensions_mut().insert(Rendered);
    page
}

async fn show_editor(Path(code): Path<String>, request: PageRequest) -> AppResult<Response> {
    editor_page(request, code, Vec::new()).await
}

/// The editor; with what `pendopo check` says of the draft, where it was asked.
async fn editor_page(
    request: PageRequest,
    code: String,
    problems: Vec<packs::located::Problem>,
) -> AppResult<Response> {
    let refused = !problems.is_empty();
    let build = move |reader: &mut Reader<'_>, asked: &Asked, chrome| {
        let edited = Edited::read(reader, &code)?;
        build::editor(reader, asked, chrome, &edited, problems)
    };
    let page = request.scripted(NavItem::Board, SCRIPT, build).await?;
    Ok(if refused { unprocessable(page) } else { page })
}

/// What a form does to the draft.
enum Step {
    Undo,
    Redo,
    Discard,
    Change(Change),
}

/// One step: a change, or one taken back. The form says of which step it speaks, so that two people who edit
/// one board do not overwrite each other unseen.
async fn change_draft(
    State(app): State<App>,
    Path(code): Path<String>,
    who: Who,
    request: PageRequest,
    body: Bytes,
) -> AppResult<Response> {
    let sent = Sent::parse(&body);
    let t = request.asked.t;
    let step = match sent.text("do") {
        Some("undo") => Step::Undo,
        Some("redo") => Step::Redo,
        Some("discard") => Step::Discard,
        _ => Step::Change(
            sent.change().ok_or_else(|| AppError::Invalid(t.tr("editor-form-wrong").into_owned()))?,
        ),
    };
    let anchor = sent.text("section").map(|at| format!("#kelompok-{at}")).unwrap_or_default();
    let goes_on = take(&app, &who, t, &code, &sent, step).await?;
    let back = if goes_on { format!("/papan/{code}/sunting{anchor}") } else { "/papan".to_owned() };
    Ok(Redirect::to(&back).into_response())
}

/// The step of which a form speaks; -1, which no draft has, when it names none.
fn step_of(sent: &Sent) -> i64 {
    sent.number("step").and_then(|step| i64::try_from(step).ok()).unwrap_or(-1)
}

/// Why a form about another step is not taken, in the reader's words.
fn overtaken(t: Tr, error: AppError) -> AppError {
    match error {
        AppError::Conflict(_) => AppError::Conflict(t.tr("editor-overtaken").into_owned()),
        other => other,
    }
}

/// Takes one step, whole or not at all. Whether there is still something to edit afterwards.
async fn take(app: &App, who: &Who, t: Tr, code: &str, sent: &Sent, step: Step) -> AppResult<bool> {
    let (shown, at) = (step_of(sent), app.clock().now().as_millisecond());
    let (author, board) = (who.0.name.clone(), code.to_owned());
    let work = move |tx: &mut Tx<'_>| take_step(tx, &board, shown, step, &author, at);
    app.all_or_nothing(work).await.map_err(|error| overtaken(t, error))
}

/// Whether there is still something to edit afterwards.
fn take_step(tx: &mut Tx<'_>, code: &str, shown: i64, step: Step, author: &str, at: i64) -> AppResult<bool> {
    let edited = Edited::read(tx, code)?;
    if shown != edited.step() {
        return Err(AppError::Conflict(String::new()));
    }
    match (step, &edited.draft) {
        (Step::Undo, Some(draft)) if draft.step > 0 => store::show_step(tx, code, draft.step - 1)?,
        (Step::Redo, Some(draft)) if draft.step < draft.newest => store::show_step(tx, code, draft.step + 1)?,
        (Step::Discard, Some(_)) => {
            store::discard_draft(tx, code)?;
            return Ok(edited.published.is_some());
        }
        (Step::Change(change), _) => {
            let text = text::change(edited.text(), &change).map_err(|wrong| match wrong {
                Wrong::Text => AppError::Invalid(path_of(code)),
                Wrong::Place => AppError::Conflict(String::new()),
            })?;
            add_step(tx, &edited, &text, author, at)?;
        }
        // Nothing to undo, to do again or to discard: the page was old.
        _ => {}
    }
    Ok(true)
}

fn add_step(tx: &mut Tx<'_>, edited: &Edited, text: &str, author: &str, at: i64) -> Result<(), DbError> {
    let base = edited.published.as_deref().unwrap_or_default();
    if edited.draft.is_none() {
        store::begin_draft(tx, &edited.code, base, base, author, at)?;
    }
    store::add_step(tx, &edited.code, edited.step(), text, author, at)
}

/// The form of a widget: a new one of a kind in a group, or one that stands there.
async fn show_widget(
    Path(code): Path<String>,
    RawQuery(query): RawQuery,
    request: PageRequest,
) -> AppResult<Response> {
    widget_page(request, code, Sent::parse(query.unwrap_or_default().as_bytes()), Vec::new()).await
}

async fn widget_page(
    request: PageRequest,
    code: String,
    sent: Sent,
    flaws: Vec<Flaw>,
) -> AppResult<Response> {
    let refused = !flaws.is_empty();
    let build = move |reader: &mut Reader<'_>, asked: &Asked, chrome| {
        let edited = Edited::read(reader, &code)?;
        build::widget(reader, asked, chrome, &edited, &sent, &flaws)
    };
    let page = request.live(NavItem::Board, build).await?;
    Ok(if refused { unprocessable(page) } else { page })
}

async fn put_widget(
    State(app): State<App>,
    Path(code): Path<String>,
    who: Who,
    request: PageRequest,
    body: Bytes,
) -> AppResult<Response> {
    let sent = Sent::parse(&body);
    let t = request.asked.t;
    let wrong = || AppError::Invalid(t.tr("editor-form-wrong").into_owned());
    let section = sent.number("section").ok_or_else(wrong)?;
    let options = match sent.options(sent.text("kind").unwrap_or_default()) {
        Ok(options) => options,
        Err(flaws) => return widget_page(request, code, sent, flaws).await,
    };
    let change = match sent.spot() {
        Some(spot) => Change::SetWidget(spot, options),
        None => Change::AddWidget(section, options),
    };
    take(&app, &who, t, &code, &sent, Step::Change(change)).await?;
    Ok(Redirect::to(&format!("/papan/{code}/sunting#kelompok-{section}")).into_response())
}

/// The draft as a surface shows it.
async fn show_preview(
    Path(code): Path<String>,
    RawQuery(query): RawQuery,
    request: PageRequest,
) -> AppResult<Response> {
    let sent = Sent::parse(query.unwrap_or_default().as_bytes());
    let surface = match sent.text("di") {
        Some("phone") => Surface::Phone,
        Some("wall") => Surface::Wall,
        Some("paper") => Surface::Paper,
        _ => Surface::Desk,
    };
    let build = move |reader: &mut Reader<'_>, asked: &Asked, chrome| {
        let edited = Edited::read(reader, &code)?;
        build::preview(reader, asked, chrome, &edited, surface)
    };
    request.live(NavItem::Board, build).await
}

/// The draft as a file of a pack.
async fn download_text(State(app): State<App>, Path(code): Path<String>) -> AppResult<Response> {
    let board = code.clone();
    let work =
        move |reader: &mut Reader<'_>| Edited::read(reader, &board).map(|edited| edited.text().to_owned());
    let text = app.blocking(move |db| db.read(|reader| Ok(work(reader)))).await??;
    Ok(attachment("application/toml; charset=utf-8", &format!("{code}.toml"), text))
}

/// Puts the draft into the applied pack, when `pendopo check` finds nothing.
async fn publish(
    State(app): State<App>,
    Path(code): Path<String>,
    who: Who,
    request: PageRequest,
    body: Bytes,
) -> AppResult<Response> {
    let sent = Sent::parse(&body);
    let t = request.asked.t;
    let Some(reason) = sent.text("reason").map(|text| text.chars().take(500).collect::<String>()) else {
        return Err(AppError::Invalid(t.tr("editor-reason-needed").into_owned()));
    };
    let (shown, over) = (step_of(&sent), sent.text("over").is_some());
    let (audit, at_ms, board) = (app.audit().clone(), app.clock().now().as_millisecond(), code.clone());
    let by = Application { author: Author::named(&who.0.name), reason, at_ms };
    let entry = Entry::new(Actor::from(&*who.0), Action::PackApplied)
        .on("board", &code)
        .noting("reason", by.reason.as_str());
    let work = move |tx: &mut Tx<'_>| -> AppResult<_> {
        let edited = Edited::read(tx, &board)?;
        if shown != edited.step() || edited.draft.is_none() || (edited.is_overtaken() && !over) {
            return Err(AppError::Conflict(String::new()));
        }
        let published = put_file(tx, &path_of(&board), edited.text(), &by)?;
        if published.is_ok() {
            store::discard_draft(tx, &board)?;
            audit.record(tx, &entry)?;
        }
        Ok(published)
    };
    match app.all_or_nothing(work).await.map_err(|error| overtaken(t, error))? {
        Ok(pack) => {
            app.set_identity(identity_of(&pack));
            Ok(Redirect::to(&format!("/papan/{code}")).into_response())
        }
        Err(problems) => editor_page(request, code, problems).await,
    }
}

async fn list_versions(Path(code): Path<String>, request: PageRequest) -> AppResult<Response> {
    let build = move |reader: &mut Reader<'_>, asked: &Asked, chrome| {
        let edited = Edited::read(reader, &code)?;
        build::versions(reader, asked, chrome, &edited)
    };
    request.live(NavItem::Board, build).await
}

/// Puts an earlier version into the draft, as one more step that can be undone.
async fn restore_version(
    State(app): State<App>,
    Path(code): Path<String>,
    who: Who,
    request: PageRequest,
    body: Bytes,
) -> AppResult<Response> {
    let sent = Sent::parse(&body);
    let t = request.asked.t;
    let wanted = sent.number("version").and_then(|id| i64::try_from(id).ok());
    let wanted = wanted.ok_or_else(|| AppError::Invalid(t.tr("editor-form-wrong").into_owned()))?;
    let (shown, at) = (step_of(&sent), app.clock().now().as_millisecond());
    let (author, board) = (who.0.name.clone(), code.clone());
    let work = move |tx: &mut Tx<'_>| -> AppResult<()> {
        let edited = Edited::read(tx, &board)?;
        if shown != edited.step() {
            return Err(AppError::Conflict(String::new()));
        }
        let versions = store::list_versions(tx, &board)?;
        let found = versions.into_iter().find(|version| version.board_version_id == wanted);
        let text =
            found.and_then(|version| version.text).ok_or_else(|| AppError::NotFound(wanted.to_string()))?;
        Ok(add_step(tx, &edited, &text, &author, at)?)
    };
    app.all_or_nothing(work).await.map_err(|error| overtaken(t, error))?;
    Ok(Redirect::to(&format!("/papan/{code}/sunting")).into_response())
}
