//! The pages over HTTP: every link leads somewhere, both languages, caching, errors with a way out.

use crate::support::{Center, PACK, Server};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

fn center_with_figures() -> (Center, Server) {
    let center = Center::new();
    let pack = center.write_pack(&PACK);
    center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "uji"]);
    let rows = "kode,bulan,nilai\n33.16.01.2001,2026-01,7\n33.16.01.2002,2026-01,5\n33.16.01.2001,2026-02,9\n\
                99.99.99.9999,2026-02,1\n";
    let many: String = (2003..2013).map(|village| format!("33.16.01.{village},2026-02,1\n")).collect();
    fs::write(center.files().join("angka.csv"), rows.to_owned() + &many).unwrap();
    center.ok(&["run", "angka"]);
    let server = center.serve().signed_in(&center);
    (center, server)
}

fn links(html: &str) -> BTreeSet<String> {
    html.split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|link| link.starts_with('/'))
        .map(|link| link.replace("&#38;", "&").replace("&amp;", "&"))
        .collect()
}

/// A key of the message files shown instead of its words.
fn leaked_key(html: &str) -> Option<&str> {
    let keys = include_str!("../../messages/id.ftl")
        .lines()
        .filter_map(|line| line.split_once(" ="))
        .map(|(key, _)| key);
    let mut keys = keys.filter(|key| key.contains('-') && !key.starts_with('#'));
    keys.find(|key| html.contains(&format!(">{key}<")))
}

#[test]
fn every_link_of_every_page_leads_to_a_page() {
    let (_center, server) = center_with_figures();
    let mut open = BTreeSet::from(["/".to_owned(), "/pola".to_owned()]);
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    while let Some(path) = open.pop_first() {
        let kind = path.split(['/', '?']).nth(1).unwrap_or_default().to_owned();
        let visits = kinds.entry(kind).or_default();
        *visits += 1;
        // Regions are many: so many pages hold every sort of page of a kind.
        if *visits > 40 || path.contains("/vendor/") {
            continue;
        }
        let (status, body) = server.get(&path).unwrap();
        assert_eq!(status, 200, "{path}");
        seen.insert(path.clone());
        if body.starts_with("<!doctype html>") {
            assert_eq!(leaked_key(&body), None, "{path}");
            assert!(!body.contains("NaN") && !body.contains("style=\""), "{path}");
            // No script but the one that follows the center and the one that moves on its map, by their digests, or
            // that of the page, by its nonce.
            let scripts = body.matches("<script").count();
            let mapped = body.contains("/map.js\"");
            let most = if mapped { 2 } else { 1 };
            let known = match path.split('?').next().unwrap_or_default() {
                _ if mapped => ".js\" integrity=\"sha256-",
                path if path.ends_with("/sunting") => "/editor.js\" nonce=\"",
                path if path.starts_with("/dinding/kendali") => "/live.js\" integrity=\"sha256-",
                path if path.starts_with("/dinding") => "/wall.js\" nonce=\"",
                _ => "/live.js\" integrity=\"sha256-",
            };
            assert!(scripts <= most && body.matches(known).count() == scripts, "{path}");
            open.extend(links(&body).into_iter().filter(|link| !seen.contains(link)));
        }
    }
    for kind in ["/peta", "/indikator/", "/angka/", "/wilayah/", "/sumber/", "/penarikan/", "/aset/"] {
        let found = seen.iter().any(|path| path.starts_with(kind));
        assert!(found, "no page below {kind} was reached: {seen:?}");
    }
}

#[test]
fn a_figure_is_told_from_the_board_to_its_raw_row() {
    let (_center, server) = center_with_figures();
    let (_, lineage) = server.get("/angka/angka/33.16.01.2001/2026-02").unwrap();
    assert!(
        lineage.contains("33.16.01.2001") && lineage.contains(">nilai<") && lineage.contains("SHA-256"),
        "{lineage}"
    );
    let (_, refused) = server.get("/penarikan/1/ditolak").unwrap();
    assert!(refused.contains("99.99.99.9999"), "{refused}");
    let (status, csv) = server.get("/penarikan/1/ditolak.csv").unwrap();
    assert!(status == 200 && csv.contains("99.99.99.9999"), "{csv}");
}

#[test]
fn a_retried_figure_is_told_to_its_raw_row_and_yields_to_a_newer_one() {
    let (center, server) = center_with_figures();
    let learn = |spelling: &str, village: &str| {
        let mut pack = PACK;
        let alias = format!("{{ column = \"kode\", alias = {{ \"{spelling}\" = \"{village}\" }} }}");
        let source = pack[2].1.replace("{ column = \"kode\" }", &alias);
        pack[2].1 = &source;
        let pack = center.write_pack(&pack);
        center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "ejaan desa"]);
    };
    // A later run brings another figure of the village that the refused row turns out to mean.
    learn("99.99.99.9999", "33.16.02.2001");
    let mut rows = fs::read_to_string(center.files().join("angka.csv")).unwrap();
    rows = rows.replace("99.99.99.9999,2026-02,1", "33.16.02.2001,2026-02,77");
    fs::write(center.files().join("later.csv"), &rows).unwrap();
    center.ok(&["import", &center.files().join("later.csv").display().to_string(), "--source", "angka"]);
    let said = center.ok(&["retry", "1"]);
    assert!(said.contains("row 5: not used; run 2 had brought a newer figure"), "{said}");
    let (_, refused) = server.get("/penarikan/1/ditolak").unwrap();
    assert!(
        refused.contains("Tidak dipakai: penarikan yang lebih baru") && refused.contains("/penarikan/2\""),
        "{refused}"
    );
    let (_, figure) = server.get("/angka/angka/33.16.02.2001/2026-02").unwrap();
    assert!(figure.contains("<span class=\"number\">77</span>"), "{figure}");
    // Without a newer figure the row is used, and told as it came.
    fs::write(
        center.files().join("angka.csv"),
        rows.replace("33.16.02.2001,2026-02,77", "88.88.88.8888,2026-02,6"),
    )
    .unwrap();
    center.ok(&["run", "angka"]);
    learn("88.88.88.8888", "33.16.03.2001");
    let said = center.ok(&["retry", "4"]);
    assert!(said.contains("1 new"), "{said}");
    let (_, figure) = server.get("/angka/angka/33.16.03.2001/2026-02").unwrap();
    assert!(figure.contains("88.88.88.8888") && !figure.contains("Baris mentah tidak disimpan"), "{figure}");
    let (_, run) = server.get("/penarikan/5").unwrap();
    assert!(run.contains("href=\"/penarikan/4/ditolak\""), "{run}");
}

#[test]
fn the_same_page_speaks_both_languages() {
    let (_center, server) = center_with_figures();
    let (_, id) = server.get("/sumber").unwrap();
    let (_, en) = server.get("/sumber?bahasa=en").unwrap();
    assert!(id.contains("<html lang=\"id\">") && id.contains("Tarik sekarang"));
    assert!(en.contains("<html lang=\"en\">") && en.contains("Run now"));
}

#[test]
fn what_is_not_there_is_answered_with_a_way_out() {
    let (_center, server) = center_with_figures();
    for (path, status) in [
        ("/tidak-ada", 404),
        ("/indikator/tidak-ada", 404),
        ("/indikator/angka?wilayah=abc", 400),
        ("/indikator/angka?wilayah=11", 404),
        ("/indikator/angka?periode=kapan", 400),
        ("/indikator/angka?per=kapan", 400),
        ("/angka/angka/33.16.01.2001/1999-01", 404),
        ("/penarikan/999999", 404),
        ("/penarikan/abc", 400),
        ("/sumber/tidak-ada", 404),
        ("/wilayah/99", 404),
    ] {
        let (found, body) = server.get(path).unwrap();
        assert_eq!(found, status, "{path}");
        assert!(
            body.contains("<!doctype html>") && body.contains("class=\"button\" href=\"/\""),
            "{path}: {body}"
        );
    }
}

/// Moves the runs and the changes of targets of a center to days of their own: run `n` to the `n`th of March 2026.
fn spread_over_days(center: &Center) {
    let first = "2026-03-01T05:00:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond();
    center
        .db()
        .write(|tx| {
            tx.execute("update run set finished_at = $1 + (run_id - 1) * 86400000", &[first.into()])?;
            // The second target was laid down in the night between the two runs.
            tx.execute("update target set since = $1", &[(first + 72_000_000).into()])?;
            tx.execute("update target_past set since = 0, until = $1", &[(first + 72_000_000).into()])
        })
        .unwrap();
}

#[test]
fn an_earlier_state_of_knowledge_can_be_asked_for() {
    let center = Center::new();
    let targets =
        |value: u32| format!("[[target]]\nindicator = \"angka\"\nperiod = \"2026\"\nvalue = {value}\n");
    let apply = |value: u32| {
        let (mut pack, targets) = (PACK.to_vec(), targets(value));
        let source = PACK[2].1.to_owned()
            + "broken_down = false\n\n[[mapping.value]]\nindicator = \"angka\"\ncolumn = \"baru\"\n\n"
            + "[[mapping.breakdown]]\ncolumn = \"jenis\"\ndimension = \"jenis\"\n";
        pack[2].1 = &source;
        pack.push(("targets.toml", &targets));
        let pack = center.write_pack(&pack);
        center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "target baru"]);
    };
    let read = |first: u32, second: u32| {
        let rows = format!(
            "kode,bulan,nilai,jenis,baru\n33.16.01.2001,2026-01,{first},baru,{}\n33.16.01.2002,2026-01,{second},baru,\n",
            first + 400
        );
        fs::write(center.files().join("angka.csv"), rows).unwrap();
        center.ok(&["run", "angka"]);
    };
    apply(5);
    read(7, 5);
    apply(100);
    read(17, 25);
    spread_over_days(&center);
    let server = center.serve().signed_in(&center);
    let page = |path: &str| {
        let (status, body) = server.get(path).unwrap();
        assert_eq!(status, 200, "{path}: {body}");
        // Units are kept at their numbers by spaces that do not break.
        body.replace('\u{a0}', " ")
    };
    let village = "/indikator/angka?wilayah=33.16.01.2001";
    // Before anything was known; on the first day; now.
    assert!(page(&format!("{village}&per=2026-02-28")).contains("Belum ada nilai di wilayah ini"));
    let first = page(&format!("{village}&per=2026-03-01"));
    assert!(first.contains("<span class=\"number\">7</span>") && first.contains("407 orang"), "{first}");
    assert!(!first.contains("417 orang"), "{first}");
    let now = page(village);
    assert!(now.contains("<span class=\"number\">17</span>") && now.contains("417 orang"), "{now}");
    // The district is the sum of that day, judged by the target of that day, and every link stays on that day.
    let district = page("/indikator/angka?wilayah=33.16&per=2026-03-01&periode=2026-01");
    assert!(
        district.contains("<span class=\"number\">12</span>") && district.contains("target ≥ 5 orang"),
        "{district}"
    );
    assert!(!district.contains("target ≥ 100 orang"), "{district}");
    assert!(page("/indikator/angka?wilayah=33.16").contains("target ≥ 100 orang"));
    let onward: Vec<String> = links(&district)
        .into_iter()
        .filter(|link| link.starts_with("/indikator/angka?") || link.starts_with("/angka/angka/"))
        .collect();
    assert!(onward.iter().any(|link| link.starts_with("/indikator/angka?wilayah=33.16.01&")), "{onward:?}");
    assert!(onward.iter().all(|link| link.contains("per=2026-03-01")), "{onward:?}");
    let down = onward.iter().filter(|link| link.starts_with("/indikator/"));
    assert!(down.clone().all(|link| link.contains("periode=2026-01")), "{onward:?}");
    // The lineage of that day knows nothing of the second run.
    let lineage = page("/angka/angka/33.16.01.2001/2026-01?per=2026-03-01");
    assert!(
        lineage.contains("<span class=\"number\">7</span>") && !lineage.contains("17 orang"),
        "{lineage}"
    );
    assert!(lineage.contains("Ini angka seperti diketahui pada"), "{lineage}");
    let rolled = page("/angka/angka/33.16.01/2026-01?per=2026-03-01");
    assert!(
        rolled.contains("<span class=\"number\">12</span>") && rolled.contains("?per=2026-03-01"),
        "{rolled}"
    );
    let (status, _) = server.get("/angka/angka/33.16.01.2001/2026-01?per=2026-02-28").unwrap();
    assert_eq!(status, 404);
    // The same for programs.
    let json = |path: &str| -> serde_json::Value { serde_json::from_str(&page(path)).unwrap() };
    let values = |path: &str| -> Vec<f64> {
        json(path)["items"].as_array().unwrap().iter().map(|item| item["value"].as_f64().unwrap()).collect()
    };
    let observed = "/api/v1/observations?indicator=angka&breakdown=";
    assert_eq!(values(observed), [17.0, 25.0]);
    assert_eq!(values(&format!("{observed}&as_of=2026-03-01")), [7.0, 5.0]);
    assert_eq!(values(&format!("{observed}&as_of=2026-03-01T04:59:59Z")), [0.0; 0]);
    assert_eq!(values(&format!("{observed}&as_of=2026-03-01&rolled_up=true&level=district")), [12.0]);
    assert_eq!(values("/api/v1/observations?indicator=angka&region=33.16.01.2001"), [17.0, 417.0]);
    assert_eq!(values("/api/v1/observations?indicator=angka&breakdown=jenis=baru"), [417.0]);
    assert_eq!(values("/api/v1/observations?indicator=angka&breakdown=&level=regency"), [0.0; 0]);
    // A split that nobody ever reported is told like one that the asker may not see.
    assert_eq!(values("/api/v1/observations?indicator=angka&breakdown=tak-ada"), [0.0; 0]);
    assert_eq!(values("/api/v1/revisions?indicator=angka&breakdown=tak-ada"), [0.0; 0]);
    let latest = json("/api/v1/latest?as_of=2026-03-01");
    let judged = &latest["items"][0];
    assert_eq!(
        (judged["value"].as_f64(), judged["target"].as_f64(), judged["status"].as_str()),
        (Some(12.0), Some(5.0), Some("on_track")),
        "{latest}"
    );
    assert_eq!(json("/api/v1/latest")["items"][0]["status"], "off_track");
    let revisions = "/api/v1/revisions?indicator=angka&region=33.16.01.2001";
    assert_eq!(values(revisions), [7.0, 17.0, 407.0, 417.0]);
    let page_one = json(&format!("{revisions}&limit=3"));
    let rest = format!("{revisions}&cursor={}", page_one["next"].as_str().unwrap());
    assert_eq!(values(&rest), [417.0]);
    for (path, status) in [
        ("/api/v1/latest?as_of=kemarin", 400),
        ("/api/v1/observations?indicator=angka&as_of=2026-13-01", 400),
        ("/api/v1/observations?indicator=angka&region=33.16&within=33.16", 400),
        ("/api/v1/observations?indicator=angka&region=11", 404),
        ("/api/v1/revisions?indicator=angka&region=11", 404),
    ] {
        assert_eq!(server.get(path).unwrap().0, status, "{path}");
    }
}
