//! All routes of the center and what every request passes through.

use crate::{
    accounts::{self, Door},
    api,
    app::App,
    audit, boards,
    error::AppError,
    indicators, maps, privacy, regions, reports, runs, sources, walls,
    web::{self, Routes},
    widgets,
};
use axum::{
    Router,
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http_body_util::Limited;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    timeout::{RequestBodyDeadlineLayer, TimeoutLayer},
};

/// A page that takes longer than this is given up.
const MAX_TIME: Duration = Duration::from_secs(30);

/// The center as a web service.
///
/// # Errors
/// When a route has no row in `access.toml`, or the base map that the settings name cannot be used.
pub fn router(app: App, door: Arc<Door>) -> anyhow::Result<Router> {
    let shared = web::Shared::new(sources::store::read_vitals);
    let base = maps::Base::open(&app.config().maps)?;
    let limits = &app.config().web.limits;
    let limiter = web::Limiter::new(limits, cost_of, Some(app.audit().clone()));
    let routes = Routes::new()
        .merge(accounts::routes())
        .merge(boards::routes())
        .merge(reports::routes())
        .merge(walls::routes())
        .merge(indicators::routes())
        .merge(regions::routes())
        .merge(maps::routes())
        .merge(sources::routes())
        .merge(runs::routes())
        .merge(audit::routes())
        .merge(privacy::routes())
        .merge(widgets::routes())
        .merge(api::routes(&app))
        .merge(web::asset_routes())
        .merge(web::live_routes())
        .get("/.well-known/security.txt", web::show_security_contact)
        .checked()?;
    Ok(routes
        .layer(axum::Extension(shared))
        .layer(axum::Extension(base))
        .layer(middleware::from_fn(web::check_form_token))
        .layer(middleware::from_fn_with_state(app.clone(), web::authorize))
        .layer(middleware::from_fn_with_state((app.clone(), door), accounts::identify))
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, MAX_TIME))
        .layer(middleware::from_fn_with_state((limits.max_body_bytes, limits.max_push_bytes), bound_body))
        .layer(middleware::from_fn_with_state(app.clone(), web::render_errors))
        .layer(middleware::from_fn(web::choose_language))
        .layer(CompressionLayer::new())
        .layer(RequestBodyDeadlineLayer::new(limits.body_timeout))
        .layer(middleware::from_fn_with_state(limiter, web::admit))
        .layer(middleware::from_fn_with_state(app.config().web.hsts_subdomains, web::security_headers))
        .layer(middleware::from_fn(count_requests))
        .layer(middleware::from_fn_with_state(app.clone(), web::know_client))
        .with_state(app))
}

/// What requests cost. Whoever adds a route on which somebody signs in or that makes much work adds a line.
fn cost_of(method: &Method, route: &str) -> web::Cost {
    match (method.as_str(), route) {
        (
            _,
            "/healthz"
            | "/readyz"
            | "/metrics"
            | "/favicon.ico"
            | "/aset/{hash}/{*name}"
            | "/sw.js"
            | "/manifest.webmanifest",
        ) => web::Cost::Nothing,
        (
            "POST",
            "/masuk"
            | "/masuk/kode"
            | "/masuk/passkey/mulai"
            | "/masuk/passkey"
            | "/undangan/{secret}"
            | "/dinding"
            | "/dinding/pasang",
        ) => web::Cost::SignIn,
        (_, "/masuk/sso" | "/masuk/sso/kembali" | "/undangan/{secret}/sso")
        | ("POST", "/profil/sso" | "/profil/sso/lepas") => web::Cost::SignIn,
        ("POST" | "PUT" | "PATCH" | "DELETE", _)
        | (
            _,
            "/penarikan/{id}/ditolak.csv"
            | "/audit.csv"
            | "/audit.jsonl"
            | "/hari-ini/laporan.pdf"
            | "/papan/{code}/papan.pdf"
            | "/papan/{code}/widget/{widget}/tabel.csv"
            | "/papan/{code}/widget/{widget}/tabel.xlsx"
            | "/papan/{code}/widget/{widget}/gambar.png",
        ) => web::Cost::Much,
        _ => web::Cost::Little,
    }
}

/// Middleware that takes no larger body than the route may have: what says beforehand that it is larger is sent
/// away unread, the rest breaks off where it becomes so.
async fn bound_body(State((usual, pushed)): State<(usize, usize)>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let most = if route == api::push::ROUTE { pushed } else { usual };
    let said = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if said.and_then(|text| text.parse::<u64>().ok()).is_some_and(|length| length > most as u64) {
        return AppError::TooLarge(format!("at most {} KiB are taken at once; send less", most / 1024))
            .into_response();
    }
    next.run(request.map(|body| Body::new(Limited::new(body, most)))).await
}

/// Counts requests and their time by route.
async fn count_requests(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("none", |path| path.as_str()).to_owned();
    let method = request.method().as_str().to_owned();
    let started = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::counter!("pendopo_http_requests_total", "method" => method, "route" => route.clone(), "status" => status)
        .increment(1);
    metrics::histogram!("pendopo_http_request_seconds", "route" => route)
        .record(started.elapsed().as_secs_f64());
    response
}

#[cfg(test)]
mod tests;
