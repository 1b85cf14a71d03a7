//! Services that speak HTTP.

use crate::service::{Server, world};
use base64::{Engine, prelude::BASE64_STANDARD};
use calamine::{Data, Reader, Xlsx};
use pendopo_sample::{
    model::MARK,
    secrets::{BEDS_KEY, DISASTERS_PASSWORD, LICENCES_TOKEN},
    services::schools::RESOURCE,
};
use serde_json::Value;
use std::{collections::HashSet, io::Cursor};

/// Seed 33 has, in its first round: licences late, the health view renamed, bad rows in social aid.
const SEED: u64 = 33;

fn text<'v>(row: &'v Value, column: &str) -> &'v str {
    row[column].as_str().unwrap_or_else(|| panic!("{column} of {row} is not text"))
}

#[test]
fn licences_are_paged_by_laravel_behind_a_token() {
    let (world, hand) = world(SEED, false);
    let token = format!("Authorization: Bearer {}", world.secrets.get(LICENCES_TOKEN));
    let server = Server::start(world);
    let start = "/dpmptsp/api/v1/izin?per_page=500";
    assert_eq!(server.get(start, &[]).status, 401);
    assert_eq!(server.get(start, &["Authorization: Bearer wrong"]).status, 401);
    let (mut next, mut seen, mut total) = (Some(start.to_owned()), HashSet::new(), 0);
    while let Some(path) = next {
        let page = server.get(&path, &[&token]).json();
        for row in page["data"].as_array().unwrap() {
            assert!(seen.insert(row["id"].as_i64().unwrap()), "{row}");
            assert_eq!(text(row, "keterangan"), MARK);
            let (issued, on_time): (i64, i64) =
                (text(row, "izin_terbit").parse().unwrap(), text(row, "izin_tepat_waktu").parse().unwrap());
            assert!(on_time <= issued && issued > 0);
            assert!(text(row, "kode_kecamatan").starts_with("3316"));
        }
        total = page["total"].as_u64().unwrap();
        next = page["next_page_url"].as_str().map(str::to_owned);
    }
    assert_eq!((seen.len() as u64, total), (16 * 24 * 4, 16 * 24 * 4));
    let past = server.get("/dpmptsp/api/v1/izin?per_page=500&page=9", &[&token]).json();
    assert_eq!(past["data"].as_array().unwrap().len(), 0);
    hand.set_minutes(5);
    let late = server.get(start, &[&token]);
    assert_eq!(late.status, 503);
    assert!(late.head.contains("text/html") && late.head.contains("retry-after"));
    hand.set_minutes(20);
    assert_eq!(server.get(start, &[&token]).status, 200);
}

#[test]
fn social_aid_is_semicolons_in_windows_1252() {
    let (world, hand) = world(SEED, false);
    let villages = world.model.villages.len();
    let server = Server::start(world);
    let answer = server.get("/dinsos/rekap/bansos.csv", &[]);
    assert!(std::str::from_utf8(&answer.body).is_err(), "not UTF-8");
    assert!(answer.body.contains(&0x96), "the dash that only Windows-1252 has there");
    let decoded = encoding_rs::WINDOWS_1252.decode(&answer.body).0.into_owned();
    let lines: Vec<&str> = decoded.split("\r\n").collect();
    assert_eq!(lines[0], "sep=;");
    assert!(lines[1].starts_with("KECAMATAN;DESA/KELURAHAN;TANGGAL;") && lines[1].contains(";KPM TERSALUR;"));
    let good = lines.iter().filter(|line| line.contains("rekap desa")).count();
    assert!(good > villages * 23 && good <= villages * 24, "{good}");
    assert!(lines[2].contains(MARK) && lines[2].contains(";Rp"));
    for bad in ["Antah Berantah", "tiga puluh", "31/02/2026", ";-31;", "akhir bulan"] {
        assert_eq!(lines.iter().filter(|line| line.contains(bad)).count(), 1, "{bad}");
    }
    assert!(lines[lines.len() - 2].starts_with("JUMLAH;"));
    hand.set_minutes(35);
    let calm = server.get("/dinsos/rekap/bansos.csv", &[]);
    let calm = encoding_rs::WINDOWS_1252.decode(&calm.body).0.into_owned();
    assert!(!calm.contains("Antah Berantah"));
}

#[test]
fn population_is_a_workbook_made_for_people() {
    let (world, _) = world(SEED, false);
    let server = Server::start(world);
    let answer = server.get("/dukcapil/agregat/penduduk.xlsx", &[]);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(answer.body)).unwrap();
    let visible: Vec<_> =
        book.sheets_metadata().iter().map(|sheet| (sheet.name.clone(), sheet.visible)).collect();
    assert_eq!(visible[0].1, calamine::SheetVisible::Hidden);
    assert_eq!(visible[1].0, "Agregat");
    assert!(
        book.merge_cells_by_sheet_name("Agregat").unwrap().len() > 16 + 5,
        "headers and kecamatan are merged"
    );
    let sheet = book.worksheet_range("Agregat").unwrap();
    let cell =
        |row: u32, column: u32| sheet.get_value((row, column)).map_or_else(String::new, Data::to_string);
    assert!(cell(1, 0).contains(MARK));
    assert_eq!(
        (cell(3, 1), cell(3, 4), cell(4, 4), cell(4, 6)),
        ("Kecamatan".into(), "Penduduk".into(), "L".into(), "Jumlah".into())
    );
    assert_eq!(
        (cell(5, 1), cell(5, 2), cell(5, 3)),
        ("Jati".into(), "Bangkleyan".into(), "November 2024".into())
    );
    assert_eq!(cell(6, 1), "", "written once per kecamatan");
    let number = |row: u32, column: u32| cell(row, column).parse::<f64>().unwrap();
    assert_eq!(number(5, 4) + number(5, 5), number(5, 6));
    let last = sheet.end().unwrap().0;
    assert!(cell(last - 1, 0).starts_with("Sumber: ") && cell(last, 0).contains(MARK));
    assert!(cell(last - 3, 0).starts_with("JUMLAH"));
    let total = number(last - 3, 6);
    assert!((800_000.0..1_000_000.0).contains(&total), "{total}");
}

#[test]
fn prices_have_columns_named_by_dates() {
    let (world, _) = world(SEED, false);
    let server = Server::start(world);
    let path = "/hargapangan/WebSite/TabelHarga/GetGridDataDaerah";
    let table = server.get(&format!("{path}?start_date=2026-10-01&end_date=2026-12-31"), &[]).json();
    let rows = table["data"].as_array().unwrap();
    assert_eq!(rows[0]["name"], MARK);
    let rice = rows.iter().find(|row| row["name"] == "Beras Medium").unwrap();
    assert_eq!((rice["level"].as_i64(), rice["no"].as_i64()), (Some(2), Some(1)));
    assert!(rows.iter().any(|row| row["no"] == "I" && row["level"] == 1));
    assert!(text(rice, "24/11/2026").contains(','), "{rice}");
    assert!(rice.get("25/11/2026").is_none(), "no tomorrow");
    let all = server.get(path, &[]).json();
    let cells =
        all["data"].as_array().unwrap().iter().filter_map(Value::as_object).flat_map(|row| row.values());
    assert!(cells.filter(|cell| *cell == "-").count() > 20, "days without a price");
    assert_eq!(all["data"][1].as_object().unwrap().len(), 3 + 731);
}

#[test]
fn disasters_follow_a_cursor_behind_basic() {
    // Seed 34 has bad rows in the disaster reports.
    let (world, hand) = world(34, false);
    let known = world.model.villages.iter().map(|village| village.code.to_string()).collect::<HashSet<_>>();
    let pair = BASE64_STANDARD.encode(format!("pendopo:{}", world.secrets.get(DISASTERS_PASSWORD)));
    let basic = format!("Authorization: Basic {pair}");
    let server = Server::start(world);
    let refused = server.get("/bpbd/api/kejadian", &[]);
    assert!(refused.status == 401 && refused.head.contains("www-authenticate: basic"));
    let (mut cursor, mut seen, mut unknown) = (String::new(), HashSet::new(), 0);
    loop {
        let page = server.get(&format!("/bpbd/api/kejadian?cursor={cursor}"), &[&basic]).json();
        assert_eq!(page["status"], true);
        for event in page["data"].as_array().unwrap() {
            assert!(seen.insert(event["id"].as_i64().unwrap()), "{event}");
            assert_eq!(text(event, "keterangan"), MARK);
            unknown += i32::from(!known.contains(text(event, "kode_wilayah")));
        }
        match page["paging"]["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert!(seen.len() > 600, "{}", seen.len());
    assert_eq!(unknown, 1, "one bad row names no desa");
    let wrong = server.get("/bpbd/api/kejadian?cursor=x", &[&basic]);
    assert_eq!((wrong.status, wrong.json()["status"].as_bool()), (200, Some(false)));
    hand.set_minutes(60 * 24 * 30);
    let later = server.get("/bpbd/api/kejadian", &[&basic]).json();
    assert!(!seen.contains(&later["data"][0]["id"].as_i64().unwrap()), "events go on");
}

#[test]
fn schools_answer_as_ckan_does() {
    // Seed 34 has the schools' column renamed.
    let (world, hand) = world(34, false);
    let server = Server::start(world);
    let path = format!("/satudata/api/3/action/datastore_search?resource_id={RESOURCE}");
    let page = server.get(&format!("{path}&limit=9999"), &[]).json();
    let result = &page["result"];
    assert_eq!((result["limit"].as_u64(), result["total"].as_u64()), (Some(250), Some(384)));
    assert_eq!(result["records"].as_array().unwrap().len(), 250, "the cap is told");
    let record = &result["records"][0];
    let of_age: i64 = text(record, "usia_7_15").parse().unwrap();
    let in_school: i64 = text(record, "bersekolah_7_15").parse().unwrap();
    assert!(in_school > of_age * 9 / 10 && in_school <= of_age);
    assert_eq!(text(record, "keterangan"), MARK);
    let past = server.get(&format!("{path}&offset=384"), &[]).json();
    assert_eq!(past["result"]["records"].as_array().unwrap().len(), 0);
    assert!(past["result"]["_links"]["next"].is_string(), "a next link also past the end");
    for (path, status, kind) in [
        ("/satudata/api/3/action/datastore_search?limit=1".to_owned(), 409, "Validation Error"),
        (format!("{path}&limit=x"), 409, "Validation Error"),
        ("/satudata/api/3/action/datastore_search?resource_id=none".to_owned(), 404, "Not Found Error"),
    ] {
        let answer = server.get(&path, &[]);
        assert_eq!((answer.status, answer.json()["error"]["__type"].as_str()), (status, Some(kind)));
    }
    hand.set_minutes(5);
    let renamed = server.get(&path, &[]).json();
    assert!(renamed["result"]["records"][0].get("bersekolah_7_15").is_none());
    assert!(renamed["result"]["records"][0]["siswa_7_15"].is_string());
}

#[test]
fn beds_are_counted_every_minute() {
    let (world, hand) = world(SEED, false);
    let key = format!("X-API-KEY: {}", world.secrets.get(BEDS_KEY));
    let server = Server::start(world);
    let path = "/rsud/api/v1/tempat-tidur?riwayat=60";
    assert_eq!(server.get(path, &[]).status, 403);
    let taken = |minute: i64| -> Vec<i64> {
        hand.set_minutes(minute);
        let answer = server.get(path, &[&key]);
        assert!(answer.head.contains("text/html"), "as a PHP script says");
        let rows = answer.json();
        let rows = rows.as_array().unwrap();
        assert_eq!(rows.len(), 12 * 61);
        for row in rows {
            let (beds, taken) = (row["kapasitas"].as_i64().unwrap(), row["terisi"].as_i64().unwrap());
            assert!((0..=beds).contains(&taken) && text(row, "keterangan") == MARK);
        }
        rows[..12].iter().map(|row| row["terisi"].as_i64().unwrap()).collect()
    };
    let minutes: HashSet<Vec<i64>> = (0..10).map(taken).collect();
    assert!(minutes.len() > 5, "{minutes:?}");
}

#[test]
fn the_same_seed_and_instant_give_the_same_answer() {
    let bytes = |seed: u64| {
        let (world, _) = world(seed, true);
        let server = Server::start(world);
        ["/dinsos/rekap/bansos.csv", "/hargapangan/WebSite/TabelHarga/GetGridDataDaerah"]
            .map(|path| server.get(path, &[]).body)
    };
    assert_eq!(bytes(5), bytes(5));
    assert_ne!(bytes(5), bytes(6));
}
