//! `/api/v1`: the same figures for programs, with an OpenAPI document made from these handlers.
//!
//! Known quirks: lists are cut by cursor, never by page number, so that nothing is skipped while runs
//! go on; `limit` is at most 1000; times are UTC, periods are the center's own calendar.

#![expect(unused_qualifications, reason = "utoipa's macro writes out full paths")]

mod audit;
mod document;
mod figures;
mod health;
mod indicators;
mod object;
mod outlook;
mod page;
pub mod push;
mod regions;
mod revisions;
mod runs;
mod sources;

use crate::{app::App, error::AppResult, web::Routes};
use axum::{
    Json,
    http::header,
    middleware,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

/// What went wrong (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// A stable name of the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What exactly.
    pub detail: String,
    /// The address asked for; absent when the request was sent away at the door.
    pub instance: Option<String>,
    /// To be named to whoever runs the center, for internal errors.
    pub reference: Option<String>,
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Pendopo API", description = "Figures of a local government with their origin."),
    paths(
        regions::list, regions::show, indicators::list, indicators::show, figures::observations, figures::latest, revisions::list, outlook::show,
        sources::list, sources::show, sources::start_run, push::rows, runs::list, runs::show, runs::refused_rows,
        audit::list, health::healthz, health::readyz,
    ),
    tags(
        (name = "regions", description = "The official tree of regions"),
        (name = "indicators", description = "Definitions of measures"),
        (name = "figures", description = "Observations and newest figures"),
        (name = "sources", description = "Connections to services and how they keep their promises"),
        (name = "runs", description = "The ledger of runs and the rows they refused"),
        (name = "audit", description = "Who did what, to what, when and with what outcome"),
        (name = "health", description = "For those who keep the center running"),
    )
)]
struct Document;

/// The OpenAPI document as JSON.
///
/// # Errors
/// Never for the document made here; the error is passed on rather than hidden.
pub fn openapi_json() -> anyhow::Result<String> {
    let mut document = Document::openapi();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    let mut document = serde_json::to_value(&document)?;
    document::complete(&mut document)?;
    Ok(serde_json::to_string_pretty(&document)?)
}

async fn openapi() -> AppResult<Response> {
    Ok(([(header::CONTENT_TYPE, "application/json")], openapi_json()?).into_response())
}

/// The routes of the API and of the health checks.
pub fn routes(app: &App) -> Routes {
    let tagged = middleware::from_fn_with_state(app.clone(), page::entity_tags);
    Routes::new()
        .get("/api/v1/regions", regions::list)
        .get("/api/v1/regions/{code}", regions::show)
        .get("/api/v1/indicators", indicators::list)
        .get("/api/v1/indicators/{code}", indicators::show)
        .get("/api/v1/indicators/{code}/outlook", outlook::show)
        .get("/api/v1/observations", figures::observations)
        .get("/api/v1/latest", figures::latest)
        .get("/api/v1/revisions", revisions::list)
        .get("/api/v1/sources", sources::list)
        .get("/api/v1/sources/{code}", sources::show)
        .post("/api/v1/sources/{code}/runs", sources::start_run)
        .post("/api/v1/sources/{code}/rows", push::rows)
        .get("/api/v1/runs", runs::list)
        .get("/api/v1/runs/{id}", runs::show)
        .get("/api/v1/runs/{id}/refused-rows", runs::refused_rows)
        .get("/api/v1/openapi.json", openapi)
        .with(|router| router.layer(tagged))
        // Grows while the data that the tags stand for stay the same.
        .get("/api/v1/audit", audit::list)
        .get("/healthz", health::healthz)
        .get("/readyz", health::readyz)
        .get("/metrics", health::metrics)
}

/// The address of one thing, for `Location`.
fn created(location: String, body: impl Serialize) -> Response {
    (axum::http::StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(body)).into_response()
}
