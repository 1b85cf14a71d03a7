//! Style sheet, font and scripts, embedded in the program. Their address holds a hash of all of them, so
//! browsers may keep them for good and a new version is a new address.

use super::{access::Routes, cache::CachePolicy, headers::Needs};
use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::{fmt::Write, sync::LazyLock};

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// Twelve hexadecimal digits over the names and contents of all assets.
static BUNDLE: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for name in Assets::iter() {
        hash.update(name.as_bytes());
        if let Some(file) = Assets::get(&name) {
            hash.update(file.metadata.sha256_hash());
        }
    }
    hash.finalize().iter().take(6).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
});

/// The address of an asset, such as `/aset/0123456789ab/app.css`.
pub fn asset_url(name: &str) -> String {
    format!("/aset/{}/{name}", *BUNDLE)
}

/// The hash in every asset address; part of page cache keys, since pages name assets.
pub fn bundle_hash() -> &'static str {
    &BUNDLE
}

/// What the browser must find an asset to be, such as `sha256-…`: in the page and in its policy.
pub fn integrity(name: &str) -> Option<String> {
    let file = Assets::get(name)?;
    Some(format!("sha256-{}", STANDARD.encode(file.metadata.sha256_hash())))
}

/// Serves the assets.
pub fn routes() -> Routes {
    Routes::new()
        .get("/aset/{hash}/{*name}", serve_asset)
        .get("/sw.js", serve_worker)
        .get("/favicon.ico", || serve_asset(Path((BUNDLE.clone(), "icon.svg".to_owned()))))
}

async fn serve_asset(Path((hash, name)): Path<(String, String)>) -> Response {
    let Some(file) = Assets::get(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // An old page may ask with an old hash: it gets today's file, but may not keep it under that name.
    let policy = if hash == *BUNDLE { CachePolicy::Immutable } else { CachePolicy::Private };
    ([(header::CONTENT_TYPE, media_type(&name))], policy.headers(), file.data.into_owned()).into_response()
}

/// The worker lies at the top, since it looks after all pages below it, and is asked for anew each time.
async fn serve_worker() -> Response {
    let mut answer = serve_asset(Path((String::new(), "sw.js".to_owned()))).await;
    answer.extensions_mut().insert(Needs::Center);
    answer
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => "text/plain; charset=utf-8",
    }
}
