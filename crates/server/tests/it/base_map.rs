//! A base map beneath the map of an indicator: the page names its tiles, the center gives them, a file that cannot
//! be used keeps it from starting.

use crate::support::{Answer, Center, PACK, Server, free_address, strips_of_desa, text};
use fast_mvt::{MvtCoord, MvtGeomType, MvtLayerBuilder};
use pmtiles::{PmTilesWriter, TileCoord, TileType};
use std::path::PathBuf;

const MAP: &str = "/peta?indikator=angka&wilayah=33.16.01";

/// Twelve desa of a kecamatan, with boundaries and figures.
fn center_with_boundaries() -> Center {
    let center = Center::new();
    let pack = center.write_pack(&PACK);
    center.ok(&["apply", &pack.display().to_string(), "--yes", "--reason", "uji"]);
    let rows: String = (2001..=2012).map(|code| format!("33.16.01.{code},2026-01,{code}\n")).collect();
    std::fs::write(center.files().join("angka.csv"), format!("kode,bulan,nilai\n{rows}")).unwrap();
    center.ok(&["run", "angka"]);
    let file = center.folder().join("desa.geojson");
    std::fs::write(&file, strips_of_desa()).unwrap();
    center.ok(&["boundaries", "import", &file.display().to_string()]);
    center
}

/// A file with one road in every tile of the zooms 8 to 12 around the desa.
pub fn base_map(center: &Center, attribution: &str) -> PathBuf {
    let mut road = MvtLayerBuilder::new("roads").unwrap().feature_of(MvtGeomType::LineString);
    road.line([MvtCoord { x: 0, y: 2048 }, MvtCoord { x: 4096, y: 2048 }]).unwrap();
    road.tag("kind", "highway").unwrap();
    let road = road.end().encode();
    let path = center.folder().join("dasar.pmtiles");
    let mut file = PmTilesWriter::new(TileType::Mvt)
        .min_zoom(8)
        .max_zoom(12)
        .bounds(111.0, -7.5, 111.6, -6.8)
        .metadata(format!("{{\"attribution\":\"{attribution}\"}}"))
        .create(std::fs::File::create(&path).unwrap())
        .unwrap();
    for z in 8..=12_u8 {
        let across = |longitude: f64| ((longitude + 180.0) / 360.0 * f64::from(1_u32 << z)) as u32;
        for x in across(111.0)..=across(111.6) {
            // A twentieth of the world to the south of the equator.
            for y in (1 << (z - 1)..).take(1 + (1 << z) / 20) {
                file.add_tile(TileCoord::new(z, x, y).unwrap(), &road).unwrap();
            }
        }
    }
    file.finalize().unwrap();
    path
}

fn tiles(page: &str) -> Vec<String> {
    let images = page.split("<image href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    images.map(|href| href.replace("&#38;", "&")).collect()
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

fn check_tiles(server: &Server) {
    let (status, page) = server.get(MAP).unwrap();
    assert_eq!(status, 200, "{page}");
    let tiles = tiles(&page);
    assert!((4..=16).contains(&tiles.len()), "{tiles:?}");
    assert!(page.contains("class=\"choropleth based\""), "{page}");
    assert!(page.contains("Peta dasar: © Peta &#38; Warga"), "{page}");
    for tile in &tiles {
        let answer = server.ask("GET", tile, "").unwrap();
        assert_eq!(answer.status, 200, "{tile}: {}", answer.body);
        assert_eq!(header(&answer, "content-type"), "image/svg+xml");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
        assert_eq!(header(&answer, "cache-control"), "private, max-age=31536000, immutable");
        assert!(header(&answer, "content-security-policy").starts_with("default-src 'none'"));
        assert!(answer.body.contains("M0 512l1024 0"), "{tile}: {}", answer.body);
    }
    // Of another file than this one: given, and kept by nobody.
    let old = tiles[0].split('?').next().unwrap();
    let answer = server.ask("GET", &format!("{old}?v=lama"), "").unwrap();
    assert_eq!((answer.status, header(&answer, "cache-control")), (200, "no-store"));
    for (path, status) in [
        ("/peta/dasar/12/0/0", 200),
        ("/peta/dasar/13/0/0", 404),
        ("/peta/dasar/7/0/0", 404),
        ("/peta/dasar/12/4096/0", 404),
        ("/peta/dasar/12/-1/0", 400),
        ("/peta/dasar/300/0/0", 400),
    ] {
        assert_eq!(server.get(path).unwrap().0, status, "{path}");
    }
}

#[test]
fn the_map_lies_over_the_tiles_of_the_file() {
    let center = center_with_boundaries();
    let without = center.serve().signed_in(&center);
    let (_, page) = without.get(MAP).unwrap();
    assert!(page.contains("data-peta") && !page.contains("<image"), "{page}");
    assert_eq!(without.get("/peta/dasar/12/0/0").unwrap().0, 404);
    let cookies = without.cookies();
    without.kill();
    let file =
        base_map(&center, "<a href='https://x.example'>&copy; Peta</a> &amp; <i>Warga").display().to_string();
    check_tiles(&center.serve_with(&[("PENDOPO__MAPS__BASE", &file)]).with_cookies(cookies));
}

#[test]
fn a_file_that_cannot_be_used_keeps_the_center_from_starting() {
    let center = center_with_boundaries();
    let file = base_map(&center, "");
    let doctor = |file: &str| {
        let output = center.command(&["doctor"]).env("PENDOPO__MAPS__BASE", file).output().unwrap();
        text(&output.stdout)
    };
    let said = doctor(&file.display().to_string());
    assert!(
        said.contains("wrong  base map of Mvt tiles, zooms 8–12") && said.contains("maps.attribution"),
        "{said}"
    );
    base_map(&center, "© Warga");
    let said = doctor(&file.display().to_string());
    assert!(said.contains("ok     base map of Mvt tiles") && said.contains("attribution: © Warga"), "{said}");
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let said = doctor(&file.display().to_string());
    assert!(said.contains("wrong  maps.base = ") && said.contains("cut short"), "{said}");
    let output = center
        .command(&["serve", "--no-schedule", "--listen", &free_address()])
        .env("PENDOPO__MAPS__BASE", &file)
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = text(&output.stderr);
    assert!(said.contains("maps.base = ") && said.contains("copy it again"), "{said}");
}
