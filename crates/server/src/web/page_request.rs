//! What a page handler is given, and the way from a question to a rendered answer.

use super::{
    access::Access,
    assets::asset_url,
    cache::{CachePolicy, PageCache, PageKey, RenderedPage},
    flight::{Flights, Turn},
    format::{TimeStyle, format_time},
    headers::{Needs, ScriptNonce},
    i18n::Tr,
    language::UiLang,
    layout::{Chrome, LivePage, NavItem, PageScript},
    principal::{Principal, principal_of},
};
use crate::{
    app::{App, Identity},
    error::{AppError, AppResult},
    kept::Kept,
};
use askama::Template;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{Html, IntoResponse, Response},
};
use jiff::Timestamp;
use pendopo_figures::{DbError, Reader};
use pendopo_vocab::{Scope, Sensitivity};
use std::{convert::Infallible, sync::Arc};

/// HTML kept in memory at most. A board is about 60 kB.
const CACHE_BYTES: usize = 8 * 1024 * 1024;

/// How the center's sources are doing, for the head of every page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Vitals {
    /// Sources that keep their promise.
    pub fresh: usize,
    /// All sources.
    pub sources: usize,
    /// End of the newest good run.
    pub data_as_of: Option<Timestamp>,
}

/// Reads the [`Vitals`]; given by the slice that knows sources, so that this module need not.
pub type ReadVitals = fn(&mut Reader<'_>, Timestamp) -> Result<Vitals, DbError>;

/// What all page handlers share, as an extension of the router.
pub struct Shared {
    cache: PageCache,
    flights: Flights,
    read_vitals: ReadVitals,
}

impl Shared {
    /// An empty cache and a way to the vitals.
    pub fn new(read_vitals: ReadVitals) -> Arc<Shared> {
        Arc::new(Shared { cache: PageCache::new(CACHE_BYTES), flights: Flights::default(), read_vitals })
    }
}

/// A request for a page.
pub struct PageRequest {
    /// The center.
    pub app: App,
    /// Who asks, in which language, when.
    pub asked: Asked,
    headers: HeaderMap,
    kept_by_nobody: bool,
    script: Option<&'static str>,
    shared: Option<Arc<Shared>>,
}

/// Who asks, in which language, when: what every question and every page needs.
#[derive(Clone)]
pub struct Asked {
    /// The reader's language.
    pub t: Tr,
    /// Who asks.
    pub who: Arc<Principal>,
    /// What they may see.
    pub scope: Scope,
    /// The present.
    pub now: Timestamp,
    /// Who the center is.
    pub identity: Arc<Identity>,
    /// Series and tables that somebody read before.
    pub kept: Kept,
    /// Path and query.
    pub path: String,
    /// What forms must carry, for pages that are made for this reader alone.
    pub form_token: String,
}

impl Asked {
    /// Whether the reader's role may open the page at this route.
    pub fn may_open(&self, route: &str) -> bool {
        Access::built_in().is_ok_and(|access| access.may_open(self.who.role, route))
    }

    /// Where to look next, for a reader who may: the page at `href` under the word of `key`.
    pub fn link_to(&self, href: &str, key: &str) -> Option<(String, String)> {
        self.may_open(href).then(|| (href.to_owned(), self.t.tr(key).into_owned()))
    }

    /// A time in the center's zone and the reader's language.
    pub fn time(&self, at: Timestamp, style: TimeStyle) -> String {
        format_time(at, &self.identity.time_zone, style, self.t.lang())
    }

    /// The same from Unix milliseconds; a stored time out of range shows as a dash.
    pub fn time_ms(&self, at_ms: i64, style: TimeStyle) -> String {
        Timestamp::from_millisecond(at_ms).map_or_else(|_| "–".to_owned(), |at| self.time(at, style))
    }

    /// The frame of a page.
    pub fn chrome(&self, here: NavItem, vitals: Vitals) -> Chrome {
        let identity = &self.identity;
        let mut chrome = Chrome::new(self.t, &identity.name, here, &self.path, self.now, &identity.time_zone);
        chrome.sample_data = identity.sample_data;
        chrome.role = self.who.role;
        chrome.fresh = vitals.fresh;
        chrome.sources = vitals.sources;
        chrome.data_as_of = vitals.data_as_of.map(|at| self.time(at, TimeStyle::Short));
        chrome
    }
}

impl FromRequestParts<App> for PageRequest {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let UiLang(lang) = parts.extensions.get::<UiLang>().copied().unwrap_or(UiLang(Default::default()));
        let who = principal_of(&parts.extensions);
        let asked = Asked {
            t: Tr(lang),
            scope: who.scope.clone(),
            now: app.clock().now(),
            identity: app.identity(),
            kept: app.kept(),
            form_token: who.form_token.clone().unwrap_or_default(),
            who,
            path: parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        };
        let shared = parts.extensions.get::<Arc<Shared>>().cloned();
        Ok(PageRequest {
            app: app.clone(),
            asked,
            headers: parts.headers.clone(),
            kept_by_nobody: false,
            script: None,
            shared,
        })
    }
}

impl PageRequest {
    /// Name and port by which the reader addressed the center, as the browser says.
    pub fn host(&self) -> Option<&str> {
        self.headers.get(header::HOST).and_then(|value| value.to_str().ok())
    }

    /// The browser says that it is on a phone. A tablet does not, and gets the pages of a desk.
    pub fn on_phone(&self) -> bool {
        let says = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        match says("sec-ch-ua-mobile") {
            Some(hint) => hint == "?1",
            None => says("user-agent").is_some_and(|agent| agent.contains("Mobile")),
        }
    }

    /// Says that a page may show what must not stay in a browser: nobody keeps the answer, whatever made it.
    #[must_use]
    pub fn kept_by_nobody(mut self, when: bool) -> PageRequest {
        if when {
            self.kept_by_nobody = true;
            // "Not modified" would bring back what was kept before.
            self.headers.remove(header::IF_NONE_MATCH);
        }
        self
    }

    /// With a script of its own on a page that follows the center: one of those that the policy of such pages knows.
    #[must_use]
    pub fn with_script(self, script: &'static str) -> PageRequest {
        PageRequest { script: Some(script), ..self }
    }

    /// The browser asks for the edition that it may keep for when there is no network.
    pub fn for_keeping(&self) -> bool {
        self.headers.contains_key("x-keeps")
    }

    /// The same page as somebody without clearance for restricted figures sees it.
    #[must_use]
    pub fn without_restricted(mut self) -> PageRequest {
        self.asked.scope.sensitivity = self.asked.scope.sensitivity.min(Sensitivity::Internal);
        self
    }

    /// Answers with the page that `build` makes, from the cache while the data, the minute and the reader
    /// are the same. `build` and the template run where blocking is allowed, in one read transaction.
    ///
    /// # Errors
    /// What `build` returns; an internal error when the template fails.
    pub async fn cached<P: Template>(
        self,
        here: NavItem,
        build: impl FnOnce(&mut Reader<'_>, &Asked, Chrome) -> AppResult<P> + Send + 'static,
    ) -> AppResult<Response> {
        let key = PageKey {
            path: self.asked.path.clone(),
            lang: self.asked.t.lang(),
            scope: self.asked.scope.clone(),
            role: self.asked.who.role,
            data_version: self.app.data_version(),
            minute: self.asked.now.as_second().div_euclid(60),
        };
        let (data_version, script) = (key.data_version, self.script);
        let build = move |reader: &mut Reader<'_>, asked: &Asked, mut chrome: Chrome| {
            chrome.live = LivePage::at(data_version, script);
            build(reader, asked, chrome)
        };
        let kept_by_nobody = self.kept_by_nobody;
        let mut answer = self.kept_or_made(key, here, build).await?;
        if kept_by_nobody {
            let headers = answer.headers_mut();
            headers.remove(header::ETAG);
            for (name, value) in CachePolicy::Private.headers() {
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
        answer.extensions_mut().insert(Needs::LiveScripts);
        Ok(answer)
    }

    async fn kept_or_made<P: Template>(
        self,
        key: PageKey,
        here: NavItem,
        build: impl FnOnce(&mut Reader<'_>, &Asked, Chrome) -> AppResult<P> + Send + 'static,
    ) -> AppResult<Response> {
        let Some(shared) = self.shared.clone() else {
            return Ok(Html(self.render(here, build).await?).into_response());
        };
        if let Some(answer) = shared.cache.answer(&key, &self.headers) {
            return Ok(answer);
        }
        let turn = shared.flights.turn(&key).await;
        if let Turn::Others { landed: true } = turn
            && let Some(answer) = shared.cache.answer(&key, &self.headers)
        {
            return Ok(answer);
        }
        let (app, headers) = (self.app.clone(), self.headers.clone());
        let html = self.render(here, build).await?;
        let page = app.blocking(move |_| Ok(RenderedPage::new(html))).await?.map_err(anyhow::Error::from)?;
        let answer = shared.cache.keep(key, page, &headers);
        if let Turn::First(flight) = &turn {
            flight.land();
        }
        Ok(answer)
    }

    /// Answers with the page that `build` makes, anew each time: for what changes by the second.
    ///
    /// # Errors
    /// As for [`PageRequest::cached`].
    pub async fn live<P: Template>(
        self,
        here: NavItem,
        build: impl FnOnce(&mut Reader<'_>, &Asked, Chrome) -> AppResult<P> + Send + 'static,
    ) -> AppResult<Response> {
        let token = self.asked.form_token.clone();
        let with_token = move |reader: &mut Reader<'_>, asked: &Asked, mut chrome: Chrome| {
            chrome.form_token = token;
            build(reader, asked, chrome)
        };
        let html = self.render(here, with_token).await?;
        Ok((CachePolicy::Private.headers(), Html(html)).into_response())
    }

    /// Answers with a page that loads one script, an asset by this name. The policy of this answer lets that
    /// script run and no other; nobody keeps the answer, since its nonce is good for once.
    ///
    /// # Errors
    /// As for [`PageRequest::cached`].
    pub async fn scripted<P: Template>(
        self,
        here: NavItem,
        script: &'static str,
        build: impl FnOnce(&mut Reader<'_>, &Asked, Chrome) -> AppResult<P> + Send + 'static,
    ) -> AppResult<Response> {
        let nonce = ScriptNonce::fresh();
        let declared = PageScript { url: asset_url(script), nonce: nonce.to_string() };
        let with_script = move |reader: &mut Reader<'_>, asked: &Asked, mut chrome: Chrome| {
            chrome.script = Some(declared);
            build(reader, asked, chrome)
        };
        let mut response = self.live(here, with_script).await?;
        response.extensions_mut().insert(nonce);
        Ok(response)
    }

    async fn render<P: Template>(
        self,
        here: NavItem,
        build: impl FnOnce(&mut Reader<'_>, &Asked, Chrome) -> AppResult<P> + Send + 'static,
    ) -> AppResult<String> {
        let PageRequest { app, asked, shared, .. } = self;
        let work = move |reader: &mut Reader<'_>| -> AppResult<String> {
            let vitals = match &shared {
                Some(shared) => (shared.read_vitals)(reader, asked.now)?,
                None => Vitals::default(),
            };
            let chrome = asked.chrome(here, vitals);
            let page = build(reader, &asked, chrome)?;
            page.render().map_err(|error| AppError::Internal(error.into()))
        };
        app.blocking(move |db| db.read(|reader| Ok(work(reader)))).await?
    }
}
