//! Services that misbehave: each fault gets its own words, nothing hangs, nothing grows.

use super::{
    service::{Reply, Request, Service, head, json, redirect, whole},
    *,
};
use flate2::{Compression, write::GzEncoder};
use pendopo_connectors::connection::{JsonOptions, Location};
use pendopo_vocab::Lang;
use std::io::Write as _;

const GOOD: &str = r#"[{"desa":"A","nilai":1},{"desa":"B","nilai":2}]"#;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Fetches once from a service that behaves by `answer`; gives the outcome and the number of requests.
async fn meet(
    bounds: &Bounds,
    answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
) -> (Result<Fetched, FetchFailure>, usize) {
    let service = Service::start(answer).await;
    let folder = tempfile::tempdir().unwrap();
    let outcome = fetch_with(&fetcher(folder.path()), &json_at(&service.url("/data?x=1")), bounds).await;
    (outcome, service.hits())
}

async fn fault(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> (FetchFailure, usize) {
    let (outcome, hits) = meet(&short(), answer).await;
    let failure = outcome.unwrap_err();
    assert!(!failure.to_string().contains("x=1"), "{failure}");
    (failure, hits)
}

fn code(failure: &FetchFailure) -> &'static str {
    match failure {
        FetchFailure::Fetch(problem) => problem.code(),
        FetchFailure::Answer(problem) => problem.code(),
        FetchFailure::Plan(_) => "plan",
    }
}

#[tokio::test]
async fn a_good_answer_is_recorded_and_read() {
    let (outcome, hits) = meet(&short(), |_| json(GOOD)).await;
    let mut fetched = outcome.unwrap();
    let (rows, _) = rows_of(&json_at("http://x/"), &mut fetched);
    assert_eq!((rows.columns, rows.rows.len(), hits), (vec!["desa".to_owned(), "nilai".to_owned()], 2, 1));
    let again = meet(&short(), |_| {
        whole("200 OK", &["content-type: application/json", "content-encoding: gzip"], &gzip(GOOD.as_bytes()))
    })
    .await;
    let (rows, _) = rows_of(&json_at("http://x/"), &mut again.0.unwrap());
    assert_eq!(rows.rows.len(), 2);
}

#[tokio::test]
async fn the_time_that_a_service_tells_is_held_against_ours() {
    let folder = tempfile::tempdir().unwrap();
    let now = fetcher(folder.path()).clock.now();
    let told = async |headers: &'static [&'static str], ahead: Option<i64>| {
        let answer = move |_: &Request| {
            let date = ahead.map(|secs| {
                let at = now.checked_add(jiff::SignedDuration::from_secs(secs)).unwrap();
                format!("date: {}", at.strftime("%a, %d %b %Y %H:%M:%S GMT"))
            });
            let mut lines = vec!["content-type: application/json"];
            lines.extend(date.as_deref());
            lines.extend(headers);
            whole("200 OK", &lines, GOOD.as_bytes())
        };
        meet(&short(), answer).await.0.unwrap().ahead_secs
    };
    let near =
        |told: Option<i64>, ahead: i64| assert!(told.is_some_and(|t| (t - ahead).abs() < 30), "{told:?}");
    near(told(&[], Some(0)).await, 0);
    near(told(&[], Some(7200)).await, 7200);
    near(told(&[], Some(-7200)).await, -7200);
    assert_eq!(told(&[], None).await, None);
    assert_eq!(told(&["age: 60"], Some(7200)).await, None, "from a cache on the way");
    assert_eq!(told(&["date: kemarin"], None).await, None);
}

#[tokio::test]
async fn silence_and_drips_end() {
    let (failure, hits) = fault(|_| Reply::Hang(Vec::new())).await;
    assert!(
        matches!(failure, FetchFailure::Fetch(FetchProblem::TimedOut { phase: Phase::Idle, .. })),
        "{failure:?}"
    );
    assert!(hits >= 2, "asked {hits} times");
    let (failure, _) =
        fault(|_| Reply::Hang(head("200 OK", &["content-type: application/json", "content-length: 100"])))
            .await;
    assert!(
        matches!(failure, FetchFailure::Fetch(FetchProblem::TimedOut { phase: Phase::Idle, .. })),
        "{failure:?}"
    );
    // One byte every 100 ms is never idle for long; the total bound ends it.
    let drip = Reply::Drip(
        head("200 OK", &["content-type: application/json", "content-length: 1000"]),
        vec![b' '; 1000],
        Duration::from_millis(100),
    );
    let started = Instant::now();
    let (failure, hits) = fault(move |_| drip.clone()).await;
    assert!(
        matches!(failure, FetchFailure::Fetch(FetchProblem::TimedOut { phase: Phase::Total, .. })),
        "{failure:?}"
    );
    assert!(started.elapsed() < Duration::from_secs(6) && hits == 1);
}

#[tokio::test]
async fn broken_answers_are_asked_for_again_and_then_given_up() {
    let cut = GOOD.as_bytes()[..20].to_vec();
    let mut short_body = head("200 OK", &["content-type: application/json", "content-length: 400"]);
    short_body.extend(&cut);
    let mut bad_chunks = head("200 OK", &["content-type: application/json", "transfer-encoding: chunked"]);
    bad_chunks.extend(b"zz\r\nnot a chunk\r\n");
    let packed = gzip(GOOD.as_bytes());
    let truncated = packed[..packed.len() / 2].to_vec();
    let lines = ["content-type: application/json", "content-encoding: gzip"];
    let cases: [(&str, Reply); 6] = [
        ("reset in the middle", Reply::Reset(short_body.clone())),
        ("shorter than announced", Reply::Bytes(short_body)),
        ("broken chunks", Reply::Bytes(bad_chunks)),
        ("truncated gzip", whole("200 OK", &lines, &truncated)),
        ("not gzip at all", whole("200 OK", &lines, b"plainly not packed")),
        ("not http", Reply::Bytes(b"220 mail.example ESMTP\r\n".to_vec())),
    ];
    for (name, reply) in cases {
        let (failure, hits) = fault(move |_| reply.clone()).await;
        assert_eq!((code(&failure), hits), ("broken", 3), "{name}: {failure:?}");
    }
    // It gets well in between.
    let (outcome, hits) =
        meet(&short(), |request| if request.nth < 2 { Reply::Reset(Vec::new()) } else { json(GOOD) }).await;
    assert!(outcome.is_ok() && hits == 3, "{outcome:?}");
}

#[tokio::test]
async fn bombs_and_endless_answers_stop_at_the_bound() {
    // 64 MiB of spaces packed into about 64 KiB, against a bound of 1 MiB.
    let bomb = gzip(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 100_000);
    let lines = ["content-type: application/json", "content-encoding: gzip"];
    let (failure, hits) = fault(move |_| whole("200 OK", &lines, &bomb)).await;
    assert_eq!((code(&failure), hits), ("too_large", 1));
    let (failure, hits) =
        fault(|_| Reply::Endless(head("200 OK", &["content-type: application/json"]), vec![b' '; 8192]))
            .await;
    assert_eq!((code(&failure), hits), ("too_large", 1));
    let (failure, _) = fault(|_| Reply::Bytes(head("200 OK", &["content-length: 99999999999"]))).await;
    assert_eq!(code(&failure), "too_large");
}

#[tokio::test]
async fn statuses_are_told_apart() {
    let status = |line: &'static str| move |_: &Request| whole(line, &[], b"");
    for (line, want, asked) in [
        ("401 Unauthorized", "blocked", 1),
        ("403 Forbidden", "blocked", 1),
        ("404 Not Found", "gone", 1),
        ("418 Teapot", "status", 1),
        ("429 Too Many Requests", "status", 3),
        ("500 Internal Server Error", "status", 3),
        ("503 Service Unavailable", "status", 3),
    ] {
        let (failure, hits) = fault(status(line)).await;
        assert_eq!((code(&failure), hits), (want, asked), "{line}: {failure:?}");
    }
    let (outcome, hits) = meet(&short(), |request| match request.nth {
        0 => whole("429 Too Many Requests", &["retry-after: 1"], b""),
        _ => json(GOOD),
    })
    .await;
    assert!(outcome.is_ok() && hits == 2);
}

/// A service that asks for patience gets it, and one that asks for too much is left alone.
#[tokio::test]
async fn retry_after_is_respected() {
    let wait = |text: &'static str| move |_: &Request| whole("503 Busy", &[text], b"");
    let started = Instant::now();
    let (failure, hits) = fault(wait("retry-after: 1")).await;
    assert!(started.elapsed() >= Duration::from_secs(2) && hits == 3, "{failure:?} after {hits}");
    let started = Instant::now();
    let (_, hits) = fault(wait("retry-after: 3600")).await;
    assert!(started.elapsed() < Duration::from_secs(1) && hits == 1);
    let (_, hits) = fault(wait("retry-after: Thu, 01 Jan 2099 00:00:00 GMT")).await;
    assert_eq!(hits, 1);
    let (_, hits) = fault(wait("retry-after: Thu, 01 Jan 2009 00:00:00 GMT")).await;
    assert_eq!(hits, 3);
}

#[tokio::test]
async fn redirects_are_followed_within_reason() {
    let (outcome, hits) = meet(&short(), |request| {
        if request.nth < 4 { redirect(301, &format!("/step{}", request.nth)) } else { json(GOOD) }
    })
    .await;
    assert!(outcome.is_ok() && hits == 5, "{outcome:?}");
    let (failure, hits) = fault(|_| redirect(302, "/again")).await;
    assert_eq!((code(&failure), hits), ("redirect", 6));
    let (failure, _) = fault(|_| whole("302 Found", &[], b"")).await;
    assert_eq!(code(&failure), "redirect");
    let (failure, _) = fault(|_| redirect(302, "file:///etc/passwd")).await;
    assert_eq!(code(&failure), "bad_address");
    let (failure, hits) = fault(|_| redirect(302, "/auth/login?next=/data")).await;
    assert_eq!((code(&failure), hits), ("blocked", 1));
}

#[tokio::test]
async fn answers_of_another_kind_are_named() {
    let html = |body: &'static str| {
        move |_: &Request| whole("200 OK", &["content-type: text/html"], body.as_bytes())
    };
    let (failure, _) = fault(html("<!doctype html><html><body>Selamat datang</body></html>")).await;
    assert_eq!(code(&failure), "wrong_kind");
    let (failure, _) = fault(html("<html><form>Kata sandi <input type=password></form></html>")).await;
    assert_eq!(code(&failure), "blocked");
    let (failure, _) = fault(|_| json(r#"{"status":false,"message":"API key tidak valid"}"#)).await;
    assert!(
        code(&failure) == "refused" && failure.to_string().contains("API key tidak valid"),
        "{failure:?}"
    );
    let (failure, _) = fault(|_| json("")).await;
    assert_eq!(code(&failure), "empty");
}

#[tokio::test]
async fn nobody_there_and_unknown_names() {
    let folder = tempfile::tempdir().unwrap();
    let fetcher = fetcher(folder.path());
    let free = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let failure =
        fetch_with(&fetcher, &json_at(&format!("http://127.0.0.1:{free}/")), &short()).await.unwrap_err();
    assert_eq!(code(&failure), "no_connection", "{failure:?}");
    struct Nobody;
    impl Lookup for Nobody {
        fn addresses<'a>(
            &'a self,
            _: &'a str,
        ) -> std::pin::Pin<Box<dyn Future<Output = io::Result<Vec<std::net::IpAddr>>> + Send + 'a>> {
            Box::pin(async { Ok(Vec::new()) })
        }
    }
    let failure =
        fetch_with(&fetcher.clone().with_lookup(Nobody), &json_at("http://tidak-ada.example/"), &short())
            .await
            .unwrap_err();
    assert_eq!(code(&failure), "unknown_host", "{failure:?}");
    // A service that speaks plain HTTP where TLS is expected.
    let plain = Service::start(|_| json(GOOD)).await;
    let failure = fetch_with(&fetcher, &json_at(&format!("https://127.0.0.1:{}/", plain.port)), &short())
        .await
        .unwrap_err();
    assert!(["tls", "no_connection", "timed_out"].contains(&code(&failure)), "{failure:?}");
}

#[tokio::test]
async fn pages_are_followed_and_bounded() {
    let page = |number: usize, last: usize| {
        json(&format!(
            r#"{{"current_page":{number},"last_page":{last},"data":[{{"desa":"{number}"}}],"next_page_url":"/data?page={}"}}"#,
            number + 1
        ))
    };
    let answer = move |last: usize| {
        move |request: &Request| {
            let number = request
                .head
                .split("page=")
                .nth(1)
                .and_then(|rest| rest.split(['&', ' ']).next())
                .and_then(|text| text.parse().ok());
            page(number.unwrap_or(1), last)
        }
    };
    for (last, want) in [(3, Ok(3)), (50, Err("too_many_pages"))] {
        let service = Service::start(answer(last)).await;
        let location = Location { url: Some(service.url("/data")), ..Location::default() };
        let connection =
            Connection::Json(JsonOptions { location, paging: Paging::Laravel, ..JsonOptions::default() });
        let folder = tempfile::tempdir().unwrap();
        let outcome = fetch_with(&fetcher(folder.path()), &connection, &short()).await;
        let outcome = outcome.map(|mut fetched| rows_of(&connection, &mut fetched).0.rows.len());
        assert_eq!(outcome.map_err(|failure| code(&failure)), want);
    }
}

#[tokio::test]
async fn a_fetch_can_be_cancelled() {
    let service = Service::start(|_| Reply::Hang(Vec::new())).await;
    let folder = tempfile::tempdir().unwrap();
    let (connection, bounds, zone, cancel) = (
        json_at(&service.url("/")),
        Bounds { idle_timeout: Duration::from_secs(60), timeout: Duration::from_secs(60), ..short() },
        TimeZone::UTC,
        CancellationToken::new(),
    );
    let order = Order {
        connection: &connection,
        since: None,
        bounds: &bounds,
        time_zone: &zone,
        cancel: &cancel,
        on_bytes: &|_| {},
    };
    let fetcher = fetcher(folder.path());
    let (outcome, ()) = tokio::join!(fetcher.fetch(&order), async {
        while service.hits() == 0 {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
    });
    assert_eq!(outcome.unwrap_err(), FetchFailure::Fetch(FetchProblem::Cancelled));
}

#[tokio::test]
async fn files_are_bounded_and_recorded() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.csv"), "desa;nilai\nA;1\nB;2\n").unwrap();
    let location = Location { path: Some("a.csv".to_owned()), ..Location::default() };
    let connection =
        Connection::Csv(pendopo_connectors::connection::CsvOptions { location, ..Default::default() });
    let mut fetched = fetch_with(&fetcher(folder.path()), &connection, &short()).await.unwrap();
    let first = fetched.read_all().unwrap();
    assert_eq!(rows_of(&connection, &mut fetched).0.rows.len(), 2);
    // The same file makes the same recording, byte for byte.
    let again = fetch_with(&fetcher(folder.path()), &connection, &short()).await.unwrap().read_all().unwrap();
    assert_eq!(again, first);
    let failure = fetch_with(&fetcher(folder.path()), &connection, &Bounds { max_bytes: 10, ..short() })
        .await
        .unwrap_err();
    assert_eq!(code(&failure), "too_large");
}

#[test]
fn every_problem_speaks_both_languages() {
    let problems = [
        FetchProblem::TimedOut { phase: Phase::Idle, after_millis: 400 },
        FetchProblem::Status { status: 503, url: "http://x/".into() },
        FetchProblem::NoSecret { name: "a-b".into() },
        FetchProblem::TooLarge { limit_bytes: 64 << 20 },
    ];
    for problem in problems {
        let (indonesian, english) = (problem.sentence(Lang::Id), problem.sentence(Lang::En));
        assert_ne!(indonesian, english);
        let stored = serde_json::to_string(&problem).unwrap();
        assert!(stored.contains(problem.code()), "{stored}");
        assert_eq!(serde_json::from_str::<FetchProblem>(&stored).unwrap(), problem);
    }
}
