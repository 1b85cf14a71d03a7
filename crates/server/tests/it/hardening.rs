//! What the program promises to those who attack it, asked of the real program over the network.

use crate::support::{Center, PACK, Server};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

fn serving() -> (Center, Server) {
    let center = Center::new();
    let pack = center.write_pack(&PACK);
    center.ok(&["apply", &pack.display().to_string(), "--yes"]);
    let good: String = (2001..2013).map(|village| format!("33.16.01.{village},2026-01,7\n")).collect();
    let rows = format!("kode,bulan,nilai\n{good}99.99.99.9999,2026-01,1\n");
    std::fs::write(center.files().join("angka.csv"), rows).unwrap();
    center.ok(&["run", "angka"]);
    let server = center.serve();
    (center, server)
}

/// Names in small letters and values of a head; the first line is left out.
fn headers(head: &str) -> BTreeMap<String, String> {
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    lines.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect()
}

#[test]
fn every_answer_carries_the_security_headers() {
    let (_center, server) = serving();
    let mut open: VecDeque<String> = [
        "/",
        "/pola",
        "/indikator",
        "/wilayah",
        "/sumber",
        "/penarikan",
        "/indikator/angka",
        "/sumber/angka",
        "/penarikan/1",
        "/penarikan/1/ditolak",
        "/penarikan/1/ditolak.csv",
        "/angka/angka/33.16.01.2001/2026-01",
        "/wilayah/33.16",
        "/tidak-ada",
        "/indikator/angka?wilayah=abc",
        "/favicon.ico",
        "/aset/x/app.css",
        "/aset/x/tidak-ada.css",
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/v1/openapi.json",
        "/api/v1/regions",
        "/api/v1/regions/33.16",
        "/api/v1/indicators",
        "/api/v1/indicators/angka",
        "/api/v1/observations",
        "/api/v1/latest",
        "/api/v1/sources",
        "/api/v1/sources/angka",
        "/api/v1/runs",
        "/api/v1/runs/1",
        "/api/v1/runs/1/refused-rows",
        "/api/v1/tidak-ada",
        "/%00",
        "/..%2f..%2fetc/passwd",
    ]
    .map(str::to_owned)
    .into();
    let mut seen: BTreeSet<String> = open.iter().cloned().collect();
    let mut checked = 0;
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    while let Some(path) = open.pop_front() {
        if checked >= 200 {
            break;
        }
        checked += 1;
        let (head, body) = server.ask(&format!("GET {path} HTTP/1.1\r\n")).unwrap();
        let found = headers(&head);
        let value = |name: &str| found.get(name).map(String::as_str).unwrap_or_default();
        assert_eq!(value("x-content-type-options"), "nosniff", "{path}: {head}");
        assert_eq!(value("x-frame-options"), "DENY", "{path}");
        assert_eq!(value("referrer-policy"), "same-origin", "{path}");
        assert_eq!(value("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(value("cross-origin-resource-policy"), "same-origin", "{path}");
        assert_eq!(value("cross-origin-embedder-policy"), "require-corp", "{path}");
        assert!(value("permissions-policy").contains("camera=()"), "{path}");
        assert!(!value("cache-control").is_empty(), "{path}: {head}");
        assert!(value("strict-transport-security").is_empty(), "{path}: it did not come by TLS");
        assert!(value("server").is_empty() && value("x-powered-by").is_empty(), "{path}: {head}");
        let policy = value("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{path}: {policy}");
        let page = value("content-type").starts_with("text/html");
        let kind = match (page, value("content-disposition").starts_with("attachment")) {
            (_, true) => "file",
            (true, _) => "page",
            _ => "data",
        };
        *kinds.entry(kind).or_default() += 1;
        match kind {
            "file" => assert!(policy.ends_with("sandbox"), "{path}: {policy}"),
            "page" => assert!(
                policy.contains("script-src 'none'")
                    && policy.contains("require-trusted-types-for 'script'; trusted-types 'none'"),
                "{path}: {policy}"
            ),
            _ => assert!(!policy.contains("script-src") && !policy.contains("self"), "{path}: {policy}"),
        }
        let links = body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        for link in links.filter(|link| page && link.starts_with('/')) {
            let link = link.replace("&#38;", "&");
            if seen.insert(link.clone()) {
                open.push_back(link);
            }
        }
    }
    assert!(kinds["page"] > 20 && kinds["data"] > 15 && kinds["file"] > 0, "{kinds:?}");
    println!("{checked} answers checked: {kinds:?}");
}

#[test]
fn behind_a_proxy_with_tls_browsers_are_told_to_stay_with_it() {
    let (_center, server) = serving();
    let (head, _) = server
        .ask("GET /?bahasa=en HTTP/1.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.1\r\n")
        .unwrap();
    let found = headers(&head);
    assert!(found["strict-transport-security"].contains("max-age=63072000"));
    assert!(found["set-cookie"].contains("; Secure"), "{head}");
    let (status, _) = server.get("/metrics").unwrap();
    assert_eq!(status, 200);
    let (head, _) = server.ask("GET /metrics HTTP/1.1\r\nX-Forwarded-For: 192.0.2.1\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 404"), "a stranger behind the proxy is a stranger: {head}");
}
