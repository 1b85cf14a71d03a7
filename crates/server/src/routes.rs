//! All routes of the center and what every request passes through.

use crate::{api, app::App, audit, boards, indicators, regions, runs, sources, web, widgets};
use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use std::time::{Duration, Instant};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    limit::RequestBodyLimitLayer,
    timeout::{RequestBodyDeadlineLayer, TimeoutLayer},
};

/// A page that takes longer than this is given up.
const MAX_TIME: Duration = Duration::from_secs(30);

/// The center as a web service.
pub fn router(app: App) -> Router {
    let shared = web::Shared::new(sources::store::read_vitals);
    let limits = &app.config().web.limits;
    let limiter = web::Limiter::new(limits, cost_of);
    Router::new()
        .merge(boards::routes())
        .merge(indicators::routes())
        .merge(regions::routes())
        .merge(sources::routes())
        .merge(runs::routes())
        .merge(audit::routes())
        .merge(widgets::routes())
        .merge(api::routes(&app))
        .merge(web::asset_routes())
        .route("/.well-known/security.txt", get(web::show_security_contact))
        .layer(axum::Extension(shared))
        .layer(middleware::from_fn(refuse_foreign_writes))
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, MAX_TIME))
        .layer(middleware::from_fn_with_state(app.clone(), web::render_errors))
        .layer(middleware::from_fn(web::choose_language))
        .layer(CompressionLayer::new())
        .layer(RequestBodyDeadlineLayer::new(limits.body_timeout))
        .layer(RequestBodyLimitLayer::new(limits.max_body_bytes))
        .layer(middleware::from_fn_with_state(limiter, web::admit))
        .layer(middleware::from_fn(web::security_headers))
        .layer(middleware::from_fn(count_requests))
        .layer(middleware::from_fn_with_state(app.clone(), web::know_client))
        .with_state(app)
}

/// What requests cost. Whoever adds a route on which somebody signs in or that makes much work adds a line.
fn cost_of(method: &Method, route: &str) -> web::Cost {
    match (method.as_str(), route) {
        (_, "/healthz" | "/readyz" | "/metrics" | "/favicon.ico" | "/aset/{hash}/{*name}") => {
            web::Cost::Nothing
        }
        ("POST", "/masuk" | "/masuk/kode" | "/undangan/{secret}") => web::Cost::SignIn,
        ("POST" | "PUT" | "PATCH" | "DELETE", _)
        | (_, "/penarikan/{id}/ditolak.csv" | "/audit.csv" | "/audit.jsonl") => web::Cost::Much,
        _ => web::Cost::Little,
    }
}

/// A write is accepted only from the center's own pages or from a program, never from another site's
/// page in the reader's browser.
async fn refuse_foreign_writes(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || !from_another_site(request.headers()) {
        return next.run(request).await;
    }
    crate::error::AppError::Forbidden.into_response()
}

fn from_another_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    match (text(header::ORIGIN.as_str()), text(header::HOST.as_str())) {
        (Some(origin), Some(host)) => origin.split_once("://").is_none_or(|(_, place)| place != host),
        _ => false,
    }
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
mod tests {
    use super::*;

    #[test]
    fn writes_from_other_sites_are_told_apart() {
        let check = |pairs: &[(&'static str, &str)], foreign: bool| {
            let headers =
                pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            assert_eq!(from_another_site(&headers), foreign, "{pairs:?}");
        };
        check(&[], false);
        check(&[("sec-fetch-site", "same-origin")], false);
        check(&[("sec-fetch-site", "cross-site")], true);
        check(&[("sec-fetch-site", "same-site")], true);
        check(&[("host", "a:1"), ("origin", "http://a:1")], false);
        check(&[("host", "a:1"), ("origin", "http://b:1")], true);
        check(&[("host", "a:1"), ("origin", "null")], true);
    }
}
