//! The API over HTTP: what programs ask of a center.

use crate::support::{Center, PACK, Server};
use serde_json::Value;
use std::fs;

fn center_with_figures() -> (Center, Server) {
    let center = Center::new();
    let pack = center.write_pack(&PACK);
    center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "uji"]);
    let rows = "kode,bulan,nilai\n33.16.01.2001,2026-01,7\n33.16.01.2002,2026-01,5\n33.16.01.2001,2026-02,9\n99.99.99.9999,2026-02,1\n";
    let many: String = (2003..2013).map(|village| format!("33.16.01.{village},2026-02,1\n")).collect();
    fs::write(center.files().join("angka.csv"), rows.to_owned() + &many).unwrap();
    center.ok(&["run", "angka"]);
    let server = center.serve().signed_in(&center);
    (center, server)
}

fn json(server: &Server, path: &str, status: u16) -> Value {
    let (found, body) = server.get(path).unwrap();
    assert_eq!(found, status, "{path}: {body}");
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {body}"))
}

#[test]
fn lists_are_complete_and_cut_by_cursor() {
    let (_center, server) = center_with_figures();
    assert_eq!(json(&server, "/api/v1/regions/33.16", 200)["name"], "Kabupaten Blora");
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = json(&server, &format!("/api/v1/regions?level=district&limit=5{cursor}"), 200);
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|region| region["code"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((seen.len(), &sorted), (16, &seen));

    let figures =
        json(&server, "/api/v1/observations?indicator=angka&within=33.16.01&from=2026-02&limit=4", 200);
    assert_eq!(figures["items"].as_array().unwrap().len(), 4);
    assert_eq!(figures["items"][0]["value"], 9.0);
    assert_eq!(figures["items"][0]["row"], 4, "the row as its owner counts, header included");
    let rest = json(
        &server,
        &format!(
            "/api/v1/observations?indicator=angka&from=2026-02&cursor={}",
            figures["next"].as_str().unwrap()
        ),
        200,
    );
    assert_eq!(rest["items"].as_array().unwrap().len(), 7);
    let rolled = json(
        &server,
        "/api/v1/observations?indicator=angka&within=33.16&rolled_up=true&from=2026-01&to=2026-01",
        200,
    );
    assert!(rolled["items"].as_array().unwrap().iter().all(|figure| figure["value"] == 12.0), "{rolled}");
    let latest = json(&server, "/api/v1/latest", 200);
    assert_eq!(
        (&latest["items"][0]["region"], &latest["items"][0]["value"]),
        (&"33.16".into(), &19.0.into())
    );
    assert_eq!(latest["items"][0]["reported"], 11);
    assert_eq!(latest["items"][0]["expected"], 295);
}

#[test]
fn indicators_and_sources_are_cut_by_cursor_too() {
    let center = Center::new();
    let more = |text: &str, code: &str| {
        (1..5).map(|n| text.replace(code, &format!("{code}{n}"))).collect::<Vec<_>>()
    };
    let indicator = "\n[[indicator]]\ncode = \"lain\"\nname = \"Lain\"\nsector = \"uji\"\nagency = \"uji\"\nunit = \"orang\"\n\
         direction = \"higher\"\ncadence = \"month\"\nlevel = \"village\"\nregion_aggregation = \"sum\"\ntime_aggregation = \"sum\"\n";
    let indicators = PACK[3].1.to_owned() + &more(indicator, "lain").concat();
    let sources = more(&PACK[2].1.replace("\"angka\"\nname", "\"berkas\"\nname"), "berkas");
    let names: Vec<String> = (1..5).map(|n| format!("sources/berkas{n}.toml")).collect();
    let mut pack = PACK.to_vec();
    pack[3].1 = &indicators;
    pack.extend(names.iter().map(String::as_str).zip(sources.iter().map(String::as_str)));
    let pack = center.write_pack(&pack);
    center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "uji"]);
    let server = center.serve().signed_in(&center);
    for (path, mut wanted) in [("indicators", vec!["angka"]), ("sources", vec!["angka"])] {
        let rest: Vec<String> = (1..5)
            .map(|n| if path == "sources" { format!("berkas{n}") } else { format!("lain{n}") })
            .collect();
        wanted.extend(rest.iter().map(String::as_str));
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = json(&server, &format!("/api/v1/{path}?limit=2{cursor}"), 200);
            seen.extend(
                page["items"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap().to_owned()),
            );
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, wanted);
    }
}

#[test]
fn runs_and_refused_rows_tell_what_happened() {
    let (_center, server) = center_with_figures();
    let runs = json(&server, "/api/v1/runs?source=angka", 200);
    let run = &runs["items"][0];
    assert_eq!(
        (&run["status"], &run["accepted"], &run["refused"], &run["added"]),
        (&"done".into(), &13.into(), &1.into(), &13.into())
    );
    let refused = json(&server, &format!("/api/v1/runs/{}/refused-rows", run["id"]), 200);
    assert_eq!(refused["items"][0]["row"], 5);
    assert!(refused["items"][0]["raw"].as_str().unwrap().contains("99.99.99.9999"));
    let sources = json(&server, "/api/v1/sources", 200);
    assert_eq!(sources["items"][0]["state"], "fresh", "{sources}");
}

#[test]
fn mistakes_are_answered_as_problems() {
    let (_center, server) = center_with_figures();
    for (path, status, part) in [
        ("/api/v1/indicators/tidak-ada", 404, "tidak-ada"),
        ("/api/v1/regions/33a", 400, "33a"),
        ("/api/v1/observations?indicator=angka&limit=100000", 400, "between 1 and 1000"),
        ("/api/v1/observations?indicator=angka&cursor=x", 400, "cursor"),
        ("/api/v1/observations?indicator=angka&from=soon", 400, "from"),
        ("/api/v1/runs/999999", 404, "run 999999"),
        ("/api/v1/nothing", 404, ""),
    ] {
        let problem = json(&server, path, status);
        assert_eq!(problem["status"], status, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(part), "{problem}");
        assert!(problem["type"].as_str().unwrap().starts_with("urn:pendopo:problem:"), "{problem}");
    }
}

#[test]
fn every_route_of_the_api_is_documented() {
    let (_center, server) = center_with_figures();
    let document = json(&server, "/api/v1/openapi.json", 200);
    let paths = document["paths"].as_object().unwrap();
    // A GET without parameters of its own must answer as documented.
    for (path, operations) in paths {
        if operations.get("get").is_none() || path.contains('{') || path == "/api/v1/observations" {
            continue;
        }
        let (status, _) = server.get(path).unwrap();
        assert!(operations["get"]["responses"].get(status.to_string()).is_some(), "{path} answered {status}");
    }
    let source = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/api/mod.rs")).unwrap();
    let routes = source.lines().filter_map(|line| {
        let line = line.trim();
        line.strip_prefix(".get(\"").or_else(|| line.strip_prefix(".post(\""))
    });
    for full in routes.map(|rest| rest.split('"').next().unwrap()) {
        let exempt = ["/metrics", "/api/v1/openapi.json"].contains(&full);
        assert!(exempt || paths.contains_key(full), "{full} is not in the OpenAPI document");
    }
}

#[test]
fn wrong_requests_are_refused_as_the_document_says() {
    let (_center, server) = center_with_figures();
    for (path, status, word) in [
        ("/api/v1/latest?limit=abc", 400, "limit"),
        ("/api/v1/latest?limit=0", 400, "limit"),
        ("/api/v1/latest?within=%2033.16", 400, "region"),
        ("/api/v1/latest?within=3.3.1.6", 400, "region"),
        ("/api/v1/observations", 400, "indicator"),
        ("/api/v1/runs/abc", 400, "abc"),
        ("/api/v1/runs/9999", 404, "9999"),
    ] {
        let answer = server.ask("GET", path, "").unwrap();
        let kind =
            answer.headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.as_str());
        assert_eq!(
            (answer.status, kind),
            (status, Some("application/problem+json")),
            "{path}: {}",
            answer.body
        );
        let problem: Value = serde_json::from_str(&answer.body).unwrap();
        assert!(problem["detail"].as_str().unwrap().contains(word), "{path}: {problem}");
        assert_eq!(problem["status"], status);
    }
}

#[test]
fn an_unchanged_page_keeps_the_policy_that_it_came_with() {
    let (_center, server) = center_with_figures();
    let (head, _) = server.ask_raw("GET / HTTP/1.1\r\n").unwrap();
    let field = |head: &str, name: &str| {
        head.lines().find_map(|line| {
            line.split_once(": ").filter(|(found, _)| *found == name).map(|(_, v)| v.to_owned())
        })
    };
    let tag = field(&head, "etag").unwrap();
    let (head, _) = server.ask_raw(&format!("GET / HTTP/1.1\r\nIf-None-Match: {tag}\r\n")).unwrap();
    assert!(head.starts_with("HTTP/1.1 304"), "{head}");
    assert_eq!(field(&head, "content-security-policy"), None, "{head}");
}
