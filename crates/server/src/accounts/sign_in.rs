//! Signing in and out.

use super::{
    Door,
    cookies::Cookie,
    pages::{CodePage, PasskeyBox, SignInPage},
    passkeys::Offer,
    password,
    record::change,
    rules,
    secret::{Secret, hash},
    store::{
        account::{self, Account},
        passkey,
        session::{self, NewSession, Stage},
    },
    throttle::Counted,
    totp::TotpKey,
};
use crate::{
    app::App,
    audit::{Action, Actor, ActorKind, Entry as AuditEntry, Outcome},
    error::{AppError, AppResult},
    web::{Asked, Chrome, Client, NavItem, PageRequest, Principal, Rendered, Standing, Via, Who},
};
use askama::Template;
use axum::{
    Extension, Form,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use pendopo_figures::{DbError, Reader};
use serde::Deserialize;
use std::sync::Arc;

/// Minutes between the password and the second factor.
const CODE_MINS: i64 = 5;
/// Years for which a browser is remembered.
const BROWSER_SECS: i64 = 365 * 24 * 3600;

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
pub struct Wish {
    /// A path of this center.
    pub lanjut: Option<String>,
}

/// What a visitor typed.
#[derive(Deserialize)]
pub struct Credentials {
    nama: String,
    sandi: String,
    lanjut: Option<String>,
}

/// The code of the second factor.
#[derive(Deserialize)]
pub struct CodeForm {
    kode: String,
    lanjut: Option<String>,
}

/// Adds cookies to an answer.
pub fn with_cookies<const N: usize>(mut response: Response, cookies: [Option<HeaderValue>; N]) -> Response {
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Gives a visitor's browser what ties its forms to it, when it has nothing yet.
///
/// # Errors
/// When the system gives no random bytes.
pub fn prepare_form(request: &mut PageRequest, client: Client) -> AppResult<Option<HeaderValue>> {
    if !request.asked.form_token.is_empty() {
        return Ok(None);
    }
    let secret = Secret::new("")?;
    request.asked.form_token = secret.form_token();
    Ok(Cookie::Form.set(secret.reveal(), client.secure, None))
}

/// A page of one's own with an answer's status and a form that can be sent again.
///
/// # Errors
/// What making the page gives.
pub async fn answer<P: Template + Send + 'static>(
    request: PageRequest,
    here: NavItem,
    status: StatusCode,
    page: impl FnOnce(Chrome) -> P + Send + 'static,
) -> AppResult<Response> {
    answer_with(request, here, status, None, page).await
}

/// The same for a page with a script.
///
/// # Errors
/// What making the page gives.
pub async fn answer_with<P: Template + Send + 'static>(
    request: PageRequest,
    here: NavItem,
    status: StatusCode,
    script: Option<&'static str>,
    page: impl FnOnce(Chrome) -> P + Send + 'static,
) -> AppResult<Response> {
    let build = move |_: &mut Reader<'_>, _: &Asked, chrome: Chrome| Ok(page(chrome));
    let mut response = match script {
        Some(script) => request.scripted(here, script, build).await?,
        None => request.live(here, build).await?,
    };
    if status != StatusCode::OK {
        *response.status_mut() = status;
        response.extensions_mut().insert(Rendered);
    }
    Ok(response)
}

/// The sign-in page.
pub async fn show(
    Query(wish): Query<Wish>,
    Extension(client): Extension<Client>,
    request: PageRequest,
) -> AppResult<Response> {
    let wish = rules::safe_return(wish.lanjut.as_deref()).to_owned();
    if request.asked.who.is_known() {
        return Ok(Redirect::to(&wish).into_response());
    }
    sign_in_page(request, client, wish, String::new(), None, StatusCode::OK).await
}

async fn sign_in_page(
    mut request: PageRequest,
    client: Client,
    wish: String,
    login: String,
    problem: Option<String>,
    status: StatusCode,
) -> AppResult<Response> {
    let cookie = prepare_form(&mut request, client)?;
    let allowed = request.app.config().web.allow_plain_http;
    let closed = !rules::may_sign_in_here(client.secure, client.address, allowed);
    let passkey = PasskeyBox::sign_in(&Offer::of(&request), &wish);
    let script = passkey.script().filter(|_| !closed);
    let sso = Some(&request.app.config().sso).filter(|sso| sso.is_on()).map(|sso| sso.name.clone());
    let page = move |chrome| SignInPage { chrome, wish, login, problem, closed, passkey, sso };
    let response = answer_with(request, NavItem::None, status, script, page).await?;
    Ok(with_cookies(response, [cookie]))
}

/// Looks at login and password.
pub async fn sign_in(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(door): Extension<Arc<Door>>,
    headers: HeaderMap,
    request: PageRequest,
    Form(form): Form<Credentials>,
) -> AppResult<Response> {
    let wish = rules::safe_return(form.lanjut.as_deref()).to_owned();
    let allowed = app.config().web.allow_plain_http;
    if !rules::may_sign_in_here(client.secure, client.address, allowed) {
        return Err(AppError::Forbidden);
    }
    let login = rules::normal_login(&form.nama);
    let t = request.asked.t;
    let known = known_account(&app, &login, &headers, client).await?;
    let counted = match (&known.account, &known.browser) {
        (Some(_), Some(browser)) => Counted::Browser(browser.clone()),
        _ => Counted::Login(login.chars().take(100).collect()),
    };
    let admitted = door.throttle().admit(counted.clone(), request.asked.now);
    if let Err(secs) = admitted {
        note_refusal(&app, &request.asked.who, known.account.as_ref(), "too-many");
        let minutes = secs / 60 + 1;
        let problem = Some(t.tr1("sign-in-too-many", minutes));
        let status = StatusCode::TOO_MANY_REQUESTS;
        let mut response = sign_in_page(request, client, wish, form.nama, problem, status).await?;
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
        return Ok(response);
    }
    let stored =
        known.account.as_ref().filter(|account| account.disabled_at.is_none() && account.has_password());
    let right =
        password::verify(form.sandi, stored.and_then(|account| account.password_hash.clone())).await?;
    let stored_copy = known.account.clone().filter(|_| !right);
    let Some(account) = known.account.filter(|_| right) else {
        tracing::info!(address = ?client.address, "a sign-in failed");
        let limited = stored_copy.as_ref().is_some_and(Account::is_sso_only);
        let why = if limited { "sso-only" } else { "password" };
        note_refusal(&app, &request.asked.who, stored_copy.as_ref(), why);
        let problem = Some(t.tr("sign-in-wrong").into_owned());
        return sign_in_page(request, client, wish, form.nama, problem, StatusCode::UNPROCESSABLE_ENTITY)
            .await;
    };
    door.throttle().forgive(&counted);
    let stage = stage_after_password(&app, &account, known.passkeys);
    let entry = Entry { account: &account, stage, method: "password", client };
    begin(&app, &door, &headers, &request.asked.who.via, &entry, &wish).await
}

/// Records a try that did not let anyone in. What was typed as login is not recorded unless it is one:
/// people type their password there by mistake.
pub fn note_refusal(app: &App, who: &Principal, account: Option<&Account>, why: &str) {
    let login = account.map_or("?", |account| &account.row.login);
    let entry = AuditEntry::new(Actor::from(who), Action::SignInFailed).on("account", login);
    app.audit().queue(entry.outcome(Outcome::Refused).noting("why", why));
}

/// The owner of an account as the one who acts.
pub fn actor_of(account: &Account, client: Client) -> Actor {
    Actor {
        name: account.row.name.clone(),
        kind: ActorKind::Account,
        role: Some(account.row.role.to_string()),
        account_id: Some(account.account_id),
        address: Some(client.address),
    }
}

/// What the request says about who wants in.
struct KnownAccount {
    account: Option<Account>,
    /// Hash of the browser's cookie, when it signed in to this account before.
    browser: Option<String>,
    /// How many passkeys the account has.
    passkeys: i64,
}

async fn known_account(
    app: &App,
    login: &str,
    headers: &HeaderMap,
    client: Client,
) -> AppResult<KnownAccount> {
    let browser = Cookie::Browser.read(headers, client.secure).map(|cookie| hash("browser", &cookie));
    let login = login.to_owned();
    app.blocking(move |db| {
        db.read(|reader| {
            let account = account::find_by_login(reader, &login)?;
            let browser = match (&account, browser) {
                (Some(account), Some(hash))
                    if session::is_known_browser(reader, &hash, account.account_id)? =>
                {
                    Some(hash)
                }
                _ => None,
            };
            let passkeys = match &account {
                Some(account) => passkey::count_passkeys(reader, account.account_id)?,
                None => 0,
            };
            Ok(KnownAccount { account, browser, passkeys })
        })
    })
    .await
}

/// What comes after the password, or after a link that proves as much. Where a second factor is required, a
/// passkey is one: then it is asked for.
pub fn stage_after_password(app: &App, account: &Account, passkeys: i64) -> Stage {
    let required = rules::needs_second_factor(app.config().accounts.second_factor, account.row.role);
    match account.totp_sealed {
        Some(_) => Stage::Code,
        None if !required => Stage::Full,
        None if passkeys > 0 && !account.is_sso_only() => Stage::Code,
        None => Stage::Enrol,
    }
}

/// Somebody who comes in.
pub struct Entry<'a> {
    /// Whose account.
    pub account: &'a Account,
    /// How far they are.
    pub stage: Stage,
    /// How they showed who they are.
    pub method: &'a str,
    /// From where.
    pub client: Client,
}

/// Begins a session under a new cookie and ends the one before: no cookie from before a sign-in is worth
/// anything after it.
///
/// # Errors
/// The database's.
pub async fn begin(
    app: &App,
    door: &Door,
    headers: &HeaderMap,
    before: &Via,
    entry: &Entry<'_>,
    wish: &str,
) -> AppResult<Response> {
    let (secret, browser) = (Secret::new("")?, Secret::new("")?);
    let (stage, method, before) = (entry.stage, entry.method.to_owned(), *before);
    let (account_id, client) = (entry.account.account_id, entry.client);
    let now_ms = app.clock().now().as_millisecond();
    let life_ms = match stage {
        Stage::Code => CODE_MINS * 60_000,
        Stage::Enrol | Stage::Full => app.config().accounts.life_ms(),
    };
    let came_in = AuditEntry::new(actor_of(entry.account, client), Action::SignIn)
        .on("account", &entry.account.row.login)
        .noting("method", entry.method);
    let audit = app.audit().clone();
    let (secret_hash, browser_hash) = (secret.hash(), hash("browser", browser.reveal()));
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
    app.blocking(move |db| {
        db.write(|tx| {
            if let Via::Session(session_id) = before {
                session::end_any_session(tx, session_id, now_ms)?;
            }
            let address = client.address.to_string();
            let new = NewSession {
                secret_hash: &secret_hash,
                account_id,
                stage,
                method: &method,
                expires_at: now_ms.saturating_add(life_ms),
                address: Some(&address),
                agent: agent.as_deref(),
            };
            session::begin_session(tx, &new, now_ms)?;
            if stage == Stage::Full {
                account::note_sign_in(tx, account_id, now_ms)?;
                session::know_browser(tx, &browser_hash, account_id, now_ms)?;
                audit.record(tx, &came_in)?;
            }
            Ok::<(), DbError>(())
        })
    })
    .await?;
    door.forget();
    let place = match stage {
        Stage::Code => with_return("/masuk/kode", wish),
        Stage::Enrol => "/profil/kode".to_owned(),
        Stage::Full => wish.to_owned(),
    };
    let session = Cookie::Session.set(secret.reveal(), client.secure, Some(life_ms / 1000));
    let known = Cookie::Browser.set(browser.reveal(), client.secure, Some(BROWSER_SECS));
    let known = known.filter(|_| stage == Stage::Full);
    Ok(with_cookies(Redirect::to(&place).into_response(), [session, known]))
}

fn with_return(path: &str, wish: &str) -> String {
    match wish {
        "/" => path.to_owned(),
        wish => {
            let wish: String = url::form_urlencoded::byte_serialize(wish.as_bytes()).collect();
            format!("{path}?lanjut={wish}")
        }
    }
}

/// The page that asks for the second factor.
pub async fn show_code(Query(wish): Query<Wish>, request: PageRequest) -> AppResult<Response> {
    if request.asked.who.standing != Standing::MustGiveCode {
        return Ok(Redirect::to("/masuk").into_response());
    }
    let wish = rules::safe_return(wish.lanjut.as_deref()).to_owned();
    code_page(request, wish, None, StatusCode::OK).await
}

async fn code_page(
    request: PageRequest,
    wish: String,
    problem: Option<String>,
    status: StatusCode,
) -> AppResult<Response> {
    let id = request.asked.who.account_id.ok_or(AppError::SignInFirst)?;
    let found = request.app.blocking(move |db| {
        db.read(|reader| Ok((account::find_account(reader, id)?, passkey::count_passkeys(reader, id)?)))
    });
    let (account, passkeys) = found.await?;
    let has_code = account.is_some_and(|account| account.totp_sealed.is_some());
    let has_passkey = passkeys > 0;
    let passkey = PasskeyBox::sign_in(&Offer::of(&request), &wish);
    let script = passkey.script().filter(|_| has_passkey);
    let page = move |chrome| CodePage { chrome, wish, problem, has_code, has_passkey, passkey };
    answer_with(request, NavItem::None, status, script, page).await
}

/// Looks at the second factor: a code of the application, or a recovery code.
pub async fn give_code(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(door): Extension<Arc<Door>>,
    headers: HeaderMap,
    request: PageRequest,
    Form(form): Form<CodeForm>,
) -> AppResult<Response> {
    let who = request.asked.who.clone();
    let (Standing::MustGiveCode, Some(account_id)) = (who.standing, who.account_id) else {
        return Ok(Redirect::to("/masuk").into_response());
    };
    let wish = rules::safe_return(form.lanjut.as_deref()).to_owned();
    let counted = Counted::Login(format!("code of {account_id}"));
    let admitted = door.throttle().admit(counted.clone(), request.asked.now);
    let t = request.asked.t;
    let (problem, status) = match admitted {
        Err(secs) => (t.tr1("sign-in-too-many", secs / 60 + 1), StatusCode::TOO_MANY_REQUESTS),
        Ok(()) => {
            if let Some((account, method)) = accept_code(&app, account_id, who.via, &form.kode).await? {
                door.throttle().forgive(&counted);
                let entry = Entry { account: &account, stage: Stage::Full, method: &method, client };
                return begin(&app, &door, &headers, &who.via, &entry, &wish).await;
            }
            tracing::info!(address = ?client.address, "a second factor was wrong");
            note_refusal(&app, &who, None, "code");
            (t.tr("code-wrong").into_owned(), StatusCode::UNPROCESSABLE_ENTITY)
        }
    };
    code_page(request, wish, Some(problem), status).await
}

/// Uses up the code: gives the account and how it was shown, or nothing.
///
/// # Errors
/// The database's.
pub async fn accept_code(
    app: &App,
    account_id: i64,
    via: Via,
    code: &str,
) -> AppResult<Option<(Account, String)>> {
    let now = app.clock().now();
    let (app_inside, code) = (app.clone(), code.trim().to_lowercase());
    app.blocking(move |db| {
        db.write(|tx| {
            let Some(account) = account::find_account(tx, account_id)? else { return Ok(None) };
            let key = open_key(&app_inside, &account);
            let first = first_method(tx, via)?;
            let step = key.and_then(|key| key.check(&code, now, account.totp_last_step));
            if let Some(step) = step
                && account::use_totp_step(tx, account_id, step)?
            {
                return Ok(Some((account, format!("{first}+code"))));
            }
            if account.is_sso_only() {
                return Ok(None);
            }
            let used =
                account::use_recovery_code(tx, account_id, &hash("recovery", &code), now.as_millisecond())?;
            Ok::<_, DbError>(used.then(|| (account, format!("{first}+recovery"))))
        })
    })
    .await
}

/// How whoever asks showed who they are, before any second factor.
///
/// # Errors
/// The database's.
pub fn first_method(reader: &mut Reader<'_>, via: Via) -> Result<String, DbError> {
    let found = match via {
        Via::Session(session_id) => session::first_method(reader, session_id)?,
        _ => None,
    };
    Ok(found.unwrap_or_else(|| "password".to_owned()))
}

/// What the shared key of an account's authenticator is sealed for: it opens for no other account.
pub fn totp_purpose(account_id: i64) -> String {
    format!("totp {account_id}")
}

/// The shared key of an account, when it can be opened.
fn open_key(app: &App, account: &Account) -> Option<TotpKey> {
    let sealed = account.totp_sealed.as_deref()?;
    let bytes = app.vault().open(&totp_purpose(account.account_id), sealed);
    if let Err(error) = &bytes {
        tracing::error!(%error, "an authenticator's key cannot be opened");
    }
    TotpKey::from_bytes(&bytes.ok()?)
}

/// Ends the session.
pub async fn sign_out(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(door): Extension<Arc<Door>>,
    who: Who,
) -> AppResult<Response> {
    if let (Via::Session(session_id), Some(account_id)) = (who.0.via, who.0.account_id) {
        let now_ms = app.clock().now().as_millisecond();
        let entry = AuditEntry::new(Actor::from(&*who.0), Action::SignOut);
        change(&app, entry, move |tx| session::end_session(tx, account_id, session_id, now_ms)).await?;
        door.forget();
    }
    let mut response = Redirect::to("/masuk").into_response();
    // What the browser kept of pages goes with the session, the worker's store included.
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(with_cookies(response, [Cookie::Session.clear(client.secure)]))
}
