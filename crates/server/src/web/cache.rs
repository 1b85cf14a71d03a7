//! Who may keep an answer and for how long, and the server's own cache of rendered pages.

use super::assets::bundle_hash;
use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use pendopo_vocab::{Lang, Scope};
use std::{
    collections::{HashMap, VecDeque, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    sync::{Mutex, MutexGuard},
};

/// Who may keep an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CachePolicy {
    /// The address names the content: keep it for a year.
    Immutable,
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

#[derive(Default)]
struct CacheState {
    pages: HashMap<PageKey, Bytes>,
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
        let html = self.lock().pages.get(key).cloned()?;
        Some(html_answer(key, html))
    }

    /// Keeps a freshly rendered page and answers with it.
    pub fn keep(&self, key: PageKey, html: String) -> Response {
        let html = Bytes::from(html);
        let answer = html_answer(&key, html.clone());
        if html.len() > self.limit_bytes {
            return answer;
        }
        let mut state = self.lock();
        state.bytes += html.len();
        if let Some(previous) = state.pages.insert(key.clone(), html) {
            state.bytes -= previous.len();
        } else {
            state.order.push_back(key);
        }
        while state.bytes > self.limit_bytes {
            let Some(oldest) = state.order.pop_front() else { break };
            if let Some(page) = state.pages.remove(&oldest) {
                state.bytes -= page.len();
            }
        }
        answer
    }

    fn lock(&self) -> MutexGuard<'_, CacheState> {
        // A panic while the lock was held cannot leave the map half-changed in a way that matters.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn html_answer(key: &PageKey, html: Bytes) -> Response {
    let mut response = (CachePolicy::Revalidate.headers(), html).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(etag) = HeaderValue::from_str(&key.etag()) {
        headers.insert(header::ETAG, etag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use pendopo_vocab::RegionCode;

    fn key(path: &str, data_version: u64) -> PageKey {
        let scope = Scope::local(RegionCode::COUNTRY);
        PageKey { path: path.to_owned(), lang: Lang::Id, scope, data_version, minute: 0 }
    }

    #[test]
    fn a_page_is_kept_until_the_data_change() {
        let cache = PageCache::new(1000);
        let none = HeaderMap::new();
        assert!(cache.answer(&key("/", 1), &none).is_none());
        cache.keep(key("/", 1), "x".repeat(600));
        assert_eq!(cache.answer(&key("/", 1), &none).unwrap().status(), StatusCode::OK);
        assert!(cache.answer(&key("/", 2), &none).is_none());
    }

    #[test]
    fn the_oldest_page_makes_room_and_a_huge_one_is_not_kept() {
        let cache = PageCache::new(1000);
        let none = HeaderMap::new();
        cache.keep(key("/a", 1), "x".repeat(600));
        cache.keep(key("/b", 1), "x".repeat(600));
        assert!(cache.answer(&key("/a", 1), &none).is_none());
        assert!(cache.answer(&key("/b", 1), &none).is_some());
        cache.keep(key("/c", 1), "x".repeat(2000));
        assert!(cache.answer(&key("/c", 1), &none).is_none());
        assert_eq!(cache.lock().bytes, 600);
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
