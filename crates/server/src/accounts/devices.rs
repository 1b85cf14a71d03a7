//! Keys of screens and of programs that send figures, for whoever runs the center.

use super::{
    Door,
    cookies::{Cookie, WALL_SECS},
    pages::{DeviceListPage, SecretPage, WallPage},
    record::{change, done_by, note_worthless},
    secret::Secret,
    sign_in::{answer, answer_with, prepare_form, with_cookies},
    store::token::{self, NewToken, Reach, TokenKind},
    tokens::RevokeForm,
};
use crate::{
    app::App,
    audit::Action,
    error::{AppError, AppResult},
    web::{Asked, Client, NavItem, PageRequest, Rendered, Who},
};
use axum::{
    Extension, Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use pendopo_figures::{DbError, Reader, list_agencies, list_sources};
use pendopo_vocab::{DAY_MS, Sensitivity};
use serde::Deserialize;
use std::sync::Arc;

/// The script that takes the key out of the link.
const WALL_SCRIPT: &str = "wall.js";
/// Days for which a key may be made to work; a wall may hang longer, until it is revoked.
const MOST_DAYS: i64 = 3660;

/// All working keys and the forms for new ones.
pub async fn list(request: PageRequest) -> AppResult<Response> {
    page(request, None).await
}

async fn page(request: PageRequest, problem: Option<&'static str>) -> AppResult<Response> {
    let status = problem.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    let build = move |reader: &mut Reader<'_>, asked: &Asked, chrome| {
        let now_ms = asked.now.as_millisecond();
        let (devices, api) = (token::list_devices(reader, now_ms)?, token::list_api_tokens(reader, now_ms)?);
        let agencies = list_agencies(reader)?;
        let sources = list_sources(reader)?.into_iter().filter(|source| {
            source.retired_at.is_none() && asked.scope.sees(source.row.agency_id, source.row.sensitivity)
        });
        let sources = sources.map(|source| (source.row.code, source.row.name)).collect();
        let boards = list_boards(reader)?;
        Ok(DeviceListPage::new(chrome, asked, (&devices, &api, &agencies), sources, boards, problem))
    };
    let mut response = request.live(NavItem::Devices, build).await?;
    if status != StatusCode::OK {
        *response.status_mut() = status;
        response.extensions_mut().insert(Rendered);
    }
    Ok(response)
}

/// Codes of the boards of the pack.
fn list_boards(reader: &mut Reader<'_>) -> Result<Vec<String>, DbError> {
    let sql = "select path from pack_file where path like 'boards/%' order by path";
    reader.query(sql, &[], |row| {
        let path: String = row.get(0)?;
        Ok(path.trim_start_matches("boards/").trim_end_matches(".toml").to_owned())
    })
}

/// Whether there is what a key is to be for: a board, or a source that still sends.
async fn is_there(app: &App, kind: TokenKind, code: &str) -> AppResult<bool> {
    let code = code.to_owned();
    app.blocking(move |db| {
        db.read(|reader| match kind {
            TokenKind::Display => Ok(list_boards(reader)?.contains(&code)),
            _ => Ok(list_sources(reader)?
                .iter()
                .any(|source| source.retired_at.is_none() && source.row.code == code)),
        })
    })
    .await
}

/// A key to make.
#[derive(Deserialize)]
pub struct DeviceForm {
    /// `display` or `push`.
    jenis: String,
    nama: String,
    /// Code of the board or source.
    untuk: String,
    /// The screen may show internal figures.
    internal: Option<String>,
    /// Days for which it works; nothing or 0: until revoked.
    #[serde(default)]
    hari: String,
}

/// Makes a key and shows it once.
pub async fn add(
    State(app): State<App>,
    who: Who,
    request: PageRequest,
    Form(form): Form<DeviceForm>,
) -> AppResult<Response> {
    let (name, code) = (form.nama.trim().to_owned(), form.untuk.trim().to_owned());
    let kind = match form.jenis.as_str() {
        "display" => TokenKind::Display,
        "push" => TokenKind::Push,
        _ => return Err(AppError::Invalid("jenis: display or push".to_owned())),
    };
    let days = match form.hari.trim() {
        "" => Some(0),
        text => text.parse::<i64>().ok().filter(|days| (0..=MOST_DAYS).contains(days)),
    };
    let (Some(days), false) = (days, name.is_empty() || name.chars().count() > 80) else {
        return page(request, Some("token-wrong")).await;
    };
    if !is_there(&app, kind, &code).await? {
        return page(request, Some("token-of-nothing")).await;
    }
    let (wall, now_ms) = (kind == TokenKind::Display, app.clock().now().as_millisecond());
    let secret = Secret::new(if wall { "" } else { "pdk_" })?;
    let new = NewToken {
        kind,
        name: name.clone(),
        account_id: None,
        board: wall.then(|| code.clone()),
        source: (!wall).then_some(code),
        reach: Reach::up_to(match wall && form.internal.is_some() {
            true => Sensitivity::Internal,
            false => Sensitivity::Public,
        }),
        may_write: !wall,
        expires_at: (days > 0).then(|| now_ms + days * DAY_MS),
    };
    let (hash, author) = (secret.hash(), who.0.name.clone());
    let entry = done_by(&who, Action::TokenCreated, "token", &name).noting("kind", kind.as_str());
    change(&app, entry, move |tx| token::add_token(tx, &hash, &new, &author, now_ms)).await?;
    let text = secret.reveal().to_owned();
    let page = move |chrome| match wall {
        true => SecretPage::wall(chrome, format!("/dinding#{text}"), &name),
        false => SecretPage::push(chrome, text, &name),
    };
    answer(request, NavItem::Devices, StatusCode::OK, page).await
}

/// Revokes a key.
pub async fn revoke(
    State(app): State<App>,
    Extension(door): Extension<Arc<Door>>,
    who: Who,
    Form(form): Form<RevokeForm>,
) -> AppResult<Response> {
    let now_ms = app.clock().now().as_millisecond();
    let entry = done_by(&who, Action::TokenRevoked, "token", form.token);
    let revoked = change(&app, entry, move |tx| {
        let device = token::revoke_token(tx, None, form.token, now_ms)?;
        Ok(device || token::revoke_any_api_token(tx, form.token, now_ms)?)
    });
    if !revoked.await? {
        return Err(AppError::NotFound(form.token.to_string()));
    }
    door.forget();
    Ok(Redirect::to("/perangkat").into_response())
}

/// The key was not one: the form again. The link carries the key behind `#`, which browsers send to nobody: a script
/// puts it into the form, and without it the key is typed.
async fn wall_page(mut request: PageRequest, client: Client, problem: &'static str) -> AppResult<Response> {
    let cookie = prepare_form(&mut request, client)?;
    let page = move |chrome| WallPage { chrome, problem: Some(problem) };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let response = answer_with(request, NavItem::None, status, Some(WALL_SCRIPT), page).await?;
    Ok(with_cookies(response, [cookie]))
}

/// The key of a wall.
#[derive(Deserialize)]
pub struct WallForm {
    #[serde(default)]
    kunci: String,
}

/// Makes the browser that shows the key a wall: it keeps the key and shows its board.
pub async fn become_wall(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    request: PageRequest,
    Form(form): Form<WallForm>,
) -> AppResult<Response> {
    let secret = form.kunci.trim().to_owned();
    let (hash, now_ms) = (Secret::presented(&secret).hash(), app.clock().now().as_millisecond());
    let found = app.blocking(move |db| db.read(|reader| token::find_token(reader, &hash, now_ms))).await?;
    let board = found
        .filter(|(token, _)| token.new.kind == TokenKind::Display)
        .and_then(|(token, _)| token.new.board);
    let Some(board) = board else {
        note_worthless(&app, client, "wall");
        return wall_page(request, client, "wall-key-wrong").await;
    };
    let cookie = Cookie::Wall.set(&secret, client.secure, Some(WALL_SECS));
    Ok(with_cookies(Redirect::to(&format!("/papan/{board}")).into_response(), [cookie]))
}
