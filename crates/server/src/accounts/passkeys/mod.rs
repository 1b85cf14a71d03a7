//! Passkeys: signing in by PIN, finger or face of one's own device, and adding such a device. The script
//! `passkey.js` carries JSON between these routes and the browser.

mod challenge;
mod party;

pub use challenge::Answered;
pub use party::{Offer, Party};

use super::{
    Door,
    cookies::Cookie,
    profile::{self, account_id, by_session},
    rules,
    sign_in::{self, Wish, with_cookies},
    store::{
        account,
        passkey::{self, Passkey},
        session::Stage,
    },
};
use crate::{
    app::App,
    audit::{Action, Actor, Entry, Outcome},
    error::{AppError, AppResult},
    web::{Client, PageRequest, Rendered, Standing, Who},
};
use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use challenge::Purpose;
use party::{Assertion, Owner, Question, Refusal};
use pendopo_figures::DbError;
use serde::Deserialize;
use serde_json::{json, value::RawValue};
use std::sync::Arc;

/// The script that talks to devices.
pub const SCRIPT: &str = "passkey.js";
/// Passkeys of one account at most.
const MOST_PASSKEYS: usize = 20;
/// Longest name of a passkey, in characters.
const MOST_NAME_CHARS: usize = 80;

/// An answer for the script that says why not, in the reader's language.
fn refuse(request: &PageRequest, key: &str) -> Response {
    let body = Json(json!({ "salah": request.asked.t.tr(key) }));
    let mut response = (StatusCode::UNPROCESSABLE_ENTITY, body).into_response();
    response.extensions_mut().insert(Rendered);
    response
}

/// An answer that tells the script where to go.
fn go(place: &str) -> Response {
    Json(json!({ "ke": place })).into_response()
}

/// Sends a question: the options to the script, the rest as a cookie.
fn ask(app: &App, door: &Door, client: Client, purpose: Purpose, question: Question) -> Response {
    let now_ms = app.clock().now().as_millisecond();
    let cookie = door.answered().send(app.vault(), purpose, &question.state, client, now_ms);
    with_cookies(Json(question.options).into_response(), [cookie])
}

/// Asks the browser for a new passkey, once it is sure that its owner is there.
pub async fn ask_for_new(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(door): Extension<Arc<Door>>,
    who: Who,
    request: PageRequest,
    body: Bytes,
) -> AppResult<Response> {
    let (session_id, id) = (by_session(&who)?, account_id(&who)?);
    let Some(party) = Offer::of(&request).here() else { return Ok(refuse(&request, "passkey-not-here")) };
    let Ok(sent) = serde_json::from_slice::<profile::Proof>(&body) else {
        return Ok(refuse(&request, "passkey-refused"));
    };
    if let Err(problem) = profile::confirm_owner(&app, &door, &who, sent).await? {
        return Ok(refuse(&request, problem));
    }
    let found = app.blocking(move |db| {
        db.read(|reader| Ok((account::find_account(reader, id)?, passkey::list_passkeys(reader, id)?)))
    });
    let (account, known) = found.await?;
    let account = account.ok_or(AppError::SignInFirst)?;
    if account.is_sso_only() {
        return Ok(refuse(&request, "sso-only-no-passkey"));
    }
    if known.len() >= MOST_PASSKEYS {
        return Ok(refuse(&request, "passkey-too-many"));
    }
    let owner = Owner { account_id: id, login: &account.row.login, name: &account.row.name };
    let question = party.ask_for_new(app.vault(), &owner, &known)?;
    Ok(ask(&app, &door, client, Purpose::Add(session_id), question))
}

/// A new passkey as the script sends it.
#[derive(Deserialize)]
struct Addition {
    nama: String,
    kunci: Box<RawValue>,
}

/// Takes a new passkey. Whoever still had to set up a second factor has one now.
pub async fn add(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(door): Extension<Arc<Door>>,
    headers: HeaderMap,
    who: Who,
    request: PageRequest,
    body: Bytes,
) -> AppResult<Response> {
    let (session_id, id) = (by_session(&who)?, account_id(&who)?);
    let Some(party) = Offer::of(&request).here() else { return Ok(refuse(&request, "passkey-not-here")) };
    let Ok(sent) = serde_json::from_slice::<Addition>(&body) else {
        return Ok(refuse(&request, "passkey-refused"));
    };
    let name = sent.nama.trim().to_owned();
    if name.is_empty() || name.chars().count() > MOST_NAME_CHARS {
        return Ok(refuse(&request, "passkey-name-wrong"));
    }
    let now_ms = app.clock().now().as_millisecond();
    let open = door.answered().receive(app.vault(), Purpose::Add(session_id), &headers, client, now_ms);
    let Some(open) = open else { return Ok(refuse(&request, "passkey-late")) };
    let key = match party.take(app.vault(), id, &open.state, sent.kunci.get().as_bytes()) {
        Ok(key) => key,
        Err(Refusal(reason)) => {
            tracing::info!(reason, account = id, "a new passkey was refused");
            return Ok(refuse(&request, "passkey-refused"));
        }
    };
    if !door.answered().answer(&open, now_ms) {
        return Ok(refuse(&request, "passkey-late"));
    }
    let (audit, actor) = (app.audit().clone(), Actor::from(&*who.0));
    let via = who.0.via;
    let added = app.blocking(move |db| {
        db.write(|tx| {
            let first = sign_in::first_method(tx, via)?;
            let Some(account) = account::find_account(tx, id)?.filter(|account| !account.is_sso_only())
            else {
                return Ok(None);
            };
            let passkey_id = passkey::add_passkey(tx, id, &name, &key, now_ms)?;
            let entry = Entry::new(actor, Action::SecondFactorAdded).on("passkey", passkey_id);
            audit.record(tx, &entry)?;
            Ok::<_, DbError>(Some((account, first)))
        })
    });
    let Some((account, first)) = added.await? else { return Ok(refuse(&request, "sso-only-no-passkey")) };
    let mut response = go("/profil#passkey");
    if who.0.standing == Standing::MustEnrol {
        let method = format!("{first}+passkey");
        let entry = sign_in::Entry { account: &account, stage: Stage::Full, method: &method, client };
        let begun = sign_in::begin(&app, &door, &headers, &who.0.via, &entry, "/").await?;
        response = go("/");
        for cookie in begun.headers().get_all(header::SET_COOKIE) {
            response.headers_mut().append(header::SET_COOKIE, cookie.clone());
        }
    }
    Ok(with_cookies(response, [Cookie::Challenge.clear(client.secure)]))
}

/// Asks whoever wants in to sign with a passkey.
pub async fn ask_who(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(door): Extension<Arc<Door>>,
    request: PageRequest,
) -> AppResult<Response> {
    let Some(party) = Offer::of(&request).here().filter(|_| may_sign_in(&app, client)) else {
        return Ok(refuse(&request, "passkey-not-here"));
    };
    Ok(ask(&app, &door, client, Purpose::SignIn, party.ask_who()?))
}

fn may_sign_in(app: &App, client: Client) -> bool {
    rules::may_sign_in_here(client.secure, client.address, app.config().web.allow_plain_http)
}

/// Lets in whoever signed with a passkey. The device asked for PIN, finger or face before it signed: it is
/// something one has and something one knows or is, so no further code is asked for.
pub async fn sign_in(
    State(app): State<App>,
    Query(wish): Query<Wish>,
    Extension(client): Extension<Client>,
    Extension(door): Extension<Arc<Door>>,
    headers: HeaderMap,
    request: PageRequest,
    body: Bytes,
) -> AppResult<Response> {
    let wish = rules::safe_return(wish.lanjut.as_deref()).to_owned();
    let Some(party) = Offer::of(&request).here().filter(|_| may_sign_in(&app, client)) else {
        return Ok(refuse(&request, "passkey-not-here"));
    };
    let Ok(answer) = Assertion::from_json_custom(&body) else {
        return Ok(refuse(&request, "passkey-refused"));
    };
    let credential_id = answer.raw_id().as_ref().to_vec();
    let found =
        app.blocking(move |db| db.read(|reader| passkey::find_passkey(reader, &credential_id))).await?;
    let Some((passkey, account)) = found else {
        tracing::info!(address = ?client.address, "a sign-in with an unknown passkey");
        return Ok(refuse(&request, "passkey-unknown"));
    };
    match admit(&app, &door, &party, &headers, client, &passkey, &answer).await? {
        Ok(()) => {}
        Err(Refusal(reason)) => {
            let entry = Entry::new(Actor::from(&*request.asked.who), Action::SignInFailed)
                .on("passkey", passkey.passkey_id);
            app.audit().queue(entry.outcome(Outcome::Refused).noting("why", reason));
            let key = if reason == "late" { "passkey-late" } else { "passkey-refused" };
            return Ok(refuse(&request, key));
        }
    }
    let entry = sign_in::Entry { account: &account, stage: Stage::Full, method: "passkey", client };
    let begun = sign_in::begin(&app, &door, &headers, &request.asked.who.via, &entry, &wish).await?;
    let mut response = go(&wish);
    for cookie in begun.headers().get_all(header::SET_COOKIE) {
        response.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    Ok(with_cookies(response, [Cookie::Challenge.clear(client.secure)]))
}

/// Checks the signature, uses the question up and notes the use of the passkey.
async fn admit(
    app: &App,
    door: &Door,
    party: &Party,
    headers: &HeaderMap,
    client: Client,
    passkey: &Passkey,
    answer: &Assertion,
) -> AppResult<Result<(), Refusal>> {
    let now_ms = app.clock().now().as_millisecond();
    let open = door.answered().receive(app.vault(), Purpose::SignIn, headers, client, now_ms);
    let Some(open) = open else { return Ok(Err(Refusal("late"))) };
    let after = match party.admit(app.vault(), passkey, &open.state, answer) {
        Ok(after) => after,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if !door.answered().answer(&open, now_ms) {
        return Ok(Err(Refusal("late")));
    }
    let before = passkey.clone();
    let noted =
        app.blocking(move |db| db.write(|tx| passkey::note_passkey_use(tx, &before, &after, now_ms))).await?;
    Ok(if noted { Ok(()) } else { Err(Refusal("counter")) })
}

/// Removes a passkey and says so in the audit log; false when the account has no such one.
///
/// # Errors
/// The database's.
pub async fn remove(app: &App, who: &Who, passkey_id: i64) -> AppResult<bool> {
    let (id, audit, actor) = (account_id(who)?, app.audit().clone(), Actor::from(&*who.0));
    app.blocking(move |db| {
        db.write(|tx| {
            let removed = passkey::remove_passkey(tx, id, passkey_id)?;
            if removed {
                audit
                    .record(tx, &Entry::new(actor, Action::SecondFactorRemoved).on("passkey", passkey_id))?;
            }
            Ok::<_, DbError>(removed)
        })
    })
    .await
}
