//! The pages over HTTP: every link leads somewhere, both languages, caching, errors with a way out.

use crate::support::{Center, PACK, Server};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

fn center_with_figures() -> (Center, Server) {
    let center = Center::new();
    let pack = center.write_pack(&PACK);
    center.ok(&["apply", &pack.display().to_string(), "--yes"]);
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
            // No script but the one that follows the center, by its digest, or that of maps, by its nonce.
            let scripts = body.matches("<script").count();
            let known = if path.starts_with("/peta") {
                "/map.js\" nonce=\""
            } else {
                "/live.js\" integrity=\"sha256-"
            };
            assert!(scripts <= 1 && body.matches(known).count() == scripts, "{path}");
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

#[test]
fn an_earlier_state_of_knowledge_can_be_asked_for() {
    let (_center, server) = center_with_figures();
    let (status, before) = server.get("/indikator/angka?wilayah=33.16.01.2001&per=2001-01-01").unwrap();
    assert_eq!(status, 200);
    assert!(before.contains("Belum ada nilai di wilayah ini"), "{before}");
}
