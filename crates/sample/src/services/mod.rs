//! The ten services: those that speak HTTP, and those that leave files and databases.

pub mod aid;
pub mod beds;
pub mod budget;
pub mod disasters;
pub mod health;
pub mod licences;
pub mod mariadb;
pub mod population;
pub mod prices;
pub mod roads;
pub mod schools;

use crate::{mishaps::Mishaps, model::Model, secrets::Secrets};
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use pendopo_vocab::Clock;
use std::sync::Arc;

/// What every service works from.
pub struct World {
    /// The made-up regency.
    pub model: Model,
    /// What goes wrong, and when.
    pub mishaps: Mishaps,
    /// Passwords and tokens.
    pub secrets: Secrets,
    /// Time is passed in.
    pub clock: Arc<dyn Clock>,
}

impl World {
    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// What handlers are given.
pub type Shared = State<Arc<World>>;

/// All services that speak HTTP, on one port as paths of their own.
pub fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/", get(show_contents))
        .route("/dukcapil/agregat/penduduk.xlsx", get(population::get_workbook))
        .route("/dinsos/rekap/bansos.csv", get(aid::get_csv))
        .route("/dpmptsp/api/v1/izin", get(licences::list_licences))
        .route("/hargapangan/WebSite/TabelHarga/GetGridDataDaerah", get(prices::get_grid))
        .route("/bpbd/api/kejadian", get(disasters::list_events))
        .route("/satudata/api/3/action/datastore_search", get(schools::search_datastore))
        .route("/rsud/api/v1/tempat-tidur", get(beds::list_beds))
        .with_state(world)
}

async fn show_contents() -> Html<&'static str> {
    Html(
        "<!doctype html><html lang=\"id\"><title>DATA CONTOH</title><h1>DATA CONTOH</h1>\
         <p>Tiruan layanan perangkat daerah untuk mencoba Pendopo. Semua angka dibuat oleh program.</p>",
    )
}

/// The page that a web server shows while the application behind it is away.
fn unavailable() -> Response {
    let page = "<html><head><title>503 Service Temporarily Unavailable</title></head>\
                <body><center><h1>503 Service Temporarily Unavailable</h1></center><hr></body></html>";
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "120")], Html(page)).into_response()
}

/// A JSON answer.
fn json(status: StatusCode, body: &serde_json::Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json")];
    (status, headers, body.to_string()).into_response()
}

/// The thousands form of offices: `1.234.567`.
fn indonesian(number: i64) -> String {
    pendopo_vocab::format_number(number as f64, 0, pendopo_vocab::Lang::Id).replace('−', "-")
}
