//! `/healthz`, `/readyz` and `/metrics`: for the people and programs that keep the center running.

use crate::{app::App, web};
use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use pendopo_figures::{DbError, DbUrl};

/// The process is alive.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "The process is alive", body = String, content_type = "text/plain")))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Room below which the center no longer counts as ready, since the next run may not fit.
const LEAST_FREE_BYTES: u64 = 16 * 1024 * 1024;

/// The center can do its work: the database can be read and written, and there is room to write to.
#[utoipa::path(get, path = "/readyz", tag = "health", responses(
    (status = 200, description = "Reads and writes work", body = String, content_type = "text/plain"),
    (status = 503, description = "They do not; the text says why", body = String, content_type = "text/plain")
))]
pub async fn readyz(State(app): State<App>) -> Response {
    let probed = app.blocking(|db| {
        db.read(|r| r.query_one("select count(*) from region", &[], |row| row.get::<i64>(0)))?;
        // A write that is taken back still needs room in the log, so a full disk shows here.
        db.rehearse(|tx| {
            tx.execute("insert into pack_file (path, text) values ('readyz', '')", &[])?;
            Ok::<(), DbError>(())
        })
    });
    let refuse =
        |why: String| (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")).into_response();
    if let Err(error) = probed.await {
        return refuse(error.to_string());
    }
    match free_bytes(&app) {
        Some(free) if free < LEAST_FREE_BYTES => {
            refuse(format!("the database cannot write much longer: {} KiB are left on its disk", free / 1024))
        }
        _ => "ready\n".into_response(),
    }
}

/// Room on the disk of an embedded database; `None` for a server's, which looks after its own.
fn free_bytes(app: &App) -> Option<u64> {
    match &app.config().database {
        DbUrl::Sqlite(_) => {
            let disk = rustix::fs::statvfs(&app.config().data_folder).ok()?;
            Some(disk.f_bavail.saturating_mul(disk.f_frsize))
        }
        DbUrl::Postgres(_) => None,
    }
}

/// Prometheus metrics. Answered to this machine alone: they tell more of a center than the public need
/// know.
pub async fn metrics(State(app): State<App>, request: Request) -> Response {
    let headers = request.headers();
    let forwarded = headers.contains_key("x-forwarded-for") || headers.contains_key(header::FORWARDED);
    if !web::client(request.extensions()).address.is_loopback() || forwarded {
        return StatusCode::NOT_FOUND.into_response();
    }
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (content_type, app.metrics_text()).into_response()
}
