//! Slice: the ledger of runs and the rows they refused.

pub mod pages;
pub mod store;

use crate::app::App;
use axum::Router;

/// The routes of this slice.
pub fn routes() -> Router<App> {
    Router::new()
}
