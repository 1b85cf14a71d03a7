//! `account`: what whoever holds the machine may do when nobody can sign in.

use super::{
    args::{AccountAction, Global},
    author, open, out,
    query::print_result,
};
use crate::{
    accounts::{
        invitations::path_of,
        jobs::{SETUP_MINS, setup_path},
        secret::Secret,
        sso_only::{SsoOnly, keeping_a_way_in},
        store::{account, identity, invitation, passkey, session},
        users::LEAST_WORDS,
    },
    app::App,
    audit::{Action, Actor, Entry},
};
use anyhow::{Context, bail};
use pendopo_figures::{QueryResult, Value};
use std::{collections::HashMap, process::ExitCode};

/// Does what was asked.
pub fn account(global: &Global, action: &AccountAction) -> anyhow::Result<ExitCode> {
    let app = open(global)?;
    match action {
        AccountAction::First => first(&app)?,
        AccountAction::List { format } => print_result(&list(&app)?, *format)?,
        AccountAction::Link { login, without_code, verified } => {
            let verified = verified.as_deref().unwrap_or_default().trim();
            if *without_code && verified.chars().count() < LEAST_WORDS {
                bail!("--verified: say in words how you made sure that it is this person");
            }
            link(&app, global, login, without_code.then_some(verified))?;
        }
        AccountAction::Disable { login } => set_disabled(&app, global, login, true)?,
        AccountAction::Enable { login } => set_disabled(&app, global, login, false)?,
        AccountAction::SsoOnly { login, undo } => set_sso_only(&app, global, login, !undo)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn first(app: &App) -> anyhow::Result<()> {
    let path =
        setup_path(app)?.context("there are accounts; `pendopo account link LOGIN` lets one in again")?;
    out::line(format!("http://{}{path}", app.config().listen))?;
    out::note(format!("Works once, for {SETUP_MINS} minutes, while `pendopo serve` runs."));
    Ok(())
}

fn list(app: &App) -> anyhow::Result<QueryResult> {
    let columns =
        ["login", "name", "role", "region", "second_factor", "sso_only", "last_sign_in", "disabled"];
    let accounts = app.db().read(account::list_accounts)?;
    let passkeys = app.db().read(passkey::count_passkeys_by_account)?;
    let time = |at: Option<i64>| {
        let zone = app.identity().time_zone.clone();
        at.and_then(|at| jiff::Timestamp::from_millisecond(at).ok()).map_or(Value::Null, |at| {
            Value::Text(at.to_zoned_datetime(zone).strftime("%Y-%m-%d %H:%M").to_string())
        })
    };
    let row = |account: account::Account| {
        let factor = second_factor(&account, &passkeys);
        vec![
            Value::Text(account.row.login),
            Value::Text(account.row.name),
            Value::Text(account.row.role.to_string()),
            account.row.region.map_or(Value::Null, |region| Value::Text(region.to_string())),
            Value::Text(factor.to_owned()),
            time(account.sso_only_since),
            time(account.last_sign_in_at),
            time(account.disabled_at),
        ]
    };
    Ok(QueryResult {
        columns: columns.map(str::to_owned).to_vec(),
        rows: accounts.into_iter().map(row).collect(),
        truncated: false,
    })
}

/// The second factors of an account in a word: `code`, `passkey`, `code+passkey`, `no`.
fn second_factor(account: &account::Account, passkeys: &HashMap<i64, i64>) -> &'static str {
    match (account.totp_sealed.is_some(), passkeys.contains_key(&account.account_id)) {
        (true, true) => "code+passkey",
        (true, false) => "code",
        (false, true) => "passkey",
        (false, false) => "no",
    }
}

fn find(app: &App, login: &str) -> anyhow::Result<account::Account> {
    let found = app.db().read(|reader| account::find_by_login(reader, &login.to_lowercase()))?;
    found.with_context(|| format!("no account `{login}`; see `pendopo account list`"))
}

/// `without_code`: how it was made sure that it is this person, whose second factors are then taken away.
fn link(app: &App, global: &Global, login: &str, without_code: Option<&str>) -> anyhow::Result<()> {
    let found = find(app, login)?;
    if found.disabled_at.is_some() {
        bail!("`{login}` is disabled; first: pendopo account enable {login}");
    }
    let issuer = app.config().sso.issuer.clone();
    let linked = app.db().read(|reader| identity::has_identity(reader, found.account_id, &issuer))?;
    if found.is_sso_only() && linked {
        bail!(
            "`{login}` comes in at the provider of identities alone; first: pendopo account sso-only {login} --undo"
        );
    }
    let secret = Secret::new("")?;
    let now_ms = app.clock().now().as_millisecond();
    let until = now_ms.saturating_add(app.config().accounts.invitation_ms());
    app.db().write(|tx| {
        if without_code.is_some() {
            account::set_totp(tx, found.account_id, None)?;
            account::set_recovery_codes(tx, found.account_id, &[])?;
            passkey::remove_all_passkeys(tx, found.account_id)?;
        }
        let by = author(global);
        let entry = Entry::new(Actor::command(&by), Action::AccountChanged).on("account", &found.row.login);
        let entry = entry.noting("what", "invitation").noting("without_code", without_code.is_some());
        app.audit().record(tx, &entry.noting("verified", without_code.unwrap_or_default()))?;
        invitation::add_invitation(tx, &secret.hash(), Some(found.account_id), by.as_str(), now_ms, until)
    })?;
    out::line(format!("http://{}{}", app.config().listen, path_of(&secret)))
}

fn set_disabled(app: &App, global: &Global, login: &str, disabled: bool) -> anyhow::Result<()> {
    let found = find(app, login)?;
    let now_ms = app.clock().now().as_millisecond();
    let action = if disabled { Action::AccountDisabled } else { Action::AccountChanged };
    let entry = Entry::new(Actor::command(&author(global)), action).on("account", &found.row.login);
    let done = keeping_a_way_in(app.db(), app.audit(), &entry.noting("disabled", disabled), |tx| {
        account::set_disabled(tx, found.account_id, disabled.then_some(now_ms))?;
        session::end_other_sessions(tx, found.account_id, None, now_ms).map(drop)
    })?;
    if !done {
        bail!(
            "`{login}` is the last administrator with a password, and others depend on the provider of identities"
        );
    }
    out::note(format!("{login}: {}", if disabled { "disabled, all sessions ended" } else { "enabled" }));
    Ok(())
}

fn set_sso_only(app: &App, global: &Global, login: &str, only: bool) -> anyhow::Result<()> {
    let found = find(app, login)?;
    let entry = Entry::new(Actor::command(&author(global)), Action::AccountChanged)
        .on("account", &found.row.login)
        .noting("sso_only", only);
    let change = SsoOnly { account_id: found.account_id, only, provider: app.config().sso.is_on() };
    match change.make(app.db(), app.audit(), &entry, app.clock().now().as_millisecond())? {
        Some("sso-only-no-provider") => bail!("there is no provider of identities: set sso.issuer"),
        Some(_) => {
            bail!("no administrator with a password would be left to run the center when the provider fails")
        }
        None => {}
    }
    out::note(format!(
        "{login}: {}",
        if only { "comes in at the provider alone" } else { "all ways in again" }
    ));
    Ok(())
}
