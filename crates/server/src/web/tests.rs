//! Words in both languages, contrast in both themes, nothing inline in any template.

use super::{Chrome, NavItem, PageRequest, Shared, Tr, Vitals, error_page::ErrorPage, security_headers};
use crate::{
    app::{App, Identity},
    config::Config,
    vault::Vault,
};
use askama::Template;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, header},
    middleware,
    response::Response,
    routing::get,
};
use futures_util::StreamExt as _;
use http_body_util::BodyExt;
use jiff::{Timestamp, tz::TimeZone};
use pendopo_vocab::Lang;
use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tower::ServiceExt;

const STYLE: &str = include_str!("../../assets/app.css");
const MESSAGES: [&str; 2] = [include_str!("../../messages/id.ftl"), include_str!("../../messages/en.ftl")];

fn chrome(lang: Lang, path: &str) -> Chrome {
    let now: Timestamp = "2026-11-24T01:15:00Z".parse().unwrap();
    let zone = TimeZone::get("Asia/Jakarta").unwrap();
    Chrome::new(Tr(lang), "Pemerintah Kabupaten Contoh", NavItem::None, path, now, &zone)
}

fn keys(source: &str) -> BTreeSet<&str> {
    let named = source.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
    named.filter_map(|line| line.split_once(" =").map(|(key, _)| key)).collect()
}

/// All files below `src` with this ending.
fn sources(ending: &str) -> Vec<(PathBuf, String)> {
    fn collect(folder: &Path, ending: &str, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, ending, found);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), ending, &mut found);
    assert!(!found.is_empty());
    found
}

#[test]
fn both_languages_have_the_same_keys_and_each_is_written_once() {
    let [id, en] = MESSAGES.map(keys);
    assert_eq!(id.difference(&en).collect::<Vec<_>>(), Vec::<&&str>::new(), "missing in English");
    assert_eq!(en.difference(&id).collect::<Vec<_>>(), Vec::<&&str>::new(), "missing in Indonesian");
    for source in MESSAGES {
        let written =
            source.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase())).count();
        assert_eq!(written, keys(source).len(), "a key is written twice");
        assert!(fluent_bundle::FluentResource::try_new(source.to_owned()).is_ok());
    }
}

#[test]
fn every_key_that_code_and_templates_name_has_words() {
    let known = keys(MESSAGES[0]);
    let mut named = 0;
    for (path, text) in sources("rs").into_iter().chain(sources("html")) {
        for call in [".tr(\"", ".tr1(\"", ".tr2(\"", ".tr3(\"", ".with(\""] {
            for rest in text.split(call).skip(1) {
                let key = rest.split('"').next().unwrap();
                named += 1;
                assert!(known.contains(key), "{}: no words for `{key}`", path.display());
            }
        }
    }
    assert!(named > 100, "the search found only {named}");
}

/// The blanks of each message.
fn blanks(source: &str) -> HashMap<&str, BTreeSet<&str>> {
    let mut found: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    let mut key = "";
    for line in source.lines() {
        if line.starts_with(|first: char| first.is_ascii_lowercase()) {
            key = line.split(" =").next().unwrap();
        }
        let names = line
            .split('$')
            .skip(1)
            .map(|rest| rest.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap());
        found.entry(key).or_default().extend(names);
    }
    found
}

#[test]
fn messages_have_the_blanks_that_are_filled() {
    for known in MESSAGES.map(blanks) {
        for (path, text) in sources("rs").into_iter().chain(sources("html")) {
            for (call, filled) in [(".tr(\"", &[][..]), (".tr1(\"", &["n"]), (".tr2(\"", &["a", "b"])] {
                for rest in text.split(call).skip(1) {
                    let key = rest.split('"').next().unwrap();
                    let open: Vec<_> = known[key].iter().filter(|name| !filled.contains(name)).collect();
                    assert!(open.is_empty(), "{}: nothing fills {open:?} of `{key}`", path.display());
                }
            }
        }
    }
}

#[test]
fn templates_hold_nothing_inline_and_nothing_from_elsewhere() {
    for (path, text) in sources("html") {
        for forbidden in ["style=\"", "<style", "<script>", "onclick=", "http://", "https://", "javascript:"]
        {
            assert!(!text.contains(forbidden), "{}: {forbidden}", path.display());
        }
    }
    assert!(!STYLE.contains("http") && !STYLE.contains("@import"));
}

fn tokens(block: &str) -> HashMap<String, [f64; 3]> {
    let mut tokens = HashMap::new();
    for line in block.lines() {
        let Some((name, value)) = line.trim().split_once(": #") else { continue };
        let hex = value.trim_end_matches(';');
        let channel = |at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        tokens.insert(name.to_owned(), [channel(0), channel(2), channel(4)]);
    }
    tokens
}

/// Contrast ratio of WCAG 2.2.
fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let linear = |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
    let luminance = |c: [f64; 3]| 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
    let (light, dark) = (luminance(a).max(luminance(b)), luminance(a).min(luminance(b)));
    (light + 0.05) / (dark + 0.05)
}

#[test]
fn every_ink_is_readable_on_its_ground_in_both_themes() {
    let dark_at = STYLE.find("prefers-color-scheme: dark").unwrap();
    let light = tokens(STYLE[..dark_at].split_once(":root {").unwrap().1);
    let dark = tokens(STYLE[dark_at..].split_once(":root {").unwrap().1.split_once('}').unwrap().0);
    assert_eq!(light.len(), dark.len());
    let text = 4.5;
    let drawing = 3.0;
    let pairs = [
        ("--ink", "--paper", text),
        ("--ink", "--sunk", text),
        ("--soft", "--paper", text),
        ("--soft", "--sunk", text),
        ("--ink", "--sheet", text),
        ("--accent", "--paper", text),
        ("--accent-ink", "--accent", text),
        ("--on", "--paper", text),
        ("--risk", "--paper", text),
        ("--off", "--paper", text),
        ("--stale", "--paper", text),
        ("--ribbon-ink", "--ribbon", text),
        ("--q-ink", "--q0", text),
        ("--q-ink", "--q1", text),
        ("--q-ink", "--q2", text),
        ("--q-ink", "--q3", text),
        ("--q-ink-end", "--q4", text),
        ("--rule", "--paper", drawing),
        ("--rule", "--sheet", drawing),
    ];
    for (theme, tokens) in [("light", &light), ("dark", &dark)] {
        for (ink, ground, wanted) in pairs {
            let found = contrast(tokens[ink], tokens[ground]);
            assert!(found >= wanted, "{theme}: {ink} on {ground} is {found:.2}, wanted {wanted}");
        }
    }
}

#[test]
fn an_error_page_has_a_way_out_and_escapes_what_it_repeats() {
    for lang in Lang::ALL {
        let page = ErrorPage {
            chrome: chrome(lang, "/x?<script>"),
            status: 404,
            code: "not-found",
            detail: "<script>alert(1)</script>".to_owned(),
            reference: Some("0badcafe".to_owned()),
        };
        let html = page.render().unwrap();
        assert!(!html.contains("<script>"), "{html}");
        assert!(html.contains("href=\"/\"") && html.contains("0badcafe"));
        assert!(html.contains(&format!("<html lang=\"{}\">", lang.tag())));
    }
}

#[test]
fn the_language_switch_keeps_the_page_and_its_choices() {
    let page = chrome(Lang::Id, "/indikator/a?wilayah=33.16&bahasa=id&periode=2026");
    assert_eq!(page.in_language(Lang::En), "/indikator/a?wilayah=33.16&periode=2026&bahasa=en");
    assert_eq!(chrome(Lang::Id, "/").in_language(Lang::En), "/?bahasa=en");
    assert_eq!(page.short_place(), "Kabupaten Contoh");
}

#[test]
fn sample_data_are_marked_on_the_page() {
    let mut frame = chrome(Lang::Id, "/");
    frame.sample_data = true;
    let page =
        ErrorPage { chrome: frame, status: 404, code: "not-found", detail: String::new(), reference: None };
    assert!(page.render().unwrap().contains("DATA CONTOH"));
}

fn app() -> App {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::for_testing(folder.path()).unwrap();
    let db = pendopo_figures::Db::open_in_memory().unwrap();
    App::new(
        config,
        db,
        Arc::new(pendopo_vocab::SystemClock),
        Identity::unnamed(),
        Vault::for_testing().unwrap(),
    )
}

fn page_of(chrome: Chrome) -> ErrorPage {
    ErrorPage { chrome, status: 200, code: "not-found", detail: String::new(), reference: None }
}

async fn ask(router: &Router, path: &str) -> (HeaderMap, Bytes) {
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    let answer: Response = router.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    let (parts, body) = answer.into_parts();
    (parts.headers, body.collect().await.unwrap().to_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_many_ask_for_is_rendered_once() {
    const READERS: usize = 64;
    let builds = Arc::new(AtomicUsize::new(0));
    let counted = builds.clone();
    let show = async move |request: PageRequest| {
        let builds = counted.clone();
        let build = move |_: &mut pendopo_figures::Reader<'_>, _: &super::Asked, chrome| {
            builds.fetch_add(1, Ordering::SeqCst);
            // Long enough for all the others to have asked meanwhile.
            std::thread::sleep(std::time::Duration::from_millis(200));
            Ok(page_of(chrome))
        };
        request.cached(NavItem::None, build).await
    };
    let app = app();
    let router = Router::new()
        .route("/halaman", get(show))
        .layer(axum::Extension(Shared::new(|_, _| Ok(Vitals::default()))))
        .with_state(app.clone());
    let mut before = 0;
    for round in 1..=3 {
        let asking: Vec<_> = (0..READERS)
            .map(|_| {
                let router = router.clone();
                tokio::spawn(async move { ask(&router, "/halaman").await.1 })
            })
            .collect();
        let mut bodies = Vec::new();
        for task in asking {
            bodies.push(task.await.unwrap());
        }
        assert!(bodies.iter().all(|body| *body == bodies[0] && !body.is_empty()));
        let built = builds.load(Ordering::SeqCst) - before;
        // Two when the minute turns in between.
        assert!((1..=2).contains(&built), "round {round}: built {built} times for {READERS} readers");
        before += built;
        // What is shown may have changed: the page has expired for all.
        app.bump_data_version();
    }
    println!("3 × {READERS} readers of an expired page: {before} renderings");
}

#[tokio::test]
async fn a_page_that_fails_keeps_nobody_waiting() {
    let show = async |request: PageRequest| {
        let build = |_: &mut pendopo_figures::Reader<'_>, _: &super::Asked, _: Chrome| {
            Err::<ErrorPage, _>(crate::error::AppError::NotFound("x".to_owned()))
        };
        request.cached(NavItem::None, build).await
    };
    let router: Router = Router::new()
        .route("/", get(show))
        .layer(axum::Extension(Shared::new(|_, _| Ok(Vitals::default()))))
        .with_state(app());
    let asking: Vec<_> = (0..16)
        .map(|_| {
            let request = Request::builder().uri("/").body(Body::empty()).unwrap();
            tokio::spawn(router.clone().oneshot(request))
        })
        .collect();
    for task in asking {
        assert_eq!(task.await.unwrap().unwrap().status(), 404);
    }
}

#[tokio::test]
async fn a_declared_script_runs_and_its_page_is_kept_by_nobody() {
    let show = async |request: PageRequest| {
        request.scripted(NavItem::None, "contoh.js", |_, _, chrome| Ok(page_of(chrome))).await
    };
    let plain =
        async |request: PageRequest| request.cached(NavItem::None, |_, _, chrome| Ok(page_of(chrome))).await;
    let router: Router = Router::new()
        .route("/naskah", get(show))
        .route("/polos", get(plain))
        .layer(axum::Extension(Shared::new(|_, _| Ok(Vitals::default()))))
        .layer(middleware::from_fn_with_state(false, security_headers))
        .with_state(app());
    let mut nonces = BTreeSet::new();
    for _ in 0..3 {
        let (headers, body) = ask(&router, "/naskah").await;
        let body = String::from_utf8(body.to_vec()).unwrap();
        let nonce = body.split_once("nonce=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains(&format!("script-src 'nonce-{nonce}'")), "{policy}");
        assert!(body.contains("/contoh.js\" nonce="), "{body}");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        nonces.insert(nonce);
    }
    assert_eq!(nonces.len(), 3, "each answer has a nonce of its own");
    let (headers, body) = ask(&router, "/polos").await;
    let body = String::from_utf8(body.to_vec()).unwrap();
    let (_, digest) = body.split_once("/live.js\" integrity=\"").unwrap();
    let (digest, _) = digest.split_once('"').unwrap();
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains(&format!("script-src '{digest}'")) && !policy.contains("nonce"), "{policy}");
    assert_eq!(body.matches("<script").count(), 1);
}

#[tokio::test]
async fn a_page_hears_of_changes_and_after_a_break_of_those_it_missed() {
    let app = app();
    let router = Router::new().route("/langsung", get(super::live::follow)).with_state(app.clone());
    let listen = async |last: Option<u64>| {
        let mut request = Request::builder().uri("/langsung");
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        response.into_body().into_data_stream()
    };
    let next = async |stream: &mut axum::body::BodyDataStream| {
        String::from_utf8(stream.next().await.unwrap().unwrap().to_vec()).unwrap()
    };
    let at = app.data_version();
    let mut stream = listen(Some(at)).await;
    let greeting = next(&mut stream).await;
    assert!(greeting.contains("event: pulse") && greeting.contains("retry: "), "{greeting}");
    app.bump_data_version();
    let change = next(&mut stream).await;
    assert!(change.contains("event: change") && change.contains(&format!("id: {}", at + 1)), "{change}");
    // Came back after a break: told at once of what it missed.
    let mut stream = listen(Some(at)).await;
    next(&mut stream).await;
    assert!(next(&mut stream).await.contains("event: change"));
    // Knows a version of before this program began: all pages come at once, so each takes its time.
    let mut stream = listen(Some(1)).await;
    next(&mut stream).await;
    let change = next(&mut stream).await;
    assert!(change.contains("event: change") && change.contains("data: 3000"), "{change}");
    // Ends when the program does.
    app.closing().cancel();
    assert!(stream.next().await.is_none());
}
