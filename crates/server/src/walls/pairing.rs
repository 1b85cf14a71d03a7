//! Pairing: a screen shows a code, a person enters it on a phone, the screen becomes a wall by itself.
//!
//! The screen's browser gets a secret of its own when it begins, of which the hash alone is kept. Pairing makes
//! that hash the key of a screen: the secret never travels again, and whoever sees the code or the address sees
//! nothing that opens anything.

use super::{
    SCREEN,
    pages::{PairPage, PairingPage},
    rules::{pairing_code, typed_code},
    store::{self, Pairing},
    token_of,
};
use crate::{
    accounts::{
        Door,
        cookies::{Cookie, WALL_SECS},
        record::done_by,
        secret::{Secret, random},
        sign_in::{answer, answer_with, prepare_form, with_cookies},
        store::token::{self, NewToken, Reach, TokenKind},
        throttle::Counted,
    },
    app::App,
    audit::Action,
    error::{AppError, AppResult},
    web::{Asked, Client, NavItem, PageRequest, TimeStyle, Who, how_long},
};
use axum::{
    Extension, Form, Json,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use pendopo_vocab::Sensitivity;
use qrcode::{QrCode, render::svg};
use serde::Deserialize;
use std::sync::Arc;

/// A code works for so long, seconds.
const CODE_SECS: i64 = 10 * 60;
/// The cookie lives a little longer, so that the last moment still counts.
const COOKIE_SECS: i64 = CODE_SECS + 60;
/// Screens of one address that may wait at once, and of all.
const MOST_WAITING: (i64, i64) = (20, 500);
/// Screens in a row at most.
const MOST_PARTS: i64 = 9;
const SCRIPT: &str = "wall.js";

/// The page of a screen that is none yet. A screen that is one already goes on.
pub async fn show(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    who: Who,
    headers: HeaderMap,
    mut request: PageRequest,
) -> AppResult<Response> {
    if token_of(&who).is_some() {
        return Ok(Redirect::to(SCREEN).into_response());
    }
    let mut cookies = [prepare_form(&mut request, client)?, None];
    let pairing = match found(&app, client, &headers).await? {
        Some((secret, pairing)) if pairing.token_id.is_some() => {
            let response = Redirect::to(SCREEN).into_response();
            return Ok(with_cookies(response, become_wall(&secret, client)));
        }
        Some((_, pairing)) => Some(pairing),
        None => {
            let begun = begin(&app, client).await?;
            cookies[1] = begun.as_ref().and_then(|(secret, _)| {
                Cookie::Pairing.set(secret.reveal(), client.secure, Some(COOKIE_SECS))
            });
            begun.map(|(_, pairing)| pairing)
        }
    };
    let scheme = if client.secure { "https" } else { "http" };
    let place = request.host().unwrap_or("localhost").to_owned();
    let asked = request.asked.clone();
    let page = move |chrome| page(chrome, &asked, pairing, scheme, &place);
    let response = answer_with(request, NavItem::None, StatusCode::OK, Some(SCRIPT), page).await?;
    Ok(with_cookies(response, cookies))
}

fn page(
    chrome: crate::web::Chrome,
    asked: &Asked,
    pairing: Option<Pairing>,
    scheme: &str,
    place: &str,
) -> PairingPage {
    let drawing = pairing.as_ref().and_then(|pairing| {
        let address = format!("{scheme}://{place}/dinding/pasang?kode={}", pairing.code);
        let code = QrCode::new(address.as_bytes()).ok()?;
        let drawing = code.render::<svg::Color<'_>>().min_dimensions(320, 320).quiet_zone(true).build();
        // An SVG inside a page needs no prologue.
        Some(drawing.split_once("?>").map_or(drawing.clone(), |(_, svg)| svg.to_owned()))
    });
    PairingPage {
        chrome,
        until: pairing
            .as_ref()
            .map_or_else(String::new, |pairing| asked.time_ms(pairing.expires_at, TimeStyle::Clock)),
        code: pairing.map(|pairing| pairing.code),
        address: format!("{place}/dinding/pasang"),
        drawing,
    }
}

/// What this browser began, if it holds.
async fn found(app: &App, client: Client, headers: &HeaderMap) -> AppResult<Option<(Secret, Pairing)>> {
    let Some(cookie) = Cookie::Pairing.read(headers, client.secure) else { return Ok(None) };
    let secret = Secret::presented(&cookie);
    let (hash, now_ms) = (secret.hash(), app.clock().now().as_millisecond());
    let found = app.blocking(move |db| db.read(|reader| store::pairing_of(reader, &hash, now_ms))).await?;
    Ok(found.map(|pairing| (secret, pairing)))
}

/// Begins a pairing; `None` when too many wait.
async fn begin(app: &App, client: Client) -> AppResult<Option<(Secret, Pairing)>> {
    let (secret, code) = (Secret::new("")?, pairing_code(random()?));
    let (hash, address) = (secret.hash(), client.address.to_string());
    let now_ms = app.clock().now().as_millisecond();
    let times = (now_ms, now_ms + CODE_SECS * 1000);
    let pairing = app
        .blocking(move |db| {
            db.write(|tx| {
                let begun = store::begin_pairing(tx, &code, &hash, &address, times, MOST_WAITING)?;
                if begun { store::pairing_of(tx, &hash, now_ms) } else { Ok(None) }
            })
        })
        .await?;
    Ok(pairing.map(|pairing| (secret, pairing)))
}

/// The secret of this browser becomes its key.
fn become_wall(secret: &Secret, client: Client) -> [Option<HeaderValue>; 2] {
    [Cookie::Wall.set(secret.reveal(), client.secure, Some(WALL_SECS)), Cookie::Pairing.clear(client.secure)]
}

/// Asked by a waiting screen every few seconds: `waiting`, `ready` (and then it is a wall), or `over`.
pub async fn wait(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    who: Who,
    headers: HeaderMap,
) -> AppResult<Response> {
    let state = |word: &str| Json(serde_json::json!({ "state": word })).into_response();
    if token_of(&who).is_some() {
        return Ok(state("ready"));
    }
    Ok(match found(&app, client, &headers).await? {
        Some((secret, pairing)) if pairing.token_id.is_some() => {
            with_cookies(state("ready"), become_wall(&secret, client))
        }
        Some(_) => state("waiting"),
        None => state("over"),
    })
}

/// A code in the address, from the drawing.
#[derive(Deserialize)]
pub struct CodeQuery {
    #[serde(default)]
    kode: String,
}

/// The form on a phone.
pub async fn show_form(Query(query): Query<CodeQuery>, request: PageRequest) -> AppResult<Response> {
    form(request, typed_code(&query.kode), None).await
}

async fn form(request: PageRequest, code: String, problem: Option<&'static str>) -> AppResult<Response> {
    let (app, asked) = (request.app.clone(), request.asked.clone());
    let (wanted, now_ms) = (code.clone(), asked.now.as_millisecond());
    let (found, playlists) = app
        .blocking(move |db| {
            db.read(|reader| {
                let found = match wanted.is_empty() {
                    true => None,
                    false => store::pairing_with_code(reader, &wanted, now_ms)?,
                };
                Ok((found, store::read_playlists(reader)?))
            })
        })
        .await?;
    let unknown = (!code.is_empty() && found.is_none()).then_some("wall-code-wrong");
    let problem = problem.or(unknown);
    let status = problem.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    let english = !asked.t.is_id();
    let page = move |chrome| PairPage {
        chrome,
        found: found.map(|pairing| {
            let ago = how_long((now_ms - pairing.created_at) / 1000, asked.t);
            asked.t.tr2("wall-found", pairing.address, ago)
        }),
        code,
        playlists: playlists
            .iter()
            .map(|wall| (wall.code.clone(), wall.title_in(english).to_owned()))
            .collect(),
        problem,
    };
    answer(request, NavItem::Devices, status, page).await
}

/// A screen to pair.
#[derive(Deserialize)]
pub struct PairForm {
    kode: String,
    #[serde(default)]
    nama: String,
    #[serde(default)]
    daftar: String,
    /// Place in a row of screens, such as `1/1` or `2/3`.
    #[serde(default)]
    bagian: String,
    /// The screen may show internal figures.
    internal: Option<String>,
}

/// `2/3` as place and number of screens.
fn parts(text: &str) -> Option<(i64, i64)> {
    if text.is_empty() {
        return Some((1, 1));
    }
    let (part, parts) = text.split_once('/')?;
    let (part, parts) = (part.trim().parse().ok()?, parts.trim().parse().ok()?);
    (1..=parts).contains(&part).then_some((part, parts)).filter(|_| parts <= MOST_PARTS)
}

/// Pairs the screen that shows the code.
pub async fn pair(
    State(app): State<App>,
    Extension(door): Extension<Arc<Door>>,
    who: Who,
    request: PageRequest,
    Form(sent): Form<PairForm>,
) -> AppResult<Response> {
    let (code, name) = (typed_code(&sent.kode), sent.nama.trim().to_owned());
    let counted = Counted::Pairing(who.0.account_id.unwrap_or_default());
    door.throttle().admit(counted.clone(), request.asked.now).map_err(AppError::TooMany)?;
    let Some(parts) = parts(&sent.bagian) else { return form(request, code, Some("wall-part-wrong")).await };
    if name.is_empty() || name.chars().count() > 80 {
        // The first step: which screen is it?
        return form(request, code, Some("wall-name-wrong").filter(|_| !sent.daftar.is_empty())).await;
    }
    let new = NewToken {
        kind: TokenKind::Display,
        name: name.clone(),
        account_id: None,
        board: None,
        source: None,
        reach: Reach::up_to(match sent.internal {
            Some(_) => Sensitivity::Internal,
            None => Sensitivity::Public,
        }),
        may_write: false,
        expires_at: None,
    };
    let entry = done_by(&who, Action::TokenCreated, "token", &name)
        .noting("kind", TokenKind::Display.as_str())
        .noting("playlist", sent.daftar.as_str())
        .noting("internal", sent.internal.is_some());
    let (wanted, playlist, author) = (code.clone(), sent.daftar.clone(), who.0.name.clone());
    let (now_ms, audit) = (request.asked.now.as_millisecond(), app.audit().clone());
    let gone = request.asked.t.tr("wall-code-wrong");
    let paired = app.all_or_nothing(move |tx| {
        if store::find_playlist(tx, &playlist)?.is_none() {
            return Ok(Err("wall-playlist-wrong"));
        }
        let Some(pairing) = store::pairing_with_code(tx, &wanted, now_ms)? else {
            return Ok(Err("wall-code-wrong"));
        };
        let token_id = token::add_token(tx, &pairing.secret_hash, &new, &author, now_ms)?;
        if !store::end_pairing(tx, pairing.pairing_id, token_id, now_ms)? {
            // Takes the key back: no screen would ever come for it.
            return Err(AppError::Conflict(gone.into_owned()));
        }
        audit.record(tx, &entry)?;
        Ok(Ok(store::add_wall(tx, token_id, &playlist, parts)?))
    });
    match paired.await? {
        Ok(wall_id) => {
            door.throttle().forgive(&counted);
            app.note_steered();
            Ok(Redirect::to(&format!("/dinding/kendali/{wall_id}")).into_response())
        }
        Err(problem) => form(request, code, Some(problem)).await,
    }
}
