//! Accounts, for whoever runs the center: add, change, invite, bar. The auditor looks on.

use super::{
    Door, invitations,
    pages::{AccountForm, SecretPage, UserListPage, UserPage},
    record::{change as change_recorded, done_by},
    rules,
    secret::Secret,
    sign_in::answer,
    sso_only::{self, SsoOnly},
    store::{
        account::{self, Account, AccountRow},
        identity, invitation, passkey, session,
    },
};
use crate::{
    app::App,
    audit::{Action, Entry},
    error::{AppError, AppResult},
    web::{Asked, Chrome, NavItem, PageRequest, Rendered, Who},
};
use axum::{
    Extension, Form,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use pendopo_figures::{AgencyRow, DbError, Reader, Stored, list_agencies};
use pendopo_vocab::{Role, Sensitivity};
use serde::Deserialize;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// An account as an administrator writes it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Written {
    /// Login; only for a new account.
    #[serde(default)]
    pub login: String,
    /// The person's name.
    #[serde(default)]
    pub nama: String,
    /// The role's word.
    #[serde(default)]
    pub peran: String,
    /// Code of the agency.
    #[serde(default)]
    pub opd: String,
    /// Code of the place.
    #[serde(default)]
    pub wilayah: String,
    /// `public`, `internal`, `restricted`; empty: the role's usual.
    #[serde(default)]
    pub kerahasiaan: String,
}

impl Written {
    /// What was written, as far as it can be read.
    fn row(&self, agencies: &[Stored<AgencyRow>]) -> AccountRow {
        let role = self.peran.parse().unwrap_or(Role::Public);
        let sensitivity = match self.kerahasiaan.as_str() {
            "public" => Sensitivity::Public,
            "internal" => Sensitivity::Internal,
            "restricted" => Sensitivity::Restricted,
            _ => role.usual(),
        };
        let agency = agencies.iter().find(|agency| agency.row.code == self.opd).map(|agency| agency.id);
        AccountRow {
            login: rules::normal_login(&self.login),
            name: self.nama.trim().to_owned(),
            role,
            agency_id: agency.filter(|_| role.needs_agency()),
            region: self.wilayah.trim().parse().ok().filter(|_| role.needs_region()),
            sensitivity,
        }
    }

    /// An account as its form shows it.
    pub fn of(account: &Account, agencies: &[Stored<AgencyRow>]) -> Written {
        let row = &account.row;
        let agency = agencies.iter().find(|agency| Some(agency.id) == row.agency_id);
        Written {
            login: row.login.clone(),
            nama: row.name.clone(),
            peran: row.role.to_string(),
            opd: agency.map_or_else(String::new, |agency| agency.row.code.clone()),
            wilayah: row.region.map_or_else(String::new, |region| region.to_string()),
            kerahasiaan: match row.sensitivity {
                Sensitivity::Public => "public",
                Sensitivity::Internal => "internal",
                Sensitivity::Restricted => "restricted",
            }
            .to_owned(),
        }
    }
}

/// An entry with what an administrator decided about an account.
fn described(entry: Entry, row: &AccountRow) -> Entry {
    let region = row.region.map_or_else(String::new, |region| region.to_string());
    entry.noting("role", row.role.as_str()).noting("region", region).noting("sees", row.sensitivity.rank())
}

/// How accounts come in, beside their passwords.
pub struct Ways {
    /// Passkeys by account.
    pub passkeys: HashMap<i64, i64>,
    /// Accounts with an identity at the provider.
    pub linked: HashSet<i64>,
}

impl Ways {
    fn read(reader: &mut Reader<'_>, issuer: &str) -> Result<Ways, DbError> {
        Ok(Ways {
            passkeys: passkey::count_passkeys_by_account(reader)?,
            linked: identity::list_linked(reader, issuer)?,
        })
    }
}

/// All accounts.
pub async fn list(request: PageRequest) -> AppResult<Response> {
    let issuer = request.app.config().sso.issuer.clone();
    let build = move |reader: &mut Reader<'_>, asked: &Asked, chrome| {
        let (accounts, agencies) = (account::list_accounts(reader)?, list_agencies(reader)?);
        let ways = Ways::read(reader, &issuer)?;
        Ok(UserListPage::new(chrome, asked, &accounts, &agencies, &ways))
    };
    request.live(NavItem::Users, build).await
}

/// The form for a new account.
pub async fn show_new(request: PageRequest) -> AppResult<Response> {
    form(request, None, Written::default(), Vec::new()).await
}

async fn form(
    request: PageRequest,
    account: Option<Account>,
    written: Written,
    wrong: Vec<&'static str>,
) -> AppResult<Response> {
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let sso = request.app.config().sso.clone();
    let build = move |reader: &mut Reader<'_>, asked: &Asked, chrome: Chrome| {
        let agencies = list_agencies(reader)?;
        let ways = Ways::read(reader, &sso.issuer)?;
        let now_ms = asked.now.as_millisecond();
        let sessions = match &account {
            Some(account) => session::list_sessions(reader, account.account_id, now_ms)?.len(),
            None => 0,
        };
        let form = AccountForm::new(asked, &agencies, written, &wrong);
        let provider = Some(sso.name.clone()).filter(|_| sso.is_on());
        Ok(UserPage::new(chrome, asked, account.as_ref(), &ways, provider, sessions, form))
    };
    let mut response = request.live(NavItem::Users, build).await?;
    if status != StatusCode::OK {
        *response.status_mut() = status;
        response.extensions_mut().insert(Rendered);
    }
    Ok(response)
}

async fn agencies(app: &App) -> AppResult<Vec<Stored<AgencyRow>>> {
    app.blocking(|db| db.read(list_agencies)).await
}

async fn find(app: &App, id: i64) -> AppResult<Account> {
    let found = app.blocking(move |db| db.read(|reader| account::find_account(reader, id))).await?;
    found.ok_or_else(|| AppError::NotFound(id.to_string()))
}

/// Adds an account and shows the link by which its owner comes in.
pub async fn add(
    State(app): State<App>,
    who: Who,
    request: PageRequest,
    Form(written): Form<Written>,
) -> AppResult<Response> {
    let row = written.row(&agencies(&app).await?);
    let wrong = rules::check_account(&row, request.asked.identity.region);
    if !wrong.is_empty() {
        return form(request, None, written, wrong).await;
    }
    let (author, now_ms) = (who.0.name.clone(), app.clock().now().as_millisecond());
    let name = row.name.clone();
    let entry = described(done_by(&who, Action::AccountCreated, "account", &row.login), &row);
    let audit = app.audit().clone();
    let added = app
        .blocking(move |db| {
            db.write(|tx| {
                if account::find_by_login(tx, &row.login)?.is_some() {
                    return Ok(None);
                }
                audit.record(tx, &entry)?;
                account::add_account(tx, &row, &author, now_ms).map(Some)
            })
        })
        .await?;
    match added {
        Some(id) => show_link(&app, &who, request, id, name, None).await,
        None => form(request, None, written, vec!["user-login-taken"]).await,
    }
}

/// Makes a link and shows it, once. With `lost`, which says how the person was recognised, the account's passkeys
/// are taken away and its sessions end.
async fn show_link(
    app: &App,
    who: &Who,
    request: PageRequest,
    id: i64,
    name: String,
    lost: Option<String>,
) -> AppResult<Response> {
    let secret = Secret::new("")?;
    let (hash, author) = (secret.hash(), who.0.name.clone());
    let now_ms = app.clock().now().as_millisecond();
    let until = now_ms.saturating_add(app.config().accounts.invitation_ms());
    let entry = done_by(who, Action::AccountChanged, "account", id).noting("what", "invitation");
    let (audit, removal) = (app.audit().clone(), done_by(who, Action::SecondFactorRemoved, "account", id));
    change_recorded(app, entry, move |tx| {
        if let Some(verified) = lost {
            let removed = passkey::remove_all_passkeys(tx, id)?;
            session::end_other_sessions(tx, id, None, now_ms)?;
            audit.record(
                tx,
                &removal.noting("kind", "passkey").noting("count", removed).noting("verified", verified),
            )?;
        }
        invitation::add_invitation(tx, &hash, Some(id), &author, now_ms, until)
    })
    .await?;
    let until = request.asked.time_ms(until, crate::web::TimeStyle::Full);
    let path = invitations::path_of(&secret);
    let page = move |chrome| SecretPage::invitation(chrome, path, &name, &until);
    answer(request, NavItem::Users, StatusCode::OK, page).await
}

/// One account.
pub async fn show(State(app): State<App>, Path(id): Path<i64>, request: PageRequest) -> AppResult<Response> {
    let account = find(&app, id).await?;
    let written = Written::of(&account, &agencies(&app).await?);
    form(request, Some(account), written, Vec::new()).await
}

/// Changes role and reach of an account. Its sessions end, so that none keeps rights it no longer has.
pub async fn change(
    State(app): State<App>,
    Path(id): Path<i64>,
    Extension(door): Extension<Arc<Door>>,
    who: Who,
    request: PageRequest,
    Form(mut written): Form<Written>,
) -> AppResult<Response> {
    let account = find(&app, id).await?;
    written.login.clone_from(&account.row.login);
    let row = written.row(&agencies(&app).await?);
    let mut wrong = rules::check_account(&row, request.asked.identity.region);
    if who.0.account_id == Some(id) && row.role != account.row.role {
        wrong.push("user-own-role");
    }
    if !wrong.is_empty() {
        return form(request, Some(account), written, wrong).await;
    }
    let reach_changed = row.role != account.row.role
        || row.agency_id != account.row.agency_id
        || row.region != account.row.region
        || row.sensitivity != account.row.sensitivity;
    let now_ms = app.clock().now().as_millisecond();
    let entry = described(done_by(&who, Action::AccountChanged, "account", &row.login), &row);
    let audit = app.audit().clone();
    let done = app.blocking(move |db| {
        sso_only::keeping_a_way_in(db, &audit, &entry, |tx| {
            account::change_account(tx, id, &row)?;
            if reach_changed {
                session::end_other_sessions(tx, id, None, now_ms)?;
            }
            Ok(())
        })
    });
    if !done.await? {
        return form(request, Some(account), written, vec!["sso-only-last"]).await;
    }
    door.forget();
    Ok(Redirect::to("/pengguna").into_response())
}

/// What a new link goes along with.
#[derive(Deserialize)]
pub struct InviteForm {
    /// The device with the passkeys is lost.
    passkey: Option<String>,
    /// How it was made sure that it is this person; asked for when the passkeys are taken away.
    #[serde(default)]
    cara: String,
}

/// Characters that say at least something of how a person was recognised.
pub const LEAST_WORDS: usize = 5;

/// A new link for an account, such as after a forgotten password or with a lost device. An authenticator stays.
pub async fn invite(
    State(app): State<App>,
    Path(id): Path<i64>,
    Extension(door): Extension<Arc<Door>>,
    who: Who,
    request: PageRequest,
    Form(asked): Form<InviteForm>,
) -> AppResult<Response> {
    let account = find(&app, id).await?;
    let issuer = app.config().sso.issuer.clone();
    let linked =
        app.blocking(move |db| db.read(|reader| identity::has_identity(reader, id, &issuer))).await?;
    // The link could open nothing: neither a password nor another identity is taken.
    if account.is_sso_only() && linked {
        let written = Written::of(&account, &agencies(&app).await?);
        return form(request, Some(account), written, vec!["sso-only-no-link"]).await;
    }
    let verified = asked.cara.trim();
    if asked.passkey.is_some() && verified.chars().count() < LEAST_WORDS {
        let written = Written::of(&account, &agencies(&app).await?);
        return form(request, Some(account), written, vec!["user-how-verified"]).await;
    }
    let lost = asked.passkey.map(|_| verified.chars().take(200).collect());
    let response = show_link(&app, &who, request, id, account.row.name, lost).await;
    door.forget();
    response
}

/// Ends all sessions of an account, such as those of a lost telephone.
pub async fn end_sessions(
    State(app): State<App>,
    Path(id): Path<i64>,
    Extension(door): Extension<Arc<Door>>,
    who: Who,
) -> AppResult<Response> {
    let account = find(&app, id).await?;
    let now_ms = app.clock().now().as_millisecond();
    let entry = done_by(&who, Action::SessionRevoked, "account", account.row.login).noting("what", "all");
    change_recorded(&app, entry, move |tx| session::end_other_sessions(tx, id, None, now_ms)).await?;
    door.forget();
    Ok(Redirect::to(&format!("/pengguna/{id}")).into_response())
}

/// Limits an account to the provider of identities: password, recovery codes, passkeys and links for a new
/// password are refused from now on. Its sessions end.
pub async fn limit_to_provider(
    State(app): State<App>,
    Path(id): Path<i64>,
    Extension(door): Extension<Arc<Door>>,
    who: Who,
    request: PageRequest,
) -> AppResult<Response> {
    set_sso_only(&app, &who, &door, request, id, true).await
}

/// Gives an account its other ways in back.
pub async fn allow_all_ways(
    State(app): State<App>,
    Path(id): Path<i64>,
    Extension(door): Extension<Arc<Door>>,
    who: Who,
    request: PageRequest,
) -> AppResult<Response> {
    set_sso_only(&app, &who, &door, request, id, false).await
}

async fn set_sso_only(
    app: &App,
    who: &Who,
    door: &Door,
    request: PageRequest,
    id: i64,
    only: bool,
) -> AppResult<Response> {
    let account = find(app, id).await?;
    let now_ms = app.clock().now().as_millisecond();
    let entry = done_by(who, Action::AccountChanged, "account", &account.row.login).noting("sso_only", only);
    let change = SsoOnly { account_id: id, only, provider: app.config().sso.is_on() };
    let audit = app.audit().clone();
    let refused = app.blocking(move |db| change.make(db, &audit, &entry, now_ms)).await?;
    if let Some(refusal) = refused {
        let written = Written::of(&account, &agencies(app).await?);
        return form(request, Some(account), written, vec![refusal]).await;
    }
    door.forget();
    Ok(Redirect::to(&format!("/pengguna/{id}")).into_response())
}

/// Bars an account; its sessions end at once.
pub async fn disable(
    State(app): State<App>,
    Path(id): Path<i64>,
    Extension(door): Extension<Arc<Door>>,
    who: Who,
) -> AppResult<Response> {
    find(&app, id).await?;
    if who.0.account_id == Some(id) {
        return Err(AppError::Conflict("own account".to_owned()));
    }
    set_disabled(&app, &who, &door, id, Some(app.clock().now().as_millisecond())).await
}

/// Lets an account in again.
pub async fn enable(
    State(app): State<App>,
    Path(id): Path<i64>,
    Extension(door): Extension<Arc<Door>>,
    who: Who,
) -> AppResult<Response> {
    find(&app, id).await?;
    set_disabled(&app, &who, &door, id, None).await
}

async fn set_disabled(app: &App, who: &Who, door: &Door, id: i64, since: Option<i64>) -> AppResult<Response> {
    let now_ms = app.clock().now().as_millisecond();
    let action = if since.is_some() { Action::AccountDisabled } else { Action::AccountChanged };
    let entry = done_by(who, action, "account", id);
    let entry = if since.is_some() { entry } else { entry.noting("what", "enabled") };
    let audit = app.audit().clone();
    let done = app.blocking(move |db| {
        sso_only::keeping_a_way_in(db, &audit, &entry, |tx| {
            account::set_disabled(tx, id, since)?;
            session::end_other_sessions(tx, id, None, now_ms).map(drop)
        })
    });
    if !done.await? {
        return Err(AppError::Conflict("the last administrator with a password".to_owned()));
    }
    door.forget();
    Ok(Redirect::to(&format!("/pengguna/{id}")).into_response())
}
