//! Slice: sources, their health and their runs.

pub mod jobs;
pub mod pages;
pub mod problem;
pub mod rules;
pub mod store;

use crate::app::App;
use axum::Router;

/// The routes of this slice.
pub fn routes() -> Router<App> {
    Router::new()
}
