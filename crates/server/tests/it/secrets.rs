//! Secrets of every kind, planted in everything that may hold them: none may be found afterwards in what the program
//! keeps, prints, shows, logs or puts into the bundle for support.

use crate::{
    hardening::run_with_input,
    support::{Center, PACK, PASSWORD, Server, text},
};
use pendopo_vocab::{Clock as _, SystemClock};
use std::{
    collections::BTreeMap,
    io::{Read, Write},
    time::{Duration, Instant},
};

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    let (first, rest) = wanted.split_first().unwrap();
    let begins = bytes.iter().enumerate().filter(|(_, byte)| *byte == first);
    begins.into_iter().any(|(at, _)| bytes[at + 1..].starts_with(rest))
}

/// The pages on which a secret of a source might be said, and all others that an administrator opens.
fn pages() -> Vec<String> {
    let mut pages: Vec<String> =
        (0..35).flat_map(|n| [format!("/sumber/s{n}"), format!("/penarikan/{}", n + 1)]).collect();
    let more = [
        "/",
        "/hari-ini",
        "/indikator",
        "/wilayah",
        "/sumber",
        "/penarikan",
        "/pengguna",
        "/perangkat",
        "/profil",
        "/profil/kode",
        "/data-pribadi",
        "/metrics",
        "/api/v1/openapi.json",
        "/api/v1/runs",
        "/api/v1/sources",
    ];
    pages.extend(more.map(str::to_owned));
    pages
}

/// What stands in a page between two marks.
fn between<'a>(page: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = page.split_once(before).unwrap_or_else(|| panic!("no {before} in {page}"));
    rest.split_once(after).unwrap().0
}

/// Secrets that people and devices are handed, by what they are; each works.
fn held_by_accounts(server: &Server) -> BTreeMap<String, String> {
    let send = |from: &str, to: &str, fields: &str| {
        let page = server.ask("GET", from, "").unwrap();
        let answer = server.ask("POST", to, &format!("_token={}&{fields}", page.form_token())).unwrap();
        assert_eq!(answer.status, 200, "{to}: {}", answer.body);
        between(&answer.body, "<p class=\"secret\"><code>", "</code>").to_owned()
    };
    let password = PASSWORD.replace(' ', "+");
    let link = |text: String, mark: &str| text.rsplit(mark).next().unwrap().to_owned();
    let token = send("/profil", "/profil/token", &format!("nama=Laporan&hari=30&kini={password}"));
    let wall = send("/perangkat", "/perangkat", "jenis=display&nama=Dinding&untuk=pimpinan");
    let push = send("/perangkat", "/perangkat", "jenis=push&nama=Kirim&untuk=s1");
    let invitation = send("/pengguna/baru", "/pengguna", "nama=Tamu&login=tamu&peran=auditor");
    // All of them are used once, so that logs and the audit log had their chance.
    let (head, _) = server
        .ask_raw(&format!("GET /api/v1/sources HTTP/1.1\r\nAuthorization: Bearer {token}\r\n"))
        .unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let invitation = link(invitation, "/undangan/");
    assert_eq!(server.ask_as("", "GET", &format!("/undangan/{invitation}"), "").unwrap().status, 200);
    BTreeMap::from([
        ("password", PASSWORD.to_owned()),
        ("password in a form", password),
        ("session", server.cookies().split_once("pendopo=").unwrap().1.split(';').next().unwrap().to_owned()),
        ("token of the API", token),
        ("key of a wall", link(wall, "#")),
        ("key of a program", push),
        ("invitation", invitation),
        ("client secret", "tanam-rahasia-klien-51".to_owned()),
    ])
    .into_iter()
    .map(|(what, secret)| (what.to_owned(), secret))
    .collect()
}

/// Has the server itself ask the services, with the secrets of its environment.
fn run_from_pages(server: &Server, sources: usize) {
    for n in 0..sources {
        let page = server.ask("GET", &format!("/sumber/s{n}"), "").unwrap();
        let form = format!("_token={}", page.form_token());
        let answer = server.ask("POST", &format!("/sumber/s{n}/tarik"), &form).unwrap();
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
    let last = format!("/penarikan/{}", 35 + sources);
    let until = Instant::now() + Duration::from_secs(60);
    while server.get(&last).unwrap().0 != 200 {
        assert!(Instant::now() < until, "the runs do not end");
    }
}

/// Sets up an authenticator; adds its key and the recovery codes to what is held.
fn enrol(server: Server, held: &mut BTreeMap<String, String>) -> Server {
    let page = server.ask("GET", "/profil/kode", "").unwrap();
    let letters = between(&page.body, "<code class=\"letters\">", "</code>").to_owned();
    let sealed = between(&page.body, "name=\"kunci\" value=\"", "\"").to_owned();
    let plain = letters.replace(' ', "");
    let key = totp_rs::Secret::try_from_base32(&plain).unwrap();
    let builder = totp_rs::Builder::new().with_secret(key).with_account_name("pengelola".to_owned());
    let totp = builder.with_issuer(Some("Pendopo")).with_skew(0).build().unwrap();
    let code = totp.generate(SystemClock.now().as_second().unsigned_abs());
    let sealed_value: String = url::form_urlencoded::byte_serialize(sealed.as_bytes()).collect();
    let password = PASSWORD.replace(' ', "+");
    let form = format!("_token={}&kunci={sealed_value}&kode={code}&kini={password}", page.form_token());
    let done = server.ask("POST", "/profil/kode", &form).unwrap();
    assert_eq!(done.status, 200, "{}", done.body);
    for (nth, item) in
        between(&done.body, "<ol class=\"secrets\">", "</ol>").split("<code>").skip(1).enumerate()
    {
        held.insert(format!("recovery code {nth}"), item.split('<').next().unwrap().to_owned());
    }
    assert!(held.keys().filter(|what| what.starts_with("recovery")).count() >= 8, "{held:?}");
    held.insert("key of the authenticator".to_owned(), plain);
    held.insert("key of the authenticator in groups".to_owned(), letters);
    let cookies = done.cookie_line();
    if cookies.is_empty() { server } else { server.with_cookies(cookies) }
}

/// All files below a folder.
fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn planted_secrets_of_sources_and_accounts_are_found_nowhere() {
    let center = Center::new();
    let planted: Vec<String> =
        (0..50).map(|n| format!("tanam{n:02}-{:08x}", 0x9e37_79b9_u32.wrapping_mul(n + 1))).collect();
    let (environment, rest) = planted.split_at(15);
    let (in_file, rest) = rest.split_at(10);
    let (sealed, in_log) = rest.split_at(10);

    // A service that quotes what it was sent, in its refusal.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 4096];
            let read = stream.read(&mut head).unwrap();
            let body = format!("refused: {}", String::from_utf8_lossy(&head[..read]));
            let _ = write!(
                stream,
                "HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    let ways = [
        "scheme = \"bearer\"",
        "scheme = \"query\", name = \"token\"",
        "scheme = \"header\", name = \"X-Api-Key\"",
        "scheme = \"basic\", user = \"u\"",
    ];
    let mut sources = Vec::new();
    for n in 0..35 {
        let way = ways[n % ways.len()];
        sources.push((
            format!("sources/s{n}.toml"),
            format!(
                "code = \"s{n}\"\nname = \"S{n}\"\nagency = \"uji\"\nfresh_every = \"1 day\"\nallow_networks = [\"127.0.0.1/32\"]\n\n\
                 [connection]\nkind = \"json\"\nlocation = {{ url = \"http://127.0.0.1:{port}/\", auth = {{ {way}, secret = \"s{n}\" }} }}\n\n\
                 [mapping]\nregion = {{ column = \"kode\" }}\nperiod = {{ column = \"bulan\" }}\n\n[[mapping.value]]\nindicator = \"angka\"\ncolumn = \"nilai\"\n"
            ),
        ));
    }
    let mut pack: Vec<(&str, &str)> = PACK.to_vec();
    pack.extend(sources.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let pack = center.write_pack(&pack);
    center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "uji"]);
    let data = center.files().parent().unwrap().to_owned();
    let secrets_file = data.join("secrets.env");
    let lines: String =
        in_file.iter().enumerate().map(|(n, value)| format!("s{}={value}\n", n + 15)).collect();
    std::fs::write(&secrets_file, lines).unwrap();
    std::fs::set_permissions(&secrets_file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    for (n, value) in sealed.iter().enumerate() {
        assert!(run_with_input(&center, &["secret", "set", &format!("s{}", n + 25)], value).0);
    }
    let mut printed = String::new();
    for n in 0..35 {
        let mut command = center.command(&["run", &format!("s{n}")]);
        for (m, value) in environment.iter().enumerate() {
            command.env(format!("PENDOPO_SECRET_S{m}"), value);
        }
        let output = command.output().unwrap();
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(
            !output.status.success() && !said.contains("is not set"),
            "s{n} was asked with its secret: {said}"
        );
        printed += &said;
    }
    // A log as other programs write it.
    let log = center.folder().join("log.txt");
    let written: String = in_log
        .iter()
        .enumerate()
        .map(|(n, value)| match n % 5 {
            0 => format!("cannot open postgres://pendopo:{value}@db.example/pendopo\n"),
            1 => format!("GET https://layanan.example/a?tahun=2026&token={value}&b=c 403\n"),
            2 => format!("request head: Authorization: Bearer {value}\n"),
            3 => format!("{{\"password\": \"{value}\", \"user\": \"x\"}}\n"),
            _ => format!("environment PENDOPO_SECRET_X={value}\n"),
        })
        .collect();
    std::fs::write(&log, &written).unwrap();
    let bundle = center.folder().join("bantuan.zip");
    let mut command = center.command(&[
        "support-bundle",
        &bundle.display().to_string(),
        "--log",
        &log.display().to_string(),
    ]);
    command.env("PENDOPO_SECRET_S0", &planted[0]).env("PENDOPO__DATA__DATABASE", "sqlite");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    printed += &text(&output.stdout);
    printed += &text(&center.run(&["doctor"]).stdout);
    printed += &center.ok(&["secret", "list"]);
    printed += &center.ok(&["key", "show"]);

    // What accounts hold, made by a server that writes its log.
    let server_log = center.folder().join("server.log");
    let issuer = format!("http://127.0.0.1:{port}");
    let names: Vec<String> = (0..environment.len()).map(|n| format!("PENDOPO_SECRET_S{n}")).collect();
    let mut settings: Vec<(&str, &str)> =
        names.iter().zip(environment).map(|(name, value)| (name.as_str(), value.as_str())).collect();
    settings.extend([
        ("PENDOPO__LOG__LEVEL", "debug"),
        ("PENDOPO__SSO__ISSUER", issuer.as_str()),
        ("PENDOPO__SSO__CLIENT_ID", "pendopo"),
        ("PENDOPO__SSO__NAME", "Akun uji"),
        ("PENDOPO__SERVER__PUBLIC_URL", "http://localhost:9"),
        ("PENDOPO__SSO__ALLOW_NETWORKS", "127.0.0.1/32"),
    ]);
    let server = center.serve_logging(&settings, &server_log).signed_in(&center);
    let mut held = held_by_accounts(&server);
    // The provider that quotes what it is sent is none; the secret of the registration is known to the center.
    assert!(run_with_input(&center, &["secret", "set", "sso"], &held["client secret"]).0);
    assert_eq!(server.ask_as("", "GET", "/masuk/sso", "").unwrap().status, 502);
    let server = enrol(server, &mut held);
    run_from_pages(&server, environment.len());

    // The database as it lies, and as a copy of it would.
    let copy = center.folder().join("salinan.db");
    center.db().checkpoint().unwrap();
    std::fs::copy(data.join("pendopo.db"), &copy).unwrap();
    for path in pages() {
        let (status, page) = server.get(&path).unwrap();
        assert!(status == 200, "{path}: {status}");
        printed += &page;
    }
    let shown = printed.len();
    server.stop();
    let served = std::fs::read_to_string(&server_log).unwrap();
    assert!(
        served.contains("serving") && served.contains("s14"),
        "the server's log tells of no run: {served}"
    );
    printed += &served;
    let mut places: Vec<(String, Vec<u8>)> =
        vec![("what was printed and shown".to_owned(), printed.into_bytes())];
    for path in files_below(&data).into_iter().chain([copy]) {
        if path != secrets_file {
            places.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&bundle).unwrap()).unwrap();
    assert!(archive.len() >= 4, "versions, doctor, database, log");
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        assert!(!bytes.is_empty());
        places.push((format!("support bundle: {}", entry.name().unwrap()), bytes));
    }
    assert!(places.iter().any(|(name, _)| name.ends_with("pendopo.db")));
    let bytes: usize = places.iter().map(|(_, bytes)| bytes.len()).sum();
    let held = held.iter().map(|(what, secret)| (what.clone(), secret.clone()));
    let planted = planted.into_iter().map(|secret| ("planted".to_owned(), secret)).chain(held);
    let planted: Vec<(String, String)> = planted.collect();
    for (what, secret) in &planted {
        assert!(secret.len() >= 6, "{what}");
    }
    for (place, bytes) in &places {
        for (what, secret) in &planted {
            assert!(!holds(bytes, secret.as_bytes()), "{what} {secret} is in {place}");
        }
    }
    // The search finds what is there.
    assert!(holds(&places[0].1, b"sumber/s34") && holds(&places[0].1[shown..], b"serving"));
    println!(
        "counted: {} secrets in sources and accounts, {} places of {} KiB in all: found 0",
        planted.len(),
        places.len(),
        bytes / 1024
    );
}
