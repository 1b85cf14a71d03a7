//! How much is answered: at most so many requests at a time, and of one address so many in a minute. Whoever
//! comes too many is told so at once and when to come again; a queue would only make all wait.

use super::{cache::CachePolicy, client::client, i18n::Tr};
use crate::{
    audit::{Action, Actor, ActorKind, Audit, Entry, Every, Outcome},
    config::Limits,
};
use askama::Template;
use axum::{
    body::Bytes,
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use pendopo_vocab::Lang;
use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, LazyLock, Mutex, Once, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Semaphore, time::Instant};

/// What a request costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// Answered however full it is: health checks, style sheets.
    Nothing,
    /// A page or a small answer.
    Little,
    /// Much work or much data.
    Much,
    /// A guess at a password, which costs much by intent.
    SignIn,
}

/// What a request costs, by its method and route; given by those who know the routes.
pub type CostOf = fn(&Method, &str) -> Cost;

/// When the program itself is this late to its own appointments, it takes on nothing more.
const MOST_LATE: Duration = Duration::from_millis(150);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(20);
/// How many looks in a row must be late.
const LOOKS: usize = 4;
/// When those who are sent away may come again.
const COME_AGAIN_SECS: u64 = 5;

/// Who is let in.
pub struct Limiter {
    cost_of: CostOf,
    audit: Option<Audit>,
    seats: Semaphore,
    buckets: [Option<Buckets>; 3],
    started: Instant,
    late_ms: AtomicU64,
    watching: Once,
}

impl Limiter {
    /// A limiter with nobody inside, which tells `audit` whom it sends away.
    pub fn new(limits: &Limits, cost_of: CostOf, audit: Option<Audit>) -> Arc<Limiter> {
        let per_minute =
            [limits.requests_per_minute, limits.costly_requests_per_minute, limits.sign_ins_per_minute];
        Arc::new(Limiter {
            cost_of,
            audit,
            seats: Semaphore::new(limits.requests_at_once),
            buckets: per_minute.map(Buckets::new),
            started: Instant::now(),
            late_ms: AtomicU64::new(0),
            watching: Once::new(),
        })
    }

    /// The longest wait that the address has earned, if any.
    fn wait(&self, cost: Cost, address: IpAddr) -> Option<Duration> {
        let now = self.started.elapsed();
        let [all, much, sign_in] = &self.buckets;
        let of_kind = match cost {
            Cost::Nothing => return None,
            Cost::Little => &None,
            Cost::Much => much,
            Cost::SignIn => sign_in,
        };
        let address = network_of(address);
        [of_kind, all].into_iter().flatten().find_map(|bucket| bucket.take(address, now).err())
    }

    /// Leaves a trace of an address that came too often: one a minute.
    fn note(&self, address: IpAddr, method: &Method, route: &str) {
        let Some(audit) = &self.audit else { return };
        let actor = Actor { address: Some(address), ..Actor::named("publik", ActorKind::Visitor) };
        let entry = Entry::new(actor, Action::AccessRefused).outcome(Outcome::Refused);
        let entry = entry.on("route", format!("{method} {route}")).noting("why", "rate");
        audit.queue_once(Every::Minute, &network_of(address).to_string(), entry);
    }

    fn too_late(&self) -> bool {
        self.late_ms.load(Ordering::Relaxed) > MOST_LATE.as_millis() as u64
    }

    /// Measures how late a task wakes up: as late as every request's next step. Ends with the limiter.
    fn watch(self: &Arc<Self>) {
        self.watching.call_once(|| {
            let limiter = Arc::downgrade(self);
            tokio::spawn(async move {
                let mut last = [0; LOOKS];
                for look in (0..LOOKS).cycle() {
                    let due = Instant::now() + LOOK;
                    tokio::time::sleep_until(due).await;
                    let late = due.elapsed();
                    let Some(limiter) = limiter.upgrade() else { return };
                    last[look] = late.as_millis() as u64;
                    // One late moment is the machine's business; several in a row are overload.
                    let least = last.into_iter().min().unwrap_or(0);
                    limiter.late_ms.store(least, Ordering::Relaxed);
                }
            });
        });
    }
}

/// Middleware that lets requests in or sends them away.
pub async fn admit(State(limiter): State<Arc<Limiter>>, request: Request, next: Next) -> Response {
    limiter.watch();
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let cost = (limiter.cost_of)(request.method(), route);
    if cost == Cost::Nothing {
        return next.run(request).await;
    }
    let json = request.uri().path().starts_with("/api/");
    if limiter.too_late() {
        metrics::counter!("pendopo_http_requests_shed_total", "why" => "late").increment(1);
        return send_away(StatusCode::SERVICE_UNAVAILABLE, COME_AGAIN_SECS, json);
    }
    let address = client(request.extensions()).address;
    if let Some(wait) = limiter.wait(cost, address) {
        limiter.note(address, request.method(), route);
        metrics::counter!("pendopo_http_requests_shed_total", "why" => "rate").increment(1);
        return send_away(StatusCode::TOO_MANY_REQUESTS, wait.as_secs() + 1, json);
    }
    let Ok(_seat) = limiter.seats.try_acquire() else {
        metrics::counter!("pendopo_http_requests_shed_total", "why" => "full").increment(1);
        return send_away(StatusCode::SERVICE_UNAVAILABLE, COME_AGAIN_SECS, json);
    };
    next.run(request).await
}

/// What one address shares: its own for IPv4, the 64 bits that an office or a house gets for IPv6.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

/// Tokens per address. A bucket is one number, the time at which it will be full again, so that a full one
/// need not be kept. Memory is bounded: when there are too many addresses, the full ones go first.
struct Buckets {
    /// Time for one token.
    step: Duration,
    /// Time for all of them.
    room: Duration,
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Default)]
struct Shard {
    full_at: HashMap<IpAddr, Duration>,
    /// When room was last looked for: looking costs, so it is not done for every stranger.
    swept_at: Duration,
}

const SHARDS: usize = 16;
/// How often a full shard is searched for buckets that are full again.
const SWEEP: Duration = Duration::from_secs(1);
/// Addresses remembered per shard: 64 thousand in all, some 4 MiB.
const REMEMBERED: usize = 4096;

impl Buckets {
    /// Buckets that fill by so many tokens a minute and hold half of that; `None` for 0: no limit.
    fn new(per_minute: u32) -> Option<Buckets> {
        let step = Duration::from_secs(60).checked_div(per_minute)?;
        let room = step * per_minute.div_ceil(2);
        Some(Buckets { step, room, hasher: RandomState::new(), shards: Default::default() })
    }

    /// Takes a token, or says how long until there is one.
    fn take(&self, address: IpAddr, now: Duration) -> Result<(), Duration> {
        let shard = self.hasher.hash_one(address) as usize % SHARDS;
        let mut shard = self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner);
        let Shard { full_at: known, swept_at } = &mut *shard;
        if known.len() >= REMEMBERED && !known.contains_key(&address) {
            if now >= *swept_at + SWEEP {
                *swept_at = now;
                known.retain(|_, full_at| *full_at > now);
            }
            if known.len() >= REMEMBERED {
                // Thousands of busy addresses at a time: the limit for all requests together remains.
                metrics::counter!("pendopo_rate_limit_overflow_total").increment(1);
                return Ok(());
            }
        }
        let full_at = known.get(&address).copied().unwrap_or(now).max(now) + self.step;
        match full_at.checked_sub(now + self.room) {
            Some(missing) if !missing.is_zero() => Err(missing),
            _ => {
                known.insert(address, full_at);
                Ok(())
            }
        }
    }
}

/// What people read who come too many; in both languages, since which one is theirs is not asked any more.
#[derive(Template)]
#[template(path = "web/sent_away.html")]
struct SentAwayPage {
    id: Tr,
    en: Tr,
    code: &'static str,
}

impl SentAwayPage {
    fn words(&self, t: &Tr, suffix: &str) -> String {
        t.tr(&format!("error-{}{suffix}", self.code)).into_owned()
    }
}

fn page_of(code: &'static str) -> Bytes {
    let page = SentAwayPage { id: Tr(Lang::Id), en: Tr(Lang::En), code };
    page.render().unwrap_or_else(|_| code.to_owned()).into()
}

/// Made once: whoever is sent away must cost next to nothing.
static BUSY: LazyLock<Bytes> = LazyLock::new(|| page_of("busy"));
static TOO_OFTEN: LazyLock<Bytes> = LazyLock::new(|| page_of("too-often"));

fn send_away(status: StatusCode, secs: u64, json: bool) -> Response {
    let often = status == StatusCode::TOO_MANY_REQUESTS;
    let (kind, body) = if json {
        let code = if often { "too-often" } else { "busy" };
        let title = status.canonical_reason().unwrap_or("error");
        let body = serde_json::json!({
            "type": format!("urn:pendopo:problem:{code}"), "title": title, "status": status.as_u16(),
            "detail": format!("come again in {secs} seconds"),
        });
        ("application/problem+json", Bytes::from(body.to_string()))
    } else {
        ("text/html; charset=utf-8", if often { TOO_OFTEN.clone() } else { BUSY.clone() })
    };
    let mut response = (status, CachePolicy::Private.headers(), body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn limits() -> Limits {
        let folder = tempfile::tempdir().unwrap();
        crate::config::Config::for_testing(folder.path()).unwrap().web.limits
    }

    fn cost(method: &Method, route: &str) -> Cost {
        match (method, route) {
            (_, "/sehat") => Cost::Nothing,
            (&Method::POST, _) => Cost::SignIn,
            _ => Cost::Little,
        }
    }

    /// A service whose `/lama` waits until it is told, with its limiter in front.
    fn service(limits: &Limits) -> (axum::Router, Arc<tokio::sync::Notify>, Arc<Limiter>) {
        let go_on = Arc::new(tokio::sync::Notify::new());
        let waiting = go_on.clone();
        let limiter = Limiter::new(limits, cost, None);
        let router = axum::Router::new()
            .route("/lama", axum::routing::get(async move || waiting.notified().await))
            .route("/sehat", axum::routing::get(async || ()))
            .route("/api/x", axum::routing::get(async || ()).post(async || ()))
            .layer(axum::middleware::from_fn_with_state(limiter.clone(), admit));
        (router, go_on, limiter)
    }

    async fn ask(router: &axum::Router, method: &str, path: &str) -> Response {
        use tower::ServiceExt;
        let request = Request::builder().method(method).uri(path).body(axum::body::Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn what_exceeds_the_seats_is_sent_away_at_once_and_health_is_not() {
        let (router, go_on, _) = service(&Limits { requests_at_once: 2, ..limits() });
        let inside: Vec<_> = (0..2)
            .map(|_| {
                let router = router.clone();
                tokio::spawn(async move { ask(&router, "GET", "/lama").await.status() })
            })
            .collect();
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        let mut sent_away = 0;
        for _ in 0..50 {
            let answer = ask(&router, "GET", "/api/x").await;
            sent_away += usize::from(answer.status() == StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(answer.headers()[header::RETRY_AFTER], "5");
            assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
            assert_eq!(ask(&router, "GET", "/sehat").await.status(), StatusCode::OK);
        }
        assert_eq!(sent_away, 50);
        assert_eq!(
            ask(&router, "GET", "/lama").await.headers()[header::CONTENT_TYPE],
            "text/html; charset=utf-8"
        );
        go_on.notify_waiters();
        for task in inside {
            assert_eq!(task.await.unwrap(), StatusCode::OK);
        }
        assert_eq!(ask(&router, "GET", "/api/x").await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn guesses_are_counted_apart_from_reading() {
        let limits = Limits { sign_ins_per_minute: 20, requests_per_minute: 1000, ..limits() };
        let (router, ..) = service(&limits);
        let mut counts = [0; 2];
        for _ in 0..200 {
            let answer = ask(&router, "POST", "/api/x").await;
            let sent_away = answer.status() == StatusCode::TOO_MANY_REQUESTS;
            assert_eq!(sent_away, answer.headers().contains_key(header::RETRY_AFTER));
            counts[usize::from(sent_away)] += 1;
        }
        assert!(counts[0] <= 11, "{counts:?}");
        assert_eq!(ask(&router, "GET", "/api/x").await.status(), StatusCode::OK);
        println!("of 200 guesses {} were evaluated", counts[0]);
    }

    #[tokio::test]
    async fn a_program_that_is_late_takes_on_nothing_more() {
        let (router, _, limiter) = service(&limits());
        limiter.late_ms.store(151, Ordering::Relaxed);
        assert_eq!(ask(&router, "GET", "/api/x").await.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(ask(&router, "GET", "/sehat").await.status(), StatusCode::OK);
        limiter.late_ms.store(149, Ordering::Relaxed);
        assert_eq!(ask(&router, "GET", "/api/x").await.status(), StatusCode::OK);
    }

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let buckets = Buckets::new(60).unwrap();
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let taken = (0..100).filter(|_| buckets.take(one, SECOND).is_ok()).count();
        assert_eq!(taken, 30, "half a minute's worth at once");
        assert_eq!(buckets.take(one, SECOND), Err(SECOND));
        assert!(buckets.take(other, SECOND).is_ok());
        assert!(buckets.take(one, 2 * SECOND).is_ok() && buckets.take(one, 2 * SECOND).is_err());
        let later = (0..100).filter(|_| buckets.take(one, 3600 * SECOND).is_ok()).count();
        assert_eq!(later, 30, "never more than it holds");
        assert!(Buckets::new(0).is_none());
    }

    #[test]
    fn a_house_with_many_addresses_is_one() {
        let networks = ["2001:db8:0:1::1", "2001:db8:0:1:ffff::2"].map(|a| network_of(a.parse().unwrap()));
        assert_eq!(networks[0], networks[1]);
        assert_ne!(networks[0], network_of("2001:db8:0:2::1".parse().unwrap()));
        assert_eq!(network_of("::ffff:192.0.2.1".parse().unwrap()), network_of("192.0.2.1".parse().unwrap()));
    }

    #[test]
    fn a_million_addresses_do_not_fill_the_memory() {
        let buckets = Buckets::new(60).unwrap();
        for n in 0..1_000_000_u32 {
            let _ = buckets.take(IpAddr::V4(n.into()), Duration::from_micros(u64::from(n)));
        }
        let kept: usize = buckets.shards.iter().map(|shard| shard.lock().unwrap().full_at.len()).sum();
        assert!(kept <= SHARDS * REMEMBERED, "{kept}");
        let minute_later = Duration::from_secs(120);
        (0..200_000_u32)
            .for_each(|n| assert!(buckets.take(IpAddr::V4((n | 1 << 30).into()), minute_later).is_ok()));
        println!("counted: limits: {kept} of 1,000,000 addresses kept");
    }
}
