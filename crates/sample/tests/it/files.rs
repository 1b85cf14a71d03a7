//! Services that are files and databases.

use crate::service::{at, world};
use mysql::prelude::Queryable;
use pendopo_sample::{
    model::{MARK, roads::Semester},
    secrets,
    services::mariadb::MariaDb,
    stores::{StoreOptions, Stores},
};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

fn read(path: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

fn number(connection: &rusqlite::Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn health_is_a_php_application_whose_column_gets_another_name() {
    let (world, hand) = world(33, false);
    let folder = tempfile::tempdir().unwrap();
    let mut stores = Stores::create(&world, folder.path(), &StoreOptions::default()).unwrap();
    let file = folder.path().join("dinkes/egizi.db");
    let health = read(&file);
    let villages = world.model.villages.len() as i64;
    assert_eq!(villages, 295);
    assert_eq!(number(&health, "select count(distinct kode_desa) from v_rekap_balita"), villages);
    assert_eq!(number(&health, "select count(distinct tahun * 12 + bulan) from v_rekap_balita"), 24);
    assert_eq!(
        number(
            &health,
            "select count(*) from v_rekap_balita where stunting > jml_balita or jml_balita > jml_sasaran"
        ),
        0
    );
    assert!(number(&health, "select count(*) from v_rekap_balita where tgl_lapor = '0000-00-00'") > 100);
    assert_eq!(
        number(&health, &format!("select count(*) from v_rekap_balita where keterangan not like '{MARK}%'")),
        0
    );
    let prevalence = "select round(1000.0 * sum(stunting) / sum(jml_balita)) from v_rekap_balita where tahun = 2026 and bulan = 10";
    let permille: f64 = health.query_row(prevalence, [], |row| row.get(0)).unwrap();
    assert!((140.0..200.0).contains(&permille), "off its target of 14 per cent, believably: {permille}");

    let sum = "select sum(jml_diukur * 7 + stunting) from balita_ukur where tahun = 2026 and bulan = 10";
    let before = number(&health, sum);
    let old = "select sum(jml_diukur) from balita_ukur where tahun = 2025";
    let rest = number(&health, old);
    hand.set_minutes(5);
    stores.refresh(&world, folder.path()).unwrap();
    assert_ne!(number(&health, sum), before, "the last month goes on moving");
    assert_eq!(number(&health, old), rest, "older months are at rest");
    assert!(
        number(&health, "select count(distinct updated_at) from balita_ukur") == 2,
        "only changed rows are stamped"
    );
    number(&health, "select sum(jumlah_balita) from v_rekap_balita");
    assert!(health.prepare("select jml_balita from v_rekap_balita").is_err());
    hand.set_minutes(20);
    stores.refresh(&world, folder.path()).unwrap();
    number(&health, "select sum(jml_balita) from v_rekap_balita");
}

#[test]
fn the_budget_is_cumulative_and_moves_by_the_minute() {
    let (world, hand) = world(33, true);
    let folder = tempfile::tempdir().unwrap();
    let mut stores = Stores::create(&world, folder.path(), &StoreOptions::default()).unwrap();
    let budget = read(&folder.path().join("bpkad/simda.db"));
    let shrinking = "select count(*) from realisasi_skpd a join realisasi_skpd b on a.kode_skpd = b.kode_skpd \
        and a.tahun = b.tahun and b.bulan = a.bulan + 1 where b.realisasi_belanja < a.realisasi_belanja \
        or b.realisasi_pad < a.realisasi_pad or b.pagu_belanja <> a.pagu_belanja";
    assert_eq!(number(&budget, shrinking), 0);
    assert_eq!(number(&budget, "select count(*) from realisasi_skpd"), 10 * 25);
    assert_eq!(
        number(&budget, &format!("select count(*) from realisasi_skpd where keterangan <> '{MARK}'")),
        0
    );
    let spent = "select sum(realisasi_belanja) from realisasi_skpd where tahun = 2026 and bulan = 11";
    let before = number(&budget, spent);
    hand.set_minutes(1);
    stores.refresh(&world, folder.path()).unwrap();
    assert!(number(&budget, spent) > before);
}

#[test]
fn roads_are_unicode_text_in_a_folder() {
    // Seed 35 has bad rows in the roads.
    let (world, _) = world(35, false);
    let folder = tempfile::tempdir().unwrap();
    pendopo_sample::services::roads::save_file(&world, folder.path()).unwrap();
    let names: Vec<String> = fs::read_dir(folder.path().join("dpupr"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, ["kondisi_jalan_2026_S2.txt"], "and no half-written file beside it");
    let bytes = fs::read(folder.path().join("dpupr").join(&names[0])).unwrap();
    assert_eq!(bytes[..2], [0xff, 0xfe], "the byte order mark");
    let (text, _, broken) = encoding_rs::UTF_16LE.decode(&bytes);
    assert!(!broken);
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!((rows[0][2], rows[0][3], rows[0].len()), ("Semester", "Panjang (km)", 10));
    assert_eq!(rows.len(), 1 + 16 * 5 + 2, "header, 16 kecamatan in five semesters, two bad rows");
    let km = |text: &str| text.replace(',', ".").parse::<f64>().unwrap();
    for row in &rows[1..=80] {
        assert!(km(row[8]) <= km(row[3]) && row[9] == MARK, "{row:?}");
    }
    assert!(rows[81][2].starts_with("Semester III") && rows[82][0] == "33.16.77");
    assert_eq!(Semester::of(world.model.local(at(0)).date()).words(), "Semester II 2026");
}

#[test]
fn a_mariadb_server_of_our_own_holds_the_same_figures() {
    if MariaDb::program().is_none() {
        println!("did not run: mariadbd is not installed on this machine");
        return;
    }
    let (world, hand) = world(33, false);
    let folder = tempfile::tempdir().unwrap();
    // The server runs as another user when the tests run as root, and must reach its folder.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let options = StoreOptions { mariadb_port: Some(port), postgres: None };
    let mut stores = Stores::create(&world, folder.path(), &options).unwrap();
    assert_eq!(stores.remarks, Vec::<String>::new());
    assert_eq!(stores.places["kesehatan-balita"]["port"], port);
    let reader = mysql::OptsBuilder::new()
        .ip_or_hostname(Some("127.0.0.1"))
        .tcp_port(port)
        .user(Some("pendopo_baca"))
        .pass(Some(world.secrets.get(secrets::HEALTH_PASSWORD)))
        .db_name(Some("egizi"))
        .prefer_socket(false);
    let mut server = mysql::Conn::new(reader).unwrap();
    let file = read(&folder.path().join("dinkes/egizi.db"));
    for sql in [
        "select count(*) from v_rekap_balita",
        "select sum(stunting) from v_rekap_balita",
        "select sum(jml_balita) from v_rekap_balita",
    ] {
        let there: i64 = server.query_first(sql).unwrap().unwrap();
        assert_eq!(there, number(&file, sql), "{sql}");
    }
    let zero: i64 =
        server.query_first("select count(*) from v_rekap_balita where tgl_lapor = 0").unwrap().unwrap();
    assert!(zero > 100, "days that are 0000-00-00");
    let name: String =
        server.query_first("select nama_puskesmas from v_rekap_balita limit 1").unwrap().unwrap();
    assert!(name.contains("â€“"), "twice encoded, as old applications leave it: {name}");
    assert!(server.query_drop("delete from balita_ukur").is_err(), "the reader may only read");
    hand.set_minutes(5);
    stores.refresh(&world, folder.path()).unwrap();
    let sql = "select sum(jumlah_balita) from v_rekap_balita";
    let there: i64 = server.query_first(sql).unwrap().unwrap();
    assert_eq!(there, number(&file, sql), "both have moved, and the column has its other name");
    let stamps: i64 =
        server.query_first("select count(distinct updated_at) from balita_ukur").unwrap().unwrap();
    assert_eq!(stamps, 2);
}

#[test]
fn the_budget_is_on_postgresql_when_a_server_is_named() {
    let server = pendopo_testkit::postgres();
    let (world, hand) = world(33, true);
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions { mariadb_port: None, postgres: Some(server.url.clone()) };
    let mut stores = Stores::create(&world, folder.path(), &options).unwrap();
    let place = &stores.places["keuangan-realisasi"];
    assert_eq!((place["kind"].as_str(), place["user"].as_str()), (Some("postgres"), Some("pendopo_baca")));
    let file = read(&folder.path().join("bpkad/simda.db"));
    let mut reader: postgres::Config = server.url.parse().unwrap();
    reader.user("pendopo_baca").password(world.secrets.get(secrets::BUDGET_PASSWORD));
    let mut reader = reader.connect(postgres::NoTls).unwrap();
    hand.set_minutes(1);
    stores.refresh(&world, folder.path()).unwrap();
    for sql in [
        "select count(*) from realisasi_skpd",
        "select cast(sum(realisasi_belanja) as bigint) from realisasi_skpd where tahun = 2026",
    ] {
        let there: i64 = reader.query_one(sql, &[]).unwrap().get(0);
        assert_eq!(there, number(&file, sql), "{sql}");
    }
    assert!(reader.batch_execute("delete from realisasi_skpd").is_err(), "the reader may only read");
}
