//! `/api/v1/audit`: the audit log, for the auditor's own programs.

use super::page::{Page, PageQuery, cut};
use crate::{
    app::App,
    audit::store::{self, Filter},
    error::{AppError, AppResult},
};
use axum::{
    Json,
    extract::{Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// Its number in the chain.
    pub number: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// account, token, command, center or visitor.
    pub actor_kind: String,
    /// The role held at that moment.
    pub actor_role: Option<String>,
    /// The account, by its id.
    pub account_id: Option<i64>,
    /// Where the request came from.
    pub address: Option<String>,
    /// What was done.
    pub action: String,
    /// To what kind of thing.
    pub object_kind: Option<String>,
    /// To which one.
    pub object_code: Option<String>,
    /// done, refused or failed.
    pub outcome: String,
    /// What else is worth knowing.
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
    /// SHA-256 over the hash of the entry before it and its own bytes, as hexadecimal digits.
    pub hash: String,
}

impl From<store::StoredEntry> for AuditEntry {
    fn from(entry: store::StoredEntry) -> AuditEntry {
        AuditEntry {
            number: entry.number,
            at: Timestamp::from_millisecond(entry.at_ms).unwrap_or_default(),
            actor: entry.actor,
            actor_kind: entry.actor_kind,
            actor_role: entry.actor_role,
            account_id: entry.account_id,
            address: entry.address,
            action: entry.action,
            object_kind: entry.object_kind,
            object_code: entry.object_code,
            outcome: entry.outcome,
            detail: serde_json::from_str(&entry.detail).unwrap_or_default(),
            hash: entry.hash.to_string(),
        }
    }
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Whose name holds this text.
    pub actor: Option<String>,
    /// Only this action.
    pub action: Option<String>,
    /// Only this outcome.
    pub outcome: Option<String>,
    /// Not before this time (RFC 3339).
    #[param(format = DateTime)]
    pub from: Option<String>,
    /// Before this time (RFC 3339).
    #[param(format = DateTime)]
    pub until: Option<String>,
    /// With this text in actor, address, object or detail.
    pub text: Option<String>,
}

/// Entries of the audit log, newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(AuditQuery, PageQuery),
    responses((status = 200, body = Page<AuditEntry>), (status = 400, body = super::Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(app): State<App>,
    Query(query): Query<AuditQuery>,
    Query(page): Query<PageQuery>,
) -> AppResult<Response> {
    let (limit, before) = (page.limit()?, page.after::<1>()?);
    let filter = Filter {
        actor: query.actor,
        action: query.action,
        outcome: query.outcome,
        from_ms: query.from.map(|text| time("from", &text)).transpose()?,
        until_ms: query.until.map(|text| time("until", &text)).transpose()?,
        text: query.text,
        before: before.map(|[number]| number),
    };
    let rows =
        app.blocking(move |db| db.read(|reader| store::read_entries(reader, &filter, limit + 1))).await?;
    let page = Json(cut(rows, limit, |entry| [entry.number], AuditEntry::from));
    Ok(([(header::CACHE_CONTROL, "no-store")], page).into_response())
}

fn time(key: &str, text: &str) -> AppResult<i64> {
    let wrong = |_| {
        AppError::Invalid(format!("{key} is `{text}`; a time such as 2026-11-24T00:00:00+07:00 is expected"))
    };
    text.parse().map(Timestamp::as_millisecond).map_err(wrong)
}
