//! HTTP `GET` with bounds: guarded addresses, own handling of redirects, timeouts between and over all
//! pieces, a cap on the unpacked body, retries that respect what the service asks for.

use super::{
    Bounds, FetchProblem, Fetcher, Phase,
    address::{self, AllowedNetworks},
    patience,
    trust::Trusted,
};
use jiff::Timestamp;
use pendopo_connectors::{HttpRequest, Page, connection::Auth};
use reqwest::{
    Response, StatusCode, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header,
};
use std::{
    error::Error as StdError,
    fmt,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, Once},
    time::Duration,
};
use tokio::time::{Instant, timeout};

/// Redirects followed at most.
const MAX_REDIRECTS: usize = 5;
/// A service that asks for more patience than this is left for the next run.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// Turns names into addresses. The machine's own resolver, but for tests.
pub trait Lookup: Send + Sync {
    /// All addresses of a host name.
    fn addresses<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;
}

/// The machine's own resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn addresses<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>> {
        Box::pin(async move {
            Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
        })
    }
}

/// Resolves for the connection itself and lets only permitted addresses through, so that nothing can
/// change between the check and the use.
pub(super) struct GuardedResolver {
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) allowed: AllowedNetworks,
}

/// Every address of the name is closed to this source.
#[derive(Debug)]
struct Forbidden {
    host: String,
    address: IpAddr,
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} leads to {}", self.host, self.address)
    }
}

impl StdError for Forbidden {}

/// The name has no address.
#[derive(Debug)]
struct Unknown;

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown host")
    }
}

impl StdError for Unknown {}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, allowed, host) = (self.lookup.clone(), self.allowed.clone(), name.as_str().to_owned());
        Box::pin(async move {
            let found = lookup.addresses(&host).await.map_err(|_| Unknown)?;
            let open: Vec<SocketAddr> =
                found.iter().filter(|ip| allowed.permits(**ip)).map(|ip| SocketAddr::new(*ip, 0)).collect();
            match (open.is_empty(), found.first()) {
                (false, _) => Ok(Box::new(open.into_iter()) as Addrs),
                (true, Some(address)) => Err(Forbidden { host, address: *address }.into()),
                (true, None) => Err(Unknown.into()),
            }
        })
    }
}

/// Resolves a host for a connection that is not HTTP, under the same rules.
pub(super) async fn resolve_guarded(
    lookup: &dyn Lookup,
    host: &str,
    allowed: &AllowedNetworks,
) -> Result<IpAddr, FetchProblem> {
    let found = match address::literal(host) {
        Some(ip) => vec![ip],
        None => lookup.addresses(host).await.unwrap_or_default(),
    };
    if let Some(ip) = found.iter().find(|ip| allowed.permits(**ip)) {
        return Ok(*ip);
    }
    Err(match found.first() {
        Some(address) => {
            FetchProblem::ForbiddenAddress { host: host.to_owned(), address: address.to_string() }
        }
        None => FetchProblem::UnknownHost { host: host.to_owned() },
    })
}

/// Makes `ring` the program's provider of cryptography; later calls change nothing.
pub(super) fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error says that another provider is already there, which serves as well.
        let _already_there = rustls::crypto::ring::default_provider().install_default();
    });
}

/// The requests of one run: one pool of connections, one set of bounds, one deadline.
pub(super) struct HttpRun<'a> {
    fetcher: &'a Fetcher,
    client: reqwest::Client,
    bounds: &'a Bounds,
    deadline: Instant,
    bytes_left: u64,
    /// Seconds by which the service's clock was ahead of ours when it answered last; it may not say.
    pub(super) ahead_secs: Option<i64>,
}

impl<'a> HttpRun<'a> {
    pub(super) fn new(
        fetcher: &'a Fetcher,
        bounds: &'a Bounds,
        deadline: Instant,
        trusted: Option<Trusted>,
    ) -> Result<HttpRun<'a>, FetchProblem> {
        install_tls();
        let mut builder = reqwest::Client::builder();
        if let Some(trusted) = trusted {
            builder = builder.tls_backend_preconfigured(trusted.settings);
        }
        let client = builder
            .user_agent(concat!("pendopo/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(GuardedResolver { lookup: fetcher.lookup.clone(), allowed: bounds.allowed.clone() })
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(bounds.connect_timeout)
            .pool_max_idle_per_host(1)
            .build()
            .map_err(|error| FetchProblem::Tls { host: String::new(), detail: chain(&error) })?;
        Ok(HttpRun { fetcher, client, bounds, deadline, bytes_left: bounds.max_bytes, ahead_secs: None })
    }

    /// One page, tried again while that may help and there is time.
    pub(super) async fn get(&mut self, request: &HttpRequest) -> Result<Page, FetchProblem> {
        let mut pauses = patience::pauses(self.bounds);
        loop {
            let (problem, asked_for) = match self.attempt(request).await {
                Ok(page) => return Ok(page),
                Err(failure) => failure,
            };
            if !problem.is_passing() {
                return Err(problem);
            }
            let Some(pause) = pauses.next() else { return Err(problem) };
            let pause = asked_for.map_or(pause, |wanted| wanted.max(pause));
            if pause > MAX_RETRY_AFTER || Instant::now() + pause >= self.deadline {
                return Err(problem);
            }
            patience::wait(&problem, pause).await;
        }
    }

    async fn attempt(&mut self, request: &HttpRequest) -> Result<Page, (FetchProblem, Option<Duration>)> {
        let limit = self.deadline;
        match tokio::time::timeout_at(limit, self.follow(request)).await {
            Ok(result) => result,
            Err(_) => Err((self.timed_out(Phase::Total), None)),
        }
    }

    /// One request with the redirects that follow from it.
    async fn follow(&mut self, request: &HttpRequest) -> Result<Page, (FetchProblem, Option<Duration>)> {
        let plain = |problem| (problem, None);
        let first = self.address_of(request).map_err(plain)?;
        let mut url = first.clone();
        for _ in 0..=MAX_REDIRECTS {
            let same_place = url.origin() == first.origin();
            let response = self.send(&url, request, same_place).await.map_err(plain)?;
            self.ahead_secs = clock_ahead(response.headers(), self.fetcher.clock.now());
            let status = response.status();
            if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
                url = self.redirected(&url, &response).map_err(plain)?;
                continue;
            }
            if let Some(problem) = refusal(status, &url) {
                let patience = retry_after(response.headers(), self.fetcher.clock.now());
                return Err((problem, patience));
            }
            return self.read(&url, response).await.map_err(plain);
        }
        Err(plain(FetchProblem::Redirect {
            url: address::shown(&first),
            detail: format!("more than {MAX_REDIRECTS} times in a row"),
        }))
    }

    fn address_of(&self, request: &HttpRequest) -> Result<Url, FetchProblem> {
        let mut url = address::read_url(&request.url, &self.bounds.allowed)?;
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        if let Some(Auth::Query { name, secret }) = &request.auth {
            url.query_pairs_mut().append_pair(name, self.fetcher.secrets.get(secret)?);
        }
        Ok(url)
    }

    /// `trusted` is false once a redirect has led to another place: secrets are not sent there.
    async fn send(&self, url: &Url, request: &HttpRequest, trusted: bool) -> Result<Response, FetchProblem> {
        let mut builder = self.client.get(url.clone());
        if trusted {
            for (name, value) in &request.headers {
                builder = builder.header(name, value);
            }
            let secrets = &self.fetcher.secrets;
            builder = match &request.auth {
                Some(Auth::Bearer { secret }) => builder.bearer_auth(secrets.get(secret)?),
                Some(Auth::Header { name, secret }) => builder.header(name, secrets.get(secret)?),
                Some(Auth::Basic { user, secret }) => builder.basic_auth(user, Some(secrets.get(secret)?)),
                Some(Auth::Query { .. }) | None => builder,
            };
        }
        match timeout(self.bounds.connect_timeout + self.bounds.idle_timeout, builder.send()).await {
            Ok(sent) => sent.map_err(|error| self.problem(url, &error)),
            Err(_) => Err(self.timed_out(Phase::Idle)),
        }
    }

    fn redirected(&self, from: &Url, response: &Response) -> Result<Url, FetchProblem> {
        let wrong =
            |detail: &str| FetchProblem::Redirect { url: address::shown(from), detail: detail.to_owned() };
        let location =
            response.headers().get(header::LOCATION).ok_or_else(|| wrong("it does not say where to"))?;
        let location = location.to_str().map_err(|_| wrong("the target is not an address"))?;
        let target = from.join(location).map_err(|_| wrong("the target is not an address"))?;
        address::check_url(&target, &self.bounds.allowed)?;
        if from.scheme() == "https" && target.scheme() == "http" {
            return Err(wrong("from an encrypted address to an open one"));
        }
        if target.path().contains("/login") && !from.path().contains("/login") {
            return Err(FetchProblem::Blocked {
                status: response.status().as_u16(),
                url: address::shown(&target),
            });
        }
        Ok(target)
    }

    /// Reads the body piece by piece; what is counted is the unpacked size.
    async fn read(&mut self, url: &Url, mut response: Response) -> Result<Page, FetchProblem> {
        let too_large = FetchProblem::TooLarge { limit_bytes: self.bounds.max_bytes };
        if response.content_length().is_some_and(|length| length > self.bytes_left) {
            return Err(too_large);
        }
        let status = response.status().as_u16();
        let content_type = response.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut body = Vec::new();
        loop {
            let piece = match timeout(self.bounds.idle_timeout, response.chunk()).await {
                Ok(piece) => piece.map_err(|error| self.problem(url, &error))?,
                Err(_) => return Err(self.timed_out(Phase::Idle)),
            };
            let Some(piece) = piece else { break };
            if body.len() as u64 + piece.len() as u64 > self.bytes_left {
                return Err(too_large);
            }
            body.extend_from_slice(&piece);
        }
        self.bytes_left -= body.len() as u64;
        Ok(Page { url: address::shown(url), status, content_type, body })
    }

    fn timed_out(&self, phase: Phase) -> FetchProblem {
        let bound = match phase {
            Phase::Connect => self.bounds.connect_timeout,
            Phase::Idle => self.bounds.idle_timeout,
            Phase::Total => self.bounds.timeout,
        };
        FetchProblem::TimedOut { phase, after_millis: bound.as_millis() as u64 }
    }

    /// What an error of the HTTP client means. Its own text may hold the whole address, so only the
    /// innermost cause is quoted.
    fn problem(&self, url: &Url, error: &reqwest::Error) -> FetchProblem {
        let host = url.host_str().unwrap_or_default().to_owned();
        let causes = || causes(error).skip(1);
        if let Some(forbidden) = causes().find_map(|cause| cause.downcast_ref::<Forbidden>()) {
            return FetchProblem::ForbiddenAddress { host, address: forbidden.address.to_string() };
        }
        if causes().any(|cause| cause.is::<Unknown>()) {
            return FetchProblem::UnknownHost { host };
        }
        let detail = causes().last().map(ToString::to_string).unwrap_or_default();
        let detail = self.fetcher.secrets.redact(&detail);
        if causes().any(is_tls) {
            return FetchProblem::Tls { host, detail };
        }
        if error.is_timeout() {
            return self.timed_out(if error.is_connect() { Phase::Connect } else { Phase::Idle });
        }
        if error.is_connect() {
            return FetchProblem::NoConnection { host, detail };
        }
        if error.is_builder() {
            return FetchProblem::BadAddress { url: address::shown(url), detail };
        }
        FetchProblem::Broken { url: address::shown(url), detail }
    }
}

/// The problem that a status stands for; `None` for statuses whose body has something to say. Other
/// 4xx bodies carry the service's own words, which the connector reads.
fn refusal(status: StatusCode, url: &Url) -> Option<FetchProblem> {
    let url = address::shown(url);
    match status.as_u16() {
        code @ (401 | 403 | 407 | 451) => Some(FetchProblem::Blocked { status: code, url }),
        code @ (408 | 425 | 429 | 500..=599) => Some(FetchProblem::Status { status: code, url }),
        _ => None,
    }
}

/// What `Retry-After` asks for: seconds or a date.
fn retry_after(headers: &header::HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(secs) = text.parse::<u64>() {
        return Some(Duration::from_secs(secs));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// Seconds by which the clock of whoever answers is ahead of `now`, by its `Date`; what lay in a cache on the way
/// says nothing of it.
fn clock_ahead(headers: &header::HeaderMap, now: Timestamp) -> Option<i64> {
    if headers.contains_key(header::AGE) {
        return None;
    }
    let text = headers.get(header::DATE)?.to_str().ok()?;
    let told = jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp();
    Some(told.duration_since(now).as_secs())
}

/// An error and its causes in one line.
pub(super) fn chain(error: &(dyn StdError + 'static)) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// An error and what caused it, outermost first.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let cause = next.take()?;
        next = cause.source();
        Some(cause)
    })
}

/// Whether an error comes from TLS, however many errors of input and output are wrapped around it.
fn is_tls(mut cause: &(dyn std::error::Error + 'static)) -> bool {
    while let Some(inner) = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        cause = inner;
    }
    cause.is::<rustls::Error>()
}
