//! The pieces that pages are made of, drawn on the server as HTML and SVG: readable without JavaScript, on
//! paper and by screen readers. Each takes plain values, names no feature, has its state in words besides
//! colour and shape, and comes with its table where it is a chart. `/pola` shows all of them in every state.

mod bars;
mod bullet;
mod empty;
mod heat;
mod mark;
mod pattern;
mod region_map;
mod scale;
mod sparkline;
#[cfg(test)]
mod tests;
mod tile;
mod trend;

pub use bars::{Bar, Bars};
pub use bullet::Bullet;
pub use empty::Empty;
pub use heat::{Heat, HeatRow};
pub use mark::{Mark, Shape};
pub use pattern::PatternPage;
pub use region_map::{MapCell, RegionMap};
pub use sparkline::Sparkline;
pub use tile::{Change, Tile};
pub use trend::{Trend, TrendPoint};

use crate::{
    error::AppResult,
    web::{NavItem, PageRequest, Routes},
};
use axum::response::Response;

/// The pattern page.
pub fn routes() -> Routes {
    Routes::new().get("/pola", show_patterns)
}

async fn show_patterns(request: PageRequest) -> AppResult<Response> {
    request.cached(NavItem::None, |_, _, chrome| Ok(PatternPage::new(chrome))).await
}

/// Marks widgets as safe to put into a page unescaped: their own templates escape what they are given.
macro_rules! html_safe {
    ($($widget:ty),* $(,)?) => { $(impl askama::filters::HtmlSafe for $widget {})* };
}

html_safe!(Bars, Bullet, Empty, Heat, Mark, RegionMap, Sparkline, Tile, Trend);
