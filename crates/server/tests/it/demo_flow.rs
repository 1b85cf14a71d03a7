//! The demo from end to end: the ten sample services as processes, files and a database server, read by the real
//! connectors; and what the center says when they go wrong.

use crate::support::{Center, Server, number, repository};
use std::{
    collections::BTreeMap,
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, Instant},
};

/// How long the first reading of ten services may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// The indicators of single events: a desa without any has no figure.
const EVENTS: &str = "bencana-";
/// Where the totals of the regency must lie, whatever the day.
const PLAUSIBLE: [(&str, f64, f64); 12] = [
    ("penduduk", 850_000.0, 950_000.0),
    ("keluarga", 250_000.0, 350_000.0),
    ("stunting-prevalensi", 10.0, 22.0),
    ("balita-diukur", 40_000.0, 60_000.0),
    ("kpm", 40_000.0, 70_000.0),
    ("partisipasi-sekolah", 95.0, 100.0),
    ("jalan-panjang", 800.0, 850.0),
    ("tempat-tidur", 400.0, 600.0),
    ("bor", 30.0, 100.0),
    ("harga-beras-medium", 10_000.0, 20_000.0),
    ("belanja-serapan", 0.0, 100.0),
    ("izin-terbit", 300.0, 3_000.0),
];

/// A port from which on the services find room: theirs, and the sixth after it for MariaDB.
pub fn free_port() -> u16 {
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    std::iter::repeat_with(|| TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port())
        .find(|port| port.checked_add(6).is_some_and(free))
        .unwrap()
}

/// The password that the demo printed for an account.
pub fn password(said: &Path, login: &str) -> String {
    let said = fs::read_to_string(said).unwrap();
    let line = said.lines().find(|line| line.trim_start().starts_with(login)).unwrap();
    line.split_whitespace().nth(1).unwrap().to_owned()
}

/// Waits until all sources were read and every indicator has its figure for the regency.
pub fn wait_for_figures(center: &Center) {
    let (db, until) = (center.db(), Instant::now() + PATIENCE);
    loop {
        let (read, known, all) = db
            .read(|r| {
                let read = "select count(distinct source_id) from run where status = 'done' and source_id is not null";
                let known = "select count(distinct indicator_id) from latest where region_id = 3316000000";
                Ok((number(r, read), number(r, known), number(r, "select count(*) from indicator")))
            })
            .unwrap();
        if read == 10 && all > 0 && known == all {
            return;
        }
        assert!(Instant::now() < until, "{read} of 10 sources read, {known} of {all} indicators known");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Rows of a `select`, without the head.
fn rows(center: &Center, sql: &str) -> Vec<Vec<String>> {
    let csv = center.ok(&["query", sql, "--format", "csv"]);
    csv.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn check_figures(center: &Center) {
    let refused = center.db().read(|r| Ok(number(r, "select coalesce(sum(refused), 0) from run"))).unwrap();
    let failed = center
        .db()
        .read(|r| Ok(number(r, "select count(*) from run where status not in ('done', 'running')")));
    assert_eq!((refused, failed.unwrap()), (0, 0), "calm services send nothing wrong");
    let villages =
        "select indicator, count(distinct region) from latest where length(region) = 13 group by indicator";
    let of_villages = rows(center, villages);
    assert!(of_villages.len() > 20, "{of_villages:?}");
    for row in of_villages {
        let count: usize = row[1].parse().unwrap();
        assert!(count == 295 || (row[0].starts_with(EVENTS) && count > 250), "{row:?}");
    }
    let of_regency: BTreeMap<String, (f64, String)> =
        rows(center, "select indicator, value, period from latest where region = '33.16' and breakdown = ''")
            .into_iter()
            .map(|row| (row[0].clone(), (row[1].parse().unwrap(), row[2].clone())))
            .collect();
    for (indicator, least, most) in PLAUSIBLE {
        let (value, _) = of_regency[indicator];
        assert!((least..=most).contains(&value), "{indicator}: {value}");
    }
    let (people, period) = &of_regency["penduduk"];
    let sum = format!(
        "select sum(value) from observation where indicator = 'penduduk' and period = '{period}' and length(region) = 13"
    );
    assert_eq!(rows(center, &sum)[0][0].parse::<f64>().unwrap(), *people, "the desa add up to the regency");
}

fn check_pages(center: &Center, server: &Server) {
    let page = |path: &str| {
        let (status, body) = server.get(path).unwrap();
        assert_eq!(status, 200, "{path}");
        body
    };
    let board = page("/");
    for part in [
        "DATA CONTOH",
        "Kabupaten Blora",
        "Prevalensi stunting",
        "Serapan belanja",
        "Keterisian tempat tidur",
    ] {
        assert!(board.contains(part), "`{part}` is not on the board");
    }
    page("/hari-ini");
    page("/papan/operasional");
    assert!(page("/sumber").contains("Semua 10 sumber menepati janji"));
    // From a database server, from a workbook, from a CSV file: each down to the row as it came.
    for (indicator, column) in
        [("balita-stunting", "jml_balita"), ("penduduk", "Penduduk L"), ("kpm", "JUMLAH KPM")]
    {
        let sql = format!(
            "select region, period from latest where indicator = '{indicator}' and length(region) = 13"
        );
        let row = &rows(center, &sql)[0];
        let lineage = page(&format!("/angka/{indicator}/{}/{}", row[0], row[1]));
        for part in ["Baris asli", "SHA-256", &format!(">{column}<")] {
            assert!(lineage.contains(part), "{indicator}: `{part}` is not in {lineage}");
        }
    }
}

/// The row of a source on the page of all sources.
fn row_of(page: &str, source: &str) -> String {
    let address = format!("href=\"/sumber/{source}\"");
    page.split("<tr>").find(|row| row.contains(&address)).unwrap().to_owned()
}

pub fn check_mishaps(server: &Server) {
    let expected = [
        ("perizinan-izin", "sedang terganggu (503)"),
        ("kesehatan-balita", "Bentuk data berubah sejak"),
        ("sosial-bansos", " ditolak<"),
    ];
    let page = server.ask("GET", "/sumber", "").unwrap();
    for (source, _) in expected {
        let form = format!("_token={}", page.form_token());
        let begun = server.ask("POST", &format!("/sumber/{source}/tarik"), &form).unwrap();
        // It may be running already, by its schedule.
        assert!(matches!(begun.status, 303 | 409), "{source}: {}", begun.status);
    }
    let until = Instant::now() + PATIENCE;
    loop {
        let (_, page) = server.get("/sumber").unwrap();
        let missing: Vec<_> =
            expected.iter().filter(|(source, words)| !row_of(&page, source).contains(words)).collect();
        if missing.is_empty() {
            let changed = row_of(&page, "kesehatan-balita");
            assert!(
                changed.contains("jml_balita") && changed.contains("Yang bertindak: Dinkes"),
                "{changed}"
            );
            return;
        }
        assert!(Instant::now() < until, "{missing:?} are not said of their sources: {page}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn ten_services_are_read_and_what_goes_wrong_with_them_is_said() {
    let services = Path::new(env!("CARGO_BIN_EXE_pendopo")).with_file_name("pendopo-sample");
    assert!(services.exists(), "the sample services are not built: cargo build --bin pendopo-sample");
    let center = Center::new();
    // MariaDB runs as a user of its own and must reach its folder.
    fs::set_permissions(center.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    let (pack, port, said) = (repository("packs/blora"), free_port(), center.folder().join("said"));
    let demo = center.demo(&pack, port, &said, &["--calm"], &[]);
    let demo = demo.signed_in_as("pengelola", &password(&said, "pengelola"));
    let remarks = fs::read_to_string(center.data().join("sample.log")).unwrap();
    assert_eq!(remarks, "", "the sample services could not be set up whole");
    let servers = fs::read_to_string(center.files().join("layanan-contoh.json")).unwrap();
    let mysql = servers.contains("\"mysql\"");
    if !mysql {
        eprintln!("did not run: MariaDB is not installed, the health service was read from SQLite");
    }
    wait_for_figures(&center);
    check_figures(&center);
    check_pages(&center, &demo);
    let cookies = demo.cookies();
    demo.stop();

    // The same services as they are five minutes later, when they misbehave.
    let demo =
        center.demo(&pack, port, &said, &["--keep"], &[("PENDOPO_SAMPLE_UP_FOR", "5")]).with_cookies(cookies);
    check_mishaps(&demo);
    let known = number_of_figures(&center);
    assert!(known > 80_000, "{known} figures are still there");
    eprintln!(
        "counted: demo: 10 services read (MariaDB: {mysql}), figures of 295 desa, {known} in all; one late, one changed \
         and one with bad rows said so on the page of sources"
    );
    demo.stop();
}

fn number_of_figures(center: &Center) -> i64 {
    center.db().read(|r| Ok(number(r, "select count(*) from observation"))).unwrap()
}
