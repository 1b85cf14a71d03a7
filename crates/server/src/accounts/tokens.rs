//! Tokens that act for a person: made narrower than their owner, shown once, revoked.

use super::{
    Door,
    pages::SecretPage,
    profile::{Proof, account_id, by_session, confirm, page},
    record::{change, done_by},
    secret::Secret,
    sign_in::answer,
    store::{
        account::Account,
        token::{self, NewToken, Reach, TokenKind},
    },
};
use crate::{
    app::App,
    audit::Action,
    error::AppResult,
    web::{NavItem, PageRequest, Who},
};
use axum::{
    Extension, Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use pendopo_figures::{AgencyRow, Stored, list_agencies};
use pendopo_vocab::{AgencyScope, DAY_MS, RegionCode, Scope, Sensitivity, region_tree::RegionTree};
use serde::Deserialize;
use std::sync::Arc;

/// Days for which a token works at most.
const MOST_DAYS: i64 = 366;

/// A token to make.
#[derive(Deserialize)]
pub struct TokenForm {
    nama: String,
    hari: i64,
    tulis: Option<String>,
    /// `public`, `internal` or `restricted`; empty: internal, or less where the owner sees less.
    #[serde(default)]
    tingkat: String,
    /// Code of the one agency; empty: all that the owner sees.
    #[serde(default)]
    opd: String,
    /// Code of the region; empty: all that the owner sees.
    #[serde(default)]
    wilayah: String,
    #[serde(default)]
    kini: String,
    #[serde(default)]
    kode_kini: String,
}

/// What a token is to reach: no more than its owner, or the key of what is wrong.
fn reach_of(form: &TokenForm, owner: &Scope, agencies: &[Stored<AgencyRow>]) -> Result<Reach, &'static str> {
    let sensitivity = match form.tingkat.as_str() {
        "" => owner.sensitivity.min(Sensitivity::Internal),
        "public" => Sensitivity::Public,
        "internal" => Sensitivity::Internal,
        "restricted" => Sensitivity::Restricted,
        _ => return Err("token-wrong"),
    };
    let agency_id = match form.opd.trim() {
        "" => None,
        code => {
            let known = agencies.iter().find(|agency| agency.row.code == code && agency.retired_at.is_none());
            Some(known.ok_or("token-wrong")?.id)
        }
    };
    let region: Option<RegionCode> = match form.wilayah.trim() {
        "" => None,
        code => Some(code.parse().map_err(|_| "token-wrong")?),
    };
    let own_agency = agency_id.is_none_or(|id| match &owner.agencies {
        AgencyScope::All => true,
        AgencyScope::Only(own) => own.contains(&id),
    });
    let own_region =
        region.is_none_or(|code| owner.region.contains(code) && RegionTree::embedded().contains(code));
    match sensitivity <= owner.sensitivity && own_agency && own_region {
        true => Ok(Reach { sensitivity, agency_id, region }),
        false => Err("token-beyond"),
    }
}

fn new_token(name: String, account: &Account, reach: Reach, may_write: bool, until_ms: i64) -> NewToken {
    NewToken {
        kind: TokenKind::Api,
        name,
        account_id: Some(account.account_id),
        board: None,
        source: None,
        reach,
        may_write,
        expires_at: Some(until_ms),
    }
}

/// Makes a token that acts for this account, with at most its rights; shows it once.
pub async fn add_token(
    State(app): State<App>,
    Extension(door): Extension<Arc<Door>>,
    who: Who,
    request: PageRequest,
    Form(form): Form<TokenForm>,
) -> AppResult<Response> {
    by_session(&who)?;
    let name = form.nama.trim().to_owned();
    if name.is_empty() || name.chars().count() > 80 || !(1..=MOST_DAYS).contains(&form.hari) {
        return page(request, &who, Some("token-wrong")).await;
    }
    let agencies = app.blocking(|db| db.read(list_agencies)).await?;
    let reach = match reach_of(&form, &who.scope(), &agencies) {
        Ok(reach) => reach,
        Err(problem) => return page(request, &who, Some(problem)).await,
    };
    let proof = Proof { kini: form.kini, kode_kini: form.kode_kini };
    let account = match confirm(&app, &door, &who, proof).await? {
        Ok(account) => account,
        Err(problem) => return page(request, &who, Some(problem)).await,
    };
    let secret = Secret::new("pdp_")?;
    let now_ms = app.clock().now().as_millisecond();
    let agency = agencies.iter().find(|agency| Some(agency.id) == reach.agency_id);
    let entry = done_by(&who, Action::TokenCreated, "token", &name)
        .noting("kind", "api")
        .noting("may_write", form.tulis.is_some())
        .noting("sees", reach.sensitivity.rank())
        .noting("agency", agency.map_or("", |agency| agency.row.code.as_str()))
        .noting("region", reach.region.map_or_else(String::new, |region| region.to_string()));
    let new = new_token(name, &account, reach, form.tulis.is_some(), now_ms + form.hari * DAY_MS);
    let (hash, author) = (secret.hash(), who.0.name.clone());
    change(&app, entry, move |tx| token::add_token(tx, &hash, &new, &author, now_ms)).await?;
    let secret = secret.reveal().to_owned();
    let page = move |chrome| SecretPage::token(chrome, secret);
    answer(request, NavItem::Profile, StatusCode::OK, page).await
}

/// Which token to revoke.
#[derive(Deserialize)]
pub struct RevokeForm {
    /// Its id.
    pub token: i64,
}

/// Revokes one of one's tokens.
pub async fn revoke_token(
    State(app): State<App>,
    Extension(door): Extension<Arc<Door>>,
    who: Who,
    Form(form): Form<RevokeForm>,
) -> AppResult<Response> {
    by_session(&who)?;
    let (id, now_ms) = (account_id(&who)?, app.clock().now().as_millisecond());
    let entry = done_by(&who, Action::TokenRevoked, "token", form.token);
    change(&app, entry, move |tx| token::revoke_token(tx, Some(id), form.token, now_ms)).await?;
    door.forget();
    Ok(Redirect::to("/profil#token").into_response())
}
