//! Rows that an agency's program sends: accepted when they are kept, one effect per key, whatever happens between.

use crate::support::{Answer, Center, PACK, Server, number};
use pendopo_vocab::{RegionCode, RegionLevel, region_tree::RegionTree};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use serde_json::{Value, json};
use std::{thread, time::Duration};

const ROWS: &str = "/api/v1/sources/kiriman/rows";
const SOURCE: &str = r#"code = "kiriman"
name = "Kiriman dinas"
agency = "dinas"
fresh_every = "1 day"
max_refused_percent = 50

[connection]
kind = "push"

[mapping]
region = { column = "kode" }
period = { column = "bulan" }

[[mapping.value]]
indicator = "angka"
column = "nilai"
"#;

/// A center with a source that is only sent, served, and the key of its sender.
fn center() -> (Center, Server, String) {
    let center = Center::new();
    let agency = PACK.iter().find(|(path, _)| *path == "agencies.toml").unwrap().1;
    let code = agency.split("code = \"").nth(1).unwrap().split('"').next().unwrap();
    let source = SOURCE.replace("\"dinas\"", &format!("\"{code}\""));
    let mut files: Vec<(&str, &str)> = PACK.to_vec();
    files.push(("sources/kiriman.toml", &source));
    let pack = center.write_pack(&files);
    center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "uji"]);
    let server = center.serve_with(&UNLIMITED).signed_in(&center);
    let key = new_key(&server, "kiriman");
    (center, server, key)
}

const UNLIMITED: [(&str, &str); 2] =
    [("PENDOPO__LIMITS__COSTLY_REQUESTS_PER_MINUTE", "0"), ("PENDOPO__LIMITS__REQUESTS_PER_MINUTE", "0")];

/// Makes a key as an administrator does.
fn new_key(server: &Server, source: &str) -> String {
    let page = server.ask("GET", "/perangkat", "").unwrap();
    let form = format!("_token={}&jenis=push&nama=Program+dinas&untuk={source}&hari=30", page.form_token());
    let shown = server.ask("POST", "/perangkat", &form).unwrap();
    assert_eq!(shown.status, 200, "{}", shown.body);
    let at = shown.body.find("pdk_").unwrap();
    shown.body[at..]
        .chars()
        .take_while(|letter| letter.is_ascii_alphanumeric() || "_-".contains(*letter))
        .collect()
}

fn push(server: &Server, token: &str, key: Option<&str>, kind: &str, body: &str) -> Option<Answer> {
    let key = key.map_or_else(String::new, |key| format!("Idempotency-Key: {key}\r\n"));
    let headers = format!("Authorization: Bearer {token}\r\nContent-Type: {kind}\r\n{key}");
    server.send_body(ROWS, &headers, body)
}

fn rows(villages: &[RegionCode], value: usize) -> String {
    let rows: Vec<Value> = villages
        .iter()
        .map(|village| json!({ "kode": village.to_string(), "bulan": "2026-01", "nilai": value }))
        .collect();
    Value::from(rows).to_string()
}

fn villages() -> Vec<RegionCode> {
    let region: RegionCode = "33.16".parse().unwrap();
    RegionTree::embedded().descendants(region, RegionLevel::Village).map(|region| region.code).collect()
}

fn answer(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body))
}

#[test]
fn sending_again_a_hundred_times_has_one_effect_and_one_answer() {
    let (center, server, token) = center();
    let body = rows(&villages()[..12], 7);
    let first = push(&server, &token, Some("kiriman-1"), "application/json", &body).unwrap();
    assert_eq!(first.status, 201, "{}", first.body);
    let told = answer(&first);
    assert_eq!((&told["accepted"], &told["refused"], &told["added"]), (&12.into(), &0.into(), &12.into()));
    for _ in 0..100 {
        let again = push(&server, &token, Some("kiriman-1"), "application/json", &body).unwrap();
        assert_eq!((again.status, &again.body), (201, &first.body));
    }
    let other =
        push(&server, &token, Some("kiriman-1"), "application/json", &rows(&villages()[..12], 8)).unwrap();
    assert_eq!(other.status, 422, "{}", other.body);
    // Without a key it is another run, which finds everything known.
    let keyless = answer(&push(&server, &token, None, "application/json", &body).unwrap());
    assert_eq!((&keyless["added"], &keyless["same"]), (&0.into(), &12.into()));
    // The same form in CSV, with one row that nobody can place.
    let text = "kode,bulan,nilai\n33.16.01.2001,2026-02,3\n99.99.99.9999,2026-02,1\n";
    let csv = push(&server, &token, Some("kiriman-2"), "text/csv; charset=utf-8", text).unwrap();
    assert_eq!(csv.status, 201, "{}", csv.body);
    let csv = answer(&csv);
    assert_eq!(
        (&csv["accepted"], &csv["refused"], &csv["refused_rows"][0]["row"]),
        (&1.into(), &1.into(), &3.into())
    );
    center
        .db()
        .read(|r| {
            assert_eq!(number(r, "select count(*) from run where trigger_kind = 'push'"), 3);
            assert_eq!(number(r, "select count(*) from observation"), 13);
            assert_eq!(number(r, "select count(*) from audit_entry where action = 'run-started'"), 3);
            Ok(())
        })
        .unwrap();
}

#[test]
fn what_cannot_be_used_is_refused_and_says_why() {
    let (center, server, token) = center();
    let good = rows(&villages()[..2], 1);
    let bad = r#"[{"kode":"99.99.99.9999","bulan":"2026-01","nilai":1}]"#;
    let headers = format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
    let large = server.announce_body(ROWS, &headers, 9 << 20).unwrap();
    assert_eq!(large.status, 413, "{}", large.body);
    assert!(answer(&large)["detail"].as_str().unwrap().contains("KiB"), "{}", large.body);
    for (kind, body, status, words) in [
        ("text/plain", good.as_str(), 415, "application/json or text/csv"),
        ("application/json", "{", 422, ""),
        ("application/json", "[]", 422, ""),
        ("application/json", r#"[{"daerah":"33.16.01.2001"}]"#, 422, "kode"),
        ("application/json", bad, 422, "1"),
    ] {
        let reply = push(&server, &token, None, kind, body).unwrap();
        let shown = &body[..body.len().min(60)];
        assert_eq!(reply.status, status, "{shown}: {}", reply.body);
        let told = answer(&reply);
        assert_eq!(told["status"], status, "{told}");
        assert!(told["type"].as_str().unwrap().starts_with("urn:pendopo:problem:"), "{told}");
        assert!(told["detail"].as_str().unwrap().contains(words), "{shown}: {told}");
    }
    let key = "x".repeat(201);
    assert_eq!(push(&server, &token, Some(&key), "application/json", &good).unwrap().status, 400);
    // A refusal is remembered as well.
    for _ in 0..2 {
        let told = answer(&push(&server, &token, Some("buruk"), "application/json", bad).unwrap());
        assert_eq!(
            (&told["status"], &told["refused"], &told["accepted"]),
            (&422.into(), &1.into(), &0.into())
        );
    }
    let refused = "select count(*) from run where status = 'refused' and trigger_kind = 'push'";
    center
        .db()
        .read(|r| {
            assert!(number(r, refused) >= 2, "one alone and one with a key");
            assert_eq!(number(r, "select count(*) from observation"), 0);
            Ok(())
        })
        .unwrap();
    // Another source's key, a key of nothing, and nobody.
    let other = new_key(&server, "angka");
    assert_eq!(push(&server, &other, None, "application/json", &good).unwrap().status, 404);
    assert_eq!(push(&server, "pdk_dikarang", None, "application/json", &good).unwrap().status, 401);
    let nobody = server.send_body(ROWS, "Content-Type: application/json\r\n", &good).unwrap();
    assert_eq!(nobody.status, 401, "{}", nobody.body);
    let page = server.ask("GET", "/perangkat", "").unwrap();
    let form = format!("_token={}&jenis=push&nama=x&untuk=tidak-ada", page.form_token());
    assert_eq!(server.ask("POST", "/perangkat", &form).unwrap().status, 422);
    // Nobody fetches what is sent.
    let output = center.run(&["run", "kiriman"]);
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_power_cut_between_leaves_all_or_nothing_and_the_same_key_makes_it_whole() {
    let (center, mut server, token) = center();
    let villages = villages();
    let mut rng = SmallRng::seed_from_u64(20_261_127);
    let (mut cut, mut whole) = (0, 0);
    for round in 1..=20_usize {
        let (key, body) = (format!("putaran-{round}"), rows(&villages, round));
        let patience = Duration::from_millis(rng.random_range(0..60));
        let reply = thread::scope(|scope| {
            let asked = scope.spawn(|| push(&server, &token, Some(&key), "application/json", &body));
            thread::sleep(patience);
            server.signal_kill();
            asked.join().unwrap()
        });
        // What was said before the cut is true after it.
        let said = reply.filter(|reply| reply.status == 201).map(|reply| reply.body);
        server.kill();
        server = center.serve_with(&UNLIMITED);
        let again = push(&server, &token, Some(&key), "application/json", &body).unwrap();
        assert_eq!(again.status, 201, "round {round}: {}", again.body);
        match said {
            Some(said) => {
                whole += 1;
                assert_eq!(again.body, said);
            }
            None => cut += 1,
        }
        center
            .db()
            .read(|r| {
                let figures = number(r, "select count(*) from current_value");
                let kinds = number(r, "select count(distinct value) from current_value");
                assert_eq!((figures, kinds), (villages.len() as i64, 1), "round {round}");
                let value = number(r, "select cast(max(value) as bigint) from current_value");
                assert_eq!(value, round as i64);
                let revisions = number(r, "select count(*) from observation");
                assert_eq!(revisions, (villages.len() * round) as i64, "one effect per key, round {round}");
                let done = number(r, "select count(*) from run where status = 'done'");
                assert_eq!(done, round as i64, "round {round}");
                Ok(())
            })
            .unwrap();
    }
    eprintln!(
        "counted: 20 power cuts while rows were sent: {cut} before the answer, {whole} after it; one effect each"
    );
    assert!(cut > 0, "no cut fell between");
}
