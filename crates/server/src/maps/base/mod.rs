//! A base map beneath the map of an indicator, from a PMTiles file that the center's settings name: off without
//! one. Nothing is asked of any other machine. Tiles that are pictures are given as they are, vector tiles are drawn
//! here, so that browsers need no script for them.

mod file;
mod style;
#[cfg(test)]
mod tests;
mod vector;

use crate::{
    app::App,
    config::MapsConfig,
    error::{AppError, AppResult},
    web::CachePolicy,
    widgets::{BaseTile, MapBase},
};
use anyhow::Context;
use axum::{
    Extension,
    body::Bytes,
    extract::{Path, Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use file::{FileInfo, TileFile, plain};
use pendopo_geography::{Frame, PlacedTile, cover};
use pmtiles::{TileCoord, TileType};
use serde::Deserialize;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::Semaphore;

/// Where tiles are.
pub const ROUTE: &str = "/peta/dasar/{z}/{x}/{y}";
/// Tiles beneath one map at most. Pictures are blurred when few are spread over a map; drawn ones are not.
const MOST_DRAWN: usize = 16;
const MOST_PICTURES: usize = 36;
/// Tiles that are drawn at the same time.
const DRAWN_AT_ONCE: usize = 2;
/// Drawn tiles kept in memory at most, in bytes.
const KEPT_BYTES: usize = 16 * 1024 * 1024;
const SVG: &str = "image/svg+xml";

/// The base map, if the center has one.
#[derive(Clone)]
pub struct Base(Option<Arc<BaseMap>>);

impl Base {
    /// Opens the file that the settings name.
    ///
    /// # Errors
    /// The file cannot be used: names the setting, the file, what is wrong and what to do.
    pub fn open(config: &MapsConfig) -> anyhow::Result<Base> {
        let Some(path) = &config.base else { return Ok(Base(None)) };
        let file = TileFile::open(path).with_context(|| format!("maps.base = {}", path.display()))?;
        let said = config.attribution.as_deref().map(plain).or_else(|| file.info().attribution.clone());
        Ok(Base(Some(Arc::new(BaseMap {
            file,
            attribution: said,
            kept: Mutex::default(),
            seats: Arc::new(Semaphore::new(DRAWN_AT_ONCE)),
        }))))
    }

    /// What lies beneath a drawing; `None` without a base map, or when it has nothing there.
    pub fn beneath(&self, frame: &Frame) -> Option<MapBase> {
        self.0.as_ref()?.beneath(frame)
    }

    /// What there is, in a line, and whether it says whose data it is made of; `None` without a base map.
    pub fn describe(&self) -> Option<(String, bool)> {
        let base = self.0.as_ref()?;
        let FileInfo { kind, set, .. } = base.file.info();
        let [west, south, east, north] = set.bounds;
        let attribution = base.attribution.as_deref().unwrap_or("none");
        let (least, most) = set.zooms;
        let line = format!(
            "base map of {kind:?} tiles, zooms {least}–{most}, {west:.3},{south:.3} to {east:.3},{north:.3}; \
             attribution: {attribution}"
        );
        Some((line, base.attribution.is_some()))
    }
}

struct BaseMap {
    file: TileFile,
    attribution: Option<String>,
    kept: Mutex<Kept>,
    seats: Arc<Semaphore>,
}

impl BaseMap {
    fn is_vector(&self) -> bool {
        self.file.info().kind == TileType::Mvt
    }

    fn beneath(&self, frame: &Frame) -> Option<MapBase> {
        let most = if self.is_vector() { MOST_DRAWN } else { MOST_PICTURES };
        let version = &self.file.info().version;
        let tile = |tile: &PlacedTile| BaseTile {
            href: format!("/peta/dasar/{}/{}/{}?v={version}", tile.z, tile.x, tile.y),
            left: tile.left,
            top: tile.top,
            width: tile.width,
            height: tile.height,
        };
        let tiles: Vec<BaseTile> = cover(frame, &self.file.info().set, most).iter().map(tile).collect();
        let attribution = self.attribution.clone();
        (!tiles.is_empty()).then(|| MapBase { tiles, pictures: !self.is_vector(), attribution })
    }

    /// The tile as it is shown and its media type. One that cannot be read or drawn is empty, and a line in the log
    /// says why.
    fn tile(&self, at: TileCoord) -> (Bytes, &'static str) {
        let key = (at.z(), at.x(), at.y());
        if let Some(kept) = self.kept().find(key) {
            return (kept, SVG);
        }
        let made = match self.file.read(at) {
            Ok(Some(data)) if !self.is_vector() => return (data, self.file.info().kind.content_type()),
            Ok(Some(data)) => vector::draw(&data, at.z()),
            Ok(None) => Ok(vector::EMPTY.to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let svg = made.unwrap_or_else(|why| {
            tracing::warn!(
                tile = format!("{}/{}/{}", key.0, key.1, key.2),
                why,
                "a tile of the base map is left empty"
            );
            vector::EMPTY.to_owned()
        });
        let svg = Bytes::from(svg);
        self.kept().keep(key, svg.clone());
        (svg, SVG)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Key = (u8, u32, u32);

/// Drawn tiles, the oldest thrown out first.
#[derive(Default)]
struct Kept {
    tiles: VecDeque<(Key, Bytes)>,
    bytes: usize,
}

impl Kept {
    fn find(&self, key: Key) -> Option<Bytes> {
        self.tiles.iter().find(|(other, _)| *other == key).map(|(_, svg)| svg.clone())
    }

    fn keep(&mut self, key: Key, svg: Bytes) {
        // Nothing is so small that a search through many of them would be noticed.
        const LEAST: usize = 8 * 1024;
        self.bytes += svg.len().max(LEAST);
        self.tiles.push_back((key, svg));
        while self.bytes > KEPT_BYTES {
            let Some((_, oldest)) = self.tiles.pop_front() else { break };
            self.bytes -= oldest.len().max(LEAST);
        }
    }
}

/// Which file the page that asks was made with.
#[derive(Debug, Deserialize)]
pub(super) struct Version {
    #[serde(default)]
    v: String,
}

/// A tile of the base map.
pub(super) async fn show_tile(
    Path((z, x, y)): Path<(u8, u32, u32)>,
    Query(asked): Query<Version>,
    State(app): State<App>,
    Extension(Base(base)): Extension<Base>,
) -> AppResult<Response> {
    let missing = || AppError::NotFound(format!("/peta/dasar/{z}/{x}/{y}"));
    let base = base.ok_or_else(missing)?;
    let info = base.file.info();
    let at = TileCoord::new(z, x, y).map_err(|_| missing())?;
    if !(info.set.zooms.0..=info.set.zooms.1).contains(&z) {
        return Err(missing());
    }
    // An old page may ask for the file of before: it gets today's, but may not keep it under that name.
    let policy = if asked.v == info.version { CachePolicy::ImmutablePrivate } else { CachePolicy::Private };
    let (body, kind) = tile_of(&app, &base, at).await?;
    Ok((policy.headers(), [(header::CONTENT_TYPE, kind)], body).into_response())
}

/// The tile, at once when it was drawn before, else when there is a seat for drawing it.
async fn tile_of(app: &App, base: &Arc<BaseMap>, at: TileCoord) -> AppResult<(Bytes, &'static str)> {
    if let Some(kept) = base.kept().find((at.z(), at.x(), at.y())) {
        return Ok((kept, SVG));
    }
    // Goes with the work: whoever asked may have left before it is done.
    let seat = base.seats.clone().acquire_owned().await.map_err(|error| AppError::Internal(error.into()))?;
    let drawing = base.clone();
    let made = app.blocking(move |_| {
        let made = drawing.tile(at);
        drop(seat);
        Ok(made)
    });
    // Whatever a tile may hold: at worst it is empty.
    Ok(made.await.unwrap_or_else(|error| {
        tracing::error!(?at, %error, "a tile of the base map could not be drawn");
        (Bytes::from_static(vector::EMPTY.as_bytes()), SVG)
    }))
}
