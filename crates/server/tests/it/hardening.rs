//! What the program promises to those who attack it, asked of the real program over the network.

use crate::support::{Center, PACK, Server, number, text};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io::{Read, Write},
    process::Stdio,
    time::{Duration, Instant},
};

fn serving() -> (Center, Server) {
    let center = Center::new();
    let pack = center.write_pack(&PACK);
    center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "uji"]);
    let good: String = (2001..2013).map(|village| format!("33.16.01.{village},2026-01,7\n")).collect();
    let rows = format!("kode,bulan,nilai\n{good}99.99.99.9999,2026-01,1\n");
    std::fs::write(center.files().join("angka.csv"), rows).unwrap();
    center.ok(&["run", "angka"]);
    let server = center.serve().signed_in(&center);
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
        let (head, body) = server.ask_raw(&format!("GET {path} HTTP/1.1\r\n")).unwrap();
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
            "page" => {
                // A page that follows the center runs one script, known by its digest; one that declares a
                // script of its own runs that, by a nonce; the others none.
                let follows = body.contains("/live.js\" integrity=\"sha256-");
                let (scripts, types) = match (follows, body.contains(".js\" nonce=\"")) {
                    (true, _) => ("script-src 'sha256-", "trusted-types pendopo"),
                    (false, true) => ("script-src 'nonce-", "trusted-types 'none'"),
                    (false, false) => ("script-src 'none'", "trusted-types 'none'"),
                };
                assert!(policy.contains(scripts) && policy.ends_with(types), "{path}: {policy}");
                assert!(policy.contains("require-trusted-types-for 'script'"), "{path}: {policy}");
            }
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
    println!("counted: headers of {checked} answers checked: {kinds:?}");
}

#[test]
fn behind_a_proxy_with_tls_browsers_are_told_to_stay_with_it() {
    let (_center, server) = serving();
    let (head, _) = server
        .ask_raw("GET /?bahasa=en HTTP/1.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.1\r\n")
        .unwrap();
    let found = headers(&head);
    assert!(found["strict-transport-security"].contains("max-age=63072000"));
    assert!(found["set-cookie"].contains("; Secure"), "{head}");
    let (status, _) = server.get("/metrics").unwrap();
    assert_eq!(status, 200);
    let (head, _) = server.ask_raw("GET /metrics HTTP/1.1\r\nX-Forwarded-For: 192.0.2.1\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 404"), "a stranger behind the proxy is a stranger: {head}");
}

#[test]
fn hosts_below_are_spoken_for_only_where_that_is_set() {
    let (_center, server) = serving();
    let asked = "GET / HTTP/1.1\r\nX-Forwarded-Proto: https\r\n";
    let told =
        |server: &Server| headers(&server.ask_raw(asked).unwrap().0)["strict-transport-security"].clone();
    assert_eq!(told(&server), "max-age=63072000");
    let center = Center::new();
    let settings =
        [("PENDOPO__SERVER__TRUSTED_PROXIES", "127.0.0.1/32"), ("PENDOPO__SERVER__HSTS_SUBDOMAINS", "true")];
    assert_eq!(told(&center.serve_with(&settings)), "max-age=63072000; includeSubDomains");
}

#[test]
fn a_second_factor_is_taken_away_only_by_saying_how_the_person_was_recognised() {
    let (center, _server) = serving();
    let link = ["account", "link", "pengelola", "--without-code"];
    assert!(!center.run(&link).status.success());
    assert!(!center.run(&[&link[..], &["--verified", "ya"]].concat()).status.success(), "that says nothing");
    center.ok(&[&link[..], &["--verified", "bertemu, KTP dilihat"]].concat());
    let noted =
        "select count(*) from audit_entry where detail like '%\"verified\":\"bertemu, KTP dilihat\"%'";
    assert_eq!(center.db().read(|reader| Ok(number(reader, noted))).unwrap(), 1);
}

/// Runs a command with `input` on its standard input; gives whether it succeeded and all it printed.
pub fn run_with_input(center: &Center, arguments: &[&str], input: &str) -> (bool, String) {
    let mut child = center
        .command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

/// Bearer tokens that reached a service of one's own, one answer per connection.
fn token_catcher() -> (u16, std::sync::mpsc::Receiver<String>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (caught, catch) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut piece = [0; 1024];
            while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                let read = stream.read(&mut piece).unwrap();
                head.extend_from_slice(&piece[..read]);
            }
            let head = String::from_utf8_lossy(&head);
            let token =
                head.lines().find_map(|line| line.split_once("Bearer ")).map_or("", |(_, token)| token);
            let _ = caught.send(token.to_owned());
            let body = "[{\"kode\":\"33.16.01.2001\",\"bulan\":\"2026-01\",\"nilai\":1}]";
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    (port, catch)
}

#[test]
fn keys_are_rotated_while_a_server_runs_and_stored_secrets_keep_opening() {
    let center = Center::new();
    let (port, catch) = token_catcher();
    let mut pack = PACK;
    let source = format!(
        "code = \"angka\"\nname = \"Layanan angka\"\nagency = \"uji\"\nfresh_every = \"1 day\"\nallow_networks = [\"127.0.0.1/32\"]\n\n\
         [connection]\nkind = \"json\"\nlocation = {{ url = \"http://127.0.0.1:{port}/\", auth = {{ scheme = \"bearer\", secret = \"uji.token\" }} }}\n\n\
         [mapping]\nregion = {{ column = \"kode\" }}\nperiod = {{ column = \"bulan\" }}\n\n[[mapping.value]]\nindicator = \"angka\"\ncolumn = \"nilai\"\n"
    );
    pack[2].1 = &source;
    let pack = center.write_pack(&pack);
    center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "uji"]);
    let value = "kata-rahasia-yang-panjang-77";
    let (done, said) = run_with_input(&center, &["secret", "set", "uji.token"], &format!("{value}\n"));
    assert!(done && !said.contains(value), "{said}");
    let (done, said) = run_with_input(&center, &["secret", "set", "kosong"], "\n");
    assert!(!done, "{said}");
    let listed = center.ok(&["secret", "list"]);
    assert!(listed.contains("UJI_TOKEN") && !listed.contains(value), "{listed}");

    let server = center.serve();
    let keys_seen = || {
        let (_, metrics) = server.get("/metrics").unwrap();
        let line = metrics.lines().find_map(|line| line.strip_prefix("pendopo_vault_sealing_keys "));
        line.map_or(0, |count| count.parse::<usize>().unwrap())
    };
    const ROTATIONS: usize = 3;
    for round in 1..=ROTATIONS {
        let said = center.ok(&["key", "rotate"]);
        assert!(said.contains("1 stored values were sealed anew"), "{said}");
        center.ok(&["run", "angka"]);
        assert_eq!(catch.recv().unwrap(), value, "after {round} rotations");
        let until = Instant::now() + Duration::from_secs(30);
        while keys_seen() != round + 1 {
            assert!(Instant::now() < until, "the running server does not follow the key file");
            assert_eq!(server.get("/healthz").unwrap().0, 200);
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    let shown = center.ok(&["key", "show"]);
    assert!(shown.contains("0 stored values are sealed under older keys"), "{shown}");
    let early = center.run(&["key", "prune"]);
    assert!(
        !early.status.success() && text(&early.stderr).contains("Try again in"),
        "{}",
        text(&early.stderr)
    );

    // The environment goes before what is stored; what is removed is gone.
    let other = center
        .command(&["run", "angka"])
        .env("PENDOPO_SECRET_UJI_TOKEN", "dari-lingkungan")
        .output()
        .unwrap();
    assert!(other.status.success());
    assert_eq!(catch.recv().unwrap(), "dari-lingkungan");
    center.ok(&["secret", "remove", "uji.token"]);
    let missing = center.run(&["run", "angka"]);
    assert!(
        !missing.status.success() && text(&missing.stdout).contains("UJI_TOKEN"),
        "{}",
        text(&missing.stdout)
    );

    // The database with another key file is refused, and so is a key file that others can read.
    let key = center.files().parent().unwrap().join("key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let strange = center.run(&["sources"]);
    assert!(
        !strange.status.success() && text(&strange.stderr).contains("another key file"),
        "{}",
        text(&strange.stderr)
    );
    std::fs::write(&key, kept).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let open = center.run(&["sources"]);
    assert!(!open.status.success() && text(&open.stderr).contains("chmod 600"), "{}", text(&open.stderr));
    println!(
        "counted: {ROTATIONS} rotations of the key under a running server; the sealed value opened each time"
    );
}

#[test]
fn whom_to_tell_about_a_weakness_is_said_only_when_somebody_is_named() {
    let center = Center::new();
    let server = center.serve();
    assert_eq!(server.get("/.well-known/security.txt").unwrap().0, 404);
    assert!(text(&center.run(&["doctor"]).stdout).contains("server.security_contact is not set"));
    let wrong =
        center.command(&["doctor"]).env("PENDOPO__SERVER__SECURITY_CONTACT", "siapa saja").output().unwrap();
    assert!(!wrong.status.success() && text(&wrong.stderr).contains("security_contact"));
}
