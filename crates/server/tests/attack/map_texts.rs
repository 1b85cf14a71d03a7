//! Boundaries and points whose every text is a payload. What they are called lies packed in the database and
//! comes out on maps: in the titles of marks, the legend, the lists.

use crate::support::{Center, Server};
use pendopo_figures::Value as Cell;
use serde_json::{Value, json};
use std::fs;

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

/// The map is drawn and every mark of it is there, or the browser would look at nothing.
pub fn check_that_a_map_is_drawn(server: &Server, payloads: &[String]) {
    let (status, page) = server.get(DRAWN).unwrap();
    assert!(status == 200 && page.contains("data-peta"), "no map is drawn at {DRAWN}: {status}");
    let marks = page.matches("<path transform=\"translate(").count();
    assert!(marks >= 2 * payloads.len() - 1, "{marks} marks");
}

/// The payload that the imported layer is called by.
fn layer(payloads: &[String]) -> usize {
    61 % payloads.len()
}

/// Address of a map with boundaries and points.
pub const DRAWN: &str = "/peta?indikator=i1&wilayah=33.16.01";
