//! Scripts in every text that the center keeps or says again, in a real browser: none may run, with the
//! policy that the center sends and without any. The browser's part is `e2e/xss.mjs`.

use crate::support::{Center, PASSWORD};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Texts that run a script where they are not escaped; `N` is each one's number.
fn payloads() -> Vec<String> {
    let all: Vec<String> = serde_json::from_str(include_str!("../../../../e2e/payloads.json")).unwrap();
    all.iter().enumerate().map(|(nth, text)| text.replace('N', &nth.to_string())).collect()
}

fn e2e() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e")
}

/// A string of TOML, which has the escapes of JSON but for the solidus.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// A pack whose every text is a payload. Null bytes are left out where TOML has none.
fn pack(payloads: &[String]) -> Vec<(String, String)> {
    let texts: Vec<String> = payloads.iter().map(|text| quoted(text)).collect();
    let mut head =
        "format = 1\ncode = \"uji\"\nregion = \"33.16\"\ntime_zone = \"Asia/Jakarta\"\nsample_data = true\n"
            .to_owned();
    writeln!(head, "name = {}", texts[0]).unwrap();
    let (mut agencies, mut indicators) = (String::new(), String::new());
    let mut files = Vec::new();
    let mut angka = "code = \"angka\"\nname = \"Angka\"\nagency = \"a0\"\nfresh_every = \"1 day\"\nmax_refused_percent = 100\n\n\
         [connection]\nkind = \"csv\"\nlocation = { path = \"angka.csv\" }\n\n[mapping]\nregion = { column = \"kode\" }\n\
         period = { column = \"bulan\" }\n"
        .to_owned();
    let rincian = angka.replace("angka", "rincian")
        + "\n[[mapping.breakdown]]\ncolumn = \"jenis\"\ndimension = \"jenis\"\n\n[[mapping.value]]\nindicator = \"i0\"\ncolumn = \"nilai\"\n";
    for (nth, text) in texts.iter().enumerate() {
        writeln!(head, "\n[[sector]]\ncode = \"k{nth}\"\nname = {text}\nname_en = {text}").unwrap();
        writeln!(
            agencies,
            "[[agency]]\ncode = \"a{nth}\"\nname = {text}\nshort = {text}\ncontact = {text}\n"
        )
        .unwrap();
        writeln!(
            indicators,
            "[[indicator]]\ncode = \"i{nth}\"\nname = {text}\nname_en = {text}\ndefinition = {text}\nsector = \"k{nth}\"\n\
             agency = \"a{nth}\"\nunit = {text}\ndecimals = 0\ndirection = \"higher\"\ncadence = \"month\"\nlevel = \"village\"\n\
             region_aggregation = \"sum\"\ntime_aggregation = \"sum\"\ncounts = \"nothing\"\nsensitivity = \"public\"\n"
        )
        .unwrap();
        if nth > 0 {
            writeln!(angka, "\n[[mapping.value]]\nindicator = \"i{nth}\"\ncolumn = \"nilai\"").unwrap();
        }
        // A file that is not there: its name is in what the run says.
        let file = quoted(&format!("{}.csv", payloads[nth].replace(['/', '\0'], " ")));
        let source = format!(
            "code = \"s{nth}\"\nname = {text}\nagency = \"a{nth}\"\nfresh_every = \"1 day\"\npurpose = {text}\nbasis = {text}\n\n\
             [connection]\nkind = \"csv\"\nlocation = {{ path = {file} }}\n\n[mapping]\nregion = {{ column = {text} }}\n\
             period = {{ column = \"bulan\" }}\n\n[[mapping.value]]\nindicator = \"i{nth}\"\ncolumn = \"nilai\"\n"
        );
        files.push((format!("sources/s{nth}.toml"), source));
    }
    for (nth, text) in texts.iter().enumerate().filter(|(nth, _)| nth % 5 == 0) {
        let mut board = format!("code = \"p{nth}\"\ntitle = {text}\ntitle_en = {text}\nmap = \"i{nth}\"\n");
        for near in 0..texts.len() {
            // The first holds everything, the others one section.
            if nth == 0 || near == nth {
                write!(board, "\n[[section]]\nsector = \"k{near}\"\nindicators = [\"i{near}\"]\n").unwrap();
            }
        }
        files.push((format!("boards/p{nth}.toml"), board));
    }
    head.insert_str(0, "home_board = \"p0\"\n");
    files.extend([
        ("pack.toml".to_owned(), head),
        ("agencies.toml".to_owned(), agencies),
        ("indicators/uji.toml".to_owned(), indicators),
        ("sources/angka.toml".to_owned(), angka),
        ("sources/rincian.toml".to_owned(), rincian),
    ]);
    files
}

/// Rows with a payload in each place: the code, the period, the value, the kind, a column that nothing reads;
/// and columns named by payloads. A file with null bytes is refused as a whole.
fn rows(payloads: &[String], broken: bool) -> Vec<u8> {
    let payloads: Vec<String> = payloads.iter().map(|text| text.replace('\0', "")).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut head: Vec<&str> = vec!["kode", "bulan", "nilai", "jenis", "catatan"];
    head.extend(payloads.iter().map(String::as_str));
    writer.write_record(&head).unwrap();
    for (nth, text) in payloads.iter().enumerate() {
        let village = format!("33.16.01.{}", 2001 + nth % 12);
        let month = format!("2026-{:02}", 1 + nth / 12);
        let good = [village.as_str(), month.as_str(), "7", text, text];
        let mut cells = vec![good];
        if broken {
            cells.extend((0..3).map(|place| {
                let mut cells = good;
                cells[place] = text;
                cells
            }));
        }
        for row in cells {
            writer.write_record(row.iter().copied().chain(payloads.iter().map(String::as_str))).unwrap();
        }
    }
    writer.into_inner().unwrap()
}

#[test]
fn scripts_in_any_text_never_run() {
    let payloads = payloads();
    let center = Center::new();
    let files = pack(&payloads);
    let borrowed: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let folder = center.write_pack(&borrowed);
    center.ok(&["apply", &folder.display().to_string(), "--yes"]);
    fs::write(center.files().join("angka.csv"), rows(&payloads, true)).unwrap();
    fs::write(center.files().join("rincian.csv"), rows(&payloads, false)).unwrap();
    for (source, nth) in [("angka", 2), ("rincian", 57)] {
        // Null bytes cannot be in an argument.
        center.ok(&["--author", &payloads[nth], "run", source, "--reason", &payloads[nth + 1]]);
    }
    for author in payloads.iter().filter(|text| !text.contains('\0')).step_by(12) {
        center.ok(&[
            "--author",
            author,
            "query",
            &format!("select 1 as x /* {} */", author.replace("*/", "")),
        ]);
    }
    let many = "1000000";
    let server = center
        .serve_with(&[
            ("PENDOPO__LIMITS__REQUESTS_PER_MINUTE", many),
            ("PENDOPO__LIMITS__COSTLY_REQUESTS_PER_MINUTE", many),
            ("PENDOPO__LIMITS__SIGN_INS_PER_MINUTE", many),
        ])
        .signed_in(&center);
    let output = Command::new("node")
        .arg("xss.mjs")
        .current_dir(e2e())
        .env("BASE", format!("http://127.0.0.1:{}", server.port()))
        .env("COOKIE", server.cookies())
        .env("PASSWORD", PASSWORD)
        .stderr(Stdio::inherit())
        .output()
        .unwrap_or_else(|error| panic!("node cannot be started ({error}): scripts/setup.sh test"));
    assert!(output.status.success(), "the browser's part failed; what it said stands above");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{value}"));
    let none = |value: &Value, what: &str| assert_eq!(value, &Value::Array(Vec::new()), "{what}");

    // The browser notices what is not escaped, and the policy holds even then.
    let control = &report["control"];
    eprintln!(
        "control: of {} payloads put unescaped into a page {} ran ({} pages with foreign elements); under a policy {} ran and {} were reported",
        payloads.len(),
        control["open"]["ran"],
        control["open"]["noticed"],
        control["held"]["ran"],
        control["held"]["violations"]
    );
    assert!(number(&control["open"]["ran"]) * 2 >= payloads.len() as u64, "{control}");
    assert!(number(&control["open"]["noticed"]) >= number(&control["open"]["ran"]), "{control}");
    assert!(number(&control["held"]["ran"]) == 0 && number(&control["held"]["violations"]) > 0, "{control}");

    let mut places = 0;
    for (place, counts) in report["places"].as_object().unwrap() {
        eprintln!("{place}: {} kept, {} refused", counts["made"], counts["refused"]);
        assert!(number(&counts["made"]) > 0 || place.starts_with("login"), "{place}: {counts}");
        places += 1;
    }
    let (mut views, mut occurrences, mut shown) = (0, 0, BTreeSet::new());
    for crawl in report["crawls"].as_array().unwrap() {
        let who = format!("{} {}, policy {}", crawl["who"], crawl["language"], crawl["policy"]);
        eprintln!(
            "{who}: {} views of {} kinds with {} occurrences of {} payloads; {} ran, {} violations, {} foreign elements",
            crawl["views"],
            crawl["kinds"].as_array().unwrap().len(),
            crawl["occurrences"],
            crawl["payloads"].as_array().unwrap().len(),
            crawl["ran"].as_array().unwrap().len(),
            crawl["violations"].as_array().unwrap().len(),
            crawl["strangers"].as_array().unwrap().len(),
        );
        for what in ["ran", "violations", "strangers"] {
            none(&crawl[what], &format!("{who}: {what}"));
        }
        views += number(&crawl["views"]);
        occurrences += number(&crawl["occurrences"]);
        shown.extend(crawl["payloads"].as_array().unwrap().iter().map(number));
        assert!(number(&crawl["views"]) >= 30, "{who}");
    }
    assert_eq!(shown.len(), payloads.len(), "not every payload was to be seen");
    none(&report["files"]["wrong"], "names of files");
    eprintln!(
        "{} payloads in {} places of packs and rows and {places} of forms and the API; {views} views, {occurrences} occurrences: 0 ran; {} files; {} s",
        payloads.len(),
        PLACES,
        report["files"]["files"],
        report["secs"]
    );
    assert!(occurrences >= 10_000 && number(&report["files"]["files"]) >= 5, "{occurrences}");
}

/// Kinds of texts that the pack and the rows above put payloads into: of the government, a sector (2), an
/// agency (3), an indicator (4), a source (5), a board (2); a row (6 with the columns' names); a run (2).
const PLACES: usize = 25;
