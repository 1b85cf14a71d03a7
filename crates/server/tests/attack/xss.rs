//! Scripts in every text that the center keeps or says again, in a real browser: none may run, with the
//! policy that the center sends and without any. The browser's part is `e2e/xss.mjs`.

use crate::{
    map_texts::{base_map, check_that_a_map_is_drawn, import_maps, plant_maps},
    pack_texts::{pack, rows, settings},
    planted::{plant_at_the_door, planted},
    provider::Provider,
    support::{Center, PASSWORD, Server, free_address},
};
use pendopo_figures::Value as Cell;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// How much is attacked.
#[derive(Clone, Copy)]
struct Extent {
    /// Of so many payloads one.
    every: usize,
    /// Pages of one kind for each reader.
    of_a_kind: usize,
}

impl Extent {
    /// The whole when the environment says how many pages of a kind (`OF_A_KIND=4`, as `make attack` does), else a
    /// small pass that every test run has time for.
    fn wanted() -> Extent {
        match std::env::var("OF_A_KIND") {
            Ok(count) => Extent { every: 1, of_a_kind: count.parse().unwrap() },
            Err(_) => Extent { every: 5, of_a_kind: 1 },
        }
    }
}

/// Texts that run a script where they are not escaped; `N` is each one's number.
fn payloads(extent: Extent) -> Vec<String> {
    let all: Vec<String> = serde_json::from_str(include_str!("../../../../e2e/payloads.json")).unwrap();
    let some = all.iter().skip(extent.every / 2).step_by(extent.every);
    some.enumerate().map(|(nth, text)| text.replace('N', &nth.to_string())).collect()
}

/// The first payload that begins so.
pub fn beginning<'a>(payloads: &'a [String], with: &str) -> &'a str {
    payloads.iter().find(|text| text.starts_with(with)).unwrap()
}

fn e2e() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e")
}

/// The routes that are read, from the table that every route must stand in: a new page cannot be forgotten.
fn routes() -> Vec<String> {
    let table: toml::Table = include_str!("../../access.toml").parse().unwrap();
    let rows = table["route"].as_array().unwrap().iter();
    rows.filter(|row| row.get("get").is_some()).map(|row| row["path"].as_str().unwrap().to_owned()).collect()
}

/// Routes that have no page of their own: to the provider of identities and back.
const SENDS_ON: [&str; 3] = ["/masuk/sso", "/masuk/sso/kembali", "/undangan/{secret}/sso"];

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value}"))
}

fn length(value: &Value) -> usize {
    value.as_array().unwrap_or_else(|| panic!("{value}")).len()
}

/// A center whose every text is a payload, with figures and refused rows.
fn center(payloads: &[String]) -> Center {
    let center = Center::new();
    let text = |nth: usize| payloads[nth % payloads.len()].as_str();
    let files = pack(payloads);
    let borrowed: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let folder = center.write_pack(&borrowed);
    center.ok(&["--author", text(1), "apply", &folder.display().to_string(), "--yes", "--reason", text(18)]);
    fs::write(center.files().join("angka.csv"), rows(payloads, true)).unwrap();
    fs::write(center.files().join("rincian.csv"), rows(payloads, false)).unwrap();
    import_maps(&center, payloads);
    for (source, nth) in [("angka", 2), ("rincian", 57), ("tetap", 33)] {
        // Null bytes cannot be in an argument.
        center.ok(&["--author", text(nth), "run", source, "--reason", text(nth + 1)]);
    }
    for nth in [12, 41] {
        let sql = format!("select 1 as x /* {} */", text(nth).replace("*/", ""));
        center.ok(&["--author", text(nth), "query", &sql]);
    }
    center
}

/// Opens everything in a browser; gives what it noticed.
fn browse(center: &Center, server: &Server, half: &str, extent: Extent, subject: &str) -> Value {
    let output = Command::new("node")
        .arg("xss.mjs")
        .current_dir(e2e())
        .env("BASE", format!("http://localhost:{}", server.port()))
        .env("COOKIE", server.cookies())
        .env("HALF", half)
        .env("ROUTES", serde_json::to_string(&routes()).unwrap())
        .env("PASSWORD", PASSWORD)
        .env("OF_A_KIND", extent.of_a_kind.to_string())
        .env("EVERY", extent.every.to_string())
        .env("FIGURES", center.files().join("angka.csv"))
        .env("SUBJECT", subject)
        .stderr(Stdio::inherit())
        .output()
        .unwrap_or_else(|error| panic!("node cannot be started ({error}): scripts/setup.sh test"));
    assert!(output.status.success(), "the browser's part failed; what it said stands above");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What is not escaped is noticed: each payload alone, and the center's own pages with their escaping undone.
fn check_that_the_browser_notices(report: &Value, pages: &BTreeSet<&str>) {
    let (control, canaries) = (&report["control"], &report["canaries"]);
    let (ran, held) = (canaries["ran"].as_object().unwrap(), &canaries["held"]);
    let silent: Vec<_> = pages.iter().filter(|route| !ran.contains_key(**route)).collect();
    eprintln!(
        "{} of {} payloads ran when each was put unescaped into a page ({} pages with foreign elements); with the \
         escaping of the center's pages undone {} scripts ran, on {} of {} routes; under its policy {} ran on {} such \
         pages and {} were reported",
        control["ran"],
        report["payloads"],
        control["noticed"],
        ran.values().map(number).sum::<u64>(),
        pages.len() - silent.len(),
        pages.len(),
        held["ran"],
        held["pages"],
        held["violations"]
    );
    // In the small pass each stands in fewer places.
    assert!(number(&control["ran"]) * 5 >= number(&report["payloads"]) * 2, "{control}");
    assert!(number(&control["noticed"]) >= number(&control["ran"]), "{control}");
    assert!(silent.is_empty(), "nothing would be noticed on {silent:?}: {canaries}");
    assert!(number(&held["ran"]) == 0 && number(&held["violations"]) > 0, "{held}");
}

/// Files have plain names and a box of their own, and carry payloads as words.
fn check_files(files: &Value) {
    let opened = files["opened"].as_object().unwrap();
    for (route, count) in opened {
        eprintln!("{route}: {count} files, with {} occurrences", files["shown"][route]);
        let carries =
            [".csv", ".md", ".jsonl", ".toml", ".xlsx", ".pdf"].iter().any(|kind| route.ends_with(kind));
        assert!(!carries || files["shown"][route].as_u64() > Some(0), "{route}: no payload came out");
    }
    eprintln!(
        "files: {} of {} routes, with {} payloads",
        opened.values().map(number).sum::<u64>(),
        opened.len(),
        length(&files["payloads"])
    );
    assert_eq!(length(&files["wrong"]), 0, "{}", files["wrong"]);
}

/// Pages with figures that are changed while they are open: none of them may stay as it was.
const SHOW_FIGURES: [&str; 9] = [
    "/angka/{indicator}/{region}/{period}",
    "/",
    "/papan",
    "/papan/{code}",
    "/indikator",
    "/indikator/{code}",
    "/wilayah",
    "/wilayah/{code}",
    "/peta",
];

/// What open pages put in place of what changed is as harmless as the pages, and would be noticed if it were not.
fn check_what_follows(live: &Value) {
    for policy in ["as sent", "off"] {
        let (escaped, raw) = (&live[policy]["escaped"], &live[policy]["unescaped"]);
        let swapped = escaped["swapped"].as_object().unwrap();
        let noticed = raw["noticed"].as_object().unwrap();
        eprintln!(
            "policy {policy}: {} open pages followed a change, {} of them put {} parts in place with {} occurrences: \
             {} ran, {} violations; with the escaping of those parts undone {} noticed it on {} pages",
            escaped["routes"].as_object().unwrap().len(),
            swapped.values().filter(|count| number(count) > 0).count(),
            swapped.values().map(number).sum::<u64>(),
            escaped["occurrences"],
            length(&escaped["ran"]),
            length(&escaped["violations"]),
            noticed.values().map(number).sum::<u64>(),
            noticed.len(),
        );
        for what in ["ran", "violations", "strangers"] {
            assert_eq!(length(&escaped[what]), 0, "policy {policy}, {what}: {}", escaped[what]);
        }
        assert!(swapped.values().filter(|count| number(count) > 0).count() >= 4, "{swapped:?}");
        for route in SHOW_FIGURES {
            assert!(swapped.get(route).is_some_and(|count| number(count) > 0), "{route} stays: {swapped:?}");
        }
        assert!(noticed.len() >= 4 && length(&raw["silent"]) == 0, "{noticed:?}, silent: {}", raw["silent"]);
        assert!(policy == "off" || length(&raw["ran"]) == 0, "{}", raw["ran"]);
    }
}

#[test]
fn scripts_in_any_text_never_run() {
    let extent = Extent::wanted();
    let payloads = payloads(extent);
    let center = center(&payloads);
    let address = free_address();
    // A provider sends back to a name, never to a number.
    let home = address.replace("127.0.0.1", "http://localhost");
    let provider = Provider::start(&format!("{home}/masuk/sso/kembali"));
    let subject = beginning(&payloads, "<");
    let many = "1000000";
    let file = center.folder().join("pendopo.toml");
    fs::write(&file, settings(&payloads)).unwrap();
    let (file, base) = (file.display().to_string(), base_map(&center, &payloads).display().to_string());
    let settings = [
        ("PENDOPO__LIMITS__REQUESTS_PER_MINUTE", many),
        ("PENDOPO__LIMITS__COSTLY_REQUESTS_PER_MINUTE", many),
        ("PENDOPO__LIMITS__SIGN_INS_PER_MINUTE", many),
        ("PENDOPO__SERVER__SECURITY_CONTACT", "mailto:keamanan@kabupaten.test"),
        ("PENDOPO__SERVER__PUBLIC_URL", home.as_str()),
        ("PENDOPO__SSO__ISSUER", provider.issuer.as_str()),
        ("PENDOPO__SSO__CLIENT_ID", "pendopo"),
        ("PENDOPO__SSO__NAME", subject),
        ("PENDOPO__SSO__ALLOW_NETWORKS", "127.0.0.1/32"),
        ("PENDOPO_SECRET_SSO", "rahasia-pendopo"),
        ("PENDOPO__MAPS__BASE", base.as_str()),
    ];
    let server = center.serve_as(&["--config", &file], address, &settings, Stdio::null()).signed_in(&center);
    // Whoever does something stands in its record by name; the provider knows them by a payload too.
    let values = [Cell::from(payloads[61 % payloads.len()].as_str())];
    let linked = [Cell::from(provider.issuer.as_str()), Cell::from(subject)];
    center
        .db()
        .write(|tx| {
            tx.execute("update account set name = $1", &values)?;
            tx.execute(
                "insert into account_identity (account_id, issuer, subject, created_at) values (1, $1, $2, 1)",
                &linked,
            )
        })
        .unwrap();
    let half = plant_at_the_door(&center, &server, &payloads);
    plant_maps(&center, &payloads);
    check_that_a_map_is_drawn(&server, &payloads);
    let report = browse(&center, &server, &half, extent, subject);

    for (place, counts) in report["places"].as_object().unwrap() {
        eprintln!("{place}: {} kept, {} refused", counts["made"], counts["refused"]);
        assert!(number(&counts["made"]) > 0 || place.starts_with("login"), "{place}: {counts}");
    }
    let (mut views, mut occurrences, mut shown) = (0, 0, BTreeSet::new());
    let mut opened: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    let (mut data, mut asked) = (BTreeSet::new(), BTreeSet::new());
    for crawl in report["crawls"].as_array().unwrap() {
        let who = format!("{} {}, policy {}", crawl["who"], crawl["language"], crawl["policy"]);
        eprintln!(
            "{who}: {} views of {} routes with {} occurrences of {} payloads; {} ran, {} violations, {} foreign elements",
            crawl["views"],
            crawl["routes"].as_object().unwrap().len(),
            crawl["occurrences"],
            length(&crawl["payloads"]),
            length(&crawl["ran"]),
            length(&crawl["violations"]),
            length(&crawl["strangers"]),
        );
        for what in ["ran", "violations", "strangers"] {
            assert_eq!(length(&crawl[what]), 0, "{who}: {what}: {}", crawl[what]);
        }
        views += number(&crawl["views"]);
        occurrences += number(&crawl["occurrences"]);
        shown.extend(crawl["payloads"].as_array().unwrap().iter().map(number));
        for (route, count) in crawl["routes"].as_object().unwrap() {
            opened.entry(route).or_default()[usize::from(crawl["policy"] == "off")] += number(count);
        }
        asked.extend(crawl["asked"].as_array().unwrap().iter().filter_map(Value::as_str));
        data.extend(crawl["data"].as_object().unwrap().keys().map(String::as_str));
    }
    assert_eq!(shown.len(), payloads.len(), "not every payload was to be seen");
    check_files(&report["files"]);

    data.extend(report["files"]["opened"].as_object().unwrap().keys().map(String::as_str));
    let routes = routes();
    let routes: BTreeSet<&str> = routes.iter().map(String::as_str).collect();
    let closed: Vec<_> =
        routes.iter().filter(|route| !opened.contains_key(**route) && !data.contains(**route)).collect();
    assert!(
        closed.is_empty(),
        "nobody opened {closed:?}. A page is found by links from those without blanks in their path; for one that \
         nothing links to add an address that answers 200 to SAMPLES in e2e/xss.mjs (files and streams: NO_PAGE)"
    );
    let ran = &report["canaries"]["ran"];
    assert!(SENDS_ON.iter().all(|route| asked.contains(route)), "{asked:?}");
    let sent_on: Vec<_> =
        opened.iter().filter(|(_, views)| **views == [0, 0]).map(|(route, _)| *route).collect();
    assert_eq!(
        sent_on, SENDS_ON,
        "routes that showed nothing and sent their readers on: make e2e/xss.mjs open them so that they show a page, \
         or add them to SENDS_ON"
    );
    for (place, count) in report["spots"].as_object().unwrap() {
        eprintln!("{place}: {count} texts with payloads");
        assert!(number(count) > 0, "no payload is to be seen at {place}");
    }
    let pages: BTreeSet<&str> =
        routes.iter().copied().filter(|route| opened.get(route).is_some_and(|views| views[1] > 0)).collect();
    for route in &pages {
        let views = opened[route];
        eprintln!(
            "{route}: {} and {} views; {} scripts run when it is unescaped",
            views[0], views[1], ran[*route]
        );
        assert!(views[0] > 0, "{route}: only without the policy");
    }
    check_that_the_browser_notices(&report, &pages);
    check_what_follows(&report["live"]);
    let (columns, texts) = planted(&center.db());
    eprintln!(
        "counted: scripts: {} payloads, in {texts} texts of {columns} columns; {} routes of pages, {views} views, {occurrences} occurrences: \
         0 ran, 0 violations; {} routes of data and files; {} s",
        payloads.len(),
        pages.len(),
        data.len(),
        report["secs"]
    );
    let count = payloads.len();
    assert!(occurrences >= 100 * count as u64 && texts >= 15 * count as i64, "{occurrences} {texts}");
}
