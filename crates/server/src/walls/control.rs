//! Steering screens from a phone. What is steered holds for all screens of a playlist, is kept, and is on record.

use super::{
    pages::{ControlPage, PlaylistItem, WallListPage},
    rules::{self, Command, Shown, Steering},
    store::{self, Wall},
};
use crate::{
    accounts::record::done_by,
    app::App,
    audit::Action,
    error::{AppError, AppResult},
    indicators::store::{Catalog, indicator_name},
    packs::wall::{WallFile, WallItem},
    web::{Asked, Chrome, NavItem, PageRequest, TimeStyle, Who, how_long},
};
use axum::{
    Form,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use jiff::SignedDuration;
use pendopo_figures::{DbError, Reader};
use pendopo_vocab::{RegionCode, region_tree::RegionTree};
use serde::Deserialize;

/// Minutes for which a mode or a message may be set.
const MINUTES: std::ops::RangeInclusive<i64> = 1..=24 * 60;
/// Longest message, in characters: it is read from across the room.
const MOST_LETTERS: usize = 140;
/// A screen that has not asked for so long is away, milliseconds.
const AWAY_MS: i64 = 3 * 60_000;

/// All screens.
pub async fn list(request: PageRequest) -> AppResult<Response> {
    request.live(NavItem::Devices, build_list).await
}

fn build_list(reader: &mut Reader<'_>, asked: &Asked, chrome: Chrome) -> AppResult<WallListPage> {
    let walls = store::list_walls(reader)?;
    let mut playlists = Vec::new();
    for list in store::read_playlists(reader)? {
        let steering = store::read_steering(reader, &list.code)?;
        let zone = &asked.identity.time_zone;
        let shown = rules::shown(&list, &steering, asked.now, zone);
        let of_list = walls.iter().filter(|wall| wall.playlist == list.code);
        playlists.push(PlaylistItem {
            title: list.title_in(!asked.t.is_id()).to_owned(),
            now: shown.map_or_else(String::new, |shown| place_words(asked, &shown)),
            walls: of_list
                .map(|wall| {
                    (format!("/dinding/kendali/{}", wall.wall_id), wall.name.clone(), seen(asked, wall))
                })
                .collect(),
        });
    }
    Ok(WallListPage { chrome, playlists })
}

/// When a screen last asked, in words.
fn seen(asked: &Asked, wall: &Wall) -> String {
    let t = asked.t;
    let part = (wall.parts > 1).then(|| t.tr2("wall-part-of", wall.part, wall.parts));
    let now_ms = asked.now.as_millisecond();
    let seen = match wall.seen_at {
        Some(at) if now_ms - at < AWAY_MS => t.tr("wall-connected").into_owned(),
        Some(at) => t.tr1("wall-away", how_long((now_ms - at) / 1000, t)),
        None => t.tr("wall-never").into_owned(),
    };
    part.into_iter().chain([seen]).collect::<Vec<_>>().join(" · ")
}

fn place_words(asked: &Asked, shown: &Shown<'_>) -> String {
    let mode = shown.mode.title_in(!asked.t.is_id());
    asked.t.tr3("wall-place", mode, shown.index + 1, shown.mode.item.len())
}

/// The page by which a screen is steered.
pub async fn show(Path(wall): Path<String>, request: PageRequest) -> AppResult<Response> {
    page(request, wall, None).await
}

async fn page(request: PageRequest, wall: String, problem: Option<&'static str>) -> AppResult<Response> {
    let build = move |reader: &mut Reader<'_>, asked: &Asked, chrome| {
        let (wall, list, steering) = read(reader, &wall)?.ok_or(AppError::NotFound(wall))?;
        build(reader, asked, chrome, (wall, &list, &steering), problem)
    };
    request.live(NavItem::Devices, build).await
}

/// A screen with its playlist and what was steered.
fn read(reader: &mut Reader<'_>, wall: &str) -> Result<Option<(Wall, WallFile, Steering)>, DbError> {
    let Ok(wall_id) = wall.parse() else { return Ok(None) };
    let Some(wall) = store::find_wall(reader, wall_id)? else { return Ok(None) };
    let Some(list) = store::find_playlist(reader, &wall.playlist)? else { return Ok(None) };
    let steering = store::read_steering(reader, &wall.playlist)?;
    Ok(Some((wall, list, steering)))
}

fn build(
    reader: &mut Reader<'_>,
    asked: &Asked,
    chrome: Chrome,
    (wall, list, steering): (Wall, &WallFile, &Steering),
    problem: Option<&'static str>,
) -> AppResult<ControlPage> {
    let (t, english) = (asked.t, !asked.t.is_id());
    let shown = rules::shown(list, steering, asked.now, &asked.identity.time_zone);
    let count = store::list_walls(reader)?.iter().filter(|other| other.playlist == wall.playlist).count();
    let catalog = Catalog::read(reader, &asked.scope)?;
    let item = shown.as_ref().and_then(|shown| shown.mode.item.get(shown.index));
    let clock = |at| asked.time(at, TimeStyle::Clock);
    let present = shown.as_ref().map(|shown| shown.mode.code.clone());
    let zoom = shown.as_ref().and_then(|shown| shown.zoom);
    let region = |code: RegionCode, name: String| (code.to_string(), name, zoom == Some(code));
    let below = RegionTree::embedded().children(asked.identity.region);
    Ok(ControlPage {
        action: format!("/dinding/kendali/{}", wall.wall_id),
        of: t.tr2("wall-of-playlist", list.title_in(english), count),
        story: item.map_or_else(String::new, |item| item_title(asked, &catalog, item)),
        state: state_words(asked, shown.as_ref(), steering),
        held: shown.as_ref().is_some_and(|shown| shown.held),
        lineage: shown.as_ref().is_some_and(|shown| shown.lineage),
        chosen: shown.as_ref().is_some_and(|shown| shown.chosen),
        modes: list
            .mode
            .iter()
            .map(|mode| {
                (mode.code.clone(), mode.title_in(english).to_owned(), present.as_ref() == Some(&mode.code))
            })
            .collect(),
        regions: below.map(|below| region(below.code, below.name.to_owned())).collect(),
        message: shown
            .and_then(|shown| shown.message)
            .map(|message| (message.text.clone(), t.tr1("wall-until", clock(message.until)))),
        indicators: catalog
            .indicators
            .iter()
            .map(|one| (one.row.code.clone(), indicator_name(&one.row, t).to_owned()))
            .collect(),
        name: wall.name,
        problem,
        chrome,
    })
}

fn state_words(asked: &Asked, shown: Option<&Shown<'_>>, steering: &Steering) -> String {
    let Some(shown) = shown else { return asked.t.tr("wall-no-playlist").into_owned() };
    let t = asked.t;
    let until =
        |at: Option<jiff::Timestamp>| at.map(|at| asked.time(at, TimeStyle::Clock)).unwrap_or_default();
    let mut words = vec![place_words(asked, shown)];
    if shown.held {
        words.push(t.tr1("wall-held-until", until(steering.held_until)));
    }
    if shown.chosen {
        words.push(t.tr1("wall-mode-until", until(steering.mode.as_ref().map(|mode| mode.until))));
    }
    words.join(" · ")
}

/// What an item is called on a phone, without drawing it.
fn item_title(asked: &Asked, catalog: &Catalog, item: &WallItem) -> String {
    let t = asked.t;
    let own = item.title_en.as_ref().filter(|_| !t.is_id()).or(item.title.as_ref());
    if let Some(own) = own {
        return own.clone();
    }
    if item.attention {
        return t.tr("needs-attention").into_owned();
    }
    if let Some(widget) = &item.widget {
        let subject = widget.subject().and_then(|code| catalog.by_code(code));
        let kind = t.tr(&format!("widget-{}", widget.kind()));
        return subject.map_or_else(
            || kind.clone().into_owned(),
            |indicator| format!("{}: {}", kind, indicator_name(&indicator.row, t)),
        );
    }
    t.tr2("wall-section", item.board.as_deref().unwrap_or_default(), item.section.unwrap_or(1))
}

/// A command from a phone.
#[derive(Debug, Default, Deserialize)]
pub struct SteerForm {
    perintah: String,
    #[serde(default)]
    mode: String,
    #[serde(default)]
    wilayah: String,
    #[serde(default)]
    pesan: String,
    #[serde(default)]
    indikator: String,
    #[serde(default)]
    menit: String,
}

/// The command that the form asks for.
fn command(list: &WallFile, center: RegionCode, form: &SteerForm) -> Result<Command, &'static str> {
    let minutes = || -> Result<SignedDuration, &'static str> {
        let minutes = form.menit.trim().parse().map_err(|_| "wall-minutes-wrong")?;
        MINUTES.contains(&minutes).then(|| SignedDuration::from_mins(minutes)).ok_or("wall-minutes-wrong")
    };
    Ok(match form.perintah.as_str() {
        "sebelum" => Command::Previous,
        "berikut" => Command::Next,
        "tahan" => Command::Hold,
        "lanjut" => Command::Continue,
        "jadwal" => Command::Schedule,
        "asal" => Command::Lineage,
        "pesan-selesai" => Command::EndMessage,
        "mode" => {
            let mode = list.mode_called(&form.mode).ok_or("wall-mode-wrong")?;
            Command::Mode(mode.code.clone(), minutes()?)
        }
        "wilayah" => {
            let region: RegionCode = form.wilayah.parse().map_err(|_| "wall-region-wrong")?;
            let known =
                region != center && center.contains(region) && RegionTree::embedded().get(region).is_some();
            Command::Zoom(Some(region).filter(|_| known).ok_or("wall-region-wrong")?)
        }
        "pesan" => {
            let text = form.pesan.split_whitespace().collect::<Vec<_>>().join(" ");
            if text.is_empty() || text.chars().count() > MOST_LETTERS {
                return Err("wall-message-wrong");
            }
            let indicator = Some(form.indikator.clone()).filter(|code| !code.is_empty());
            Command::Message(text, indicator, minutes()?)
        }
        _ => return Err("wall-command-wrong"),
    })
}

/// Steers. A command that is not understood changes nothing and says why.
pub async fn steer(
    State(app): State<App>,
    Path(wall): Path<String>,
    who: Who,
    request: PageRequest,
    Form(form): Form<SteerForm>,
) -> AppResult<Response> {
    let (wanted, now) = (wall.clone(), request.asked.now);
    let (identity, audit) = (request.asked.identity.clone(), app.audit().clone());
    let entry = done_by(&who, Action::WallSteered, "wall", &wall).noting("command", form.perintah.as_str());
    let author = who.0.name.clone();
    let done = app.blocking(move |db| {
        db.write(|tx| {
            let Some((wall, list, steering)) = read(tx, &wanted)? else { return Ok(None) };
            let command = match command(&list, identity.region, &form) {
                Ok(command) => command,
                Err(problem) => return Ok(Some(Err(problem))),
            };
            let after = rules::steer(&list, &steering, command, now, &identity.time_zone);
            store::put_steering(tx, &wall.playlist, &after, &author, now.as_millisecond())?;
            let noted = [
                ("playlist", wall.playlist.as_str()),
                ("mode", form.mode.as_str()),
                ("region", form.wilayah.as_str()),
                ("message", form.pesan.as_str()),
            ];
            let entry = noted
                .into_iter()
                .filter(|(_, text)| !text.is_empty())
                .fold(entry, |entry, (key, text)| entry.noting(key, text));
            audit.record(tx, &entry)?;
            Ok(Some(Ok(wall.wall_id)))
        })
    });
    match done.await? {
        Some(Ok(wall_id)) => {
            app.note_steered();
            Ok(Redirect::to(&format!("/dinding/kendali/{wall_id}")).into_response())
        }
        Some(Err(problem)) => {
            let mut response = page(request, wall, Some(problem)).await?;
            *response.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
            response.extensions_mut().insert(crate::web::Rendered);
            Ok(response)
        }
        None => Err(AppError::NotFound(wall)),
    }
}
