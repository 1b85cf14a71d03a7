//! Signing in at the government's provider of identities, and tying such an identity to an account.
//!
//! What is under way is kept by the browser, sealed, so that visitors leave nothing here. An account is
//! found by issuer and subject alone.

use super::{
    Door,
    cookies::Cookie,
    invitations,
    pages::SsoPage,
    profile,
    record::done_by,
    rules,
    secret::{Secret, hash},
    sign_in::{Entry, Wish, actor_of, answer, begin, note_refusal, stage_after_password, with_cookies},
    sso_provider::{self, Expected, Identified, Metadata, Registration},
    store::{
        account::{self, Account},
        identity, invitation, passkey,
        session::{self, Stage},
    },
};
use crate::{
    app::App,
    audit::{Action, Entry as AuditEntry},
    error::{AppError, AppResult},
    jobs::fetcher::Secrets,
    web::{Client, NavItem, PageRequest, Standing, Via, Who},
};
use anyhow::{Context, ensure};
use axum::{
    Extension, Form,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use pendopo_figures::DbError;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Minutes that somebody may take at the provider.
const FLOW_MINS: i64 = 10;
/// How long the provider's metadata and keys hold, milliseconds.
const METADATA_MS: i64 = 3600 * 1000;
/// What the cookie is sealed for.
const PURPOSE: &str = "sso under way";

/// What somebody goes to the provider for.
#[derive(Serialize, Deserialize)]
enum Purpose {
    /// To come in.
    SignIn,
    /// To tie the identity to the account of a running session: both ids.
    Link(i64, i64),
    /// To take an invitation up: its hash.
    Accept(String),
}

/// A way to the provider and back.
#[derive(Serialize, Deserialize)]
struct Flow {
    issuer: String,
    expected: Expected,
    wish: String,
    purpose: Purpose,
    until_ms: i64,
}

/// What the provider sends people back with.
#[derive(Deserialize)]
pub struct Return {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
}

async fn registration(app: &App) -> anyhow::Result<Registration> {
    let vault = app.vault().clone();
    let stored = app
        .blocking(move |db| crate::vault::open_secrets(db, &vault))
        .await
        .map_err(|_| anyhow::anyhow!("the secrets cannot be opened"))?;
    let secrets = Secrets::load(stored, &app.config().secrets_file, std::env::vars())?;
    let secret = secrets.get("sso").map_err(|_| anyhow::anyhow!("the secret `sso` is not set"))?;
    let config = app.config();
    let sso = &config.sso;
    let origin = &config.web.public_url.as_ref().context("server.public_url")?.origin;
    Ok(Registration {
        issuer: sso.issuer.clone(),
        client_id: sso.client_id.clone(),
        secret: secret.to_owned(),
        back: format!("{origin}/masuk/sso/kembali"),
        strong: sso.second_factor_acr.clone(),
    })
}

async fn metadata(app: &App, door: &Door) -> anyhow::Result<Metadata> {
    let now_ms = app.clock().now().as_millisecond();
    if let Some(known) = door.provider(now_ms, METADATA_MS) {
        return Ok(known);
    }
    let sso = &app.config().sso;
    let found = sso_provider::discover(&sso_provider::asking(sso)?, &sso.issuer).await?;
    door.remember_provider(found.clone(), now_ms);
    Ok(found)
}

/// Prepares the way: the provider's address and the cookie.
async fn prepare(
    app: &App,
    door: &Door,
    client: Client,
    wish: &str,
    purpose: Purpose,
) -> anyhow::Result<(String, Option<HeaderValue>)> {
    let registration = registration(app).await?;
    let (url, expected) = sso_provider::send_away(metadata(app, door).await?, &registration)?;
    let flow = Flow {
        issuer: registration.issuer,
        expected,
        wish: wish.to_owned(),
        purpose,
        until_ms: app.clock().now().as_millisecond() + FLOW_MINS * 60_000,
    };
    let sealed = app.vault().seal(PURPOSE, &serde_json::to_vec(&flow)?);
    let cookie = Cookie::Sso.set(&URL_SAFE_NO_PAD.encode(sealed), client.secure, Some(FLOW_MINS * 60));
    Ok((url, cookie))
}

/// A page that says something and leads on.
async fn say(
    request: PageRequest,
    status: StatusCode,
    key: &'static str,
    lead_on: (String, &'static str),
) -> AppResult<Response> {
    let name = request.app.config().sso.name.clone();
    let page = move |chrome: crate::web::Chrome| SsoPage {
        lead: chrome.t.tr(key).into_owned(),
        onward: lead_on.0,
        label: chrome.t.tr(lead_on.1).into_owned(),
        name,
        chrome,
    };
    answer(request, NavItem::None, status, page).await
}

async fn unreachable(request: PageRequest, error: &anyhow::Error) -> AppResult<Response> {
    tracing::warn!(error = format!("{error:#}"), "the provider of identities cannot be used");
    say(request, StatusCode::BAD_GATEWAY, "sso-unreachable", ("/masuk".to_owned(), "sign-in")).await
}

/// Says that nobody signs in this way here.
async fn off(request: PageRequest) -> AppResult<Response> {
    say(request, StatusCode::CONFLICT, "sso-off", ("/".to_owned(), "continue")).await
}

/// Whether secrets may travel over this connection.
fn may_use(app: &App, client: Client) -> AppResult<()> {
    let allowed = app.config().web.allow_plain_http;
    match rules::may_sign_in_here(client.secure, client.address, allowed) {
        true => Ok(()),
        false => Err(AppError::Forbidden),
    }
}

/// Sends a visitor to the provider.
pub async fn leave(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(door): Extension<Arc<Door>>,
    Query(wish): Query<Wish>,
    request: PageRequest,
) -> AppResult<Response> {
    if !app.config().sso.is_on() {
        return off(request).await;
    }
    if request.asked.who.is_known() {
        return Ok(Redirect::to(rules::safe_return(wish.lanjut.as_deref())).into_response());
    }
    may_use(&app, client)?;
    let wish = rules::safe_return(wish.lanjut.as_deref()).to_owned();
    match prepare(&app, &door, client, &wish, Purpose::SignIn).await {
        Ok((url, cookie)) => Ok(with_cookies(Redirect::to(&url).into_response(), [cookie])),
        Err(error) => unreachable(request, &error).await,
    }
}

/// The sealed way of a browser, when it is a whole one whose time is not up.
fn open_flow(app: &App, headers: &HeaderMap, client: Client) -> Option<Flow> {
    let sealed = URL_SAFE_NO_PAD.decode(Cookie::Sso.read(headers, client.secure)?).ok()?;
    let flow: Flow = serde_json::from_slice(&app.vault().open(PURPOSE, &sealed).ok()?).ok()?;
    let now_ms = app.clock().now().as_millisecond();
    (flow.until_ms > now_ms && flow.issuer == app.config().sso.issuer).then_some(flow)
}

async fn identify(
    app: &App,
    door: &Door,
    back: Return,
    flow: Option<Flow>,
) -> anyhow::Result<(Identified, String, Purpose)> {
    let flow = flow.context("no sign-in is under way in this browser")?;
    let state = back.state.context("no state came back")?;
    ensure!(hash("state", &state) == hash("state", &flow.expected.state), "another state came back");
    let metadata = metadata(app, door).await?;
    sso_provider::check_sender(&metadata, back.iss.as_deref())?;
    let code = back.code.context("the provider gave no code")?;
    let asking = sso_provider::asking(&app.config().sso)?;
    let (registration, now) = (registration(app).await?, app.clock().now());
    let found = sso_provider::receive(&asking, metadata, &registration, code, flow.expected, now).await?;
    Ok((found, flow.wish, flow.purpose))
}

/// Takes in who comes back from the provider.
pub async fn come_back(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(door): Extension<Arc<Door>>,
    Query(back): Query<Return>,
    headers: HeaderMap,
    request: PageRequest,
) -> AppResult<Response> {
    if !app.config().sso.is_on() {
        return off(request).await;
    }
    may_use(&app, client)?;
    let who = request.asked.who.clone();
    let flow = open_flow(&app, &headers, client);
    let response = match identify(&app, &door, back, flow).await {
        Err(error) => {
            tracing::info!(error = format!("{error:#}"), "a sign-in at the provider does not hold");
            note_refusal(&app, &who, None, "sso");
            let on = ("/masuk".to_owned(), "sign-in");
            say(request, StatusCode::UNPROCESSABLE_ENTITY, "sso-failed", on).await?
        }
        Ok((found, _, Purpose::Link(account_id, session_id))) => {
            finish_link(&app, &Who(who), request, &found, (account_id, session_id)).await?
        }
        Ok((found, _, Purpose::Accept(secret_hash))) => {
            match accept(&app, client, &found, secret_hash).await? {
                Ok((account, passkeys)) => {
                    door.forget();
                    let entry = enter(&app, &account, passkeys, &found, client);
                    begin(&app, &door, &headers, &who.via, &entry, "/").await?
                }
                Err(problem) => {
                    note_refusal(&app, &who, None, problem);
                    say(request, StatusCode::CONFLICT, problem, ("/masuk".to_owned(), "sign-in")).await?
                }
            }
        }
        Ok((found, wish, Purpose::SignIn)) => {
            let (issuer, subject) = (app.config().sso.issuer.clone(), found.subject.clone());
            let known = app
                .blocking(move |db| db.read(|reader| identity::find_by_identity(reader, &issuer, &subject)))
                .await?;
            match known.filter(|(account, _)| account.disabled_at.is_none()) {
                Some((account, passkeys)) => {
                    let entry = enter(&app, &account, passkeys, &found, client);
                    begin(&app, &door, &headers, &who.via, &entry, &wish).await?
                }
                None => {
                    note_refusal(&app, &who, None, "sso-unknown");
                    let on = ("/masuk".to_owned(), "sign-in");
                    say(request, StatusCode::FORBIDDEN, "sso-unknown", on).await?
                }
            }
        }
    };
    // A way is gone once.
    Ok(with_cookies(response, [Cookie::Sso.clear(client.secure)]))
}

/// How somebody comes in whom the provider knows: the center's second factor is asked for, unless the provider
/// vouches for one.
fn enter<'a>(
    app: &App,
    account: &'a Account,
    passkeys: i64,
    found: &Identified,
    client: Client,
) -> Entry<'a> {
    let vouched = found.multi_factor && app.config().sso.second_factor_at_provider;
    let stage = if vouched { Stage::Full } else { stage_after_password(app, account, passkeys) };
    Entry { account, stage, method: "sso", client }
}

/// Uses an invitation up and ties the identity to the account that it is for, in one transaction; gives the
/// account and how many passkeys it has, or the key of what to say.
async fn accept(
    app: &App,
    client: Client,
    found: &Identified,
    secret_hash: String,
) -> AppResult<Result<(Account, i64), &'static str>> {
    let (issuer, subject) = (app.config().sso.issuer.clone(), found.subject.clone());
    let now_ms = app.clock().now().as_millisecond();
    let audit = app.audit().clone();
    app.blocking(move |db| {
        db.write(|tx| {
            let invited = invitation::find_invitation(tx, &secret_hash, now_ms)?;
            let Some(invited) = invited else { return Ok(Err("sso-failed")) };
            let Some(account_id) = invited.account_id else { return Ok(Err("sso-failed")) };
            let account = account::find_account(tx, account_id)?;
            let Some(account) = account.filter(|account| account.disabled_at.is_none()) else {
                return Ok(Err("sso-failed"));
            };
            if identity::has_identity(tx, account_id, &issuer)?
                || identity::find_by_identity(tx, &issuer, &subject)?.is_some()
            {
                return Ok(Err("sso-taken"));
            }
            if !invitation::use_invitation(tx, invited.invitation_id, now_ms)? {
                return Ok(Err("sso-failed"));
            }
            if !identity::add_identity(tx, account_id, &issuer, &subject, now_ms)? {
                return Err(DbError::Other("the identity was tied to another account meanwhile".to_owned()));
            }
            session::end_other_sessions(tx, account_id, None, now_ms)?;
            let entry = AuditEntry::new(actor_of(&account, client), Action::IdentityLinked)
                .on("account", &account.row.login)
                .noting("issuer", issuer.as_str())
                .noting("by", "invitation");
            audit.record(tx, &entry)?;
            let passkeys = passkey::count_passkeys(tx, account_id)?;
            Ok::<_, DbError>(Ok((account, passkeys)))
        })
    })
    .await
}

async fn finish_link(
    app: &App,
    who: &Who,
    request: PageRequest,
    found: &Identified,
    (account_id, session_id): (i64, i64),
) -> AppResult<Response> {
    let same = who.0.account_id == Some(account_id) && who.0.via == Via::Session(session_id);
    if !same || who.0.standing != Standing::Full {
        return say(request, StatusCode::FORBIDDEN, "sso-failed", ("/masuk".to_owned(), "sign-in")).await;
    }
    let (issuer, subject) = (app.config().sso.issuer.clone(), found.subject.clone());
    let now_ms = app.clock().now().as_millisecond();
    let entry = done_by(who, Action::IdentityLinked, "account", account_id).noting("issuer", issuer.as_str());
    let audit = app.audit().clone();
    let added = app
        .blocking(move |db| {
            db.write(|tx| {
                let added = identity::add_identity(tx, account_id, &issuer, &subject, now_ms)?;
                if added {
                    audit.record(tx, &entry)?;
                }
                Ok::<_, DbError>(added)
            })
        })
        .await?;
    match added {
        true => Ok(Redirect::to("/profil").into_response()),
        false => say(request, StatusCode::CONFLICT, "sso-taken", ("/profil".to_owned(), "profile")).await,
    }
}

/// Sends an invited person to the provider: who they are there becomes who they are here, and no password is
/// chosen.
pub async fn leave_invited(
    State(app): State<App>,
    Path(secret): Path<String>,
    Extension(client): Extension<Client>,
    Extension(door): Extension<Arc<Door>>,
    request: PageRequest,
) -> AppResult<Response> {
    let (_, account) = invitations::find(&app, client, &secret).await?;
    // The first account is the one that works when the provider does not.
    if account.is_none() {
        return Err(AppError::NotFound(String::new()));
    }
    if !app.config().sso.is_on() {
        return off(request).await;
    }
    may_use(&app, client)?;
    let purpose = Purpose::Accept(Secret::presented(&secret).hash());
    match prepare(&app, &door, client, "/", purpose).await {
        Ok((url, cookie)) => Ok(with_cookies(Redirect::to(&url).into_response(), [cookie])),
        Err(error) => unreachable(request, &error).await,
    }
}

/// Begins to tie an identity to one's own account: asks for the present password first.
pub async fn link(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(door): Extension<Arc<Door>>,
    who: Who,
    request: PageRequest,
    Form(proof): Form<profile::Proof>,
) -> AppResult<Response> {
    if !app.config().sso.is_on() {
        return off(request).await;
    }
    may_use(&app, client)?;
    let session_id = profile::by_session(&who)?;
    let account = match profile::confirm(&app, &door, &who, proof).await? {
        Ok(account) => account,
        Err(problem) => return profile::page(request, &who, Some(problem)).await,
    };
    match prepare(&app, &door, client, "/profil", Purpose::Link(account.account_id, session_id)).await {
        // A form may not lead to another site, so the last step is a link.
        Ok((url, cookie)) => {
            let page = say(request, StatusCode::OK, "sso-go", (url, "continue")).await?;
            Ok(with_cookies(page, [cookie]))
        }
        Err(error) => unreachable(request, &error).await,
    }
}

/// Takes the identity off one's own account. The password that is asked for remains as the way in; who has none
/// keeps the identity.
pub async fn unlink(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(door): Extension<Arc<Door>>,
    who: Who,
    request: PageRequest,
    Form(proof): Form<profile::Proof>,
) -> AppResult<Response> {
    if !app.config().sso.is_on() {
        return off(request).await;
    }
    may_use(&app, client)?;
    profile::by_session(&who)?;
    let account = match profile::confirm(&app, &door, &who, proof).await? {
        Ok(account) => account,
        Err(problem) => return profile::page(request, &who, Some(problem)).await,
    };
    if !account.has_password() {
        return profile::page(request, &who, Some("sso-last-way")).await;
    }
    let (id, issuer) = (account.account_id, app.config().sso.issuer.clone());
    let entry = done_by(&who, Action::IdentityUnlinked, "account", &account.row.login)
        .noting("issuer", issuer.as_str());
    super::record::change(&app, entry, move |tx| identity::remove_identity(tx, id, &issuer)).await?;
    Ok(Redirect::to("/profil").into_response())
}
