//! Coming in by a link that works once: the first account, a new account, a forgotten password.

use super::{
    Door,
    pages::InvitationPage,
    password,
    record::note_worthless,
    rules,
    secret::Secret,
    sign_in::{self, actor_of, answer, begin, prepare_form, stage_after_password, with_cookies},
    store::{
        account::{self, Account, AccountRow},
        invitation::{self, Invitation},
        passkey, session,
    },
};
use crate::{
    app::App,
    audit::{Action, Entry},
    error::{AppError, AppResult},
    web::{Client, NavItem, PageRequest},
};
use axum::{
    Extension, Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use pendopo_vocab::Role;
use serde::Deserialize;
use std::sync::Arc;

/// The path of a link.
pub fn path_of(secret: &Secret) -> String {
    format!("/undangan/{}", secret.reveal())
}

/// What the invited person chose.
#[derive(Deserialize)]
pub struct Acceptance {
    /// Login and name, for the first account alone.
    #[serde(default)]
    login: String,
    #[serde(default)]
    nama: String,
    sandi: String,
    ulang: String,
}

/// The invitation behind a link; one that is none, or no more, leaves a trace.
pub(super) async fn find(
    app: &App,
    client: Client,
    secret: &str,
) -> AppResult<(Invitation, Option<Account>)> {
    let (hash, now_ms) = (Secret::presented(secret).hash(), app.clock().now().as_millisecond());
    let found = app
        .blocking(move |db| {
            db.read(|reader| {
                let Some(found) = invitation::find_invitation(reader, &hash, now_ms)? else {
                    return Ok(None);
                };
                let account = match found.account_id {
                    Some(id) => {
                        account::find_account(reader, id)?.filter(|account| account.disabled_at.is_none())
                    }
                    None => None,
                };
                // A link for an account that is barred works no more than one that was used.
                Ok(Some(found)
                    .filter(|found| found.account_id.is_none() || account.is_some())
                    .map(|f| (f, account)))
            })
        })
        .await?;
    found.ok_or_else(|| {
        note_worthless(app, client, "link");
        AppError::NotFound(String::new())
    })
}

/// The page behind the link.
pub async fn show(
    State(app): State<App>,
    Path(secret): Path<String>,
    Extension(client): Extension<Client>,
    mut request: PageRequest,
) -> AppResult<Response> {
    let (_, account) = find(&app, client, &secret).await?;
    let cookie = prepare_form(&mut request, client)?;
    let sso = &request.app.config().sso;
    let sso = account.as_ref().filter(|_| sso.is_on()).map(|_| sso.name.clone());
    let page = move |chrome| InvitationPage::new(chrome, secret, account.as_ref(), sso);
    let response = answer(request, NavItem::None, StatusCode::OK, page).await?;
    Ok(with_cookies(response, [cookie]))
}

/// Takes the password, and for the first account the login; signs the person in.
pub async fn accept(
    State(app): State<App>,
    Path(secret): Path<String>,
    Extension(client): Extension<Client>,
    Extension(door): Extension<Arc<Door>>,
    headers: HeaderMap,
    request: PageRequest,
    Form(form): Form<Acceptance>,
) -> AppResult<Response> {
    let allowed = app.config().web.allow_plain_http;
    if !rules::may_sign_in_here(client.secure, client.address, allowed) {
        return Err(AppError::Forbidden);
    }
    let (invitation, account) = find(&app, client, &secret).await?;
    if account.as_ref().is_some_and(Account::is_sso_only) {
        return Err(AppError::Forbidden);
    }
    let row = match &account {
        Some(account) => account.row.clone(),
        None => AccountRow {
            login: rules::normal_login(&form.login),
            name: form.nama.trim().to_owned(),
            role: Role::Administrator,
            agency_id: None,
            region: None,
            sensitivity: Role::Administrator.usual(),
        },
    };
    let t = request.asked.t;
    let place = request.asked.identity.name.clone();
    let mut wrong: Vec<&'static str> = rules::check_account(&row, request.asked.identity.region);
    if account.is_some() {
        wrong.clear();
    }
    if form.sandi != form.ulang {
        wrong.push("password-differs");
    }
    let list = app.config().accounts.breached_passwords.as_deref();
    if let Err(weakness) = password::check_new(list, &form.sandi, &[&row.login, &row.name, &place]).await? {
        wrong.push(weakness.key());
    }
    if !wrong.is_empty() {
        let sso = &app.config().sso;
        let sso = account.as_ref().filter(|_| sso.is_on()).map(|_| sso.name.clone());
        let problems = wrong.into_iter().map(|key| t.tr(key).into_owned()).collect();
        let page = move |chrome| InvitationPage {
            problems,
            login: row.login,
            name: row.name,
            ..InvitationPage::new(chrome, secret, account.as_ref(), sso)
        };
        return answer(request, NavItem::None, StatusCode::UNPROCESSABLE_ENTITY, page).await;
    }
    let hash = password::hash(form.sandi).await?;
    let account = settle(&app, client, invitation, row, hash).await?;
    door.forget();
    let id = account.account_id;
    let passkeys = app.blocking(move |db| db.read(|reader| passkey::count_passkeys(reader, id))).await?;
    // A link proves as much as the administrator who made it; the second factor is still asked for.
    let stage = stage_after_password(&app, &account, passkeys);
    let entry = sign_in::Entry { account: &account, stage, method: "invitation", client };
    begin(&app, &door, &headers, &request.asked.who.via, &entry, "/").await
}

/// Uses the link up and sets the password, in one transaction; ends all sessions of the account.
async fn settle(
    app: &App,
    client: Client,
    invitation: Invitation,
    row: AccountRow,
    hash: String,
) -> AppResult<Account> {
    let now_ms = app.clock().now().as_millisecond();
    let audit = app.audit().clone();
    let settled = app
        .blocking(move |db| {
            db.write(|tx| {
                if !invitation::use_invitation(tx, invitation.invitation_id, now_ms)? {
                    return Ok(None);
                }
                let account_id = match invitation.account_id {
                    Some(id) => id,
                    // Somebody else made the first account since.
                    None if account::count_accounts(tx)? > 0 => return Ok(None),
                    None => account::add_account(tx, &row, "pendopo", now_ms)?,
                };
                // A link must not open a local way into an account that has none.
                if account::find_account(tx, account_id)?.is_none_or(|account| account.is_sso_only()) {
                    return Ok(None);
                }
                account::set_password(tx, account_id, &hash, now_ms)?;
                session::end_other_sessions(tx, account_id, None, now_ms)?;
                let Some(account) = account::find_account(tx, account_id)? else { return Ok(None) };
                let actor = actor_of(&account, client);
                if invitation.account_id.is_none() {
                    audit.record(
                        tx,
                        &Entry::new(actor.clone(), Action::AccountCreated).on("account", &account.row.login),
                    )?;
                }
                let chosen = Entry::new(actor, Action::PasswordChanged).on("account", &account.row.login);
                audit.record(tx, &chosen.noting("by", "invitation"))?;
                Ok(Some(account))
            })
        })
        .await?;
    settled.ok_or_else(|| AppError::NotFound(String::new()))
}
