//! The pieces that pages are made of, drawn on the server as HTML and SVG: readable without JavaScript, on
//! paper and by screen readers. Each takes plain values, names no feature, has its state in words besides
//! colour and shape, and comes with its table where it is a chart. `/pola` shows all of them in every state.

mod absorption;
mod bars;
mod bullet;
mod bullets;
mod camera;
mod choropleth;
mod classes;
mod countdown;
mod earthquake;
mod empty;
mod feed;
mod frame;
mod funnel;
mod heat;
mod instead;
mod mark;
mod on_paper;
mod pattern;
mod pyramid;
mod ranking;
mod region_map;
mod scale;
mod sparkline;
mod statuses;
mod surface;
#[cfg(test)]
mod tests;
mod text;
mod tile;
mod trend;
mod weather;

pub use absorption::{Absorption, Progress};
pub use bars::{Bar, Bars};
pub use bullet::Bullet;
pub use bullets::{BulletRow, Bullets};
pub use camera::Camera;
pub use choropleth::{BaseTile, MapBase, MapDrawing, MapName, MapPoints, MapShape};
pub use classes::Method;
pub use countdown::Countdown;
pub use earthquake::{Earthquake, Quake, roman};
pub use empty::Empty;
pub use feed::{Feed, FeedItem};
pub use frame::{Framed, Measure, Origin, Piece};
pub use funnel::{Funnel, Step};
pub use heat::{Heat, HeatCell, HeatRow, Stronger};
pub use instead::{Instead, Reason};
pub use mark::Mark;
pub use on_paper::paper_mark;
pub use pattern::PatternPage;
pub use pyramid::{AgeGroup, Cell, Pyramid};
pub use ranking::{Ranked, Ranking, RankingOptions, wilson};
pub use region_map::{MapCell, RegionMap};
pub use sparkline::Sparkline;
pub use statuses::{StateCount, StatusRow, Statuses};
pub use surface::Surface;
pub use text::Text;
pub use tile::{Change, Tile};
pub use trend::{Trend, TrendPoint};
pub use weather::{Weather, WeatherDay};

use crate::{
    error::AppResult,
    web::{NavItem, PageRequest, Routes},
};
use axum::response::Response;
pub use pendopo_vocab::Shape;

/// The pattern page.
pub fn routes() -> Routes {
    Routes::new().get("/pola", show_patterns)
}

async fn show_patterns(request: PageRequest) -> AppResult<Response> {
    request.with_script("map.js").cached(NavItem::None, |_, _, chrome| Ok(PatternPage::new(chrome))).await
}

/// Marks widgets as safe to put into a page unescaped: their own templates escape what they are given.
macro_rules! html_safe {
    ($($widget:ty),* $(,)?) => { $(impl askama::filters::HtmlSafe for $widget {})* };
}

html_safe!(
    Absorption, Bars, Bullet, Bullets, Camera, Countdown, Earthquake, Empty, Feed, Framed, Funnel, Heat,
    Instead, Mark, Piece, Pyramid, Ranking, RegionMap, Sparkline, Statuses, Text, Tile, Trend, Weather,
);
