//! One's own account: password, second factor, sessions, tokens. What weighs most asks for the password again.

use super::{
    Door,
    pages::{CodesPage, EnrolPage, PasskeyBox, ProfilePage},
    passkeys::{self, Offer},
    password,
    record::{change, done_by},
    rules,
    secret::{hash, recovery_code},
    sign_in::{
        Entry, accept_code, answer, answer_with, begin, first_method, stage_after_password, totp_purpose,
    },
    store::{
        account::{self, Account},
        identity,
        passkey::{self, Passkey},
        session::{self, Session, Stage},
        token::{self, Token},
    },
    throttle::Counted,
    totp::TotpKey,
};
use crate::{
    app::App,
    audit::Action,
    config::SsoConfig,
    error::{AppError, AppResult},
    web::{Asked, Client, NavItem, PageRequest, Standing, Via, Who},
};
use axum::{
    Extension, Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use pendopo_figures::{DbError, Reader, list_agencies};
use serde::Deserialize;
use std::sync::Arc;

/// Recovery codes given at a time.
const RECOVERY_CODES: usize = 10;
/// A session counts as just begun for so long.
const FRESH_MS: i64 = 5 * 60_000;

/// All that the page of one's own account shows.
pub struct Profile {
    /// The account.
    pub account: Account,
    /// Running sessions, the newest first.
    pub sessions: Vec<Session>,
    /// Working tokens.
    pub tokens: Vec<Token>,
    /// Passkeys.
    pub passkeys: Vec<Passkey>,
    /// Recovery codes left.
    pub codes_left: i64,
    /// The provider's name and whether the account has an identity there; none: there is no provider.
    pub sso: Option<(String, bool)>,
}

/// Whose session it is.
///
/// # Errors
/// When nobody is signed in.
pub fn account_id(who: &Who) -> AppResult<i64> {
    who.0.account_id.ok_or(AppError::SignInFirst)
}

/// The session. A program must not change the account that it acts for.
///
/// # Errors
/// When it is not a browser that asks.
pub fn by_session(who: &Who) -> AppResult<i64> {
    match who.0.via {
        Via::Session(session_id) => Ok(session_id),
        _ => Err(AppError::Forbidden),
    }
}

fn read_profile(
    reader: &mut Reader<'_>,
    account_id: i64,
    now: Timestamp,
    sso: &SsoConfig,
) -> Result<Option<Profile>, DbError> {
    let now_ms = now.as_millisecond();
    let Some(account) = account::find_account(reader, account_id)? else { return Ok(None) };
    Ok(Some(Profile {
        account,
        sessions: session::list_sessions(reader, account_id, now_ms)?,
        tokens: token::list_tokens_of(reader, account_id, now_ms)?,
        passkeys: passkey::list_passkeys(reader, account_id)?,
        sso: match sso.is_on() {
            true => Some((sso.name.clone(), identity::has_identity(reader, account_id, &sso.issuer)?)),
            false => None,
        },
        codes_left: account::count_recovery_codes(reader, account_id)?,
    }))
}

/// The page, with what went wrong.
///
/// # Errors
/// What making the page gives.
pub async fn page(request: PageRequest, who: &Who, problem: Option<&'static str>) -> AppResult<Response> {
    let (account_id, via, role) = (account_id(who)?, who.0.via, who.0.role);
    let policy = request.app.config().accounts.second_factor;
    let sso = request.app.config().sso.clone();
    let status = problem.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    let offer = Offer::of(&request);
    let script = matches!(offer, Offer::Here(_)).then_some(passkeys::SCRIPT);
    let build = move |reader: &mut Reader<'_>, asked: &Asked, chrome| {
        let profile = read_profile(reader, account_id, asked.now, &sso)?.ok_or(AppError::SignInFirst)?;
        let fresh = is_fresh(&profile.sessions, via, asked.now);
        let (limited, asks_password) =
            (profile.account.is_sso_only(), !fresh && profile.account.has_password());
        let asks_code = asks_password && profile.account.totp_sealed.is_some();
        let passkey = PasskeyBox::add(&offer, asks_password).asking_code(asks_code).unless(limited);
        let agencies = list_agencies(reader)?;
        Ok(ProfilePage::new(chrome, asked, profile, &agencies, via, problem, passkey).under(policy, role))
    };
    let mut response = match script {
        Some(script) => request.scripted(NavItem::Profile, script, build).await?,
        None => request.live(NavItem::Profile, build).await?,
    };
    if status != StatusCode::OK {
        *response.status_mut() = status;
        response.extensions_mut().insert(crate::web::Rendered);
    }
    Ok(response)
}

/// The page of one's own account.
pub async fn show(who: Who, request: PageRequest) -> AppResult<Response> {
    page(request, &who, None).await
}

/// What whoever wants to change something that weighs shows once more: the present password, and the code of the
/// authenticator where there is one.
#[derive(Default, Deserialize)]
pub struct Proof {
    #[serde(default)]
    pub(super) kini: String,
    #[serde(default)]
    pub(super) kode_kini: String,
}

/// Looks at what is shown once more; counted like a sign-in. Whoever signed in a moment ago has just given the
/// second factor, and gives the password alone. Who has no password must have signed in a moment ago.
///
/// # Errors
/// When there were too many wrong passwords; the database's.
pub async fn confirm(
    app: &App,
    door: &Door,
    who: &Who,
    proof: Proof,
) -> AppResult<Result<Account, &'static str>> {
    let (id, via, now) = (account_id(who)?, who.0.via, app.clock().now());
    let counted = Counted::Login(format!("password of {id}"));
    if let Err(secs) = door.throttle().admit(counted.clone(), now) {
        return Err(AppError::TooMany(secs));
    }
    let sso = app.config().sso.clone();
    let found = app.blocking(move |db| db.read(|reader| read_profile(reader, id, now, &sso))).await?;
    let Profile { account, sessions, passkeys, .. } = found.ok_or(AppError::SignInFirst)?;
    if !account.has_password() {
        if !is_fresh(&sessions, via, now) {
            return Ok(Err("sso-sign-in-again"));
        }
    } else if !password::verify(proof.kini, account.password_hash.clone()).await? {
        return Ok(Err("password-now-wrong"));
    }
    let keys = i64::try_from(passkeys.len()).unwrap_or(i64::MAX);
    if !is_fresh(&sessions, via, now) && stage_after_password(app, &account, keys) == Stage::Code {
        if account.totp_sealed.is_none() {
            return Ok(Err("confirm-by-passkey"));
        }
        if accept_code(app, id, via, &proof.kode_kini).await?.is_none() {
            return Ok(Err("code-now-wrong"));
        }
    }
    door.throttle().forgive(&counted);
    Ok(Ok(account))
}

/// Whether the session in use began a moment ago.
fn is_fresh(sessions: &[Session], via: Via, now: Timestamp) -> bool {
    let since = now.as_millisecond() - FRESH_MS;
    sessions.iter().any(|session| via == Via::Session(session.session_id) && session.created_at >= since)
}

/// Makes sure that the owner of the account is there: they signed in a moment ago, or show once more who they
/// are. Gives the key of what to say when not.
///
/// # Errors
/// When there were too many wrong passwords; the database's.
pub async fn confirm_owner(
    app: &App,
    door: &Door,
    who: &Who,
    proof: Proof,
) -> AppResult<Result<(), &'static str>> {
    let (id, via, now) = (account_id(who)?, who.0.via, app.clock().now());
    let sessions =
        app.blocking(move |db| db.read(|reader| session::list_sessions(reader, id, now.as_millisecond())));
    if is_fresh(&sessions.await?, via, now) {
        return Ok(Ok(()));
    }
    Ok(confirm(app, door, who, proof).await?.map(drop))
}

/// Which passkey to remove.
#[derive(Deserialize)]
pub struct PasskeyForm {
    passkey: i64,
    #[serde(default)]
    kini: String,
    #[serde(default)]
    kode_kini: String,
}

/// Removes one of one's passkeys.
pub async fn remove_passkey(
    State(app): State<App>,
    Extension(door): Extension<Arc<Door>>,
    who: Who,
    request: PageRequest,
    Form(form): Form<PasskeyForm>,
) -> AppResult<Response> {
    by_session(&who)?;
    if let Err(problem) =
        confirm_owner(&app, &door, &who, Proof { kini: form.kini, kode_kini: form.kode_kini }).await?
    {
        return page(request, &who, Some(problem)).await;
    }
    passkeys::remove(&app, &who, form.passkey).await?;
    Ok(Redirect::to("/profil#passkey").into_response())
}

/// A new password.
#[derive(Deserialize)]
pub struct PasswordForm {
    sandi: String,
    ulang: String,
    #[serde(default)]
    kini: String,
    #[serde(default)]
    kode_kini: String,
}

/// Changes the password and ends all other sessions.
pub async fn change_password(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(door): Extension<Arc<Door>>,
    headers: HeaderMap,
    who: Who,
    request: PageRequest,
    Form(form): Form<PasswordForm>,
) -> AppResult<Response> {
    by_session(&who)?;
    let account =
        match confirm(&app, &door, &who, Proof { kini: form.kini, kode_kini: form.kode_kini }).await? {
            Ok(account) => account,
            Err(problem) => return page(request, &who, Some(problem)).await,
        };
    if account.is_sso_only() {
        return page(request, &who, Some("sso-only-no-password")).await;
    }
    if form.sandi != form.ulang {
        return page(request, &who, Some("password-differs")).await;
    }
    let own = [account.row.login.as_str(), &account.row.name, &request.asked.identity.name];
    let list = app.config().accounts.breached_passwords.as_deref();
    if let Err(weakness) = password::check_new(list, &form.sandi, &own).await? {
        return page(request, &who, Some(weakness.key())).await;
    }
    let hash = password::hash(form.sandi).await?;
    let (id, now_ms) = (account.account_id, app.clock().now().as_millisecond());
    let entry = done_by(&who, Action::PasswordChanged, "account", &account.row.login);
    change(&app, entry, move |tx| {
        // They may have been limited to the provider since the page was opened.
        if account::find_account(tx, id)?.is_none_or(|account| account.is_sso_only()) {
            return Err(DbError::Other("the account is limited to the provider".to_owned()));
        }
        account::set_password(tx, id, &hash, now_ms)?;
        session::end_other_sessions(tx, id, None, now_ms)
    })
    .await?;
    let entry = Entry { account: &account, stage: Stage::Full, method: "password", client };
    begin(&app, &door, &headers, &who.0.via, &entry, "/profil").await
}

/// Shows a new shared key to scan. It is kept by the page's form, sealed, until a code proves that it was
/// taken over.
pub async fn show_enrolment(State(app): State<App>, who: Who, request: PageRequest) -> AppResult<Response> {
    enrolment(&app, &who, request, None).await
}

async fn enrolment(
    app: &App,
    who: &Who,
    request: PageRequest,
    retry: Option<(TotpKey, &'static str)>,
) -> AppResult<Response> {
    by_session(who)?;
    let (id, required) = (account_id(who)?, who.0.standing == Standing::MustEnrol);
    let (key, problem) = match retry {
        Some((key, problem)) => (key, Some(problem)),
        None => (TotpKey::new()?, None),
    };
    let sealed = app.vault().seal(&purpose_of(id), key.as_bytes());
    let sealed = STANDARD.encode(sealed);
    let status = problem.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    let (via, now, sso) = (who.0.via, app.clock().now(), app.config().sso.clone());
    let found = app.blocking(move |db| db.read(|reader| read_profile(reader, id, now, &sso))).await?;
    let Profile { account, sessions, .. } = found.ok_or(AppError::SignInFirst)?;
    let asks_code = !required && account.totp_sealed.is_some() && !is_fresh(&sessions, via, now);
    let drawing = key.drawing(&account.row.login)?;
    let passkey = PasskeyBox::add(&Offer::of(&request), false);
    let has_password = account.has_password();
    let passkey = passkey.unless(account.is_sso_only());
    let script = passkey.script().filter(|_| required);
    let letters = key.letters();
    let page = move |chrome| EnrolPage {
        chrome,
        drawing,
        letters,
        sealed,
        required,
        asks_code,
        has_password,
        passkey,
        problem,
    };
    answer_with(request, NavItem::Profile, status, script, page).await
}

/// A key that waits in a form is sealed for one account, so that it cannot be carried to another.
fn purpose_of(account_id: i64) -> String {
    format!("totp offered to {account_id}")
}

/// The first code of a new key.
#[derive(Deserialize)]
pub struct EnrolForm {
    kunci: String,
    kode: String,
    #[serde(default)]
    kini: String,
    #[serde(default)]
    kode_kini: String,
}

/// Takes a new key into use once its first code is right, and gives recovery codes.
pub async fn enrol(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Extension(door): Extension<Arc<Door>>,
    headers: HeaderMap,
    who: Who,
    request: PageRequest,
    Form(form): Form<EnrolForm>,
) -> AppResult<Response> {
    by_session(&who)?;
    let id = account_id(&who)?;
    let offered = STANDARD.decode(&form.kunci).ok();
    let opened = offered.and_then(|sealed| app.vault().open(&purpose_of(id), &sealed).ok());
    let Some(key) = opened.and_then(|bytes| TotpKey::from_bytes(&bytes)) else {
        return enrolment(&app, &who, request, None).await;
    };
    // Who is still at the door has just given the password.
    if who.0.standing == Standing::Full
        && let Err(problem) =
            confirm(&app, &door, &who, Proof { kini: form.kini, kode_kini: form.kode_kini }).await?
    {
        return enrolment(&app, &who, request, Some((key, problem))).await;
    }
    let Some(step) = key.check(&form.kode, app.clock().now(), 0) else {
        return enrolment(&app, &who, request, Some((key, "code-wrong"))).await;
    };
    let codes = (0..RECOVERY_CODES).map(|_| recovery_code()).collect::<anyhow::Result<Vec<_>>>()?;
    let hashes: Vec<String> = codes.iter().map(|code| hash("recovery", code)).collect();
    let sealed = app.vault().seal(&totp_purpose(id), key.as_bytes());
    let now_ms = app.clock().now().as_millisecond();
    let added = done_by(&who, Action::SecondFactorAdded, "account", id).noting("kind", "totp");
    let via = who.0.via;
    let settled = change(&app, added, move |tx| {
        let first = first_method(tx, via)?;
        let Some(account) = account::find_account(tx, id)? else { return Ok(None) };
        account::set_totp(tx, id, Some(sealed))?;
        account::use_totp_step(tx, id, step)?;
        // Whoever is limited to the provider gets no second way around it.
        let hashes = if account.is_sso_only() { &[] } else { &hashes[..] };
        account::set_recovery_codes(tx, id, hashes)?;
        session::end_other_sessions(tx, id, None, now_ms)?;
        Ok(Some((account, first)))
    });
    let (account, first) = settled.await?.ok_or(AppError::SignInFirst)?;
    let method = format!("{first}+code");
    let entry = Entry { account: &account, stage: Stage::Full, method: &method, client };
    let begun = begin(&app, &door, &headers, &who.0.via, &entry, "/").await?;
    if account.is_sso_only() {
        return Ok(begun);
    }
    let mut response =
        answer(request, NavItem::Profile, StatusCode::OK, move |chrome| CodesPage { chrome, codes }).await?;
    for cookie in begun.headers().get_all(axum::http::header::SET_COOKIE) {
        response.headers_mut().append(axum::http::header::SET_COOKIE, cookie.clone());
    }
    Ok(response)
}

/// Removes the second factor, where none is required.
pub async fn remove_code(
    State(app): State<App>,
    Extension(door): Extension<Arc<Door>>,
    who: Who,
    request: PageRequest,
    Form(proof): Form<Proof>,
) -> AppResult<Response> {
    by_session(&who)?;
    if rules::needs_second_factor(app.config().accounts.second_factor, who.0.role) {
        return page(request, &who, Some("code-required")).await;
    }
    let account = match confirm(&app, &door, &who, proof).await? {
        Ok(account) => account,
        Err(problem) => return page(request, &who, Some(problem)).await,
    };
    let id = account.account_id;
    let removed = done_by(&who, Action::SecondFactorRemoved, "account", &account.row.login);
    change(&app, removed, move |tx| {
        account::set_totp(tx, id, None)?;
        account::set_recovery_codes(tx, id, &[])
    })
    .await?;
    door.forget();
    Ok(Redirect::to("/profil").into_response())
}

/// Which session to end; none: all but this one.
#[derive(Deserialize)]
pub struct EndForm {
    sesi: Option<i64>,
    #[serde(default)]
    kini: String,
    #[serde(default)]
    kode_kini: String,
}

/// Ends one of one's sessions, or all others.
pub async fn end_sessions(
    State(app): State<App>,
    Extension(door): Extension<Arc<Door>>,
    who: Who,
    request: PageRequest,
    Form(form): Form<EndForm>,
) -> AppResult<Response> {
    let (kept, id) = (by_session(&who)?, account_id(&who)?);
    if let Err(problem) =
        confirm_owner(&app, &door, &who, Proof { kini: form.kini, kode_kini: form.kode_kini }).await?
    {
        return page(request, &who, Some(problem)).await;
    }
    let now_ms = app.clock().now().as_millisecond();
    let which = form.sesi.map_or_else(|| "others".to_owned(), |session_id| session_id.to_string());
    let entry = done_by(&who, Action::SessionRevoked, "session", which);
    change(&app, entry, move |tx| match form.sesi {
        Some(session_id) => session::end_session(tx, id, session_id, now_ms).map(drop),
        None => session::end_other_sessions(tx, id, Some(kept), now_ms).map(drop),
    })
    .await?;
    door.forget();
    Ok(Redirect::to("/profil#sesi").into_response())
}
