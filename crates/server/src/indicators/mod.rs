//! Slice: indicators, their course and their lineage.

pub mod pages;

use crate::app::App;
use axum::Router;

/// The routes of this slice.
pub fn routes() -> Router<App> {
    Router::new()
}
