//! Who may keep an answer and for how long, and the server's own cache of rendered pages.

use super::assets::bundle_hash;
use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use pendopo_vocab::{Lang, Role, Scope};
use std::{
    collections::{HashMap, VecDeque, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    io::Write,
    sync::{Mutex, MutexGuard},
};

/// Who may keep an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CachePolicy {
    /// The address names the content: keep it for a year.
    Immutable,
    /// The same, but for the reader's browser alone: not everybody may have it.
    ImmutablePrivate,
    /// The reader's browser may keep it but asks each time whether it still holds.
    Revalidate,
    /// Nobody keeps it.
    Private,
}

impl CachePolicy {
    /// The headers that say so.
    pub fn headers(self) -> [(header::HeaderName, &'static str); 1] {
        let value = match self {
            CachePolicy::Immutable => "public, max-age=31536000, immutable",
            CachePolicy::ImmutablePrivate => "private, max-age=31536000, immutable",
            CachePolicy::Revalidate => "private, no-cache",
            CachePolicy::Private => "no-store",
        };
        [(header::CACHE_CONTROL, value)]
    }
}

/// What a rendered page depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageKey {
    /// Path and query.
    pub path: String,
    /// Language.
    pub lang: Lang,
    /// What the reader may see.
    pub scope: Scope,
    /// What the reader is to the center: it decides what the frame offers.
    pub role: Role,
    /// The version of the data, from `App::data_version`.
    pub data_version: u64,
    /// The minute, since pages show the time and how long ago things happened.
    pub minute: i64,
}

impl PageKey {
    /// The entity tag. Depends on what the page depends on, so it is known without rendering.
    pub fn etag(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        bundle_hash().hash(&mut hasher);
        format!("W/\"{:016x}\"", hasher.finish())
    }

    fn matches(&self, request: &HeaderMap) -> bool {
        let etag = self.etag();
        request
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|tag| tag.trim() == etag)
    }
}

/// Rendered pages, the oldest thrown out first. Bounded in bytes.
pub struct PageCache {
    limit_bytes: usize,
    state: Mutex<CacheState>,
}

/// A rendered page, as it is and compressed: most readers take the latter, and compressing it for each of them
/// costs more than everything else about a page that is kept.
#[derive(Clone)]
pub struct RenderedPage {
    html: Bytes,
    gzip: Bytes,
}

impl RenderedPage {
    /// Compresses the page. A millisecond or two of work, so not for an async thread.
    ///
    /// # Errors
    /// Never in memory; the error is passed on rather than hidden.
    pub fn new(html: String) -> std::io::Result<RenderedPage> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(html.as_bytes())?;
        Ok(RenderedPage { gzip: encoder.finish()?.into(), html: html.into() })
    }

    fn bytes(&self) -> usize {
        self.html.len() + self.gzip.len()
    }
}

#[derive(Default)]
struct CacheState {
    pages: HashMap<PageKey, RenderedPage>,
    order: VecDeque<PageKey>,
    bytes: usize,
}

impl PageCache {
    /// A cache of at most `limit_bytes` of HTML.
    pub fn new(limit_bytes: usize) -> PageCache {
        PageCache { limit_bytes, state: Mutex::default() }
    }

    /// `304` when the reader already has the page; the page when the cache has it.
    pub fn answer(&self, key: &PageKey, request: &HeaderMap) -> Option<Response> {
        if key.matches(request) {
            let headers = [(header::ETAG, key.etag())];
            return Some(
                (StatusCode::NOT_MODIFIED, CachePolicy::Revalidate.headers(), headers).into_response(),
            );
        }
        let page = self.lock().pages.get(key).cloned()?;
        Some(html_answer(key, page, request))
    }

    /// Keeps a freshly rendered page and answers `request` with it.
    pub fn keep(&self, key: PageKey, page: RenderedPage, request: &HeaderMap) -> Response {
        let answer = html_answer(&key, page.clone(), request);
        if page.bytes() > self.limit_bytes {
            return answer;
        }
        let mut state = self.lock();
        state.bytes += page.bytes();
        if let Some(previous) = state.pages.insert(key.clone(), page) {
            state.bytes -= previous.bytes();
        } else {
            state.order.push_back(key);
        }
        while state.bytes > self.limit_bytes {
            let Some(oldest) = state.order.pop_front() else { break };
            if let Some(page) = state.pages.remove(&oldest) {
                state.bytes -= page.bytes();
            }
        }
        answer
    }

    fn lock(&self) -> MutexGuard<'_, CacheState> {
        // A panic while the lock was held cannot leave the map half-changed in a way that matters.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn html_answer(key: &PageKey, page: RenderedPage, request: &HeaderMap) -> Response {
    let compressed = takes_gzip(request);
    let body = if compressed { page.gzip } else { page.html };
    let mut response = (CachePolicy::Revalidate.headers(), body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if compressed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Ok(etag) = HeaderValue::from_str(&key.etag()) {
        headers.insert(header::ETAG, etag);
    }
    response
}

fn takes_gzip(request: &HeaderMap) -> bool {
    let wishes = request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    wishes.flat_map(|value| value.split(',')).any(|wish| {
        let (name, weight) = wish.split_once(';').unwrap_or((wish, ""));
        let refused =
            weight.trim().strip_prefix("q=").is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(path: &str, data_version: u64) -> PageKey {
        let scope = Scope::everything();
        PageKey { path: path.to_owned(), lang: Lang::Id, scope, role: Role::Analyst, data_version, minute: 0 }
    }

    fn keep(cache: &PageCache, path: &str, length: usize) -> Response {
        let page = RenderedPage::new("x".repeat(length)).unwrap();
        cache.keep(key(path, 1), page, &HeaderMap::new())
    }

    #[test]
    fn readers_get_the_form_they_take() {
        let cache = PageCache::new(10_000);
        keep(&cache, "/", 600);
        let check = |wish: &str, compressed: bool| {
            let mut request = HeaderMap::new();
            request.insert(header::ACCEPT_ENCODING, wish.parse().unwrap());
            let answer = cache.answer(&key("/", 1), &request).unwrap();
            assert_eq!(answer.headers().contains_key(header::CONTENT_ENCODING), compressed, "{wish}");
            assert_eq!(answer.headers()[header::VARY], "Accept-Encoding");
        };
        check("gzip", true);
        check("br, GZIP;q=0.5", true);
        check("gzip;q=0, identity", false);
        check("identity", false);
        check("", false);
    }

    #[test]
    fn a_page_is_kept_until_the_data_change() {
        let cache = PageCache::new(1000);
        let none = HeaderMap::new();
        assert!(cache.answer(&key("/", 1), &none).is_none());
        keep(&cache, "/", 600);
        assert_eq!(cache.answer(&key("/", 1), &none).unwrap().status(), StatusCode::OK);
        assert!(cache.answer(&key("/", 2), &none).is_none());
    }

    #[test]
    fn the_oldest_page_makes_room_and_a_huge_one_is_not_kept() {
        let cache = PageCache::new(1000);
        let none = HeaderMap::new();
        keep(&cache, "/a", 600);
        keep(&cache, "/b", 600);
        assert!(cache.answer(&key("/a", 1), &none).is_none());
        assert!(cache.answer(&key("/b", 1), &none).is_some());
        keep(&cache, "/c", 2000);
        assert!(cache.answer(&key("/c", 1), &none).is_none());
        let kept = cache.lock().bytes;
        assert!((600..700).contains(&kept), "{kept}: one page and its compressed form");
    }

    #[test]
    fn a_reader_who_has_it_gets_304() {
        let cache = PageCache::new(1000);
        let mut request = HeaderMap::new();
        let tag = format!("\"other\", {}", key("/", 1).etag());
        request.insert(header::IF_NONE_MATCH, tag.parse().unwrap());
        assert_eq!(cache.answer(&key("/", 1), &request).unwrap().status(), StatusCode::NOT_MODIFIED);
        assert!(cache.answer(&key("/", 2), &request).is_none());
    }
}
