//! Boundaries from the file to the map: import, what did not match, undo, removal; on both engines.

use crate::support::{Center, PACK, number, text};
use pendopo_figures::{Db, DbUrl};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// A desa of kecamatan 33.16.01 as a square, `nth` from the west.
fn desa(code: &str, nth: i32) -> String {
    let (west, east) = (111.2 + f64::from(nth) / 100.0, 111.21 + f64::from(nth) / 100.0);
    format!(
        "{{\"type\":\"Feature\",\"properties\":{{\"kode\":\"{code}\"}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":\
         [[[{west:.2},-7.2],[{east:.2},-7.2],[{east:.2},-7.19],[{west:.2},-7.19],[{west:.2},-7.2]]]}}}}"
    )
}

fn collection(features: &[String]) -> String {
    format!("{{\"type\":\"FeatureCollection\",\"features\":[{}]}}", features.join(","))
}

struct Flow {
    center: Center,
    /// `--database` and its value, or nothing.
    database: Vec<String>,
    url: DbUrl,
}

impl Flow {
    fn new(database: Option<&str>) -> Flow {
        let center = Center::new();
        let url = database
            .map_or_else(|| DbUrl::Sqlite(center.data().join("pendopo.db")), |url| url.parse().unwrap());
        let database = database.map_or_else(Vec::new, |url| vec!["--database".to_owned(), url.to_owned()]);
        let flow = Flow { center, database, url };
        let pack = flow.center.write_pack(&PACK);
        flow.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "uji"]);
        flow
    }

    fn arguments<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        self.database.iter().map(String::as_str).chain(arguments.iter().copied()).collect()
    }

    fn ok(&self, arguments: &[&str]) -> String {
        self.center.ok(&self.arguments(arguments))
    }

    /// A command that must fail; gives what it said.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.center.run(&self.arguments(arguments));
        assert!(!output.status.success(), "{arguments:?} did not fail: {}", text(&output.stdout));
        text(&output.stderr)
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path: PathBuf = self.center.folder().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    fn count(&self, sql: &str) -> i64 {
        Db::open(&self.url).unwrap().read(|reader| Ok(number(reader, sql))).unwrap()
    }
}

fn boundaries_come_and_go(database: Option<&str>) {
    let flow = Flow::new(database);
    let two = collection(&[desa("33.16.01.2001", 0), desa("33.16.01.2002", 1), desa("99.99.99.9999", 2)]);
    let (first, again) = (flow.file("desa.geojson", &two), flow.file("lagi.geojson", &two));

    let said = flow.ok(&["boundaries", "import", &first, "--dry-run"]);
    assert!(said.contains("2 desa by the Kemendagri codes in `kode`"), "{said}");
    assert!(said.contains("not matched (1):") && said.contains("feature 3 (99.99.99.9999)"), "{said}");
    assert!(said.contains("without a boundary (293):"), "{said}");
    assert_eq!(flow.count("select count(*) from boundary_set"), 0, "a dry run stored something");

    let said = flow.ok(&["boundaries", "import", &first]);
    assert!(said.contains("stored as number 1"), "{said}");
    let said = flow.ok(&["boundaries", "import", &again]);
    assert!(said.contains("in force already, as number 1"), "{said}");
    let three = collection(&[desa("33.16.01.2001", 0), desa("33.16.01.2002", 1), desa("33.16.01.2003", 2)]);
    flow.ok(&["boundaries", "import", &flow.file("tiga.geojson", &three)]);
    assert_eq!(flow.count("select count(*) from boundary_set"), 2);
    let entries =
        "select count(*) from audit_entry where action = 'file-imported' and object_kind = 'boundaries'";
    assert_eq!(flow.count(entries), 2, "each import that changed something leaves one entry");

    let list = flow.ok(&["boundaries", "list"]);
    let lines: Vec<&str> = list.lines().skip(2).collect();
    assert!(lines[0].contains("in force") && lines[0].contains("tiga.geojson"), "{list}");
    assert!(lines[1].contains("before") && lines[1].contains("desa.geojson"), "{list}");

    let said = flow.ok(&["boundaries", "undo", "--level", "desa"]);
    assert!(said.contains("number 1 (desa.geojson) is in force again"), "{said}");
    let points = collection(&[
        "{\"type\":\"Feature\",\"properties\":{\"nama\":\"Puskesmas Doplang\"},\"geometry\":{\"type\":\"Point\",\"coordinates\":[111.205,-7.195]}}"
            .to_owned(),
    ]);
    let points = flow.file("titik.geojson", &points);
    assert!(flow.refused(&["boundaries", "import", &points]).contains("--points NAME"));
    flow.ok(&["boundaries", "import", &points, "--points", "Puskesmas"]);
    assert!(flow.ok(&["boundaries", "list"]).contains("titik Puskesmas"));

    flow.ok(&["boundaries", "remove", "--level", "desa"]);
    assert!(flow.refused(&["boundaries", "undo", "--level", "desa"]).contains("no boundaries of desa"));
    assert!(
        flow.refused(&["boundaries", "remove", "--level", "kecamatan"])
            .contains("no boundaries of kecamatan")
    );
    let changes =
        "select count(*) from audit_entry where action = 'settings-changed' and object_kind = 'boundaries'";
    assert_eq!(flow.count(changes), 2);
    flow.ok(&["audit", "verify"]);
}

#[test]
fn boundaries_come_and_go_on_sqlite() {
    boundaries_come_and_go(None);
}

#[test]
fn boundaries_come_and_go_on_postgresql() {
    let server = pendopo_testkit::postgres();
    boundaries_come_and_go(Some(&server.url));
}

#[test]
fn a_bad_file_is_refused_in_words_and_stores_nothing() {
    let flow = Flow::new(None);
    let metres =
        collection(&[desa("33.16.01.2001", 0).replace("111.2", "523000.").replace("-7.", "9204000.")]);
    let said = flow.refused(&["boundaries", "import", &flow.file("utm.geojson", &metres)]);
    assert!(said.contains("utm.geojson") && said.contains("EPSG:4326"), "{said}");
    let elsewhere = collection(&[desa("33.17.01.2001", 0)]);
    let said = flow.refused(&["boundaries", "import", &flow.file("lain.geojson", &elsewhere)]);
    assert!(said.contains("none of them lies in 33.16"), "{said}");
    let huge = flow.center.folder().join("besar.geojson");
    std::fs::File::create(&huge).unwrap().set_len(65 << 20).unwrap();
    let said = flow.refused(&["boundaries", "import", &huge.display().to_string()]);
    assert!(said.contains("at most 64"), "{said}");
    assert!(flow.refused(&["boundaries", "import", "tidak-ada.geojson"]).contains("tidak-ada.geojson"));
    assert_eq!(flow.count("select count(*) from boundary_set"), 0);
}

#[test]
fn a_map_is_drawn_where_boundaries_are_known() {
    let flow = Flow::new(None);
    let center = &flow.center;
    std::fs::write(
        center.files().join("angka.csv"),
        "kode,bulan,nilai\n33.16.01.2001,2026-01,40\n33.16.01.2002,2026-01,60\n33.16.01.2003,2026-01,80\n",
    )
    .unwrap();
    flow.ok(&["run", "angka"]);
    let server = center.serve().signed_in(center);
    let address = "/peta?indikator=angka&wilayah=33.16.01";
    let (status, before) = server.get(address).unwrap();
    assert_eq!(status, 200, "{before}");
    assert!(!before.contains("data-peta") && before.contains("class=\"cells\""), "{before}");
    let all: Vec<String> =
        (2001..=2012).zip(0..).map(|(code, nth)| desa(&format!("33.16.01.{code}"), nth)).collect();
    flow.ok(&["boundaries", "import", &flow.file("desa.geojson", &collection(&all))]);
    // The running server notices by itself.
    let until = Instant::now() + Duration::from_secs(10);
    let mut page = String::new();
    while !page.contains("data-peta") && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
        page = server.get(address).unwrap().1;
    }
    assert!(page.contains("data-peta"), "{page}");
    assert_eq!(page.matches("<title>").count(), 1 + 12, "the page's own and one of each desa: {page}");
    assert!(page.contains("<path d=\"M"), "{page}");
    // A map of the kecamatan is made from the desa when all are there: here of one only, so it stays a grid.
    let (_, regency) = server.get("/peta?indikator=angka&wilayah=33.16").unwrap();
    assert!(!regency.contains("data-peta"), "{regency}");
    let (_, villages) = server.get("/peta?indikator=angka&wilayah=33.16&tingkat=desa&kelas=jenks").unwrap();
    assert!(villages.contains("data-peta") && villages.contains("class=\"cells"), "{villages}");
    assert_eq!(server.get("/peta?indikator=tidak-ada").unwrap().0, 404);
    assert_eq!(server.get("/peta?indikator=angka&wilayah=33.17").unwrap().0, 404);
    assert_eq!(server.get("/peta?indikator=angka&wilayah=33.16.01.2001").unwrap().0, 200);
}

/// The real boundaries of a regency's desa, where the folder with them is there: the whole map in few bytes.
#[test]
fn a_map_of_all_desa_is_light() {
    let shared = std::env::var_os("PENDOPO_SHARED_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let folder = shared.join("geo");
    if !folder.join("blora_desa.geojson").exists() {
        println!("did not run: there are no boundaries in {}", folder.display());
        return;
    }
    let tree = pendopo_vocab::region_tree::RegionTree::embedded();
    let mut rows = "kode,bulan,nilai\n".to_owned();
    let desa = tree.descendants("33.16".parse().unwrap(), pendopo_vocab::RegionLevel::Village);
    for (nth, region) in desa.enumerate() {
        rows.push_str(&format!("{},2026-01,{}\n", region.code, 1000 + nth * 7919 % 5000));
    }
    for file in ["blora_desa.geojson", "blora_desa_original.geojson"] {
        let flow = Flow::new(None);
        std::fs::write(flow.center.files().join("angka.csv"), &rows).unwrap();
        flow.ok(&["run", "angka"]);
        print!("{file}: {}", flow.ok(&["boundaries", "import", &folder.join(file).display().to_string()]));
        let server = flow.center.serve().signed_in(&flow.center);
        for (address, areas, most) in [
            ("/peta?indikator=angka&wilayah=33.16", 16, 30_000),
            ("/peta?indikator=angka&wilayah=33.16&tingkat=desa", 295, 60_000),
            ("/peta?indikator=angka&wilayah=33.16.09", 28, 30_000),
        ] {
            let (_, page) = server.get(address).unwrap();
            assert_eq!(page.matches("<title>").count(), 1 + areas, "{address}");
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            std::io::Write::write_all(&mut packer, page.as_bytes()).unwrap();
            let wire = packer.finish().unwrap().len();
            println!("{address}: {} bytes, {wire} on the wire", page.len());
            assert!(wire <= most, "{address}: {wire} bytes");
        }
    }
}
