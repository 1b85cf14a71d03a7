//! Boundaries and points whose every text is a payload. What they are called lies packed in the database and
//! comes out on maps: in the titles of marks, the legend, the lists. And a base map of such texts beneath them.

use crate::support::{Center, Server};
use fast_mvt::{MvtCoord, MvtGeomType, MvtLayerBuilder};
use pendopo_figures::Value as Cell;
use pmtiles::{PmTilesWriter, TileCoord, TileType};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

/// A desa as a square, `nth` from the west; one that no code names stays unmatched and is reported by name.
fn desa(code: &str, nth: u32) -> Value {
    let west = 111.2 + f64::from(nth) / 100.0;
    let (east, south, north) = (west + 0.01, -7.2, -7.19);
    let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
    json!({
        "type": "Feature",
        "properties": { "kode": code, "nama": code },
        "geometry": { "type": "Polygon", "coordinates": [ring] }
    })
}

fn point(name: &str, nth: u32) -> Value {
    let at = [111.201 + f64::from(nth) / 1000.0, -7.195];
    json!({ "type": "Feature", "properties": { "nama": name }, "geometry": { "type": "Point", "coordinates": at } })
}

/// A payload as the name of a file.
fn file_name(payload: &str) -> String {
    format!("{}.geojson", payload.replace(['/', '\0'], " "))
}

fn import(center: &Center, payload: &str, features: &[Value], options: &[&str]) {
    let path = center.folder().join(file_name(payload));
    fs::write(&path, json!({ "type": "FeatureCollection", "features": features }).to_string()).unwrap();
    let path = path.display().to_string();
    let mut arguments = vec!["--author", payload, "boundaries", "import", path.as_str()];
    arguments.extend(options);
    center.ok(&arguments);
}

/// Imports boundaries of the desa that have figures, and a layer with a point for each payload, by a file and
/// an author that are payloads too. Needs the pack.
pub fn import_maps(center: &Center, payloads: &[String]) {
    let shown = payloads.iter().zip(0..);
    let mut areas: Vec<Value> = (0..12).map(|nth| desa(&format!("33.16.01.{}", 2001 + nth), nth)).collect();
    areas.extend(shown.clone().map(|(text, nth)| desa(text, 20 + nth)));
    import(center, &payloads[24 % payloads.len()], &areas, &["--code", "kode"]);
    let points: Vec<Value> = shown.map(|(text, nth)| point(text, nth)).collect();
    import(center, &payloads[18 % payloads.len()], &points, &["--points", &payloads[layer(payloads)]]);
}

/// Layers by the name of each payload, and imports of each that were taken back, as years of work would leave them.
pub fn plant_maps(center: &Center, payloads: &[String]) {
    let insert = "insert into boundary_set
        (kind, slot, file_name, digest, data, shapes, points, report, imported_at, author, retired_at, retired_by)
        values ('points', $1, $1, 'x', $2, 1, 1, '{}', 0, $1, $3, $4)";
    center
        .db()
        .write(|tx| {
            let sql = "select data from boundary_set where kind = 'points'";
            let data: Vec<u8> = tx.query_one(sql, &[], |row| row.get(0))?;
            let points: Vec<Value> = serde_json::from_slice(&data).unwrap();
            // One has that name already; another would take its place.
            for (point, text) in
                points.iter().zip(payloads).filter(|(_, text)| **text != payloads[layer(payloads)])
            {
                let data = Cell::from(json!([point]).to_string().into_bytes());
                let text = Cell::from(text.replace('\0', ""));
                tx.execute(insert, &[text.clone(), data.clone(), Cell::Null, Cell::Null])?;
                tx.execute(insert, &[text.clone(), data, Cell::Int(1), text])?;
            }
            Ok(())
        })
        .unwrap();
}

/// The longitudes and latitudes of the base map.
const BASE: [f64; 4] = [111.0, -7.5, 111.6, -6.8];

/// A base map as it comes from anywhere: whose data it is made of, its layers, what lies there and what that is
/// called are payloads.
pub fn base_map(center: &Center, payloads: &[String]) -> PathBuf {
    let tile = tile_of(payloads);
    let path = center.folder().join("dasar.pmtiles");
    let [west, south, east, north] = BASE;
    let mut file = PmTilesWriter::new(TileType::Mvt)
        .min_zoom(8)
        .max_zoom(12)
        .bounds(west, south, east, north)
        .metadata(json!({ "attribution": credit(payloads), "name": payloads[0] }).to_string())
        .create(fs::File::create(&path).unwrap())
        .unwrap();
    for z in 8..=12_u8 {
        let across = |longitude: f64| ((longitude + 180.0) / 360.0 * f64::from(1_u32 << z)) as u32;
        for x in across(west)..=across(east) {
            // A twentieth of the world to the south of the equator.
            for y in (1 << (z - 1)..).take(1 + (1 << z) / 20) {
                file.add_tile(TileCoord::new(z, x, y).unwrap(), &tile).unwrap();
            }
        }
    }
    file.finalize().unwrap();
    path
}

/// What is said of the base map: a payload without tags, which would be taken out.
fn credit(payloads: &[String]) -> &str {
    payloads.iter().find(|text| !text.contains(['<', '>', '\0']) && text.contains("_xss(")).unwrap()
}

fn tile_of(payloads: &[String]) -> Vec<u8> {
    let mut road = MvtLayerBuilder::new("roads").unwrap().feature_of(MvtGeomType::LineString);
    road.line([MvtCoord { x: 0, y: 2048 }, MvtCoord { x: 4096, y: 2048 }]).unwrap();
    road.tag("kind", "highway").unwrap();
    let mut tile = road.end();
    for text in payloads {
        let mut area = tile.layer(text).unwrap().feature_of(MvtGeomType::Polygon);
        area.ring([(0, 0), (400, 0), (400, 400), (0, 400)].map(|(x, y)| MvtCoord { x, y }), true).unwrap();
        for key in ["kind", "kind_detail", "name", text.as_str()] {
            area.tag(key, text.as_str()).unwrap();
        }
        tile = area.end();
    }
    tile.encode()
}

/// The map is drawn and every mark of it is there, or the browser would look at nothing.
pub fn check_that_a_map_is_drawn(server: &Server, payloads: &[String]) {
    let (status, page) = server.get(DRAWN).unwrap();
    assert!(status == 200 && page.contains("data-peta"), "no map is drawn at {DRAWN}: {status}");
    let marks = page.matches("<path transform=\"translate(").count();
    assert!(marks >= 2 * payloads.len() - 1, "{marks} marks");
    assert!(page.contains("<image href=\"/peta/dasar/"), "nothing lies beneath the map");
}

/// The payload that the imported layer is called by.
fn layer(payloads: &[String]) -> usize {
    61 % payloads.len()
}

/// Address of a map with boundaries and points.
pub const DRAWN: &str = "/peta?indikator=i1&wilayah=33.16.01";
